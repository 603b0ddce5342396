/**
 * Wildcard matching in time linear in the subject, whatever the pattern: all positions of the pattern are followed at
 * once, one bit each (Shift-And), and a star is a position that may stay where it is.
 *
 * The general case behind `glob.ts` and `arn-glob.ts`, which answer the easy patterns more cheaply.
 *
 * Source: Baeza-Yates and Gonnet, "A new approach to text searching" (1992); Navarro and Raffinot, "Flexible Pattern
 * Matching in Strings", chapter 4.
 */

/** A pattern: UTF-16 units to be met as they are, and wildcards below zero. */
export type PatternUnits = readonly number[]

/** Exactly one unit. */
export const ANY_UNIT = -1
/** Any run of units, also none. */
export const ANY_RUN = -2
/** Exactly one unit that is no colon. */
export const FIELD_UNIT = -3
/** Any run of units without a colon, also none. */
export const FIELD_RUN = -4

export const COLON = 0x3a

const BITS = 32

export class GlobAutomaton {
  /** How many units a subject has at least. */
  private readonly minLength: number
  private readonly words: number
  /** The class of each unit below 256; 0 for a unit the pattern does not name. */
  private readonly latinClasses = new Uint16Array(256)
  private readonly otherClasses = new Map<number, number>()
  /** For each class, the positions that its units lead to. */
  private readonly steps: Int32Array
  /** The positions that stay on any unit, and on any unit but a colon. */
  private readonly loops: Int32Array
  private readonly loopsOffColon: Int32Array
  /** Kept between runs to spare an allocation; a run never calls anything that could start another. */
  private readonly state: Int32Array

  constructor(pattern: PatternUnits) {
    const units = pattern.filter((unit) => unit !== ANY_RUN && unit !== FIELD_RUN)
    this.minLength = units.length
    this.words = Math.floor(units.length / BITS) + 1
    let classes = 1
    for (const unit of [COLON, ...units]) {
      if (unit >= 0 && this.classOf(unit) === 0) this.setClass(unit, classes++)
    }
    this.steps = new Int32Array(classes * this.words)
    this.loops = new Int32Array(this.words)
    this.loopsOffColon = new Int32Array(this.words)
    this.state = new Int32Array(this.words)
    this.fill(pattern, classes)
  }

  /** Whether the pattern matches all of `subject` from `start` to before `end`. */
  matches(subject: string, start: number, end: number): boolean {
    if (end - start < this.minLength) return false
    return this.words === 1 ? this.matchesInWord(subject, start, end) : this.matchesInWords(subject, start, end)
  }

  private matchesInWord(subject: string, start: number, end: number): boolean {
    const { steps, latinClasses } = this
    const loops = this.loops[0] ?? 0
    const loopsOffColon = this.loopsOffColon[0] ?? 0
    let state = 1
    for (let index = start; index < end && state !== 0; index++) {
      const unit = subject.charCodeAt(index)
      const unitClass = unit < 256 ? (latinClasses[unit] ?? 0) : this.classOf(unit)
      const stay = unit === COLON ? loops : loops | loopsOffColon
      state = ((state << 1) & (steps[unitClass] ?? 0)) | (state & stay)
    }
    return ((state >>> this.minLength) & 1) === 1
  }

  private matchesInWords(subject: string, start: number, end: number): boolean {
    const { steps, loops, loopsOffColon, words, state } = this
    state.fill(0)
    state[0] = 1
    for (let index = start; index < end; index++) {
      const unit = subject.charCodeAt(index)
      const row = this.classOf(unit) * words
      const offColon = unit === COLON ? 0 : -1
      let carry = 0
      let alive = 0
      for (let word = 0; word < words; word++) {
        const before = state[word] ?? 0
        const stay = (loops[word] ?? 0) | ((loopsOffColon[word] ?? 0) & offColon)
        const after = (((before << 1) | carry) & (steps[row + word] ?? 0)) | (before & stay)
        carry = before >>> (BITS - 1)
        alive |= after
        state[word] = after
      }
      if (alive === 0) return false
    }
    return (((state[words - 1] ?? 0) >>> (this.minLength % BITS)) & 1) === 1
  }

  private fill(pattern: PatternUnits, classes: number): void {
    const colonClass = this.classOf(COLON)
    let position = 0
    for (const unit of pattern) {
      if (unit === ANY_RUN) setBit(this.loops, 0, position)
      else if (unit === FIELD_RUN) setBit(this.loopsOffColon, 0, position)
      else {
        position += 1
        for (let unitClass = 0; unitClass < classes; unitClass++) {
          const leads = unit >= 0 ? unitClass === this.classOf(unit) : unit === ANY_UNIT || unitClass !== colonClass
          if (leads) setBit(this.steps, unitClass * this.words, position)
        }
      }
    }
  }

  private classOf(unit: number): number {
    return (unit < 256 ? this.latinClasses[unit] : this.otherClasses.get(unit)) ?? 0
  }

  private setClass(unit: number, unitClass: number): void {
    if (unit < 256) this.latinClasses[unit] = unitClass
    else this.otherClasses.set(unit, unitClass)
  }
}

function setBit(words: Int32Array, offset: number, bit: number): void {
  const index = offset + Math.floor(bit / BITS)
  words[index] = (words[index] ?? 0) | (1 << (bit % BITS))
}
