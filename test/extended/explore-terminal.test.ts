/** The whole program in a terminal: what `test/tui/program.test.ts` leaves out, and more sizes. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { hasScript, PATIENT, Program } from '../tui/terminal-run.js'

const WORLD = 'fixtures/acme/world'
const DAY = 'fixtures/acme/questions/day.jsonl'

describe.skipIf(!hasScript)('the program in a terminal (needs `script` of util-linux)', () => {
  let program: Program
  beforeAll(async () => {
    program = await Program.build()
  })
  afterEach(() => program.stop())
  afterAll(() => program.remove())

  test('an editor that is suspended takes the program along, and what it changed counts in the end', async () => {
    const editor = join(program.folder, 'editor.sh')
    writeFileSync(editor, `#!/bin/sh\nkill -TSTP 0\nsed -i 's/OnlyKey/Key/' "$1"\n`, { mode: 0o755 })
    const run = program.run(program.withJobs(program.command(`${WORLD} ${DAY}`)), { rows: 40, env: { VISUAL: editor } })
    await run.see('7 denied')
    run.type('\r')
    await run.see('EachTenantItsOwnData')
    run.type('w')
    await run.see('nothing has been changed')
    run.type('Gkk\r')
    await vi.waitFor(() => expect(run.raw).toContain('stopped icanon'), PATIENT)
    await run.see('1 change')
    run.type('Q')
    await run.seeRestored('0')
  })

  test.each([
    ['denials', [200, 50], `${WORLD} ${DAY}`, '7 denied', ''],
    ['ask', [120, 40], WORLD, 'May somebody do something', 'payapi'],
  ] as const)(
    'what stands on the screen is the frame of %s at %j',
    async (name, [columns, rows], given, first, keys) => {
      const run = program.explore(given, { columns, rows })
      await run.see(first)
      run.type(keys)
      const frame = readFileSync(`test/cases/tui/${name}-${columns}x${rows}.txt`, 'utf8')
      await vi.waitFor(() => expect(`${run.screen}\n`).toBe(frame), PATIENT)
      run.type('\u0003')
      await run.seeRestored('0')
    },
  )

  test('a defect while a view is drawn gives the terminal back as well', async () => {
    const preload = join(program.folder, 'crash-draw.cjs')
    const broken = "String.prototype.padEnd = () => { throw new Error('made to crash') }"
    writeFileSync(preload, `process.on('SIGUSR2', () => { ${broken} })\n`)
    const pidFile = join(program.folder, 'pid-crash-draw')
    const command = program.command(`${WORLD} ${DAY}`).replace('node ', `node -r ${preload} `)
    const run = program.run(`sh -c 'echo $$ > ${pidFile}; exec ${command}'`)
    await run.see('7 denied')
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGUSR2')
    // Whichever comes first, the signal or a key: a key after it is drawn.
    await vi.waitFor(() => {
      run.type('\r')
      expect(run.screen).toContain('made to crash')
    }, PATIENT)
    await run.seeRestored('3')
  })

  test('a file that is not there is waited for, and that is said', async () => {
    const path = join(program.folder, 'later.jsonl')
    const run = program.explore(`${WORLD} ${path} --follow`)
    await run.see('is not there yet: waiting for it')
    writeFileSync(path, `${readFileSync(DAY, 'utf8').split('\n')[0]}\n`)
    await run.see('1 denied')
    run.type('Q')
    await run.seeRestored('0')
  })

  test('a session is kept and opened again', async () => {
    const path = join(program.folder, 'session.json')
    const first = program.explore(`${WORLD} ${DAY} --session ${path}`)
    await first.see('7 denied')
    first.type('\r')
    await first.see('EachTenantItsOwnData')
    first.type('Q')
    await first.seeRestored('0')
    expect(existsSync(path)).toBe(true)
    const second = program.explore(`--session ${path}`)
    await second.see('EachTenantItsOwnData')
    await second.see('denials')
    second.type('Q')
    await second.seeRestored('0')
  })

  test('hostile text of an event moves nothing', async () => {
    const path = join(program.folder, 'hostile.jsonl')
    const evil = String.raw`\u001b[2J\u001b[?1049l\u202e\u0007`
    const [line = ''] = readFileSync(DAY, 'utf8').split('\n')
    writeFileSync(path, `${line.replaceAll('green', evil)}\n`)
    const run = program.explore(`${WORLD} ${path}`)
    await run.see(String.raw`\u001b[2J`)
    expect(run.isAlternate).toBe(true)
    run.type('Q')
    await run.seeRestored('0')
  })

  test('in every size nothing is broken', async () => {
    for (const [columns, rows] of [
      [40, 10],
      [80, 24],
      [250, 60],
    ] as const) {
      const run = program.explore(`${WORLD} ${DAY}`, { columns, rows })
      await run.see('7 denied')
      run.type('\r')
      await run.see('DENIED')
      run.type('Q')
      await run.see('ended 0')
    }
  })
})
