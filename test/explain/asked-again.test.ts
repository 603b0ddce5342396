/**
 * What an authorizer keeps of earlier questions changes no answer: each is compared with that of a world that has never
 * been asked anything.
 */
import { describe, expect, test } from 'vitest'
import type { AuthorizationRequest } from '../../src/decide/resolve.js'
import { createAuthorizer, type Authorizer } from '../../src/explain/authorizer.js'
import type { PolicyDocument, PolicyKind } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'

const ACCOUNT = '111122223333'
const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const ROLE = `arn:aws:iam::${ACCOUNT}:role/App`
const CALLER = `arn:aws:sts::${ACCOUNT}:assumed-role/App/one`

function read(kind: PolicyKind, ...statements: readonly object[]): PolicyDocument {
  const policy = parsePolicyValue({ Version: '2012-10-17', Statement: statements }, kind)
  if (!policy.ok) throw new Error(policy.error[0]?.message)
  return policy.value
}

const toApp = { Effect: 'Allow', Principal: { AWS: ROLE }, Resource: '*' }
const KEY_POLICY = read(
  'key',
  { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'kms:*', Resource: '*' },
  { ...toApp, Action: 'kms:Encrypt', Condition: { StringLike: { 'aws:PrincipalTag/team': '${aws:userid}*' } } },
  { ...toApp, Action: 'kms:Decrypt', Condition: { StringLike: { 'aws:ResourceTag/team': '${aws:userid}' } } },
  {
    ...toApp,
    Action: 'kms:Encrypt',
    Condition: { StringNotLike: { 'aws:userid': ['*', '${aws:PrincipalTag/team}'] } },
  },
  { ...toApp, Action: 'kms:Decrypt', Condition: { DateLessThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } } },
  {
    Effect: 'Deny',
    Principal: '*',
    Action: 'kms:*',
    Resource: '*',
    Condition: { 'ForAnyValue:StringEquals': { 'aws:CalledVia': ['s3.amazonaws.com'] } },
  },
)
const STRICTER = read('key', {
  ...toApp,
  Action: 'kms:Decrypt',
  Condition: { Bool: { 'aws:SecureTransport': 'true' } },
})
const IDENTITY = read(
  'identity',
  { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', Condition: { StringEquals: { 'aws:userid': ['a', 'b'] } } },
  { Effect: 'Allow', Action: 'kms:Describe*', Resource: `arn:aws:kms:*:${ACCOUNT}:key/\${aws:PrincipalTag/team}*` },
)
const REGIONS = read(
  'scp',
  { Effect: 'Allow', Action: '*', Resource: '*' },
  {
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { StringNotEquals: { 'aws:RequestedRegion': 'us-west-2' } },
  },
)
const ENDPOINT = read('vpce', {
  Effect: 'Allow',
  Principal: '*',
  Action: 'kms:Decrypt',
  Resource: '*',
  Condition: { StringEquals: { 'aws:userid': 'b' } },
})

function world(keyPolicy = KEY_POLICY): Authorizer {
  const made = createAuthorizer()
  made.putKey({ arn: KEY, policy: keyPolicy })
  made.putPrincipal({ arn: ROLE, policies: [IDENTITY] })
  made.putAccount({ accountId: ACCOUNT, scps: [[REGIONS], [REGIONS]] })
  made.putEndpoint({ endpointId: 'vpce-1', policy: ENDPOINT })
  return made
}

const LONG = 'x'.repeat(300)
const CONTEXTS: readonly NonNullable<AuthorizationRequest['context']>[] = [
  { 'aws:userid': 'a', 'aws:PrincipalTag/team': '1234' },
  { 'aws:userid': 'a', 'aws:PrincipalTag/team': 'ab' },
  { 'aws:userid': 'b', 'aws:PrincipalTag/team': 'ab' },
  { 'aws:userid': 'b', 'aws:PrincipalTag/team': 'ab', 'aws:CurrentTime': '2025-06-01T00:00:00Z' },
  { 'aws:userid': 'c', 'aws:CurrentTime': 'no date' },
  { 'aws:userid': LONG, 'aws:PrincipalTag/team': `${LONG}y` },
  { 'aws:userid': ['a', 'b'], 'aws:CalledVia': ['s3.amazonaws.com', 'ec2.amazonaws.com'] },
  { 'aws:userid': ['a', 'b'], 'aws:CalledVia': ['ec2.amazonaws.com'] },
  { 'aws:userid': 'a', 'aws:RequestedRegion': 'eu-west-1' },
  { 'aws:userid': 'b', 'aws:SourceVpce': 'vpce-1' },
  { 'aws:userid': 'a', 'aws:SourceVpce': 'vpce-1' },
  { 'aws:userid': 'a', 'aws:SourceVpce': ['vpce-1', 'vpce-2'] },
  { 'AWS:UserId': 'a', 'aws:PrincipalTag/Team': '1234' },
  {},
]
const ACTIONS = ['kms:Decrypt', 'kms:decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:ScheduleKeyDeletion']

/** Every request twice in a row, then all of them in another order. */
const REQUESTS = [0, 0, 1].flatMap((turn) =>
  CONTEXTS.flatMap((_, index) => {
    const context = CONTEXTS[turn === 0 ? index : (index * 5) % CONTEXTS.length]!
    return ACTIONS.flatMap((action): readonly AuthorizationRequest[] => {
      const request = { principal: CALLER, action, resource: KEY, context }
      return [request, request]
    })
  }),
)

describe('asked again and again, with other values in between', () => {
  test('it explains as a world that was asked for the first time', () => {
    const asked = world()
    for (const request of REQUESTS) expect(asked.explain(request)).toEqual(world().explain(request))
  })

  test('of one action alone too', () => {
    const asked = world()
    for (const context of [...CONTEXTS, ...CONTEXTS.toReversed(), ...CONTEXTS]) {
      const request = { principal: CALLER, action: 'kms:Decrypt', resource: KEY, context }
      expect(asked.explain(request)).toEqual(world().explain(request))
    }
  })

  test('its gate decides the same', () => {
    const gate = world().bind(CALLER, KEY)
    if (!gate.ok) throw new Error(gate.error.message)
    for (const request of REQUESTS) expect(gate.value.authorize(request)).toEqual(world().authorize(request))
  })

  test('an earlier explanation stays as it was', () => {
    const asked = world()
    const request = (context: AuthorizationRequest['context']): AuthorizationRequest => {
      return { principal: CALLER, action: 'kms:Decrypt', resource: KEY, ...(context === undefined ? {} : { context }) }
    }
    const kept = CONTEXTS.map((context) => {
      const explained = asked.explain(request(context))
      return { explained, text: JSON.stringify(explained) }
    })
    for (const { explained, text } of kept) expect(JSON.stringify(explained)).toBe(text)
  })
})

test('a policy that has changed is read anew', () => {
  const asked = world()
  const request = {
    principal: CALLER,
    action: 'kms:Decrypt',
    resource: KEY,
    context: { 'aws:SecureTransport': 'false' },
  }
  for (const policy of [KEY_POLICY, STRICTER, KEY_POLICY]) {
    expect(asked.putKeyPolicy(KEY, policy)).toBe(true)
    for (let time = 0; time < 3; time++) expect(asked.explain(request)).toEqual(world(policy).explain(request))
  }
})
