/**
 * Names in the order of their bytes, for a store in memory: added, taken away and walked from anywhere without looking
 * at the rest.
 *
 * A list of short sorted lists; each operation searches by halves and moves a few hundred pointers at most.
 */
import { compareNames, isPlain } from './name-order.js'

const LONGEST = 512

export class SortedNames {
  /** None of them empty. */
  readonly #chunks: string[][] = []
  /** As long as every name is plain, JavaScript's own comparison is right, and several times as fast. */
  #plain = true

  /** The name must not be there. */
  add(name: string): void {
    if (this.#plain && !isPlain(name)) this.#plain = false
    const before = this.#orderFor(name)
    const at = this.#chunkOf(name, before)
    const chunk = this.#chunks[at]
    if (chunk === undefined) {
      this.#chunks.push([name])
      return
    }
    chunk.splice(firstFrom(chunk, name, before), 0, name)
    if (chunk.length > LONGEST) this.#chunks.splice(at + 1, 0, chunk.splice(LONGEST >> 1))
  }

  /** The name must be there. */
  remove(name: string): void {
    const before = this.#orderFor(name)
    const at = this.#chunkOf(name, before)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return
    chunk.splice(firstFrom(chunk, name, before), 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }

  /** The names from this one on, or from the next where it is not there. The list must not change meanwhile. */
  *from(name: string): Iterable<string> {
    const before = this.#orderFor(name)
    let at = this.#chunkOf(name, before)
    let index = firstFrom(this.#chunks[at] ?? [], name, before)
    for (; at < this.#chunks.length; at++, index = 0) {
      const chunk = this.#chunks[at]!
      for (; index < chunk.length; index++) yield chunk[index]!
    }
  }

  #orderFor(name: string): (left: string, right: string) => boolean {
    return this.#plain && isPlain(name) ? nativeBefore : bytesBefore
  }

  /** Where the name stands or belongs: the last chunk that does not begin after it. */
  #chunkOf(name: string, before: (left: string, right: string) => boolean): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (before(name, this.#chunks[middle]![0]!)) high = middle - 1
      else low = middle
    }
    return low
  }
}

function firstFrom(chunk: readonly string[], name: string, before: (left: string, right: string) => boolean): number {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (before(chunk[middle]!, name)) low = middle + 1
    else high = middle
  }
  return low
}

function nativeBefore(left: string, right: string): boolean {
  return left < right
}

function bytesBefore(left: string, right: string): boolean {
  return compareNames(left, right) < 0
}
