/** Progress appears late, on a terminal only, and goes away again. */
import { expect, test } from 'vitest'
import { Progress } from '../../src/cli/progress.js'

function progress(
  isTTY: boolean,
  env: Readonly<Record<string, string>> = {},
): { told: string[]; at: (ms: number) => Progress } {
  const told: string[] = []
  let now = 0
  const one = new Progress({
    unit: 'events',
    terminal: { isTTY, columns: 80, env },
    write: (text) => told.push(text),
    nowMs: () => now,
  })
  const at = (ms: number): Progress => {
    now = ms
    return one
  }
  return { told, at }
}

test('nothing for half a second, then at most ten lines a second', () => {
  const { told, at } = progress(true)
  for (const ms of [100, 499, 500, 550, 600, 699]) at(ms).update(ms)
  at(1000).update(4000, 0.5)
  expect(told).toEqual([
    '\r\u001b[K500 events, 1000 a second',
    '\r\u001b[K600 events, 1000 a second',
    '\r\u001b[K[##########----------] 4000 events, 4000 a second',
  ])
  at(1001).finish()
  expect(told.at(-1)).toBe('\r\u001b[K')
})

test('nothing at all where nobody looks', () => {
  for (const { told, at } of [progress(false), progress(true, { TERM: 'dumb' })]) {
    at(2000).update(10)
    at(2001).finish()
    expect(told).toEqual([])
  }
})
