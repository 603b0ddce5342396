/**
 * Where the values of a JSON text begin and end, by brackets and quotes alone.
 *
 * The quick way through a dump of a hundred megabytes: its parts are read one by one, and no tree of the whole is ever
 * made. Whether a part is JSON is for its reader to say; where brackets do not match, nothing is answered.
 */
import type { Span } from '../../text/source.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const BYTE_ORDER_MARK = 0xfeff

/** The values that stand in a text one after the other; undefined where that cannot be told. */
export function outlineValues(text: string): readonly Span[] | undefined {
  const values: Span[] = []
  let at = skipSpace(text, text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0)
  while (at < text.length) {
    const first = text.charCodeAt(at)
    // Bare words and strings follow each other only in a text that is no JSON at all.
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return undefined
    const end = bracketEnd(text, at)
    if (end === undefined) return undefined
    values.push({ start: at, end })
    at = skipSpace(text, end)
  }
  return values
}

/** The places of the items of the list that is the text from `start` to `end`. */
export function outlineItems(text: string, { start, end }: Span): readonly Span[] | undefined {
  if (text.charCodeAt(start) !== OPEN_BRACKET) return undefined
  const items: Span[] = []
  let at = skipSpace(text, start + 1)
  if (text.charCodeAt(at) === CLOSE_BRACKET) return at + 1 === end ? items : undefined
  for (;;) {
    const itemEnd = valueEnd(text, at)
    if (itemEnd === undefined) return undefined
    items.push({ start: at, end: itemEnd })
    at = skipSpace(text, itemEnd)
    const next = text.charCodeAt(at)
    if (next === CLOSE_BRACKET) return at + 1 === end ? items : undefined
    if (next !== COMMA) return undefined
    at = skipSpace(text, at + 1)
  }
}

/** The members of the object that is the text from `start` to `end`; undefined also for keys with escapes or twice. */
export function outlineMembers(text: string, { start, end }: Span): ReadonlyMap<string, Span> | undefined {
  if (text.charCodeAt(start) !== OPEN_BRACE) return undefined
  const members = new Map<string, Span>()
  let at = skipSpace(text, start + 1)
  if (text.charCodeAt(at) === CLOSE_BRACE) return at + 1 === end ? members : undefined
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) return undefined
    const keyEnd = stringEnd(text, at)
    if (keyEnd === undefined) return undefined
    const key = text.slice(at + 1, keyEnd - 1)
    if (key.includes('\\') || members.has(key)) return undefined
    const colon = skipSpace(text, keyEnd)
    if (text.charCodeAt(colon) !== COLON) return undefined
    const valueStart = skipSpace(text, colon + 1)
    const stop = valueEnd(text, valueStart)
    if (stop === undefined) return undefined
    members.set(key, { start: valueStart, end: stop })
    at = skipSpace(text, stop)
    const next = text.charCodeAt(at)
    if (next === CLOSE_BRACE) return at + 1 === end ? members : undefined
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

function valueEnd(text: string, start: number): number | undefined {
  const first = text.charCodeAt(start)
  if (first === QUOTE) return stringEnd(text, start)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return bracketEnd(text, start)
  const end = wordEnd(text, start)
  return end === start ? undefined : end
}

function bracketEnd(text: string, start: number): number | undefined {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) {
      const end = stringEnd(text, at)
      if (end === undefined) return undefined
      at = end - 1
    } else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      depth++
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      depth--
      if (depth === 0) return at + 1
    }
  }
  return undefined
}

/** Behind the closing quote. */
function stringEnd(text: string, start: number): number | undefined {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at + 1
  }
  return undefined
}

/** A number, `true`, `false` or `null`. */
function wordEnd(text: string, start: number): number {
  let at = start
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    const isLetter = unit >= 0x61 && unit <= 0x7a
    const isDigit = unit >= 0x30 && unit <= 0x39
    if (!isLetter && !isDigit && unit !== 0x2b && unit !== 0x2d && unit !== 0x2e && unit !== 0x45) break
    at++
  }
  return at
}
