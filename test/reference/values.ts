/**
 * The value formats of conditions: globs, numbers, dates, addresses, base64. Every reader answers `undefined` for a
 * text it cannot read.
 *
 * Knows nothing of operators or policies. Slow and plain on purpose: exact decimals in BigInt, addresses as lists of
 * bits, globs as a set of reachable places.
 *
 * Source: authorization.md A6, B3, B4.
 */

/** One character of a template; `literal` means it came from a variable and is never a wildcard. */
export interface Char {
  readonly char: string
  readonly literal: boolean
}

export interface GlobToken {
  readonly kind: 'star' | 'one' | 'char'
  readonly char: string
  /** Whether this wildcard may stand for a colon. */
  readonly crossesColon: boolean
}

export function globTokens(chars: readonly Char[], crossesColon = true): readonly GlobToken[] {
  return chars.map(({ char, literal }) => {
    if (!literal && char === '*') return { kind: 'star', char, crossesColon }
    if (!literal && char === '?') return { kind: 'one', char, crossesColon }
    return { kind: 'char', char, crossesColon }
  })
}

/** Does the whole text match? Keeps the set of places in the text that the tokens read so far can have reached. */
export function globMatches(tokens: readonly GlobToken[], text: string): boolean {
  const characters = [...text]
  let places = new Set([0])
  for (const token of tokens) {
    const next = new Set<number>()
    for (const place of places) {
      const here = characters[place]
      if (token.kind === 'star') {
        let end = place
        next.add(end)
        while (end < characters.length && (token.crossesColon || characters[end] !== ':')) next.add(++end)
      } else if (here === undefined) continue
      else if (token.kind === 'one') {
        if (token.crossesColon || here !== ':') next.add(place + 1)
      } else if (here === token.char) next.add(place + 1)
    }
    places = next
  }
  return places.has(characters.length)
}

export function rawChars(text: string): readonly Char[] {
  return [...text].map((char) => ({ char, literal: false }))
}

export function literalChars(text: string): readonly Char[] {
  return [...text].map((char) => ({ char, literal: true }))
}

export function textOf(chars: readonly Char[]): string {
  return chars.map(({ char }) => char).join('')
}

/** Splits at the first five colons: six parts or fewer. */
export function arnFields(chars: readonly Char[]): readonly (readonly Char[])[] {
  const fields: Char[][] = [[]]
  for (const each of chars) {
    if (each.char === ':' && fields.length < 6) fields.push([])
    else fields[fields.length - 1]?.push(each)
  }
  return fields
}

/** A decimal number as a fraction: `unscaled` / 10^`digits`. */
interface Decimal {
  readonly unscaled: bigint
  readonly digits: number
}

function parseDecimal(text: string): Decimal | undefined {
  const found = /^([+-]?)([0-9]+)(?:\.([0-9]+))?$/.exec(text)
  if (!found) return undefined
  const [, sign, whole = '', fraction = ''] = found
  const size = BigInt(whole + fraction)
  return { unscaled: sign === '-' ? -size : size, digits: fraction.length }
}

function compareDecimals(a: Decimal, b: Decimal): number {
  const left = a.unscaled * 10n ** BigInt(b.digits)
  const right = b.unscaled * 10n ** BigInt(a.digits)
  return left < right ? -1 : left > right ? 1 : 0
}

/** -1, 0 or 1; `undefined` when either text is not a number. */
export function compareNumbers(a: string, b: string): number | undefined {
  const left = parseDecimal(a)
  const right = parseDecimal(b)
  return left && right ? compareDecimals(left, right) : undefined
}

const DATE =
  /^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?$/

/** Seconds since the epoch. Four digits alone are a year; any other number is epoch seconds. */
function parseDate(text: string): Decimal | undefined {
  const found = DATE.exec(text)
  if (!found) return text.startsWith('+') ? undefined : parseDecimal(text)
  const [, year = '', month = '01', day = '01', hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] =
    found
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (h > 23 || mi > 59 || s > 59) return undefined
  const at = new Date(0)
  at.setUTCFullYear(y, mo - 1, d)
  // A month 13 or a 30 February rolls over into another date: then the text names no day.
  if (at.getUTCFullYear() !== y || at.getUTCMonth() !== mo - 1 || at.getUTCDate() !== d) return undefined
  let offset = 0
  if (zone !== 'Z') {
    const zoneHours = Number(zone.slice(1, 3))
    const zoneMinutes = Number(zone.slice(4, 6))
    if (zoneHours > 23 || zoneMinutes > 59) return undefined
    offset = (zone.startsWith('-') ? -1 : 1) * (zoneHours * 3600 + zoneMinutes * 60)
  }
  const seconds = BigInt(Math.round(at.getTime() / 1000) + h * 3600 + mi * 60 + s - offset)
  return { unscaled: seconds * 10n ** BigInt(fraction.length) + BigInt(fraction || '0'), digits: fraction.length }
}

export function compareDates(a: string, b: string): number | undefined {
  const left = parseDate(a)
  const right = parseDate(b)
  return left && right ? compareDecimals(left, right) : undefined
}

function bitsOf(numbers: readonly number[], width: number): string {
  return numbers.map((each) => each.toString(2).padStart(width, '0')).join('')
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255))
    return undefined
  return parts.map(Number)
}

function parseIpv6Groups(text: string): readonly number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const tail = index === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined
    if (tail) groups.push((tail[0] ?? 0) * 256 + (tail[1] ?? 0), (tail[2] ?? 0) * 256 + (tail[3] ?? 0))
    else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

/** The bits of an address: 32 or 128 of them. */
function addressBits(text: string): string | undefined {
  const four = parseIpv4(text)
  if (four) return bitsOf(four, 8)
  if (!text.includes(':')) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseIpv6Groups(halves[0] ?? '')
  if (!head) return undefined
  if (halves.length === 1) return head.length === 8 ? bitsOf(head, 16) : undefined
  const tail = parseIpv6Groups(halves[1] ?? '')
  if (!tail || head.length + tail.length > 7) return undefined
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0)
  return bitsOf([...head, ...zeros, ...tail], 16)
}

/** Is the address inside the range? Families that differ are simply not inside (B4). */
export function addressInRange(address: string, range: string): boolean | undefined {
  const [base = '', prefix, ...more] = range.split('/')
  const wanted = addressBits(base)
  const got = addressBits(address)
  if (wanted === undefined || got === undefined || more.length > 0) return undefined
  if (prefix !== undefined && (!/^[0-9]{1,3}$/.test(prefix) || Number(prefix) > wanted.length)) return undefined
  const length = prefix === undefined ? wanted.length : Number(prefix)
  return wanted.length === got.length && wanted.slice(0, length) === got.slice(0, length)
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export function sameBytes(a: string, b: string): boolean | undefined {
  if (!BASE64.test(a) || !BASE64.test(b)) return undefined
  return Buffer.from(a, 'base64').equals(Buffer.from(b, 'base64'))
}
