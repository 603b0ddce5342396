/**
 * The released program in a terminal, and hands that slip: keys by chance, pastes of hostile text, the mouse, sizes that
 * change, suspended and resumed. After each handful it must still answer, and write nothing beside its screen.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, vi } from 'vitest'
import { anyKey, Chance } from './monkey.js'
import { ProgramOutput } from './program-output.js'
import { PATIENT, type Program, type Run } from './terminal-run.js'

const WORLD = resolve('fixtures/acme/world')
const DAY = resolve('fixtures/acme/questions/day.jsonl')

const ROOMS = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 250, rows: 60 },
  { columns: 100, rows: 30 },
  { columns: 81, rows: 25 },
] as const
const FIRST = ROOMS[1]
/** So that the largest is seen whole, and what is written beside it. */
const MARGIN = 200

const REDRAW = '\u000c'
const REDRAW_AGAIN_MS = 500
const STOP_AGAIN_MS = 5000

/**
 * Loaded into the program before it: tells its process and, when asked, how much it holds. What is typed into a file name
 * must not end up anywhere but in the folder of the test.
 */
function preload(folder: string): string {
  return `
    const fs = require('node:fs')
    const path = require('node:path')
    const folder = ${JSON.stringify(folder)}
    const { writeFileSync } = fs
    fs.writeFileSync = (file, ...rest) => {
      if (!path.resolve(String(file)).startsWith(folder)) {
        throw Object.assign(new Error('not outside of ' + folder), { code: 'EACCES' })
      }
      return writeFileSync(file, ...rest)
    }
    require('node:module').syncBuiltinESMExports()
    writeFileSync(path.join(folder, 'pid'), String(process.pid))
    process.on('SIGUSR2', () => {
      for (let time = 0; time < 3; time++) globalThis.gc()
      writeFileSync(path.join(folder, 'held.part'), String(process.memoryUsage().heapUsed))
      fs.renameSync(path.join(folder, 'held.part'), path.join(folder, 'held'))
    })
  `
}

/** An editor that changes something, and one that fails. */
const EDITORS = ["sed -i 's/Allow/Deny/'", 'false']

const HOSTILE = [
  '\u0000\u001b[2J\u001b[?1049l\u202e\u001b]0;owned\u0007',
  `User: arn:aws:iam::111122223333:user/\u001b[31m\u2066x is not authorized to perform: kms:Decrypt on resource: \u009b2J`,
  'can role/\u202eBreakGlass do kms:Decrypt on alias/payments when kms:EncryptionContext:tenant = "\u001b[H"',
  '\r\n\t'.repeat(3000),
  '\u0301'.repeat(5000),
  '👩‍👩‍👧‍👦🏴‍☠️好'.repeat(500),
  '{"a":'.repeat(10_000),
]

/** What a hand that knows the program would do, so that chance gets further than the first view. */
const WAYS = [
  ':den\r',
  ':who\r',
  ':alias/pay\r',
  ':tenant\r',
  '/pay\r',
  '/zzz\r',
  'wjjj\r\u001b[B\r',
  'f\t\u001b[6~',
  've\r',
  'cpn',
  'n\u0015bre\rdec\rarc\r',
  '?un\r',
  '\u001b'.repeat(9),
]

const TOUR: readonly (readonly [key: string, title: RegExp])[] = [
  ['', /^denials$/],
  ['\r', /^Decrypt by /],
  ['w', /^what if$/],
  ['f', /^fix$/],
  ['v', /^graph$/],
  ['c', /^who can Decrypt$/],
]

export interface Held {
  readonly heapBytes: number
  readonly residentBytes: number
}

export class ProgramMonkey {
  private readonly command: string
  private readonly editor: string
  private output = new ProgramOutput()
  private run: Run | undefined
  private chance: Chance
  private room: (typeof ROOMS)[number] = FIRST
  /** Keys and what else hands do. */
  count = 0
  /** How often it was begun: a hand that slips may well choose to leave. */
  begun = 0
  /** Titles of views that were on top after a handful. */
  readonly seen = new Set<string>()

  constructor(
    private readonly program: Program,
    seed: number,
  ) {
    this.chance = new Chance(seed)
    const path = join(program.folder, 'preload.cjs')
    writeFileSync(path, preload(program.folder))
    this.command = program.withJobs(program.command(`${WORLD} ${DAY} --mouse`, `--expose-gc -r ${path} `))
    this.editor = this.chance.of(EDITORS)
  }

  async begin(): Promise<void> {
    const { folder } = this.program
    this.begun++
    const output = new ProgramOutput()
    this.output = output
    this.room = FIRST
    this.run = this.program.run(this.command, {
      ...FIRST,
      margin: MARGIN,
      cwd: folder,
      env: { TMPDIR: folder, VISUAL: this.editor },
      onOutput: (text) => output.push(text),
    })
    await this.run.see('7 denied')
    await this.answers()
  }

  /** From view to view as a person would, so that chance begins where there is much to do. */
  async tour(): Promise<void> {
    for (const [key, title] of TOUR) {
      this.type(key)
      await this.answers()
      await vi.waitFor(() => expect(this.title).toMatch(title), PATIENT)
      this.seen.add(this.title)
    }
  }

  /** From here on as this seed has it. */
  reseed(seed: number): void {
    this.chance = new Chance(seed)
  }

  /** One handful, after which everything must be as it should. */
  async once(): Promise<void> {
    const { chance } = this
    if (chance.below(12) === 0) this.resize()
    if (chance.below(60) === 0) await this.suspend()
    for (let left = chance.below(12); left >= 0; left--) this.type(this.anything())
    await this.answers()
    if (this.output.ended !== undefined) {
      await this.left()
      await this.begin()
    } else if (this.running.isAlternate) this.seen.add(this.title)
  }

  /** At the first view, when all that is no longer needed is gone. */
  async atRest(): Promise<Held> {
    this.type('\u001b'.repeat(200))
    await this.answers()
    const held = join(this.program.folder, 'held')
    rmSync(held, { force: true })
    process.kill(this.pid, 'SIGUSR2')
    await vi.waitFor(() => expect(existsSync(held)).toBe(true), PATIENT)
    const [, resident = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8')) ?? []
    return { heapBytes: Number(readFileSync(held, 'utf8')), residentBytes: Number(resident) * 1024 }
  }

  /** By Ctrl-C, as letters may be text; the terminal is then the shell's. */
  async end(): Promise<void> {
    this.type('\u0003')
    await this.left()
  }

  private async left(): Promise<void> {
    await this.running.seeRestored('0')
    expect(this.output.isShells).toBe(true)
    this.check()
  }

  private get running(): Run {
    if (this.run === undefined) throw new Error('it has not been begun')
    return this.run
  }

  private get pid(): number {
    return Number(readFileSync(join(this.program.folder, 'pid'), 'utf8'))
  }

  private get title(): string {
    const [first = ''] = this.running.screen.split('\n')
    return first.startsWith(' keyward ›') ? (first.split(' › ').at(-1)?.split(/ {2}/)[0] ?? '') : ''
  }

  private anything(): string | Buffer {
    const { chance } = this
    switch (chance.below(24)) {
      case 0:
        return chance.of(WAYS)
      case 1:
        return `\u001b[200~${chance.of(HOSTILE)}\u001b[201~`
      case 2:
        return `\u001b[<${chance.of([0, 1, 2, 32, 64, 65])};${chance.below(300)};${chance.below(80)}${chance.of(['M', 'm'])}`
      case 3:
        // No control: while an editor has the terminal they would be the terminal's own.
        return Buffer.from([0x80 + chance.below(128), chance.below(256) | 0x80])
      case 4:
        return '\u001b'
      default:
        return anyKey(chance)
    }
  }

  private type(keys: string | Buffer): void {
    this.count++
    this.running.type(keys)
  }

  private resize(): void {
    this.room = this.chance.of(ROOMS)
    const { columns, rows } = this.room
    const tty = readFileSync(join(this.program.folder, 'tty'), 'utf8').trim()
    expect(spawnSync('stty', ['-F', tty, 'rows', String(rows), 'cols', String(columns)]).status).toBe(0)
    this.count++
  }

  /** By its key or as somebody else does it; a shell with jobs has the terminal until it is resumed. */
  private async suspend(): Promise<void> {
    await this.answers()
    const { stops } = this.output
    let askedAtMs = -Infinity
    await vi.waitFor(() => {
      // It may have been the end of a sequence that was begun before.
      if (performance.now() - askedAtMs > STOP_AGAIN_MS) {
        if (this.chance.below(2) === 0) this.type('\u001a')
        else process.kill(this.pid, 'SIGTSTP')
        askedAtMs = performance.now()
      }
      expect(this.output.stops, this.running.screen.trimEnd()).toBeGreaterThan(stops)
    }, PATIENT)
    await vi.waitFor(() => expect(this.output.isOnScreen).toBe(true), PATIENT)
    await this.answers()
  }

  private async quiet(): Promise<void> {
    for (let clears = -1; clears !== this.output.clears;) {
      clears = this.output.clears
      await new Promise((resolve) => {
        setTimeout(resolve, REDRAW_AGAIN_MS)
      })
    }
  }

  /** It draws its screen anew when it is asked to, and within its size. */
  private async answers(): Promise<void> {
    const before = this.output.clears
    let asked = 0
    let askedAtMs = -Infinity
    await vi.waitFor(() => {
      this.check()
      if (this.output.ended !== undefined) return
      // What came before may have been the beginning of a sequence, which this one then ends.
      if (performance.now() - askedAtMs > REDRAW_AGAIN_MS) {
        this.running.type(REDRAW)
        asked++
        askedAtMs = performance.now()
      }
      expect(this.output.clears, `after ${this.count} keys:\n${this.running.screen.trimEnd()}`).toBeGreaterThan(before)
    }, PATIENT)
    // Who has asked twice may be answered twice, and the second answer must not be taken for that of another question.
    if (asked > 1) await this.quiet()
    await vi.waitFor(() => {
      if (this.output.ended !== undefined) return
      const told = `after ${this.count} keys:\n${this.running.screen}`
      expect(this.title, told).not.toBe('')
      expect(this.running.beyond(this.room), told).toBe('')
    }, PATIENT)
  }

  private check(): void {
    expect(this.output.wrong).toEqual([])
  }
}
