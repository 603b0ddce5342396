/**
 * ARN patterns: the Resource of a statement, or a value of the ARN operators, field by field.
 *
 * Refuses to know how fields match and which services exist. A text without variables is split by hand; only one with
 * `${` needs the grammar, because a colon inside a variable separates nothing.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Resource", "IAM JSON policy elements: Condition operators".
 */
import arnGrammar, { type ArnParts } from '../grammar/arn.js'
import { grammarReader, type TextError } from './grammar-reader.js'
import type { Result } from './source.js'
import {
  hasVariable,
  joinText,
  MAX_VALUE_LENGTH,
  splitWildcards,
  tooLong,
  variableError,
  type Template,
} from './template.js'

export interface ArnField {
  /** As written; `*` for a field that was left out and completed. */
  readonly text: string
  readonly parts: Template
  readonly start: number
  readonly end: number
}

export interface ArnPattern {
  /** `arn`, or in a condition something that may match it. */
  readonly scheme: ArnField
  readonly partition: ArnField
  readonly service: ArnField
  readonly region: ArnField
  readonly account: ArnField
  readonly resource: ArnField
  /** Fewer than six fields were written; the others are `*`. */
  readonly isCompleted: boolean
}

export interface ArnPatternRules {
  /**
   * A Resource begins `arn:`, has no wildcard in its service and variables only after the fifth colon; a condition value
   * may have both anywhere.
   */
  readonly place: 'resource' | 'condition'
  /** False under version 2008-10-17, where `${` is plain text. */
  readonly variables: boolean
  /** Whether missing fields are taken as `*`, as identity policies have it, or refused. */
  readonly completes: boolean
}

interface SplitArn {
  readonly fields: readonly Template[]
  readonly colons: readonly number[]
}

const FIELD_NAMES = ['scheme', 'partition', 'service', 'region', 'account', 'resource'] as const

const readArn = grammarReader<ArnParts>(arnGrammar)

/** Errors name the field and its place; a variable that cannot be read is the error of `parseTemplate`. */
export function parseArnPattern(text: string, rules: ArnPatternRules): Result<ArnPattern, TextError> {
  if (text.length > MAX_VALUE_LENGTH) return { ok: false, error: tooLong(text) }
  const split = splitFields(text, rules.variables)
  if (!split.ok) return split

  const { fields, colons } = split.value
  const scheme = fieldAt(text, fields, colons, 0)
  if (!mayBeScheme(scheme, rules.place)) {
    const hint =
      rules.place === 'resource'
        ? 'expected `*` or an ARN, which begins `arn:`'
        : 'expected an ARN, which begins `arn:`'
    return { ok: false, error: { message: `\`${shortened(text)}\` is not an ARN`, start: 0, end: text.length, hint } }
  }
  const isCompleted = fields.length < FIELD_NAMES.length
  if (isCompleted && !rules.completes) {
    const written = FIELD_NAMES[fields.length] ?? ''
    return {
      ok: false,
      error: {
        message: `the ARN \`${shortened(text)}\` ends before its ${written}`,
        start: text.length,
        end: text.length,
        hint: 'expected `arn:partition:service:region:account:resource`',
      },
    }
  }
  const pattern: ArnPattern = {
    scheme,
    partition: fieldAt(text, fields, colons, 1),
    service: fieldAt(text, fields, colons, 2),
    region: fieldAt(text, fields, colons, 3),
    account: fieldAt(text, fields, colons, 4),
    resource: fieldAt(text, fields, colons, 5),
    isCompleted,
  }
  const error = rules.place === 'resource' ? resourceError(pattern) : undefined
  return error === undefined ? { ok: true, value: pattern } : { ok: false, error }
}

function splitFields(text: string, variables: boolean): Result<SplitArn, TextError> {
  if (variables && hasVariable(text)) {
    const parsed = readArn(text)
    if (!parsed.ok) return { ok: false, error: variableError(text, parsed.error) }
    return { ok: true, value: { fields: parsed.value.fields.map(joinText), colons: parsed.value.colons } }
  }
  const fields: Template[] = []
  const colons: number[] = []
  let start = 0
  while (colons.length < FIELD_NAMES.length - 1) {
    const colon = text.indexOf(':', start)
    if (colon < 0) break
    fields.push(splitWildcards(text.slice(start, colon)))
    colons.push(colon)
    start = colon + 1
  }
  fields.push(splitWildcards(text.slice(start)))
  return { ok: true, value: { fields, colons } }
}

function fieldAt(text: string, fields: readonly Template[], colons: readonly number[], index: number): ArnField {
  const parts = fields[index]
  if (parts === undefined) return { text: '*', parts: splitWildcards('*'), start: text.length, end: text.length }
  const start = index === 0 ? 0 : (colons[index - 1] ?? text.length) + 1
  const end = colons[index] ?? text.length
  return { text: text.slice(start, end), parts, start, end }
}

function mayBeScheme(scheme: ArnField, place: ArnPatternRules['place']): boolean {
  return scheme.text === 'arn' || (place === 'condition' && scheme.parts.some((part) => part.kind !== 'text'))
}

function resourceError(pattern: ArnPattern): TextError | undefined {
  const { service } = pattern
  // A completed service field is a wildcard that nobody wrote.
  if (service.start !== service.end && service.parts.some((part) => part.kind === 'wild')) {
    return {
      message: `the service \`${shortened(service.text)}\` of a resource ARN has a wildcard`,
      start: service.start,
      end: service.end,
      hint: 'expected the name of one service, such as `kms`',
    }
  }
  for (const name of FIELD_NAMES.slice(0, -1)) {
    for (const part of pattern[name].parts) {
      if (part.kind !== 'variable') continue
      return {
        message: `the ${name} of a resource ARN has the variable \`${part.key}\``,
        start: part.start,
        end: part.end,
        hint: 'expected variables only after the fifth colon',
      }
    }
  }
  return undefined
}

function shortened(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 63)}…`
}
