/**
 * The symbolic part of invariant I4 at length: 200,000 request contexts, read off the diagrams of 25,000 calls.
 *
 * The seeds are fixed, so every run tries the same documents. They are taken in blocks until all are done or the time of
 * the box is over; a run that did fewer says so, and one that did less than a fifth fails.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { authorizeDocuments } from '../reference/generate.js'
import { DiagramAgreement } from '../solve/agree.js'

const CONTEXTS = 200_000
/** Calls that are asked each other's contexts. */
const CALLS = 8
const BLOCK = 25
const FIRST_SEED = 9_000_000
const BOX_MS = 200_000

test(
  `the diagrams agree with the decisions in ${CONTEXTS} contexts`,
  ({ annotate }) => {
    const agreement = new DiagramAgreement()
    const together = fc.array(authorizeDocuments(), { minLength: CALLS, maxLength: CALLS })
    const endsAt = Date.now() + BOX_MS
    for (let block = 0; agreement.compared < CONTEXTS && Date.now() < endsAt; block++) {
      for (const documents of fc.sample(together, { numRuns: BLOCK, seed: FIRST_SEED + block })) {
        const found = agreement.disagreement(documents)
        if (found !== undefined) expect.fail(found)
      }
    }
    if (agreement.compared < CONTEXTS)
      void annotate(`${agreement.compared} of ${CONTEXTS} contexts in the time given`, 'notice')
    expect(agreement.compared).toBeGreaterThanOrEqual(CONTEXTS / 5)
  },
  2 * BOX_MS,
)
