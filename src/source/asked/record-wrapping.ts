/**
 * Takes CloudTrail records out of what they are handed on in: the list that a file has, an entry of
 * `aws cloudtrail lookup-events`, an EventBridge event, an SNS or SQS message around it, an entry of CloudWatch Logs as
 * `aws logs filter-log-events`, a subscription or Logs Insights gives it, a row of CloudTrail Lake.
 *
 * Knows nothing of a record but that it has an `eventSource`. What is no wrapping comes back as it is, so that whoever
 * reads it says what is wrong.
 *
 * Source: CloudTrail API Reference, "LookupEvents", "GetQueryResults"; CloudWatch Logs API Reference, "FilterLogEvents",
 * "GetQueryResults"; Amazon EventBridge User Guide, "AWS service events via CloudTrail"; Amazon SNS Developer Guide,
 * "HTTP/HTTPS notification JSON format".
 */
import { asObject, memberOf, objectIn, textIn, type Members } from './member.js'

/** The members that hold a record as text. */
const TEXTS = ['CloudTrailEvent', 'eventJson', 'eventjson', '@message', 'message', 'Message', 'body', 'Body'] as const
const LISTS = ['Records', 'Events', 'events', 'logEvents', 'results', 'QueryResultRows', 'Messages', 'hits'] as const
const OBJECTS = ['detail', '_source', 'hits'] as const

/** No wrapping that anybody uses goes deeper; a message may contain itself as often as it likes. */
const MAX_DEPTH = 6

/** At least one, in the order in which they stand there. */
export function recordsIn(value: unknown): readonly unknown[] {
  const object = asObject(value)
  // Most are records already, and there are many.
  if (object !== undefined && Object.hasOwn(object, 'eventSource')) return [value]
  const records: unknown[] = []
  const waiting: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { depth } = next
    const inside = depth < MAX_DEPTH ? insideOf(next.value) : undefined
    if (inside === undefined) records.push(next.value)
    else for (const item of inside.toReversed()) waiting.push({ value: item, depth: depth + 1 })
  }
  return records.length === 0 ? [value] : records
}

/** Undefined where a value wraps nothing. */
function insideOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return [rowOf(value)].flat()
  const object = asObject(value)
  if (object === undefined || Object.hasOwn(object, 'eventSource')) return undefined
  for (const name of OBJECTS) {
    const inside = objectIn(object, name)
    if (inside !== undefined) return [inside]
  }
  for (const name of TEXTS) {
    const inside = parsed(memberOf(object, name))
    if (inside !== undefined) return [inside]
  }
  const list = LISTS.map((name) => memberOf(object, name)).find((found) => Array.isArray(found) && found.length > 0)
  return Array.isArray(list) ? list : undefined
}

function parsed(text: unknown): Members | undefined {
  if (typeof text !== 'string' || !text.trimStart().startsWith('{')) return undefined
  try {
    return asObject(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** A row of a query is a list of its columns: `{"field": name, "value": text}`, or `{name: text}`. */
function rowOf(list: readonly unknown[]): unknown {
  const row: [string, unknown][] = []
  for (const item of list) {
    const column = asObject(item)
    if (column === undefined) return list
    const field = textIn(column, 'field')
    const names = Object.keys(column)
    const [name] = names
    if (field !== undefined && names.length === 2) row.push([field, memberOf(column, 'value')])
    else if (names.length === 1 && name !== undefined && typeof column[name] === 'string')
      row.push([name, column[name]])
    else return list
  }
  return Object.fromEntries(row)
}
