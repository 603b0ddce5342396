/**
 * Invariant I4: `decide`, a gate, `trace` and the slow interpreter of `test/reference` say the same.
 *
 * Every document goes the way of `keyward eval`, from its text to the answer. `test/extended/agreement.test.ts` does the
 * same with more documents.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_OPTIONS, type DecisionOptions } from '../../src/decide/options.js'
import { coverageOf, coverageReport } from '../reference/coverage.js'
import { asked, B, grant, root, rootArn } from '../reference/example.js'
import { assumeRoleDocuments, authorizeDocuments, lockoutDocuments, multiDocuments } from '../reference/generate.js'
import type { SimulationDocument } from '../reference/document.js'
import { interpret, type Options } from '../reference/interpret.js'
import { Agreement } from './agree.js'

const SEED = 20260315
/** A failing property shrinks its document for a while. */
const LONG = 120_000

/** Fails with the smallest document that they disagree about. */
function expectAgreement(
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

describe('the program and the slow interpreter agree', () => {
  test(
    'on 2,000 questions',
    () => expectAgreement(authorizeDocuments(), 2000, new Agreement({ answersOneIn: 4 })),
    LONG,
  )
  test('on 300 calls that need several checks', () => expectAgreement(multiDocuments(), 300), LONG)
  test('on 600 questions about assuming a role', () => expectAgreement(assumeRoleDocuments(), 600), LONG)
  test('on 300 lockout checks', () => expectAgreement(lockoutDocuments(), 300), LONG)
})

/** Found at length (`test/extended/agreement.test.ts`) and too rare for 2,000. */
const ONCE_PARTED: Readonly<Record<string, SimulationDocument>> = {
  'the root user of the key retires a grant that another account issued': asked({
    principal: root(),
    action: 'kms:RetireGrant',
    request: { grantId: 'g-1' },
    grants: [grant({ IssuingAccount: rootArn(B) })],
  }),
}

describe('and where they once did not', () => {
  for (const [name, document] of Object.entries(ONCE_PARTED)) {
    test(name, () => expect(new Agreement().disagreement(document)).toBeUndefined())
  }
})

test(
  'the 2,000 questions reach every rule',
  () => {
    const coverage = coverageOf(fc.sample(authorizeDocuments(), { numRuns: 2000, seed: SEED }))
    expect(coverage.missing, coverageReport(coverage)).toEqual([])
    expect(coverage.allowShare).toBeGreaterThan(0.25)
  },
  LONG,
)

test('the questions about assuming a role end in every way there is', () => {
  const ends = new Map<string, number>()
  for (const document of fc.sample(assumeRoleDocuments(), { numRuns: 600, seed: SEED })) {
    const { decision, layer } = interpret(document)
    ends.set(`${decision} ${layer}`, (ends.get(`${decision} ${layer}`) ?? 0) + 1)
  }
  expect([...ends.keys()].toSorted()).toEqual([
    'allow identity',
    'allow keyPolicy',
    'explicitDeny boundary',
    'explicitDeny identity',
    'explicitDeny keyPolicy',
    'explicitDeny rcp',
    'explicitDeny scp',
    'explicitDeny session',
    'explicitDeny vpce',
    'implicitDeny boundary',
    'implicitDeny identity',
    'implicitDeny keyPolicy',
    'implicitDeny operation',
    'implicitDeny scp',
    'implicitDeny session',
    'implicitDeny vpce',
  ])
  expect((ends.get('allow identity') ?? 0) + (ends.get('allow keyPolicy') ?? 0)).toBeGreaterThan(100)
})

/** The other readings of K-14, K-15, K-26 and K-33. The interpreter knows no `rootUserOnly`. */
const READINGS: readonly {
  readonly name: string
  readonly options: Partial<DecisionOptions>
  readonly reference: Options
}[] = [
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

describe('and by every other reading of what is open', () => {
  for (const { name, options, reference } of READINGS) {
    test(
      `${name}, on 400 questions`,
      () => expectAgreement(authorizeDocuments(), 400, new Agreement({ options, reference, answersOneIn: 4 })),
      LONG,
    )
  }
  test('each of which is another than the recommended one', () => {
    for (const { options } of READINGS) {
      for (const [option, value] of Object.entries(options)) {
        expect(DEFAULT_OPTIONS).not.toHaveProperty(option, value)
      }
    }
  })
})
