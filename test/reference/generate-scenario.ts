/**
 * Random scenes: who calls what on which resource. Everything else is generated around a scene, so that statements
 * match often.
 *
 * Source: authorization.md C1, D3 to D5; simulation document, "authorize".
 */
import fc from 'fast-check'
import type { PrincipalInput, ResourceInput } from './document.js'
import { A, ALIAS, B, KEY, OTHER_KEY, federated, root, service, session, user } from './example.js'

/** An account that owns nothing here and calls nothing. */
export const C = '777788889999'

const QUEUE = `arn:aws:sqs:us-west-2:${A}:jobs`
const SECRET = `arn:aws:secretsmanager:us-west-2:${A}:secret:app-AbCdEf`
export const TOPIC = `arn:aws:sns:us-west-2:${A}:topic`
export const RETIRER = `arn:aws:iam::${A}:role/Retirer`

export interface Scene {
  readonly principal: PrincipalInput
  /** The account of the caller; for a service the one of the resource, where policies could have been attached. */
  readonly account: string
  readonly action: string
  readonly service: string
  readonly resource: ResourceInput | null
  /** `none` has no resource policy, `key` is a KMS key, `role` one to be assumed, `other` a resource of another service. */
  readonly target: 'key' | 'alias' | 'none' | 'other' | 'role'
}

function linkedRole(account: string): PrincipalInput {
  return {
    type: 'role',
    arn: `arn:aws:sts::${account}:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling`,
    roleArn: `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
    sessionName: 'AutoScaling',
    isServiceLinkedRole: true,
  }
}

function rolePathSession(account: string): PrincipalInput {
  return {
    type: 'role',
    arn: `arn:aws:sts::${account}:assumed-role/Worker/run-1`,
    accountId: account,
    roleArn: `arn:aws:iam::${account}:role/team/payments/Worker`,
    roleId: 'AROACKCEVSQ6C2EXAMPLE',
    sessionName: 'run-1',
    tags: { team: 'payments' },
  }
}

function anySessionOf(account: string): PrincipalInput {
  return { type: 'role', arn: `arn:aws:iam::${account}:role/App` }
}

const iamCallers: fc.Arbitrary<PrincipalInput> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(user(A), user(A), user(B, 'Bob')) },
  { weight: 2, arbitrary: fc.constant({ ...user(A, 'path/Carol'), userName: 'Carol', accountId: A }) },
  { weight: 6, arbitrary: fc.constantFrom(session(A), session(A), session(B)) },
  { weight: 2, arbitrary: fc.constantFrom(rolePathSession(A), anySessionOf(A), anySessionOf(B)) },
  { weight: 1, arbitrary: fc.constantFrom(linkedRole(A), linkedRole(B)) },
  { weight: 3, arbitrary: fc.constantFrom(federated(A), federated(A), federated(B)) },
  { weight: 2, arbitrary: fc.constantFrom(root(A), root(A), root(B)) },
)

const services: fc.Arbitrary<PrincipalInput> = fc.constantFrom(service(), service(), service('backup.amazonaws.com'))

const callers = fc.oneof({ weight: 20, arbitrary: iamCallers }, { weight: 2, arbitrary: services })

function customerKey(arn: string, multiRegion: boolean): ResourceInput {
  return {
    type: 'key',
    arn,
    accountId: A,
    keyManager: 'CUSTOMER',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    multiRegion,
    aliases: ['alias/payments'],
    tags: { team: 'payments' },
  }
}

const keys = fc.oneof(
  { weight: 6, arbitrary: fc.constant(customerKey(KEY, false)) },
  { weight: 2, arbitrary: fc.constant(customerKey(OTHER_KEY, true)) },
  { weight: 1, arbitrary: fc.constant<ResourceInput>({ type: 'key', arn: KEY, keyManager: 'AWS' }) },
  { weight: 1, arbitrary: fc.constant<ResourceInput>({ type: 'key', arn: KEY }) },
)

/** Of a symmetric key: what the grants of these worlds may list. */
export const GRANTABLE = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'DescribeKey',
  'CreateGrant',
  'RetireGrant',
] as const

const keyActions = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('kms:Decrypt', 'kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'kms:DescribeKey',
      'kms:GenerateDataKeyWithoutPlaintext',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ),
  },
  { weight: 2, arbitrary: fc.constant('kms:CreateGrant') },
  { weight: 2, arbitrary: fc.constant('kms:RetireGrant') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'kms:PutKeyPolicy',
      'kms:ScheduleKeyDeletion',
      'kms:TagResource',
      'kms:ListGrants',
      'kms:RevokeGrant',
    ),
  },
)

type What = Omit<Scene, 'principal' | 'account'>

const onKeys: fc.Arbitrary<What> = fc
  .record({ action: keyActions, resource: keys })
  .map((each) => ({ ...each, service: 'kms', target: 'key' }))

const withoutResource: fc.Arbitrary<What> = fc
  .oneof(
    fc.record({
      action: fc.constantFrom('kms:CreateKey', 'kms:ListKeys', 'kms:GenerateRandom', 'kms:ListAliases'),
      resource: fc.constantFrom<ResourceInput | null>(null, { type: 'none' }),
    }),
    fc.record({
      action: fc.constant('kms:ListRetirableGrants'),
      resource: fc.constantFrom<ResourceInput | null>(null, { type: 'none', arn: RETIRER }),
    }),
  )
  .map((each) => ({ ...each, service: 'kms', target: 'none' }))

const onAliases: fc.Arbitrary<What> = fc
  .constantFrom('kms:CreateAlias', 'kms:DeleteAlias', 'kms:UpdateAlias')
  .map((action) => ({ action, service: 'kms', resource: { type: 'alias', arn: ALIAS }, target: 'alias' }))

const onOthers: fc.Arbitrary<What> = fc.constantFrom<What>(
  { action: 'sqs:SendMessage', service: 'sqs', resource: { type: 'key', arn: QUEUE }, target: 'other' },
  {
    action: 'secretsmanager:GetSecretValue',
    service: 'secretsmanager',
    resource: { type: 'key', arn: SECRET, accountId: A },
    target: 'other',
  },
)

const targets = fc.oneof(
  { weight: 15, arbitrary: onKeys },
  { weight: 2, arbitrary: withoutResource },
  { weight: 1, arbitrary: onAliases },
  { weight: 2, arbitrary: onOthers },
)

function sceneOf(principal: PrincipalInput, what: What): Scene {
  return { ...what, principal, account: principal.arn.split(':')[4] ?? A }
}

/** A service calls on keys and resources only: nothing on an identity side could speak for it. */
export const scenes: fc.Arbitrary<Scene> = fc
  .tuple(callers, targets, fc.oneof(onKeys, onKeys, onOthers))
  .map(([principal, what, forService]) => sceneOf(principal, principal.type === 'service' ? forService : what))

export const keyScenes: fc.Arbitrary<Scene> = fc
  .tuple(callers, onKeys)
  .map(([principal, what]) => sceneOf(principal, what))

const roles: fc.Arbitrary<ResourceInput> = fc.constantFrom<ResourceInput>(
  { type: 'key', arn: `arn:aws:iam::${A}:role/Target`, tags: { team: 'payments' } },
  { type: 'key', arn: `arn:aws:iam::${A}:role/team/payments/Worker`, accountId: A },
  { type: 'key', arn: `arn:aws:iam::${A}:role/App` },
)

const roleActions = fc.constantFrom(
  'sts:AssumeRole',
  'sts:AssumeRole',
  'sts:TagSession',
  'sts:SetSourceIdentity',
  'STS:assumerole',
)

/** Somebody wants to assume a role: sts.md 3. */
export const roleScenes: fc.Arbitrary<Scene> = fc
  .tuple(callers, roleActions, roles)
  .map(([principal, action, resource]) => sceneOf(principal, { action, resource, service: 'sts', target: 'role' }))

export const putKeyPolicyScenes: fc.Arbitrary<Scene> = fc
  .tuple(iamCallers, keys)
  .map(([principal, resource]) =>
    sceneOf(principal, { action: 'kms:PutKeyPolicy', service: 'kms', resource, target: 'key' }),
  )

/** The ARN that `aws:PrincipalArn` carries: the role of a session, else the caller itself. */
export function principalArnOf({ type, arn, roleArn }: PrincipalInput): string {
  return type === 'role'
    ? (roleArn ?? arn.replace(/:sts::([0-9]+):assumed-role\/([^/]+)\/.*$/, ':iam::$1:role/$2'))
    : arn
}

/** Every ARN under which a policy or a grant can name this caller, short of its account. */
export function namesOf(principal: PrincipalInput): readonly string[] {
  const { type, arn, userArn } = principal
  if (type === 'role') return arn === principalArnOf(principal) ? [arn] : [arn, principalArnOf(principal)]
  if (type === 'federated' && userArn) return [arn, userArn]
  return [arn]
}
