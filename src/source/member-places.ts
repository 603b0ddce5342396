/**
 * Finds the members of a simulation document in its text without reading their values.
 *
 * The quick way into a document: it takes only what is certainly the outline of one object with known member names, each
 * once. For anything else it says nothing, and the document is read in full, which finds the fault or the reason.
 */
import { SIMULATION_MEMBERS, type MemberPlace, type MemberPlaces } from './read-simulation.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** Undefined unless the text is one object of known members; whether their values are JSON is not looked at. */
export function findMembers(text: string): MemberPlaces | undefined {
  const places = new Map<string, MemberPlace>()
  // White space before it may hold lines, and then the document begins on another.
  if (text.charCodeAt(0) !== OPEN_BRACE) return undefined
  let at = skipSpace(text, 1)
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) return undefined
    const keyEnd = text.indexOf('"', at + 1)
    if (keyEnd < 0) return undefined
    const key = text.slice(at + 1, keyEnd)
    // No known name has an escape in it. The checks of a `multi` document have members of their own, which are not found here.
    if (!SIMULATION_MEMBERS.has(key) || key === 'checks' || places.has(key)) return undefined
    const colon = skipSpace(text, keyEnd + 1)
    if (text.charCodeAt(colon) !== COLON) return undefined
    const start = skipSpace(text, colon + 1)
    const end = valueEnd(text, start)
    if (end <= start) return undefined
    places.set(key, { start, end, keyStart: at, keyEnd: keyEnd + 1 })
    at = skipSpace(text, end)
    const next = text.charCodeAt(at)
    if (next === CLOSE_BRACE) return skipSpace(text, at + 1) === text.length ? places : undefined
    if (next !== COMMA) return undefined
    at = skipSpace(text, at + 1)
  }
}

function skipSpace(text: string, from: number): number {
  let at = from
  for (;;) {
    const unit = text.charCodeAt(at)
    if (unit !== 0x20 && unit !== 0x09 && unit !== 0x0a && unit !== 0x0d) return at
    at++
  }
}

/** Where the value that begins at `start` ends, by brackets and quotes alone; `start` where it does not end. */
function valueEnd(text: string, start: number): number {
  const first = text.charCodeAt(start)
  if (first === QUOTE) return stringEnd(text, start) ?? start
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return wordEnd(text, start)
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) {
      const end = stringEnd(text, at)
      if (end === undefined) return start
      at = end - 1
    } else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      depth++
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      depth--
      if (depth === 0) return at + 1
    }
  }
  return start
}

/** Behind the closing quote of the string that begins at `start`. */
function stringEnd(text: string, start: number): number | undefined {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at + 1
  }
  return undefined
}

/** A number, `true`, `false` or `null`; what is none of these is refused when it is read. */
function wordEnd(text: string, start: number): number {
  let at = start
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    const isWord =
      (unit >= 0x61 && unit <= 0x7a) ||
      (unit >= 0x30 && unit <= 0x39) ||
      unit === 0x2b ||
      unit === 0x2d ||
      unit === 0x2e ||
      unit === 0x45
    if (!isWord) break
    at++
  }
  return at
}
