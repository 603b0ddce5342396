/**
 * Finds a part of a policy document again in the text it was read from.
 *
 * A document keeps no places; the text is read a second time when somebody asks, and the last few trees are kept.
 */
import { LRUCache } from 'lru-cache'
import type { PolicyDocument, PolicySource } from './document.js'
import { itemPath, textItems } from './reading.js'
import { readSyntax } from '../text/read-syntax.js'
import type { Span } from '../text/source.js'
import { nodeAt, parsePointer, toPointer, type Member, type SyntaxNode } from '../text/syntax-tree.js'

/** Indexes are those of the document: of `statements`, of `entries`, `patterns`, `conditions` and `values`. */
export type PolicyPart =
  | { readonly part: 'document' }
  | { readonly part: 'version' }
  | { readonly part: 'id' }
  | { readonly part: 'statement'; readonly statement: number }
  | { readonly part: 'sid'; readonly statement: number }
  | { readonly part: 'effect'; readonly statement: number }
  /** The whole element when no entry is named; the same for the others. */
  | { readonly part: 'principal'; readonly statement: number; readonly entry?: number }
  | { readonly part: 'action'; readonly statement: number; readonly pattern?: number }
  | { readonly part: 'resource'; readonly statement: number; readonly pattern?: number }
  /** The Condition element as a whole. */
  | { readonly part: 'condition'; readonly statement: number }
  | { readonly part: 'operator'; readonly statement: number; readonly condition: number }
  | { readonly part: 'conditionKey'; readonly statement: number; readonly condition: number }
  | { readonly part: 'conditionValue'; readonly statement: number; readonly condition: number; readonly value?: number }

export interface Location {
  readonly span: Span
  /** JSON pointer in the source text. */
  readonly pointer: string
}

/** Code units of text; a tree takes several times its text. */
const MAX_CACHED_UNITS = 8 * 1024 * 1024
/** By the text itself, so that asking again costs no copy of it. */
const trees: Readonly<Record<PolicySource['format'], LRUCache<string, SyntaxNode>>> = {
  json: treeCache(),
  yaml: treeCache(),
}

function treeCache(): LRUCache<string, SyntaxNode> {
  return new LRUCache({ maxSize: MAX_CACHED_UNITS, sizeCalculation: (_tree, text) => text.length + 1 })
}

/** Where a part stands, or undefined when the document has no such part. */
export function locate(document: PolicyDocument, part: PolicyPart): Location | undefined {
  const root = policyNode(document.source)
  if (root === undefined) return undefined
  const found = find(root, part)
  return found === undefined
    ? undefined
    : {
        span: { start: found.span.start, end: found.span.end },
        pointer: document.source.pointer + toPointer(found.path),
      }
}

function policyNode({ source, format, pointer }: PolicySource): SyntaxNode | undefined {
  let tree = trees[format].get(source.text)
  if (tree === undefined) {
    // A policy may stand in a CloudFormation template, whose tags change nothing about other places.
    const read = readSyntax(source, format, { tags: 'cloudFormation' })
    if (!read.ok) return undefined
    tree = read.value
    trees[format].set(source.text, tree)
  }
  const path = parsePointer(pointer)
  return path === undefined ? undefined : nodeAt(tree, path)
}

interface Found {
  readonly span: Span
  readonly path: readonly (string | number)[]
}

function find(root: SyntaxNode, part: PolicyPart): Found | undefined {
  switch (part.part) {
    case 'document':
      return { span: root, path: [] }
    case 'version':
      return valueOf(root, [], ['Version'])
    case 'id':
      return valueOf(root, [], ['Id'])
    case 'statement':
    case 'sid':
    case 'effect':
    case 'principal':
    case 'action':
    case 'resource':
    case 'condition':
    case 'operator':
    case 'conditionKey':
    case 'conditionValue': {
      const place = statementAt(root, part.statement)
      return place === undefined ? undefined : findInStatement(place.node, place.path, part)
    }
  }
}

type StatementPart = Exclude<PolicyPart, { readonly part: 'document' | 'version' | 'id' }>

function findInStatement(node: SyntaxNode, path: Found['path'], part: StatementPart): Found | undefined {
  switch (part.part) {
    case 'statement':
      return { span: node, path }
    case 'sid':
      return valueOf(node, path, ['Sid'])
    case 'effect':
      return valueOf(node, path, ['Effect'])
    case 'principal':
      return part.entry === undefined
        ? valueOf(node, path, ['Principal', 'NotPrincipal'])
        : principalEntry(node, path, part.entry)
    case 'action':
      return pattern(node, path, ['Action', 'NotAction'], part.pattern)
    case 'resource':
      return pattern(node, path, ['Resource', 'NotResource'], part.pattern)
    case 'condition':
      return valueOf(node, path, ['Condition'])
    case 'operator':
    case 'conditionKey':
    case 'conditionValue':
      return conditionPart(node, path, part)
  }
}

function statementAt(
  root: SyntaxNode,
  index: number,
): { readonly node: SyntaxNode; readonly path: Found['path'] } | undefined {
  const list = memberOf(root, 'Statement')?.value
  if (list?.kind !== 'array') return list === undefined || index !== 0 ? undefined : { node: list, path: ['Statement'] }
  const node = list.items[index]
  return node === undefined ? undefined : { node, path: ['Statement', index] }
}

function memberOf(node: SyntaxNode, key: string): Member | undefined {
  return node.kind === 'object' ? node.members.find((member) => member.key === key) : undefined
}

function valueOf(node: SyntaxNode, path: Found['path'], names: readonly string[]): Found | undefined {
  for (const name of names) {
    const member = memberOf(node, name)
    if (member !== undefined) return { span: member.value, path: [...path, name] }
  }
  return undefined
}

function pattern(
  node: SyntaxNode,
  path: Found['path'],
  names: readonly string[],
  index: number | undefined,
): Found | undefined {
  const element = valueOf(node, path, names)
  if (element === undefined || index === undefined) return element
  const name = String(element.path.at(-1))
  const member = memberOf(node, name)
  const item = member === undefined ? undefined : textItems(member.value)[index]
  return item === undefined ? undefined : { span: item.node, path: itemPath(path, name, item) }
}

function principalEntry(node: SyntaxNode, path: Found['path'], index: number): Found | undefined {
  const member = memberOf(node, 'Principal') ?? memberOf(node, 'NotPrincipal')
  if (member === undefined) return undefined
  const { value } = member
  const memberPath = [...path, member.key]
  if (value.kind !== 'object') return index === 0 ? { span: value, path: memberPath } : undefined
  const entries = value.members.flatMap(({ key, value: list }) => textItems(list).map((item) => ({ key, item })))
  const entry = entries[index]
  return entry === undefined ? undefined : { span: entry.item.node, path: itemPath(memberPath, entry.key, entry.item) }
}

function conditionPart(
  node: SyntaxNode,
  path: Found['path'],
  part: StatementPart & { readonly part: 'operator' | 'conditionKey' | 'conditionValue' },
): Found | undefined {
  const condition = memberOf(node, 'Condition')?.value
  if (condition?.kind !== 'object') return undefined
  let before = 0
  for (const operator of condition.members) {
    const keys = operator.value.kind === 'object' ? operator.value.members : []
    const key = keys[part.condition - before]
    before += keys.length
    if (key === undefined) continue
    const keyPath = [...path, 'Condition', operator.key, key.key]
    switch (part.part) {
      case 'operator':
        return { span: keySpan(operator), path: keyPath.slice(0, -1) }
      case 'conditionKey':
        return { span: keySpan(key), path: keyPath }
      case 'conditionValue': {
        if (part.value === undefined) return { span: key.value, path: keyPath }
        if (key.value.kind !== 'array') return part.value === 0 ? { span: key.value, path: keyPath } : undefined
        const item = key.value.items[part.value]
        return item === undefined ? undefined : { span: item, path: [...keyPath, part.value] }
      }
    }
  }
  return undefined
}

function keySpan({ keyStart, keyEnd }: Member): Span {
  return { start: keyStart, end: keyEnd }
}
