/**
 * Condition tests in words: what a test wants and what the request has.
 *
 * Knows nothing of why somebody asks; a test that holds is worded like one that does not.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators"; facts B2, B3.
 */
import type { ConditionTrace, PolicyTrace } from '../decide/trace.js'
import type { SlotValues } from '../graph/atom.js'
import { KEY_POLICY_TEMPLATE, TEMPLATE, TemplateValue } from '../graph/template-value.js'
import type { BaseOperator, ConditionTest } from '../policy/document.js'
import { hasVariable } from '../text/template.js'
import { listed, quoted, shortened } from './names.js'
import { once } from './once.js'

export interface TestWords {
  /** A clause: `kms:EncryptionContext:tenant is "a"`. */
  readonly wanted: string
  /** A clause: `this request has "b"`. */
  readonly got: string
  /** What the request has, without a verb: `"b"`, or `nothing: …`. */
  readonly value: string
}

export function testWords(condition: ConditionTrace, policy: PolicyTrace, values: SlotValues): TestWords {
  const { test } = condition
  // A value with variables comes to something else in each request.
  const wanted = isFixed(test) ? wantedOf(test) : wantedWords(test, policy, values)
  const { got, value } = gotWords(condition)
  return { wanted, got, value }
}

function isFixed({ values }: ConditionTest): boolean {
  for (let index = 0; index < values.length; index++) if (hasVariable(values[index]!)) return false
  return true
}

/** What a test wants of any request: its variables stand as they are written. */
export const wantedOf = once((test: ConditionTest): string => wantedWords(test))

// ----------------------------------------------------------------------------------------------------------- wanted

interface Predicate {
  readonly is: string
  /** Before one value and before several, negated. */
  readonly isNot: string
  readonly isNone: string
  readonly after?: string
  readonly bare?: boolean
}

const EQUAL: Predicate = { is: 'is', isNot: 'is not', isNone: 'is none of' }
const MATCH: Predicate = { is: 'matches', isNot: 'does not match', isNone: 'matches none of' }

/** An ordering has no negated form, so only `is` is ever read there. */
function order(is: string): Predicate {
  return { is, isNot: `not ${is}`, isNone: `not ${is}`, bare: true }
}

const PREDICATES: Readonly<Record<Exclude<BaseOperator, 'Null'>, Predicate>> = {
  StringEquals: EQUAL,
  StringEqualsIgnoreCase: { ...EQUAL, after: ' in upper or lower case' },
  StringLike: MATCH,
  NumericEquals: { is: 'equals', isNot: 'does not equal', isNone: 'equals none of', bare: true },
  NumericLessThan: order('is less than'),
  NumericLessThanEquals: order('is at most'),
  NumericGreaterThan: order('is more than'),
  NumericGreaterThanEquals: order('is at least'),
  DateEquals: { is: 'is exactly', isNot: 'is not exactly', isNone: 'is none of', bare: true },
  DateLessThan: order('is before'),
  DateLessThanEquals: order('is not after'),
  DateGreaterThan: order('is after'),
  DateGreaterThanEquals: order('is not before'),
  Bool: { ...EQUAL, bare: true },
  BinaryEquals: { ...EQUAL, after: ' as base64' },
  IpAddress: { is: 'is in', isNot: 'is not in', isNone: 'is in none of', bare: true },
  ArnLike: MATCH,
}

/** @param policy - with the request's values, what variables are to be filled from. */
function wantedWords(test: ConditionTest, policy?: PolicyTrace, values?: SlotValues): string {
  const { base, set, ifExists } = test
  const key = shortened(test.key)
  if (base === 'Null') return nullWords(test)
  const { is, isNot, isNone, after = '', bare = false } = PREDICATES[base]
  if (test.values.length === 0) return `${key} is compared with an empty list of values`
  const wanted = test.values.map((value) => valueWords(value, base, bare, policy, values))
  const verb = !test.negated ? is : wanted.length === 1 ? isNot : isNone
  const predicate = `${verb} ${listed(wanted, 'or')}${after}`
  switch (set) {
    case undefined:
      return ifExists ? `${key}, if the request has it, ${predicate}` : `${key} ${predicate}`
    case 'ForAnyValue':
      return `at least one value of ${key}${ifExists ? ', if the request has it,' : ''} ${predicate}`
    case 'ForAllValues':
      return `every value of ${key}, if it has any, ${predicate}`
  }
}

function nullWords({ key: name, set, values }: ConditionTest): string {
  const key = shortened(name)
  if (set === 'ForAllValues') return `${key} may be there or not (\`Null\` with ForAllValues always holds)`
  if (set === 'ForAnyValue') return `${key} is there and not there (\`Null\` with ForAnyValue never holds)`
  const absent = values.some((value) => value.toLowerCase() === 'true')
  const present = values.some((value) => value.toLowerCase() !== 'true')
  if (absent && present) return `${key} is there or not`
  if (!absent && !present) return `${key} is compared with an empty list of values`
  return absent ? `the request does not have ${key}` : `the request has ${key}`
}

const PLAIN = /^[A-Za-z0-9.:/+-]{1,60}$/

function plain(text: string, bare: boolean): string {
  return bare && PLAIN.test(text) ? text : quoted(text)
}

/** A value as written and, where it has variables, what it comes to for this request. */
function valueWords(
  value: string,
  base: BaseOperator,
  bare: boolean,
  policy: PolicyTrace | undefined,
  values: SlotValues | undefined,
): string {
  const written = plain(value, bare)
  if (policy === undefined || values === undefined) return written
  if (policy.document.version !== '2012-10-17' || !hasVariable(value) || !takesVariables(base)) return written
  const { tables } = policy.compiled
  const mark = policy.document.kind === 'key' ? KEY_POLICY_TEMPLATE : TEMPLATE
  const resolved = new TemplateValue(mark + value, (key) => tables.findSlot(key)).resolveText(values)
  return resolved === undefined ? `${written} (which has no value here)` : `${written} (here ${quoted(resolved)})`
}

function takesVariables(base: BaseOperator): boolean {
  return base.startsWith('String') || base === 'ArnLike' || base === 'Bool'
}

// -------------------------------------------------------------------------------------------------------------- got

function gotWords({ test, got, miss }: ConditionTrace): Omit<TestWords, 'wanted'> {
  const { operator } = test
  if (miss === 'hidden') {
    return { got: 'key policies cannot see that key', value: 'nothing: key policies cannot see this key' }
  }
  if (got === undefined) {
    return { got: 'this request does not have that key', value: 'nothing: the request does not have this key' }
  }
  const text = valueText(test, got)
  if (miss === 'severalValues') {
    return {
      got: `this request has several values, which ${operator} compares only after ForAnyValue: or ForAllValues:`,
      value: `${text}: more values than ${operator} compares without ForAnyValue: or ForAllValues:`,
    }
  }
  if (miss === 'uncomparable') {
    return {
      got: `this request has ${text}, and ${operator} cannot compare the two`,
      value: `${text}: ${operator} cannot compare the two`,
    }
  }
  return { got: `this request has ${text}`, value: text }
}

function valueText({ base }: ConditionTest, got: string | readonly string[]): string {
  const bare = base !== 'Null' && PREDICATES[base].bare === true
  if (typeof got === 'string') return plain(got, bare)
  return got.length === 0
    ? 'an empty list'
    : listed(
        got.map((value) => plain(value, bare)),
        'and',
      )
}
