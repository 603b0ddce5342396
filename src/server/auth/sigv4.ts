/**
 * Signature Version 4: reads how a request was signed, and makes the text that its signature has to be of.
 *
 * Everything is checked here that needs no credential: form, time, scope, signed headers, the hash of the body. Keys and
 * who they belong to are not known. One pass over the headers, one over the query; every size has a bound.
 *
 * Source: IAM User Guide, "Create a signed AWS API request"; facts sts 1, kms-behaviour 1.
 */
import { hash } from 'node:crypto'
import type { Result } from '../../text/source.js'
import type { AuthenticationFailure, SignedRequest } from '../authenticator.js'
import { canonicalHeaderValue, canonicalPath, canonicalQuery, parseQuery, type QueryParameter } from './canonical.js'
import {
  ALGORITHM_PARAMETER,
  authenticationParameters,
  claimOfHeader,
  claimOfQuery,
  HASH_PARAMETER,
  SIGNATURE_PARAMETER,
  TOKEN_PARAMETER,
  type Claim,
} from './claim.js'
import { incomplete, invalid, missing, UNRECOGNIZED } from './failures.js'
import { comesTwice, HASH_HEADER, layoutOf, type HeaderLayout, type SignedHeader } from './header-layout.js'
import { parseScope, type Scope } from './scope.js'
import { MOST_PRESIGNED_SECONDS, outsideWindow, parseSigningTime, type SigningTime } from './signing-time.js'

/** A request that says it was signed; whether it was, the key tells. */
export interface SignatureToVerify {
  readonly scope: Scope
  /** The scope with its access key id, as it was sent. */
  readonly credential: string
  readonly sessionToken: string | undefined
  readonly stringToSign: string
  /** As it was sent: perhaps no signature at all. */
  readonly signature: string
}

type Read<T> = Result<T, AuthenticationFailure>

const MOST_HEADERS = 512
const MOST_PARAMETERS = 512
const LONGEST_TARGET = 65_536
const LONGEST_HEADERS = 131_072
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const SECONDS = /^[0-9]{1,6}$/
const BEYOND_BYTES = /[\u0100-\uffff]/
const NO_PARAMETERS: Read<ReadonlyMap<string, string>> = { ok: true, value: new Map() }

/** @param skewMs - how far the clocks of client and service may be apart. */
export function readSignature(request: SignedRequest, nowMs: number, skewMs: number): Read<SignatureToVerify> {
  const headers = readHeaders(request.headers)
  if (headers === undefined) return incomplete('The headers of the request are too many or too long.')
  const { target } = request
  if (target.length > LONGEST_TARGET) return incomplete('The target of the request is too long.')
  const mark = target.indexOf('?')
  const query = mark < 0 ? [] : parseQuery(target.slice(mark + 1), MOST_PARAMETERS)
  if (query === undefined) return incomplete('The query of the request has too many parameters.')
  const parameters = query.length === 0 ? NO_PARAMETERS : authenticationParameters(query)
  if (!parameters.ok) return parameters
  const told = readTold(headers, parameters.value)
  if (!told.ok) return told
  const { claim, time, isInQuery, presignedSeconds } = told.value
  const signed = headers.layout.signed(claim.signedHeaders)
  if (!signed.ok) return signed
  const outside = outsideWindow(time, nowMs, skewMs, presignedSeconds)
  if (outside !== undefined) return { ok: false, error: outside }
  const scope = parseScope(claim.credential, time.text)
  if (!scope.ok) return scope
  const token = sessionToken(headers, parameters.value)
  if (!token.ok) return token
  const bodyHash = request.body.length === 0 ? EMPTY_HASH : hash('sha256', request.body, 'hex')
  const wrongHash = checkHash(headers, parameters.value, bodyHash)
  if (wrongHash !== undefined) return wrongHash
  const path = mark < 0 ? target : target.slice(0, mark)
  const canonical = canonicalRequest({
    method: request.method,
    path,
    query,
    isInQuery,
    headers,
    signed: signed.value,
    signedHeaders: claim.signedHeaders,
    bodyHash,
  })
  const { date, region, service } = scope.value
  const stringToSign = `AWS4-HMAC-SHA256\n${time.text}\n${date}/${region}/${service}/aws4_request\n${hashText(canonical)}`
  return {
    ok: true,
    value: {
      scope: scope.value,
      credential: claim.credential,
      sessionToken: token.value,
      stringToSign,
      signature: claim.signature,
    },
  }
}

// ----------------------------------------------------------------------------------------------------------- headers

/** Undefined where they are too many. */
function readHeaders(pairs: SignedRequest['headers']): Headers | undefined {
  if (pairs.length > MOST_HEADERS) return undefined
  const layout = layoutOf(pairs)
  let { length } = layout
  for (const pair of pairs) length += pair[1].length
  return length > LONGEST_HEADERS ? undefined : { layout, pairs }
}

interface Headers {
  readonly layout: HeaderLayout
  readonly pairs: SignedRequest['headers']
}

const ABSENT: Read<undefined> = { ok: true, value: undefined }

/** A header that means something to authentication has one value or none. */
function single(headers: Headers, name: string): Read<string | undefined> {
  const place = headers.layout.placeOf(name)
  if (place === undefined) return ABSENT
  if (typeof place === 'number') return { ok: true, value: headers.pairs[place]![1] }
  return comesTwice(name)
}

// ------------------------------------------------------------------------------------------------------------- claim

interface Told {
  readonly claim: Claim
  readonly time: SigningTime
  readonly isInQuery: boolean
  readonly presignedSeconds: number | undefined
}

function readTold(headers: Headers, parameters: ReadonlyMap<string, string>): Read<Told> {
  const authorization = single(headers, 'authorization')
  if (!authorization.ok) return authorization
  const isInQuery = parameters.has(ALGORITHM_PARAMETER)
  if (authorization.value === undefined) return isInQuery ? toldByQuery(parameters) : missing()
  if (isInQuery) {
    return invalid(`Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.`)
  }
  return toldByHeader(authorization.value, headers)
}

function toldByHeader(authorization: string, headers: Headers): Read<Told> {
  const amzDate = single(headers, 'x-amz-date')
  if (!amzDate.ok) return amzDate
  const httpDate = amzDate.value === undefined ? single(headers, 'date') : amzDate
  if (!httpDate.ok) return httpDate
  const date = httpDate.value?.trim() ?? ''
  const claim = claimOfHeader(authorization, date !== '')
  if (!claim.ok) return claim
  const time = parseSigningTime(date, amzDate.value === undefined)
  if (!time.ok) return time
  return { ok: true, value: { claim: claim.value, time: time.value, isInQuery: false, presignedSeconds: undefined } }
}

function toldByQuery(parameters: ReadonlyMap<string, string>): Read<Told> {
  const claim = claimOfQuery(parameters)
  if (!claim.ok) return claim
  const time = parseSigningTime(claim.value.date, false)
  if (!time.ok) return time
  const { expires } = claim.value
  const presignedSeconds = expires === undefined ? undefined : Number(SECONDS.test(expires) ? expires : NaN)
  if (presignedSeconds !== undefined && !(presignedSeconds >= 1 && presignedSeconds <= MOST_PRESIGNED_SECONDS)) {
    return incomplete(`X-Amz-Expires must be a whole number of seconds from 1 to ${MOST_PRESIGNED_SECONDS}.`)
  }
  return { ok: true, value: { claim: claim.value, time: time.value, isInQuery: true, presignedSeconds } }
}

function sessionToken(headers: Headers, parameters: ReadonlyMap<string, string>): Read<string | undefined> {
  const inHeader = single(headers, 'x-amz-security-token')
  if (!inHeader.ok) return inHeader
  const inQuery = parameters.get(TOKEN_PARAMETER)
  const header = inHeader.value?.trim()
  if (header !== undefined && inQuery !== undefined && header !== inQuery) return UNRECOGNIZED
  return { ok: true, value: header ?? inQuery }
}

// -------------------------------------------------------------------------------------------------------------- body

/** The body is hashed in any case; what a request says of it must be that. */
function checkHash(
  headers: Headers,
  parameters: ReadonlyMap<string, string>,
  bodyHash: string,
): ReturnType<typeof invalid> | undefined {
  const header = single(headers, HASH_HEADER)
  if (!header.ok) return header
  for (const told of [header.value?.trim(), parameters.get(HASH_PARAMETER)]) {
    if (told === undefined || told === bodyHash) continue
    if (told === 'UNSIGNED-PAYLOAD' || told.startsWith('STREAMING-')) {
      return invalid(
        `The value of 'x-amz-content-sha256' must be the hash of the body: no operation here takes another.`,
      )
    }
    return invalid(`The value of 'x-amz-content-sha256' does not match the hash of the body.`)
  }
  return undefined
}

// --------------------------------------------------------------------------------------------------------- canonical

interface Parts {
  readonly method: string
  readonly path: string
  readonly query: readonly QueryParameter[]
  readonly isInQuery: boolean
  readonly headers: Headers
  readonly signed: readonly SignedHeader[]
  readonly signedHeaders: string
  readonly bodyHash: string
}

function canonicalRequest({ method, path, query, isInQuery, headers, signed, signedHeaders, bodyHash }: Parts): string {
  const parameters = query.length === 0 ? '' : canonicalQuery(query, isInQuery ? SIGNATURE_PARAMETER : undefined)
  const { pairs } = headers
  let text = `${method}\n${canonicalPath(path)}\n${parameters}`
  for (const { label, place } of signed) {
    text += label
    text +=
      typeof place === 'number'
        ? canonicalHeaderValue(pairs[place]![1])
        : place.map((each) => canonicalHeaderValue(pairs[each]![1])).join(',')
  }
  return `${text}\n\n${signedHeaders}\n${bodyHash}`
}

const scratch = Buffer.alloc(16_384)

/** Of the bytes, one for each character. */
function hashText(text: string): string {
  // No wire brings such a character, and none may pass for another.
  if (BEYOND_BYTES.test(text)) return hash('sha256', Buffer.from(text, 'utf16le'), 'hex')
  if (text.length > scratch.length) return hash('sha256', Buffer.from(text, 'latin1'), 'hex')
  return hash('sha256', scratch.subarray(0, scratch.write(text, 'latin1')), 'hex')
}
