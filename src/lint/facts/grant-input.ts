/**
 * The parts of an input of CreateGrant with their places.
 *
 * Source: KMS API Reference, "CreateGrant".
 */
import type { TextValue } from '../policy-view.js'
import type { GrantContext } from '../rule.js'
import type { PolicySource } from '../../policy/document.js'
import type { Member, SyntaxNode } from '../../text/syntax-tree.js'

/** None of what is no object. */
export function membersOf(node: SyntaxNode | undefined): ReadonlyMap<string, Member> {
  return new Map(node?.kind === 'object' ? node.members.map((member) => [member.key, member]) : [])
}

export function textItemsOf(node: SyntaxNode | undefined): readonly TextValue[] {
  if (node?.kind !== 'array') return []
  return node.items.flatMap((item, index): TextValue[] =>
    item.kind === 'string'
      ? [{ value: item.value, known: true, node: item, start: item.start, end: item.end, list: node, index }]
      : [],
  )
}

export function grantWhere({ source, root }: GrantContext): PolicySource {
  return { source, format: source.text[root.start] === '{' ? 'json' : 'yaml', pointer: '' }
}
