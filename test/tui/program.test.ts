/**
 * The whole program in a terminal, as a person runs it: bundled, in a pseudo-terminal of `script`, its output read by
 * an emulator.
 *
 * Nothing waits for a time: what is looked for is asked for until it is there.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { appendFileSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Terminal as Emulator } from '@xterm/headless'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'

const ROOT = resolve('.')
const WORLD = 'fixtures/acme/world'
const DAY = 'fixtures/acme/questions/day.jsonl'
/** A machine may be ten times slower than ours. */
const PATIENT = { timeout: 60_000, interval: 50 }

const hasScript = spawnSync('script', ['--version']).status === 0

let folder = ''
beforeAll(async () => {
  if (!hasScript) return
  folder = mkdtempSync(join(tmpdir(), 'keyward-explore-'))
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  await build({
    entryPoints: [join(ROOT, 'src/cli/main.ts')],
    outdir: join(folder, 'dist/cli'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
    banner: { js: "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);" },
    plugins: [
      {
        name: 'without-react-devtools',
        setup(each) {
          each.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'empty' }))
          each.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {}' }))
        },
      },
    ],
    logLevel: 'error',
  })
})
afterAll(() => {
  if (folder !== '') rmSync(folder, { recursive: true })
})

const running: Run[] = []
afterEach(() => {
  for (const run of running.splice(0)) run.kill()
})

/** One run of the program. */
class Run {
  private readonly emulator: Emulator
  private readonly child: ChildProcess
  raw = ''
  exitCode: number | null = null

  constructor(command: string, columns: number, rows: number) {
    this.emulator = new Emulator({ cols: columns, rows, allowProposedApi: true })
    // What comes after the program tells whether the terminal is as it was.
    const whole = `stty rows ${rows} cols ${columns}; ${command}; echo "ended $?"; stty -a | grep -o -- '-\\?icanon'`
    this.child = spawn('script', ['-qfec', whole, '/dev/null'], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], HOME: folder, TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh' },
    })
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.raw += chunk.toString('utf8')
      this.emulator.write(chunk)
    })
    this.child.on('exit', (code) => {
      this.exitCode = code
    })
    running.push(this)
  }

  type(keys: string): void {
    this.child.stdin?.write(keys)
  }

  get screen(): string {
    const { active } = this.emulator.buffer
    return Array.from({ length: this.emulator.rows }, (_, row) =>
      (active.getLine(active.baseY + row)?.translateToString(true) ?? '').trimEnd(),
    ).join('\n')
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
    for (const mode of ['\u001b[?1049', '\u001b[?7', '\u001b[?25', '\u001b[?2004']) {
      const last = mode === '\u001b[?7' || mode === '\u001b[?25' ? 'h' : 'l'
      expect(this.raw.slice(this.raw.lastIndexOf(mode))).toMatch(new RegExp(`^.{${mode.length}}${last}`))
    }
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }
}

const keyward = (args: string): string => `node ${join(folder, 'dist/cli/main.js')} explore ${args}`

function explore(args: string, columns = 100, rows = 30): Run {
  return new Run(keyward(args), columns, rows)
}

describe.skipIf(!hasScript)('the program in a terminal (needs `script` of util-linux)', () => {
  test('from a day of events to the condition that was not met, and back to the shell', async () => {
    const run = explore(`${WORLD} ${DAY}`)
    await run.see('7 denied')
    expect(run.isAlternate).toBe(true)
    run.type('\r')
    await run.see('"kms:EncryptionContext:tenant"')
    await run.see('EachTenantItsOwnData')
    run.type('?')
    await run.see('leave the program')
    run.type('\u001b')
    await vi.waitFor(() => expect(run.screen).not.toContain('leave the program'), PATIENT)
    run.type('Q')
    await run.seeRestored('0')
    expect(run.screen).toContain('DENIED  kms:Decrypt')
    expect(run.screen).toContain('key-policy-condition')
  })

  test('a pasted text becomes a verdict', async () => {
    const run = explore(WORLD)
    await run.see('May somebody do something')
    const text = readFileSync('fixtures/acme/questions/messages/cli-service-control-policy.txt', 'utf8').trim()
    run.type(`\u001b[200~${text}\u001b[201~`)
    await run.see('DENIED')
    run.type('Q')
    await run.seeRestored('0')
  })

  test.each([
    ['TERM', '143'],
    ['HUP', '129'],
  ])('SIG%s gives the terminal back', async (signal, status) => {
    const pidFile = join(folder, `pid-${signal}`)
    const run = new Run(`sh -c 'echo $$ > ${pidFile}; exec ${keyward(`${WORLD} ${DAY}`)}'`, 100, 30)
    await run.see('7 denied')
    process.kill(Number(readFileSync(pidFile, 'utf8')), `SIG${signal}`)
    await run.seeRestored(status)
  })

  test('a crash gives the terminal back and says what it was', async () => {
    const preload = join(folder, 'crash.cjs')
    writeFileSync(preload, "process.on('SIGUSR2', () => setImmediate(() => { throw new Error('made to crash') }))\n")
    const pidFile = join(folder, 'pid-crash')
    const command = keyward(`${WORLD} ${DAY}`).replace('node ', `node -r ${preload} `)
    const run = new Run(`sh -c 'echo $$ > ${pidFile}; exec ${command}'`, 100, 30)
    await run.see('7 denied')
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGUSR2')
    await run.see('made to crash')
    await run.seeRestored('3')
  })

  test('a file that grows is followed', async () => {
    const path = join(folder, 'audit.jsonl')
    const lines = readFileSync(DAY, 'utf8').split('\n')
    writeFileSync(path, '')
    const run = explore(`${WORLD} ${path} --follow`)
    await run.see('following, 0 events')
    appendFileSync(path, `${lines[0]}\n${lines[1]}\n`)
    await run.see('2 denied')
    run.type('\u0003')
    await run.seeRestored('0')
  })

  test('events from standard input, keys from the terminal', async () => {
    const run = new Run(`cat ${DAY} | ${keyward(`${WORLD} -`)}`, 100, 30)
    await run.see('7 denied')
    run.type('\r')
    await run.see('EachTenantItsOwnData')
    run.type('Q')
    await run.seeRestored('0')
  })

  test('a session is kept and opened again', async () => {
    const path = join(folder, 'session.json')
    const first = explore(`${WORLD} ${DAY} --session ${path}`)
    await first.see('7 denied')
    first.type('\r')
    await first.see('EachTenantItsOwnData')
    first.type('Q')
    await first.seeRestored('0')
    expect(existsSync(path)).toBe(true)
    const second = explore(`--session ${path}`)
    await second.see('EachTenantItsOwnData')
    await second.see('denials')
    second.type('Q')
    await second.seeRestored('0')
  })

  test('hostile text of an event moves nothing', async () => {
    const path = join(folder, 'hostile.jsonl')
    const evil = String.raw`\u001b[2J\u001b[?1049l\u202e\u0007`
    const [line = ''] = readFileSync(DAY, 'utf8').split('\n')
    writeFileSync(path, `${line.replaceAll('green', evil)}\n`)
    const run = explore(`${WORLD} ${path}`)
    await run.see(String.raw`\u001b[2J`)
    expect(run.isAlternate).toBe(true)
    run.type('Q')
    await run.seeRestored('0')
  })

  test('a dumb terminal gets the story line by line', async () => {
    const run = new Run(
      `TERM=dumb ${keyward(`${WORLD} --principal role/PaymentsApi --action kms:Decrypt --key alias/payments`)}`,
      100,
      40,
    )
    await run.see('the terminal is a dumb one')
    await run.see('Allowed: kms:Decrypt')
    await run.see('key policy allows')
    await run.seeRestored('0').catch(() => expect(run.raw).not.toContain('\u001b[?1049h'))
  })

  test('in every size nothing is broken', async () => {
    for (const [columns, rows] of [
      [40, 10],
      [80, 24],
      [250, 60],
    ] as const) {
      const run = explore(`${WORLD} ${DAY}`, columns, rows)
      await run.see('7 denied')
      run.type('\r')
      await run.see('DENIED')
      run.type('Q')
      await run.see('ended 0')
    }
  })
})
