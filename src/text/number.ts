/**
 * Decimal numbers as condition operators compare them: exactly, however long, without floating point.
 *
 * An optional sign, digits, and optionally a point with digits; the whole text must be that. No exponent, no spaces.
 * Knows nothing of operators.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (Numeric condition operators).
 */

/** Normalized, so equal numbers are equal member by member: `-07.50` is `{ isNegative: true, integer: '7', fraction: '5' }`. */
export interface Decimal {
  /** Never true of zero. */
  readonly isNegative: boolean
  /** Digits without leading zeros; '' for zero. */
  readonly integer: string
  /** Digits without trailing zeros. */
  readonly fraction: string
}

export function parseDecimal(text: string): Decimal | undefined {
  const sign = text.charAt(0)
  const start = sign === '-' || sign === '+' ? 1 : 0
  const point = text.indexOf('.', start)
  const integerEnd = point === -1 ? text.length : point
  if (!areDigits(text, start, integerEnd)) return undefined
  if (point !== -1 && !areDigits(text, point + 1, text.length)) return undefined
  const integer = withoutLeadingZeros(text.slice(start, integerEnd))
  const fraction = point === -1 ? '' : withoutTrailingZeros(text.slice(point + 1))
  return { isNegative: sign === '-' && (integer !== '' || fraction !== ''), integer, fraction }
}

/** Below zero when `left` is smaller, above when it is greater, 0 when they are the same number. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  if (left.isNegative !== right.isNegative) return left.isNegative ? -1 : 1
  const magnitude = compareMagnitudes(left, right)
  return left.isNegative ? 0 - magnitude : magnitude
}

/** The shortest text of a number; `parseDecimal` gives the number back. */
export function formatDecimal(decimal: Decimal): string {
  const integer = decimal.integer === '' ? '0' : decimal.integer
  return `${decimal.isNegative ? '-' : ''}${integer}${decimal.fraction === '' ? '' : `.${decimal.fraction}`}`
}

function compareMagnitudes(left: Decimal, right: Decimal): number {
  if (left.integer.length !== right.integer.length) return left.integer.length < right.integer.length ? -1 : 1
  if (left.integer !== right.integer) return left.integer < right.integer ? -1 : 1
  // Without trailing zeros, a fraction that continues another is the greater one, as texts compare.
  if (left.fraction === right.fraction) return 0
  return left.fraction < right.fraction ? -1 : 1
}

function areDigits(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x30 || unit > 0x39) return false
  }
  return end > start
}

function withoutLeadingZeros(digits: string): string {
  let start = 0
  while (digits.charCodeAt(start) === 0x30) start++
  return digits.slice(start)
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length
  while (digits.charCodeAt(end - 1) === 0x30) end--
  return digits.slice(0, end)
}
