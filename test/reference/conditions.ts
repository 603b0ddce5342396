/**
 * Does the Condition element of one statement hold for this request context?
 *
 * A plain transcription of the table of operators; knows nothing of principals, actions or layers. Each test tells
 * `observe` what it came across, so that a batch of random documents can be measured.
 *
 * Source: IAM User Guide, "Condition operators"; authorization.md B1 to B5, K-3, K-6, K-12, K-18, K-28, K-32.
 */
import { listOf, type ConditionJson, type Context } from './document.js'
import {
  addressInRange,
  arnFields,
  compareDates,
  compareNumbers,
  globMatches,
  globTokens,
  sameBytes,
  textOf,
  type Char,
} from './values.js'
import { contextValues, expand } from './variables.js'

export type Observe = (mark: string) => void

/** `impossible`: the two cannot be compared at all (K-32), which is not the same as being different. */
type Comparison = 'match' | 'different' | 'impossible'
type Compare = (contextValue: string, policyValue: readonly Char[]) => Comparison

function outcome(matches: boolean | undefined): Comparison {
  return matches === undefined ? 'impossible' : matches ? 'match' : 'different'
}

function ordered(compare: (a: string, b: string) => number | undefined, accept: (order: number) => boolean): Compare {
  return (got, wanted) => {
    const order = compare(got, textOf(wanted))
    return order === undefined ? 'impossible' : outcome(accept(order))
  }
}

function isBoolText(text: string): boolean {
  return /^(true|false)$/i.test(text)
}

function arnLike(got: string, wanted: readonly Char[]): Comparison {
  const gotFields = got.split(':')
  const wantedFields = arnFields(wanted)
  if (gotFields.length < 6 || gotFields[0] !== 'arn' || wantedFields.length < 6) return 'impossible'
  const fields = [...gotFields.slice(0, 5), gotFields.slice(5).join(':')]
  return outcome(wantedFields.every((field, index) => globMatches(globTokens(field), fields[index] ?? '')))
}

interface Operator {
  readonly compare: Compare
  readonly negated: boolean
  readonly takesVariables: boolean
}

const positive = (compare: Compare, takesVariables = false): Operator => ({ compare, negated: false, takesVariables })
const negative = (operator: Operator): Operator => ({ ...operator, negated: true })

const stringEquals = positive((got, wanted) => outcome(got === textOf(wanted)), true)
const ignoreCase = positive((got, wanted) => outcome(got.toLowerCase() === textOf(wanted).toLowerCase()), true)
const stringLike = positive((got, wanted) => outcome(globMatches(globTokens(wanted), got)), true)
const arn = positive(arnLike, true)
const ip = positive((got, wanted) => outcome(addressInRange(got, textOf(wanted))))
const numericEquals = positive(ordered(compareNumbers, (order) => order === 0))
const dateEquals = positive(ordered(compareDates, (order) => order === 0))

const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: stringEquals,
  StringNotEquals: negative(stringEquals),
  StringEqualsIgnoreCase: ignoreCase,
  StringNotEqualsIgnoreCase: negative(ignoreCase),
  StringLike: stringLike,
  StringNotLike: negative(stringLike),
  NumericEquals: numericEquals,
  NumericNotEquals: negative(numericEquals),
  NumericLessThan: positive(ordered(compareNumbers, (order) => order < 0)),
  NumericLessThanEquals: positive(ordered(compareNumbers, (order) => order <= 0)),
  NumericGreaterThan: positive(ordered(compareNumbers, (order) => order > 0)),
  NumericGreaterThanEquals: positive(ordered(compareNumbers, (order) => order >= 0)),
  DateEquals: dateEquals,
  DateNotEquals: negative(dateEquals),
  DateLessThan: positive(ordered(compareDates, (order) => order < 0)),
  DateLessThanEquals: positive(ordered(compareDates, (order) => order <= 0)),
  DateGreaterThan: positive(ordered(compareDates, (order) => order > 0)),
  DateGreaterThanEquals: positive(ordered(compareDates, (order) => order >= 0)),
  Bool: positive((got, wanted) => {
    const text = textOf(wanted)
    return isBoolText(got) && isBoolText(text) ? outcome(got.toLowerCase() === text.toLowerCase()) : 'impossible'
  }, true),
  BinaryEquals: positive((got, wanted) => outcome(sameBytes(got, textOf(wanted)))),
  IpAddress: ip,
  NotIpAddress: negative(ip),
  ArnEquals: arn,
  ArnLike: arn,
  ArnNotEquals: negative(arn),
  ArnNotLike: negative(arn),
}

export const OPERATOR_NAMES = Object.keys(OPERATORS)

interface OperatorName {
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined
  readonly base: string
  readonly ifExists: boolean
}

/** Evaluation takes operator names in any case (K-30). */
function parseOperatorName(name: string): OperatorName {
  const found = /^(?:(forallvalues|foranyvalue):)?(.*?)(ifexists)?$/i.exec(name)
  const [, set, base = '', ifExists] = found ?? []
  const known = [...OPERATOR_NAMES, 'Null'].find((each) => each.toLowerCase() === base.toLowerCase())
  if (known === undefined) throw new Error(`unknown condition operator \`${name}\``)
  return {
    set: set === undefined ? undefined : set.toLowerCase() === 'forallvalues' ? 'ForAllValues' : 'ForAnyValue',
    base: known,
    ifExists: ifExists !== undefined,
  }
}

export function testCondition(
  operatorName: string,
  key: string,
  policyValues: readonly string[],
  version: string,
  context: Context,
  observe: Observe = () => undefined,
): boolean {
  const { set, base, ifExists } = parseOperatorName(operatorName)
  const answer = (result: boolean, how: string): boolean => {
    observe(`operator ${base} ${set ?? 'plain'}${ifExists ? ' IfExists' : ''} ${result}`)
    observe(`condition ${how}`)
    return result
  }
  const { values, isMultivalued } = contextValues(context, key)
  const onlyEmptyTexts = values.every((value) => value === '')

  if (base === 'Null') {
    if (set === 'ForAllValues') return answer(true, 'Null with a set operator')
    if (set === 'ForAnyValue') return answer(false, 'Null with a set operator')
    const isPresent = values.length > 0 && !(isMultivalued && onlyEmptyTexts)
    return answer(
      policyValues.some((value) => (value.toLowerCase() === 'true') === !isPresent),
      isPresent ? 'Null, key present' : 'Null, key absent',
    )
  }

  const operator = OPERATORS[base]
  if (!operator) throw new Error(`operator \`${base}\` has no definition`)
  const isPresent = values.length > 0 && !(set !== undefined && onlyEmptyTexts)

  // A8 names what an empty value list does with a set operator or IfExists; a plain positive one never matches, a plain
  // negated one has nothing to differ from and falls through to the general rule.
  if (policyValues.length === 0) {
    observe('condition with an empty value list')
    if (ifExists || set === 'ForAllValues') return answer(!isPresent, 'empty value list, IfExists or ForAllValues')
    if (set === 'ForAnyValue') return answer(false, 'empty value list, ForAnyValue')
    if (!operator.negated) return answer(false, 'empty value list, plain positive')
  }

  if (!isPresent) {
    if (values.length > 0) observe('condition on a null data set')
    if (ifExists)
      return answer(true, set === 'ForAnyValue' ? 'absent, ForAnyValue IfExists (K-28)' : 'absent, IfExists')
    if (set === 'ForAllValues') return answer(true, 'absent, ForAllValues')
    if (set === 'ForAnyValue') return answer(false, 'absent, ForAnyValue')
    return answer(operator.negated, operator.negated ? 'absent, negated' : 'absent, positive')
  }

  const wanted = policyValues.map((text) =>
    operator.takesVariables ? expand(text, version, context) : expand(text, '2008-10-17', context),
  )
  const holdsFor = (value: string): boolean => {
    // A variable without a value equals nothing, but that is a comparison that was made (A7).
    const comparisons = wanted.map((chars) => (chars === undefined ? 'different' : operator.compare(value, chars)))
    if (wanted.includes(undefined))
      observe(`condition variable without a value, ${operator.negated ? 'negated' : 'positive'}`)
    if (comparisons.includes('impossible'))
      observe(`condition cannot be compared, ${operator.negated ? 'negated' : 'positive'}`)
    return operator.negated
      ? comparisons.every((comparison) => comparison === 'different')
      : comparisons.includes('match')
  }
  if (set === 'ForAllValues') return answer(values.every(holdsFor), 'present, ForAllValues')
  if (set === 'ForAnyValue') return answer(values.some(holdsFor), 'present, ForAnyValue')
  const [only] = values
  if (values.length > 1 || only === undefined) return answer(false, 'several values without a set operator (K-12)')
  return answer(holdsFor(only), operator.negated ? 'present, negated' : 'present, positive')
}

/** Operators AND, keys AND (B1). An empty Condition object is no condition (K-18). */
export function conditionsHold(
  condition: ConditionJson | undefined,
  version: string,
  context: Context,
  observe: Observe = () => undefined,
): boolean {
  return Object.entries(condition ?? {}).every(([operator, block]) =>
    Object.entries(block).every(([key, values]) =>
      testCondition(operator, key, listOf(values).map(String), version, context, observe),
    ),
  )
}
