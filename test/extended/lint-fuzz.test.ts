/**
 * More mutated policies and templates than `npm test` has, as many as a third of a minute of this processor takes; the hundred
 * thousand are a soak test.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyLinter, checkAnswered, checkFixed, mutatedText } from '../lint/mutations.js'

/** Of processor time, so that a busy machine does not end up with none. */
const BOX_MS = 20_000
const BLOCK = 100
const FIRST_SEED = 41_000_000

test('every text is answered, and fixing ends', { timeout: 240_000 }, () => {
  const start = process.cpuUsage()
  const spentMs = (): number => {
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000
  }
  let texts = 0
  for (let seed = FIRST_SEED; spentMs() < BOX_MS; seed++, texts += BLOCK) {
    fc.assert(
      fc.property(mutatedText, anyLinter, (source, create) => checkAnswered(source, create())),
      { seed, numRuns: BLOCK },
    )
    fc.assert(
      fc.property(mutatedText, anyLinter, (source, create) => checkFixed(source, create())),
      { seed, numRuns: BLOCK / 20 },
    )
  }
  expect(texts).toBeGreaterThanOrEqual(BLOCK)
})
