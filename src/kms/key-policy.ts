/**
 * A key policy that somebody wants to put on a key: may it be?
 *
 * Source: KMS API Reference, "PutKeyPolicy", "CreateKey", "ReplicateKey"; KMS Developer Guide, "Key policies in AWS KMS";
 * facts G2, H, K-23; kms-behaviour 12.
 */
import type { OperationName } from '../aws/operations.js'
import type { KeyDefinition } from '../explain/authorizer.js'
import type { KeyProperties } from '../graph/world.js'
import type { ConditionTest, PolicyDocument } from '../policy/document.js'
import { parsePolicyValue } from '../policy/parse.js'
import type { Result } from '../text/source.js'
import { fail, succeed, type Failed, type Failure } from './failure.js'
import type { Call } from './operation.js'
import { partitionOf } from './row-names.js'

export interface NewPolicy {
  /** Of the key that is to have it. */
  readonly keyArn: string
  readonly properties: KeyProperties
  readonly text: string
  readonly bypassesLockoutCheck: boolean
}

/** Every key has one policy, of this name. */
export const POLICY_NAME = 'default'

/** Undefined where the name is that of the policy or left out. */
export function noSuchPolicy(name: string | undefined): Failed | undefined {
  if (name === undefined || name === POLICY_NAME) return undefined
  return fail('NotFoundException', `No such policy exists: ${name}`)
}

const LOCKED_OUT = 'The new key policy will not allow you to update the key policy in the future.'
const INVALID_PRINCIPAL = 'Policy contains a statement with one or more invalid principals.'
/** Where in the policy a principal stands. */
const OF_PRINCIPAL = /^\/Statement(?:\/[0-9]+)?\/(?:Principal|NotPrincipal\/)/

/** Whether the caller may put this policy on this key: its size, its form, its principals, and the lockout check. */
export function checkNewPolicy<N extends OperationName>(
  call: Call<N>,
  { keyArn, properties, text, bypassesLockoutCheck }: NewPolicy,
): Result<PolicyDocument, Failure> {
  const { quotas, isPrincipalKnown, mode } = call.services
  if (Buffer.byteLength(text) > quotas.policyBytes) {
    return fail('LimitExceededException', `A key policy may have ${quotas.policyBytes} bytes at most.`)
  }
  const parsed = parsePolicyValue(text, 'key', 'the key policy')
  if (!parsed.ok) {
    const [first] = parsed.error
    // A wildcard in a name, a group, what is no ARN: KMS says the same of all of them.
    if (first?.pointer !== undefined && OF_PRINCIPAL.test(first.pointer)) return malformed(INVALID_PRINCIPAL)
    return malformed(first?.message ?? 'The policy is malformed.')
  }
  const policy = parsed.value
  for (const { principal, conditions } of policy.statements) {
    for (const { kind, value } of principal?.entries ?? []) {
      if (isNamed(kind) && !isPrincipalKnown(value)) return malformed(INVALID_PRINCIPAL)
    }
    const permissive = conditions.find(isOverlyPermissive)
    if (permissive !== undefined) {
      return malformed(`OverlyPermissiveCondition: ForAllValues with ${permissive.key} holds for requests without it.`)
    }
  }
  // Without identities to ask, the check would lock out whoever is let through anyway.
  if (mode !== 'enforce' || bypassesLockoutCheck) return succeed(policy)
  return mayPutPolicy(call, { arn: keyArn, policy, ...properties }) ? succeed(policy) : malformed(LOCKED_OUT)
}

function malformed(message: string): { readonly ok: false; readonly error: Failure } {
  return fail('MalformedPolicyDocumentException', message)
}

function isNamed(kind: string): boolean {
  return kind === 'user' || kind === 'role' || kind === 'session' || kind === 'federatedUser'
}

/** A set operator that holds for a key that is not there, on keys that callers choose. */
function isOverlyPermissive({ set, key }: ConditionTest): boolean {
  const name = key.toLowerCase()
  return set === 'ForAllValues' && (name.startsWith('kms:encryptioncontext:') || name.startsWith('aws:requesttag/'))
}

/** Decides kms:PutKeyPolicy for the caller as if the key had the policy already, its identity side included. */
function mayPutPolicy<N extends OperationName>({ caller, services, nowMs }: Call<N>, key: KeyDefinition): boolean {
  const world = services.authorizer.fork()
  world.putKey(key)
  const { via, userArn, sessionTags } = caller.caller
  const { decision } = world.authorize({
    principal: caller.principal,
    action: 'kms:PutKeyPolicy',
    resource: key.arn,
    context: caller.context,
    time: new Date(nowMs).toISOString(),
    parameters: { KeyId: key.arn },
    keyIdAs: key.arn,
    ...(via === undefined ? {} : { via }),
    ...(userArn === undefined ? {} : { userArn }),
    ...(sessionTags === undefined ? {} : { sessionTags }),
    ...(caller.sessionPolicies === undefined ? {} : { sessionPolicies: caller.sessionPolicies }),
  })
  return decision === 'allow'
}

/** What a key has that was made without a policy: its account may delegate everything. */
export function defaultKeyPolicy(accountId: string, region: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:${partitionOf(region)}:iam::${accountId}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  })
}
