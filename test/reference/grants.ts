/**
 * Grants: which of them cover this request, and who may retire one.
 *
 * Answers "in which class does this grant name the caller"; whether boundary, session or identity policies then cut it
 * is asked in `interpret.ts`.
 *
 * Source: KMS Developer Guide, "Grants in AWS KMS", "Retiring and revoking grants"; KMS API Reference,
 * "GrantConstraints"; authorization.md F1 to F7, K-1, K-2, K-15, K-33.
 */
import { comparesEncryptionContext, isKmsActionNamed } from './action-facts.js'
import type { Context, CreateGrantInput, GrantConstraints, GrantJson, RequestInput } from './document.js'
import { testCondition, type Observe } from './conditions.js'
import { accountNamed, accountOfArn, classOfArn, type Caller, type PrincipalClass } from './principals.js'

type Pairs = Readonly<Record<string, string>>

export interface GrantMatch {
  readonly grantId: string
  readonly class: PrincipalClass
}

export interface GrantQuestion {
  readonly caller: Caller
  readonly action: string
  readonly keyArn: string
  readonly context: Context
  readonly request: RequestInput
  readonly observe: Observe
}

/** A bare key id means that id in the resource's own account and Region. */
function isOnKey(grant: GrantJson, keyArn: string): boolean {
  return grant.KeyId === keyArn || (!grant.KeyId.includes(':') && keyArn.endsWith(`:key/${grant.KeyId}`))
}

function isUsable(grant: GrantJson, request: RequestInput): boolean {
  return (grant.propagated ?? true) || (request.grantTokens ?? []).includes(grant.GrantId)
}

/** One named principal or service against the caller. Old grants hold a service name in GranteePrincipal (F1). */
function classOfNamed(
  principal: string | undefined,
  service: string | undefined,
  caller: Caller,
): PrincipalClass | undefined {
  if (caller.type === 'service') return caller.arn === service || caller.arn === principal ? 'direct' : undefined
  if (principal === undefined) return undefined
  const found = classOfArn(principal, caller)
  // A user's grant is the user's own: a GetFederationToken session of that user is another principal (F2).
  return found === 'viaUser' ? undefined : found
}

/** Pairs of an encryption context: key names without case (K-1), values exactly. */
function hasPair(pairs: Pairs, [key, value]: readonly [string, string]): boolean {
  return Object.entries(pairs).some(([name, each]) => name.toLowerCase() === key.toLowerCase() && each === value)
}

function containsPairs(whole: Pairs, part: Pairs): boolean {
  return Object.entries(part).every((pair) => hasPair(whole, pair))
}

function samePairs(a: Pairs, b: Pairs): boolean {
  return containsPairs(a, b) && containsPairs(b, a)
}

/** Are the child's constraints at least as strict as its parent's? (F5) */
function atLeastAsStrict(child: GrantConstraints, parent: GrantConstraints): boolean {
  if (parent.SourceArn !== undefined && child.SourceArn !== parent.SourceArn) return false
  if (parent.EncryptionContextEquals !== undefined) {
    const { EncryptionContextEquals: equals } = child
    if (equals === undefined || !samePairs(equals, parent.EncryptionContextEquals)) return false
  }
  if (parent.EncryptionContextSubset !== undefined) {
    const pairs = child.EncryptionContextEquals ?? child.EncryptionContextSubset
    if (pairs === undefined || !containsPairs(pairs, parent.EncryptionContextSubset)) return false
  }
  return true
}

function childAllowed(child: CreateGrantInput, parent: GrantJson): boolean {
  return (
    (child.Operations ?? []).every((operation) => parent.Operations.includes(operation)) &&
    atLeastAsStrict(child.Constraints ?? {}, parent.Constraints ?? {})
  )
}

function constraintsHold(grant: GrantJson, question: GrantQuestion): boolean {
  const { action, context, request, observe } = question
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset, SourceArn } = grant.Constraints ?? {}
  if (SourceArn !== undefined) {
    // As if the grant carried ArnLike aws:SourceArn: without that key it does not apply (K-2).
    const holds = testCondition('ArnLike', 'aws:SourceArn', [SourceArn], '2008-10-17', context)
    observe(`grant SourceArn ${holds}`)
    if (!holds) return false
  }
  if (isKmsActionNamed(action, 'CreateGrant')) {
    const holds = childAllowed(request.createGrant ?? {}, grant)
    observe(`grant child ${holds}`)
    return holds
  }
  if (!comparesEncryptionContext(action)) {
    if (equals ?? subset) observe('grant encryption context ignored')
    return true
  }
  const pairs = request.encryptionContext ?? {}
  if (equals !== undefined) observe(`grant EncryptionContextEquals ${samePairs(pairs, equals)}`)
  if (subset !== undefined) observe(`grant EncryptionContextSubset ${containsPairs(pairs, subset)}`)
  return (equals === undefined || samePairs(pairs, equals)) && (subset === undefined || containsPairs(pairs, subset))
}

/** Every grant that covers the request, with the class in which it names the caller (F2). */
export function matchingGrants(grants: readonly GrantJson[], question: GrantQuestion): readonly GrantMatch[] {
  const { caller, action, keyArn, request, observe } = question
  const [, wanted = ''] = action.split(':')
  return grants.flatMap((grant): readonly GrantMatch[] => {
    if (!isOnKey(grant, keyArn)) return []
    if (!grant.Operations.some((operation) => operation.toLowerCase() === wanted.toLowerCase())) return []
    const found = classOfNamed(grant.GranteePrincipal, grant.GranteeServicePrincipal, caller)
    if (found === undefined) return []
    if (!isUsable(grant, request)) {
      observe('grant not yet propagated')
      return []
    }
    if (grant.propagated === false) observe('grant by token')
    if (!constraintsHold(grant, question)) return []
    observe(`grant ${found} ${caller.type}`)
    return [{ grantId: grant.GrantId, class: found }]
  })
}

/**
 * Who the caller is to the grant it wants to retire (F6): a class says it may retire without a policy of its own in
 * that class, `account` that an identity policy has to allow kms:RetireGrant too.
 */
export function retirementClasses(
  grants: readonly GrantJson[],
  question: GrantQuestion,
  identityDelegation: boolean,
): readonly GrantMatch[] {
  const { keyArn, request } = question
  // RetireGrant takes the grant's id or, in its place, its token (KAPI RetireGrant).
  const ids =
    request.grantId === undefined || request.grantId === null ? (request.grantTokens ?? []) : [request.grantId]
  return grants
    .filter((grant) => ids.includes(grant.GrantId) && isOnKey(grant, keyArn) && isUsable(grant, request))
    .flatMap((grant) => retirementClassesOf(grant, question, identityDelegation))
}

function retirementClassesOf(
  grant: GrantJson,
  question: GrantQuestion,
  identityDelegation: boolean,
): readonly GrantMatch[] {
  const { caller, keyArn, observe } = question
  const matches: GrantMatch[] = []
  const add = (role: string, found: PrincipalClass | undefined): void => {
    if (found === undefined) return
    observe(`retire as ${role} ${found}`)
    matches.push({ grantId: grant.GrantId, class: found })
  }
  add('retiring principal', classOfNamed(grant.RetiringPrincipal, grant.RetiringServicePrincipal, caller))
  if (grant.Operations.includes('RetireGrant')) {
    add('grantee', classOfNamed(grant.GranteePrincipal, grant.GranteeServicePrincipal, caller))
  }
  const keyOwner = accountOfArn(keyArn)
  const issuer = grant.IssuingAccount === undefined ? keyOwner : accountNamed(grant.IssuingAccount)
  if (caller.account !== undefined) {
    if (caller.type === 'root' && caller.account === issuer) add('issuing root', 'direct')
    if (identityDelegation && (caller.account === issuer || caller.account === keyOwner)) {
      add('owner', caller.type === 'root' ? 'direct' : 'account')
    }
  }
  return matches
}
