/**
 * Principal and NotPrincipal: each entry classified by its form.
 *
 * Knows nothing of callers or of which principals exist. Whether the element may stand in this kind of policy is asked
 * in `statement.ts`.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal"; authorization.md C1, C4, K-26.
 */
import type { PolicyKind, PrincipalElement, PrincipalEntry } from './document.js'
import { PRINCIPAL_TYPES } from './element-rules.js'
import type { Path } from './findings.js'
import { headOf, itemPath, textItems, type Reading } from './reading.js'
import { isAccountId, splitArn } from '../text/arn.js'
import { quote } from '../text/escape.js'
import { parsePrincipalArn } from '../text/principal-arn.js'
import type { Result, Span } from '../text/source.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

export interface PrincipalError {
  readonly message: string
  readonly hint?: string
}

export type PrincipalType = (typeof PRINCIPAL_TYPES)[number]

type Classified = Result<PrincipalEntry, PrincipalError>

const UNIQUE_ID = /^(?:AIDA|AROA)[A-Z0-9]{5,}$/
const HOST_NAME = /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/
const PROVIDER = /^(?:saml|oidc)-provider\/[\x21-\x7e]+$/
const CANONICAL_USER = /^[0-9A-Fa-f]{64,}$/
/** How bucket policies name a CloudFront origin access identity; the account field holds a word. */
const ORIGIN_ACCESS_IDENTITY = /^arn:[a-z0-9-]+:iam::cloudfront:user\/CloudFront Origin Access Identity [A-Z0-9]+$/

const AWS_FORMS = 'expected an account ID, or the ARN of an account root, user, role or session'

/** Classifies one entry of a principal object; `type` is its key there. */
export function classifyPrincipal(type: PrincipalType, text: string, kind: PolicyKind): Classified {
  switch (type) {
    case 'AWS':
      return classifyAws(text, kind)
    case 'Service':
      return classifyService(text)
    case 'Federated':
      return classifyFederated(text)
    case 'CanonicalUser':
      if (CANONICAL_USER.test(text)) return found('canonicalUser', text)
      return refused(`${quote(text)} is not a canonical user ID`, 'expected hexadecimal digits, 64 or more')
  }
}

function found(kind: PrincipalEntry['kind'], value: string): Classified {
  return { ok: true, value: { kind, value } }
}

function refused(message: string, hint?: string): Classified {
  return { ok: false, error: hint === undefined ? { message } : { message, hint } }
}

function hasWildcard(text: string): boolean {
  return text.includes('*') || text.includes('?')
}

function classifyAws(text: string, kind: PolicyKind): Classified {
  if (text === '*') return found('any', '*')
  if (isAccountId(text)) return found('account', text)
  if (UNIQUE_ID.test(text)) return found('uniqueId', text)
  if (hasWildcard(text)) {
    return refused(
      `principal ${quote(text)} has a wildcard inside`,
      'expected `*` alone, or the whole name; test `aws:PrincipalArn` with `ArnLike` to match several principals',
    )
  }
  if (text.startsWith('arn:')) return classifyArn(text, kind)
  if (text.endsWith('.amazonaws.com')) {
    return refused(`${quote(text)} is not an AWS principal`, `expected \`{ "Service": ${JSON.stringify(text)} }\``)
  }
  if (/^[0-9-]+$/.test(text)) return refused(`${quote(text)} is not an account ID`, 'expected 12 digits')
  return refused(`${quote(text)} is not a principal`, AWS_FORMS)
}

function classifyArn(text: string, kind: PolicyKind): Classified {
  if (kind === 'resource' && ORIGIN_ACCESS_IDENTITY.test(text)) return found('user', text)
  const parsed = parsePrincipalArn(text)
  if (!parsed.ok) return refused(`principal ${quote(text)}: ${parsed.error.message}`, parsed.error.hint)
  return parsed.value.kind === 'root' ? found('account', parsed.value.account) : found(parsed.value.kind, text)
}

function classifyService(text: string): Classified {
  if (HOST_NAME.test(text)) return found('service', text)
  if (hasWildcard(text)) {
    return refused(
      `service principal ${quote(text)} has a wildcard`,
      'expected one service, as in `logs.amazonaws.com`',
    )
  }
  return refused(`${quote(text)} is not a service principal`, 'expected a service, as in `logs.amazonaws.com`')
}

function classifyFederated(text: string): Classified {
  if (HOST_NAME.test(text)) return found('federated', text)
  const arn = splitArn(text)
  const isProvider =
    arn?.service === 'iam' && arn.region === '' && isAccountId(arn.account) && PROVIDER.test(arn.resource)
  if (isProvider && !hasWildcard(text)) return found('federated', text)
  return refused(
    hasWildcard(text)
      ? `federated principal ${quote(text)} has a wildcard`
      : `${quote(text)} is not an identity provider`,
    'expected a provider ARN, or a web identity provider as in `accounts.google.com`',
  )
}

/** Reads the value of Principal (or of NotPrincipal: `negated`). */
export function readPrincipal(
  node: SyntaxNode,
  negated: boolean,
  path: Path,
  reading: Reading,
): PrincipalElement | undefined {
  const { findings, rules } = reading
  if (rules.principal === 'any only') {
    if (node.kind === 'string' && node.value === '*') return { negated, entries: [{ kind: 'any', value: '*' }] }
    findings.error(
      `the principal of ${rules.called} must be \`"*"\``,
      spanOf(node, reading),
      path,
      'name principals in a condition on `aws:PrincipalArn`',
    )
    return undefined
  }
  if (node.kind === 'string') {
    if (node.value === '*') return { negated, entries: [{ kind: 'any', value: '*' }] }
    findings.error(`${quote(node.value)} is not a principal`, node, path, bareTextHint(node.value))
    return undefined
  }
  if (node.kind !== 'object') return undefined

  const entries: PrincipalEntry[] = []
  const places: Span[] = []
  let isWhole = true
  for (const { key, value } of node.members) {
    const type = PRINCIPAL_TYPES.find((known) => known === key)
    const items = textItems(value)
    // What is not read here is of the wrong shape, and reported as such.
    if (type === undefined || items.length < (value.kind === 'array' ? value.items.length : 1)) isWhole = false
    if (type === undefined) continue
    for (const item of items) {
      const classified = classifyPrincipal(type, item.value, reading.kind)
      if (!classified.ok) {
        isWhole = false
        findings.error(classified.error.message, item.node, itemPath(path, type, item), classified.error.hint)
      } else {
        entries.push(classified.value)
        places.push(item.node)
        checkUse(classified.value, item.node, () => itemPath(path, type, item), reading)
      }
    }
  }
  if (entries.length === 0 && isWhole) checkEmpty(node, path, reading)
  if (negated && isWhole) checkAncestors(entries, places, path, reading)
  return { negated, entries }
}

function spanOf(node: SyntaxNode, reading: Reading): Span {
  return node.kind === 'object' ? headOf(node, reading.text) : node
}

function bareTextHint(text: string): string {
  if (isAccountId(text) || text.startsWith('arn:')) return `expected \`{ "AWS": ${JSON.stringify(text)} }\``
  if (HOST_NAME.test(text)) return `expected \`{ "Service": ${JSON.stringify(text)} }\``
  return 'expected `"*"` or an object such as `{ "AWS": "111122223333" }`'
}

function checkEmpty(node: SyntaxNode, path: Path, { kind, rules, text, findings }: Reading): void {
  const span = headOf(node, text)
  if (kind === 'key')
    findings.error(
      'the statement names no principal',
      span,
      path,
      `each statement of ${rules.called} needs at least one`,
    )
  else findings.diagnostic('the statement names no principal and so has no effect', span, path)
}

function checkUse(entry: PrincipalEntry, span: Span, path: () => Path, { kind, findings }: Reading): void {
  if (entry.kind === 'uniqueId') {
    findings.diagnostic(
      `${quote(entry.value)} is what remains of a deleted user or role; it matches nobody`,
      span,
      path(),
    )
  } else if (kind === 'key' && (entry.kind === 'federated' || entry.kind === 'canonicalUser')) {
    findings.diagnostic(`${quote(entry.value)} never matches a caller of KMS`, span, path())
  }
}

/** Who is exempt from a NotPrincipal needs its account listed too, and a session its role (K-26). */
function checkAncestors(
  entries: readonly PrincipalEntry[],
  places: readonly Span[],
  path: Path,
  { findings }: Reading,
): void {
  const accounts = new Set<string>()
  const roles = new Set<string>()
  const rolesWithSession = new Set<string>()
  for (const { kind, value } of entries) {
    if (kind === 'account') accounts.add(value)
    else if (kind === 'role') roles.add(roleKey(value))
    else if (kind === 'session') rolesWithSession.add(roleKey(value))
  }
  for (const [index, { kind, value }] of entries.entries()) {
    if (kind !== 'user' && kind !== 'role' && kind !== 'session' && kind !== 'federatedUser') continue
    const account = splitArn(value)?.account ?? ''
    const missing: string[] = []
    if (kind === 'session' && !roles.has(roleKey(value))) missing.push('its role')
    if (kind === 'role' && !rolesWithSession.has(roleKey(value))) missing.push('the ARN of each of its sessions')
    if (!accounts.has(account)) missing.push(`its account ${quote(account)}`)
    if (missing.length === 0) continue
    const span = places[index]
    if (span === undefined) continue
    const message = `NotPrincipal lists ${quote(value)} without ${missing.join(' and ')}, so it is not exempt from the Deny`
    findings.diagnostic(message, span, path, 'list user and account, or session, role and account')
  }
}

/** Account and role name: what the ARN of a role and those of its sessions have in common. */
function roleKey(arn: string): string {
  const { service = '', account = '', resource = '' } = splitArn(arn) ?? {}
  const parts = resource.split('/')
  return `${account}/${(service === 'sts' ? parts[1] : parts.at(-1)) ?? ''}`
}
