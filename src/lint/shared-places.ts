/**
 * Where a YAML text has a value that aliases repeat elsewhere.
 *
 * Source: YAML 1.2.2, 3.2.2.2 (anchors and aliases).
 */
import { SpanIndex } from './spans.js'
import type { Span } from '../text/source.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

export function sharedPlaces(root: SyntaxNode, text: string): SpanIndex<Span> | undefined {
  if (!text.includes('&')) return undefined
  const seen = new Set<SyntaxNode>()
  const shared: Span[] = []
  const waiting: SyntaxNode[] = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node)) {
      shared.push({ start: node.start, end: node.end })
      continue
    }
    seen.add(node)
    if (node.kind === 'array') waiting.push(...node.items)
    else if (node.kind === 'object') waiting.push(...node.members.map(({ value }) => value))
  }
  return new SpanIndex(shared)
}
