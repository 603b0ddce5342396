/** Programs that are no packages of npm: CI has to have them, a machine of somebody's own may not. */
import { describe } from 'vitest'

const IN_CI = (process.env['CI'] ?? '') !== ''

/** Tests that need a program; without it they are skipped with the reason, and in CI they fail. */
export function describeWith(program: string, isThere: boolean, name: string, tests: () => void): void {
  const title = isThere ? name : `${name} (${program} is not installed here)`
  describe.skipIf(!isThere && !IN_CI)(title, () => {
    tests()
  })
}
