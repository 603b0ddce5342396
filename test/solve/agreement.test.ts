/**
 * Invariant I4, its symbolic part: the diagram of a call says of every request context what `decide` says.
 *
 * `test/extended/solve-agreement.test.ts` does the same at length.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DiagramAgreement } from './agree.js'
import { authorizeDocuments } from '../reference/generate.js'

const SEED = 20260722
const LONG = 120_000

describe('the diagram and the decision agree', () => {
  test(
    'on 5,000 contexts of 1,250 calls',
    () => {
      const agreement = new DiagramAgreement()
      fc.assert(
        fc.property(fc.array(authorizeDocuments(), { minLength: 4, maxLength: 4 }), (documents) => {
          expect(agreement.disagreement(documents)).toBeUndefined()
        }),
        { numRuns: 313, seed: SEED },
      )
    },
    LONG,
  )
})
