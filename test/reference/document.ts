/**
 * The simulation document and the policies in it, as plain parsed JSON.
 *
 * Types only, written down a second time on purpose: nothing here comes from `src/`, so that a mistake there cannot
 * be repeated here. Knows nothing of evaluation.
 *
 * Source: the public simulation format; IAM User Guide, "Grammar of the IAM JSON policy language".
 */
export type OneOrMany<T> = T | readonly T[]
export type Scalar = string | number | boolean

export interface PrincipalMap {
  readonly AWS?: OneOrMany<string>
  readonly Service?: OneOrMany<string>
  readonly Federated?: OneOrMany<string>
  readonly CanonicalUser?: OneOrMany<string>
}
export type PrincipalJson = '*' | PrincipalMap
export type ConditionJson = Readonly<Record<string, Readonly<Record<string, OneOrMany<Scalar>>>>>

export interface StatementJson {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: PrincipalJson
  readonly NotPrincipal?: PrincipalJson
  readonly Action?: OneOrMany<string>
  readonly NotAction?: OneOrMany<string>
  readonly Resource?: OneOrMany<string>
  readonly NotResource?: OneOrMany<string>
  readonly Condition?: ConditionJson
}

export interface PolicyJson {
  readonly Version?: '2008-10-17' | '2012-10-17'
  readonly Id?: string
  readonly Statement: OneOrMany<StatementJson>
}

/** Request context: a list is a multi-valued key. */
export type Context = Readonly<Record<string, OneOrMany<Scalar> | null>>

export interface PrincipalInput {
  readonly type: 'user' | 'role' | 'root' | 'federated' | 'service'
  readonly arn: string
  readonly accountId?: string | null
  readonly roleArn?: string | null
  readonly userArn?: string | null
  readonly userName?: string | null
  readonly userId?: string | null
  readonly roleId?: string | null
  readonly sessionName?: string | null
  readonly isServiceLinkedRole?: boolean | null
  readonly tags?: Readonly<Record<string, string>> | null
}

export interface ResourceInput {
  readonly type: 'key' | 'alias' | 'none'
  readonly arn?: string | null
  readonly accountId?: string | null
  readonly keyManager?: 'CUSTOMER' | 'AWS' | null
  readonly keySpec?: string | null
  readonly keyUsage?: string | null
  readonly origin?: string | null
  readonly multiRegion?: boolean | null
  readonly aliases?: readonly string[] | null
  readonly tags?: Readonly<Record<string, string>> | null
}

export interface GrantConstraints {
  readonly EncryptionContextEquals?: Readonly<Record<string, string>>
  readonly EncryptionContextSubset?: Readonly<Record<string, string>>
  readonly SourceArn?: string
}

export interface GrantJson {
  readonly GrantId: string
  readonly KeyId: string
  readonly GranteePrincipal?: string
  readonly GranteeServicePrincipal?: string
  readonly RetiringPrincipal?: string
  readonly RetiringServicePrincipal?: string
  readonly IssuingAccount?: string
  readonly Operations: readonly string[]
  readonly Constraints?: GrantConstraints | null
  readonly propagated?: boolean | null
}

export interface CreateGrantInput {
  readonly GranteePrincipal?: string
  readonly GranteeServicePrincipal?: string
  readonly RetiringPrincipal?: string
  readonly RetiringServicePrincipal?: string
  readonly Operations?: readonly string[]
  readonly Constraints?: GrantConstraints | null
}

export interface RequestInput {
  readonly encryptionContext?: Readonly<Record<string, string>> | null
  readonly grantId?: string | null
  readonly grantTokens?: readonly string[] | null
  readonly createGrant?: CreateGrantInput | null
  readonly bypassPolicyLockoutSafetyCheck?: boolean | null
}

export type LeveledPolicies = Readonly<Record<string, readonly (readonly PolicyJson[])[]>>

/** Members that every kind of document has. */
export interface SharedMembers {
  readonly id?: string
  readonly principal: PrincipalInput
  readonly permissionsBoundary?: PolicyJson | null
  readonly sessionPolicies?: readonly PolicyJson[] | null
  readonly scps?: LeveledPolicies | null
  readonly rcps?: LeveledPolicies | null
  readonly managementAccounts?: readonly string[] | null
  readonly vpcEndpointPolicy?: PolicyJson | null
  readonly request?: RequestInput | null
}

/** What differs from check to check in a `multi` document. */
export interface CheckMembers {
  readonly action: string
  readonly resource?: ResourceInput | null
  readonly keyPolicy?: PolicyJson | null
  readonly identityPolicies?: readonly PolicyJson[] | null
  readonly context?: Context | null
  readonly grants?: readonly GrantJson[] | null
}

export interface AuthorizeDocument extends SharedMembers, CheckMembers {
  readonly kind?: 'authorize'
  readonly derive?: false
}

export interface MultiDocument extends SharedMembers {
  readonly kind: 'multi'
  readonly api: string
  readonly checks: readonly CheckMembers[]
  readonly derive?: false
}

export interface LockoutDocument extends SharedMembers, Omit<CheckMembers, 'action' | 'keyPolicy'> {
  readonly kind: 'lockout'
  readonly action?: 'kms:PutKeyPolicy'
  readonly newKeyPolicy: PolicyJson
  readonly derive?: false
}

export type SimulationDocument = AuthorizeDocument | MultiDocument | LockoutDocument

/** A single value stands for a list of one (A1.3); an absent one for an empty list. */
export function listOf<T extends Scalar>(value: OneOrMany<T> | null | undefined): readonly T[] {
  if (value === undefined || value === null) return []
  return typeof value === 'object' ? value : [value]
}
