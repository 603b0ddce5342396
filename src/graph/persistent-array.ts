/**
 * A sparse array that never changes: `with` answers a new one and copies the few small nodes on the way to its place.
 *
 * Places are whole numbers from 0 to 2 ** 31. Nodes without a value are let go, so an array costs what is in it.
 */
const BITS = 5
const WIDTH = 1 << BITS

/** At the bottom of the tree `values`, above it `below`; the other of the two is empty. */
interface Node<V> {
  readonly below: readonly (Node<V> | undefined)[]
  readonly values: readonly (V | undefined)[]
}

export class PersistentArray<V> {
  private constructor(
    private readonly root: Node<V> | undefined,
    /** Levels above the bottom one. */
    private readonly height: number,
    /** How many places a tree of this height has. */
    private readonly room: number,
    readonly size: number,
  ) {}

  static empty<V>(): PersistentArray<V> {
    return new PersistentArray<V>(undefined, 0, WIDTH, 0)
  }

  get(place: number): V | undefined {
    if (place >= this.room) return undefined
    let node = this.root
    for (let level = this.height; level > 0 && node !== undefined; level--) node = node.below[digit(place, level)]
    return node?.values[digit(place, 0)]
  }

  /** @param value - undefined empties the place. */
  with(place: number, value: V | undefined): PersistentArray<V> {
    const before = this.get(place)
    if (before === value) return this
    let { root, height, room } = this
    while (place >= room) {
      if (root !== undefined) root = { below: [root], values: [] }
      height++
      room *= WIDTH
    }
    const grew = (value === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
    return new PersistentArray(replaced(root, height, place, value), height, room, this.size + grew)
  }

  /** Whether some value passes; the first by place are tried first. */
  some(passes: (value: V) => boolean): boolean {
    return this.root !== undefined && someIn(this.root, passes)
  }

  /** What is there, by place. */
  *values(): IterableIterator<V> {
    // A stack of nodes, the next one last.
    const open = [this.root]
    while (open.length > 0) {
      const node = open.pop()
      if (node === undefined) continue
      for (const value of node.values) if (value !== undefined) yield value
      for (let index = node.below.length - 1; index >= 0; index--) open.push(node.below[index])
    }
  }
}

function someIn<V>({ below, values }: Node<V>, passes: (value: V) => boolean): boolean {
  return (
    values.some((value) => value !== undefined && passes(value)) ||
    below.some((node) => node !== undefined && someIn(node, passes))
  )
}

function digit(place: number, level: number): number {
  return (place >>> (BITS * level)) & (WIDTH - 1)
}

/** Goes as deep as the tree is high, which is a handful. */
function replaced<V>(
  node: Node<V> | undefined,
  level: number,
  place: number,
  value: V | undefined,
): Node<V> | undefined {
  const at = digit(place, level)
  const changed =
    level === 0
      ? { below: [], values: put(node?.values ?? [], at, value) }
      : { below: put(node?.below ?? [], at, replaced(node?.below[at], level - 1, place, value)), values: [] }
  return changed.below.length === 0 && changed.values.length === 0 ? undefined : changed
}

/** No longer than it has to be: one without a member is empty. */
function put<T>(list: readonly (T | undefined)[], at: number, value: T | undefined): readonly (T | undefined)[] {
  const changed = list.slice()
  while (changed.length < at) changed.push(undefined)
  changed[at] = value
  while (changed.length > 0 && changed.at(-1) === undefined) changed.pop()
  return changed
}
