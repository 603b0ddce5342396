/** Does tasks in the real program, one test for each. */
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { keysOf, MOST_KEYS, writeWeek, type Task } from './tasks.js'
import { hasScript, Program } from './terminal-run.js'

export function doTasks(tasks: readonly Task[]): void {
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

    test.each(tasks)('$task', async ({ given, first, cause, afterwards = [] }) => {
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
}
