/**
 * Atoms: the yes-or-no questions that conditions ask of a request's values.
 *
 * A guard is a conjunction of atoms, each as it is or negated. A test such as `StringNotEquals` is two literals over
 * atoms that its positive sibling shares: "not equal" and "not uncomparable"; an absent key makes both hold.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or
 * values", "Single-valued vs. multivalued context keys".
 */
import type { BaseOperator } from '../policy/document.js'
import { compileMatcher, type Matcher } from './matcher.js'

/** The value of one condition key in a request: absent, one text, or a list of several (or of one empty text). */
export type SlotValue = string | readonly string[] | undefined

/** `values[slot]` for every slot of the graph. */
export type SlotValues = readonly SlotValue[]

export const ATOM_MODES = [
  /** Present with exactly one value, which matches. */
  'matches',
  /** Present, and either several values or one that cannot be compared (K-12, K-32). */
  'uncomparable',
  /** Present and not `matches`: what makes a positive …IfExists test fail. */
  'presentUnmatched',
  /** Absent, or a list of empty texts only: what `Null` asks. */
  'absent',
  /** Some value matches (ForAnyValue). */
  'anyMatches',
  /** Values are there and none matches: what makes a ForAnyValue …IfExists test fail. */
  'presentNoneMatches',
  /** Some value can be compared and matches nothing (ForAnyValue with a negated operator). */
  'anyDiffers',
  /** Values are there and every one matches or cannot be compared. */
  'presentNoneDiffers',
  /** Some value does not match: what makes a ForAllValues test fail. */
  'someUnmatched',
  /** Some value matches or cannot be compared: what makes a negated ForAllValues test fail. */
  'someNotDiffering',
  /** Present, and not one value that differs: what a Deny asks that applies when it cannot compare. */
  'mayMatch',
  /** Present with exactly one value, which can be compared and does not match. */
  'differs',
  /** Values are there and every one can be compared and does not match. */
  'allDiffer',
  /** Values are there and every one matches. */
  'allMatch',
] as const

export type AtomMode = number

const MATCHES = 0
const UNCOMPARABLE = 1
const PRESENT_UNMATCHED = 2
const ABSENT = 3
const ANY_MATCHES = 4
const PRESENT_NONE_MATCHES = 5
const ANY_DIFFERS = 6
const PRESENT_NONE_DIFFERS = 7
const SOME_UNMATCHED = 8
const SOME_NOT_DIFFERING = 9
const MAY_MATCH = 10
const DIFFERS = 11
const ALL_DIFFER = 12
const ALL_MATCH = 13

export function atomMode(name: (typeof ATOM_MODES)[number]): AtomMode {
  return ATOM_MODES.indexOf(name)
}

/** Longer texts are not remembered: a caller chooses them, and an atom lives as long as its graph. */
const MAX_REMEMBERED = 256

export class Atom {
  private readonly matcher: Matcher
  /** Whether one text decides: no variable asks another key. */
  private readonly isSettledByText: boolean
  // Most condition values (a Region, an organization, a service, a flag) are the same in request after request, so the
  // answer to the text seen last is kept. Compared first, it spares the comparison with patterns, dates and addresses.
  private lastText: string | undefined
  private lastHolds = false

  constructor(
    readonly mode: AtomMode,
    readonly operator: BaseOperator,
    readonly slot: number,
    /** Interned values, each with its mark. */
    readonly marked: readonly string[],
    slotOf: (key: string) => number,
  ) {
    this.matcher = compileMatcher(operator, marked, slotOf)
    this.isSettledByText = this.matcher.slots.length === 0
  }

  holds(values: SlotValues): boolean {
    const value = values[this.slot]
    if (typeof value !== 'string' || !this.isSettledByText) return this.holdsFor(value, values)
    if (value === this.lastText) return this.lastHolds
    const holds = this.holdsFor(value, values)
    if (value.length <= MAX_REMEMBERED) {
      this.lastText = value
      this.lastHolds = holds
    }
    return holds
  }

  private holdsFor(value: SlotValue, values: SlotValues): boolean {
    const matcher = this.matcher
    switch (this.mode) {
      case MATCHES:
        if (typeof value === 'string') return matcher.compare(value, values) === 1
        return value !== undefined && value.length === 1 && matcher.compare(value[0]!, values) === 1
      case UNCOMPARABLE:
        if (value === undefined) return false
        if (typeof value === 'string') return matcher.compare(value, values) === -1
        return value.length !== 1 || matcher.compare(value[0]!, values) === -1
      case PRESENT_UNMATCHED:
        if (value === undefined) return false
        if (typeof value === 'string') return matcher.compare(value, values) !== 1
        return value.length !== 1 || matcher.compare(value[0]!, values) !== 1
      case MAY_MATCH:
        return value !== undefined && !this.differs(value, values)
      case DIFFERS:
        return value !== undefined && this.differs(value, values)
      case ABSENT:
        return value === undefined || (typeof value !== 'string' && isNullSet(value))
      default:
        return this.holdsForSet(typeof value === 'string' ? [value] : value, values)
    }
  }

  /** One value, compared, and not a match. */
  private differs(value: string | readonly string[], values: SlotValues): boolean {
    const single = typeof value === 'string' ? value : value.length === 1 ? value[0] : undefined
    return single !== undefined && this.matcher.compare(single, values) === 0
  }

  /** The answers of a set operator; a key without values, or with empty texts only, is a null data set (facts B4). */
  private holdsForSet(set: readonly string[] | undefined, values: SlotValues): boolean {
    if (set === undefined || isNullSet(set)) return false
    const matcher = this.matcher
    switch (this.mode) {
      case ANY_MATCHES:
        return set.some((value) => matcher.compare(value, values) === 1)
      case PRESENT_NONE_MATCHES:
        return !set.some((value) => matcher.compare(value, values) === 1)
      case ANY_DIFFERS:
        return set.some((value) => matcher.compare(value, values) === 0)
      case PRESENT_NONE_DIFFERS:
        return !set.some((value) => matcher.compare(value, values) === 0)
      case SOME_UNMATCHED:
        return !set.every((value) => matcher.compare(value, values) === 1)
      case SOME_NOT_DIFFERING:
        return !set.every((value) => matcher.compare(value, values) === 0)
      case ALL_DIFFER:
        return set.every((value) => matcher.compare(value, values) === 0)
      case ALL_MATCH:
        return set.every((value) => matcher.compare(value, values) === 1)
      default:
        throw new Error(`no atom has mode ${this.mode}`)
    }
  }

  /** Whether the atom asks that the key has one value and that it matches. */
  get isPlainMatch(): boolean {
    return this.mode === MATCHES
  }

  /** Every slot the answer can hang on: the key's own and those of variables. */
  get slots(): readonly number[] {
    return [this.slot, ...this.matcher.slots]
  }

  /** For an explanation: whether this value could be compared at all. */
  canCompare(value: string, values: SlotValues): boolean {
    return this.matcher.compare(value, values) !== -1
  }
}

function isNullSet(set: readonly string[]): boolean {
  return set.every((value) => value === '')
}
