/**
 * What is known of a condition key by its name.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys"; IAM User Guide, "AWS global condition context keys"; Service
 * Authorization Reference.
 */
import type { Description } from './description.js'
import { conditionKeyInfo } from '../aws/condition-key.js'
import type { ConditionKeyInfo, ConditionKeyType } from '../aws/condition-keys.js'
import { valuesOfKey } from '../aws/key-values.js'
import { serviceKey } from '../aws/service.js'
import { listed } from '../explain/names.js'

export function describeConditionKey(name: string): Description | undefined {
  const info = conditionKeyInfo(name)
  if (info !== undefined) return kmsKey(name, info)
  const key = serviceKey(name)
  if (key === undefined) return undefined
  return { title: key.pattern, rows: [typeRow([key.type]), manyRow(key.multi)] }
}

/** A few words for a list of keys. */
export function conditionKeyDetail(types: readonly ConditionKeyType[], multi: boolean): string {
  return `${listed(types, 'or')}${multi ? ', a set of values' : ''}`
}

const MAX_ACTIONS = 12

function kmsKey(name: string, info: ConditionKeyInfo): Description {
  const { pattern, types, multi, actions, inKeyPolicy, synonymOf, wildcardsUnsafe } = info
  const values = valuesOfKey(name)
  const rows: (readonly [string, string])[] = [typeRow(types), manyRow(multi)]
  if (values !== undefined) rows.push(['Values', values.join(', ')])
  rows.push(['In requests', actions === null ? 'of any action' : requestsOf(actions)])
  if (!inKeyPolicy) rows.push(['In key policies', 'not seen: a condition on it is one on a key that is absent'])
  if (synonymOf !== null) rows.push(['Instead', `${synonymOf}, which has replaced it`])
  if (wildcardsUnsafe) rows.push(['Wildcards', 'AWS advises against them in its values'])
  return { title: pattern, rows }
}

function requestsOf(actions: readonly string[]): string {
  const more = actions.length - MAX_ACTIONS
  return more > 1 ? `of ${actions.length} actions of KMS` : `of ${listed(actions, 'and')}`
}

const OPERATORS: Readonly<Record<ConditionKeyType, string>> = {
  String: 'StringEquals, StringLike',
  ARN: 'ArnLike, ArnEquals',
  Bool: 'Bool',
  Numeric: 'NumericEquals, NumericLessThan',
  Date: 'DateLessThan, DateGreaterThan',
  IPAddress: 'IpAddress',
}

function typeRow(types: readonly ConditionKeyType[]): readonly [string, string] {
  return ['Type', types.map((type) => `${type} (${OPERATORS[type]} and the like)`).join(' or ')]
}

function manyRow(multi: boolean): readonly [string, string] {
  return ['Values in a request', multi ? 'several: compared with ForAnyValue or ForAllValues' : 'one']
}
