/** Places of keys, what lies around a place, and looking for a place among many. Knows nothing of policies. */
import type { Span } from '../text/source.js'
import type { Member } from '../text/syntax-tree.js'

export function keySpan({ keyStart, keyEnd }: Member): Span {
  return { start: keyStart, end: keyEnd }
}

function overlaps(a: Span, b: Span): boolean {
  // An empty span overlaps what it touches.
  if (a.start === a.end || b.start === b.end) return a.start <= b.end && b.start <= a.end
  return a.start < b.end && b.start < a.end
}

/** How many of the items, which stand in the order of `startOf`, begin at or before a place. */
export function countFrom<T>(items: readonly T[], startOf: (item: T) => number, at: number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (startOf(items[middle]!) <= at) low = middle + 1
    else high = middle
  }
  return low
}

/** Spans to be asked what overlaps a place, however many there are. */
export class SpanIndex<T extends Span> {
  private readonly sorted: readonly T[]
  /** Where the spans up to each one end at the furthest. */
  private readonly furthest: readonly number[]

  constructor(spans: readonly T[]) {
    this.sorted = spans.toSorted((a, b) => a.start - b.start)
    let end = -1
    this.furthest = this.sorted.map((span) => (end = Math.max(end, span.end)))
  }

  overlapping(place: Span): readonly T[] {
    const found: T[] = []
    for (let index = countFrom(this.sorted, ({ start }) => start, place.end) - 1; index >= 0; index--) {
      if (this.furthest[index]! < place.start) break
      const span = this.sorted[index]!
      if (overlaps(span, place)) found.push(span)
    }
    return found
  }
}
