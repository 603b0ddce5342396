/**
 * An access query, `can role/App do kms:Decrypt on alias/payments via s3`, as questions: one for each action on each
 * resource that it names.
 *
 * Names are looked up by a resolver: one that nobody has, and one that several have, is an error with its place. What
 * the query does not say of the request is not known.
 *
 * Source: Keyward, "Access queries"; facts D5, E.
 */
import { actionByName } from '../../aws/action.js'
import { KMS_ACTIONS, MULTI_RESOURCE_APIS } from '../../aws/actions.js'
import type { AuthorizationRequest } from '../../decide/resolve.js'
import { parseAliasArn, parseKeyArn } from '../../text/arn.js'
import {
  parseAccessQuery,
  type AccessQuery,
  type QueryAction,
  type QueryPrincipal,
  type QueryResource,
} from '../../text/access-query.js'
import { quote } from '../../text/escape.js'
import { compileGlob } from '../../text/glob.js'
import type { TextError } from '../../text/grammar-reader.js'
import type { Result, Span } from '../../text/source.js'
import { didYouMean } from '../../text/suggest.js'
import { isPattern, type NameResolver } from './name-resolver.js'
import { readQueryContext, type QueryRequest } from './query-context.js'
import type { Question, UnknownInput } from './question.js'
import { unspecifiedKeys } from './unspecified-keys.js'

/** `why not` and `why can` expect an answer; `can` does not. */
export interface AskedQuery {
  readonly kind: 'can' | 'whyCan' | 'whyNot'
  readonly questions: readonly Question[]
}

const NAME = '<query>'
/** A pattern on a large world is a list nobody reads. */
const MAX_QUESTIONS = 10_000
const MAX_NAMED = 5

export function questionsOfText(text: string, names: NameResolver): Result<AskedQuery, TextError> {
  const query = parseAccessQuery(text)
  return query.ok ? questionsOfQuery(text, query.value, names) : query
}

/** @param text - the query as it was written. */
export function questionsOfQuery(text: string, query: AccessQuery, names: NameResolver): Result<AskedQuery, TextError> {
  if (query.kind === 'whoCan' || query.kind === 'whatCan') {
    const [start, end] = [0, text.length]
    const asks = query.kind === 'whoCan' ? 'who may do something' : 'what somebody may do'
    return failure(`this asks ${asks}, not about one request`, { start, end }, 'expected `can … do … on …`')
  }
  const principal = onePrincipal(query.principal, names, text)
  if (!principal.ok) return principal
  const resources = someResources(query.resource, names, text)
  if (!resources.ok) return resources
  const request = readQueryContext(query.context)
  if (!request.ok) return request
  const questions: Question[] = []
  for (const written of query.actions) {
    const actions = someActions(written, resources.value)
    if (!actions.ok) return actions
    for (const action of actions.value) {
      for (const resource of resources.value) {
        if (questions.length >= MAX_QUESTIONS) {
          return failure(`this asks more than ${MAX_QUESTIONS} questions`, query.resource.span, 'name fewer resources')
        }
        const check = { ...checkOf(principal.value, action, resource, names), ...request.value.request }
        questions.push(questionOf(check, request.value, query.resource.span))
      }
    }
  }
  return { ok: true, value: { kind: query.kind, questions } }
}

function checkOf(
  principal: string,
  action: string,
  resource: string | undefined,
  names: NameResolver,
): AuthorizationRequest {
  if (resource === undefined) return { principal, action }
  const info = actionByName(action)
  // An operation that takes no alias cannot have been called with one: the alias is only how the reader names the key.
  const isName =
    parseAliasArn(resource) !== undefined &&
    info?.resources.includes('alias') !== true &&
    info?.keyIdMayBeAlias === false
  return { principal, action, resource: isName ? (names.keyOfAlias(resource) ?? resource) : resource }
}

function questionOf(check: AuthorizationRequest, request: QueryRequest, span: Span): Question {
  const isService = !check.principal.startsWith('arn:')
  const isAlias = check.resource !== undefined && parseAliasArn(check.resource) !== undefined
  const told = isAlias ? [...request.told, 'kms:RequestAlias'] : request.told
  const unknown: UnknownInput[] = [
    ...(isService ? [] : [SESSION_POLICIES]),
    ...unspecifiedKeys('the query does', check.action, isService, { parameters: false, keys: told }),
  ]
  return {
    origin: { form: 'query', name: NAME, span },
    checks: [check],
    incomplete: [],
    unknown,
    notes: [...request.notes, ...notesOf(check)],
  }
}

const SESSION_POLICIES: UnknownInput = {
  kind: 'sessionPolicies',
  name: 'session policies',
  why: 'a query cannot tell them',
}

function notesOf({ action, resource }: AuthorizationRequest): readonly string[] {
  const alias = resource !== undefined && parseAliasArn(resource) !== undefined
  if (!alias || actionByName(action)?.resources.includes('alias') !== true) return []
  return [`${action} is checked on the key behind the alias as well; this asks about the alias alone`]
}

// ------------------------------------------------------------------------------------------------------------ names

function onePrincipal(term: QueryPrincipal, names: NameResolver, text: string): Result<string, TextError> {
  if (term.kind === 'anyone') {
    return failure('`anyone` is no caller', term.span, 'expected `who can … on …`, or somebody by name')
  }
  const found = names.principals(term)
  return one(found, names.principalNames(), term.span, text, 'principal')
}

function one(
  found: readonly string[],
  known: Iterable<string>,
  span: Span,
  text: string,
  what: 'principal' | 'key or alias',
): Result<string, TextError> {
  const [only] = found
  if (only !== undefined && found.length === 1) return { ok: true, value: only }
  const written = text.slice(span.start, span.end)
  if (only === undefined) return unknownName(written, known, span, what)
  const shown = found.slice(0, MAX_NAMED).map((arn) => quote(arn, 160))
  const more = found.length > shown.length ? ` and ${found.length - shown.length} more` : ''
  return failure(`${quote(written)} is the name of ${found.length}`, span, `expected one of ${shown.join(', ')}${more}`)
}

function unknownName(
  written: string,
  known: Iterable<string>,
  span: Span,
  what: string,
): { readonly ok: false; readonly error: TextError } {
  const meant = didYouMean(written.replace(/^[0-9]{12}:/, ''), known, 2)
  const hint = meant === undefined ? 'expected one that is known here, or a whole ARN' : `did you mean ${quote(meant)}?`
  return failure(`no ${what} ${quote(written)} is known`, span, hint)
}

/** Undefined: the action is asked without a resource. */
function someResources(
  term: QueryResource,
  names: NameResolver,
  text: string,
): Result<readonly (string | undefined)[], TextError> {
  if (term.kind === 'any') return { ok: true, value: [undefined] }
  const found = names.resources(term)
  const written = text.slice(term.span.start, term.span.end)
  if (isPattern(written)) {
    return found.length > 0
      ? { ok: true, value: found }
      : unknownName(written, names.resourceNames(), term.span, 'key or alias')
  }
  const resource = one(found, names.resourceNames(), term.span, text, 'key or alias')
  return resource.ok ? { ok: true, value: [resource.value] } : resource
}

function someActions(
  { action, span }: QueryAction,
  resources: readonly (string | undefined)[],
): Result<readonly string[], TextError> {
  if (!action.toLowerCase().startsWith('kms:') && action !== '*') {
    return isPattern(action)
      ? failure(`${quote(action)} is a pattern of another service`, span, 'name one action')
      : { ok: true, value: [action] }
  }
  const needsNone = resources.every((resource) => resource === undefined)
  if (!isPattern(action)) return oneAction(action, span, needsNone)
  const glob = compileGlob(action === '*' ? 'kms:*' : action, { ignoreCase: true })
  const kinds = new Set(resources.map(kindOf))
  const found = KMS_ACTIONS.filter(
    ({ name, resources: takes }) =>
      glob.matches(name) && (needsNone ? takes.length === 0 : takes.some((kind) => kinds.has(kind) || kind === 'key')),
  )
  return found.length > 0
    ? { ok: true, value: found.map(({ name }) => name) }
    : failure(`no permission of KMS on this resource fits ${quote(action)}`, span, 'expected one such as `kms:Decrypt`')
}

function oneAction(action: string, span: Span, needsNone: boolean): Result<readonly string[], TextError> {
  const info = actionByName(action)
  if (info === undefined) {
    const operation = Object.keys(MULTI_RESOURCE_APIS).find(
      (api) => `kms:${api}`.toLowerCase() === action.toLowerCase(),
    )
    const checks = operation === undefined ? undefined : MULTI_RESOURCE_APIS[operation]
    const meant = didYouMean(
      action,
      KMS_ACTIONS.map(({ name }) => name),
      2,
    )
    const hint =
      checks !== undefined
        ? `${operation} asks for ${[...new Set(checks.map((check) => quote(check.action)))].join(' and ')}`
        : meant === undefined
          ? 'expected one such as `kms:Decrypt`'
          : `did you mean ${quote(meant)}?`
    return failure(`KMS has no permission ${quote(action)}`, span, hint)
  }
  if (needsNone && info.resources.length > 0) {
    return failure(`${quote(info.name)} is asked for on a key or an alias`, span, 'expected one after `on`, not `*`')
  }
  return { ok: true, value: [info.name] }
}

function kindOf(resource: string | undefined): 'key' | 'alias' | undefined {
  if (resource === undefined) return undefined
  return parseKeyArn(resource) !== undefined ? 'key' : 'alias'
}

function failure(
  message: string,
  { start, end }: Span,
  hint: string,
): { readonly ok: false; readonly error: TextError } {
  return { ok: false, error: { message, start, end, hint } }
}
