/**
 * The next long-term version of Node.js decides as this one does: the rooms from text to answers are tested with it.
 *
 * It comes from the npm registry. Where that cannot be reached the test is skipped with the reason, except in a run of
 * CI, where it must be reached. Other versions, and the whole suite: `test/soak/node-versions.test.ts`.
 */
import { expect, test } from 'vitest'
import { runSuiteWith } from '../tooling/node-versions.js'

const ROOMS = [
  'test/text',
  'test/aws',
  'test/policy',
  'test/graph',
  'test/decide/semantics',
  'test/decide/total',
  'test/decide/bind',
  'test/grammar',
]

test('Node.js 24 passes', async ({ skip }) => {
  const result = await runSuiteWith(24, ROOMS)
  if (typeof result === 'string') {
    expect(process.env['CI'], result).toBeUndefined()
    skip(result)
    return
  }
  expect(result.failed).toEqual([])
  expect(result.version).toMatch(/^v24\./)
  expect(result.passed).toBeGreaterThan(2000)
}, 240_000)
