/**
 * What a request says of its own signature: the algorithm, the credential with its scope, the signed headers and the
 * signature, from the header `Authorization` or from the query.
 *
 * Nothing of it is believed here; it is only whole and well-formed. The order of the checks is AWS's.
 *
 * Source: IAM User Guide, "Authentication methods", "Elements of an AWS API request signature".
 */
import type { Result } from '../../text/source.js'
import type { AuthenticationFailure } from '../authenticator.js'
import { decodeEncoded, type QueryParameter } from './canonical.js'
import { incomplete, shown } from './failures.js'
import { Remembered } from './remembered.js'

export interface Claim {
  /** `AKIA…/20150830/us-east-1/kms/aws4_request` */
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
}

/** A claim that stands in the query brings its time and its token. */
export interface QueryClaim extends Claim {
  readonly date: string
  /** X-Amz-Expires as it was given. */
  readonly expires: string | undefined
}

type Read<T> = Result<T, AuthenticationFailure>

const ALGORITHM = 'AWS4-HMAC-SHA256'
const ASYMMETRIC = 'AWS4-ECDSA-P256-SHA256'
/** Credential, names of headers and a signature; a token has a header of its own. */
const LONGEST_AUTHORIZATION = 8192

/** @param hasDate - whether there is a header that tells the time. */
export function claimOfHeader(authorization: string, hasDate: boolean): Read<Claim> {
  if (authorization.length > LONGEST_AUTHORIZATION) return incomplete('The Authorization header is too long.')
  const text = authorization.trim()
  const start = text.length - SIGNATURE_LENGTH
  const isLast = start > LAST_MEMBER.length && text.startsWith(LAST_MEMBER, start - LAST_MEMBER.length)
  if (!hasDate || !isLast || text.includes(',', start)) return readMembers(text, hasDate)
  // Of what a client signs in a day, all is the same but the signature.
  const claim = withoutSignature.of(text.slice(0, start))
  return claim.ok ? { ok: true, value: { ...claim.value, signature: text.slice(start) } } : claim
}

const LAST_MEMBER = 'Signature='
const SIGNATURE_LENGTH = 64

const withoutSignature = new Remembered(1024, (before) => readMembers(before + '0'.repeat(SIGNATURE_LENGTH), true))

function readMembers(text: string, hasDate: boolean): Read<Claim> {
  const blank = text.indexOf(' ')
  const algorithm = blank < 0 ? text : text.slice(0, blank)
  const unsupported = checkAlgorithm(algorithm)
  if (unsupported !== undefined) return unsupported
  const members: Partial<Record<keyof Claim, string>> = {}
  let start = blank < 0 ? text.length : blank + 1
  while (start < text.length) {
    let end = text.indexOf(',', start)
    if (end < 0) end = text.length
    const member = text.slice(start, end).trim()
    start = end + 1
    if (member === '') continue
    const equals = member.indexOf('=')
    if (equals <= 0) {
      return incomplete(`${shown(member)} not a valid key=value pair (missing equal-sign) in Authorization header.`)
    }
    const name = MEMBERS.get(member.slice(0, equals))
    if (name === undefined) return incomplete(`Authorization header has an unknown parameter.`)
    if (members[name] !== undefined) return incomplete('Authorization header has a parameter twice.')
    members[name] = member.slice(equals + 1)
  }
  const { credential, signedHeaders, signature } = members
  if (isGiven(credential) && isGiven(signature) && isGiven(signedHeaders) && hasDate) {
    return { ok: true, value: { credential, signedHeaders, signature } }
  }
  const lacks = (['credential', 'signature', 'signedHeaders'] as const)
    .filter((name) => !isGiven(members[name]))
    .map((name) => `Authorization header requires '${WIRE_NAMES[name]}' parameter. `)
  if (!hasDate) {
    lacks.push(`Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. `)
  }
  return incomplete(`${lacks.join('')}Authorization=${ALGORITHM}`)
}

const WIRE_NAMES: Readonly<Record<keyof Claim, string>> = {
  credential: 'Credential',
  signature: 'Signature',
  signedHeaders: 'SignedHeaders',
}

const MEMBERS: ReadonlyMap<string, keyof Claim> = new Map([
  ['Credential', 'credential'],
  ['Signature', 'signature'],
  ['SignedHeaders', 'signedHeaders'],
])

const REQUIRED = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
  'X-Amz-Date',
] as const
const OPTIONAL = ['X-Amz-Expires', 'X-Amz-Security-Token', 'X-Amz-Content-Sha256'] as const

type AuthenticationParameter = (typeof REQUIRED)[number] | (typeof OPTIONAL)[number]

const AUTHENTICATION: ReadonlySet<string> = new Set<AuthenticationParameter>([...REQUIRED, ...OPTIONAL])

export const ALGORITHM_PARAMETER = 'X-Amz-Algorithm'
export const SIGNATURE_PARAMETER = 'X-Amz-Signature'
export const TOKEN_PARAMETER = 'X-Amz-Security-Token'
export const HASH_PARAMETER = 'X-Amz-Content-Sha256'

/** The parameters of authentication, decoded, each at most once. */
export function authenticationParameters(query: readonly QueryParameter[]): Read<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const { name, value } of query) {
    if (!AUTHENTICATION.has(name)) continue
    if (found.has(name)) return incomplete(`AWS query-string parameters include '${name}' twice.`)
    found.set(name, decodeEncoded(value))
  }
  return { ok: true, value: found }
}

export function claimOfQuery(parameters: ReadonlyMap<string, string>): Read<QueryClaim> {
  const of = (name: AuthenticationParameter): string => parameters.get(name) ?? ''
  const lacks = REQUIRED.filter((name) => of(name) === '')
  if (lacks.length > 0) {
    const texts = lacks.map((name) => `AWS query-string parameters must include '${name}'. `)
    return incomplete(`${texts.join('')}Re-examine the query-string parameters.`)
  }
  const unsupported = checkAlgorithm(of('X-Amz-Algorithm'))
  if (unsupported !== undefined) return unsupported
  const claim = {
    credential: of('X-Amz-Credential'),
    signedHeaders: of('X-Amz-SignedHeaders'),
    signature: of('X-Amz-Signature'),
    date: of('X-Amz-Date'),
    expires: parameters.get('X-Amz-Expires'),
  }
  return { ok: true, value: claim }
}

function checkAlgorithm(algorithm: string): ReturnType<typeof incomplete> | undefined {
  if (algorithm === ALGORITHM) return undefined
  if (algorithm === ASYMMETRIC) {
    return incomplete(
      `Unsupported AWS 'algorithm': '${ASYMMETRIC}'. Signature Version 4A is not accepted here; sign with ${ALGORITHM}.`,
    )
  }
  // What stands in place of an algorithm may be a secret of another scheme.
  const named = algorithm.startsWith('AWS4-') ? `: ${shown(algorithm)}` : ''
  return incomplete(`Unsupported AWS 'algorithm'${named} (only ${ALGORITHM} for now). `)
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== ''
}
