/**
 * Members of an operation's input from what people write: flags as the AWS CLI takes them, and JSON.
 *
 * Bytes are base64, or `fileb://path` for a file as it is; `file://path` is the text of a file; points in time are ISO 8601
 * or epoch seconds. What a value may be, the operation says itself; here it only gets its type.
 *
 * Source: AWS CLI User Guide, "Specify parameter values", "Using shorthand syntax", "Load parameters from a file".
 */
import { readFileSync } from 'node:fs'
import { API_OPERATIONS, STRUCTURES, type MemberInfo, type OperationName } from '../aws/operations.js'
import { bytesOf } from '../kms/aws-json.js'
import { quote } from '../text/escape.js'
import { readJson } from '../text/json.js'
import type { Result } from '../text/source.js'
import { didYouMean } from '../text/suggest.js'
import { nodeToValue } from '../text/syntax-tree.js'
import { parseShorthand } from './kms-shorthand.js'

type Members = Readonly<Record<string, MemberInfo>>
type Value = Result<unknown, string>

/** The value of one flag, which may have been given several words. The error is one sentence. */
export function valueOfFlag(info: MemberInfo, flag: string, words: readonly string[]): Value {
  const [first = ''] = words
  switch (info.type) {
    case 'blob':
      return first.startsWith('fileb://') ? bytesOfFile(first.slice('fileb://'.length)) : scalar(info, flag, first)
    case 'string':
    case 'boolean':
    case 'integer':
    case 'timestamp':
      return scalar(info, flag, first)
    case 'list':
      return listOf(info, flag, words)
    case 'map':
    case 'structure':
      return compound(info, flag, words)
  }
}

/** The input of an operation from a JSON text. The error is one sentence. */
export function inputOfJson(
  operation: OperationName,
  text: string,
  name: string,
): Result<Readonly<Record<string, unknown>>, string> {
  const parsed = parseJson(text, name)
  if (!parsed.ok) return parsed
  return members(API_OPERATIONS[operation].input, parsed.value, name)
}

function scalar(info: MemberInfo, flag: string, word: string): Value {
  const text = contentOf(word)
  return text.ok ? typed(info, text.value, flag) : text
}

function listOf(info: MemberInfo, flag: string, words: readonly string[]): Value {
  const [first = ''] = words
  const text = words.length === 1 ? contentOf(first) : undefined
  if (text?.ok === false) return text
  if (text !== undefined && (text.value !== first || first.trimStart().startsWith('['))) {
    const parsed = parseJson(text.value, flag)
    return parsed.ok ? typed(info, parsed.value, flag) : parsed
  }
  const items = each(words, (word) => {
    if (info.items?.type !== 'structure') return { ok: true, value: word }
    return word.trimStart().startsWith('{') ? parseJson(word, flag) : shorthand(word)
  })
  return items.ok ? typed(info, items.value, flag) : items
}

function compound(info: MemberInfo, flag: string, words: readonly string[]): Value {
  const [first = ''] = words
  const text = words.length === 1 ? contentOf(first) : undefined
  if (text?.ok === false) return text
  if (text !== undefined && (text.value !== first || first.trimStart().startsWith('{'))) {
    const parsed = parseJson(text.value, flag)
    return parsed.ok ? typed(info, parsed.value, flag) : parsed
  }
  const parts = each(words, shorthand)
  if (!parts.ok) return parts
  const pairs = parts.value.flatMap((part) => Object.entries(part))
  const twice = pairs.find(([name], index) => pairs.findIndex(([other]) => other === name) < index)
  if (twice !== undefined) return failure(`\`${flag}\` has ${quote(twice[0])} twice`)
  return typed(info, Object.fromEntries(pairs), flag)
}

function shorthand(word: string): ReturnType<typeof parseShorthand> {
  const parsed = parseShorthand(word)
  return parsed.ok ? parsed : failure(`${quote(word, 100)} ${parsed.error}`)
}

/** A value of JSON or of a flag as the type that the member has. */
function typed(info: MemberInfo, value: unknown, path: string): Value {
  switch (info.type) {
    case 'string':
      return typeof value === 'string' ? { ok: true, value } : expected(path, 'a text')
    case 'boolean':
      if (typeof value === 'boolean') return { ok: true, value }
      return value === 'true' || value === 'false'
        ? { ok: true, value: value === 'true' }
        : expected(path, 'true or false')
    case 'integer': {
      const number = typeof value === 'string' && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : value
      return Number.isSafeInteger(number) ? { ok: true, value: number } : expected(path, 'a whole number')
    }
    case 'blob': {
      const bytes = typeof value === 'string' ? bytesOf(value.trimEnd()) : undefined
      return bytes === undefined
        ? expected(path, 'base64, or `fileb://path` for a file as it is')
        : { ok: true, value: bytes }
    }
    case 'timestamp':
      return moment(value, path)
    case 'list':
      return Array.isArray(value)
        ? each(value as readonly unknown[], (item) =>
            info.items ? typed(info.items, item, path) : { ok: true, value: item },
          )
        : expected(path, 'a list')
    case 'map':
      if (!isObject(value) || Object.values(value).some((one) => typeof one !== 'string')) {
        return expected(path, 'names and texts: `name=value,name=value`')
      }
      return { ok: true, value }
    case 'structure':
      return members(STRUCTURES[info.structure!], value, path)
  }
}

function moment(value: unknown, path: string): Value {
  const isEpoch = typeof value === 'number' || (typeof value === 'string' && /^[0-9]{1,12}(\.[0-9]{1,9})?$/.test(value))
  const isIso = typeof value === 'string' && ISO.test(value)
  const date = isEpoch ? new Date(Number(value) * 1000) : isIso ? new Date(value) : undefined
  return date === undefined || Number.isNaN(date.getTime())
    ? expected(path, 'a point in time such as 2026-03-15T12:00:00Z')
    : { ok: true, value: date }
}

const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

function members(known: Members, value: unknown, path: string): Result<Readonly<Record<string, unknown>>, string> {
  if (!isObject(value)) return expected(path, 'an object')
  const read: Record<string, unknown> = {}
  for (const [name, given] of Object.entries(value)) {
    if (given === null) continue
    const info = Object.hasOwn(known, name) ? known[name] : undefined
    if (info === undefined) {
      const meant = didYouMean(name, Object.keys(known), 3)
      const hint = meant === undefined ? `it has ${Object.keys(known).join(', ')}` : `did you mean ${quote(meant)}?`
      return failure(`${shown(path)} has no member ${quote(name)}; ${hint}`)
    }
    const one = typed(info, given, `${path}.${name}`)
    if (!one.ok) return one
    read[name] = one.value
  }
  return { ok: true, value: read }
}

// ----------------------------------------------------------------------------------------------------------- helpers

/** The text of a file for `file://path`, else the word itself. */
function contentOf(word: string): Result<string, string> {
  if (word.startsWith('fileb://'))
    return failure(`${quote(word, 100)}: only bytes come from \`fileb://\`; use \`file://\``)
  if (!word.startsWith('file://')) return { ok: true, value: word }
  const bytes = bytesOfFile(word.slice('file://'.length))
  return bytes.ok ? { ok: true, value: bytes.value.toString('utf8') } : bytes
}

function bytesOfFile(path: string): Result<Buffer, string> {
  try {
    return { ok: true, value: readFileSync(path) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return failure(`cannot read ${quote(path, 200)}: ${reason.startsWith('ENOENT') ? 'there is no such file' : reason}`)
  }
}

function parseJson(text: string, name: string): Value {
  const tree = readJson({ name, text })
  if (tree.ok) return { ok: true, value: nodeToValue(tree.value) }
  const { message = 'it has no value', span } = tree.error[0] ?? {}
  const place = span === undefined ? '' : `, at character ${span.start + 1}`
  return failure(`${shown(name)} is not JSON${place}: ${message}`)
}

function each<T, U>(items: readonly T[], read: (item: T) => Result<U, string>): Result<readonly U[], string> {
  const values: U[] = []
  for (const item of items) {
    const value = read(item)
    if (!value.ok) return value
    values.push(value.value)
  }
  return { ok: true, value: values }
}

function shown(path: string): string {
  return quote(path, 200)
}

function expected(path: string, what: string): { readonly ok: false; readonly error: string } {
  return failure(`${shown(path)}: expected ${what}`)
}

function failure(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
