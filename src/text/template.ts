/**
 * Templates: policy values with wildcards and `${...}` variables, taken apart and not yet filled in.
 *
 * Knows no request, no condition keys and no policy version: under `2008-10-17` the caller takes `splitWildcards`, and
 * an operator without wildcards reads a wildcard part as the character it is.
 *
 * Source: IAM User Guide, "IAM policy elements: Variables and tags".
 */
import { LRUCache } from 'lru-cache'
import valueGrammar from '../grammar/value.js'
import { expects, grammarReader, type GrammarFailure, type TextError } from './grammar-reader.js'
import type { Result } from './source.js'

export type TemplatePart =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'wild'; readonly wild: '*' | '?' } | VariablePart

export interface VariablePart {
  readonly kind: 'variable'
  /** The condition key as written; keys compare without case. */
  readonly key: string
  /** Stands in when the key has no value. */
  readonly default?: string
  readonly start: number
  readonly end: number
}

/** No two text parts stand side by side, and none is empty. */
export type Template = readonly TemplatePart[]

/** No policy is longer than a key policy may be: 32,768 bytes (KMS Developer Guide, "Creating a key policy"). */
export const MAX_VALUE_LENGTH = 32_768

const OPEN = '${'
const STAR = 42
const QUESTION = 63

/** A policy's reader, its compiler and the rules of the linter ask for the same few texts. */
const MAX_REMEMBERED_LENGTH = 512
const remembered = new LRUCache<string, Result<Template, TextError>>({ max: 512 })

const readValue = grammarReader<readonly TemplatePart[]>(valueGrammar)

/** Whether a text needs `parseTemplate`; every other one is `splitWildcards` of itself. */
export function hasVariable(text: string): boolean {
  return text.includes(OPEN)
}

/**
 * Errors: a variable that is not closed, has no key, or has a default that is not one comma, one space and a text in
 * single quotes; a text longer than `MAX_VALUE_LENGTH`.
 */
export function parseTemplate(text: string): Result<Template, TextError> {
  if (text.length > MAX_VALUE_LENGTH) return { ok: false, error: tooLong(text) }
  if (!hasVariable(text)) return { ok: true, value: splitWildcards(text) }
  const known = remembered.get(text)
  if (known !== undefined) return known
  const template = readTemplate(text)
  if (text.length <= MAX_REMEMBERED_LENGTH) remembered.set(text, template)
  return template
}

function readTemplate(text: string): Result<Template, TextError> {
  const parsed = readValue(text)
  return parsed.ok
    ? { ok: true, value: joinText(parsed.value) }
    : { ok: false, error: variableError(text, parsed.error) }
}

/** The parts of a text in which `${` means nothing. */
export function splitWildcards(text: string): Template {
  const parts: TemplatePart[] = []
  let textStart = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code !== STAR && code !== QUESTION) continue
    if (index > textStart) parts.push({ kind: 'text', text: text.slice(textStart, index) })
    parts.push({ kind: 'wild', wild: code === STAR ? '*' : '?' })
    textStart = index + 1
  }
  if (textStart < text.length) parts.push({ kind: 'text', text: text.slice(textStart) })
  return parts
}

/** The same parts with neighbouring texts made one. */
export function joinText(parts: readonly TemplatePart[]): Template {
  const joined: TemplatePart[] = []
  let pending = ''
  const flush = (): void => {
    if (pending !== '') joined.push({ kind: 'text', text: pending })
    pending = ''
  }
  for (const part of parts) {
    if (part.kind === 'text') {
      pending += part.text
      continue
    }
    flush()
    joined.push(part)
  }
  flush()
  return joined
}

export function tooLong(text: string): TextError {
  return {
    message: `a value of ${text.length} characters is longer than any policy may be`,
    start: 0,
    end: text.length,
    hint: `expected at most ${MAX_VALUE_LENGTH} characters`,
  }
}

/** What is wrong with a variable; nothing else in a value can be. */
export function variableError(text: string, failure: GrammarFailure): TextError {
  const { found } = failure
  if (found.type === 'end') {
    const open = openBefore(text)
    const message = `the variable \`${text.slice(open, open + 32)}\` is never closed`
    return { message, start: open, end: text.length, hint: 'expected `}`' }
  }
  const start = found.offset
  const end = start + (found.type === 'unknown' ? 1 : found.text.length)
  const at = (message: string, hint: string): TextError => ({ message, start, end, hint })

  const what = `\`${text.slice(start, Math.min(end, start + 32))}\``
  if (expects(failure, 'key')) {
    const hint = 'expected a condition key such as `aws:username`'
    if (found.type === 'close') return { ...at('the variable `${}` has no key', hint), start: start - OPEN.length }
    return at(`unexpected ${what} before the key of a variable`, hint)
  }
  if (expects(failure, 'comma')) {
    const hint = 'expected `}`, or a comma, a space and a default in single quotes'
    return at(`unexpected ${what} in the key of a variable`, hint)
  }
  if (expects(failure, 'space'))
    return at(`unexpected ${what} after the comma of a variable`, 'expected exactly one space')
  if (expects(failure, 'quoted')) {
    return at(defaultMessage(text, start, what), "expected a default in single quotes, such as `'none'`")
  }
  return at(`unexpected ${what} after the default of a variable`, 'expected `}`')
}

function defaultMessage(text: string, start: number, what: string): string {
  switch (text[start]) {
    case "'":
      return 'the default of a variable has no closing quote'
    case ' ':
      return 'there is more than one space before the default of a variable'
    case '}':
      return 'the default of a variable is missing'
    default:
      return `unexpected ${what} in place of the default of a variable`
  }
}

/** Where the variable begins that the text ends in. A quoted default may hold `${`, so variables are walked in order. */
function openBefore(text: string): number {
  let open = text.indexOf(OPEN)
  for (;;) {
    const close = endOfVariable(text, open)
    const next = close < 0 ? -1 : text.indexOf(OPEN, close)
    if (next < 0) return open
    open = next
  }
}

function endOfVariable(text: string, open: number): number {
  const close = text.indexOf('}', open)
  const quote = text.indexOf("'", open)
  if (quote < 0 || close < quote) return close
  const endQuote = text.indexOf("'", quote + 1)
  return endQuote < 0 ? -1 : text.indexOf('}', endQuote)
}
