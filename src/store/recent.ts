/**
 * The last so many of a growing sequence, each under the number at which it came: a ring that is never moved.
 */
export class Recent<T> {
  readonly #kept: number
  readonly #items: T[] = []
  #end = 0
  #lastDropped: T | undefined

  constructor(kept: number) {
    this.#kept = kept
  }

  /** The number of the first that is still here. */
  get start(): number {
    return this.#end - this.#items.length
  }

  /** The number that the next one gets. */
  get end(): number {
    return this.#end
  }

  get lastDropped(): T | undefined {
    return this.#lastDropped
  }

  push(item: T): void {
    if (this.#items.length < this.#kept) this.#items.push(item)
    else {
      const slot = this.#end % this.#kept
      this.#lastDropped = this.#kept === 0 ? item : this.#items[slot]
      if (this.#kept > 0) this.#items[slot] = item
    }
    this.#end++
  }

  at(number: number): T | undefined {
    return number < this.start || number >= this.#end ? undefined : this.#items[number % this.#kept]
  }

  /** The number of the first for which this holds, if it holds for all after it; `end` when for none. */
  firstWhere(holds: (item: T) => boolean): number {
    let low = this.start
    let high = this.#end
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (holds(this.at(middle)!)) high = middle
      else low = middle + 1
    }
    return low
  }
}
