/**
 * The policy that the data source `aws_iam_policy_document` makes of its statements.
 *
 * Every value keeps its place; keys have those of the attributes they come from, and what the data source adds by
 * itself has the place of the statement.
 *
 * Source: Terraform AWS provider, "aws_iam_policy_document".
 */
import { memberAt, type ArrayNode, type Member, type ObjectNode, type SyntaxNode } from '../../text/syntax-tree.js'

/** @param data - the attributes: `version`, `policy_id`, and `statement` as one object or a list of them. */
export function policyOfDocument(data: ObjectNode): ObjectNode {
  const members: Member[] = []
  const version = given(data, 'version')
  members.push(version === undefined ? added(data, 'Version', '2012-10-17') : renamed(version, 'Version'))
  const id = given(data, 'policy_id')
  if (id !== undefined) members.push(renamed(id, 'Id'))
  const statements = given(data, 'statement')
  const items = statements === undefined ? [] : itemsOf(statements.value)
  const list: ArrayNode = { kind: 'array', items: items.map(statementOf), ...spanOf(statements?.value ?? data) }
  members.push({ key: 'Statement', ...keySpanOf(statements, data), value: list })
  return { kind: 'object', members, ...spanOf(data) }
}

const ATTRIBUTES: readonly (readonly [attribute: string, element: string])[] = [
  ['sid', 'Sid'],
  ['effect', 'Effect'],
  ['actions', 'Action'],
  ['not_actions', 'NotAction'],
  ['resources', 'Resource'],
  ['not_resources', 'NotResource'],
]

function statementOf(node: SyntaxNode): SyntaxNode {
  if (node.kind !== 'object') return node
  const members: Member[] = []
  for (const [attribute, element] of ATTRIBUTES) {
    const member = given(node, attribute)
    if (member !== undefined && !isEmpty(member.value)) members.push(renamed(member, element))
    else if (element === 'Effect') members.push(added(node, 'Effect', 'Allow'))
  }
  for (const [block, element] of [
    ['principals', 'Principal'],
    ['not_principals', 'NotPrincipal'],
  ] as const) {
    const member = given(node, block)
    const value = member === undefined ? undefined : principalOf(member.value)
    if (member !== undefined && value !== undefined) {
      members.push({ key: element, keyStart: member.keyStart, keyEnd: member.keyEnd, value })
    }
  }
  const condition = given(node, 'condition')
  const tests = condition === undefined ? undefined : conditionOf(condition.value)
  if (condition !== undefined && tests !== undefined) {
    members.push({ key: 'Condition', keyStart: condition.keyStart, keyEnd: condition.keyEnd, value: tests })
  }
  return { kind: 'object', members, ...spanOf(node) }
}

/** `type` and `identifiers` of each block; one block of `*` and `*` is everybody, without a type. */
function principalOf(node: SyntaxNode): SyntaxNode | undefined {
  const blocks = itemsOf(node).filter((item): item is ObjectNode => item.kind === 'object')
  if (blocks.length === 0) return undefined
  const groups = new Groups()
  for (const block of blocks) {
    const type = given(block, 'type')
    const identifiers = given(block, 'identifiers')
    if (type?.value.kind !== 'string' || identifiers === undefined) continue
    const values = itemsOf(identifiers.value).map(withVariables)
    const [only] = values
    if (blocks.length === 1 && type.value.value === '*' && values.length === 1 && only?.kind === 'string') {
      if (only.value === '*') return only
    }
    groups.add(type.value.value, type.value, values, identifiers.value)
  }
  return groups.toObject(node)
}

/** `test`, `variable` and `values` of each block; blocks of one test and variable are one. */
function conditionOf(node: SyntaxNode): SyntaxNode | undefined {
  const blocks = itemsOf(node).filter((item): item is ObjectNode => item.kind === 'object')
  if (blocks.length === 0) return undefined
  const tests = new Map<string, { readonly at: SyntaxNode; readonly groups: Groups; readonly block: ObjectNode }>()
  for (const block of blocks) {
    const test = given(block, 'test')?.value
    const variable = given(block, 'variable')?.value
    const values = given(block, 'values')?.value
    if (test?.kind !== 'string' || variable?.kind !== 'string' || values === undefined) continue
    const known = tests.get(test.value) ?? { at: test, groups: new Groups(), block }
    tests.set(test.value, known)
    known.groups.add(variable.value, variable, itemsOf(values).map(withVariables), values)
  }
  const members = [...tests].map(([key, { at, groups, block }]): Member => ({
    key,
    keyStart: at.start,
    keyEnd: at.end,
    value: groups.toObject(block),
  }))
  return { kind: 'object', members, ...spanOf(node) }
}

/** Lists under keys, those of one key put together. */
class Groups {
  private readonly byKey = new Map<
    string,
    { readonly at: SyntaxNode; readonly list: SyntaxNode; items: SyntaxNode[] }
  >()

  add(key: string, at: SyntaxNode, items: readonly SyntaxNode[], list: SyntaxNode): void {
    const known = this.byKey.get(key)
    if (known === undefined) this.byKey.set(key, { at, list, items: [...items] })
    else for (const item of items) known.items.push(item)
  }

  toObject(place: SyntaxNode): ObjectNode {
    const members = [...this.byKey].map(([key, { at, list, items }]): Member => {
      const [only] = items
      const value: SyntaxNode =
        list.kind !== 'array' && items.length === 1 && only !== undefined
          ? only
          : { kind: 'array', items, ...spanOf(list) }
      return { key, keyStart: at.start, keyEnd: at.end, value }
    })
    return { kind: 'object', members, ...spanOf(place) }
  }
}

/** The attribute, unless it is null. */
function given(node: ObjectNode, key: string): Member | undefined {
  const member = memberAt(node, [key])
  return member === undefined || member.value.kind === 'null' ? undefined : member
}

function itemsOf(node: SyntaxNode): readonly SyntaxNode[] {
  return node.kind === 'array' ? node.items : [node]
}

function isEmpty(node: SyntaxNode): boolean {
  return node.kind === 'array' ? node.items.length === 0 : node.kind === 'string' && node.value === ''
}

function renamed({ keyStart, keyEnd, value }: Member, key: string): Member {
  return { key, keyStart, keyEnd, value: withVariables(value) }
}

function added({ start }: ObjectNode, key: string, value: string): Member {
  return { key, keyStart: start, keyEnd: start, value: { kind: 'string', value, start, end: start } }
}

function spanOf({ start, end }: SyntaxNode): { readonly start: number; readonly end: number } {
  return { start, end }
}

function keySpanOf(member: Member | undefined, { start }: ObjectNode): { keyStart: number; keyEnd: number } {
  return member === undefined
    ? { keyStart: start, keyEnd: start }
    : { keyStart: member.keyStart, keyEnd: member.keyEnd }
}

/** `&{aws:username}` is how the data source writes a variable of IAM. */
function withVariables(node: SyntaxNode): SyntaxNode {
  if (node.kind === 'array') return { ...node, items: node.items.map(withVariables) }
  return node.kind === 'string' && node.value.includes('&{')
    ? { ...node, value: node.value.replaceAll('&{', '${') }
    : node
}
