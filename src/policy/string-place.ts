/**
 * Where a part of a string's value stands in the text the string was read from.
 *
 * JSON escapes make value and text differ in length; a YAML string may be folded as well, and then the answer is the
 * whole string.
 */
import type { Span } from '../text/source.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75

/** The span of `value.slice(from, to)` inside the string token at `token`. */
export function spanInString(text: string, token: Span, value: string, from: number, to: number): Span {
  const isQuoted = text.charCodeAt(token.start) === QUOTE
  const bodyStart = isQuoted ? token.start + 1 : token.start
  if (text.startsWith(value, bodyStart)) return { start: bodyStart + from, end: bodyStart + to }
  if (!isQuoted) return { start: token.start, end: token.end }

  const start = afterUnits(text, bodyStart, from, token.end)
  const end = afterUnits(text, start, to - from, token.end)
  return { start, end }
}

/** Steps over `count` code units of a JSON string's value, an escape being one unit. */
function afterUnits(text: string, from: number, count: number, limit: number): number {
  let at = from
  for (let unit = 0; unit < count && at < limit; unit++) {
    if (text.charCodeAt(at) !== BACKSLASH) at++
    else at += text.charCodeAt(at + 1) === LOWER_U ? 6 : 2
  }
  return Math.min(at, limit)
}
