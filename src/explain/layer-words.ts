/**
 * The layers that took part, one line each.
 */
import type { LayerTrace, Trace } from '../decide/trace.js'
import type { DecisionKind, Layer } from '../graph/combine.js'
import { CLASS_ACCOUNT } from '../graph/subject.js'
import { fittingGrants, grantSays, permittingGrants } from './decisive.js'
import { layerTitle, levelName, listed, placedName, statementName } from './names.js'
import { lackingLevels, type RankedMiss } from './near-miss.js'
import { appliedIn, type PlacedStatement } from './reference.js'
import { grantName } from './statement-words.js'
import { SAYS_NOTHING } from '../graph/policy.js'

export interface ExplainedLayer {
  readonly layer: Layer
  readonly name: string
  readonly verdict: DecisionKind
  /** False where the decision would have been the same without this layer. */
  readonly mattered: boolean
  /** A few words on why, without a final stop. */
  readonly why: string
}

/** @param misses - every near miss of the trace, best first. */
export function layerLines(trace: Trace, misses: readonly RankedMiss[]): readonly ExplainedLayer[] {
  return trace.layers.map((layer) => ({
    layer: layer.layer,
    name: layerTitle(trace, layer.layer),
    verdict: layer.verdict,
    mattered: mattered(trace, layer),
    why: why(trace, layer, misses),
  }))
}

/** A layer is asked for its Denies in most decisions; what it lacks matters only where an Allow of it was needed. */
function mattered({ outcome }: Trace, { layer, verdict, consulted }: LayerTrace): boolean {
  if (verdict !== 'implicitDeny') return consulted || verdict === 'explicitDeny'
  if (outcome.decision === 'allow') return false
  // Had an identity policy been needed, its want would have been what is reported.
  const isLimit = outcome.layer === 'boundary' || outcome.layer === 'session'
  return isLimit && layer === 'identity' ? false : consulted
}

function why(trace: Trace, layer: LayerTrace, misses: readonly RankedMiss[]): string {
  if (layer.layer === 'operation') return 'does not work this way'
  if (layer.layer === 'grant') return grantsWhy(trace, layer)
  switch (layer.verdict) {
    case 'explicitDeny':
      return denyWhy(trace, appliedIn(layer, 'Deny'))
    case 'allow':
      return allowWhy(trace, layer)
    case 'implicitDeny':
      return lackWhy(trace, layer, misses)
  }
}

function denyWhy(trace: Trace, denies: readonly PlacedStatement[]): string {
  return `${namesOf(trace, denies)} ${denies.length === 1 ? 'denies' : 'deny'}`
}

/** In a layer of one policy the statement is name enough. */
function namesOf(trace: Trace, placed: readonly PlacedStatement[]): string {
  const single = placed.every(
    ({ policy }) => policy.layer === 'keyPolicy' || policy.layer === 'boundary' || policy.layer === 'vpce',
  )
  return listed(
    placed.map(({ policy, traced }) =>
      single ? statementName(traced.statement) : placedName(trace, policy, traced.statement),
    ),
    'and',
  )
}

function allowWhy(trace: Trace, layer: LayerTrace): string {
  const allows = appliedIn(layer, 'Allow')
  switch (layer.layer) {
    case 'scp':
      return 'every level allows'
    case 'rcp':
      return 'nothing denies'
    case 'vpce':
      return layer.policies.length === 0
        ? 'the default endpoint policy allows everything'
        : `${namesOf(trace, allows)} ${allows.length === 1 ? 'allows' : 'allow'}`
    case 'keyPolicy': {
      const named = allows.filter(({ traced }) => traced.reach !== CLASS_ACCOUNT)
      if (named.length > 0) return `${namesOf(trace, named)} ${named.length === 1 ? 'allows' : 'allow'} this caller`
      return `${namesOf(trace, allows)} ${allows.length === 1 ? 'leaves' : 'leave'} it to the account's IAM policies`
    }
    case 'identity':
    case 'boundary':
    case 'session':
    case 'grant':
    case 'operation':
      return `${namesOf(trace, allows)} ${allows.length === 1 ? 'allows' : 'allow'}`
  }
}

function lackWhy(trace: Trace, layer: LayerTrace, misses: readonly RankedMiss[]): string {
  if (layer.layer === 'scp') {
    const levels = lackingLevels(trace, layer).map((level) => levelName(trace, 'scp', level))
    return `nothing allows at ${listed(levels, 'and')}`
  }
  if (layer.layer === 'session' && trace.kind.session === 'missing') return 'none was passed'
  if (layer.policies.length === 0) return 'there are none'
  const near = misses.find((miss) => miss.kind === 'statement' && miss.policy.layer === layer.layer)
  if (near?.kind !== 'statement') return 'no statement allows'
  return `no statement allows; nearest is ${namesOf(trace, [near])} (${listed(near.traced.failed, 'and')} ${near.traced.failed.length === 1 ? 'does' : 'do'} not match)`
}

function grantsWhy(trace: Trace, { grants, verdict }: LayerTrace): string {
  const permitting = permittingGrants(trace)
  if (permitting.length > 0)
    return `${listed(permitting.map(grantName), 'and')} ${permitting.length === 1 ? 'permits' : 'permit'} it`
  if (verdict === 'allow') {
    const said = fittingGrants(trace)
      .filter((grant) => grantSays(trace, grant) !== SAYS_NOTHING)
      .map(grantName)
    return `${listed(said, 'and')} ${said.length === 1 ? 'fits' : 'fit'}, but the caller's own policies must allow as well`
  }
  return grants.length === 1 ? 'the one grant does not permit it' : `none of ${grants.length} permits it`
}
