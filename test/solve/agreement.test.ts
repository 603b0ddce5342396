/**
 * Invariant I4, its symbolic part: the diagram of a call says of every request context what `decide` says.
 *
 * `test/extended/solve-agreement.test.ts` does the same at length.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DecisionOptions } from '../../src/decide/options.js'
import { DiagramAgreement } from './agree.js'
import { authorizeDocuments } from '../reference/generate.js'

const SEED = 20260722
const LONG = 120_000

/** The other readings of what the documents leave open, and a Deny that applies to what it cannot compare. */
const READINGS: readonly Partial<DecisionOptions>[] = [
  { grantBoundary: 'noGrantees' },
  { grantBoundary: 'allGrantees' },
  { rootGrantee: 'rootUserOnly' },
  { notPrincipalAncestors: 'ignored' },
  { retireByIdentity: false },
  { uncomparable: 'deny' },
]

describe('the diagram and the decision agree', () => {
  test(
    'on 1,000 calls, each in five contexts',
    () => {
      const agreement = new DiagramAgreement()
      fc.assert(
        fc.property(fc.array(authorizeDocuments(), { minLength: 5, maxLength: 5 }), (documents) => {
          expect(agreement.disagreement(documents)).toBeUndefined()
        }),
        { numRuns: 200, seed: SEED },
      )
      expect(agreement.compared).toBe(5000)
    },
    LONG,
  )

  for (const options of READINGS) {
    test(
      `under ${JSON.stringify(options)}`,
      () => {
        const agreement = new DiagramAgreement(options)
        for (const documents of fc.sample(fc.array(authorizeDocuments(), { minLength: 5, maxLength: 5 }), {
          numRuns: 12,
          seed: SEED,
        })) {
          expect(agreement.disagreement(documents)).toBeUndefined()
        }
      },
      LONG,
    )
  }
})
