/**
 * What every part of the policy reader needs: which kind of policy it reads, its version, its text, and where to say
 * what is wrong. Also the few ways in which all parts look at a syntax tree.
 *
 * Parts of the wrong shape are passed over here: `shape.ts` has reported them.
 */
import type { PolicyKind, PolicyVersion } from './document.js'
import type { ElementRules } from './element-rules.js'
import type { Findings, Path } from './findings.js'
import type { Span } from '../text/source.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

export interface Reading {
  readonly kind: PolicyKind
  readonly rules: ElementRules
  readonly version: PolicyVersion
  readonly text: string
  readonly findings: Findings
}

/** A string of "a string or a list of strings". */
export interface TextItem {
  readonly value: string
  readonly node: SyntaxNode
  /** Its place in the list; undefined where it stands alone. */
  readonly index: number | undefined
}

export function textItems(node: SyntaxNode): readonly TextItem[] {
  if (node.kind === 'string') return [{ value: node.value, node, index: undefined }]
  if (node.kind !== 'array') return []
  const items: TextItem[] = []
  for (const [index, item] of node.items.entries()) {
    if (item.kind === 'string') items.push({ value: item.value, node: item, index })
  }
  return items
}

/** The path of an item, built only for those that something is said about. */
export function itemPath(path: Path, key: string, { index }: TextItem): Path {
  return index === undefined ? [...path, key] : [...path, key, index]
}

/** Where to point when an object lacks something: its brace, or its first key in block style YAML. */
export function headOf(node: SyntaxNode, text: string): Span {
  const first = text[node.start]
  if (first === '{' || first === '[') return { start: node.start, end: node.start + 1 }
  if (node.kind === 'object') {
    const member = node.members[0]
    if (member !== undefined) return { start: member.keyStart, end: member.keyEnd }
  }
  return { start: node.start, end: node.end }
}
