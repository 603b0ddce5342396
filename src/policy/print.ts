/**
 * A policy document as canonical JSON: `parse(print(document))` is the document.
 *
 * Elements stand in the order of the grammar, lists of one entry are lists, an absent Version is written out. The text
 * is put together by hand, because a JavaScript object would reorder condition keys that look like numbers.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 */
import type {
  ConditionTest,
  PatternElement,
  PolicyDocument,
  PrincipalElement,
  PrincipalEntry,
  Statement,
} from './document.js'

const INDENT = '  '

export function printPolicy(document: PolicyDocument): string {
  return object(
    [
      ['Version', JSON.stringify(document.version)],
      ...(document.id === undefined ? [] : [member('Id', JSON.stringify(document.id))]),
      [
        'Statement',
        list(
          document.statements.map((statement) => printStatement(statement, 2)),
          1,
        ),
      ],
    ],
    0,
  )
}

type Printed = readonly [key: string, json: string]

function member(key: string, json: string): Printed {
  return [key, json]
}

function object(members: readonly Printed[], depth: number): string {
  if (members.length === 0) return '{}'
  const inner = INDENT.repeat(depth + 1)
  return `{\n${members.map(([key, json]) => `${inner}${JSON.stringify(key)}: ${json}`).join(',\n')}\n${INDENT.repeat(depth)}}`
}

function list(items: readonly string[], depth: number): string {
  if (items.length === 0) return '[]'
  const inner = INDENT.repeat(depth + 1)
  return `[\n${items.map((item) => inner + item).join(',\n')}\n${INDENT.repeat(depth)}]`
}

function texts(values: readonly string[], depth: number): string {
  return list(
    values.map((value) => JSON.stringify(value)),
    depth,
  )
}

function printStatement({ sid, effect, principal, action, resource, conditions }: Statement, depth: number): string {
  const members: Printed[] = []
  if (sid !== undefined) members.push(member('Sid', JSON.stringify(sid)))
  members.push(member('Effect', JSON.stringify(effect)))
  if (principal !== undefined) members.push(printPrincipal(principal, depth + 1))
  if (action !== undefined) members.push(printPatterns('Action', action, depth + 1))
  if (resource !== undefined) members.push(printPatterns('Resource', resource, depth + 1))
  if (conditions.length > 0) members.push(member('Condition', printConditions(conditions, depth + 1)))
  return object(members, depth)
}

function printPatterns(name: 'Action' | 'Resource', { negated, patterns }: PatternElement, depth: number): Printed {
  return [negated ? `Not${name}` : name, texts(patterns, depth)]
}

const TYPES: Readonly<Record<PrincipalEntry['kind'], string>> = {
  any: 'AWS',
  account: 'AWS',
  user: 'AWS',
  role: 'AWS',
  session: 'AWS',
  federatedUser: 'AWS',
  uniqueId: 'AWS',
  service: 'Service',
  federated: 'Federated',
  canonicalUser: 'CanonicalUser',
}

function printPrincipal({ negated, entries }: PrincipalElement, depth: number): Printed {
  const name = negated ? 'NotPrincipal' : 'Principal'
  if (entries.length === 1 && entries[0]?.kind === 'any') return [name, '"*"']
  const byType = new Map<string, string[]>()
  for (const { kind, value } of entries) append(byType, TYPES[kind], value)
  return [
    name,
    object(
      [...byType].map(([type, values]) => [type, texts(values, depth + 1)]),
      depth,
    ),
  ]
}

function printConditions(conditions: readonly ConditionTest[], depth: number): string {
  const byOperator = new Map<string, Printed[]>()
  for (const { operator, key, values } of conditions)
    append(byOperator, operator, member(key, texts(values, depth + 2)))
  return object(
    [...byOperator].map(([operator, keys]) => [operator, object(keys, depth + 1)]),
    depth,
  )
}

function append<T>(groups: Map<string, T[]>, key: string, value: T): void {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [value])
  else group.push(value)
}
