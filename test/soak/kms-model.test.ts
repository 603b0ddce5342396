/** Ten thousand random sequences of operations and time against the model; another seed each time, which a failure tells. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COMMAND } from '../kms/model/command.js'
import { openModelKms, runSequence } from '../kms/model/run.js'

const ROUNDS = 20
const SEQUENCES = 500

test(`${ROUNDS * SEQUENCES} sequences of operations and time`, async () => {
  const sequences = fc.array(COMMAND, { minLength: 8, maxLength: 60, size: 'max' })
  for (let round = 0; round < ROUNDS; round++) {
    // A service of its own for each round: what is kept of all of them is not what is looked at here.
    const t = await openModelKms()
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(sequences, (commands) => runSequence(t, commands, seen)),
      { numRuns: SEQUENCES },
    )
    expect(seen).toContain('UpdatePrimaryRegion succeeded')
    await t.kms.close()
  }
})
