/** The whole suite with every version of Node.js that is supported or will be. */
import { expect, test } from 'vitest'
import { runSuiteWith } from '../tooling/node-versions.js'

for (const major of [22, 24, 26]) {
  test(`Node.js ${major} passes the whole suite`, async ({ skip }) => {
    const result = await runSuiteWith(major, [])
    if (typeof result === 'string') {
      skip(result)
      return
    }
    expect(result.failed).toEqual([])
    expect(result.version.startsWith(`v${major}.`)).toBe(true)
    expect(result.passed).toBeGreaterThan(5000)
  })
}
