/**
 * Regions of values that have an order: numbers, dates, addresses, bytes. Between two values that tests name, and
 * outside of all, every value answers alike, so it is enough to look at the values named and at their neighbours.
 *
 * A text can be a number and a date at once (`kms:ValidTo` is compared as either), and four digits are a year, so each
 * way of writing is a line of its own. Knows no engine: it offers values, the engine's answers make regions of them.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (numeric, date, IP address, binary).
 */
import { parseDate } from '../text/date.js'
import { formatIpAddress, parseIpAddress, parseIpRange, type IpFamily } from '../text/ip.js'
import { formatDecimal, parseDecimal, type Decimal } from '../text/number.js'
import { languageOf, type ValueDomain } from './region-domain.js'
import type { CompiledTest, ScaleFamily } from './region-test.js'

/**
 * Values of the domain, at least one of every region; the ones that look best first. The tests are about scales and
 * about single texts.
 */
export function scaleCandidates(tests: readonly CompiledTest[], domain: ValueDomain): readonly string[] {
  const named = (family: ScaleFamily): readonly string[] =>
    tests.flatMap(({ scale }) => (scale?.family === family ? scale.texts : []))
  const texts = new Set(tests.flatMap((test) => test.texts ?? []))
  const candidates = [
    ...languageOf(domain).examples,
    ...numbers(named('number'), named('date')),
    ...dates(named('date')),
    ...years(named('number'), named('date')),
    ...addresses(named('address')),
    ...bytes(named('bytes')),
    ...caseVariants(texts),
    '',
    unnamed(texts, (count) => `other ${count}`),
  ]
  // A number with a plus sign is no date.
  const signed = named('date').length > 0 ? numbers(named('number'), []).filter((text) => !text.startsWith('-')) : []
  for (const text of signed) candidates.push(`+${text}`)
  const values = new Set<string>()
  for (const value of [...candidates, ...texts]) {
    for (const written of [value, ...rewritten(value, texts, domain)]) {
      if (isInDomain(written, domain)) values.add(written)
    }
  }
  return [...values]
}

function isInDomain(value: string, domain: ValueDomain): boolean {
  return domain.kind === 'address' ? parseIpAddress(value) !== undefined : languageOf(domain).has(value)
}

/** The first of many texts that no test names. */
function unnamed(texts: ReadonlySet<string>, make: (count: number) => string): string {
  let count = 1
  while (texts.has(make(count))) count += 1
  return make(count)
}

/** Other texts for the same number, date or address, where a test names the usual one; domains of any text have them. */
function rewritten(value: string, texts: ReadonlySet<string>, domain: ValueDomain): readonly string[] {
  if (domain.kind !== 'text' || !texts.has(value)) return []
  if (parseDecimal(value) !== undefined) {
    const point = value.includes('.') ? '' : '.'
    const start = value.startsWith('-') ? 1 : 0
    return [
      unnamed(texts, (count) => value + point + '0'.repeat(count)),
      // Padded in front, it is no year and still a date; with a sign, a number alone.
      unnamed(texts, (count) => value.slice(0, start) + '0'.repeat(count + 4) + value.slice(start)),
      unnamed(texts, (count) => (start === 1 ? value : `+${'0'.repeat(count)}${value}`)),
    ]
  }
  if (parseDate(value) !== undefined) {
    const at = value.endsWith('Z') ? value.length - 1 : value.length
    return [unnamed(texts, (count) => `${value.slice(0, at)}${value.includes('.') ? '' : '.'}${'0'.repeat(count)}Z`)]
  }
  const address = parseIpAddress(value)
  if (address === undefined) return []
  return address.family === 4
    ? [`::ffff:${value}`, `::FFFF:${value}`, `0:0:0:0:0:ffff:${value}`]
    : [value.toUpperCase(), paddedIpv6(address.value)]
}

function paddedIpv6(value: bigint): string {
  const digits = value.toString(16).padStart(32, '0')
  return Array.from({ length: 8 }, (_, group) => digits.slice(group * 4, group * 4 + 4)).join(':')
}

/** For each text as many writings in other case as it takes to have one that is not named. */
function caseVariants(texts: ReadonlySet<string>): readonly string[] {
  return [...texts].flatMap((text) => {
    const lower = text.toLowerCase()
    const places = [...lower].flatMap((char, place) => (char.toUpperCase() === char ? [] : [place]))
    const count = Math.min(texts.size + 1, 2 ** Math.min(places.length, 16))
    for (let variant = 0; variant < count; variant++) {
      const chars = [...lower]
      places.slice(0, 16).forEach((place, bit) => {
        if (((variant >> bit) & 1) === 1) chars[place] = lower.charAt(place).toUpperCase()
      })
      const written = chars.join('')
      if (!texts.has(written)) return [written]
    }
    return []
  })
}

// ------------------------------------------------------------------------------------------------ numbers and dates

/** Seconds since the epoch are numbers that dates are compared with as well: two lines in one. */
function numbers(named: readonly string[], dateTexts: readonly string[]): readonly string[] {
  const points = named.map(parseDecimal).filter((decimal) => decimal !== undefined)
  const instants = dateTexts.map(parseDate).filter((instant) => instant !== undefined)
  const digits = [...points.map(({ fraction }) => fraction.length), instants.length > 0 ? 3 : 0]
  // One digit more than any number named: nothing lies between a point and its neighbours.
  const scale = digits.reduce((most, count) => Math.max(most, count), 0) + 1
  const one = 10n ** BigInt(scale)
  const scaled = [
    ...points.map((decimal) => scaledInteger(decimal, scale)),
    // A finer fraction belongs to the millisecond before it, so a millisecond is as wide as it is.
    ...instants.flatMap((instant) => [BigInt(instant), BigInt(instant) + 1n].map((at) => (at * one) / 1000n)),
  ]
  const whole = scaled.flatMap((point) => {
    const floor = (point / one) * one
    return [floor, floor + one, floor - one, floor - 2n * one]
  })
  const near = scaled.flatMap((point) => [point, point + 1n, point - 1n])
  if (scaled.length === 0) return []
  return [0n, ...whole, ...near].map((point) => decimalText(point, scale))
}

function scaledInteger({ isNegative, integer, fraction }: Decimal, scale: number): bigint {
  const magnitude = BigInt(integer + fraction.padEnd(scale, '0'))
  return isNegative ? -magnitude : magnitude
}

function decimalText(point: bigint, scale: number): string {
  const digits = (point < 0n ? -point : point).toString().padStart(scale + 1, '0')
  const text = `${point < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  const decimal = parseDecimal(text)
  if (decimal === undefined) throw new Error(`\`${text}\` is no decimal`)
  return formatDecimal(decimal)
}

const SECOND_MS = 1000
const DAY_MS = 86_400_000

function dates(named: readonly string[]): readonly string[] {
  const instants = named.map(parseDate).filter((instant) => instant !== undefined)
  const near = [0, DAY_MS, -DAY_MS, SECOND_MS, -SECOND_MS, 1, -1]
  return near.flatMap((distance) =>
    instants.map((instant) => isoText(instant + distance)).filter((text) => text !== undefined),
  )
}

/** Undefined outside the years of four digits, which only seconds since the epoch can name. */
function isoText(instantMs: number): string | undefined {
  const date = new Date(instantMs)
  if (Number.isNaN(date.getTime())) return undefined
  const text = date.toISOString()
  // Years beyond four digits begin with a sign.
  return text.length > '2026-01-01T00:00:00.000Z'.length ? undefined : text.replace('.000Z', 'Z')
}

/** Four digits: a year for dates, and a number at the same time. */
function years(numberTexts: readonly string[], dateTexts: readonly string[]): readonly string[] {
  if (dateTexts.length === 0) return []
  const named = [
    ...numberTexts.map((text) => Math.floor(Number(text))),
    ...dateTexts.map((text) => new Date(parseDate(text) ?? Number.NaN).getUTCFullYear()),
  ]
  return [0, 9999, ...named.flatMap((year) => [year - 1, year, year + 1, year + 2])]
    .filter((year) => year >= 0 && year <= 9999)
    .map((year) => String(year).padStart(4, '0'))
}

// ------------------------------------------------------------------------------------------------ addresses, bytes

/** IPv6 has no addresses of its own where IPv4 is mapped into it. */
const MAPPED_FIRST = 0xffff_0000_0000n
const MAPPED_LAST = 0xffff_ffff_ffffn

function addresses(named: readonly string[]): readonly string[] {
  const ranges = named.map(parseIpRange).filter((range) => range !== undefined)
  if (ranges.length === 0) return []
  const points: (readonly [IpFamily, bigint])[] = ranges.flatMap(({ family, first, last, prefixLength }) => {
    const inside = prefixLength < 31 ? [first + 1n] : []
    return [...inside, first, last, last + 1n, last + 2n, first - 1n].map((value) => [family, value] as const)
  })
  points.push(
    [4, 0n],
    [4, 0xffff_ffffn],
    [6, 0n],
    [6, MAPPED_FIRST - 1n],
    [6, MAPPED_LAST + 1n],
    [6, (1n << 128n) - 1n],
  )
  return points
    .filter(([family, value]) => value >= 0n && value < 1n << (family === 4 ? 32n : 128n))
    .map(([family, value]) => formatIpAddress({ family, value }))
}

function bytes(named: readonly string[]): readonly string[] {
  if (named.length === 0) return []
  const other = unnamed(new Set(named), (count) => String(count).padStart(4, 'A').slice(-4))
  return ['b3RoZXI=', other, ...named]
}
