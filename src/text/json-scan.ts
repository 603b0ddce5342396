/**
 * Where the values of a JSON text end, by brackets and quotes alone.
 *
 * For whoever wants a part of a text without reading the rest. Whether what stands between the brackets is JSON is for
 * its reader to say.
 *
 * Source: RFC 8259.
 */

/** The characters that JSON is put together with. */
export const JSON_UNIT = {
  quote: 0x22,
  backslash: 0x5c,
  colon: 0x3a,
  comma: 0x2c,
  openBrace: 0x7b,
  closeBrace: 0x7d,
  openBracket: 0x5b,
  closeBracket: 0x5d,
} as const

/** The first place from `from` on that is no white space. */
export function skipSpace(text: string, from: number): number {
  let at = from
  for (;;) {
    const unit = text.charCodeAt(at)
    if (unit !== 0x20 && unit !== 0x09 && unit !== 0x0a && unit !== 0x0d) return at
    at++
  }
}

/** Behind the value that begins at `start`; undefined where none begins or it does not end. */
export function valueEnd(text: string, start: number): number | undefined {
  const first = text.charCodeAt(start)
  if (first === JSON_UNIT.quote) return stringEnd(text, start)
  if (first === JSON_UNIT.openBrace || first === JSON_UNIT.openBracket) return bracketEnd(text, start)
  const end = wordEnd(text, start)
  return end === start ? undefined : end
}

/** Behind the bracket that closes the one at `start`. */
export function bracketEnd(text: string, start: number): number | undefined {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === JSON_UNIT.quote) {
      const end = stringEnd(text, at)
      if (end === undefined) return undefined
      at = end - 1
    } else if (unit === JSON_UNIT.openBrace || unit === JSON_UNIT.openBracket) {
      depth++
    } else if (unit === JSON_UNIT.closeBrace || unit === JSON_UNIT.closeBracket) {
      depth--
      if (depth === 0) return at + 1
    }
  }
  return undefined
}

/** Behind the closing quote of the string that begins at `start`. */
export function stringEnd(text: string, start: number): number | undefined {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === JSON_UNIT.backslash) slashes++
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
