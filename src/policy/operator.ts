/**
 * Names of condition operators: `ForAnyValue:StringNotLikeIfExists` taken apart.
 *
 * Knows nothing of values. Names are exact-case here; evaluation of somebody else's documents may be laxer.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */
import type { BaseOperator, ConditionTest } from './document.js'
import { didYouMean } from '../text/suggest.js'
import type { Result } from '../text/source.js'

interface OperatorWord {
  readonly base: BaseOperator
  readonly negated: boolean
}

const WORDS: ReadonlyMap<string, OperatorWord> = new Map<string, OperatorWord>([
  ['StringEquals', { base: 'StringEquals', negated: false }],
  ['StringNotEquals', { base: 'StringEquals', negated: true }],
  ['StringEqualsIgnoreCase', { base: 'StringEqualsIgnoreCase', negated: false }],
  ['StringNotEqualsIgnoreCase', { base: 'StringEqualsIgnoreCase', negated: true }],
  ['StringLike', { base: 'StringLike', negated: false }],
  ['StringNotLike', { base: 'StringLike', negated: true }],
  ['NumericEquals', { base: 'NumericEquals', negated: false }],
  ['NumericNotEquals', { base: 'NumericEquals', negated: true }],
  ['NumericLessThan', { base: 'NumericLessThan', negated: false }],
  ['NumericLessThanEquals', { base: 'NumericLessThanEquals', negated: false }],
  ['NumericGreaterThan', { base: 'NumericGreaterThan', negated: false }],
  ['NumericGreaterThanEquals', { base: 'NumericGreaterThanEquals', negated: false }],
  ['DateEquals', { base: 'DateEquals', negated: false }],
  ['DateNotEquals', { base: 'DateEquals', negated: true }],
  ['DateLessThan', { base: 'DateLessThan', negated: false }],
  ['DateLessThanEquals', { base: 'DateLessThanEquals', negated: false }],
  ['DateGreaterThan', { base: 'DateGreaterThan', negated: false }],
  ['DateGreaterThanEquals', { base: 'DateGreaterThanEquals', negated: false }],
  ['Bool', { base: 'Bool', negated: false }],
  ['BinaryEquals', { base: 'BinaryEquals', negated: false }],
  ['IpAddress', { base: 'IpAddress', negated: false }],
  ['NotIpAddress', { base: 'IpAddress', negated: true }],
  ['ArnLike', { base: 'ArnLike', negated: false }],
  ['ArnNotLike', { base: 'ArnLike', negated: true }],
  ['ArnEquals', { base: 'ArnLike', negated: false }],
  ['ArnNotEquals', { base: 'ArnLike', negated: true }],
  ['Null', { base: 'Null', negated: false }],
])

const SETS = ['ForAllValues', 'ForAnyValue'] as const
const IF_EXISTS = 'IfExists'
/** How many letters of a name may be wrong for a suggestion. */
const MAX_SLIPS = 2

/** What an operator name says, apart from the name itself. */
export type ParsedOperator = Pick<ConditionTest, 'operator' | 'set' | 'base' | 'negated' | 'ifExists'>

export interface OperatorError {
  readonly message: string
  readonly hint?: string
}

/** Policies repeat a handful of names; only names that parse are kept, and there are fewer than 200 of them. */
const parsed = new Map<string, ParsedOperator>()

/** Reads an operator name; a name that AWS does not know is an error with the nearest one that it knows. */
export function parseOperator(name: string): Result<ParsedOperator, OperatorError> {
  const known = parsed.get(name)
  if (known !== undefined) return { ok: true, value: known }

  const colon = name.indexOf(':')
  const set = SETS.find((prefix) => prefix.length === colon && name.startsWith(prefix))
  const afterSet = set === undefined ? name : name.slice(colon + 1)
  const exact = WORDS.get(afterSet)
  const ifExists = exact === undefined && afterSet.endsWith(IF_EXISTS)
  const word = exact ?? (ifExists ? WORDS.get(afterSet.slice(0, -IF_EXISTS.length)) : undefined)
  if (word === undefined) return { ok: false, error: unknownOperator(name) }
  if (word.base === 'Null' && ifExists) {
    return {
      ok: false,
      error: {
        message: `\`Null\` has no IfExists form, so \`${name}\` is not an operator`,
        hint: `expected \`${name.slice(0, -IF_EXISTS.length)}\``,
      },
    }
  }

  const value: ParsedOperator = { operator: name, set, ...word, ifExists }
  parsed.set(name, value)
  return { ok: true, value }
}

function unknownOperator(name: string): OperatorError {
  const message = `unknown condition operator \`${name}\``
  const best = nearest(name)
  return best === undefined ? { message } : { message, hint: `did you mean \`${best}\`?` }
}

/** Corrects prefix, word and suffix apart, so that one slip in each is still understood. */
function nearest(name: string): string | undefined {
  const colon = name.indexOf(':')
  const set = colon < 0 ? '' : corrected(name.slice(0, colon), SETS)
  const rest = name.slice(colon + 1)
  const hasSuffix = rest.toLowerCase().endsWith(IF_EXISTS.toLowerCase())
  const words = [...WORDS.keys()]
  const suffixed = words.filter((word) => word !== 'Null').map((word) => word + IF_EXISTS)
  const operator = hasSuffix
    ? corrected(rest.slice(0, -IF_EXISTS.length) + IF_EXISTS, suffixed)
    : corrected(rest, [...words, ...suffixed])
  if (set === undefined || operator === undefined) return undefined
  return set === '' ? operator : `${set}:${operator}`
}

function corrected(word: string, candidates: readonly string[]): string | undefined {
  return candidates.includes(word) ? word : didYouMean(word, candidates, MAX_SLIPS)
}
