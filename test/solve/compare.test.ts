/**
 * What changes between two worlds, and what does not.
 *
 * Every expectation is a whole verdict; the witness of a difference is asked of both worlds again.
 */
import { describe, expect, test } from 'vitest'
import { GraphTables } from '../../src/graph/tables.js'
import { compareAccess, type Comparison, type Verdict } from '../../src/solve/access.js'
import type { SolveScope } from '../../src/solve/scope.js'
import { isAllowed } from './pairs.js'
import {
  ACCOUNT,
  ALICE,
  allow,
  APP,
  delegating,
  deny,
  KEY,
  OTHER_ACCOUNT,
  policy,
  worldOf,
  type WorldJson,
} from './worlds.js'

const anything = policy(allow('*'))
const decrypt = policy(allow('kms:Decrypt'))
const keyOf = (...statements: readonly unknown[]): WorldJson => ({
  keys: [{ arn: KEY, policy: policy(...statements) }],
})
const toApp = (when?: object): object => allow('kms:Decrypt', { to: { AWS: APP }, ...(when && { when }) })
const toAll = (when: object): object => allow('kms:Decrypt', { to: '*', when })

interface Case {
  readonly name: string
  readonly before: WorldJson
  readonly after: WorldJson
  readonly scope?: SolveScope
  readonly expect: Verdict
}

function compared({ before, after, scope }: Case): Comparison {
  const tables = new GraphTables()
  const worlds = [worldOf(before, tables), worldOf(after, tables)] as const
  const found = compareAccess({ snapshot: worlds[0] }, { snapshot: worlds[1] }, scope)
  for (const { witness } of [...found.more, ...found.less]) {
    if (witness === undefined) throw new Error('a difference has a witness')
    const [old, now] = witness.outcomes.map(({ decision }) => decision === 'allow')
    expect(old).not.toBe(now)
    if (witness.assumed.identity === true) continue
    expect([isAllowed(worlds[0], witness.request), isAllowed(worlds[1], witness.request)]).toEqual([old, now])
  }
  return found
}

function check(cases: readonly Case[]): void {
  for (const each of cases) test(each.name, () => expect(compared(each).verdict).toBe(each.expect))
}

describe('IAM API Reference, "CreateUser": a name is one user\'s alone in an account, in any case and under any path', () => {
  const named = (operator: string, name: string): object =>
    toAll({ [operator]: { 'aws:username': name }, ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:*` } })
  const alice = { principals: [{ arn: ALICE, policies: [decrypt] }] }
  const cases = (name: string, asks: object, expected: Verdict, who: WorldJson = alice): Case => ({
    name,
    before: { ...keyOf(delegating, asks), ...who },
    after: { ...keyOf(delegating), ...who },
    expect: expected,
  })
  check([
    cases('who is called so is allowed anyway', named('StringEquals', 'Alice'), 'equivalent'),
    cases('in any case', named('StringEqualsIgnoreCase', 'aLICE'), 'equivalent'),
    cases('nobody else is called so in other letters', named('StringEquals', 'ALICE'), 'equivalent'),
    cases('a user of another name', named('StringEquals', 'Bob'), 'less'),
    cases('a pattern that others fit too', named('StringLike', 'Alice*'), 'less'),
    cases('a user under a path', named('StringEquals', 'Alice'), 'equivalent', {
      principals: [{ arn: `arn:aws:iam::${ACCOUNT}:user/eng/Alice`, policies: [decrypt] }],
    }),
    cases('a user of another account', named('StringEquals', 'Alice'), 'less', {
      principals: [
        { arn: `arn:aws:iam::${OTHER_ACCOUNT}:user/Alice`, policies: [decrypt] },
        { arn: APP, policies: [decrypt] },
      ],
    }),
    {
      name: 'a user of whom only the ARN is known is called by it',
      before: keyOf(toAll({ StringEquals: { 'aws:PrincipalTag/team': '${aws:username}' } })),
      after: keyOf(
        toAll({ StringEquals: { 'aws:PrincipalTag/team': '${aws:username}' } }),
        deny('kms:Decrypt', { to: '*', when: { StringLike: { 'aws:PrincipalArn': ALICE } } }),
      ),
      expect: 'less',
    },
    {
      name: 'a user whom a policy names',
      before: keyOf(allow('kms:Decrypt', { to: { AWS: ALICE } }), named('StringEquals', 'Alice')),
      after: keyOf(allow('kms:Decrypt', { to: { AWS: ALICE } })),
      expect: 'equivalent',
    },
  ])
})

describe('key policies', () => {
  const tenant = (value: unknown): object => ({ StringEquals: { 'kms:EncryptionContext:tenant': value } })
  check([
    {
      name: 'another order',
      before: keyOf(delegating, toApp()),
      after: keyOf(toApp(), delegating),
      expect: 'equivalent',
    },
    {
      name: 'two statements made one',
      before: keyOf(toApp(tenant('a')), toApp(tenant('b'))),
      after: keyOf(toApp(tenant(['a', 'b']))),
      expect: 'equivalent',
    },
    {
      name: 'one more value',
      before: keyOf(toApp(tenant('a'))),
      after: keyOf(toApp(tenant(['a', 'b']))),
      expect: 'more',
    },
    { name: 'a condition added', before: keyOf(toApp()), after: keyOf(toApp(tenant('a'))), expect: 'less' },
    {
      name: 'another value',
      before: keyOf(toApp(tenant('a'))),
      after: keyOf(toApp(tenant('b'))),
      expect: 'incomparable',
    },
    {
      name: 'a pattern that says the same',
      before: keyOf(toApp({ StringLike: { 'kms:ViaService': ['s3.*.amazonaws.com', 's3.*'] } })),
      after: keyOf(toApp({ StringLike: { 'kms:ViaService': 's3.*' } })),
      expect: 'equivalent',
    },
    {
      name: 'a Deny of what was not allowed',
      before: keyOf(toApp()),
      after: keyOf(toApp(), deny('kms:Encrypt', { to: '*' })),
      expect: 'equivalent',
    },
    {
      name: 'a Deny for those without a tag, which an absent tag meets too (K-12)',
      before: keyOf(toAll({ StringEquals: { 'aws:PrincipalTag/team': 'a' } })),
      after: keyOf(
        allow('kms:Decrypt', { to: '*' }),
        deny('kms:Decrypt', { to: '*', when: { StringNotEquals: { 'aws:PrincipalTag/team': 'a' } } }),
      ),
      expect: 'equivalent',
    },
    {
      name: 'an address range in two halves',
      before: keyOf(toApp({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })),
      after: keyOf(toApp({ IpAddress: { 'aws:SourceIp': ['10.0.0.0/9', '10.128.0.0/9'] } })),
      expect: 'equivalent',
    },
    {
      name: 'numbers: below 10 is at most 9.5 and some more',
      before: keyOf(toApp({ NumericLessThan: { 'aws:MultiFactorAuthAge': '9.5' } })),
      after: keyOf(toApp({ NumericLessThan: { 'aws:MultiFactorAuthAge': '10' } })),
      expect: 'more',
    },
    {
      name: 'every value and some value of a list',
      before: keyOf(toApp({ 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a', 'b'] } })),
      after: keyOf(toApp({ 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': ['a', 'b'] } })),
      expect: 'incomparable',
    },
    {
      name: 'a key of the encryption context that has a value is one of its keys',
      before: keyOf(toApp({ StringEquals: { 'kms:EncryptionContext:tenant': 'a' } })),
      after: keyOf(
        toApp({
          StringEquals: { 'kms:EncryptionContext:tenant': 'a' },
          'ForAnyValue:StringEqualsIgnoreCase': { 'kms:EncryptionContextKeys': 'tenant' },
        }),
      ),
      expect: 'equivalent',
    },
    {
      name: 'called by a service, told by either key',
      before: keyOf(toApp({ Bool: { 'aws:ViaAWSService': 'true' } })),
      after: keyOf(toApp({ Null: { 'kms:ViaService': 'false' } })),
      expect: 'equivalent',
    },
    {
      name: 'the same variable on both sides',
      before: keyOf(
        toApp({ StringEquals: { 'kms:EncryptionContext:tenant': '${aws:PrincipalTag/tenant}' } }),
        delegating,
      ),
      after: keyOf(
        delegating,
        toApp({ StringEquals: { 'kms:EncryptionContext:tenant': '${aws:PrincipalTag/tenant}' } }),
      ),
      expect: 'equivalent',
    },
    {
      name: 'a variable added',
      before: keyOf(delegating),
      after: keyOf(
        delegating,
        toAll({ StringEquals: { 'kms:EncryptionContext:tenant': '${aws:PrincipalTag/tenant}' } }),
      ),
      expect: 'more',
    },
  ])
})

describe('callers', () => {
  const org = { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } }
  check([
    {
      name: 'a role named, and any caller whose principal ARN is the role: a session policy limits the first alone',
      before: keyOf(toApp()),
      after: keyOf(toAll({ ArnEquals: { 'aws:PrincipalArn': APP } })),
      expect: 'more',
    },
    {
      name: 'the same without session policies',
      before: keyOf(toApp()),
      after: keyOf(toAll({ ArnEquals: { 'aws:PrincipalArn': APP } })),
      scope: { sessionPolicies: 'none' },
      expect: 'equivalent',
    },
    {
      name: 'another organization',
      before: keyOf(toAll(org)),
      after: keyOf(toAll({ StringEquals: { 'aws:PrincipalOrgID': ['o-a1b2c3d4e5', 'o-other'] } })),
      expect: 'more',
    },
    {
      name: 'an account by its id and by its root ARN',
      before: keyOf(allow('kms:*', { to: { AWS: OTHER_ACCOUNT } })),
      after: keyOf(allow('kms:*', { to: { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` } })),
      expect: 'equivalent',
    },
    {
      name: 'an account delegated to, and everybody with that account',
      before: keyOf(allow('kms:Decrypt', { to: { AWS: OTHER_ACCOUNT } })),
      after: keyOf(toAll({ StringEquals: { 'kms:CallerAccount': OTHER_ACCOUNT } })),
      expect: 'equivalent',
    },
    {
      name: 'in the own account everybody needs no identity policy',
      before: keyOf(allow('kms:Decrypt', { to: { AWS: ACCOUNT } })),
      after: keyOf(toAll({ StringEquals: { 'kms:CallerAccount': ACCOUNT } })),
      expect: 'more',
    },
    {
      name: 'a service, and any caller that is a service',
      before: keyOf(allow('kms:Decrypt', { to: { Service: 'logs.eu-west-1.amazonaws.com' } })),
      after: keyOf(toAll({ Bool: { 'aws:PrincipalIsAWSService': 'true' } })),
      expect: 'more',
    },
    {
      name: 'users by the beginning of their names',
      before: keyOf(toAll({ StringLike: { 'aws:username': 'dev-*' } })),
      after: keyOf(toAll({ StringLike: { 'aws:username': ['dev-*', 'ops-*'] } })),
      expect: 'more',
    },
    {
      name: 'strangers alone: a known role is none of them',
      before: { ...keyOf(delegating), principals: [{ arn: APP }] },
      after: { ...keyOf(delegating, toApp()), principals: [{ arn: APP }] },
      scope: { standing: ['stranger'] },
      expect: 'equivalent',
    },
  ])
})

describe('all layers together', () => {
  const world = (changes: Partial<WorldJson>): WorldJson => ({
    ...keyOf(delegating),
    principals: [{ arn: APP, policies: [anything] }, { arn: ALICE }],
    ...changes,
  })
  const scp = (...statements: readonly unknown[]): NonNullable<WorldJson['accounts']> => [
    { accountId: ACCOUNT, scps: [[anything], [policy(allow('*'), ...statements)]] },
  ]
  check([
    {
      name: 'an identity policy',
      before: world({}),
      after: world({ principals: [{ arn: APP, policies: [decrypt] }, { arn: ALICE }] }),
      expect: 'less',
    },
    {
      name: 'a boundary that limits what the identity policy gives',
      before: world({}),
      after: world({ principals: [{ arn: APP, policies: [anything], boundary: decrypt }, { arn: ALICE }] }),
      expect: 'less',
    },
    {
      name: 'a boundary that does not',
      before: world({ principals: [{ arn: APP, policies: [decrypt] }] }),
      after: world({ principals: [{ arn: APP, policies: [decrypt], boundary: anything }] }),
      expect: 'equivalent',
    },
    {
      name: 'an SCP that denies',
      before: world({ accounts: scp() }),
      after: world({ accounts: scp(deny('kms:ScheduleKeyDeletion')) }),
      expect: 'less',
    },
    {
      name: 'an RCP around a key that strangers may use',
      before: keyOf(allow('kms:Decrypt', { to: '*' })),
      after: {
        ...keyOf(allow('kms:Decrypt', { to: '*' })),
        accounts: [
          {
            accountId: ACCOUNT,
            rcps: [
              [
                policy(
                  deny('kms:*', {
                    to: '*',
                    when: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
                  }),
                ),
              ],
            ],
          },
        ],
      },
      expect: 'less',
    },
    {
      name: 'an endpoint whose policy allows less than AWS’s own',
      before: world({}),
      after: world({ endpoints: [{ endpointId: 'vpce-1', policy: policy(allow('kms:Decrypt', { to: '*' })) }] }),
      expect: 'less',
    },
    {
      name: 'a grant to a user',
      before: world({}),
      after: world({
        keys: [
          {
            arn: KEY,
            policy: policy(delegating),
            grants: [
              {
                grantId: 'g-1',
                keyArn: KEY,
                granteePrincipal: ALICE,
                operations: ['Decrypt'],
                constraints: { encryptionContextSubset: { tenant: 'a' } },
                propagated: true,
              },
            ],
          },
        ],
      }),
      expect: 'more',
    },
    {
      name: 'a grant of what a statement allowed already',
      before: world({ keys: [{ arn: KEY, policy: policy(delegating, allow('kms:Decrypt', { to: { AWS: ALICE } })) }] }),
      after: world({
        keys: [
          {
            arn: KEY,
            policy: policy(delegating, allow('kms:Decrypt', { to: { AWS: ALICE } })),
            grants: [
              { grantId: 'g-1', keyArn: KEY, granteePrincipal: ALICE, operations: ['Decrypt'], propagated: false },
            ],
          },
        ],
      }),
      // Whoever may retire grants may retire this one.
      scope: { actions: ['kms:Decrypt'] },
      expect: 'equivalent',
    },
    {
      name: 'constraints of a grant: exactly the context allows less than at least the context',
      before: world({ keys: [grantedKey({ encryptionContextEquals: { tenant: 'a' } })] }),
      after: world({ keys: [grantedKey({ encryptionContextSubset: { tenant: 'a' } })] }),
      expect: 'more',
    },
    {
      name: 'a tag of the key that an identity policy asks for',
      before: taggedWorld('a'),
      after: taggedWorld('b'),
      expect: 'less',
    },
    { name: 'a key that is gone', before: world({}), after: { ...world({}), keys: [] }, expect: 'less' },
  ])

  function grantedKey(constraints: object): NonNullable<WorldJson['keys']>[number] {
    const grant = { grantId: 'g-1', keyArn: KEY, granteePrincipal: ALICE, operations: ['Decrypt'], propagated: true }
    return { arn: KEY, policy: policy(delegating), grants: [{ ...grant, constraints }] }
  }

  function taggedWorld(team: string): WorldJson {
    const asking = policy(allow('kms:*', { when: { StringEquals: { 'aws:ResourceTag/team': 'a' } } }))
    return world({
      keys: [{ arn: KEY, policy: policy(delegating), tags: { team } }],
      principals: [{ arn: APP, policies: [asking] }],
    })
  }
})

test('a difference names its callers, its actions, its conditions and the statements', () => {
  const tables = new GraphTables()
  const before = worldOf({ ...keyOf(delegating), principals: [{ arn: APP }] }, tables)
  const after = worldOf(
    {
      ...keyOf(delegating, toApp({ StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } })),
      principals: [{ arn: APP }],
    },
    tables,
  )
  const { more } = compareAccess({ snapshot: before }, { snapshot: after }, { sessionPolicies: 'none' })
  const [first, another] = more
  expect(another).toBeUndefined()
  expect(first?.callers.map(({ principal, standing }) => [principal, standing])).toEqual([[APP, 'known']])
  expect(first?.actions).toEqual(['kms:Decrypt'])
  expect(first?.cubes.map((cube) => cube.map(({ key }) => key))).toEqual([['kms:ViaService']])
  expect(first?.after).toMatchObject([
    { layer: 'keyPolicy', policy: 0, statement: 0 },
    { layer: 'keyPolicy', policy: 0, statement: 1 },
  ])
  expect(first?.witness?.request).toMatchObject({ principal: APP, action: 'kms:Decrypt', resource: KEY })
})
