/**
 * The literal beginnings of patterns, sorted, as a tree that needs no nodes: a node is a range of the list.
 *
 * Source: Aoe, "An efficient digital search algorithm by using a double-array structure" (1989), for the idea of a trie
 * in flat arrays.
 */

/** The heads from `low` to before `high`, which all begin with the same `depth` units. */
export interface HeadRange {
  readonly low: number
  readonly high: number
  readonly depth: number
}

export class HeadTree<T> {
  private readonly heads: readonly string[]
  private readonly payloads: (readonly T[])[]

  constructor(entries: readonly { readonly head: string; readonly payload: T }[]) {
    const byHead = new Map<string, T[]>()
    for (const { head, payload } of entries) {
      const known = byHead.get(head)
      if (known === undefined) byHead.set(head, [payload])
      else known.push(payload)
    }
    this.heads = [...byHead.keys()].toSorted((left, right) => (left < right ? -1 : 1))
    this.payloads = this.heads.map((head) => byHead.get(head) ?? [])
  }

  get root(): HeadRange {
    return { low: 0, high: this.heads.length, depth: 0 }
  }

  /** What belongs to the head that ends here. */
  endingAt({ low, high, depth }: HeadRange): readonly T[] {
    return low < high && this.heads[low]!.length === depth ? this.payloads[low]! : []
  }

  /** The units that lead on, each with the heads that have it. */
  children({ low, high, depth }: HeadRange): readonly (readonly [unit: number, range: HeadRange])[] {
    const children: (readonly [number, HeadRange])[] = []
    let start = low < high && this.heads[low]!.length === depth ? low + 1 : low
    while (start < high) {
      const unit = this.heads[start]!.charCodeAt(depth)
      const end = this.endOf(unit, start, high, depth)
      children.push([unit, { low: start, high: end, depth: depth + 1 }])
      start = end
    }
    return children
  }

  /** The rest of the only head in a range that does not end here; undefined when there are several, or none. */
  onlyRest({ low, high, depth }: HeadRange): string | undefined {
    const head = high === low + 1 ? this.heads[low]! : ''
    return head.length > depth ? head.slice(depth) : undefined
  }

  /** The heads that go on with `unit`; an empty range if there are none. */
  child({ low, high, depth }: HeadRange, unit: number): HeadRange {
    const first = low < high && this.heads[low]!.length === depth ? low + 1 : low
    const start = first === high ? high : this.startOf(unit, first, high, depth)
    return { low: start, high: this.endOf(unit, start, high, depth), depth: depth + 1 }
  }

  /** What belongs to all heads that `text` begins with. */
  startsOf(text: string): readonly T[] {
    const found: T[] = []
    let range = this.root
    while (range.low < range.high) {
      found.push(...this.endingAt(range))
      if (range.depth === text.length) break
      range = this.child(range, text.charCodeAt(range.depth))
    }
    return found
  }

  /** The first head of the range whose unit at `depth` is not below `unit`. */
  private startOf(unit: number, low: number, high: number, depth: number): number {
    if (this.heads[low]!.charCodeAt(depth) >= unit) return low
    let below = low
    let notBelow = high
    while (notBelow - below > 1) {
      const middle = (below + notBelow) >> 1
      if (this.heads[middle]!.charCodeAt(depth) < unit) below = middle
      else notBelow = middle
    }
    return notBelow
  }

  /** The first head from `start` on whose unit at `depth` is above `unit`. */
  private endOf(unit: number, start: number, high: number, depth: number): number {
    if (start === high || this.heads[high - 1]!.charCodeAt(depth) <= unit) return high
    let above = high - 1
    let notAbove = start - 1
    while (above - notAbove > 1) {
      const middle = (above + notAbove) >> 1
      if (this.heads[middle]!.charCodeAt(depth) > unit) above = middle
      else notAbove = middle
    }
    return above
  }
}
