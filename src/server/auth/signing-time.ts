/**
 * The time at which a request says it was signed, and whether that is now.
 *
 * Source: IAM User Guide, "Elements of an AWS API request signature"; RFC 9110, section 5.6.7; facts sts 1 (5 minutes).
 */
import type { Result } from '../../text/source.js'
import type { AuthenticationFailure } from '../authenticator.js'
import { incomplete, invalid, shown } from './failures.js'
import { Remembered } from './remembered.js'

export interface SigningTime {
  /** `20150830T123600Z`, as it is signed. */
  readonly text: string
  readonly atMs: number
}

export const MOST_PRESIGNED_SECONDS = 604_800

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/
const ISO_LENGTH = 16

/** @param isDateHeader - the header `Date`, where HTTP's own form is known too. */
export function parseSigningTime(text: string, isDateHeader: boolean): Result<SigningTime, AuthenticationFailure> {
  const basic = isDateHeader && text.length !== ISO_LENGTH ? basicOfHttpDate(text) : text
  const atMs = basic === undefined ? undefined : millisecondsOf.of(basic)
  if (basic !== undefined && atMs !== undefined) return { ok: true, value: { text: basic, atMs } }
  return incomplete(
    `Date must be in ISO-8601 'basic format'. Got ${shown(text)}. See http://en.wikipedia.org/wiki/ISO_8601`,
  )
}

/** Undefined where the signature counts now. */
export function outsideWindow(
  { text, atMs }: SigningTime,
  nowMs: number,
  skewMs: number,
  presignedSeconds: number | undefined,
): AuthenticationFailure | undefined {
  const skew = `${skewMs / 60_000} min.`
  if (atMs > nowMs + skewMs) {
    return invalid(
      `Signature not yet current: ${text} is still later than ${basicOf(nowMs + skewMs)} (${basicOf(nowMs)} + ${skew})`,
    ).error
  }
  if (presignedSeconds !== undefined) {
    const endsAtMs = atMs + presignedSeconds * 1000
    if (nowMs <= endsAtMs) return undefined
    return invalid(`Signature expired: ${basicOf(endsAtMs)} is now earlier than ${basicOf(nowMs)}`).error
  }
  if (atMs >= nowMs - skewMs) return undefined
  return invalid(
    `Signature expired: ${text} is now earlier than ${basicOf(nowMs - skewMs)} (${basicOf(nowMs)} - ${skew})`,
  ).error
}

function basicOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '')}Z`
}

/** Undefined where it is no such time, such as on the 31st of February. Many requests are of one second. */
const millisecondsOf = new Remembered<number | undefined>(256, (basic) => {
  if (basic.length !== ISO_LENGTH || basic[8] !== 'T' || basic[15] !== 'Z') return undefined
  const year = number(basic, 0, 4)
  const month = number(basic, 4, 6)
  const day = number(basic, 6, 8)
  const hour = number(basic, 9, 11)
  const minute = number(basic, 11, 13)
  const second = number(basic, 13, 15)
  // A year below 100 would be read as one of the last century.
  if (!(year >= 1000) || !(hour <= 23) || !(minute <= 59) || !(second <= 59)) return undefined
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second)
  const date = new Date(atMs)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? atMs : undefined
})

/** NaN where a character is no digit. */
function number(text: string, start: number, end: number): number {
  let value = 0
  for (let index = start; index < end; index++) {
    const digit = text.charCodeAt(index) - 0x30
    if (digit < 0 || digit > 9) return NaN
    value = value * 10 + digit
  }
  return value
}

function basicOfHttpDate(text: string): string | undefined {
  const [, day = '', month = '', year = '', hour = '', minute = '', second = ''] = HTTP_DATE.exec(text) ?? []
  const index = MONTHS.indexOf(month)
  if (index < 0) return undefined
  return `${year}${String(index + 1).padStart(2, '0')}${day}T${hour}${minute}${second}Z`
}
