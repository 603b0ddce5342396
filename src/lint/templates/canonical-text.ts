/**
 * What a tree says, whatever the order of its members and its white space: equal texts, equal values.
 *
 * Depth is bounded by the readers.
 */
import type { SyntaxNode } from '../../text/syntax-tree.js'

export function canonicalText(node: SyntaxNode): string {
  switch (node.kind) {
    case 'object': {
      const members = node.members.map(({ key, value }) => `${JSON.stringify(key)}:${canonicalText(value)}`)
      return `{${members.toSorted().join(',')}}`
    }
    case 'array':
      return `[${node.items.map(canonicalText).join(',')}]`
    case 'string':
      return JSON.stringify(node.value)
    case 'number':
      return node.text
    case 'boolean':
      return String(node.value)
    case 'null':
      return 'null'
  }
}
