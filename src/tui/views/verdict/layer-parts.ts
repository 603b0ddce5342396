/**
 * The statements and grants behind a layer, those that tell most first: what decided, what came close, what applied,
 * and then the rest.
 */
import { conditionWords, statementChecks, applyWords, missWords, type Check } from '../../../explain/statement-words.js'
import { knownStatement } from '../../../explain/known-statement.js'
import { LAYER_NAMES, placedName, type NamedTrace } from '../../../explain/names.js'
import { statementPlaces, type Place } from '../../../explain/place.js'
import { layerTrace, statementRef, statementsOf, type PlacedStatement } from '../../../explain/reference.js'
import type { ExplainedPart } from '../../../explain/story.js'
import type { Layer } from '../../../graph/combine.js'
import type { Answer } from '../../../source/answer/answer-question.js'
import { shownSource } from '../../../source/world/policy-text.js'

export interface LayerPart {
  /** Of its layer. */
  readonly id: string
  readonly name: string
  /** Among others of its layer. */
  readonly shortName: string
  /** It decided, came close or applied: what a reader looks for. */
  readonly isNear: boolean
  readonly effect: 'Allow' | 'Deny'
  readonly applies: boolean
  /** A clause whose subject is the statement. */
  readonly gist: string
  readonly checks: readonly Check[]
  /** The statement. */
  readonly place: Place | null
}

/** More are not read one by one. */
const MAX_PARTS = 200

export function partsOf({ explanation, trace }: Answer, layer: Layer): readonly LayerPart[] {
  const told = [...explanation.decisive, ...explanation.nearMisses].filter(({ ref }) => ref.layer === layer)
  const parts: LayerPart[] = told.map((part) => ({
    ...part,
    id: idOf(part.ref),
    shortName: shortened(part.name, layer),
    isNear: true,
  }))
  const known = new Set(parts.map(({ id }) => id))
  const rest = statementsOf(layerTrace(trace, layer)).filter((placed) => !known.has(idOfStatement(placed)))
  const applied = rest.filter(({ traced }) => traced.applies)
  const others = rest.filter(({ traced }) => !traced.applies)
  for (const placed of [...applied, ...others].slice(0, Math.max(MAX_PARTS - parts.length, 0))) {
    parts.push(partOf(trace, placed))
  }
  return parts
}

function idOf(ref: ExplainedPart['ref']): string {
  if (ref.layer === 'grant') return ref.grantId
  return [ref.account ?? '', ref.level ?? '', ref.policy, ref.statement].join('/')
}

function idOfStatement({ policy, traced }: PlacedStatement): string {
  return idOf(statementRef(policy, traced))
}

function partOf(trace: NamedTrace, placed: PlacedStatement): LayerPart {
  const { policy, traced } = placed
  const { statement } = traced
  const source = shownSource(policy)
  const document = source === undefined ? policy.document : { ...policy.document, source }
  const known = knownStatement(statement)
  const places = statementPlaces(document, statement.index)
  const words = conditionWords(trace, placed)
  const { gist } = traced.applies ? applyWords(trace, placed, known, words) : missWords(trace, placed, known, words)
  return {
    id: idOfStatement(placed),
    name: placedName(trace, policy, statement),
    shortName: shortened(placedName(trace, policy, statement), policy.layer),
    isNear: traced.applies,
    effect: statement.effect,
    applies: traced.applies,
    gist,
    checks: statementChecks(trace, traced, known, places, words),
    place: places.whole,
  }
}

const GRANT_LENGTH = 'grant "'.length + 12

/** Without what its layer says already: `key policy, `, `identity policy `. */
function shortened(name: string, layer: Layer): string {
  const { one } = LAYER_NAMES[layer]
  // Ids of grants are 64 digits, and people tell them apart by the first.
  if (layer === 'grant') return name.length > GRANT_LENGTH ? `${name.slice(0, GRANT_LENGTH)}…"` : name
  return name.startsWith(one) ? name.slice(one.length).replace(/^,? /, '') : name
}

/** The parts that explain the statement: those that fail, or of one that applies the conditions that it hangs on. */
export function tellingChecks({ applies, checks }: Pick<LayerPart, 'applies' | 'checks'>): readonly Check[] {
  return checks.filter(({ holds, part }) => (applies ? part === 'condition' : !holds))
}
