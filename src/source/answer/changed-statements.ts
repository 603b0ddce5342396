/**
 * Which statements make a difference: those of the world that allows more, or the Deny that is gone.
 */
import type { Call } from '../../decide/call.js'
import type { Layer } from '../../graph/combine.js'
import type { CompiledPolicy } from '../../graph/policy.js'
import { documentOf } from '../../graph/documents.js'
import { LAYER_NAMES, quoted, statementName } from '../../explain/names.js'
import { placeOf, type Place } from '../../explain/place.js'
import type { Difference } from '../../solve/access.js'
import type { SolvedPart, SolvedStatement } from '../../solve/statements.js'
import { shownSource } from '../world/policy-text.js'

export interface MakingStatement {
  /** `key policy, statement 2 "App"` */
  readonly name: string
  readonly effect: 'Allow' | 'Deny'
  readonly place: Place | null
}

/**
 * What makes a difference.
 * @param wider - the index of the world that allows it, 0 or 1.
 */
export function makingOf(difference: Difference, wider: 0 | 1): readonly MakingStatement[] {
  const [allowing, other] = wider === 1 ? [difference.after, difference.before] : [difference.before, difference.after]
  const calls = difference.witness?.calls ?? []
  const [there, elsewhere] = [calls[wider], calls[1 - wider]]
  const known = elsewhere === undefined ? new Set<number>() : rowsOf(elsewhere)
  const changed = allowing.filter((part) => 'grantId' in part || !known.has(rowOf(part)))
  if (changed.length > 0) return changed.map(making)
  // What is allowed was allowed before as well: something else stood in its way.
  const here = there === undefined ? new Set<number>() : rowsOf(there)
  const gone = other.filter((part) => !('grantId' in part) && part.effect === 'Deny' && !here.has(rowOf(part)))
  return gone.length > 0 ? gone.map(making) : restsOn(allowing)
}

/** What an access rests on: what gives it, and not what merely lets it through. */
export function restsOn(because: readonly SolvedPart[]): readonly MakingStatement[] {
  return because.filter(({ layer }) => GIVES.has(layer)).map(making)
}

const GIVES: ReadonlySet<Layer> = new Set(['keyPolicy', 'identity', 'grant'])

function rowOf({ compiled, statement }: SolvedStatement): number {
  return compiled.row(statement)
}

function rowsOf(call: Call): ReadonlySet<number> {
  const policies: (CompiledPolicy | undefined)[] = [
    call.keyPolicy,
    call.boundary,
    call.endpoint?.policy,
    ...call.identity,
    ...call.session,
    ...(call.scps ?? []).flat(),
    ...(call.rcps ?? []).flat(),
  ]
  const rows = new Set<number>()
  for (const policy of policies) {
    if (policy === undefined) continue
    for (let statement = 0; statement < policy.length; statement++) rows.add(policy.row(statement))
  }
  return rows
}

function making(part: SolvedPart): MakingStatement {
  if ('grantId' in part) return { name: `grant ${quoted(part.grantId)}`, effect: 'Allow', place: null }
  const { layer, compiled, statement: index, effect } = part
  const { document } = documentOf(compiled)
  const statement = document.statements[index]
  const source = shownSource({ compiled }) ?? document.source
  const place = placeOf({ ...document, source }, { part: 'statement', statement: index })
  const name = statement === undefined ? `statement ${index + 1}` : statementName(statement)
  return { name: `${layerName(layer)}, ${name}`, effect, place }
}

function layerName(layer: Layer): string {
  return LAYER_NAMES[layer].one
}
