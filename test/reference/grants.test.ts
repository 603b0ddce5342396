/** Grants, against authorization.md F, K-1, K-2, K-14, K-15, K-33. */
import { describe, expect, test } from 'vitest'
import type { AuthorizeDocument, GrantConstraints, GrantJson } from './document.js'
import {
  A,
  B,
  KEY,
  OTHER_KEY,
  allow,
  asked,
  deny,
  federated,
  grant,
  policy,
  root,
  rootArn,
  service,
  session,
  user,
  EVERYTHING,
  ONLY_S3,
} from './example.js'
import { interpret, type Options } from './interpret.js'

interface Row {
  readonly name: string
  readonly grant: Partial<GrantJson>
  readonly ask?: Partial<AuthorizeDocument>
  readonly options?: Options
  readonly expect: string
}

function check(rows: readonly Row[]): void {
  for (const { name, grant: changes, ask, options, expect: wanted } of rows) {
    test(`${name}: ${wanted}`, () => {
      const { decision, layer } = interpret(asked({ grants: [grant(changes)], ...ask }), options)
      expect(`${decision} ${layer}`).toBe(wanted)
    })
  }
}

const YES = 'allow grant'
const NO = 'implicitDeny keyPolicy'
const ROLE = `arn:aws:iam::${A}:role/App`
const NO_IDENTITY = { identityPolicies: [], permissionsBoundary: ONLY_S3 }

describe('F2, what a grant covers', () => {
  check([
    { name: 'the operation, by the user', grant: {}, expect: YES },
    { name: 'another operation', grant: { Operations: ['Encrypt', 'GenerateDataKey'] }, expect: NO },
    {
      name: 'GenerateDataKey does not include the one without plaintext',
      grant: { Operations: ['GenerateDataKey'] },
      ask: { action: 'kms:GenerateDataKeyWithoutPlaintext' },
      expect: NO,
    },
    { name: 'another key', grant: { KeyId: OTHER_KEY }, expect: NO },
    { name: 'the same id in another Region', grant: { KeyId: KEY.replace('us-west-2', 'eu-west-1') }, expect: NO },
    { name: 'the bare key id', grant: { KeyId: KEY.slice(KEY.indexOf('key/') + 4) }, expect: YES },
    { name: 'another user', grant: { GranteePrincipal: `arn:aws:iam::${A}:user/Bob` }, expect: NO },
    { name: 'not propagated', grant: { propagated: false }, expect: NO },
    {
      name: 'not propagated, with its token',
      grant: { propagated: false },
      ask: { request: { grantTokens: ['g-0', 'g-1'] } },
      expect: YES,
    },
    { name: 'a session of the role', grant: { GranteePrincipal: ROLE }, ask: { principal: session() }, expect: YES },
    { name: 'a session', grant: { GranteePrincipal: session().arn }, ask: { principal: session() }, expect: YES },
    {
      name: 'a federated session',
      grant: { GranteePrincipal: federated().arn },
      ask: { principal: federated() },
      expect: YES,
    },
    { name: 'a federated session is not its user', grant: {}, ask: { principal: federated() }, expect: NO },
    {
      name: 'a service',
      grant: { GranteePrincipal: service().arn },
      ask: { principal: service() },
      expect: YES,
    },
    {
      name: 'a user of another account, with nothing on the identity side',
      grant: { GranteePrincipal: user(B).arn },
      ask: { principal: user(B) },
      expect: YES,
    },
    {
      name: 'an explicit deny beats it',
      grant: {},
      ask: { identityPolicies: [policy(deny('kms:Decrypt'))] },
      expect: 'explicitDeny identity',
    },
    { name: 'an SCP must still allow', grant: {}, ask: { scps: { [A]: [[ONLY_S3]] } }, expect: 'implicitDeny scp' },
    {
      name: 'the endpoint must still allow',
      grant: {},
      ask: { context: { 'aws:SourceVpce': 'vpce-1' }, vpcEndpointPolicy: policy(allow('s3:*', { to: '*' })) },
      expect: 'implicitDeny vpce',
    },
  ])
})

describe('K-14, boundary and session that do not allow', () => {
  check([
    { name: 'a user is unaffected', grant: {}, ask: NO_IDENTITY, expect: YES },
    {
      name: 'a session of a role grantee is limited; the key policy is silent (D1.7)',
      grant: { GranteePrincipal: ROLE },
      ask: { principal: session(), ...NO_IDENTITY },
      expect: NO,
    },
    {
      name: 'a session policy limits it in the same way',
      grant: { GranteePrincipal: ROLE },
      ask: { principal: session(), sessionPolicies: [ONLY_S3] },
      expect: NO,
    },
    {
      name: 'a session grantee is unaffected',
      grant: { GranteePrincipal: session().arn },
      ask: { principal: session(), ...NO_IDENTITY },
      expect: YES,
    },
    { name: 'option always', grant: {}, ask: NO_IDENTITY, options: { grantUnderImplicitDeny: 'always' }, expect: NO },
    {
      name: 'option never',
      grant: { GranteePrincipal: ROLE },
      ask: { principal: session(), ...NO_IDENTITY },
      options: { grantUnderImplicitDeny: 'never' },
      expect: YES,
    },
  ])
})

describe('K-15, an account as grantee', () => {
  check([
    { name: 'delegates: no identity Allow', grant: { GranteePrincipal: rootArn() }, expect: NO },
    {
      name: 'delegates: with an identity Allow',
      grant: { GranteePrincipal: rootArn() },
      ask: { identityPolicies: [EVERYTHING] },
      expect: YES,
    },
    { name: 'the root user itself', grant: { GranteePrincipal: rootArn() }, ask: { principal: root() }, expect: YES },
    {
      name: 'the root user of another account',
      grant: { GranteePrincipal: rootArn(B) },
      ask: { principal: root(B) },
      expect: YES,
    },
    {
      name: 'option complete',
      grant: { GranteePrincipal: rootArn() },
      options: { accountGrantee: 'complete' },
      expect: YES,
    },
  ])
})

const IT = { Department: 'IT' }
const CONTEXTS: readonly [context: Readonly<Record<string, string>> | undefined, equals: string, subset: string][] = [
  [IT, YES, YES],
  [{ Purpose: 'Test', ...IT }, NO, YES],
  [{ Department: 'it' }, NO, NO],
  [{ department: 'IT' }, YES, YES],
  [undefined, NO, NO],
]

describe('F3, encryption context constraints (K-1)', () => {
  check(
    CONTEXTS.flatMap(([pairs, equals, subset]) => {
      const ask = pairs === undefined ? {} : { request: { encryptionContext: pairs } }
      const name = JSON.stringify(pairs ?? 'no context')
      return [
        { name: `Equals, ${name}`, grant: { Constraints: { EncryptionContextEquals: IT } }, ask, expect: equals },
        { name: `Subset, ${name}`, grant: { Constraints: { EncryptionContextSubset: IT } }, ask, expect: subset },
      ]
    }),
  )
  check([
    {
      name: 'ignored for DescribeKey',
      grant: { Operations: ['DescribeKey'], Constraints: { EncryptionContextEquals: IT } },
      ask: { action: 'kms:DescribeKey' },
      expect: YES,
    },
  ])
})

const TOPIC = `arn:aws:sns:us-west-2:${A}:topic`

describe('F3, SourceArn (K-2)', () => {
  check([
    { name: 'no aws:SourceArn', grant: { Constraints: { SourceArn: TOPIC } }, expect: NO },
    {
      name: 'like ArnLike',
      grant: { Constraints: { SourceArn: `arn:aws:sns:*:${A}:to*` } },
      ask: { context: { 'aws:sourcearn': TOPIC } },
      expect: YES,
    },
    {
      name: 'another source',
      grant: { Constraints: { SourceArn: TOPIC } },
      ask: { context: { 'aws:SourceArn': `${TOPIC}2` } },
      expect: NO,
    },
    {
      name: 'not evaluated for RetireGrant',
      grant: { Operations: ['RetireGrant'], Constraints: { SourceArn: TOPIC } },
      ask: { action: 'kms:RetireGrant', request: { grantId: 'g-1' } },
      expect: YES,
    },
  ])
})

const HR = { ...IT, Team: 'HR' }
const CHILDREN: readonly [name: string, parent: GrantConstraints, child: GrantConstraints, isAllowed: boolean][] = [
  ['none, none', {}, {}, true],
  ['none, any', {}, { EncryptionContextEquals: IT, SourceArn: TOPIC }, true],
  ['Subset P, Subset P', { EncryptionContextSubset: IT }, { EncryptionContextSubset: IT }, true],
  ['Subset P, a larger Subset', { EncryptionContextSubset: IT }, { EncryptionContextSubset: HR }, true],
  ['Subset P, a larger Equals', { EncryptionContextSubset: IT }, { EncryptionContextEquals: HR }, true],
  ['Subset P, a smaller Subset', { EncryptionContextSubset: HR }, { EncryptionContextSubset: IT }, false],
  ['Subset P, none', { EncryptionContextSubset: IT }, {}, false],
  ['Equals P, Equals P', { EncryptionContextEquals: IT }, { EncryptionContextEquals: IT }, true],
  ['Equals P, a larger Equals', { EncryptionContextEquals: IT }, { EncryptionContextEquals: HR }, false],
  ['Equals P, Subset P', { EncryptionContextEquals: IT }, { EncryptionContextSubset: IT }, false],
]

describe('F5, child grants', () => {
  const child = (parent: Partial<GrantJson>, request: AuthorizeDocument['request'], context = {}): string => {
    const grants = [grant({ Operations: ['CreateGrant', 'Decrypt'], ...parent })]
    const { decision, layer } = interpret(asked({ action: 'kms:CreateGrant', grants, request: request ?? {}, context }))
    return `${decision} ${layer}`
  }
  for (const [name, parent, wanted, isAllowed] of CHILDREN) {
    test(`${name}: ${isAllowed}`, () =>
      expect(child({ Constraints: parent }, { createGrant: { Operations: ['Decrypt'], Constraints: wanted } })).toBe(
        isAllowed ? YES : NO,
      ))
  }
  test('operations beyond those of the parent', () =>
    expect(child({}, { createGrant: { Operations: ['Decrypt', 'Encrypt'] } })).toBe(NO))
  test('SourceArn is handed on unchanged, and holds for the call itself', () => {
    const Constraints = { SourceArn: TOPIC }
    const context = { 'aws:SourceArn': TOPIC }
    expect([
      child({ Constraints }, { createGrant: { Operations: ['Decrypt'], Constraints } }, context),
      child({ Constraints }, { createGrant: { Operations: ['Decrypt'] } }, context),
      child({ Constraints }, { createGrant: { Operations: ['Decrypt'], Constraints } }),
    ]).toEqual([YES, NO, NO])
  })
  test('a policy may give what the grant does not', () => {
    const keyPolicy = policy(allow('kms:CreateGrant', { to: { AWS: user().arn } }))
    const ask = asked({
      action: 'kms:CreateGrant',
      keyPolicy,
      grants: [grant({ Operations: ['CreateGrant'] })],
      request: { createGrant: { Operations: ['Encrypt'] } },
    })
    expect(interpret(ask)).toMatchObject({ decision: 'allow', layer: 'keyPolicy' })
  })
})

const RETIRE = { action: 'kms:RetireGrant', request: { grantId: 'g-1' } } as const
const MAY = [policy(allow('kms:RetireGrant'))]

describe('F6, RetireGrant', () => {
  check([
    {
      name: 'the retiring principal',
      grant: { RetiringPrincipal: user(B).arn },
      ask: { ...RETIRE, principal: user(B) },
      expect: YES,
    },
    {
      name: 'the retiring service',
      grant: { RetiringServicePrincipal: service().arn },
      ask: { ...RETIRE, principal: service() },
      expect: YES,
    },
    {
      name: 'the grantee with RetireGrant',
      grant: { GranteePrincipal: user(B).arn, Operations: ['RetireGrant'] },
      ask: { ...RETIRE, principal: user(B) },
      expect: YES,
    },
    {
      name: 'the grantee without it',
      grant: { GranteePrincipal: user(B).arn },
      ask: { ...RETIRE, principal: user(B), identityPolicies: MAY },
      expect: 'implicitDeny grant',
    },
    {
      name: 'the root user of the issuing account',
      grant: { IssuingAccount: rootArn(B) },
      ask: { ...RETIRE, principal: root(B) },
      expect: YES,
    },
    {
      name: 'the root user of another account',
      grant: {},
      ask: { ...RETIRE, principal: root(B) },
      expect: 'implicitDeny grant',
    },
    {
      name: 'the owning account with an identity Allow',
      grant: {},
      ask: { ...RETIRE, identityPolicies: MAY },
      expect: 'allow identity',
    },
    { name: 'the owning account without', grant: {}, ask: RETIRE, expect: 'implicitDeny identity' },
    {
      name: 'the owning account under a boundary',
      grant: {},
      ask: { ...RETIRE, identityPolicies: MAY, permissionsBoundary: ONLY_S3 },
      expect: 'implicitDeny boundary',
    },
    {
      name: 'the owning account, option off',
      grant: {},
      ask: { ...RETIRE, identityPolicies: MAY },
      options: { retireByIdentity: false },
      expect: 'implicitDeny grant',
    },
    {
      name: 'an account as retiring principal, with an identity Allow',
      grant: { RetiringPrincipal: rootArn(B) },
      ask: { ...RETIRE, principal: user(B), identityPolicies: MAY },
      expect: 'allow identity',
    },
    {
      name: 'an account as retiring principal, without',
      grant: { RetiringPrincipal: rootArn(B) },
      ask: { ...RETIRE, principal: user(B) },
      expect: 'implicitDeny identity',
    },
    {
      name: 'a retiring role under a session policy',
      grant: { RetiringPrincipal: ROLE },
      ask: { ...RETIRE, principal: session(), sessionPolicies: [ONLY_S3] },
      expect: 'implicitDeny session',
    },
    {
      name: 'a key policy Deny is not effective',
      grant: { RetiringPrincipal: user().arn },
      ask: { ...RETIRE, keyPolicy: policy(deny('kms:*', { to: '*' })) },
      expect: YES,
    },
    {
      name: 'a key policy Allow is not either',
      grant: { IssuingAccount: B },
      ask: { ...RETIRE, principal: user(B, 'Eve'), keyPolicy: policy(allow('kms:*', { to: '*' })) },
      expect: 'implicitDeny identity',
    },
    {
      name: 'an RCP is not effective',
      grant: { RetiringPrincipal: user().arn },
      ask: { ...RETIRE, rcps: { [A]: [[policy(deny('kms:*', { to: '*' }))]] } },
      expect: YES,
    },
    {
      name: 'an identity Deny is',
      grant: { RetiringPrincipal: user().arn },
      ask: { ...RETIRE, identityPolicies: [policy(deny('kms:*'))] },
      expect: 'explicitDeny identity',
    },
    {
      name: 'an SCP applies (K-16)',
      grant: { RetiringPrincipal: user().arn },
      ask: { ...RETIRE, scps: { [A]: [[]] } },
      expect: 'implicitDeny scp',
    },
    {
      name: 'no such grant',
      grant: {},
      ask: { ...RETIRE, request: { grantId: 'g-2' }, identityPolicies: MAY },
      expect: 'implicitDeny grant',
    },
  ])
})
