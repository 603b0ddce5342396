/**
 * Message -> question -> decision -> message: every published form comes back as it was, in a world made to deny so.
 */
import { describe, expect, test } from 'vitest'
import { createAuthorizer, type Authorizer } from '../../../src/explain/authorizer.js'
import { accessDeniedMessage } from '../../../src/explain/message.js'
import type { PolicyNames } from '../../../src/explain/names.js'
import type { PolicyDocument, PolicyKind } from '../../../src/policy/document.js'
import { parsePolicyValue } from '../../../src/policy/parse.js'
import { questionOfText } from '../../../src/source/asked/from-message.js'
import { completeQuestion, type Supplied } from '../../../src/source/asked/question.js'
import { A, B, KEY } from './events.js'

const ROLE = `arn:aws:iam::${A}:role/service/App`
const SESSION = `arn:aws:sts::${A}:assumed-role/App/i-0abc`
const USER = `arn:aws:iam::${A}:user/Alice`
const FOREIGN = `arn:aws:sts::${B}:assumed-role/Batch/job-1`
const FOREIGN_ROLE = `arn:aws:iam::${B}:role/Batch`
const ENDPOINT = 'vpce-1a2b3c4d'

function policy(kind: PolicyKind, statements: readonly unknown[]): PolicyDocument {
  const parsed = parsePolicyValue({ Version: '2012-10-17', Statement: statements }, kind)
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join('; '))
  return parsed.value
}

const allow = (Action: string, more: object = {}): unknown => ({ Effect: 'Allow', Action, Resource: '*', ...more })
const deny = (Action: string, more: object = {}): unknown => ({ Effect: 'Deny', Action, Resource: '*', ...more })
const ROOT = { Principal: { AWS: `arn:aws:iam::${A}:root` } }
const ANYONE = { Principal: '*' }

interface World {
  readonly key?: readonly unknown[]
  readonly identity?: readonly unknown[]
  readonly boundary?: readonly unknown[]
  readonly session?: readonly unknown[]
  readonly scp?: readonly unknown[]
  readonly rcp?: readonly unknown[]
  readonly endpoint?: readonly unknown[]
}

/** Lets everybody do everything where a part is not given. */
function worldOf(world: World): Authorizer {
  const { key = [allow('kms:*', ROOT)], identity = [allow('*')], boundary, scp = [allow('*')], rcp, endpoint } = world
  const authorizer = createAuthorizer()
  authorizer.putKey({ arn: KEY, policy: policy('key', key) })
  for (const arn of [ROLE, USER, FOREIGN_ROLE]) {
    authorizer.putPrincipal({
      arn,
      policies: [policy('identity', identity)],
      ...(boundary === undefined ? {} : { boundary: policy('boundary', boundary) }),
    })
  }
  authorizer.putAccount({
    accountId: A,
    scps: [[policy('scp', scp)]],
    ...(rcp === undefined ? {} : { rcps: [[policy('rcp', rcp)]] }),
  })
  if (endpoint !== undefined) authorizer.putEndpoint({ endpointId: ENDPOINT, policy: policy('vpce', endpoint) })
  return authorizer
}

/**
 * What AWS would say in this world, in the form of the message, to what the message asks.
 * @param arn - of every policy; none has one where it is left out.
 */
function answered(text: string, world: World, supplied: Supplied = {}, arn?: string): string | null {
  const asked = questionOfText('<test>', text)
  if (!asked.ok) throw new Error(asked.error.message)
  const { checks } = completeQuestion(asked.value, {
    ...supplied,
    ...(world.endpoint === undefined ? {} : { context: { 'aws:SourceVpce': ENDPOINT } }),
  })
  expect(checks).toHaveLength(1)
  const authorizer = worldOf(world)
  const sessionPolicies = world.session === undefined ? [] : [authorizer.compile(policy('session', world.session))]
  const traced = authorizer.trace({ ...checks[0]!, sessionPolicies })
  if (!traced.ok) throw new Error(traced.error.message)
  const names: PolicyNames = { policy: () => undefined, level: () => undefined, arn: () => arn }
  return accessDeniedMessage({ ...traced.value, names }, asked.value.said?.form)
}

interface Form {
  readonly reason: string
  readonly world: (action: string) => World
}

// authorization.md G1: IAM User Guide, "Troubleshoot access denied error messages". RCPs are not known to deny implicitly.
const FORMS: readonly Form[] = [
  {
    reason: 'because no identity-based policy allows the {action} action',
    world: () => ({ identity: [allow('s3:*')] }),
  },
  {
    reason: 'because no resource-based policy allows the {action} action',
    world: () => ({ key: [allow('kms:*', { Principal: { AWS: `arn:aws:iam::${A}:role/Ops` } })] }),
  },
  {
    reason: 'because no permissions boundary allows the {action} action',
    world: () => ({ boundary: [allow('s3:*')] }),
  },
  { reason: 'because no session policy allows the {action} action', world: () => ({ session: [allow('s3:*')] }) },
  { reason: 'because no service control policy allows the {action} action', world: () => ({ scp: [allow('s3:*')] }) },
  {
    reason: 'because no VPC endpoint policy allows the {action} action',
    world: () => ({ endpoint: [allow('s3:*', ANYONE)] }),
  },
  {
    reason: 'with an explicit deny in an identity-based policy',
    world: (action) => ({ identity: [allow('*'), deny(action)] }),
  },
  {
    reason: 'with an explicit deny in a resource-based policy',
    world: (action) => ({ key: [allow('kms:*', ROOT), deny(action, ANYONE)] }),
  },
  {
    reason: 'with an explicit deny in a permissions boundary',
    world: (action) => ({ boundary: [allow('*'), deny(action)] }),
  },
  { reason: 'with an explicit deny in a session policy', world: (action) => ({ session: [allow('*'), deny(action)] }) },
  {
    reason: 'with an explicit deny in a service control policy',
    world: (action) => ({ scp: [allow('*'), deny(action)] }),
  },
  {
    reason: 'with an explicit deny in a resource control policy',
    world: (action) => ({ rcp: [deny(action, ANYONE)] }),
  },
  {
    reason: 'with an explicit deny in a VPC endpoint policy',
    world: (action) => ({ endpoint: [allow('*', ANYONE), deny(action, ANYONE)] }),
  },
]

/** Decrypt for a role, and something else for a user, who has no session policies. */
const ASKED: readonly (readonly [string, string])[] = [
  [SESSION, 'kms:Decrypt'],
  [USER, 'kms:ScheduleKeyDeletion'],
]

describe('the text comes back', () => {
  for (const { reason, world } of FORMS) {
    for (const [caller, action] of ASKED) {
      if (caller === USER && reason.includes('session policy')) continue
      const text = `User: ${caller} is not authorized to perform: ${action} on resource: ${KEY} ${reason.replace('{action}', action)}`
      test(text, () => expect(answered(text, world(action))).toBe(text))
      test(`${reason}, as the AWS CLI shows it`, () =>
        expect(
          answered(
            `\nAn error occurred (AccessDeniedException) when calling the ${action.slice(4)} operation: ${text}\n`,
            world(action),
          ),
        ).toBe(text))
    }
  }

  test('without a resource', () => {
    const text = `User: ${SESSION} is not authorized to perform: kms:ListKeys on resource: * because no identity-based policy allows the kms:ListKeys action`
    expect(answered(text, { identity: [allow('s3:*')] })).toBe(text)
  })

  test('the text that keeps the key back, with the caller and key that somebody knows', () => {
    const text =
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.'
    expect(answered(text, {}, { principal: FOREIGN, resource: KEY })).toBe(text)
  })
})

// authorization.md G1: IAM User Guide, "Troubleshoot access denied error messages", "… with authorization ID". What AWS
// adds to the sentence or leaves out comes back when the text is asked for in the form that AWS used.
describe('longer and shorter forms come back too', () => {
  const ID = '0a1b2c3d-0000-4000-8000-00000000000a'
  const POINTER = `. Go to https://us-west-2.console.aws.amazon.com/iam/home?region=us-west-2#/authorization-details/${ID} for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: ${ID}`
  const start = `User: ${SESSION} is not authorized to perform: kms:Decrypt`
  const onKey = `${start} on resource: ${KEY}`
  const denied = deny('kms:Decrypt')

  const NAMED: readonly (readonly [layer: string, reason: string, world: World, arn: string])[] = [
    ['identity', 'an identity-based policy', { identity: [allow('*'), denied] }, `arn:aws:iam::${A}:policy/DenyKms`],
    ['boundary', 'a permissions boundary', { boundary: [allow('*'), denied] }, `arn:aws:iam::${A}:policy/Boundary`],
    ['session', 'a session policy', { session: [allow('*'), denied] }, `arn:aws:iam::${A}:policy/Session`],
    [
      'SCP',
      'a service control policy',
      { scp: [allow('*'), denied] },
      `arn:aws:organizations::${B}:policy/o-abc123/service_control_policy/p-1a2b3c4d`,
    ],
    [
      'RCP',
      'a resource control policy',
      { rcp: [deny('kms:Decrypt', ANYONE)] },
      `arn:aws:organizations::${B}:policy/o-abc123/resource_control_policy/p-5e6f7a8b`,
    ],
  ]
  for (const [layer, reason, world, arn] of NAMED) {
    const text = `${onKey} with an explicit deny in ${reason}: ${arn}`
    test(`${layer}, the policy by its ARN`, () => expect(answered(text, world, {}, arn)).toBe(text))
    test(`${layer}, the ARN and a pointer`, () =>
      expect(answered(`${text}${POINTER}`, world, {}, arn)).toBe(`${text}${POINTER}`))
    test(`${layer}, inline, has no ARN`, () =>
      expect(answered(text, world)).toBe(`${onKey} with an explicit deny in ${reason}`))
  }

  test('the policies of keys and endpoints are never named', () => {
    for (const world of [
      { key: [allow('kms:*', ROOT), deny('kms:Decrypt', ANYONE)] },
      { endpoint: [allow('*', ANYONE), deny('kms:Decrypt', ANYONE)] },
    ]) {
      const text = `${onKey} with an explicit deny in an identity-based policy: arn:aws:iam::${A}:policy/DenyKms`
      expect(answered(text, world, {}, `arn:aws:iam::${A}:policy/DenyKms`)).not.toContain(':policy/')
    }
  })

  const explicit: World = { identity: [allow('*'), denied] }
  const implicit: World = { identity: [allow('s3:*')] }
  const REST: readonly (readonly [name: string, text: string, world: World, supplied: Supplied])[] = [
    [
      'an explicit deny with a pointer',
      `${onKey} with an explicit deny in an identity-based policy${POINTER}`,
      explicit,
      {},
    ],
    [
      'a missing allow with a pointer',
      `${onKey} because no identity-based policy allows the kms:Decrypt action${POINTER}`,
      implicit,
      {},
    ],
    ['no layer', `${onKey} with an explicit deny`, explicit, {}],
    ['no reason', onKey, explicit, {}],
    ['no reason, for want of an allow', onKey, implicit, {}],
    ['no reason and a pointer', `${onKey}${POINTER}`, implicit, {}],
    ['no resource', `${start} with an explicit deny in an identity-based policy`, explicit, { resource: KEY }],
    ['the old short form', start, implicit, { resource: KEY }],
  ]
  test.each(REST)('%s', (_name, text, world, supplied) => expect(answered(text, world, supplied)).toBe(text))
})
