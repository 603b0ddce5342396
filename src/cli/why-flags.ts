/**
 * The flags of a question as an access query: they say the same and have the same rules.
 *
 * An error has its place in the flags as they would be written, so that it can be shown like one of a query.
 */
import type {
  AccessQuery,
  QueryAction,
  QueryCondition,
  QueryContext,
  QueryPrincipal,
  QueryResource,
  QueryTerm,
} from '../text/access-query.js'
import type { TextError } from '../text/grammar-reader.js'
import { parseDate } from '../text/date.js'
import { quote } from '../text/escape.js'
import { readAction, readPrincipal, readResource } from '../text/query-term.js'
import type { Result, SourceError, SourceText } from '../text/source.js'
import type { AskOptions } from './why-options.js'

/** What the flags say, each part where it was given. */
export interface Flags {
  /** The flags as text; places are places in it. */
  readonly source: SourceText
  readonly principal?: QueryPrincipal
  readonly action?: QueryAction
  readonly resource?: QueryResource
  readonly context: QueryContext
}

const ENCRYPTION_CONTEXT = 'kms:EncryptionContext:'

export function readFlags(options: AskOptions): Result<Flags, SourceError> {
  const writer = new FlagWriter()
  const principal = writer.flag('--principal', options.principal)
  const action = writer.flag('--action', options.action)
  const key = writer.flag('--key', options.key)
  const pairs = [
    ...(options.context ?? []).map((pair) => writer.pair('--context', pair, '')),
    ...(options.encryptionContext ?? []).map((pair) => writer.pair('--encryption-context', pair, ENCRYPTION_CONTEXT)),
  ]
  const via = writer.flag('--via', options.via)
  const from = writer.flag('--from', options.from)
  const through = writer.flag('--endpoint', options.endpoint)
  const time = writer.flag('--time', options.time)
  const { source } = writer
  const fail = (error: TextError): { readonly ok: false; readonly error: SourceError } => ({
    ok: false,
    error: placed(source, error),
  })
  const conditions: QueryCondition[] = []
  for (const pair of pairs) {
    if (!pair.ok) return fail(pair.error)
    join(conditions, pair.value)
  }
  if (time !== undefined) {
    if (parseDate(time.text) === undefined) {
      const hint = 'expected one such as `2026-03-15T12:00:00Z`'
      return fail({ message: `${quote(time.text)} is not a date`, ...time.span, hint })
    }
    conditions.push({ key: { text: 'aws:CurrentTime', span: time.span }, operator: '=', values: [time] })
  }
  const who = principal === undefined ? undefined : readPrincipal(principal)
  if (who?.ok === false) return fail(who.error)
  const what = action === undefined ? undefined : readAction(action)
  if (what?.ok === false) return fail(what.error)
  const which = key === undefined ? undefined : readResource(key)
  if (which?.ok === false) return fail(which.error)
  return {
    ok: true,
    value: {
      source,
      ...(who === undefined ? {} : { principal: who.value }),
      ...(what === undefined ? {} : { action: what.value }),
      ...(which === undefined ? {} : { resource: which.value }),
      context: {
        conditions,
        ...(via === undefined ? {} : { via }),
        ...(from === undefined ? {} : { from }),
        ...(through === undefined ? {} : { through }),
      },
    },
  }
}

/** One question of its own; without a key the action is asked without a resource. The error is one sentence. */
export function queryOfFlags({ source, principal, action, resource, context }: Flags): Result<AccessQuery, string> {
  if (principal === undefined)
    return { ok: false, error: 'nobody is asked about; give `--principal`, such as `role/App`' }
  if (action === undefined) return { ok: false, error: 'nothing is asked; give `--action`, such as `kms:Decrypt`' }
  const nothing = { start: source.text.length, end: source.text.length }
  return {
    ok: true,
    value: { kind: 'can', principal, actions: [action], resource: resource ?? { kind: 'any', span: nothing }, context },
  }
}

export function placed(source: SourceText, { message, start, end, hint }: TextError): SourceError {
  return { message, source, span: { start, end }, ...(hint === undefined ? {} : { hint }) }
}

/** Values of one key are one condition. */
function join(conditions: QueryCondition[], { key, values, operator }: QueryCondition): void {
  const index = conditions.findIndex((each) => each.key.text.toLowerCase() === key.text.toLowerCase())
  const known = conditions[index]
  if (known === undefined) conditions.push({ key, values, operator })
  else conditions[index] = { ...known, operator: 'in', values: [...known.values, ...values] }
}

/** Writes the flags one after the other and knows where each value stands. */
class FlagWriter {
  private text = ''

  get source(): SourceText {
    return { name: '<flags>', text: this.text }
  }

  flag(name: string, value: string | undefined): QueryTerm | undefined {
    if (value === undefined) return undefined
    this.text += `${this.text === '' ? '' : ' '}${name} `
    const start = this.text.length
    this.text += value
    return { text: value, span: { start, end: this.text.length } }
  }

  pair(name: string, value: string, prefix: string): Result<QueryCondition, TextError> {
    const { span } = this.flag(name, value) ?? { span: { start: 0, end: 0 } }
    const equals = value.indexOf('=')
    if (equals <= 0) {
      const hint = `expected \`name=value\`, such as \`${name} ${prefix === '' ? 'aws:SourceIp=203.0.113.10' : 'tenant=a'}\``
      return { ok: false, error: { message: `${quote(value)} has no value`, ...span, hint } }
    }
    const middle = span.start + equals
    const key = { text: prefix + value.slice(0, equals), span: { start: span.start, end: middle } }
    const values = [{ text: value.slice(equals + 1), span: { start: middle + 1, end: span.end } }]
    return { ok: true, value: { key, operator: '=', values } }
  }
}
