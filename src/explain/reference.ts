/**
 * How an answer points at a statement or a grant: the form that simulation documents use.
 *
 * Knows nothing of why a statement is pointed at.
 */
import type { LayerTrace, PolicyTrace, StatementTrace, Trace } from '../decide/trace.js'
import type { Layer } from '../graph/combine.js'
import type { Grant } from '../graph/grant.js'
import type { Effect } from '../policy/document.js'

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
  const { index, sid } = statement
  if (account === undefined && level === undefined) {
    return sid === undefined ? { layer, policy, statement: index } : { layer, policy, statement: index, sid }
  }
  return {
    layer,
    ...(account === undefined ? {} : { account }),
    ...(level === undefined ? {} : { level }),
    policy,
    statement: index,
    ...(sid === undefined ? {} : { sid }),
  }
}

export function grantRef({ grantId }: Grant): GrantRef {
  return { layer: 'grant', grantId }
}

export function layerTrace(trace: Trace, layer: Layer): LayerTrace | undefined {
  for (const each of trace.layers) if (each.layer === layer) return each
  return undefined
}

export interface PlacedStatement {
  readonly policy: PolicyTrace
  readonly traced: StatementTrace
}

/** Every statement of a layer with its policy, in order. */
export function statementsOf(layer: LayerTrace | undefined): readonly PlacedStatement[] {
  return layer === undefined
    ? []
    : layer.policies.flatMap((policy) => policy.statements.map((traced) => ({ policy, traced })))
}

/** The statements of this effect that apply. */
export function appliedIn(layer: LayerTrace | undefined, effect: Effect): readonly PlacedStatement[] {
  const applied: PlacedStatement[] = []
  for (const policy of layer?.policies ?? []) {
    for (const traced of policy.statements) {
      if (traced.applies && traced.statement.effect === effect) applied.push({ policy, traced })
    }
  }
  return applied
}
