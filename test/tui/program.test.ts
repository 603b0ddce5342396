/**
 * The whole program in a terminal: from its start to the shell that has its terminal back, whatever happens. More of it,
 * with more sizes: `test/extended/explore-terminal.test.ts`.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { hasScript, PATIENT, Program } from './terminal-run.js'

const WORLD = 'fixtures/acme/world'
const DAY = 'fixtures/acme/questions/day.jsonl'

describe.skipIf(!hasScript)('the program in a terminal (needs `script` of util-linux)', () => {
  let program: Program
  beforeAll(async () => {
    program = await Program.build()
  })
  afterEach(() => program.stop())
  afterAll(() => program.remove())

  test('from a day of events to the condition that was not met, and back to the shell', async () => {
    const run = program.explore(`${WORLD} ${DAY}`)
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

  test('line by line no word is broken at the edge of the terminal', async () => {
    const run = program.explore(`${WORLD} ${DAY} --plain`, { columns: 80, rows: 24 })
    await run.see('a string is not closed on its line')
    await run.see(`${DAY}:15)`)
    expect(run.screen).toContain(`${DAY}:12)`)
    // With lines of 100 columns: the terminal broke `arn:...` and such where its own edge is.
    expect(run.screen).not.toContain('444455\n')
    expect(run.screen.split('\n')).toContainEqual(expect.stringMatching(/first at$/))
  })

  test('a pasted text becomes a verdict', async () => {
    const run = program.explore(WORLD)
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
    const pidFile = join(program.folder, `pid-${signal}`)
    const run = program.run(`sh -c 'echo $$ > ${pidFile}; exec ${program.command(`${WORLD} ${DAY}`)}'`)
    await run.see('7 denied')
    process.kill(Number(readFileSync(pidFile, 'utf8')), `SIG${signal}`)
    await run.seeRestored(status)
  })

  test.each(['key', 'signal'])('suspended by %s, the shell has its terminal; resumed, it goes on', async (by) => {
    const pidFile = join(program.folder, 'pid-suspended')
    const command = `sh -c "echo \\$\\$ > ${pidFile}; exec ${program.command(`${WORLD} ${DAY}`)}"`
    const run = program.run(program.withJobs(command))
    await run.see('7 denied')
    for (const times of [1, 2]) {
      if (by === 'key') run.type('\u001a')
      else process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTSTP')
      await vi.waitFor(() => expect(run.raw.match(/stopped icanon/g)).toHaveLength(times), PATIENT)
      await run.see('7 denied')
      expect(run.isAlternate).toBe(true)
    }
    run.type('\r')
    await run.see('EachTenantItsOwnData')
    run.type('Q')
    await run.seeRestored('0')
  })

  test('what stands on the screen is the frame of the denials', async () => {
    const run = program.explore(`${WORLD} ${DAY}`, { columns: 80, rows: 24 })
    await run.see('7 denied')
    const frame = readFileSync('test/cases/tui/denials-80x24.txt', 'utf8')
    await vi.waitFor(() => expect(`${run.screen}\n`).toBe(frame), PATIENT)
    run.type('\u0003')
    await run.seeRestored('0')
  })

  test('a crash gives the terminal back and says what it was', async () => {
    const preload = join(program.folder, 'crash.cjs')
    writeFileSync(preload, "process.on('SIGUSR2', () => setImmediate(() => { throw new Error('made to crash') }))\n")
    const pidFile = join(program.folder, 'pid-crash')
    const command = program.command(`${WORLD} ${DAY}`).replace('node ', `node -r ${preload} `)
    const run = program.run(`sh -c 'echo $$ > ${pidFile}; exec ${command}'`)
    await run.see('7 denied')
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGUSR2')
    await run.see('made to crash')
    await run.seeRestored('3')
  })

  test('a file that grows is followed', async () => {
    const path = join(program.folder, 'audit.jsonl')
    const lines = readFileSync(DAY, 'utf8').split('\n')
    writeFileSync(path, '')
    const run = program.explore(`${WORLD} ${path} --follow`)
    await run.see('following, 0 events')
    appendFileSync(path, `${lines[0]}\n${lines[1]}\n`)
    await run.see('2 denied')
    run.type('\u0003')
    await run.seeRestored('0')
  })

  test('events from standard input, keys from the terminal', async () => {
    const run = program.run(`cat ${DAY} | ${program.command(`${WORLD} -`)}`)
    await run.see('7 denied')
    run.type('\r')
    await run.see('EachTenantItsOwnData')
    run.type('Q')
    await run.seeRestored('0')
  })

  describe('a world that takes long to read', () => {
    /** Waits before each file of the world, as a slow disk does: 77 files take at least so many times this. */
    const slowly = (ms: number): string => {
      const preload = join(program.folder, `slow-${ms}.cjs`)
      writeFileSync(
        preload,
        `const fs = require('node:fs')
const { readFileSync } = fs
const lock = new Int32Array(new SharedArrayBuffer(4))
fs.readFileSync = (path, ...rest) => {
  if (String(path).includes('acme/world')) Atomics.wait(lock, 0, 0, ${ms})
  return readFileSync(path, ...rest)
}
require('node:module').syncBuiltinESMExports()
`,
      )
      return program.command(`${WORLD} ${DAY} --no-cache`, `-r ${preload} `)
    }

    test('is seen being read, and then is there in the same screen', async () => {
      const run = program.run(slowly(20))
      await run.see('Reading the world')
      expect(run.isAlternate).toBe(true)
      await run.see('7 denied')
      expect(run.screen).not.toContain('Reading the world')
      // The terminal was taken once, and nothing was wiped in between.
      expect(run.raw.split('\u001b[?1049h')).toHaveLength(2)
      expect(run.raw.split('\u001b[2J')).toHaveLength(2)
      run.type('\r')
      await run.see('EachTenantItsOwnData')
      run.type('Q')
      await run.seeRestored('0')
    })

    test.each([
      ['q', 'q'],
      ['Ctrl-C', '\u0003'],
    ])('%s leaves at once', async (_name, key) => {
      // Longer than anybody waits here.
      const run = program.run(slowly(1000))
      await run.see('Reading the world')
      run.type(key)
      await run.seeRestored('0')
    })

    test('SIGTERM gives the terminal back', async () => {
      const pidFile = join(program.folder, 'pid-reading')
      const run = program.run(`sh -c 'echo $$ > ${pidFile}; exec ${slowly(1000)}'`)
      await run.see('Reading the world')
      process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM')
      await run.seeRestored('143')
    })

    test('what cannot be asked of it is said in the shell', async () => {
      const run = program.run(`${slowly(20).replace(DAY, '--principal nobody --action kms:Decrypt --key alias/none')}`)
      await run.see('Reading the world')
      await run.seeRestored('2')
      expect(run.screen).toContain('expected `role/name`')
    })
  })

  test('a dumb terminal gets the story line by line', async () => {
    const run = program.run(
      `TERM=dumb ${program.command(`${WORLD} --principal role/PaymentsApi --action kms:Decrypt --key alias/payments`)}`,
      { rows: 40 },
    )
    await run.see('the terminal is a dumb one')
    await run.see('Allowed: kms:Decrypt')
    await run.see('key policy allows')
    await run.seeRestored('0').catch(() => expect(run.raw).not.toContain('\u001b[?1049h'))
  })
})
