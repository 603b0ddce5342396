/** Layers, accounts, exempt callers and the other kinds of document, against authorization.md C5, D, E, G3, H, K. */
import { describe, expect, test } from 'vitest'
import type { AuthorizeDocument, PolicyJson } from './document.js'
import {
  A,
  ALIAS,
  B,
  DELEGATED,
  EVERYTHING,
  KEY,
  ONLY_S3,
  SILENT,
  allow,
  asked,
  deny,
  onKey,
  policy,
  root,
  service,
  session,
  user,
} from './example.js'
import { interpret, interpretLockout, interpretMulti } from './interpret.js'

type Row = readonly [name: string, ask: Partial<AuthorizeDocument>, expect: string]

function check(rows: readonly Row[]): void {
  for (const [name, ask, wanted] of rows) {
    test(`${name}: ${wanted}`, () => {
      const { decision, layer } = interpret(asked(ask))
      expect(`${decision} ${layer}`).toBe(wanted)
    })
  }
}

const OPEN = policy(allow('kms:*', { to: '*' }))
const NO_KMS = policy(deny('kms:*'))
const RCP = policy(deny('kms:*', { to: '*' }))
const LINKED = {
  type: 'role',
  arn: `arn:aws:sts::${A}:assumed-role/AWSServiceRoleForX/s`,
  roleArn: `arn:aws:iam::${A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX`,
} as const

describe('C5, SCPs', () => {
  check([
    [
      'every level allows',
      { keyPolicy: OPEN, scps: { [A]: [[EVERYTHING], [EVERYTHING, ONLY_S3]] } },
      'allow keyPolicy',
    ],
    ['one level does not', { keyPolicy: OPEN, scps: { [A]: [[EVERYTHING], [ONLY_S3]] } }, 'implicitDeny scp'],
    ['a level without policies', { keyPolicy: OPEN, scps: { [A]: [[EVERYTHING], []] } }, 'implicitDeny scp'],
    ['a Deny at any level', { keyPolicy: OPEN, scps: { [A]: [[EVERYTHING, NO_KMS]] } }, 'explicitDeny scp'],
    ['of another account', { keyPolicy: OPEN, scps: { [B]: [[NO_KMS]] } }, 'allow keyPolicy'],
    [
      'on the management account',
      { keyPolicy: OPEN, scps: { [A]: [[NO_KMS]] }, managementAccounts: [A] },
      'allow keyPolicy',
    ],
    ['on a service-linked role', { principal: LINKED, keyPolicy: OPEN, scps: { [A]: [[NO_KMS]] } }, 'allow keyPolicy'],
    ['on a service', { principal: service(), keyPolicy: OPEN, scps: { [A]: [[NO_KMS]] } }, 'allow keyPolicy'],
    ['on a member root user', { principal: root(), keyPolicy: OPEN, scps: { [A]: [[NO_KMS]] } }, 'explicitDeny scp'],
  ])
})

describe('C5, RCPs', () => {
  check([
    ["by the key's account", { keyPolicy: OPEN, rcps: { [A]: [[RCP]] } }, 'explicitDeny rcp'],
    ['no Allow is needed', { keyPolicy: OPEN, rcps: { [A]: [[], []] } }, 'allow keyPolicy'],
    [
      "of the caller's account (K-9)",
      { principal: user(B), identityPolicies: [EVERYTHING], keyPolicy: OPEN, rcps: { [B]: [[RCP]] } },
      'allow identity',
    ],
    ['on a service', { principal: service(), keyPolicy: OPEN, rcps: { [A]: [[RCP]] } }, 'explicitDeny rcp'],
    ['on a service-linked role', { principal: LINKED, keyPolicy: OPEN, rcps: { [A]: [[RCP]] } }, 'allow keyPolicy'],
    [
      'on a key of the management account',
      { keyPolicy: OPEN, rcps: { [A]: [[RCP]] }, managementAccounts: [A] },
      'allow keyPolicy',
    ],
    [
      'on an AWS managed key',
      { resource: { ...onKey(), keyManager: 'AWS' }, keyPolicy: OPEN, rcps: { [A]: [[RCP]] } },
      'allow keyPolicy',
    ],
    [
      'on an action without a resource (K-25)',
      { action: 'kms:ListKeys', resource: null, identityPolicies: [EVERYTHING], rcps: { [A]: [[RCP]] } },
      'allow identity',
    ],
  ])
})

const ENDPOINT = { 'aws:SourceVpce': 'vpce-1' }

describe('D7, VPC endpoint policies', () => {
  check([
    ['the default allows', { keyPolicy: OPEN, context: ENDPOINT }, 'allow keyPolicy'],
    [
      'no Allow',
      { keyPolicy: OPEN, context: ENDPOINT, vpcEndpointPolicy: policy(allow('s3:*', { to: '*' })) },
      'implicitDeny vpce',
    ],
    ['no endpoint used', { keyPolicy: OPEN, vpcEndpointPolicy: policy(deny('*', { to: '*' })) }, 'allow keyPolicy'],
    [
      'gives nothing alone',
      { context: ENDPOINT, vpcEndpointPolicy: policy(allow('*', { to: '*' })) },
      'implicitDeny keyPolicy',
    ],
    [
      'a key ARN does not cover ListKeys',
      {
        action: 'kms:ListKeys',
        resource: null,
        identityPolicies: [EVERYTHING],
        context: ENDPOINT,
        vpcEndpointPolicy: policy(allow('*', { to: '*', on: KEY })),
      },
      'implicitDeny vpce',
    ],
  ])
})

const RETIRER = `arn:aws:iam::${A}:role/Retirer`

describe('D3, actions without a resource, and D4, alias checks', () => {
  check([
    [
      'identity with "*"',
      { action: 'kms:CreateKey', resource: null, identityPolicies: [EVERYTHING] },
      'allow identity',
    ],
    [
      'identity with a key pattern',
      {
        action: 'kms:CreateKey',
        resource: { type: 'none' },
        identityPolicies: [policy(allow('*', { on: 'arn:aws:kms:*:*:key/*' }))],
      },
      'implicitDeny identity',
    ],
    [
      'a key policy takes no part',
      { action: 'kms:CreateKey', resource: null, keyPolicy: OPEN },
      'implicitDeny identity',
    ],
    [
      'a boundary has to allow',
      { action: 'kms:CreateKey', resource: null, identityPolicies: [EVERYTHING], permissionsBoundary: ONLY_S3 },
      'implicitDeny boundary',
    ],
    ['the root user', { principal: root(), action: 'kms:CreateKey', resource: null }, 'allow identity'],
    [
      'ListRetirableGrants on the retiring principal',
      {
        action: 'kms:ListRetirableGrants',
        resource: { type: 'none', arn: RETIRER },
        identityPolicies: [policy(allow('*', { on: `arn:aws:iam::${A}:role/Ret*` }))],
      },
      'allow identity',
    ],
    [
      'ListRetirableGrants without one',
      { action: 'kms:ListRetirableGrants', resource: null, identityPolicies: [policy(allow('*', { on: RETIRER }))] },
      'implicitDeny identity',
    ],
    [
      'ListRetirableGrants for another account',
      {
        principal: user(B),
        action: 'kms:ListRetirableGrants',
        resource: { type: 'none', arn: RETIRER },
        identityPolicies: [EVERYTHING],
      },
      'implicitDeny operation',
    ],
    [
      'an alias, by identity',
      {
        action: 'kms:CreateAlias',
        resource: { type: 'alias', arn: ALIAS },
        identityPolicies: [policy(allow('kms:*', { on: ALIAS }))],
      },
      'allow identity',
    ],
    [
      'an alias has no resource policy',
      { action: 'kms:CreateAlias', resource: { type: 'alias', arn: ALIAS }, keyPolicy: OPEN },
      'implicitDeny identity',
    ],
    [
      'an alias ARN is not the key behind it (D5)',
      { keyPolicy: DELEGATED, identityPolicies: [policy(allow('kms:*', { on: ALIAS }))] },
      'implicitDeny identity',
    ],
  ])
})

const HERS = { principal: user(B), identityPolicies: [EVERYTHING] }

describe('D6, across accounts', () => {
  check([
    ['both allow', { ...HERS, keyPolicy: policy(allow('kms:*', { to: { AWS: B } })) }, 'allow identity'],
    ['key policy only', { principal: user(B), keyPolicy: OPEN }, 'implicitDeny identity'],
    ['identity only', HERS, 'implicitDeny keyPolicy'],
    ['no bypass of a boundary', { ...HERS, keyPolicy: OPEN, permissionsBoundary: ONLY_S3 }, 'implicitDeny boundary'],
    [
      'no bypass of a session policy',
      { ...HERS, principal: session(B), keyPolicy: OPEN, sessionPolicies: [ONLY_S3] },
      'implicitDeny session',
    ],
    [
      'an operation for one account only',
      { ...HERS, action: 'kms:PutKeyPolicy', keyPolicy: OPEN },
      'implicitDeny operation',
    ],
    [
      'the root user needs no identity policy',
      { principal: root(B), keyPolicy: policy(allow('kms:*', { to: { AWS: B } })) },
      'allow keyPolicy',
    ],
    [
      'a service has no account',
      { principal: service(), action: 'kms:PutKeyPolicy', keyPolicy: OPEN },
      'allow keyPolicy',
    ],
  ])
})

const TAGGED = { when: { StringEquals: { 'aws:ResourceTag/Env': 'Prod' } } }
const SEEN = { context: { 'aws:ResourceTag/Env': 'Prod', 'kms:ResourceAliases': ['alias/a'] } }

describe('K-19, tags and aliases of the key', () => {
  check([
    [
      'not in a key policy',
      { ...SEEN, keyPolicy: policy(allow('kms:*', { to: '*', ...TAGGED })) },
      'implicitDeny keyPolicy',
    ],
    [
      'not as a variable there',
      {
        ...SEEN,
        keyPolicy: policy(
          allow('kms:*', { to: '*', when: { StringNotEquals: { 'kms:KeySpec': '${aws:ResourceTag/Env}' } } }),
        ),
      },
      'allow keyPolicy',
    ],
    [
      'in an identity policy',
      { ...SEEN, keyPolicy: DELEGATED, identityPolicies: [policy(allow('kms:*', TAGGED))] },
      'allow identity',
    ],
    [
      'in an RCP',
      { ...SEEN, keyPolicy: OPEN, rcps: { [A]: [[policy(deny('kms:*', { to: '*', ...TAGGED }))]] } },
      'explicitDeny rcp',
    ],
  ])
})

describe('D2 and A2, key policies', () => {
  check([
    [
      'delegation only of the actions listed',
      { keyPolicy: policy(allow('kms:DescribeKey', { to: { AWS: A } })), identityPolicies: [EVERYTHING] },
      'implicitDeny keyPolicy',
    ],
    [
      'a statement without Action',
      { keyPolicy: policy({ Effect: 'Deny', Principal: '*', Resource: '*' }) },
      'implicitDeny keyPolicy',
    ],
    [
      'a statement without Resource',
      { keyPolicy: policy({ Effect: 'Deny', Principal: '*', Action: 'kms:*' }) },
      'implicitDeny keyPolicy',
    ],
    ['no key policy at all', { keyPolicy: null, identityPolicies: [EVERYTHING] }, 'implicitDeny keyPolicy'],
    [
      'an empty Condition is no condition (K-18)',
      { keyPolicy: policy(allow('kms:*', { to: '*', when: {} })) },
      'allow keyPolicy',
    ],
    [
      'a via class makes identity unnecessary: the boundary is what fails',
      {
        principal: session(),
        permissionsBoundary: ONLY_S3,
        keyPolicy: policy(allow('kms:*', { to: { AWS: [A, `arn:aws:iam::${A}:role/App`] } })),
      },
      'implicitDeny boundary',
    ],
  ])
})

const QUEUE = { type: 'key', arn: `arn:aws:sqs:us-west-2:${A}:jobs` } as const
const SQS = { action: 'sqs:SendMessage', resource: QUEUE } as const
const toQueue = (...to: string[]): PolicyJson => policy(allow('sqs:*', { to: { AWS: to } }))

describe('services other than KMS', () => {
  check([
    [
      'identity alone',
      { ...SQS, keyPolicy: null, identityPolicies: [policy(allow('SQS:Send*', { on: QUEUE.arn }))] },
      'allow identity',
    ],
    ['resource policy alone', { ...SQS, keyPolicy: toQueue(user().arn) }, 'allow keyPolicy'],
    ['resource policy names the account', { ...SQS, keyPolicy: toQueue(A) }, 'implicitDeny identity'],
    [
      'resource policy names the role, boundary',
      { ...SQS, principal: session(), keyPolicy: toQueue(`arn:aws:iam::${A}:role/App`), permissionsBoundary: ONLY_S3 },
      'implicitDeny boundary',
    ],
    [
      'across accounts both are needed',
      { ...SQS, principal: user(B), keyPolicy: null, identityPolicies: [EVERYTHING] },
      'implicitDeny keyPolicy',
    ],
    [
      'across accounts both allow',
      { ...SQS, principal: user(B), keyPolicy: toQueue(B), identityPolicies: [EVERYTHING] },
      'allow identity',
    ],
    ['the root user', { ...SQS, principal: root(), keyPolicy: null }, 'allow identity'],
    [
      'a service needs the resource policy',
      { ...SQS, principal: service(), keyPolicy: null },
      'implicitDeny keyPolicy',
    ],
  ])
})

describe('G3, what is reported', () => {
  test('all Denies, in the order of the layers', () => {
    const { layer, by } = interpret(
      asked({
        context: ENDPOINT,
        keyPolicy: policy(allow('kms:*', { to: '*' }), { ...deny('kms:*', { to: '*' }), Sid: 'No' }),
        identityPolicies: [NO_KMS],
        scps: { [A]: [[EVERYTHING], [NO_KMS]] },
        rcps: { [A]: [[RCP]] },
      }),
    )
    expect(layer).toBe('rcp')
    expect(by).toEqual([
      { layer: 'rcp', account: A, level: 0, policy: 0, statement: 0 },
      { layer: 'scp', account: A, level: 1, policy: 0, statement: 0 },
      { layer: 'keyPolicy', policy: 0, statement: 1, sid: 'No' },
      { layer: 'identity', policy: 0, statement: 0 },
    ])
  })
  test('only the statements of the completing class', () => {
    const keyPolicy = policy(allow('kms:*', { to: { AWS: A } }), allow('kms:Decrypt', { to: { AWS: user().arn } }))
    expect(interpret(asked({ keyPolicy })).by).toEqual([{ layer: 'keyPolicy', policy: 0, statement: 1 }])
  })
})

// The public simulation format, the example of "Out": another tenant than the key policy wants.
test('the example of the simulation document', () => {
  const caller = session(A, 'App')
  const keyPolicy = policy(allow('kms:*', { to: { AWS: `arn:aws:iam::${A}:role/Admin` } }), {
    ...allow('kms:Decrypt', {
      to: { AWS: `arn:aws:iam::${A}:role/App` },
      when: { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } },
    }),
    Sid: 'TenantsOnly',
  })
  const ask = asked({
    principal: caller,
    keyPolicy,
    identityPolicies: [EVERYTHING],
    scps: { [A]: [[EVERYTHING], [EVERYTHING]] },
    context: { 'aws:SourceIp': '203.0.113.10', 'kms:EncryptionContext:tenant': 'b' },
  })
  expect(interpret(ask)).toEqual({
    decision: 'implicitDeny',
    layer: 'keyPolicy',
    by: [],
    layers: { scp: 'allow', keyPolicy: 'implicitDeny', identity: 'allow' },
  })
  expect(interpret({ ...ask, context: { 'kms:EncryptionContext:tenant': 'a' } })).toMatchObject({
    decision: 'allow',
    layer: 'keyPolicy',
  })
})

describe('D4, several checks', () => {
  const ends = (to: PolicyJson): ReturnType<typeof interpretMulti> =>
    interpretMulti({
      kind: 'multi',
      api: 'ReEncrypt',
      principal: user(),
      checks: [
        { action: 'kms:ReEncryptFrom', resource: onKey(), keyPolicy: OPEN },
        { action: 'kms:ReEncryptTo', resource: onKey(), keyPolicy: to },
      ],
    })
  test('all allow', () => expect(ends(OPEN)).toMatchObject({ decision: 'allow', failingCheck: null }))
  test('the second fails', () =>
    expect(ends(SILENT)).toMatchObject({ decision: 'implicitDeny', layer: 'keyPolicy', failingCheck: 1 }))
})

describe('H, the lockout check', () => {
  const admin = policy(allow('kms:*', { to: { AWS: `arn:aws:iam::${A}:role/Admin` } }))
  const lockout = (newKeyPolicy: PolicyJson, more: Partial<AuthorizeDocument> = {}): string => {
    const { action: _action, kind: _kind, ...rest } = more
    return interpretLockout({ kind: 'lockout', principal: user(), resource: onKey(), newKeyPolicy, ...rest })
  }
  test('another administrator is not the caller', () => expect(lockout(admin)).toBe('fail'))
  test('the caller itself', () =>
    expect(lockout(policy(allow('kms:PutKeyPolicy', { to: { AWS: user().arn } })))).toBe('pass'))
  test('delegation needs the identity policy (K-23)', () =>
    expect([lockout(DELEGATED), lockout(DELEGATED, { identityPolicies: [EVERYTHING] })]).toEqual(['fail', 'pass']))
  test('bypassed', () => expect(lockout(admin, { request: { bypassPolicyLockoutSafetyCheck: true } })).toBe('pass'))
})
