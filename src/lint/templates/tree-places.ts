/**
 * Trees whose places are moved: to the beginning of the part of a file they are read from, or all to one place.
 *
 * Depth is bounded by the readers that made them.
 */
import type { Span } from '../../text/source.js'
import type { Member, SyntaxNode } from '../../text/syntax-tree.js'

/** The tree with other places. */
export function withPlaces(node: SyntaxNode, place: (span: Span) => Span): SyntaxNode {
  const { start, end } = place(node)
  switch (node.kind) {
    case 'object': {
      const members = node.members.map((member): Member => {
        const key = place({ start: member.keyStart, end: member.keyEnd })
        return { key: member.key, keyStart: key.start, keyEnd: key.end, value: withPlaces(member.value, place) }
      })
      return { kind: 'object', members, start, end }
    }
    case 'array':
      return { kind: 'array', items: node.items.map((item) => withPlaces(item, place)), start, end }
    case 'string':
      return { kind: 'string', value: node.value, start, end }
    case 'number':
      return { kind: 'number', value: node.value, text: node.text, start, end }
    case 'boolean':
      return { kind: 'boolean', value: node.value, start, end }
    case 'null':
      return { kind: 'null', start, end }
  }
}

/** A tree of places in a file as one of a part of it that begins at `offset`. */
export function movedTo(node: SyntaxNode, offset: number): SyntaxNode {
  return withPlaces(node, ({ start, end }) => ({ start: start - offset, end: end - offset }))
}
