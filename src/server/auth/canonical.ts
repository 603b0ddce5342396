/**
 * Paths, queries and header values in the one form in which Signature Version 4 signs them.
 *
 * Texts here are as `node:http` gives them: one character a byte. Every function takes one pass, whatever it is given.
 *
 * Source: IAM User Guide, "Create a signed AWS API request", step 1; the cases of AWS's Signature Version 4 test suite
 * where that is silent (`+` in a query is a blank, a `%` without two digits is itself).
 */

/** One parameter of a query, name and value encoded anew. */
export interface QueryParameter {
  readonly name: string
  readonly value: string
}

const UNRESERVED = /^[A-Za-z0-9\-._~]*$/
const SLASH = 0x2f
const PERCENT = 0x25
const PLUS = 0x2b
const BLANK = 0x20

/** What each byte is in an encoded text. */
const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
})

/** The path of a service other than S3: relative and empty segments resolved, then encoded once more. */
export function canonicalPath(path: string): string {
  if (path === '/' || path === '') return '/'
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  if (segments.length === 0) return '/'
  return `/${encodePath(segments.join('/'))}${path.endsWith('/') ? '/' : ''}`
}

function encodePath(path: string): string {
  let encoded = ''
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index)
    encoded += code === SLASH ? '/' : (ENCODED[code] ?? '%')
  }
  return encoded
}

/** The parameters of a query in their order; undefined where there are more than `most`. Empty pieces are none. */
export function parseQuery(query: string, most: number): readonly QueryParameter[] | undefined {
  const parameters: QueryParameter[] = []
  let start = 0
  while (start < query.length) {
    let end = query.indexOf('&', start)
    if (end < 0) end = query.length
    if (end > start) {
      if (parameters.length === most) return undefined
      const equals = query.indexOf('=', start)
      const nameEnd = equals < 0 || equals > end ? end : equals
      parameters.push({ name: encodeAnew(query, start, nameEnd), value: encodeAnew(query, nameEnd + 1, end) })
    }
    start = end + 1
  }
  return parameters
}

/** By name, then by value; `without` is left out. */
export function canonicalQuery(parameters: readonly QueryParameter[], without: string | undefined): string {
  const signed = parameters.filter(({ name }) => name !== without)
  // Encoded texts are ASCII, whose order is that of their bytes.
  signed.sort((a, b) => (a.name === b.name ? order(a.value, b.value) : order(a.name, b.name)))
  return signed.map(({ name, value }) => `${name}=${value}`).join('&')
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** What was percent-encoded in one way or another, in the one way. */
function encodeAnew(text: string, start: number, end: number): string {
  const piece = text.slice(start, end)
  if (UNRESERVED.test(piece)) return piece
  let encoded = ''
  for (let index = 0; index < piece.length; index++) {
    let code = piece.charCodeAt(index)
    if (code === PERCENT) {
      const byte = hexByte(piece, index + 1)
      if (byte >= 0) {
        code = byte
        index += 2
      }
    } else if (code === PLUS) code = BLANK
    encoded += ENCODED[code] ?? '%'
  }
  return encoded
}

/** The bytes of an encoded text, one character each. */
export function decodeEncoded(encoded: string): string {
  if (!encoded.includes('%')) return encoded
  let text = ''
  for (let index = 0; index < encoded.length; index++) {
    if (encoded.charCodeAt(index) !== PERCENT) text += encoded[index]!
    else {
      text += String.fromCharCode(hexByte(encoded, index + 1))
      index += 2
    }
  }
  return text
}

/** Negative where no two hexadecimal digits stand there. */
function hexByte(text: string, index: number): number {
  const high = hexDigit(text.charCodeAt(index))
  const low = hexDigit(text.charCodeAt(index + 1))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** Without white space around, and with one blank for each run of it inside. */
export function canonicalHeaderValue(value: string): string {
  let isClean = true
  let wasSpace = true
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    const space = isSpace(code)
    if (space && (wasSpace || code !== BLANK)) {
      isClean = false
      break
    }
    wasSpace = space
  }
  if (isClean && (!wasSpace || value === '')) return value
  return collapse(value)
}

function collapse(value: string): string {
  let text = ''
  let start = 0
  while (start < value.length) {
    while (start < value.length && isSpace(value.charCodeAt(start))) start++
    let end = start
    while (end < value.length && !isSpace(value.charCodeAt(end))) end++
    if (end > start) text += text === '' ? value.slice(start, end) : ` ${value.slice(start, end)}`
    start = end
  }
  return text
}

/** Of ASCII alone: beyond it, a byte is a part of some character. */
function isSpace(code: number): boolean {
  return code === BLANK || (code >= 0x09 && code <= 0x0d)
}
