/**
 * The policies in which an Allow was looked for and nothing near it was found, with their places in the files.
 *
 * A denial for want of an Allow has no statement to show. Which policies were read still tells where one would go.
 */
import type { LayerTrace } from '../../decide/trace.js'
import { causeOf } from '../../explain/cause.js'
import { placedPolicyName, type NamedTrace } from '../../explain/names.js'
import { lackingLevels } from '../../explain/near-miss.js'
import type { Layer } from '../../graph/combine.js'
import { beginningOf, originOf } from '../world/policy-text.js'

export interface LookedAt {
  /** `permissions boundary "Workloads"` */
  readonly name: string
  /** File of the world, and the line where the policy begins; null where it is in none. */
  readonly file: string | null
  readonly line: number | null
}

/** Of the layer that decided, or that limits a grant; empty where it has no policies. */
export function lookedAt(trace: NamedTrace): readonly LookedAt[] {
  if (trace.outcome.decision !== 'implicitDeny') return []
  const limits: readonly Layer[] = ['boundary', 'session']
  const layers: readonly Layer[] = causeOf(trace) === 'grant-limited' ? limits : [trace.outcome.layer]
  return trace.layers
    .filter(({ layer, verdict }) => layers.includes(layer) && verdict !== 'allow')
    .flatMap((traced) => ofLayer(trace, traced))
}

function ofLayer(trace: NamedTrace, traced: LayerTrace): readonly LookedAt[] {
  const levels = traced.layer === 'scp' ? new Set(lackingLevels(trace, traced)) : undefined
  return traced.policies
    .filter(({ level }) => levels === undefined || (level !== undefined && levels.has(level)))
    .map((policy) => {
      const origin = originOf(policy.compiled.source)
      return {
        name: placedPolicyName(trace, policy),
        file: origin?.source.name ?? null,
        line: origin === undefined ? null : beginningOf(origin).line,
      }
    })
}
