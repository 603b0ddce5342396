/** The other readings of what is open, and the property that the program and the slow interpreter agree by each of them. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { DecisionOptions } from '../../src/decide/options.js'
import type { SimulationDocument } from '../reference/document.js'
import { authorizeDocuments } from '../reference/generate.js'
import type { Options } from '../reference/interpret.js'
import { Agreement } from './agree.js'

export const SEED = 20260315

/** Fails with the smallest document that they disagree about. */
export function expectAgreement(
  documents: fc.Arbitrary<SimulationDocument>,
  numRuns: number,
  agreement = new Agreement(),
): void {
  fc.assert(
    fc.property(documents, (document) => {
      expect(agreement.disagreement(document)).toBeUndefined()
    }),
    { numRuns, seed: SEED },
  )
}

interface Reading {
  readonly name: string
  readonly options: Partial<DecisionOptions>
  readonly reference: Options
}

/** The other readings of K-14, K-15, K-26 and K-33. The interpreter knows no `rootUserOnly`. */
export const READINGS: readonly Reading[] = [
  {
    name: 'grantBoundary noGrantees',
    options: { grantBoundary: 'noGrantees' },
    reference: { grantUnderImplicitDeny: 'never' },
  },
  {
    name: 'grantBoundary allGrantees',
    options: { grantBoundary: 'allGrantees' },
    reference: { grantUnderImplicitDeny: 'always' },
  },
  {
    name: 'notPrincipalAncestors ignored',
    options: { notPrincipalAncestors: 'ignored' },
    reference: { notPrincipal: 'callerOnly' },
  },
  { name: 'retireByIdentity false', options: { retireByIdentity: false }, reference: { retireByIdentity: false } },
]

export function expectReading({ options, reference }: Reading, questions: number): void {
  expectAgreement(authorizeDocuments(), questions, new Agreement({ options, reference, answersOneIn: 4 }))
}
