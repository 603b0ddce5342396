/**
 * Bound gates: whatever happens to the world, a gate says what the world says, and the world what the trace says.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RequestContext } from '../../src/decide/values.js'
import {
  createAuthorizer,
  type Authorization,
  type Authorizer,
  type BoundRequest,
} from '../../src/explain/authorizer.js'
import type { Grant } from '../../src/graph/grant.js'
import type { PolicyDocument, PolicyKind } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import type { StatementJson } from '../reference/document.js'
import {
  A,
  ALIAS,
  B,
  KEY,
  OTHER_KEY,
  allow,
  deny,
  federated,
  policy,
  rootArn,
  session,
  user,
} from '../reference/example.js'

function compile(kind: PolicyKind, ...statements: readonly StatementJson[]): PolicyDocument {
  const read = parsePolicyValue(policy(...statements), kind)
  if (!read.ok) throw new Error(read.error[0]?.message)
  return read.value
}

const ROLE = `arn:aws:iam::${A}:role/team/App`
const PRINCIPALS = [
  user().arn,
  session().arn,
  rootArn(),
  user(B, 'Bob').arn,
  federated().arn,
  'logs.amazonaws.com',
] as const
const RESOURCES = [KEY, OTHER_KEY, ALIAS, `${ALIAS}-2`, 'arn:aws:sqs:us-west-2:111122223333:jobs'] as const

const KEY_POLICIES = [
  compile('key', allow('kms:*', { to: { AWS: rootArn() } })),
  compile(
    'key',
    allow('kms:*', {
      to: '*',
      when: { StringEquals: { 'kms:CallerAccount': A, 'kms:RequestAlias': 'alias/payments' } },
    }),
  ),
  compile(
    'key',
    allow('kms:Decrypt', {
      to: { AWS: ROLE },
      when: { StringEquals: { 'kms:EncryptionContext:tenant': '${aws:PrincipalTag/tenant}' } },
    }),
  ),
  compile(
    'key',
    allow('kms:*', { to: '*' }),
    deny('kms:*', {
      to: '*',
      when: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' }, Null: { 'aws:SourceVpce': 'false' } },
    }),
    { Effect: 'Deny', NotPrincipal: { AWS: [A, user().arn] }, Action: 'kms:Encrypt', Resource: '*' },
  ),
  compile(
    'key',
    allow('kms:*', {
      to: { Service: 'logs.amazonaws.com' },
      when: { ArnLike: { 'aws:SourceArn': `arn:aws:logs:*:${A}:*` } },
    }),
  ),
] as const

const IDENTITY = [
  compile('identity', allow('*')),
  compile('identity', allow('kms:*', { on: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/key}' }), allow('kms:CreateAlias')),
  compile(
    'identity',
    allow('*', { when: { ArnLike: { 'aws:PrincipalArn': ROLE } } }),
    deny('kms:Encrypt', { when: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } }),
  ),
] as const

const BOUNDARIES = [compile('boundary', allow('kms:Decrypt')), compile('boundary', allow('s3:*'))] as const
const SCPS = [
  compile('scp', allow('*')),
  compile('scp', deny('kms:*', { when: { StringEquals: { 'aws:PrincipalOrgID': 'o-b' } } }), allow('*')),
] as const
const ENDPOINTS = [compile('vpce', allow('kms:Decrypt', { to: '*' })), compile('vpce', deny('*', { to: '*' }))] as const

const grantOf = (grantId: string, more: Partial<Grant>): Grant => ({
  grantId,
  keyArn: KEY,
  operations: ['Decrypt', 'CreateGrant'],
  propagated: true,
  ...more,
})
const GRANTS = [
  grantOf('g1', { granteePrincipal: ROLE, constraints: { encryptionContextSubset: { tenant: 'a' } } }),
  grantOf('g2', { granteePrincipal: user().arn, propagated: false }),
  grantOf('g3', { granteeServicePrincipal: 'logs.amazonaws.com', constraints: { sourceArn: `arn:aws:logs:*:${A}:*` } }),
  grantOf('g4', { granteePrincipal: user(B, 'Bob').arn, operations: ['Decrypt', 'RetireGrant'] }),
] as const

type Change = (world: Authorizer) => void

const pick = <T>(from: readonly T[]): fc.Arbitrary<T | undefined> => fc.constantFrom(undefined, ...from)
/** A member that is there only when its value is. */
const given = <K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: V })

const changes: fc.Arbitrary<Change> = fc.oneof(
  fc
    .record({
      arn: fc.constantFrom(KEY, KEY, OTHER_KEY),
      policy: pick(KEY_POLICIES),
      aliases: fc.constantFrom([], ['alias/payments'], ['alias/payments', 'alias/payments-2']),
      grants: fc.subarray([...GRANTS]),
      keyManager: fc.constantFrom(undefined, undefined, 'AWS' as const),
    })
    .map(({ policy: document, grants, keyManager, ...rest }): Change => (world) => {
      world.putKey({
        ...rest,
        grants: grants.map((grant) => ({ ...grant, keyArn: rest.arn })),
        ...given('policy', document),
        ...given('keyManager', keyManager),
      })
    }),
  fc.constantFrom(...KEY_POLICIES).map(
    (document): Change =>
      (world) =>
        void world.putKeyPolicy(KEY, document),
  ),
  fc.constantFrom(...GRANTS).map(
    (grant): Change =>
      (world) =>
        void world.putGrant(grant),
  ),
  fc.constantFrom('g1', 'g2', 'g3', 'g4').map(
    (id): Change =>
      (world) =>
        void world.removeGrant(KEY, id),
  ),
  fc.constantFrom(KEY, OTHER_KEY).map(
    (arn): Change =>
      (world) =>
        world.removeKey(arn),
  ),
  fc
    .record({
      arn: fc.constantFrom(user().arn, ROLE, `arn:aws:iam::${A}:role/App`, user(B, 'Bob').arn),
      policies: fc.subarray([...IDENTITY]),
      boundary: pick(BOUNDARIES),
      tenant: fc.constantFrom('a', 'b'),
    })
    .map(({ arn, policies, boundary, tenant }): Change => (world) => {
      world.putPrincipal({ arn, policies, tags: { tenant, key: KEY.slice(-36) }, ...given('boundary', boundary) })
    }),
  fc.constantFrom(user().arn, ROLE).map(
    (arn): Change =>
      (world) =>
        world.removePrincipal(arn),
  ),
  fc
    .record({
      accountId: fc.constantFrom(A, B),
      levels: fc.constantFrom(undefined, [], [[]], [[SCPS[0]]], [[SCPS[1]]], [[SCPS[0]], [SCPS[1]]]),
      isManagement: fc.constantFrom(false, false, true),
      organizationId: fc.constantFrom(undefined, 'o-b', 'o-b'),
    })
    .map(({ accountId, levels, isManagement, organizationId }): Change => (world) => {
      world.putAccount({
        accountId,
        isManagement,
        ...given('scps', levels),
        ...given('organizationId', organizationId),
      })
    }),
  fc.constantFrom(A, B).map(
    (account): Change =>
      (world) =>
        world.removeAccount(account),
  ),
  fc.tuple(fc.constantFrom('vpce-1', 'vpce-2'), pick(ENDPOINTS)).map(([endpointId, document]): Change => (world) => {
    world.putEndpoint({ endpointId, ...given('policy', document) })
  }),
  fc.constantFrom('vpce-1').map(
    (id): Change =>
      (world) =>
        world.removeEndpoint(id),
  ),
)

const contexts: fc.Arbitrary<RequestContext> = fc
  .record({
    endpoint: fc.constantFrom(undefined, undefined, 'vpce-1', 'vpce-2', ['vpce-1', 'vpce-2'], null),
    endpointKey: fc.constantFrom('aws:SourceVpce', 'AWS:sourcevpce'),
    sourceArn: fc.constantFrom(undefined, `arn:aws:logs:us-west-2:${A}:log-group:x`, 'nothing'),
    mfa: fc.constantFrom(undefined, true, false, 'no'),
  })
  .map(({ endpoint, endpointKey, sourceArn, mfa }) => ({
    ...(endpoint === undefined ? {} : { [endpointKey]: endpoint }),
    ...given('aws:SourceArn', sourceArn),
    ...given('aws:MultiFactorAuthPresent', mfa),
  }))

const requests: fc.Arbitrary<BoundRequest> = fc
  .record({
    action: fc.constantFrom(
      'kms:Decrypt',
      'kms:Decrypt',
      'KMS:encrypt',
      'kms:CreateGrant',
      'kms:RetireGrant',
      'kms:CreateAlias',
      'kms:Nothing',
      'sqs:SendMessage',
      'kms:Decrypt vpce-1',
    ),
    context: contexts,
    derive: fc.constantFrom(undefined, true, false),
    encryptionContext: fc.constantFrom(undefined, { tenant: 'a' }, { tenant: 'b', more: 'x' }),
    grantTokens: fc.constantFrom(undefined, ['g2']),
    grantId: fc.constantFrom(undefined, 'g4'),
    createGrant: fc.constantFrom(undefined, { operations: ['Decrypt'] }),
    sessionTags: fc.constantFrom(undefined, { tenant: 'b' }),
  })
  .map(({ action, context, ...rest }) => ({
    action,
    context,
    ...given('derive', rest.derive),
    ...given('encryptionContext', rest.encryptionContext),
    ...given('grantTokens', rest.grantTokens),
    ...given('grantId', rest.grantId),
    ...given('createGrant', rest.createGrant),
    ...given('sessionTags', rest.sessionTags),
  }))

function shown(answer: Authorization): string {
  return answer.decision === 'invalidRequest' ? answer.message : `${answer.decision} ${answer.layer}`
}

test('a gate that was bound once answers as the world does, through every change', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(
      fc.array(fc.tuple(changes, fc.array(requests, { minLength: 1, maxLength: 3 })), { minLength: 3, maxLength: 10 }),
      (steps) => {
        const world = createAuthorizer()
        const pairs = PRINCIPALS.flatMap((principal) => RESOURCES.map((resource) => ({ principal, resource })))
        const gates = pairs.map(({ principal, resource }) => {
          const bound = world.bind(principal, resource)
          if (!bound.ok) throw new Error(bound.error.message)
          return { principal, resource, gate: bound.value }
        })
        for (const [change, asked] of steps) {
          change(world)
          for (const request of asked) {
            for (const { principal, resource, gate } of gates) {
              const fromWorld = shown(world.authorize({ ...request, principal, resource }))
              seen.set(fromWorld, (seen.get(fromWorld) ?? 0) + 1)
              const fromGate = shown(gate.authorize(request))
              if (fromGate !== fromWorld) {
                expect.fail(`${principal} ${resource} ${JSON.stringify(request)}: gate ${fromGate}, world ${fromWorld}`)
              }
              const traced = world.trace({ ...request, principal, resource })
              const fromTrace = traced.ok
                ? `${traced.value.outcome.decision} ${traced.value.outcome.layer}`
                : traced.error.message
              expect(fromTrace).toBe(fromWorld)
            }
          }
        }
      },
    ),
    { numRuns: 100, seed: 17 },
  )
  for (const wanted of [
    'allow keyPolicy',
    'allow identity',
    'allow grant',
    'explicitDeny keyPolicy',
    'explicitDeny vpce',
    'implicitDeny scp',
    'explicitDeny scp',
    'implicitDeny operation',
  ]) {
    expect([...seen.keys()]).toContain(wanted)
  }
}, 120_000)

test('no text of a request is taken for no resource', () => {
  const world = createAuthorizer()
  world.putPrincipal({ arn: user().arn, policies: [IDENTITY[0]] })
  const ask = (resource?: string): string =>
    shown(world.authorize({ principal: user().arn, action: 'kms:ListKeys', ...given('resource', resource) }))
  expect([ask(), ask(''), ask('undefined'), ask()]).toEqual([
    'allow identity',
    'resource `` is no ARN',
    'resource `undefined` is no ARN',
    'allow identity',
  ])
})

test('an action that KMS does not have is never allowed on a key', () => {
  const world = createAuthorizer()
  world.putKey({ arn: KEY })
  world.putPrincipal({ arn: user().arn, policies: [IDENTITY[0]] })
  for (const action of ['kms:Nothing', 'KMS:nothing', 'kms:', 'kms:*', 'kms:Decrypt ']) {
    expect(shown(world.authorize({ principal: user().arn, action, resource: KEY }))).toBe('implicitDeny operation')
  }
})
