/**
 * Who calls, and how one Principal or NotPrincipal element sees that caller.
 *
 * Knows nothing of actions, resources or conditions.
 *
 * Source: IAM User Guide, "Principal", "NotPrincipal"; authorization.md C1, C2, C4, K-24, K-26.
 */
import { listOf, type PrincipalInput, type PrincipalJson } from './document.js'

/** How an Allow names the caller (C2). */
export type PrincipalClass = 'direct' | 'viaRole' | 'viaUser' | 'account'

export interface Caller {
  readonly type: PrincipalInput['type']
  readonly arn: string
  /** Absent for a service. */
  readonly account: string | undefined
  readonly roleArn: string | undefined
  readonly userArn: string | undefined
  /** The session's own ARN; absent when the caller is "any session of this role". */
  readonly sessionArn: string | undefined
  readonly isServiceLinkedRole: boolean
}

export function accountOfArn(arn: string): string | undefined {
  const account = arn.split(':')[4]
  return account === undefined || account === '' ? undefined : account
}

function isRoleArn(arn: string): boolean {
  return /^arn:[^:]*:iam::[0-9]{12}:role\//.test(arn)
}

/** A session ARN has no path, so a role known by its session alone is taken to have none. */
function roleOfSession(arn: string): string | undefined {
  const found = /^arn:([^:]*):sts::([0-9]{12}):assumed-role\/([^/]+)\//.exec(arn)
  return found ? `arn:${found[1] ?? ''}:iam::${found[2] ?? ''}:role/${found[3] ?? ''}` : undefined
}

export function callerOf(input: PrincipalInput): Caller {
  const { type, arn } = input
  const givenAsRole = type === 'role' && isRoleArn(arn)
  const roleArn = type === 'role' ? (input.roleArn ?? (givenAsRole ? arn : roleOfSession(arn))) : undefined
  return {
    type,
    arn,
    account: type === 'service' ? undefined : accountOfArn(arn),
    roleArn,
    userArn: type === 'federated' ? (input.userArn ?? undefined) : undefined,
    sessionArn: type === 'role' && !givenAsRole ? arn : undefined,
    isServiceLinkedRole:
      type === 'role' && ((input.isServiceLinkedRole ?? false) || (roleArn ?? '').includes(':role/aws-service-role/')),
  }
}

/** `111122223333` and `arn:aws:iam::111122223333:root` are the same account. */
export function accountNamed(entry: string): string | undefined {
  if (/^[0-9]{12}$/.test(entry)) return entry
  return /^arn:[^:]*:iam::([0-9]{12}):root$/.exec(entry)?.[1]
}

/** The class in which one `AWS` entry of Principal names the caller; also what a grantee ARN is. */
export function classOfArn(entry: string, caller: Caller): PrincipalClass | undefined {
  if (caller.type === 'service') return undefined
  const account = accountNamed(entry)
  if (account !== undefined) {
    if (account !== caller.account) return undefined
    return caller.type === 'root' ? 'direct' : 'account'
  }
  switch (caller.type) {
    case 'root':
      return undefined
    case 'user':
      return entry === caller.arn ? 'direct' : undefined
    case 'role':
      if (entry === caller.sessionArn) return 'direct'
      return entry === caller.roleArn ? 'viaRole' : undefined
    case 'federated':
      if (entry === caller.arn) return 'direct'
      return entry === caller.userArn ? 'viaUser' : undefined
  }
}

/** Every class in which the element names the caller; a list is OR, so there may be several. Empty: it does not. */
export function classesOf(principal: PrincipalJson, caller: Caller): readonly PrincipalClass[] {
  if (principal === '*') return ['direct']
  const classes: PrincipalClass[] = []
  for (const entry of listOf(principal.AWS)) {
    // "*" means every principal, services too (K-24).
    const found = entry === '*' ? 'direct' : classOfArn(entry, caller)
    if (found !== undefined && !classes.includes(found)) classes.push(found)
  }
  if (caller.type === 'service' && listOf(principal.Service).includes(caller.arn)) classes.push('direct')
  // Federated and CanonicalUser never name a KMS caller; neither does a left-over unique id (C1).
  return classes
}

/** `ancestors`: the caller, its account and for a session its role must all be listed. `callerOnly`: the caller is enough. */
export type NotPrincipalReading = 'ancestors' | 'callerOnly'

/** Does a Deny with this NotPrincipal apply to the caller? */
export function notPrincipalApplies(
  listed: PrincipalJson,
  caller: Caller,
  hasBoundary: boolean,
  reading: NotPrincipalReading,
): boolean {
  const isIamPrincipal = caller.type === 'user' || caller.type === 'role' || caller.type === 'federated'
  if (hasBoundary && isIamPrincipal) return true
  if (listed === '*') return false
  const entries = listOf(listed.AWS)
  if (entries.includes('*')) return false
  if (caller.type === 'service') return !listOf(listed.Service).includes(caller.arn)
  const accountListed = entries.some((entry) => accountNamed(entry) === caller.account)
  if (caller.type === 'root') return !accountListed
  // A caller known only as "any session of the role" has no session ARN that could be listed.
  const self = caller.type === 'role' ? caller.sessionArn : caller.arn
  const selfListed = self !== undefined && entries.includes(self)
  if (reading === 'callerOnly') return !selfListed
  const roleListed = caller.type !== 'role' || (caller.roleArn !== undefined && entries.includes(caller.roleArn))
  return !(selfListed && accountListed && roleListed)
}

/** An element that lists nobody makes the statement do nothing (A8). */
export function listsNobody(principal: PrincipalJson): boolean {
  return (
    principal !== '*' &&
    [principal.AWS, principal.Service, principal.Federated, principal.CanonicalUser].every(
      (each) => listOf(each).length === 0,
    )
  )
}
