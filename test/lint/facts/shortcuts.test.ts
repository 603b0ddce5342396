/** Shortcuts that spare the rules a proof: what they say, the engine says. Source: IAM User Guide, "Policy evaluation logic". */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compared } from '../../../src/lint/facts/compared-policies.js'
import { holderWorld } from '../../../src/lint/facts/holder-world.js'
import { EXAMPLE_ACCOUNT, LINT_OPTIONS, withStatements } from '../../../src/lint/facts/key-world.js'
import { delegates, isManaged } from '../../../src/lint/facts/key-managers.js'
import { relevantTo } from '../../../src/lint/facts/relevant-statements.js'
import { coverPairs, plainlyCovered } from '../../../src/lint/facts/statement-logic.js'
import { readPolicyView } from '../../../src/lint/read-policy-view.js'
import type { PolicyView } from '../../../src/lint/policy-view.js'
import type { PolicyKind } from '../../../src/policy/document.js'
import { anyAccess } from '../../../src/solve/access.js'
import { readJson } from '../../../src/text/json.js'

function viewOf(policy: object, kind: PolicyKind): PolicyView {
  const source = { name: 'policy.json', text: JSON.stringify(policy) }
  const read = readJson(source)
  if (!read.ok) throw new Error('JSON is JSON')
  const where = { source, format: 'json', pointer: '' } as const
  return readPolicyView({ root: read.value, where, kind, kindOrigin: 'flag' })
}

function documentOf({ document }: PolicyView): NonNullable<PolicyView['document']> {
  if (document === undefined) throw new Error('the policy is refused')
  return document
}

const some = <T>(...values: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc.subarray([...values], { minLength: 1, maxLength: 2 })
const KEYS = 'arn:aws:kms:us-east-1:111122223333:key/'
const actions = some(
  'kms:Decrypt',
  'kms:decrypt',
  'kms:De*',
  'kms:*',
  'kms:CreateGrant',
  's3:Get*',
  's3:GetObject',
  '*',
)
const resources = some('*', `${KEYS}*`, `${KEYS}abc`, 'arn:aws:kms:*', 'arn:aws:s3:::b/*', 'arn:aws:kms:*:*:key/*')
const test1 = fc.record({
  operator: fc.constantFrom('StringEquals', 'StringLike', 'StringNotEquals', 'ForAnyValue:StringEquals', 'Bool'),
  key: fc.constantFrom('aws:PrincipalTag/a', 'kms:ViaService', 'kms:GrantIsForAWSResource'),
  values: some('true', 'x', 'x*', '${aws:username}'),
})
const condition = fc
  .array(test1, { maxLength: 2 })
  .map((tests) => Object.fromEntries(tests.map(({ operator, key, values }) => [operator, { [key]: values }])))
const statement = (withNot: boolean): fc.Arbitrary<object> =>
  fc
    .record({ effect: fc.constantFrom('Allow', 'Allow', 'Deny'), actions, resources, condition, not: fc.boolean() })
    .map(({ effect, actions: Action, resources: Resource, condition: Condition, not }) => ({
      Effect: effect,
      ...(not && withNot ? { NotAction: Action } : { Action }),
      Resource,
      ...(Object.keys(Condition).length === 0 ? {} : { Condition }),
    }))
const policyOf = (withNot: boolean): fc.Arbitrary<object> =>
  fc
    .array(statement(withNot), { minLength: 2, maxLength: 4 })
    .map((Statement) => ({ Version: '2012-10-17', Statement }))

describe('statements that plainly say nothing new', () => {
  test('can be left out', () => {
    let count = 0
    fc.assert(
      fc.property(policyOf(false), (policy) => {
        const view = viewOf(policy, 'identity')
        const document = documentOf(view)
        for (const effect of ['Allow', 'Deny'] as const) {
          const covered = plainlyCovered(coverPairs(view, effect), 'identity')
          const rest = document.statements.filter(({ index }) => ![...covered].some((one) => one.index === index))
          if (covered.size === 0) continue
          count++
          expect(compared(document, withStatements(document, rest)).verdict).toBe('equivalent')
        }
      }),
      { numRuns: 150, seed: 6 },
    )
    expect(count).toBeGreaterThan(20)
  })
})

describe('statements that matter to a question', () => {
  const ACTIONS = ['kms:Decrypt', 'kms:CreateGrant']
  const REQUEST = { 'kms:ViaService': null, 'kms:GrantIsForAWSResource': 'false' } as const

  test('answer it as all of them do', () => {
    const answers = new Set<string>()
    fc.assert(
      fc.property(policyOf(true), (policy) => {
        const document = documentOf(viewOf(policy, 'identity'))
        const relevant = withStatements(document, relevantTo(document.statements, ACTIONS, REQUEST))
        for (const action of ACTIONS) {
          const [all, some1] = [document, relevant].map((each) => {
            const { snapshot, principal, keys } = holderWorld([each], EXAMPLE_ACCOUNT)
            const scope = {
              principals: [principal],
              resources: keys,
              actions: [action],
              sessionPolicies: 'none',
            } as const
            return anyAccess({ snapshot }, { ...scope, context: REQUEST }, LINT_OPTIONS).answer
          })
          answers.add(all ?? '')
          expect(some1).toBe(all)
        }
      }),
      { numRuns: 150, seed: 6 },
    )
    expect([...answers].toSorted()).toEqual(['no', 'yes'])
  })
})

describe('who manages a key', () => {
  const root = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${EXAMPLE_ACCOUNT}:root` }, Resource: '*' }
  const policy = (...denied: readonly string[]): object => ({
    Version: '2012-10-17',
    Statement: [
      { ...root, Action: 'kms:*' },
      ...denied.map((Action) => ({ Effect: 'Deny', Principal: '*', Action, Resource: '*' })),
    ],
  })
  test.each<[denied: readonly string[], managed: string, delegated: string]>([
    [[], 'yes', 'yes'],
    [['kms:Decrypt'], 'yes', 'yes'],
    [['kms:Put*'], 'no', 'yes'],
    [['kms:*'], 'no', 'no'],
    [['*'], 'no', 'no'],
  ])('with Denies of %j', (denied, managed, delegated) => {
    const document = documentOf(viewOf(policy(...denied), 'key'))
    expect([isManaged(document, EXAMPLE_ACCOUNT), delegates(document, EXAMPLE_ACCOUNT)]).toEqual([managed, delegated])
  })
})
