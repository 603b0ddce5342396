/**
 * Hash-consing: equal things get equal ids, so the graph shares them and compares them as numbers.
 *
 * Tuples of 32-bit integers live end to end in one Int32Array; a statement costs its integers and no objects. Ids only
 * grow: what was interned stays, because a snapshot somewhere may still use it.
 */

/** Strings to small integers and back. */
export class StringTable {
  private readonly ids = new Map<string, number>()
  private readonly texts: string[] = []

  get size(): number {
    return this.texts.length
  }

  intern(text: string): number {
    const known = this.ids.get(text)
    if (known !== undefined) return known
    const id = this.texts.length
    this.texts.push(text)
    this.ids.set(text, id)
    return id
  }

  /** The id of a string that was interned before, or -1: a look-up that must not grow the table. */
  find(text: string): number {
    return this.ids.get(text) ?? -1
  }

  text(id: number): string {
    const text = this.texts[id]
    if (text === undefined) throw new RangeError(`string ${id} was never interned`)
    return text
  }
}

/** Tuples of integers to small integers and back. `data` from `start(id)` on holds `length(id)` integers. */
export class TupleTable {
  data = new Int32Array(256)
  private starts = new Int32Array(64)
  private buckets = new Int32Array(128).fill(-1)
  private count = 0
  private used = 0

  get size(): number {
    return this.count
  }

  start(id: number): number {
    return this.starts[id]!
  }

  length(id: number): number {
    return this.starts[id + 1]! - this.starts[id]!
  }

  /** A copy, for readers that are not in a hurry. */
  tuple(id: number): number[] {
    return Array.from(this.data.subarray(this.starts[id], this.starts[id + 1]))
  }

  intern(tuple: readonly number[]): number {
    const mask = this.buckets.length - 1
    let slot = hashTuple(tuple) & mask
    for (let id = this.buckets[slot]!; id !== -1; id = this.buckets[slot]!) {
      if (this.equals(id, tuple)) return id
      slot = (slot + 1) & mask
    }
    return this.append(tuple, slot)
  }

  private equals(id: number, tuple: readonly number[]): boolean {
    const start = this.starts[id]!
    if (this.starts[id + 1]! - start !== tuple.length) return false
    for (let index = 0; index < tuple.length; index++) if (this.data[start + index] !== tuple[index]) return false
    return true
  }

  private append(tuple: readonly number[], slot: number): number {
    const id = this.count++
    if (this.used + tuple.length > this.data.length) {
      this.data = grown(this.data, this.used + tuple.length)
    }
    this.data.set(tuple, this.used)
    if (id + 2 > this.starts.length) this.starts = grown(this.starts, id + 2)
    this.starts[id] = this.used
    this.used += tuple.length
    this.starts[id + 1] = this.used
    this.buckets[slot] = id
    // At most two thirds full, so that probing stays short.
    if (this.count * 3 > this.buckets.length * 2) this.rehash()
    return id
  }

  private rehash(): void {
    const buckets = new Int32Array(this.buckets.length * 2).fill(-1)
    const mask = buckets.length - 1
    for (let id = 0; id < this.count; id++) {
      let slot = hashRange(this.data, this.starts[id]!, this.starts[id + 1]!) & mask
      while (buckets[slot] !== -1) slot = (slot + 1) & mask
      buckets[slot] = id
    }
    this.buckets = buckets
  }
}

function grown(array: Int32Array<ArrayBuffer>, least: number): Int32Array<ArrayBuffer> {
  // By a quarter, not double: at a million statements the spare room would otherwise be a third of everything.
  const bigger = new Int32Array(Math.max(least, array.length + (array.length >> 2) + 64))
  bigger.set(array)
  return bigger
}

// FNV-1a over 32-bit words with a final avalanche; not for adversaries, whose worst case is slow probing of their own
// policies, bounded by the size limits on input.
function mix(hash: number, word: number): number {
  return Math.imul(hash ^ word ^ (word >>> 15), 0x01000193)
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x45d9f3b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function hashTuple(tuple: readonly number[]): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < tuple.length; index++) hash = mix(hash, tuple[index]!)
  return finish(hash)
}

function hashRange(data: Int32Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let index = start; index < end; index++) hash = mix(hash, data[index]!)
  return finish(hash)
}
