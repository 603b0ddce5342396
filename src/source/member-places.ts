/**
 * Finds the members of a simulation document in its text, without reading the values of those that may be known.
 *
 * The quick way into a document: it takes only what is certainly the outline of one object with known member names, each
 * once. For anything else it says nothing, and the document is read in full, which finds the fault or the reason.
 */
import { DEFAULT_MAX_DEPTH } from '../text/json.js'
import { JSON_UNIT, skipSpace, valueEnd } from '../text/json-scan.js'
import { readPlainJson } from '../text/plain-json.js'
import type { MemberMemory } from './member-memory.js'
import { SIMULATION_MEMBERS, type MemberPlace, type MemberPlaces } from './read-simulation.js'

/** Undefined unless the text is one object of known members; whether their values are JSON is not always looked at. */
export function findMembers(text: string, memory: MemberMemory): MemberPlaces | undefined {
  const places = new Map<string, MemberPlace>()
  // White space before it may hold lines, and then the document begins on another.
  if (text.charCodeAt(0) !== JSON_UNIT.openBrace) return undefined
  let at = skipSpace(text, 1)
  for (;;) {
    if (text.charCodeAt(at) !== JSON_UNIT.quote) return undefined
    const keyEnd = text.indexOf('"', at + 1)
    if (keyEnd < 0) return undefined
    const key = text.slice(at + 1, keyEnd)
    // No known name has an escape in it. The checks of a `multi` document have members of their own, which are not found here.
    if (!SIMULATION_MEMBERS.has(key) || key === 'checks' || places.has(key)) return undefined
    const colon = skipSpace(text, keyEnd + 1)
    if (text.charCodeAt(colon) !== JSON_UNIT.colon) return undefined
    const place = placeOf(key, at, text, skipSpace(text, colon + 1), memory)
    if (place === undefined) return undefined
    places.set(key, place)
    at = skipSpace(text, place.end)
    const next = text.charCodeAt(at)
    if (next === JSON_UNIT.closeBrace) return skipSpace(text, at + 1) === text.length ? places : undefined
    if (next !== JSON_UNIT.comma) return undefined
    at = skipSpace(text, at + 1)
  }
}

function placeOf(
  key: string,
  keyStart: number,
  text: string,
  start: number,
  memory: MemberMemory,
): MemberPlace | undefined {
  const keyEnd = keyStart + key.length + 2
  if (!memory.remembers(key)) {
    // One level less than a whole document, as a member is one level down.
    const node = readPlainJson(text, start, DEFAULT_MAX_DEPTH - 1)
    return node === undefined ? undefined : { start, end: node.end, keyStart, keyEnd, node, known: undefined }
  }
  const known = memory.findAt(key, text, start)
  const end = known === undefined ? valueEnd(text, start) : start + known.text.length
  return end === undefined ? undefined : { start, end, keyStart, keyEnd, node: undefined, known }
}
