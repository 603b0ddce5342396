/**
 * Tasks as people state them, each solved by keys alone in the real program: at most twelve keys to the cause, and on
 * from there to what helps. A paste is one key. Here the first two are done, all of them in
 * `test/extended/explore-tasks.test.ts`.
 */
import { expect, test } from 'vitest'
import { doTasks } from './do-tasks.js'
import { keysOf, MOST_KEYS, TASKS } from './tasks.js'

test('there are ten, each with its cause', () => {
  expect(TASKS).toHaveLength(10)
  expect(new Set(TASKS.map(({ task }) => task)).size).toBe(10)
  for (const { cause } of TASKS) {
    expect(cause.see.length).toBeGreaterThan(1)
    expect(cause.keys.flatMap(keysOf).length).toBeLessThanOrEqual(MOST_KEYS)
  }
})

doTasks(TASKS.slice(0, 2))
