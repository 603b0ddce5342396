/**
 * Invariant I4: `decide`, a gate, `trace` and the slow interpreter of `test/reference` say the same.
 *
 * Every document goes the way of `keyward eval`, from its text to the answer. `test/extended/agreement.test.ts` and
 * `readings.test.ts` beside it do the same with more documents. That the 2,000 questions reach every rule is for
 * `test/reference/generate.test.ts`.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_OPTIONS } from '../../src/decide/options.js'
import { asked, B, grant, root, rootArn } from '../reference/example.js'
import { assumeRoleDocuments, authorizeDocuments, lockoutDocuments, multiDocuments } from '../reference/generate.js'
import type { SimulationDocument } from '../reference/document.js'
import { interpret } from '../reference/interpret.js'
import { Agreement } from './agree.js'
import { expectAgreement, expectReading, READINGS, SEED } from './readings.js'

/** A failing property shrinks its document for a while. */
const LONG = 120_000

describe('the program and the slow interpreter agree', () => {
  test(
    'on 2,000 questions',
    () => expectAgreement(authorizeDocuments(), 2000, new Agreement({ answersOneIn: 4 })),
    LONG,
  )
  test('on 150 calls that need several checks', () => expectAgreement(multiDocuments(), 150), LONG)
  test(
    'on 600 questions about assuming a role',
    () => expectAgreement(assumeRoleDocuments(), 600, new Agreement({ answersOneIn: 4 })),
    LONG,
  )
  test('on 150 lockout checks', () => expectAgreement(lockoutDocuments(), 150), LONG)
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

describe('and by every other reading of what is open', () => {
  for (const reading of READINGS) {
    test(`${reading.name}, on 100 questions`, () => expectReading(reading, 100), LONG)
  }
  test('each of which is another than the recommended one', () => {
    for (const { options } of READINGS) {
      for (const [option, value] of Object.entries(options)) {
        expect(DEFAULT_OPTIONS).not.toHaveProperty(option, value)
      }
    }
  })
})
