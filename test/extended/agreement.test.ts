/**
 * Invariant I4 at length: 100,000 simulation documents, and as many pairs of question and gate.
 *
 * The seeds are fixed, so every run tries the same documents. They are taken in blocks until all are done or the time
 * of the box is over, at most four minutes of one core; a run that did fewer says so, and one that did less than a fifth
 * fails.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Agreement } from '../decide/agree.js'
import { simulationDocuments } from '../reference/generate.js'

const DOCUMENTS = 100_000
const BLOCK = 1_000
const FIRST_SEED = 7_000_000
const BOX_MS = 240_000

test(
  `the program and the slow interpreter agree on ${DOCUMENTS} documents`,
  ({ annotate }) => {
    // The whole answer to one in ten: what it adds to the trace is tested by far fewer documents.
    const agreement = new Agreement({ answersOneIn: 10 })
    const endsAt = Date.now() + BOX_MS
    let done = 0
    while (done < DOCUMENTS && Date.now() < endsAt) {
      fc.assert(
        fc.property(simulationDocuments(), (document) => {
          const found = agreement.disagreement(document)
          if (found !== undefined) expect.fail(found)
        }),
        { numRuns: BLOCK, seed: FIRST_SEED + done / BLOCK },
      )
      done += BLOCK
    }
    if (done < DOCUMENTS) void annotate(`${done} of ${DOCUMENTS} documents in the time given`, 'notice')
    expect(done).toBeGreaterThanOrEqual(DOCUMENTS / 5)
  },
  2 * BOX_MS,
)
