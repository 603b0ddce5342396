/**
 * A map that never changes: `with` and `without` answer a new one and copy a few small arrays.
 *
 * Keys get a place in a Map that all versions share and that only grows; an older version finds nothing at a place
 * taken later. When most of its keys are gone a version starts a Map of its own.
 */
import { PersistentArray } from './persistent-array.js'

/** So many keys more than there are now may be remembered besides as many again. */
const MAX_GONE = 1024

export class PersistentMap<V> {
  private constructor(
    private readonly placeOf: Map<string, number>,
    private readonly values: PersistentArray<V>,
  ) {}

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(new Map(), PersistentArray.empty())
  }

  get size(): number {
    return this.values.size
  }

  get(key: string): V | undefined {
    const place = this.placeOf.get(key)
    return place === undefined ? undefined : this.values.get(place)
  }

  with(key: string, value: V): PersistentMap<V> {
    let place = this.placeOf.get(key)
    if (place === undefined) {
      place = this.placeOf.size
      this.placeOf.set(key, place)
    }
    return this.replaced(place, value)
  }

  without(key: string): PersistentMap<V> {
    const place = this.placeOf.get(key)
    if (place === undefined) return this
    const left = this.replaced(place, undefined)
    return left.placeOf.size > 2 * left.size + MAX_GONE ? left.anew() : left
  }

  /** Present entries, in the order in which their keys came. */
  *entries(): IterableIterator<readonly [string, V]> {
    for (const [key, place] of this.placeOf) {
      const value = this.values.get(place)
      if (value !== undefined) yield [key, value]
    }
  }

  private anew(): PersistentMap<V> {
    let map = PersistentMap.empty<V>()
    for (const [key, value] of this.entries()) map = map.with(key, value)
    return map
  }

  private replaced(place: number, value: V | undefined): PersistentMap<V> {
    const values = this.values.with(place, value)
    return values === this.values ? this : new PersistentMap(this.placeOf, values)
  }
}
