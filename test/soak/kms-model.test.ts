/**
 * Ten thousand random sequences of operations and time against the model.
 *
 * `KEYWARD_BLOCKS=first-last` takes blocks of 500 sequences by their numbers, `0-19` when left out; each has a seed and a
 * service of its own, so that a run that was broken off goes on at the block after the last that it has told.
 * `KEYWARD_EVIDENCE=yes` adds a dated line to `docs/evidence.md`.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COMMAND } from '../kms/model/command.js'
import { openModelKms, runSequence } from '../kms/model/run.js'
import { blocks, evidence, tellDone } from './evidence.js'

const SEQUENCES = 500
/** Other seeds than that of `npm test`. */
const FIRST_SEED = 7_000_000

const [first, last] = blocks('0-19')

test(`blocks ${first} to ${last} of ${SEQUENCES} sequences of operations and time`, async () => {
  const sequences = fc.array(COMMAND, { minLength: 8, maxLength: 60, size: 'max' })
  for (let block = first; block <= last; block++) {
    const t = await openModelKms()
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(sequences, (commands) => runSequence(t, commands, seen)),
      { numRuns: SEQUENCES, seed: FIRST_SEED + block },
    )
    expect(seen).toContain('UpdatePrimaryRegion succeeded')
    await t.kms.close()
    tellDone(block)
  }
  const count = (last - first + 1) * SEQUENCES
  evidence(
    `the key service and its model agreed on ${count} sequences of operations and time (blocks ${first} to ${last})`,
  )
})
