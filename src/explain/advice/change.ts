/**
 * Changes that could let a denied call in: another value of a condition key, an edit of a policy, a new policy, a grant.
 *
 * Types only. A change says what it costs; what it does to a call is `changed-call.ts`.
 */
import type { Grant } from '../../graph/grant.js'
import type { PolicyEdit, StatementValue } from '../../policy/policy-edit.js'
import type { PolicyTrace } from '../../decide/trace.js'

export type Change = ContextChange | PolicyChange | NewPolicyChange | GrantChange

interface Costs {
  readonly cost: number
  /** Unlike that of every other change of one question. */
  readonly id: string
}

/** One value for one key; undefined: the request lacks it. */
export interface ContextChange extends Costs {
  readonly kind: 'context'
  /** In lower case. */
  readonly key: string
  /** As a policy or the request spells it. */
  readonly name: string
  readonly value: string | readonly string[] | undefined
}

export interface PolicyChange extends Costs {
  readonly kind: 'policy'
  readonly policy: PolicyTrace
  readonly edit: PolicyEdit
}

/** An identity policy of its own for the caller. */
export interface NewPolicyChange extends Costs {
  readonly kind: 'newPolicy'
  readonly statement: StatementValue
}

export interface GrantChange extends Costs {
  readonly kind: 'grant'
  readonly grant: Grant
}

/**
 * What an edit costs: narrow before wide, one's own before another's, and never lightly what guards an organization.
 * Changes of the request are in `context-changes.ts`, and cost less than every edit.
 */
export const COSTS = {
  identityEntry: 10,
  identityStatement: 12,
  grant: 14,
  keyPolicyEntry: 16,
  keyPolicyValue: 17,
  keyPolicyStatement: 18,
  keyPolicyPrincipal: 19,
  delegation: 24,
  boundary: 26,
  session: 26,
  endpoint: 30,
  ownDeny: 32,
  keyPolicyDeny: 34,
  guardrailAllow: 50,
  guardrailDeny: 70,
} as const
