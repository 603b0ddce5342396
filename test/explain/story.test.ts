import { describe, expect, test } from 'vitest'
import { explainTrace, type Explanation } from '../../src/explain/story.js'
import {
  A,
  account,
  ALICE,
  allow,
  APP,
  ask,
  B,
  delegated,
  deny,
  federated,
  grant,
  named,
  OPS,
  root,
  session,
  user,
  type Question,
} from './build.js'

const identity = [[allow()]]
const tenant = { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } }
const b = { 'kms:EncryptionContext:tenant': 'b' }
const managed = { StringEquals: { 'kms:CallerAccount': A, 'kms:ViaService': 's3.us-west-2.amazonaws.com' } }

const SUMMARIES: readonly (readonly [string, Question, string])[] = [
  [
    'a condition with another value',
    { key: [allow({ Principal: named(ALICE), Condition: tenant })], context: b },
    'The key policy allows kms:Decrypt only when kms:EncryptionContext:tenant is "a"; this request has "b".',
  ],
  [
    'a condition of a delegation',
    { key: [allow({ Principal: account(), Condition: tenant })], context: b },
    `The key policy leaves kms:Decrypt to the IAM policies of account ${A} only when kms:EncryptionContext:tenant is "a"; this request has "b".`,
  ],
  [
    'several tests',
    {
      key: [
        allow({
          Principal: named(ALICE),
          Condition: { StringEquals: { 'kms:EncryptionContext:tenant': 'a', 'kms:ViaService': 'x' } },
        }),
      ],
      context: b,
    },
    'The key policy allows kms:Decrypt only when kms:EncryptionContext:tenant is "a" (this request has "b") and kms:ViaService is "x" (this request does not have that key).',
  ],
  [
    'another principal',
    { caller: root, key: [allow({ Principal: named(OPS) })] },
    `The key policy allows kms:Decrypt to role Ops of account ${A}, not to this caller.`,
  ],
  [
    'delegation missing',
    { key: [allow({ Principal: named(OPS) })], identity },
    `Identity policies of the caller allow kms:Decrypt, but they do not count: the key policy leaves nothing to the IAM policies of account ${A}. The key policy allows kms:Decrypt to role Ops of account ${A}, not to this caller.`,
  ],
  [
    'a delegation of other actions',
    { key: [allow({ Principal: account(), Action: ['kms:DescribeKey', 'kms:Get*'] })], identity },
    `The key policy leaves kms:DescribeKey and kms:Get* to the IAM policies of account ${A}, but not kms:Decrypt.`,
  ],
  [
    'D10 delegated, nothing on the identity side',
    { identity: [] },
    `The key policy (statement 1 "Enable IAM User Permissions") leaves kms:Decrypt to the IAM policies of account ${A}. No identity policy of the caller allows kms:Decrypt on this key.`,
  ],
  [
    'D10 cross-account',
    { caller: user('Bob', B), key: [allow({ Principal: account(B) })] },
    `The key policy (statement 1) lets kms:Decrypt in from account ${B}, and across accounts both sides must allow. No identity policy of the caller allows kms:Decrypt on this key.`,
  ],
  [
    'D5 an alias in an identity policy',
    { identity: [[allow({ Resource: `arn:aws:kms:us-west-2:${A}:alias/x` })]] },
    `The key policy (statement 1 "Enable IAM User Permissions") leaves kms:Decrypt to the IAM policies of account ${A}. An identity policy of the caller allows kms:Decrypt on arn:aws:kms:us-west-2:${A}:alias/x, not on this key.`,
  ],
  [
    'D10 a boundary cuts a role that the key policy names',
    { caller: session(), key: [allow({ Principal: named(APP) })], boundary: [allow({ Action: 's3:*' })] },
    'The key policy allows kms:Decrypt, but the permissions boundary of the caller has to allow it too. The permissions boundary of the caller allows s3:*, but not kms:Decrypt.',
  ],
  [
    'an SCP level that lacks an Allow',
    { identity, scps: [[[allow({ Action: '*' })]], [[allow({ Action: 's3:*' })]]] },
    'Service control policies must allow at every level of the organization, and at level 1 of the organization no service control policy allows kms:Decrypt. A service control policy allows s3:*, but not kms:Decrypt.',
  ],
  [
    'an SCP level without policies',
    { identity, scps: [[]] },
    'Service control policies must allow at every level of the organization, and at level 0 (the root) of the organization there is no service control policy.',
  ],
  [
    'an explicit deny with its condition',
    { identity: [[allow(), deny({ Sid: 'Vpc', Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } })]] },
    'Identity policy 1, statement 2 "Vpc", denies kms:Decrypt when aws:SourceVpce is not "vpce-1"; this request does not have that key. A Deny wins over every Allow.',
  ],
  [
    'C4 NotPrincipal, and one more Deny',
    {
      key: [...delegated, { Effect: 'Deny', NotPrincipal: named(OPS), Action: 'kms:*', Resource: '*' }],
      identity: [[deny()]],
    },
    `Key policy, statement 2, denies kms:Decrypt to everybody except role Ops of account ${A}. A Deny wins over every Allow. One more Deny applies.`,
  ],
  [
    'C4 NotPrincipal that lists the caller, which has a boundary',
    {
      key: [
        ...delegated,
        { Effect: 'Deny', NotPrincipal: { AWS: [user('Alice').arn, A] }, Action: 'kms:*', Resource: '*' },
      ],
      boundary: [allow({ Action: '*' })],
    },
    `Key policy, statement 2, denies kms:Decrypt to everybody except user Alice of account ${A} and account ${A}, and a caller with a permissions boundary is never such an exception. A Deny wins over every Allow.`,
  ],
  [
    'C4 NotPrincipal that lists a role and not its session',
    {
      caller: session(),
      key: [...delegated, { Effect: 'Deny', NotPrincipal: { AWS: [APP, A] }, Action: 'kms:*', Resource: '*' }],
    },
    `Key policy, statement 2, denies kms:Decrypt to everybody except role App of account ${A} and account ${A}, and that does not except the sessions of the role, which have to be listed themselves. A Deny wins over every Allow.`,
  ],
  [
    'C4 NotPrincipal that lists a user without its account',
    {
      key: [...delegated, { Effect: 'Deny', NotPrincipal: named(user('Alice').arn), Action: 'kms:*', Resource: '*' }],
    },
    `Key policy, statement 2, denies kms:Decrypt to everybody except user Alice of account ${A}, and a caller is excepted only where its account is listed too. A Deny wins over every Allow.`,
  ],
  [
    'an operation of one account',
    { caller: user('Bob', B), action: 'kms:PutKeyPolicy', identity: [[allow({ Action: '*' })]] },
    `kms:PutKeyPolicy works only within one account: the resource belongs to account ${A}, the caller to account ${B}.`,
  ],
  [
    'D8 an AWS managed key',
    { awsManagedKey: true, key: [allow({ Principal: '*', Condition: managed })], context: { 'kms:CallerAccount': A } },
    'This is an AWS managed key: it serves its own service, in its own account, and nobody can change its policy. The key policy allows kms:Decrypt only when kms:ViaService is "s3.us-west-2.amazonaws.com"; this request does not have that key.',
  ],
  [
    'F3 a grant constraint',
    {
      key: [allow({ Principal: named(OPS) })],
      grants: [grant({ constraints: { encryptionContextEquals: { tenant: 'a' } } })],
      encryptionContext: { tenant: 'b' },
    },
    'Grant "g1" allows Decrypt to this caller only with exactly the encryption context tenant="a"; this request has tenant="b".',
  ],
  [
    'K-2 the source of a grant',
    { key: [allow({ Principal: named(OPS) })], grants: [grant({ constraints: { sourceArn: 'arn:aws:s3:::x' } })] },
    'Grant "g1" allows Decrypt to this caller only when aws:SourceArn matches "arn:aws:s3:::x"; this request has no aws:SourceArn.',
  ],
  [
    'K-14 a grant that a boundary cuts',
    {
      caller: session(),
      key: [allow({ Principal: named(OPS) })],
      boundary: [allow({ Action: 's3:*' })],
      grants: [grant({ granteePrincipal: APP })],
    },
    `Grant "g1" allows kms:Decrypt to role App of account ${A}, but the permissions boundary of the caller has to allow it too and does not.`,
  ],
  [
    'a federated session without session policies',
    { caller: federated, identity },
    'Identity policies allow kms:Decrypt, but a session policy has to allow it too. This federated user session was made without a session policy, so the policies of its user give it nothing.',
  ],
  [
    'F6 retiring',
    { action: 'kms:RetireGrant', grantId: 'g1', grants: [grant()] },
    `Account ${A} may retire this grant, and its principals need an identity policy that allows kms:RetireGrant. No identity policy of the caller allows kms:RetireGrant on this key.`,
  ],
  [
    'no key policy',
    { key: null, identity },
    'No key policy is given, and without one that allows or delegates nobody reaches a key.',
  ],
  [
    'allowed by name',
    { key: [allow({ Sid: 'Use', Principal: named(ALICE) })] },
    'Key policy, statement 1 "Use", allows kms:Decrypt. It names the caller itself, so no identity policy has to allow it as well.',
  ],
  [
    'allowed by role',
    { caller: session(), key: [allow({ Principal: named(APP) })] },
    "Key policy, statement 1, allows kms:Decrypt. It names the caller's role or user, so no identity policy has to allow it as well.",
  ],
  [
    'allowed by delegation',
    { identity },
    `The key policy (statement 1 "Enable IAM User Permissions") leaves kms:Decrypt to the IAM policies of account ${A}. Identity policy 1, statement 1, allows kms:Decrypt.`,
  ],
  [
    'allowed by grant',
    { key: [allow({ Principal: named(OPS) })], grants: [grant()] },
    'Grant "g1" allows kms:Decrypt to this caller; no policy has to.',
  ],
  [
    'D3 an action without a resource',
    {
      action: 'kms:CreateKey',
      resource: null,
      identity: [[allow({ Action: 'kms:*', Resource: 'arn:aws:kms:*:*:key/*' })]],
    },
    'An identity policy of the caller allows kms:CreateKey on arn:aws:kms:*:*:key/*; it has no resource, so only "*" covers it.',
  ],
  ['no resource', { action: 'kms:ListKeys', resource: null }, 'No identity policy of the caller allows kms:ListKeys.'],
]

describe('the summary', () => {
  for (const [name, question, expected] of SUMMARIES)
    test(name, () => expect(explainTrace(ask(question)).summary).toBe(expected))
})

describe('an explanation', () => {
  const explain = (question: Question): Explanation => explainTrace(ask(question))

  test('points at the condition in the source', () => {
    const [part] = explain({
      key: [allow({ Sid: 'T', Principal: named(ALICE), Condition: tenant })],
      context: b,
    }).decisive
    const check = part?.checks.find(({ part: name }) => name === 'condition')
    const { source, span, pointer } = check!.place!
    expect(source.text.slice(span.start, span.end)).toBe('"kms:EncryptionContext:tenant": "a"')
    expect(pointer).toBe('/Statement/0/Condition/StringEquals/kms:EncryptionContext:tenant')
    expect(part).toMatchObject({ name: 'key policy, statement 1 "T"', effect: 'Allow', applies: false })
  })

  test('the decisive part is not among the near misses', () => {
    const { decisive, nearMisses } = explain({
      key: [allow({ Principal: named(OPS) }), allow({ Principal: named(ALICE), Condition: tenant })],
    })
    expect(decisive.map(({ ref }) => ref)).toEqual([{ layer: 'keyPolicy', policy: 0, statement: 1 }])
    expect(nearMisses.map(({ ref, gist }) => [ref, gist])).toEqual([
      [{ layer: 'keyPolicy', policy: 0, statement: 0 }, `is for role Ops of account ${A}`],
    ])
  })

  test('of an explicit denial has the layer that AWS names first', () => {
    const { decisive } = explain({
      identity: [[deny()]],
      key: [...delegated, deny({ Principal: '*' })],
      rcps: [[[deny({ Principal: '*' })]]],
    })
    expect(decisive.map(({ ref }) => ref.layer)).toEqual(['rcp', 'keyPolicy', 'identity'])
  })

  test('lists every layer that took part', () => {
    const { layers } = explain({
      identity,
      scps: [[[allow({ Action: '*' })]]],
      rcps: [[]],
      endpoint: null,
      boundary: [allow()],
    })
    expect(layers.map(({ layer, verdict, why }) => [layer, verdict, why])).toEqual([
      ['rcp', 'allow', 'nothing denies'],
      ['scp', 'allow', 'every level allows'],
      ['vpce', 'allow', 'the default endpoint policy allows everything'],
      ['keyPolicy', 'allow', `statement 1 "Enable IAM User Permissions" leaves it to the account's IAM policies`],
      ['identity', 'allow', 'identity policy 1, statement 1 allows'],
      ['boundary', 'allow', 'statement 1 allows'],
    ])
  })

  test('says what was not given', () => {
    expect(explain({ identity }).unknown).toEqual([
      'service control policies, resource control policies and a permissions boundary were not given; one that exists may deny',
    ])
    expect(explain({ key: [allow({ Principal: named(OPS) })] }).unknown).toEqual([
      'no grants were given; one that exists may allow',
    ])
    expect(explain({ identity: [[deny()]] }).unknown).toEqual([])
  })

  test('has a cause with its title, and the AWS message', () => {
    const { cause, message } = explain({})
    expect(cause).toEqual({
      code: 'identity-no-policy',
      title: 'No identity-based policy of the caller allows anything',
    })
    expect(message).toMatch(/because no identity-based policy allows the kms:Decrypt action$/)
  })
})
