/**
 * Where the values of a JSON text begin and end, by brackets and quotes alone.
 *
 * The quick way through a dump of a hundred megabytes: its parts are read one by one, and no tree of the whole is ever
 * made. Whether a part is JSON is for its reader to say; where brackets do not match, nothing is answered.
 */
import { bracketEnd, JSON_UNIT, skipSpace, stringEnd, valueEnd } from '../../text/json-scan.js'
import type { Span } from '../../text/source.js'

const BYTE_ORDER_MARK = 0xfeff

/** The values that stand in a text one after the other; undefined where that cannot be told. */
export function outlineValues(text: string): readonly Span[] | undefined {
  const values: Span[] = []
  let at = skipSpace(text, text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0)
  while (at < text.length) {
    const first = text.charCodeAt(at)
    // Bare words and strings follow each other only in a text that is no JSON at all.
    if (first !== JSON_UNIT.openBrace && first !== JSON_UNIT.openBracket) return undefined
    const end = bracketEnd(text, at)
    if (end === undefined) return undefined
    values.push({ start: at, end })
    at = skipSpace(text, end)
  }
  return values
}

/** The places of the items of the list that is the text from `start` to `end`. */
export function outlineItems(text: string, { start, end }: Span): readonly Span[] | undefined {
  if (text.charCodeAt(start) !== JSON_UNIT.openBracket) return undefined
  const items: Span[] = []
  let at = skipSpace(text, start + 1)
  if (text.charCodeAt(at) === JSON_UNIT.closeBracket) return at + 1 === end ? items : undefined
  for (;;) {
    const itemEnd = valueEnd(text, at)
    if (itemEnd === undefined) return undefined
    items.push({ start: at, end: itemEnd })
    at = skipSpace(text, itemEnd)
    const next = text.charCodeAt(at)
    if (next === JSON_UNIT.closeBracket) return at + 1 === end ? items : undefined
    if (next !== JSON_UNIT.comma) return undefined
    at = skipSpace(text, at + 1)
  }
}

/** The members of the object that is the text from `start` to `end`; undefined also for keys with escapes or twice. */
export function outlineMembers(text: string, { start, end }: Span): ReadonlyMap<string, Span> | undefined {
  if (text.charCodeAt(start) !== JSON_UNIT.openBrace) return undefined
  const members = new Map<string, Span>()
  let at = skipSpace(text, start + 1)
  if (text.charCodeAt(at) === JSON_UNIT.closeBrace) return at + 1 === end ? members : undefined
  for (;;) {
    if (text.charCodeAt(at) !== JSON_UNIT.quote) return undefined
    const keyEnd = stringEnd(text, at)
    if (keyEnd === undefined) return undefined
    const key = text.slice(at + 1, keyEnd - 1)
    if (key.includes('\\') || members.has(key)) return undefined
    const colon = skipSpace(text, keyEnd)
    if (text.charCodeAt(colon) !== JSON_UNIT.colon) return undefined
    const valueStart = skipSpace(text, colon + 1)
    const stop = valueEnd(text, valueStart)
    if (stop === undefined) return undefined
    members.set(key, { start: valueStart, end: stop })
    at = skipSpace(text, stop)
    const next = text.charCodeAt(at)
    if (next === JSON_UNIT.closeBrace) return at + 1 === end ? members : undefined
    if (next !== JSON_UNIT.comma) return undefined
    at = skipSpace(text, at + 1)
  }
}
