/**
 * The simulation document, a fixed public format: one self-contained question, and what is answered to it.
 *
 * Types only. `simulation.schema.json` says the same to other programs; `docs/eval.md` says it to people.
 */
import type { CauseCode } from '../aws/causes.js'
import type { DecisionKind, Layer } from '../graph/combine.js'
import type { DecidedBy } from '../explain/decisive.js'
import type { Diagnostic } from '../explain/diagnostics.js'
import type { NearMiss } from '../explain/near-miss.js'
import type { TraceJson } from './trace-json.js'

/** A policy as its JSON has it. */
export type PolicyInput = object

export interface SimulationPrincipal {
  readonly type: 'user' | 'role' | 'root' | 'federated' | 'service'
  /** A role may also be given by its role ARN: any session of it. A service by its name. */
  readonly arn: string
  readonly accountId?: string | null
  /** Role: the role itself, with its path. */
  readonly roleArn?: string | null
  /** Federated: the user that called GetFederationToken. */
  readonly userArn?: string | null
  readonly userName?: string | null
  readonly userId?: string | null
  readonly roleId?: string | null
  readonly sessionName?: string | null
  readonly isServiceLinkedRole?: boolean | null
  readonly tags?: Readonly<Record<string, string>> | null
}

export interface SimulationResource {
  /** `none`, or a null resource, for an action without a resource. */
  readonly type?: 'key' | 'alias' | 'none' | null
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

export interface SimulationConstraints {
  readonly EncryptionContextEquals?: Readonly<Record<string, string>> | null
  readonly EncryptionContextSubset?: Readonly<Record<string, string>> | null
  readonly SourceArn?: string | null
}

interface GrantPrincipals {
  readonly GranteePrincipal?: string | null
  readonly GranteeServicePrincipal?: string | null
  readonly RetiringPrincipal?: string | null
  readonly RetiringServicePrincipal?: string | null
}

export interface SimulationGrant extends GrantPrincipals {
  readonly GrantId: string
  readonly KeyId: string
  readonly Name?: string | null
  readonly CreationDate?: string | number | null
  /** Twelve digits or a root ARN. */
  readonly IssuingAccount?: string | null
  readonly Operations: readonly string[]
  readonly Constraints?: SimulationConstraints | null
  /** False in the minutes in which only the grant's token makes it usable; true when left out. */
  readonly propagated?: boolean | null
}

export interface SimulationGrantRequest extends GrantPrincipals {
  readonly KeyId?: string | null
  readonly Name?: string | null
  readonly Operations?: readonly string[] | null
  readonly Constraints?: SimulationConstraints | null
  readonly GrantTokens?: readonly string[] | null
  readonly DryRun?: boolean | null
}

export interface SimulationRequest {
  /** What grant constraints are compared with. */
  readonly encryptionContext?: Readonly<Record<string, string>> | null
  readonly grantId?: string | null
  /** Ids of the grants whose tokens were sent. */
  readonly grantTokens?: readonly string[] | null
  readonly createGrant?: SimulationGrantRequest | null
  readonly bypassPolicyLockoutSafetyCheck?: boolean | null
  /** Read with `derive` only, as the next three. */
  readonly time?: string | null
  readonly keyIdAs?: string | null
  readonly via?: string | null
  readonly parameters?: object | null
}

export type SimulationScalar = string | number | boolean

/** Account -> levels, the organization's root first -> the policies attached there. */
export type SimulationLevels = Readonly<Record<string, readonly (readonly PolicyInput[])[]>>

interface SharedMembers {
  /** Echoed; the line number when absent. */
  readonly id?: string | number | null
  readonly principal: SimulationPrincipal
  readonly permissionsBoundary?: PolicyInput | null
  readonly sessionPolicies?: readonly PolicyInput[] | null
  readonly scps?: SimulationLevels | null
  readonly rcps?: SimulationLevels | null
  readonly managementAccounts?: readonly string[] | null
  readonly vpcEndpointPolicy?: PolicyInput | null
  readonly request?: SimulationRequest | null
  /** Fill in the condition keys that can be known. */
  readonly derive?: boolean | null
}

interface CheckMembers {
  readonly resource?: SimulationResource | null
  readonly identityPolicies?: readonly PolicyInput[] | null
  readonly grants?: readonly SimulationGrant[] | null
  /** A list is a multi-valued key; null is a key that is absent. */
  readonly context?: Readonly<Record<string, SimulationScalar | readonly SimulationScalar[] | null>> | null
}

export interface SimulationCheck extends CheckMembers {
  readonly action: string
  /** Null: no key policy takes part. */
  readonly keyPolicy?: PolicyInput | null
}

/** One decision. */
export interface AuthorizeDocument extends SharedMembers, SimulationCheck {
  readonly kind?: 'authorize' | null
}

/** One API call that needs several checks, all of which must allow. */
export interface MultiDocument extends SharedMembers {
  readonly kind: 'multi'
  /** Such as `ReEncrypt`. */
  readonly api?: string | null
  readonly checks: readonly SimulationCheck[]
}

/** Would this key policy be refused by the lockout safety check for this caller? */
export interface LockoutDocument extends SharedMembers, CheckMembers {
  readonly kind: 'lockout'
  readonly action?: 'kms:PutKeyPolicy' | null
  readonly newKeyPolicy: PolicyInput
}

export type SimulationDocument = AuthorizeDocument | MultiDocument | LockoutDocument

/** What the document says and the question does not take up, beside what the policies of the decision show. */
export type SimulationDiagnostic =
  Diagnostic | { readonly code: 'memberIgnored' | 'checksDiffer'; readonly message: string }

export interface DecisionAnswer {
  readonly id: string | number
  readonly decision: DecisionKind
  /** For an allow the layer that completes it, for a denial the one that AWS would name. */
  readonly layer: Layer
  readonly cause: CauseCode | null
  readonly by: readonly DecidedBy[]
  readonly nearest: readonly NearMiss[]
  readonly message: string | null
  /** Every layer that took part, with its own verdict. */
  readonly layers: Readonly<Partial<Record<Layer, DecisionKind>>>
  readonly diagnostics: readonly SimulationDiagnostic[]
  /** `multi` only: the first check that fails; the rest of the answer is about it, or about the last when all allow. */
  readonly failingCheck?: number | null
  /** With `--explain`. */
  readonly trace?: TraceJson
}

export interface LockoutAnswer {
  readonly id: string | number
  readonly lockout: 'pass' | 'fail'
  readonly message: string | null
  readonly trace?: TraceJson
}

export interface ErrorAnswer {
  readonly id: string | number
  readonly error: SimulationError
}

export interface SimulationError {
  readonly message: string
  /** In the document. */
  readonly pointer: string
  /** In the input, both from 1. */
  readonly line: number
  readonly column: number
}

export type SimulationAnswer = DecisionAnswer | LockoutAnswer | ErrorAnswer
