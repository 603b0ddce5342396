/**
 * Assertions, sentences about everybody's access, as typed claims; and what `for` ranges over in a test.
 *
 * Refuses to prove them, and to know which principals, actions and keys exist. What follows `when`, `via`, `from` and
 * `through` is what it is in an access query.
 *
 * Source: `docs/test.md`, "Assertions".
 */
import assertionGrammar, {
  KEYWORDS,
  type WrittenAssertion,
  type WrittenCallers,
  type WrittenKeys,
  type WrittenRange,
} from '../grammar/assertion.js'
import { parseAccessQuery, type QueryContext } from '../text/access-query.js'
import { isAccountId } from '../text/arn.js'
import { fromChain, type Chain } from '../text/chain.js'
import { quote } from '../text/escape.js'
import { grammarReader, type GrammarFailure, type TextError } from '../text/grammar-reader.js'
import {
  readAction,
  readPrincipal,
  readResource,
  type QueryAction,
  type QueryPrincipal,
  type QueryResource,
  type QueryTerm,
} from '../text/query-term.js'
import type { Result, Span } from '../text/source.js'
import { didYouMean } from '../text/suggest.js'

export interface CallerSet {
  /** Only these; left out, everybody. */
  readonly these?: readonly QueryPrincipal[]
  readonly except: readonly QueryPrincipal[]
  readonly place?: CallerPlace
}

export interface CallerPlace {
  readonly where: 'inside' | 'outside'
  /** Account ids; undefined: the accounts of the organization. */
  readonly accounts: readonly string[] | undefined
}

export type KeySet =
  | { readonly kind: 'any'; readonly except: readonly QueryResource[] }
  | { readonly kind: 'these'; readonly resources: readonly QueryResource[] }

/** `nobody`: no request of these callers is allowed. `everybody`: every one is. `only`: nobody but `callers.except` is. */
export interface Assertion {
  readonly claim: 'nobody' | 'everybody' | 'only'
  readonly callers: CallerSet
  readonly actions: readonly QueryAction[]
  readonly keys: KeySet
  readonly context: QueryContext
}

export type Range =
  { readonly kind: 'principals'; readonly callers: CallerSet } | { readonly kind: 'keys'; readonly keys: KeySet }

const MAX_LENGTH = 8192
const EVERYBODY: CallerSet = { except: [] }

const readSentence = grammarReader<WrittenAssertion>(assertionGrammar)
const readRangeText = grammarReader<WrittenRange>({ ...assertionGrammar, ParserStart: 'range' })

/** Errors have the place where the sentence stops being one, and what could stand there. */
export function parseAssertion(text: string): Result<Assertion, TextError> {
  const tooLong = lengthError(text)
  if (tooLong !== undefined) return tooLong
  const written = readSentence(text)
  if (!written.ok) return { ok: false, error: sentenceError(text, 'assertion', written.error) }
  const { claim, principals, rest } = written.value
  const named = readAll(principals, readPrincipal)
  if (!named.ok) return named
  const callers = readCallers(written.value.callers)
  if (!callers.ok) return callers
  const actions = readAll(written.value.actions, readAction)
  if (!actions.ok) return actions
  const keys = readKeys(written.value.keys)
  if (!keys.ok) return keys
  const context = readClauses(text, rest)
  if (!context.ok) return context
  return {
    ok: true,
    value: {
      claim: claim === 'cannot' ? 'nobody' : claim,
      callers: callersOf(claim, named.value, callers.value),
      actions: actions.value,
      keys: keys.value,
      context: context.value,
    },
  }
}

/** `all principals except role/App`, `all keys`. */
export function parseRange(text: string): Result<Range, TextError> {
  const tooLong = lengthError(text)
  if (tooLong !== undefined) return tooLong
  const written = readRangeText(text)
  if (!written.ok) return { ok: false, error: sentenceError(text, 'range', written.error) }
  if (written.value.kind === 'keys') {
    const keys = readKeys(written.value.keys)
    return keys.ok ? { ok: true, value: { kind: 'keys', keys: keys.value } } : keys
  }
  const callers = readCallers(written.value.callers)
  return callers.ok ? { ok: true, value: { kind: 'principals', callers: callers.value } } : callers
}

function callersOf(claim: WrittenAssertion['claim'], named: readonly QueryPrincipal[], callers: CallerSet): CallerSet {
  switch (claim) {
    case 'only':
      return { except: named }
    case 'cannot':
      return { ...EVERYBODY, these: named }
    case 'nobody':
    case 'everybody':
      return callers
  }
}

function readCallers({ where, accounts, except }: WrittenCallers): Result<CallerSet, TextError> {
  const left = readAll(except, readPrincipal)
  if (!left.ok) return left
  if (where === undefined) return { ok: true, value: { except: left.value } }
  const ids = readAll(accounts, readAccount)
  if (!ids.ok) return ids
  const place = { where, accounts: accounts === undefined ? undefined : ids.value }
  return { ok: true, value: { except: left.value, place } }
}

function readKeys(written: WrittenKeys): Result<KeySet, TextError> {
  const resources = readAll(written.kind === 'any' ? written.except : written.resources, readKey)
  if (!resources.ok) return resources
  return {
    ok: true,
    value:
      written.kind === 'any' ? { kind: 'any', except: resources.value } : { kind: 'these', resources: resources.value },
  }
}

function readKey(term: QueryTerm): Result<QueryResource, TextError> {
  const read = readResource(term)
  if (!read.ok || read.value.kind !== 'any') return read
  return failure('`*` names no key', term.span, 'expected `any key`, or a key such as `alias/payments`')
}

function readAccount({ text, span }: QueryTerm): Result<string, TextError> {
  return isAccountId(text)
    ? { ok: true, value: text }
    : failure(`${quote(text)} is not an account`, span, 'expected 12 digits')
}

function readAll<T>(
  terms: Chain<QueryTerm> | undefined,
  read: (term: QueryTerm) => Result<T, TextError>,
): Result<readonly T[], TextError> {
  const found: T[] = []
  for (const term of fromChain(terms)) {
    const each = read(term)
    if (!each.ok) return each
    found.push(each.value)
  }
  return { ok: true, value: found }
}

/** A question that takes the same clauses and asks for nothing else. */
const CARRIER = 'what can root '

function readClauses(text: string, start: number | undefined): Result<QueryContext, TextError> {
  if (start === undefined) return { ok: true, value: { conditions: [] } }
  const read = parseAccessQuery(CARRIER + text.slice(start))
  const by = start - CARRIER.length
  if (!read.ok) {
    const { error } = read
    return { ok: false, error: { ...error, start: error.start + by, end: error.end + by } }
  }
  return { ok: true, value: shifted(read.value.context, by) }
}

function shifted(context: QueryContext, by: number): QueryContext {
  const move = ({ text, span }: QueryTerm): QueryTerm => ({
    text,
    span: { start: span.start + by, end: span.end + by },
  })
  const { conditions, via, from, through } = context
  return {
    conditions: conditions.map(({ key, operator, values }) => ({ key: move(key), operator, values: values.map(move) })),
    ...(via === undefined ? {} : { via: move(via) }),
    ...(from === undefined ? {} : { from: move(from) }),
    ...(through === undefined ? {} : { through: move(through) }),
  }
}

// ------------------------------------------------------------------------------------------------------------- errors

/** What a rule of the grammar wants, in words; other places want a keyword or a punctuation mark. */
const PHRASES: ReadonlyMap<string, string> = new Map([
  ['principal', 'a principal such as `role/App`'],
  ['account', 'an account'],
  ['action', 'an action such as `kms:Decrypt`'],
  ['resource', 'a key such as `alias/payments`'],
])
const MAX_EXPECTED = 8

function sentenceError(text: string, what: string, { found, expected }: GrammarFailure): TextError {
  const phrases = new Set<string>()
  const keywords: string[] = []
  for (const { terminal, rule } of expected) {
    const phrase = PHRASES.get(rule)
    if (phrase === undefined && KEYWORDS.has(terminal)) keywords.push(terminal)
    phrases.add(phrase ?? (terminal === 'end' ? 'the end' : `\`${terminal}\``))
  }
  const hint = `expected ${oneOf([...phrases].slice(0, MAX_EXPECTED))}`
  const start = found.offset
  if (found.type === 'end') {
    const message = text.trim() === '' ? `the ${what} is empty` : `the ${what} ends too early`
    return { message, start, end: start, hint }
  }
  if (found.type === 'unknown') {
    const message = 'a text in double quotes is not closed, or has an escape that JSON does not know'
    return { message, start, end: text.length, hint: 'expected a text in double quotes with the escapes of JSON' }
  }
  const end = start + found.text.length
  const message = `unexpected ${quote(text.slice(start, end))}`
  const meant = found.type === 'word' ? didYouMean(found.text.toLowerCase(), keywords, 2) : undefined
  // A subject that is misspelt reads like the name of a principal.
  const [begin = ''] = text.trimStart().split(' ', 1)
  const subject = found.text === 'can' ? didYouMean(begin, ['nobody', 'everybody', 'only'], 2) : undefined
  if (subject !== undefined) {
    const at = text.indexOf(begin)
    const instead = `did you mean \`${subject}\`?`
    return { message: `unexpected ${quote(begin)}`, start: at, end: at + begin.length, hint: instead }
  }
  return { message, start, end, hint: meant === undefined ? hint : `did you mean \`${meant}\`?` }
}

function oneOf(phrases: readonly string[]): string {
  const last = phrases.at(-1) ?? 'nothing'
  return phrases.length < 2 ? last : `${phrases.slice(0, -1).join(', ')} or ${last}`
}

function lengthError(text: string): { readonly ok: false; readonly error: TextError } | undefined {
  if (text.length <= MAX_LENGTH) return undefined
  const hint = `expected at most ${MAX_LENGTH} characters`
  return failure(`a sentence of ${text.length} characters is too long`, { start: 0, end: text.length }, hint)
}

function failure(
  message: string,
  { start, end }: Span,
  hint: string,
): { readonly ok: false; readonly error: TextError } {
  return { ok: false, error: { message, start, end, hint } }
}
