/**
 * Random pairs of worlds as in `npm test`, 10,000 of them.
 *
 * `KEYWARD_BLOCKS=first-last` takes blocks of 100 pairs by their numbers, `0-99` when left out; a run that was broken off
 * goes on at the block after the last that it has told. `KEYWARD_EVIDENCE=yes` adds a dated line to `docs/evidence.md`.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkedPair } from '../solve/check-pair.js'
import { pairDrafts } from '../solve/pairs.js'
import { blocks, evidence, tellDone } from './evidence.js'

const BLOCK = 100
/** Other seeds than those of `npm test`. */
const FIRST_SEED = 31_000_000

const [first, last] = blocks('0-99')

test(`pairs of worlds, blocks ${first} to ${last}`, { timeout: 14_400_000 }, () => {
  let unknown = 0
  for (let block = first; block <= last; block++) {
    for (const draft of fc.sample(pairDrafts, { numRuns: BLOCK, seed: FIRST_SEED + block })) {
      if (checkedPair(draft) === 'unknown') unknown += 1
    }
    tellDone(block)
  }
  const pairs = (last - first + 1) * BLOCK
  expect(unknown).toBeLessThan(pairs * 0.03)
  evidence(
    `of ${pairs} random pairs of worlds (blocks ${first} to ${last}) no witness was refuted and no proof missed anything; ${unknown} were left open`,
  )
})
