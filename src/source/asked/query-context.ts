/**
 * What an access query says of the request besides who, what and where: `when`, `via`, `from`, `through`.
 *
 * A condition key that no request to KMS can carry is an error; one that this action's requests do not carry is left to
 * whoever decides.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys"; IAM User Guide, "AWS global condition context keys"; facts E.
 */
import { conditionKeyInfo } from '../../aws/condition-key.js'
import { CONDITION_KEYS, UNDOCUMENTED_CONDITION_KEYS, VIA_SERVICE_PREFIXES } from '../../aws/condition-keys.js'
import { viaParts } from '../../decide/derive-global.js'
import type { AuthorizationRequest } from '../../decide/resolve.js'
import type { RequestContextValue } from '../../decide/values.js'
import type { QueryCondition, QueryContext, QueryTerm } from '../../text/access-query.js'
import { parseDate } from '../../text/date.js'
import { quote } from '../../text/escape.js'
import type { TextError } from '../../text/grammar-reader.js'
import { parseIpAddress } from '../../text/ip.js'
import type { Result, Span } from '../../text/source.js'
import { didYouMean } from '../../text/suggest.js'

export interface QueryRequest {
  readonly request: Pick<AuthorizationRequest, 'context' | 'encryptionContext' | 'via' | 'time'>
  /** Condition keys that the query settles, by their documented names. */
  readonly told: readonly string[]
  readonly notes: readonly string[]
}

const ENCRYPTION_CONTEXT = 'kms:EncryptionContext:'
const VIA_KEYS = [
  'kms:ViaService',
  'aws:ViaAWSService',
  'aws:CalledVia',
  'aws:CalledViaFirst',
  'aws:CalledViaLast',
  'kms:GrantIsForAWSResource',
]
const ENDPOINT_KEYS = ['aws:SourceVpc', 'aws:VpcSourceIp', 'aws:VpceAccount', 'aws:VpceOrgID', 'aws:VpceOrgPaths']

export function readQueryContext(query: QueryContext): Result<QueryRequest, TextError> {
  const context: Record<string, RequestContextValue> = {}
  const told: string[] = []
  const notes: string[] = []
  const pairs: [string, string][] = []
  let time: string | undefined
  let via = query.via?.text
  for (const condition of query.conditions) {
    const known = knownCondition(condition)
    if (!known.ok) return known
    const { key, values } = known.value
    const [value = ''] = values
    const name = key.toLowerCase()
    if (name.startsWith(ENCRYPTION_CONTEXT.toLowerCase())) {
      // Pairs, so that grant constraints and kms:EncryptionContextKeys see them, too.
      pairs.push([key.slice(ENCRYPTION_CONTEXT.length), value])
    } else if (name === 'kms:viaservice' && via === undefined && isServiceName(value)) {
      via = value
    } else if (name === 'aws:currenttime' && parseDate(value) !== undefined) {
      time = value
      told.push('aws:CurrentTime', 'aws:EpochTime')
    } else {
      context[key] = values.length === 1 ? value : values
      told.push(key)
    }
  }
  const encryptionContext = pairs.length === 0 ? undefined : Object.fromEntries(pairs)
  if (encryptionContext !== undefined) told.push('kms:EncryptionContext:{context-key}', 'kms:EncryptionContextKeys')
  if (via !== undefined) {
    const service = serviceName(via)
    const { service: prefix } = viaParts(service)
    if (!VIA_SERVICE_PREFIXES.includes(prefix)) notes.push(`${quote(prefix)} is not known to call KMS for a principal`)
    via = service
    told.push(...VIA_KEYS)
  }
  const path = readPath(query, via !== undefined)
  if (!path.ok) return path
  return {
    ok: true,
    value: {
      request: {
        context: { ...context, ...path.value.context },
        ...(encryptionContext === undefined ? {} : { encryptionContext }),
        ...(via === undefined ? {} : { via }),
        ...(time === undefined ? {} : { time }),
      },
      told: [...told, ...path.value.told],
      notes,
    },
  }
}

// ------------------------------------------------------------------------------------------------------- conditions

interface KnownCondition {
  /** In its documented spelling where it has no free part. */
  readonly key: string
  readonly values: readonly string[]
}

function knownCondition({ key, values }: QueryCondition): Result<KnownCondition, TextError> {
  const info = conditionKeyInfo(key.text)
  const texts = values.map(({ text }) => text)
  if (info === undefined) {
    const undocumented = UNDOCUMENTED_CONDITION_KEYS.find((name) => name.toLowerCase() === key.text.toLowerCase())
    return undocumented === undefined ? unknownKey(key) : { ok: true, value: { key: undocumented, values: texts } }
  }
  if (!info.multi && texts.length > 1) {
    const second = values[1]?.span ?? key.span
    return failure(`a request has one value of ${quote(key.text)}`, second, 'expected one value after `=`')
  }
  return { ok: true, value: { key: info.pattern.includes('{') ? key.text : info.pattern, values: texts } }
}

function unknownKey({ text, span }: QueryTerm): { readonly ok: false; readonly error: TextError } {
  const prefix = CONDITION_KEYS.find(({ pattern }) => {
    const brace = pattern.indexOf('{')
    return brace > 0 && pattern.slice(0, brace).toLowerCase() === text.toLowerCase()
  })
  const meant =
    prefix?.pattern ??
    didYouMean(
      text,
      CONDITION_KEYS.map(({ pattern }) => pattern),
      3,
    )
  const hint =
    meant === undefined ? 'expected one such as `kms:EncryptionContext:tenant`' : `did you mean ${quote(meant)}?`
  return failure(`no request to KMS carries ${quote(text)}`, span, hint)
}

// ------------------------------------------------------------------------------------------------------------- path

function isServiceName(text: string): boolean {
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(text)
}

/** `s3` and `s3.us-west-2` are short for what kms:ViaService has. */
function serviceName(text: string): string {
  return /\.amazonaws\.com(?:\.cn)?$/.test(text) ? text : `${text}.amazonaws.com`
}

function readPath(
  { from, through }: QueryContext,
  isForwarded: boolean,
): Result<{ readonly context: Readonly<Record<string, string>>; readonly told: readonly string[] }, TextError> {
  if (from !== undefined && parseIpAddress(from.text) === undefined) {
    return failure(`${quote(from.text)} is not an IP address`, from.span, 'expected one such as `203.0.113.10`')
  }
  if (through !== undefined && isForwarded) {
    const hint = 'the call that a service makes for somebody carries nothing of the endpoint; leave out one of the two'
    return failure('a request is either `via` a service or `through` an endpoint', through.span, hint)
  }
  if (through === undefined) {
    return from === undefined
      ? { ok: true, value: { context: {}, told: [] } }
      : {
          ok: true,
          value: { context: { 'aws:SourceIp': from.text }, told: ['aws:SourceIp', ...ENDPOINT_KEYS, 'aws:SourceVpce'] },
        }
  }
  // Through an endpoint an address is the private one, and the public key is not there.
  const address = from === undefined ? {} : { 'aws:VpcSourceIp': from.text }
  const told = from === undefined ? [] : ['aws:VpcSourceIp']
  return {
    ok: true,
    value: {
      context: { 'aws:SourceVpce': through.text, ...address },
      told: ['aws:SourceVpce', 'aws:SourceIp', ...told],
    },
  }
}

function failure(
  message: string,
  { start, end }: Span,
  hint: string,
): { readonly ok: false; readonly error: TextError } {
  return { ok: false, error: { message, start, end, hint } }
}
