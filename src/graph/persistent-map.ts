/**
 * A map that never changes: `with` and `without` answer a new one and copy two small arrays.
 *
 * Keys get a place for good, in a Map that all versions share and that only grows; an older version finds nothing at a
 * place taken later. Values lie in a two-level vector, so that a change among ten thousand copies about two hundred
 * pointers.
 */
const CHUNK = 128

type Chunk<V> = readonly (V | undefined)[]

export class PersistentMap<V> {
  private constructor(
    private readonly places: Map<string, number>,
    private readonly chunks: readonly (Chunk<V> | undefined)[],
    readonly size: number,
  ) {}

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(new Map(), [], 0)
  }

  get(key: string): V | undefined {
    const place = this.places.get(key)
    return place === undefined ? undefined : this.chunks[Math.floor(place / CHUNK)]?.[place % CHUNK]
  }

  with(key: string, value: V): PersistentMap<V> {
    let place = this.places.get(key)
    if (place === undefined) {
      place = this.places.size
      this.places.set(key, place)
    }
    return this.replaced(place, value)
  }

  without(key: string): PersistentMap<V> {
    const place = this.places.get(key)
    return place === undefined ? this : this.replaced(place, undefined)
  }

  /** Present entries, in the order in which their keys first came. */
  *entries(): IterableIterator<readonly [string, V]> {
    for (const [key, place] of this.places) {
      const value = this.chunks[Math.floor(place / CHUNK)]?.[place % CHUNK]
      if (value !== undefined) yield [key, value]
    }
  }

  private replaced(place: number, value: V | undefined): PersistentMap<V> {
    const which = Math.floor(place / CHUNK)
    const chunk = this.chunks[which]
    const before = chunk?.[place % CHUNK]
    const changed: (V | undefined)[] = chunk === undefined ? Array.from({ length: CHUNK }) : chunk.slice()
    changed[place % CHUNK] = value
    const chunks = this.chunks.slice()
    while (chunks.length < which) chunks.push(undefined)
    chunks[which] = changed
    const grew = (value === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
    return new PersistentMap(this.places, chunks, this.size + grew)
  }
}
