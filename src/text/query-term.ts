/**
 * The principals, actions and resources of an access query, from their short forms.
 *
 * Knows no account, region or catalogue: what a short form leaves out stays left out, and whoever answers the query
 * fills it in.
 *
 * Source: IAM User Guide, "IAM identifiers"; KMS Developer Guide, "Key identifiers".
 */
import { parseArnPattern, type ArnPattern } from './arn-pattern.js'
import { isAccountId } from './arn.js'
import type { TextError } from './grammar-reader.js'
import { parsePrincipalArn, parsePrincipalName, type PrincipalName } from './principal-arn.js'
import type { Result, Span } from './source.js'
import { didYouMean } from './suggest.js'

/** One word or quoted text of a query; the span includes the quotes. */
export interface QueryTerm {
  readonly text: string
  readonly span: Span
}

export type QueryPrincipal =
  | { readonly kind: 'anyone'; readonly span: Span }
  | { readonly kind: 'service'; readonly service: string; readonly span: Span }
  | {
      readonly kind: 'principal'
      readonly name: PrincipalName
      readonly account?: string
      readonly partition?: string
      readonly span: Span
    }

/** `action` has its service, `kms:Decrypt`, or is `*`; wildcards may stand in the name. */
export interface QueryAction {
  readonly action: string
  readonly span: Span
}

/** Wildcards may stand in a key id, in an alias name and in an ARN. */
export type QueryResource =
  | { readonly kind: 'any'; readonly span: Span }
  | { readonly kind: 'key'; readonly keyId: string; readonly account?: string; readonly span: Span }
  | { readonly kind: 'alias'; readonly alias: string; readonly account?: string; readonly span: Span }
  | { readonly kind: 'arn'; readonly arn: string; readonly pattern: ArnPattern; readonly span: Span }

const PRINCIPAL_TYPES = ['user', 'role', 'assumed-role', 'federated-user', 'root'] as const
const RESOURCE_TYPES = ['key', 'alias'] as const
const EXPECTED_PRINCIPAL =
  'expected `role/name`, `user/name`, `root`, an ARN, a service such as `logs.us-west-2.amazonaws.com`, or `anyone`'
const EXPECTED_RESOURCE = 'expected `alias/name`, `key/id`, an ARN or `*`'

const ACCOUNT_PREFIX = /^([0-9]+):(.*)$/s
const SERVICE_NAME = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com)$/
const ACTION = /^(?:([A-Za-z0-9-]+):)?([A-Za-z0-9*?]+)$/
const KEY_ID = /^(?:mrk-[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/
const KEY_ID_PATTERN = /^[A-Za-z0-9*?-]+$/
const ALIAS_PATTERN = /^[A-Za-z0-9/_*?-]+$/

export function readPrincipal({ text, span }: QueryTerm): Result<QueryPrincipal, TextError> {
  if (text === '*' || text.toLowerCase() === 'anyone') return { ok: true, value: { kind: 'anyone', span } }
  if (text.startsWith('arn:')) {
    const arn = parsePrincipalArn(text)
    if (!arn.ok) return { ok: false, error: within(span, text, arn.error) }
    const { partition, account, ...name } = arn.value
    return { ok: true, value: { kind: 'principal', name, account, partition, span } }
  }
  if (SERVICE_NAME.test(text)) return { ok: true, value: { kind: 'service', service: text, span } }
  if (isAccountId(text)) return { ok: true, value: { kind: 'principal', name: { kind: 'root' }, account: text, span } }

  const [, account, rest] = ACCOUNT_PREFIX.exec(text) ?? []
  if (account !== undefined && !isAccountId(account)) return notAnAccount(span, account)
  const written = rest ?? text
  const name = parsePrincipalName(written)
  if (name.ok) {
    return {
      ok: true,
      value: { kind: 'principal', name: name.value, ...(account === undefined ? {} : { account }), span },
    }
  }
  const type = written.split('/', 1)[0] ?? ''
  const isKnownType = ['group', ...PRINCIPAL_TYPES].includes(type)
  const meant = isKnownType ? undefined : didYouMean(type, PRINCIPAL_TYPES)
  const { message, hint = EXPECTED_PRINCIPAL } = name.error
  if (isKnownType) return { ok: false, error: { message, ...span, hint } }
  const suggestion =
    meant === undefined ? EXPECTED_PRINCIPAL : `did you mean \`${meant}${written.slice(type.length)}\`?`
  return { ok: false, error: { message, ...span, hint: suggestion } }
}

/** A name without a service is one of KMS. */
export function readAction({ text, span }: QueryTerm): Result<QueryAction, TextError> {
  if (text === '*') return { ok: true, value: { action: '*', span } }
  const [, service = 'kms', name] = ACTION.exec(text) ?? []
  if (name === undefined) {
    const hint = 'expected an action such as `kms:Decrypt`, with wildcards only in its name'
    return { ok: false, error: { message: `\`${text}\` is not an action`, ...span, hint } }
  }
  return { ok: true, value: { action: `${service}:${name}`, span } }
}

export function readResource({ text, span }: QueryTerm): Result<QueryResource, TextError> {
  if (text === '*') return { ok: true, value: { kind: 'any', span } }
  if (text.startsWith('arn:')) {
    const pattern = parseArnPattern(text, { place: 'resource', variables: false, completes: false })
    if (!pattern.ok) return { ok: false, error: within(span, text, pattern.error) }
    return { ok: true, value: { kind: 'arn', arn: text, pattern: pattern.value, span } }
  }
  const [, account, rest] = ACCOUNT_PREFIX.exec(text) ?? []
  if (account !== undefined && !isAccountId(account)) return notAnAccount(span, account)
  const written = rest ?? text
  const owner = account === undefined ? {} : { account }
  if (KEY_ID.test(written)) return { ok: true, value: { kind: 'key', keyId: written, ...owner, span } }

  const slash = written.indexOf('/')
  const type = slash < 0 ? written : written.slice(0, slash)
  const name = slash < 0 ? '' : written.slice(slash + 1)
  if (type === 'key' && KEY_ID_PATTERN.test(name))
    return { ok: true, value: { kind: 'key', keyId: name, ...owner, span } }
  if (type === 'alias' && ALIAS_PATTERN.test(name))
    return { ok: true, value: { kind: 'alias', alias: written, ...owner, span } }

  const meant = slash < 0 || type === 'key' || type === 'alias' ? undefined : didYouMean(type, RESOURCE_TYPES)
  const hint = meant === undefined ? EXPECTED_RESOURCE : `did you mean \`${meant}/${name}\`?`
  return { ok: false, error: { message: `\`${text}\` is not a key or an alias`, ...span, hint } }
}

function notAnAccount(span: Span, account: string): { readonly ok: false; readonly error: TextError } {
  return { ok: false, error: { message: `\`${account}\` is not an account`, ...span, hint: 'expected 12 digits' } }
}

/** The place of an error inside a bare word; a quoted text may have escapes, so there it is the whole term. */
function within(span: Span, text: string, error: TextError): TextError {
  if (span.end - span.start !== text.length) return { ...error, ...span }
  return { ...error, start: span.start + error.start, end: span.start + error.end }
}
