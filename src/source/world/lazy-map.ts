/**
 * A map whose names are known as a list and whose values are made when they are asked for, once each.
 *
 * Names and values may both come from a file: neither is read before somebody asks.
 */
export class LazyMap<T> implements ReadonlyMap<string, T> {
  private numbers: ReadonlyMap<string, number> | undefined
  private readonly made = new Map<string, T>()

  constructor(
    readonly size: number,
    private readonly names: () => readonly string[],
    /** @param index - of the name in the list. */
    private readonly make: (name: string, index: number) => T,
  ) {}

  private numberOf(name: string): number | undefined {
    this.numbers ??= new Map(this.names().map((each, index) => [each, index]))
    return this.numbers.get(name)
  }

  has(name: string): boolean {
    return this.numberOf(name) !== undefined
  }

  get(name: string): T | undefined {
    const known = this.made.get(name)
    if (known !== undefined) return known
    const index = this.numberOf(name)
    if (index === undefined) return undefined
    const value = this.make(name, index)
    this.made.set(name, value)
    return value
  }

  keys(): MapIterator<string> {
    return this.names()[Symbol.iterator]()
  }

  *entries(): MapIterator<[string, T]> {
    for (const name of this.names()) {
      const value = this.get(name)
      if (value !== undefined) yield [name, value]
    }
  }

  *values(): MapIterator<T> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): MapIterator<[string, T]> {
    return this.entries()
  }

  forEach(call: (value: T, name: string, map: ReadonlyMap<string, T>) => void): void {
    for (const [name, value] of this.entries()) call(value, name, this)
  }
}
