/** Places of keys and what lies around a place. Knows nothing of policies. */
import type { Span } from '../text/source.js'
import type { Member } from '../text/syntax-tree.js'

export function keySpan({ keyStart, keyEnd }: Member): Span {
  return { start: keyStart, end: keyEnd }
}

export function overlaps(a: Span, b: Span): boolean {
  // An empty span overlaps what it touches.
  return (
    a.start <= b.end &&
    b.start <= a.end &&
    (a.end > b.start || a.start === a.end) &&
    (b.end > a.start || b.start === b.end)
  )
}
