/**
 * Access queries: the text of a question about access, as a typed question.
 *
 * Refuses to answer it, and to know which principals, actions and condition keys exist.
 *
 * Source: Keyward, "Access queries".
 */
import queryGrammar, { KEYWORDS } from '../grammar/query.js'
import { fromChain, type Chain } from './chain.js'
import { grammarReader, type GrammarFailure, type TextError } from './grammar-reader.js'
import {
  readAction,
  readPrincipal,
  readResource,
  type QueryAction,
  type QueryPrincipal,
  type QueryResource,
  type QueryTerm,
} from './query-term.js'
import type { Result } from './source.js'
import { didYouMean } from './suggest.js'

export type { QueryAction, QueryPrincipal, QueryResource, QueryTerm } from './query-term.js'

export type AccessQuery =
  | {
      readonly kind: 'can' | 'whyCan' | 'whyNot'
      readonly principal: QueryPrincipal
      readonly actions: readonly QueryAction[]
      readonly resource: QueryResource
      readonly context: QueryContext
    }
  | {
      readonly kind: 'whoCan'
      readonly actions: readonly QueryAction[]
      readonly resource: QueryResource
      readonly context: QueryContext
    }
  | {
      readonly kind: 'whatCan'
      readonly principal: QueryPrincipal
      readonly resource?: QueryResource
      readonly context: QueryContext
    }

/** What the query says of the request; what it does not say is not known. */
export interface QueryContext {
  readonly conditions: readonly QueryCondition[]
  /** The service that calls for the principal, `s3` or `s3.us-west-2.amazonaws.com`. */
  readonly via?: QueryTerm
  /** The address that the request comes from. */
  readonly from?: QueryTerm
  /** The VPC endpoint that the request comes through. */
  readonly through?: QueryTerm
}

export interface QueryCondition {
  readonly key: QueryTerm
  readonly operator: '=' | 'in'
  /** In text form, as policies compare them: `true` is "true", 21 is "21". One value after `=`. */
  readonly values: readonly QueryTerm[]
}

/** What the grammar reads: terms, not yet principals, actions and resources. */
export type WrittenQuery = { readonly clauses: Chain<QueryClause> | undefined } & (
  | {
      readonly kind: 'can' | 'whyCan' | 'whyNot'
      readonly principal: QueryTerm
      readonly actions: Chain<QueryTerm>
      readonly resource: QueryTerm
    }
  | { readonly kind: 'whoCan'; readonly actions: Chain<QueryTerm>; readonly resource: QueryTerm }
  | { readonly kind: 'whatCan'; readonly principal: QueryTerm; readonly resource?: QueryTerm }
)

export type QueryClause =
  | { readonly name: 'when'; readonly start: number; readonly conditions: Chain<WrittenCondition> }
  | { readonly name: 'via' | 'from' | 'through'; readonly start: number; readonly term: QueryTerm }

interface WrittenCondition {
  readonly key: QueryTerm
  readonly operator: '=' | 'in'
  readonly values: Chain<QueryTerm>
}

const MAX_LENGTH = 8192

/** What a rule of the grammar wants, in words; other places want a keyword or a punctuation mark. */
const PHRASES: ReadonlyMap<string, string> = new Map([
  ['principal', 'a principal such as `role/App`'],
  ['action', 'an action such as `kms:Decrypt`'],
  ['resource', 'a key such as `alias/payments`'],
  ['key', 'a condition key such as `aws:SourceVpc`'],
  ['value', 'a value such as `"text"`'],
  ['service', 'a service such as `s3`'],
  ['address', 'an IP address'],
  ['endpoint', 'a VPC endpoint such as `vpce-1a2b3c4d`'],
])
const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/
const ADDRESS = /^[0-9a-fA-F:.]*[.:][0-9a-fA-F:.]*$/
const ENDPOINT = /^vpce-[0-9a-zA-Z]+$/

const readQuery = grammarReader<WrittenQuery>(queryGrammar)

/** Errors have the place where the query stops being one, and what could stand there. */
export function parseAccessQuery(text: string): Result<AccessQuery, TextError> {
  if (text.length > MAX_LENGTH) {
    const hint = `expected at most ${MAX_LENGTH} characters`
    return failure(`a query of ${text.length} characters is too long`, 0, text.length, hint)
  }
  const written = readQuery(text)
  if (!written.ok) return { ok: false, error: queryError(text, written.error) }
  const context = readContext(fromChain(written.value.clauses))
  return context.ok ? readQuestion(written.value, context.value) : context
}

function readQuestion(written: WrittenQuery, context: QueryContext): Result<AccessQuery, TextError> {
  switch (written.kind) {
    case 'can':
    case 'whyCan':
    case 'whyNot': {
      const principal = readPrincipal(written.principal)
      if (!principal.ok) return principal
      const actions = readActions(written.actions)
      if (!actions.ok) return actions
      const resource = readResource(written.resource)
      if (!resource.ok) return resource
      const { kind } = written
      return {
        ok: true,
        value: { kind, principal: principal.value, actions: actions.value, resource: resource.value, context },
      }
    }
    case 'whoCan': {
      const actions = readActions(written.actions)
      if (!actions.ok) return actions
      const resource = readResource(written.resource)
      if (!resource.ok) return resource
      return { ok: true, value: { kind: 'whoCan', actions: actions.value, resource: resource.value, context } }
    }
    case 'whatCan': {
      const principal = readPrincipal(written.principal)
      if (!principal.ok) return principal
      if (written.resource === undefined)
        return { ok: true, value: { kind: 'whatCan', principal: principal.value, context } }
      const resource = readResource(written.resource)
      if (!resource.ok) return resource
      return { ok: true, value: { kind: 'whatCan', principal: principal.value, resource: resource.value, context } }
    }
  }
}

function readActions(written: Chain<QueryTerm>): Result<readonly QueryAction[], TextError> {
  const actions: QueryAction[] = []
  for (const term of fromChain(written)) {
    const action = readAction(term)
    if (!action.ok) return action
    actions.push(action.value)
  }
  return { ok: true, value: actions }
}

function readContext(clauses: readonly QueryClause[]): Result<QueryContext, TextError> {
  const seen = new Set<string>()
  let context: QueryContext = { conditions: [] }
  for (const clause of clauses) {
    const { name, start } = clause
    if (seen.has(name)) {
      const hint = name === 'when' ? 'expected `and` before a further condition' : `expected one \`${name}\``
      return failure(`\`${name}\` is there already`, start, start + name.length, hint)
    }
    seen.add(name)
    if (clause.name === 'when') {
      const conditions = readConditions(clause.conditions)
      if (!conditions.ok) return conditions
      context = { ...context, conditions: conditions.value }
      continue
    }
    const error = termError(clause.name, clause.term)
    if (error !== undefined) return { ok: false, error }
    context = { ...context, [clause.name]: clause.term }
  }
  return { ok: true, value: context }
}

function readConditions(written: Chain<WrittenCondition>): Result<readonly QueryCondition[], TextError> {
  const keys = new Set<string>()
  const conditions: QueryCondition[] = []
  for (const { key, operator, values } of fromChain(written)) {
    const name = key.text.toLowerCase()
    if (keys.has(name)) {
      const hint = `expected all its values in one \`${key.text} in (...)\``
      return failure(`the condition key \`${key.text}\` is there already`, key.span.start, key.span.end, hint)
    }
    keys.add(name)
    conditions.push({ key, operator, values: fromChain(values) })
  }
  return { ok: true, value: conditions }
}

function termError(name: 'via' | 'from' | 'through', { text, span }: QueryTerm): TextError | undefined {
  switch (name) {
    case 'via':
      if (SERVICE.test(text)) return undefined
      return {
        message: `\`${text}\` is not a service`,
        ...span,
        hint: 'expected `s3`, `s3.us-west-2.amazonaws.com` or the like',
      }
    case 'from':
      if (ADDRESS.test(text)) return undefined
      return { message: `\`${text}\` is not an IP address`, ...span, hint: 'expected one such as `203.0.113.10`' }
    case 'through':
      if (ENDPOINT.test(text)) return undefined
      return { message: `\`${text}\` is not a VPC endpoint`, ...span, hint: 'expected one such as `vpce-1a2b3c4d`' }
  }
}

function queryError(text: string, { found, expected }: GrammarFailure): TextError {
  const phrases = new Set<string>()
  const keywords: string[] = []
  for (const { terminal, rule } of expected) {
    const phrase = PHRASES.get(rule)
    if (phrase === undefined && KEYWORDS.has(terminal)) keywords.push(terminal)
    phrases.add(phrase ?? (terminal === 'end' ? 'the end' : `\`${terminal}\``))
  }
  const hint = `expected ${oneOf([...phrases])}`
  const start = found.offset
  const end = start + (found.type === 'unknown' ? 1 : found.text.length)
  if (found.type === 'end') {
    return { message: text.trim() === '' ? 'the query is empty' : 'the query ends too early', start, end, hint }
  }
  if (found.type === 'unknown')
    return {
      message: quoteMessage(text, start),
      start,
      end: text.length,
      hint: 'expected a text in double quotes with the escapes of JSON',
    }
  const message = `unexpected \`${text.slice(start, end)}\``
  if (found.type === 'word') {
    const meant = didYouMean(found.text.toLowerCase(), keywords)
    if (meant !== undefined) return { message, start, end, hint: `did you mean \`${meant}\`?` }
  }
  const isTerm = expected.some(({ terminal }) => terminal === 'word')
  const needsQuotes = found.type === 'keyword' && isTerm
  return {
    message,
    start,
    end,
    hint: needsQuotes ? `${hint}; a word of the query stands in double quotes to be one` : hint,
  }
}

/** The lexer knows every character but a quote that opens no good text. */
function quoteMessage(text: string, start: number): string {
  const isClosed = text.indexOf('"', start + 1) >= 0
  return isClosed
    ? 'a text in double quotes has a line break or an escape that JSON does not know'
    : 'a text in double quotes is not closed'
}

function oneOf(phrases: readonly string[]): string {
  const last = phrases.at(-1) ?? 'nothing'
  return phrases.length < 2 ? last : `${phrases.slice(0, -1).join(', ')} or ${last}`
}

function failure(
  message: string,
  start: number,
  end: number,
  hint: string,
): { readonly ok: false; readonly error: TextError } {
  return { ok: false, error: { message, start, end, hint } }
}
