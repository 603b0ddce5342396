/**
 * Dates of the Date operators, as instants.
 *
 * Knows no clock and no local time: a date without a time is that day at 00:00 UTC.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators"; W3C Note, "Date and Time Formats".
 */
import dateGrammar from '../grammar/date.js'
import { grammarReader } from './grammar-reader.js'

/** A date as the grammar reads it: digits, not yet numbers, and not yet known to exist in the calendar. */
export type WrittenDate =
  | {
      readonly kind: 'calendar'
      readonly year: string
      readonly month?: string
      readonly day?: string
      readonly hour?: string
      readonly minute?: string
      readonly second?: string
      readonly fraction?: string
      readonly zone?: { readonly sign: string; readonly hour: string; readonly minute: string }
    }
  | { readonly kind: 'epoch'; readonly sign: string; readonly seconds: string; readonly fraction?: string }

const MAX_LENGTH = 64
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** The last instant that a JavaScript date can name, in milliseconds: 100,000,000 days after the epoch. */
const MAX_INSTANT_MS = 8.64e15

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

const readDate = grammarReader<WrittenDate>(dateGrammar)

/**
 * The instant in whole milliseconds since the epoch, or undefined for what is no date or names no day of the calendar.
 *
 * A finer fraction is rounded down, always towards the past, so that a policy's date and a request's date that are
 * written alike are equal; AWS itself tells time to the second. Four digits are a year, any other number is seconds.
 */
export function parseDate(text: string): number | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const parsed = readDate(text)
  if (!parsed.ok) return undefined
  const instantMs = parsed.value.kind === 'epoch' ? epochMs(parsed.value) : calendarMs(parsed.value)
  return instantMs === undefined || Math.abs(instantMs) > MAX_INSTANT_MS ? undefined : instantMs
}

function epochMs({ sign, seconds, fraction = '' }: WrittenDate & { kind: 'epoch' }): number {
  const wholeMs = Number(seconds) * 1000
  if (sign === '+') return wholeMs + milliseconds(fraction)
  const isFiner = /[1-9]/.test(fraction.slice(3))
  // Adding 0 turns -0 into 0.
  return -(wholeMs + milliseconds(fraction) + (isFiner ? 1 : 0)) + 0
}

function calendarMs(date: WrittenDate & { kind: 'calendar' }): number | undefined {
  const { hour = '00', minute = '00', second = '00', fraction = '', zone } = date
  const days = daysSinceEpoch(Number(date.year), Number(date.month ?? 1), Number(date.day ?? 1))
  if (days === undefined || Number(second) > 59) return undefined
  const timeMs = timeOfDayMs(hour, minute)
  const offsetMs = zone === undefined ? 0 : timeOfDayMs(zone.hour, zone.minute)
  if (timeMs === undefined || offsetMs === undefined) return undefined
  const localMs = days * DAY_MS + timeMs + Number(second) * 1000 + milliseconds(fraction)
  return zone?.sign === '-' ? localMs + offsetMs : localMs - offsetMs
}

function timeOfDayMs(hour: string, minute: string): number | undefined {
  return Number(hour) > 23 || Number(minute) > 59 ? undefined : Number(hour) * HOUR_MS + Number(minute) * MINUTE_MS
}

/** The Gregorian calendar in both directions, as ISO 8601 has it; undefined where there is no such day. */
function daysSinceEpoch(year: number, month: number, day: number): number | undefined {
  const monthDays = month === 2 && isLeapYear(year) ? 29 : DAYS_IN_MONTH[month - 1]
  if (monthDays === undefined || day < 1 || day > monthDays) return undefined
  let days = day - 1
  for (let earlier = 1; earlier < month; earlier++) days += DAYS_IN_MONTH[earlier - 1] ?? 0
  if (month > 2 && isLeapYear(year)) days++
  return daysBeforeYear(year) - daysBeforeYear(1970) + days
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** Days from 0000-01-01 to the first of January; the year 0000 is a leap year. */
function daysBeforeYear(year: number): number {
  const last = year - 1
  return year === 0 ? 0 : 366 + last * 365 + Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400)
}

/** The first three digits of a fraction of a second. */
function milliseconds(fraction: string): number {
  return Number(fraction.slice(0, 3).padEnd(3, '0'))
}
