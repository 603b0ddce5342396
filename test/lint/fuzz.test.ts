/**
 * Mutated policies and templates: whatever comes in, there is an answer, each finding has its place in the text, and
 * fixing ends in a text that can still be read. More of both in `test/extended/lint-fuzz.test.ts`.
 */
import fc from 'fast-check'
import { test } from 'vitest'
import { anyLinter, checkAnswered, checkFixed, mutatedText } from './mutations.js'

test('every text is answered', { timeout: 240_000 }, () => {
  fc.assert(
    fc.property(mutatedText, anyLinter, (source, create) => checkAnswered(source, create())),
    { seed: 11, numRuns: 2000 },
  )
})

test('every fix ends, and leaves nothing that could not be read', { timeout: 240_000 }, () => {
  fc.assert(
    fc.property(mutatedText, anyLinter, (source, create) => checkFixed(source, create())),
    { seed: 12, numRuns: 50 },
  )
})
