/**
 * The resources of a Terraform plan, found by brackets and quotes alone, so that only those that matter are read.
 *
 * A plan of a hundred megabytes is gone through without a tree of the whole.
 *
 * Source: Terraform, "JSON Output Format" (format version 1).
 */
import { outlineItems, outlineMembers } from '../../source/world/json-outline.js'
import { skipSpace } from '../../text/json-scan.js'
import { readPlainJson } from '../../text/plain-json.js'
import type { Span } from '../../text/source.js'
import { memberAt, type ObjectNode } from '../../text/syntax-tree.js'

/** Values nest far less deeply in any plan. */
const MAX_DEPTH = 128
/** How deeply modules may nest. */
const MAX_MODULES = 100

export interface PlannedResource {
  /** `module.a["x"].aws_kms_key.main[0]`. */
  readonly address: string
  readonly type: string
  readonly mode: string
  readonly whole: Span
  readonly place: Span
  readonly values: ObjectNode
  /** True where a value is known after the plan is applied only. */
  readonly unknown: ObjectNode | undefined
}

export type PlanMembers = ReadonlyMap<string, Span>

/** The members of a text that is a plan or a state as JSON; undefined for any other. */
export function planMembers(text: string): PlanMembers | undefined {
  if (!text.includes('"format_version"')) return undefined
  const start = skipSpace(text, text.charCodeAt(0) === 0xfeff ? 1 : 0)
  let end = text.length
  while (end > start && ' \t\r\n'.includes(text[end - 1]!)) end--
  const members = outlineMembers(text, { start, end })
  if (members === undefined || !members.has('format_version')) return undefined
  const isPlan = ['resource_changes', 'planned_values', 'values'].some((key) => members.has(key))
  return isPlan ? members : undefined
}

/** What `resource_changes` says there will be; resources that are destroyed are not among them. */
export function* changedResources(
  text: string,
  changes: Span,
  isWanted: (type: string) => boolean,
): Generator<PlannedResource> {
  for (const whole of outlineItems(text, changes) ?? []) {
    const members = outlineMembers(text, whole)
    const head = members && headOf(text, members)
    const change = members?.get('change')
    if (head === undefined || change === undefined || !isWanted(head.type)) continue
    const parts = outlineMembers(text, change)
    const after = objectOf(text, parts?.get('after'))
    if (after === undefined) continue
    yield { ...head, whole, values: after, unknown: objectOf(text, parts?.get('after_unknown')) }
  }
}

/** The resources of a module as `planned_values`, `prior_state.values` and a state have it, and of those in it. */
export function* stateResources(
  text: string,
  values: Span | undefined,
  isWanted: (type: string) => boolean,
): Generator<PlannedResource> {
  const root = memberOf(text, values, 'root_module')
  const waiting = root === undefined ? [] : [{ module: root, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const members = outlineMembers(text, next.module)
    for (const whole of itemsOf(text, members?.get('resources'))) {
      const parts = outlineMembers(text, whole)
      const head = parts && headOf(text, parts)
      if (head === undefined || !isWanted(head.type)) continue
      const known = objectOf(text, parts?.get('values'))
      if (known !== undefined) yield { ...head, whole, values: known, unknown: undefined }
    }
    if (next.depth >= MAX_MODULES) continue
    const { depth } = next
    for (const module of itemsOf(text, members?.get('child_modules')).toReversed()) {
      waiting.push({ module, depth: depth + 1 })
    }
  }
}

export function memberOf(text: string, object: Span | undefined, key: string): Span | undefined {
  return object === undefined ? undefined : outlineMembers(text, object)?.get(key)
}

/**
 * The expressions of the resources of the configuration, by address without indexes: `module.a.aws_kms_key.main`.
 */
export function configuredExpressions(
  text: string,
  configuration: Span | undefined,
  isWanted: (type: string) => boolean,
): ReadonlyMap<string, ObjectNode> {
  const found = new Map<string, ObjectNode>()
  const root = memberOf(text, configuration, 'root_module')
  const waiting = root === undefined ? [] : [{ module: root, prefix: '', depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { prefix, depth } = next
    const members = outlineMembers(text, next.module)
    for (const whole of itemsOf(text, members?.get('resources'))) {
      const parts = outlineMembers(text, whole)
      const head = parts && headOf(text, parts)
      if (head === undefined || !isWanted(head.type)) continue
      const expressions = objectOf(text, parts?.get('expressions'))
      found.set(prefix + head.address, expressions ?? { kind: 'object', members: [], ...whole })
    }
    const calls = members?.get('module_calls')
    if (calls === undefined || depth >= MAX_MODULES) continue
    for (const [name, call] of outlineMembers(text, calls) ?? []) {
      const module = memberOf(text, call, 'module')
      if (module !== undefined) waiting.push({ module, prefix: `${prefix}module.${name}.`, depth: depth + 1 })
    }
  }
  return found
}

function itemsOf(text: string, list: Span | undefined): readonly Span[] {
  return list === undefined ? [] : (outlineItems(text, list) ?? [])
}

function headOf(
  text: string,
  members: ReadonlyMap<string, Span>,
): Pick<PlannedResource, 'address' | 'type' | 'mode' | 'place'> | undefined {
  const place = members.get('address')
  const address = textOf(text, place)
  const type = textOf(text, members.get('type'))
  if (place === undefined || address === undefined || type === undefined) return undefined
  return { address, type, mode: textOf(text, members.get('mode')) ?? 'managed', place }
}

function textOf(text: string, span: Span | undefined): string | undefined {
  const node = span === undefined ? undefined : readPlainJson(text, span.start, 1)
  return node?.kind === 'string' ? node.value : undefined
}

function objectOf(text: string, span: Span | undefined): ObjectNode | undefined {
  const node = span === undefined ? undefined : readPlainJson(text, span.start, MAX_DEPTH)
  return node?.kind === 'object' ? node : undefined
}

/** The references of an expression, the most specific ones: `aws_s3_bucket.b.arn`, not `aws_s3_bucket.b` beside it. */
export function referencesIn(expression: ObjectNode | undefined): readonly string[] {
  const list = expression === undefined ? undefined : memberAt(expression, ['references'])?.value
  if (list?.kind !== 'array') return []
  const found: string[] = []
  for (const item of list.items) {
    // Each one is followed by what it is an attribute of.
    if (item.kind !== 'string' || found.at(-1)?.startsWith(`${item.value}.`) === true) continue
    if (found.at(-1)?.startsWith(`${item.value}[`) === true) continue
    found.push(item.value)
  }
  return [...new Set(found)]
}
