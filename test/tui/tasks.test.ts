/**
 * Tasks as people state them, each solved by keys alone in the real program: at most twelve keys to the cause, and on
 * from there to what helps. A paste is one key.
 */
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { keysOf, MOST_KEYS, TASKS, writeWeek } from './tasks.js'
import { hasScript, Program } from './terminal-run.js'

test('there are ten, each with its cause', () => {
  expect(TASKS).toHaveLength(10)
  expect(new Set(TASKS.map(({ task }) => task)).size).toBe(10)
  for (const { cause } of TASKS) expect(cause.see.length).toBeGreaterThan(1)
})

describe.skipIf(!hasScript)('by keys alone (needs `script` of util-linux)', () => {
  let program: Program
  let week = ''
  beforeAll(async () => {
    program = await Program.build()
    week = join(program.folder, 'week.jsonl')
    writeWeek(week)
  })
  afterEach(() => program.stop())
  afterAll(() => program.remove())

  test.each(TASKS)('$task', async ({ given, first, cause, afterwards = [] }) => {
    expect(cause.keys.flatMap(keysOf).length).toBeLessThanOrEqual(MOST_KEYS)
    const run = program.explore(given.replace('WEEK', week), { columns: 120, rows: 40 })
    await run.see(first)
    for (const { keys, see } of [cause, ...afterwards]) {
      // One at a time, as a keyboard sends them.
      for (const key of keys.flatMap(keysOf)) run.type(key)
      for (const text of see) await run.see(text)
    }
    // Also where letters are text.
    run.type('\u0003')
    await run.seeRestored('0')
  })
})
