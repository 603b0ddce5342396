/**
 * A trace as JSON: every layer, statement and condition of one decision, with wanted and got values.
 *
 * Leaves out what a reader of the document has before him: the policies themselves.
 */
import type {
  ConditionMiss,
  ConditionTrace,
  GrantTrace,
  LayerTrace,
  PolicyTrace,
  StatementPart,
  StatementTrace,
  Trace,
} from '../decide/trace.js'
import type { DecisionKind, Layer } from '../graph/combine.js'
import type { GrantMiss } from '../graph/grant.js'
import { CLASS_ACCOUNT, CLASS_DIRECT, CLASS_NONE, CLASS_VIA } from '../graph/subject.js'
import type { Effect } from '../policy/document.js'

export interface TraceJson {
  readonly layers: readonly LayerJson[]
}

export interface LayerJson {
  readonly layer: Layer
  readonly verdict: DecisionKind
  /** Whether the decision went through this layer. */
  readonly consulted: boolean
  readonly policies: readonly PolicyJson[]
  readonly grants?: readonly GrantJson[]
}

export interface PolicyJson {
  readonly account?: string
  readonly level?: number
  readonly policy: number
  readonly statements: readonly StatementJson[]
}

export interface StatementJson {
  readonly statement: number
  readonly sid?: string
  readonly effect: Effect
  readonly applies: boolean
  /** Parts that did not match; empty exactly when the statement applies. */
  readonly failed: readonly StatementPart[]
  /** How the Principal element reaches the caller. */
  readonly reach: Reach
  readonly conditions: readonly ConditionJson[]
}

export interface ConditionJson {
  readonly operator: string
  readonly key: string
  readonly wanted: readonly string[]
  /** Null: the request does not have the key, or the policy cannot see it. */
  readonly got: string | readonly string[] | null
  readonly holds: boolean
  /** Why a test that does not hold fails. */
  readonly miss: ConditionMiss | null
}

export interface GrantJson {
  readonly grantId: string
  /** Null when the grant permits the call. */
  readonly miss: GrantMiss | null
}

type Reach = 'none' | 'account' | 'via' | 'direct'

export function traceJson(trace: Trace): TraceJson {
  return { layers: trace.layers.map(layerJson) }
}

// Objects of one shape are made and printed several times as fast as those put together by spreading, so the forms with
// and without an optional member are written out.

function layerJson({ layer, verdict, consulted, policies: traced, grants }: LayerTrace): LayerJson {
  const policies = traced.map(policyJson)
  if (layer !== 'grant') return { layer, verdict, consulted, policies }
  return { layer, verdict, consulted, policies, grants: grants.map(grantJson) }
}

function policyJson({ account, level, policy, statements: traced }: PolicyTrace): PolicyJson {
  const statements = traced.map(statementJson)
  if (account === undefined) return level === undefined ? { policy, statements } : { level, policy, statements }
  return level === undefined ? { account, policy, statements } : { account, level, policy, statements }
}

function statementJson(traced: StatementTrace): StatementJson {
  const { applies, failed } = traced
  const { index: statement, sid, effect } = traced.statement
  const reach = reachName(traced.reach)
  const conditions = traced.conditions.map(conditionJson)
  return sid === undefined
    ? { statement, effect, applies, failed, reach, conditions }
    : { statement, sid, effect, applies, failed, reach, conditions }
}

function reachName(reach: StatementTrace['reach']): Reach {
  switch (reach) {
    case CLASS_NONE:
      return 'none'
    case CLASS_ACCOUNT:
      return 'account'
    case CLASS_VIA:
      return 'via'
    case CLASS_DIRECT:
      return 'direct'
  }
}

function conditionJson({ test, holds, got, miss }: ConditionTrace): ConditionJson {
  return { operator: test.operator, key: test.key, wanted: test.values, got: got ?? null, holds, miss: miss ?? null }
}

function grantJson({ grant, miss }: GrantTrace): GrantJson {
  return { grantId: grant.grantId, miss: miss ?? null }
}
