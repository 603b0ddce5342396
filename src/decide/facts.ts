/**
 * What is known of a request besides the policies: who calls, on what, and what the call itself says.
 *
 * Plain data, in the terms of a simulation document. A member that is absent is not known; an empty list or record says
 * that there is nothing. `derive.ts` makes condition keys of it.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys"; IAM User Guide, "AWS global condition context keys".
 */
import type { ChildGrant, EncryptionContext, GrantConstraints } from '../graph/grant.js'
import type { CallerType } from '../graph/subject.js'

export type Tags = Readonly<Record<string, string>>

export interface PrincipalFacts {
  readonly type: CallerType
  /** The session's ARN for a role, or the role's own for "any session of it"; the service name for a service. */
  readonly arn: string
  /** Absent for a service principal. */
  readonly accountId?: string
  /** Role: the role itself, with its path. */
  readonly roleArn?: string
  /** Federated: the user that called GetFederationToken. */
  readonly userArn?: string
  readonly userName?: string
  /** Unique id, `AIDA…` for a user; what aws:userid says where no rule makes it. */
  readonly userId?: string
  /** Unique id of the role, `AROA…`. */
  readonly roleId?: string
  readonly sessionName?: string
  /** Of the user or role, session tags included. */
  readonly tags?: Tags
}

export interface ResourceFacts {
  readonly type: 'key' | 'alias' | 'none' | 'other' | 'role'
  readonly arn?: string
  readonly accountId?: string
  readonly keySpec?: string
  readonly keyUsage?: string
  readonly origin?: string
  readonly multiRegion?: boolean
  readonly multiRegionKeyType?: 'PRIMARY' | 'REPLICA'
  /** Names, `alias/…`, or alias ARNs. */
  readonly aliases?: readonly string[]
  readonly tags?: Tags
  /** Whole days since the last cryptographic use. */
  readonly trailingDaysWithoutKeyUsage?: number
}

/** What CreateGrant asks for. */
export interface GrantRequest extends ChildGrant {
  readonly granteePrincipal?: string
  readonly granteeServicePrincipal?: string
  readonly retiringPrincipal?: string
  readonly retiringServicePrincipal?: string
}

export interface RequestDetails {
  readonly encryptionContext?: EncryptionContext
  readonly grantId?: string
  /** Ids of the grants whose tokens were sent. */
  readonly grantTokens?: readonly string[]
  readonly createGrant?: GrantRequest
  readonly bypassPolicyLockoutSafetyCheck?: boolean
  /** When the request is made, as a date of a policy would be written. */
  readonly time?: string
  /** How the request named the key: an id, an ARN, an alias name or an alias ARN. */
  readonly keyIdAs?: string
  /** The service that calls for the principal, as kms:ViaService has it: `s3.us-west-2.amazonaws.com`. */
  readonly via?: string
  /** The API input with its own member names; what it leaves out, the request leaves out. */
  readonly parameters?: Readonly<Record<string, unknown>>
}

/** The organizations of the two accounts; a path is `o-…/r-…/ou-…/`. */
export interface OrganizationFacts {
  readonly callerOrgId?: string
  readonly callerOrgPath?: string
  readonly resourceOrgId?: string
  readonly resourceOrgPath?: string
}

export interface RequestFacts {
  /** `service:Name` in its documented spelling. */
  readonly action: string
  readonly principal: PrincipalFacts
  readonly resource: ResourceFacts
  readonly request: RequestDetails
  readonly organization?: OrganizationFacts
  /** RetireGrant: the constraints of the grant to retire, empty where it has none. */
  readonly retiredConstraints?: GrantConstraints
  /** ReEncrypt: the ARN of the key at the other end. */
  readonly otherKeyArn?: string
}

/** The value of a condition key in a request; a list is a multi-valued key. */
export type ContextValue = string | readonly string[]

/** The name of the principal's session; undefined for "any session". */
export function sessionNameOf({ arn, sessionName }: PrincipalFacts): string | undefined {
  if (sessionName !== undefined) return sessionName
  const [, , session] = lastField(arn).split('/')
  return lastField(arn).startsWith('assumed-role/') ? session : undefined
}

/** What stands after the fifth colon of an ARN. */
export function lastField(arn: string): string {
  return arn.split(':').slice(5).join(':')
}

/**
 * The encryption context that a request's kms:EncryptionContext keys tell of; undefined where it has none. ReEncrypt has
 * one at each end.
 */
export function requestEncryptionContext({ action, request }: RequestFacts): EncryptionContext | undefined {
  const name =
    action === 'kms:ReEncryptFrom'
      ? 'SourceEncryptionContext'
      : action === 'kms:ReEncryptTo'
        ? 'DestinationEncryptionContext'
        : undefined
  const own = name === undefined ? undefined : pairsOf(request.parameters?.[name])
  return own ?? request.encryptionContext ?? pairsOf(request.parameters?.['EncryptionContext'])
}

/** The grant that CreateGrant asks for, given as such or by the call's parameters. */
export function requestedGrant({ createGrant, parameters }: RequestDetails): GrantRequest | undefined {
  if (createGrant !== undefined || !Array.isArray(parameters?.['Operations'])) return createGrant
  const text = (name: string): string | undefined => {
    const value = parameters[name]
    return typeof value === 'string' ? value : undefined
  }
  const given = {
    granteePrincipal: text('GranteePrincipal'),
    granteeServicePrincipal: text('GranteeServicePrincipal'),
    retiringPrincipal: text('RetiringPrincipal'),
    retiringServicePrincipal: text('RetiringServicePrincipal'),
  }
  const operations = (parameters['Operations'] as readonly unknown[]).filter((name) => typeof name === 'string')
  return { ...withoutUndefined(given), operations, constraints: constraintsOf(parameters['Constraints']) }
}

function constraintsOf(value: unknown): GrantConstraints {
  if (typeof value !== 'object' || value === null) return {}
  const member = (name: string): unknown => (Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined)
  const sourceArn = member('SourceArn')
  return withoutUndefined({
    encryptionContextEquals: pairsOf(member('EncryptionContextEquals')),
    encryptionContextSubset: pairsOf(member('EncryptionContextSubset')),
    sourceArn: typeof sourceArn === 'string' ? sourceArn : undefined,
  })
}

/** A member that is not there is left out, not undefined. */
function withoutUndefined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [K in keyof T]?: Exclude<T[K], undefined> } = {}
  for (const key in members) {
    const value = members[key]
    if (value !== undefined) kept[key] = value as Exclude<T[typeof key], undefined>
  }
  return kept
}

function pairsOf(value: unknown): EncryptionContext | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const pairs: [string, string][] = []
  for (const [key, text] of Object.entries(value)) if (typeof text === 'string') pairs.push([key, text])
  return Object.fromEntries(pairs)
}
