/**
 * Invariant I4 for as long as wanted: a million simulation documents, or any range of them.
 *
 * `KEYWARD_BLOCKS=first-last` takes blocks of 1,000 documents by their numbers, `0-999` when left out; a run that was
 * broken off goes on at the block it names. `KEYWARD_EVIDENCE=yes` adds a dated line to `docs/evidence.md`.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Agreement } from '../decide/agree.js'
import { simulationDocuments } from '../reference/generate.js'
import { blocks, evidence, tellDone } from './evidence.js'

const BLOCK = 1_000
/** Other seeds than those of the extended tests. */
const FIRST_SEED = 9_000_000

const [first, last] = blocks('0-999')

test(`the program and the slow interpreter agree on blocks ${first} to ${last}`, () => {
  const agreement = new Agreement({ answersOneIn: 20 })
  for (let block = first; block <= last; block++) {
    fc.assert(
      fc.property(simulationDocuments(), (document) => {
        const found = agreement.disagreement(document)
        if (found !== undefined) expect.fail(`block ${block}: ${found}`)
      }),
      { numRuns: BLOCK, seed: FIRST_SEED + block },
    )
    tellDone(block)
  }
  const documents = (last - first + 1) * BLOCK
  evidence(`decide, gate, trace and the slow interpreter agreed on ${documents} documents (blocks ${first} to ${last})`)
})
