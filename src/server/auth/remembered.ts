/**
 * What was made of a text, remembered for the next time: clients send the same texts with every request.
 *
 * Bounded, whatever is sent: when it is full, it starts afresh. Only for what follows from the text alone.
 */

/** A longer text is not remembered, which keeps the whole small. */
const LONGEST = 1024

export class Remembered<T> {
  readonly #values = new Map<string, T>()

  constructor(
    private readonly most: number,
    private readonly make: (text: string) => T,
  ) {}

  of(text: string): T {
    const known = this.#values.get(text)
    if (known !== undefined) return known
    const made = this.make(text)
    if (text.length > LONGEST) return made
    if (this.#values.size >= this.most) this.#values.clear()
    this.#values.set(text, made)
    return made
  }
}
