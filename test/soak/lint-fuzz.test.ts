/**
 * Mutated policies and templates as in `npm test`, 100,000 of them.
 *
 * `KEYWARD_BLOCKS=first-last` takes blocks of 1,000 texts by their numbers, `0-99` when left out; a run that was broken
 * off goes on at the block after the last that it has told. `KEYWARD_EVIDENCE=yes` adds a dated line to
 * `docs/evidence.md`.
 */
import fc from 'fast-check'
import { test } from 'vitest'
import { anyLinter, checkAnswered, checkFixed, mutatedText } from '../lint/mutations.js'
import { blocks, evidence, tellDone } from './evidence.js'

const BLOCK = 1000
/** Other seeds than those of the shorter runs. */
const FIRST_SEED = 42_000_000

const [first, last] = blocks('0-99')

test(`mutated texts, blocks ${first} to ${last}`, { timeout: 14_400_000 }, () => {
  for (let block = first; block <= last; block++) {
    const seed = FIRST_SEED + block
    fc.assert(
      fc.property(mutatedText, anyLinter, (source, create) => checkAnswered(source, create())),
      { seed, numRuns: BLOCK },
    )
    fc.assert(
      fc.property(mutatedText, anyLinter, (source, create) => checkFixed(source, create())),
      { seed, numRuns: BLOCK / 20 },
    )
    tellDone(block)
  }
  const texts = (last - first + 1) * BLOCK
  evidence(
    `${texts} mutated policies and templates (blocks ${first} to ${last}) were all answered, and all fixing ended`,
  )
})
