/**
 * The scope of a credential: for which day, Region and service a request was signed.
 *
 * Source: IAM User Guide, "Elements of an AWS API request signature".
 */
import type { Result } from '../../text/source.js'
import type { AuthenticationFailure, SignedService } from '../authenticator.js'
import { incomplete, invalid, shown } from './failures.js'
import { Remembered } from './remembered.js'

export interface Scope {
  readonly accessKeyId: string
  /** `20150830` */
  readonly date: string
  readonly region: string
  readonly service: SignedService
}

const LONGEST = 256
const LONGEST_REGION = 32
const TERMINATOR = 'aws4_request'

/** @param time - `20150830T123600Z`, which has to be of the day of the scope. */
export function parseScope(credential: string, time: string): Result<Scope, AuthenticationFailure> {
  const parts = partsOf.of(credential)
  if (parts.scope?.date === time.slice(0, 8)) return { ok: true, value: parts.scope }
  const { accessKeyId, date, region, service, terminator } = parts
  if (parts.count !== 5 || accessKeyId === '') {
    return incomplete(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, ' +
        `got ${shown(credential)}`,
    )
  }
  const isDayRight = date === time.slice(0, 8)
  const wrong = [
    !isRegion(region) && `Credential should be scoped to a valid region, not ${shown(region)}. `,
    !isService(service) && `Credential should be scoped to correct service: 'kms' or 'sts'. `,
    terminator !== TERMINATOR &&
      `Credential should be scoped with a valid terminator: '${TERMINATOR}', not ${shown(terminator)}. `,
    !isDayRight &&
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        `${shown(date)} != '${time.slice(0, 8)}', from '${time}'.`,
  ]
  return invalid(wrong.filter((text) => text !== false).join(''))
}

interface Parts extends Omit<Scope, 'service'> {
  readonly count: number
  readonly service: string
  readonly terminator: string
  /** There where nothing is wrong but perhaps the day. */
  readonly scope: Scope | undefined
}

const partsOf = new Remembered<Parts>(1024, (credential) => {
  const parts = credential.length > LONGEST ? [] : credential.split('/', 6)
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = parts
  const isWhole = parts.length === 5 && accessKeyId !== '' && terminator === TERMINATOR
  const scope = isWhole && isRegion(region) && isService(service) ? { accessKeyId, date, region, service } : undefined
  return { count: parts.length, accessKeyId, date, region, service, terminator, scope }
})

function isService(text: string): text is SignedService {
  return text === 'kms' || text === 'sts'
}

/** `us-east-1`, `us-gov-west-1`: words of small letters, a number at the end. */
function isRegion(text: string): boolean {
  if (text.length > LONGEST_REGION) return false
  const words = text.split('-')
  const last = words.pop() ?? ''
  return words.length >= 2 && words.every((word) => LETTERS.test(word)) && DIGITS.test(last)
}

const LETTERS = /^[a-z]+$/
const DIGITS = /^[0-9]+$/
