/**
 * A policy document as the rest of the program knows it: shape checked, values in text form, nothing evaluated.
 *
 * Knows nothing of requests, attachment or evaluation. Places are not kept here: `locate` finds a part in its source
 * again when somebody asks (see `locate.ts`), so a loaded policy costs no spans.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language"; KMS Developer Guide, "Creating a key policy".
 */
import type { SourceError, SourceText } from '../text/source.js'

/** `resource` is a resource-based policy of a service other than KMS (a bucket policy, say). */
export type PolicyKind = 'key' | 'identity' | 'boundary' | 'session' | 'scp' | 'rcp' | 'vpce' | 'trust' | 'resource'

export type PolicyVersion = '2008-10-17' | '2012-10-17'

export interface PolicyDocument {
  readonly kind: PolicyKind
  /** Absent in the text means `2008-10-17`. */
  readonly version: PolicyVersion
  readonly id?: string
  readonly statements: readonly Statement[]
  readonly source: PolicySource
  /** What is legal and still looks wrong; never a reason to refuse. */
  readonly diagnostics: readonly SourceError[]
}

/** Where the text of a policy stands: `offset` is where its document begins inside a larger text (else 0). */
export interface PolicySource {
  readonly source: SourceText
  readonly format: 'json' | 'yaml'
  /** JSON pointer of the policy inside `source`; '' when the source is the policy. */
  readonly pointer: string
}

export type Effect = 'Allow' | 'Deny'

export interface Statement {
  readonly index: number
  readonly sid?: string
  readonly effect: Effect
  /** Absent: an identity-side policy, or a key-policy statement that lacks the element. */
  readonly principal?: PrincipalElement
  /** Absent: the statement has no effect (key policies only). */
  readonly action?: PatternElement
  /**
   * Absent: in a key policy the statement has no effect; elsewhere (a trust policy, some resource-based policies) the
   * resource is the one that the policy belongs to.
   */
  readonly resource?: PatternElement
  readonly conditions: readonly ConditionTest[]
}

/** Action/NotAction or Resource/NotResource. An empty list makes the statement do nothing, negated or not (A8). */
export interface PatternElement {
  readonly negated: boolean
  readonly patterns: readonly string[]
}

export interface PrincipalElement {
  readonly negated: boolean
  readonly entries: readonly PrincipalEntry[]
}

/**
 * One principal, by form (facts C1). `value` is: for `account` the 12 digits; for `any` '*'; for `uniqueId` the id;
 * for `service` the service name; otherwise the ARN as written.
 */
export interface PrincipalEntry {
  readonly kind:
    | 'any'
    | 'account'
    | 'user'
    | 'role'
    | 'session'
    | 'federatedUser'
    | 'service'
    | 'uniqueId'
    | 'federated'
    | 'canonicalUser'
  readonly value: string
}

/** Positive operators; `ArnEquals` is `ArnLike` (facts B3). */
export type BaseOperator =
  | 'StringEquals'
  | 'StringEqualsIgnoreCase'
  | 'StringLike'
  | 'NumericEquals'
  | 'NumericLessThan'
  | 'NumericLessThanEquals'
  | 'NumericGreaterThan'
  | 'NumericGreaterThanEquals'
  | 'DateEquals'
  | 'DateLessThan'
  | 'DateLessThanEquals'
  | 'DateGreaterThan'
  | 'DateGreaterThanEquals'
  | 'Bool'
  | 'BinaryEquals'
  | 'IpAddress'
  | 'ArnLike'
  | 'Null'

export interface ConditionTest {
  /** The operator as written, e.g. `ForAnyValue:StringNotLikeIfExists`. */
  readonly operator: string
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined
  readonly base: BaseOperator
  /** True for the Not… operators: `StringNotEquals` is base `StringEquals`, negated. */
  readonly negated: boolean
  readonly ifExists: boolean
  /** The condition key as written; keys compare without case. */
  readonly key: string
  /** In text form: `true` is "true", 21 is "21" (facts A1.5). */
  readonly values: readonly string[]
}
