/**
 * The whole program in a terminal, as a person runs it: bundled, in a pseudo-terminal of `script`, its output read by an
 * emulator. Nothing waits for a time: what is looked for is asked for until it is there.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Terminal as Emulator } from '@xterm/headless'
import { expect, vi } from 'vitest'
import { bundleProgram } from '../cli/bundled-program.js'

const ROOT = resolve('.')
/** A machine may be ten times slower than ours. */
export const PATIENT = { timeout: 30_000, interval: 20 }

/** Without `script` of util-linux nothing here can be run. */
export const hasScript = spawnSync('script', ['--version']).status === 0

/** The program, bundled into a folder of its own, which is also the home of whoever runs it. */
export class Program {
  private readonly running: Run[] = []

  private constructor(readonly folder: string) {}

  /** As it is released, of `dist/`; a copy, as that may be built anew meanwhile. */
  static released(): Program {
    const folder = newFolder()
    copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
    cpSync(join(ROOT, 'dist/cli'), join(folder, 'dist/cli'), { recursive: true })
    return new Program(folder)
  }

  static async build(): Promise<Program> {
    return new Program(await bundleProgram('explore'))
  }

  /** The command, for the shell. */
  command(args: string, ofNode = ''): string {
    return `node ${ofNode}${join(this.folder, 'dist/cli/main.js')} explore ${args}`
  }

  /** The command as a job of a shell: when it stops, the shell says so with the state of its terminal, and resumes it. */
  withJobs(command: string): string {
    const path = join(this.folder, 'jobs.sh')
    writeFileSync(path, JOBS)
    return `bash --norc ${path} '${command}'`
  }

  explore(args: string, options: RunOptions = {}): Run {
    return this.run(this.command(args), options)
  }

  run(command: string, options: RunOptions = {}): Run {
    const run = new Run(command, this.folder, options)
    this.running.push(run)
    return run
  }

  /** Ends what still runs. */
  stop(): void {
    for (const run of this.running.splice(0)) run.kill()
  }

  remove(): void {
    this.stop()
    rmSync(this.folder, { recursive: true })
  }
}

/** No loop, as a stop breaks those. */
const JOBS = `
  folder=$(dirname "$0")
  tty > "$folder/tty"
  set -m
  goOn() {
    [ $1 -eq 148 ] || exit $1
    echo "stopped $(stty -a | grep -o -- '-\\?icanon')"
    fg > "$folder/fg.out"
    goOn $?
  }
  eval "$1"
  goOn $?
`

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'keyward-explore-'))
}

interface RunOptions {
  readonly columns?: number
  readonly rows?: number
  /** Working folder; that of the repository when left out. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Sees all that is written; `raw` keeps the end of it alone. */
  readonly onOutput?: (text: string) => void
  /** Larger than the terminal: what is written beside it stands there instead of being cut off. */
  readonly margin?: number
}

/** Enough to see what was done last. */
const RAW_TAIL = 65_536

/** One run of the program. */
export class Run {
  private readonly emulator: Emulator
  private readonly child: ChildProcess
  raw = ''
  exitCode: number | null = null

  constructor(command: string, home: string, options: RunOptions) {
    const { columns = 100, rows = 30, cwd = ROOT, env = {}, onOutput, margin = 0 } = options
    this.emulator = new Emulator({ cols: columns + margin, rows: rows + margin, allowProposedApi: true })
    // What comes after the program tells whether the terminal is as it was.
    const whole = `stty rows ${rows} cols ${columns}; ${command}; echo "ended $?"; stty -a | grep -o -- '-\\?icanon'`
    const plain = { HOME: home, TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh' }
    this.child = spawn('script', ['-qfec', whole, '/dev/null'], {
      cwd,
      env: { PATH: process.env['PATH'], ...plain, ...env },
    })
    const decoder = new TextDecoder()
    this.child.stdout?.on('data', (chunk: Buffer) => {
      const text = decoder.decode(chunk, { stream: true })
      this.raw += text
      if (onOutput !== undefined) this.raw = this.raw.slice(-RAW_TAIL)
      onOutput?.(text)
      this.emulator.write(chunk)
    })
    this.child.on('exit', (code) => {
      this.exitCode = code
    })
  }

  type(keys: string | Buffer): void {
    this.child.stdin?.write(keys)
  }

  get screen(): string {
    const { active } = this.emulator.buffer
    return Array.from({ length: this.emulator.rows }, (_, row) =>
      (active.getLine(active.baseY + row)?.translateToString(true) ?? '').trimEnd(),
    ).join('\n')
  }

  /** What stands to the right of this many columns or below this many rows, also where it is spaces. */
  beyond({ columns, rows }: { readonly columns: number; readonly rows: number }): string {
    const { active } = this.emulator.buffer
    return Array.from({ length: this.emulator.rows }, (_, row) =>
      active.getLine(active.baseY + row)?.translateToString(true, row < rows ? columns : 0),
    ).join('')
  }

  get isAlternate(): boolean {
    return this.emulator.buffer.active.type === 'alternate'
  }

  async see(text: string): Promise<void> {
    await vi.waitFor(() => expect(this.screen).toContain(text), PATIENT)
  }

  /** The screen and the keys are the shell's again. */
  async seeRestored(status: string): Promise<void> {
    await this.see(`ended ${status}`)
    await vi.waitFor(() => expect(this.screen).toMatch(/^icanon$/m), PATIENT)
    expect(this.isAlternate).toBe(false)
    for (const mode of ['\u001b[?1049', '\u001b[?7', '\u001b[?25', '\u001b[?2004', '\u001b[?1000', '\u001b[?1006']) {
      const at = this.raw.lastIndexOf(mode)
      // The mouse is not always asked for.
      if (at < 0 && mode.startsWith('\u001b[?100')) continue
      const last = mode === '\u001b[?7' || mode === '\u001b[?25' ? 'h' : 'l'
      expect(this.raw.slice(at)).toMatch(new RegExp(`^.{${mode.length}}${last}`))
    }
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }
}
