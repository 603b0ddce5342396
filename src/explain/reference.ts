/**
 * How an answer points at a statement or a grant: the form that simulation documents use.
 *
 * Knows nothing of why a statement is pointed at.
 */
import type { LayerTrace, PolicyTrace, StatementTrace, Trace } from '../decide/trace.js'
import type { Layer } from '../graph/combine.js'
import type { Grant } from '../graph/grant.js'

export interface StatementRef {
  readonly layer: Exclude<Layer, 'grant' | 'operation'>
  /** SCPs and RCPs: the account whose path the policy is attached to, and the level, 0 at the organization's root. */
  readonly account?: string
  readonly level?: number
  /** Place of the policy in its layer or level, and of the statement in the policy. */
  readonly policy: number
  readonly statement: number
  readonly sid?: string
}

export interface GrantRef {
  readonly layer: 'grant'
  readonly grantId: string
}

export function statementRef(
  { layer, account, level, policy }: PolicyTrace,
  { statement }: StatementTrace,
): StatementRef {
  if (layer === 'grant' || layer === 'operation') throw new Error(`layer ${layer} has no policies`)
  return {
    layer,
    ...(account === undefined ? {} : { account }),
    ...(level === undefined ? {} : { level }),
    policy,
    statement: statement.index,
    ...(statement.sid === undefined ? {} : { sid: statement.sid }),
  }
}

export function grantRef({ grantId }: Grant): GrantRef {
  return { layer: 'grant', grantId }
}

export function layerTrace(trace: Trace, layer: Layer): LayerTrace | undefined {
  return trace.layers.find((each) => each.layer === layer)
}

export interface PlacedStatement {
  readonly policy: PolicyTrace
  readonly traced: StatementTrace
}

// Several questions are asked of one trace, each over all statements.
const placed = new WeakMap<LayerTrace, readonly PlacedStatement[]>()

/** Every statement of a layer with its policy, in order. */
export function statementsOf(layer: LayerTrace | undefined): readonly PlacedStatement[] {
  if (layer === undefined) return []
  let statements = placed.get(layer)
  if (statements === undefined) {
    statements = layer.policies.flatMap((policy) => policy.statements.map((traced) => ({ policy, traced })))
    placed.set(layer, statements)
  }
  return statements
}
