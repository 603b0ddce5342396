/**
 * An explanation as a JSON document for other programs. Its form is public: a member may be added, none changes its
 * meaning without a new `version`.
 */
import type { Place } from './place.js'
import type { Check } from './statement-words.js'
import type { ExplainedPart, Explanation } from './story.js'

/** A place without the text that it is in. */
export interface PlaceJson {
  /** The name of the source: a file as given, or `<stdin>`. */
  readonly source: string
  /** Offsets in UTF-16 units, the end exclusive. */
  readonly start: number
  readonly end: number
  readonly line: number
  readonly column: number
  readonly pointer: string
}

export interface CheckJson extends Omit<Check, 'place'> {
  readonly place: PlaceJson | null
}

export interface ExplainedPartJson extends Omit<ExplainedPart, 'place' | 'checks'> {
  readonly place: PlaceJson | null
  readonly checks: readonly CheckJson[]
}

export interface ExplanationJson extends Omit<Explanation, 'decisive' | 'nearMisses'> {
  readonly version: 1
  readonly decisive: readonly ExplainedPartJson[]
  readonly nearMisses: readonly ExplainedPartJson[]
}

export function explanationJson(explanation: Explanation): ExplanationJson {
  const { decisive, nearMisses } = explanation
  return { version: 1, ...explanation, decisive: decisive.map(partJson), nearMisses: nearMisses.map(partJson) }
}

function partJson(part: ExplainedPart): ExplainedPartJson {
  const { ref, name, effect, applies, sentence, gist, place, checks } = part
  return { ref, name, effect, applies, sentence, gist, place: placeJson(place), checks: checks.map(checkJson) }
}

function checkJson(check: Check): CheckJson {
  const { part, holds, wanted, got, place } = check
  return { part, holds, wanted, got, place: placeJson(place) }
}

function placeJson(place: Place | null): PlaceJson | null {
  if (place === null) return null
  const { source, span, line, column, pointer } = place
  return { source: source.name, start: span.start, end: span.end, line, column, pointer }
}
