/**
 * Many patterns followed at once: a deterministic automaton whose states are sets of places in patterns, built only as
 * far as somebody walks.
 *
 * Patterns that begin alike share their places, as a tree. What can no longer change anything is dropped from a state:
 * places that lead only to a language that has been won for good, and places from which every way leads to a star that
 * has been reached already. Knows no domain and keeps no texts.
 *
 * Source: Hopcroft, Motwani and Ullman, "Introduction to Automata Theory, Languages, and Computation", chapter 2.
 */
import { foldCase } from '../text/fold-case.js'
import { ANY_RUN, ANY_UNIT, COLON, FIELD_RUN, FIELD_UNIT, type PatternUnits } from '../text/glob-automaton.js'
import { FOLDED } from './region-test.js'

export interface AutomatonState {
  readonly id: number
  /** Places in patterns, sorted. None: nothing that follows matters. */
  readonly places: readonly number[]
  /** Languages that have every text from here on, sorted. */
  readonly won: readonly number[]
  /** Languages that have the text read so far, those won included; sorted. */
  readonly accepted: readonly number[]
  /** The units that some place names; all others lead to one and the same state. */
  readonly units: readonly number[]
}

interface State extends AutomatonState {
  next: Map<number, State> | undefined
  other: State | undefined
}

/** What has been matched of some patterns, and how they go on. */
interface Place {
  /** By unit, folded unit, `ANY_UNIT` or `FIELD_UNIT`. */
  readonly next: Map<number, number>
  /** Stars that begin here: a place that stays where it is on the units of its `loop`. */
  stars: Map<number, number> | undefined
  readonly loop: number | undefined
  /** Languages of the patterns that end here. */
  readonly ends: number[]
  /** The language, if all patterns that come through are of one. */
  only: number | undefined
  /** Places in a row without a choice share a number; it is that of the last. */
  stretch: number
}

export class PatternAutomaton {
  private readonly places: Place[] = []
  private readonly states = new Map<number, State[]>()
  private stateCount = 0
  /** The generation in which a place was last added. */
  private readonly seen: number[] = []
  private generation = 0
  /** Places looked at so far: what the automaton has cost. */
  work = 0

  readonly empty: AutomatonState

  constructor() {
    this.empty = this.stateOf([], [])
  }

  /** A place at which patterns can begin. */
  addStart(language: number): number {
    return this.addPlace(undefined, language)
  }

  /** Takes in a pattern that begins at `start`. All are taken in before the first step. */
  add(start: number, units: PatternUnits, language: number): void {
    let at = start
    this.pass(at, language)
    for (const op of units) {
      const isStar = op === ANY_RUN || op === FIELD_RUN
      const from = this.places[at]!
      let target = isStar ? from.stars?.get(op) : from.next.get(op)
      if (target === undefined) {
        target = this.addPlace(isStar ? op : undefined, language)
        if (isStar) from.stars = new Map([...(from.stars ?? []), [op, target]])
        else from.next.set(op, target)
      }
      at = target
      this.pass(at, language)
    }
    const { ends } = this.places[at]!
    if (!ends.includes(language)) ends.push(language)
  }

  /** The state that also stands at `places`. */
  enter(state: AutomatonState, places: readonly number[]): AutomatonState {
    return places.length === 0 ? state : this.stateOf([...state.places, ...places], state.won)
  }

  /** The state after one of `state.units`. */
  step(from: AutomatonState, unit: number): AutomatonState {
    const state = from as State // every AutomatonState was made by stateOf
    if (!state.units.includes(unit)) return this.stepOther(state)
    const known = state.next?.get(unit)
    if (known !== undefined) return known
    const after = this.stateOf(this.advance(state, unit), state.won)
    state.next ??= new Map()
    state.next.set(unit, after)
    return after
  }

  /** The state after any unit that is not one of `state.units`. */
  stepOther(from: AutomatonState): AutomatonState {
    const state = from as State // every AutomatonState was made by stateOf
    state.other ??= this.stateOf(this.advance(state, undefined), state.won)
    return state.other
  }

  /** The units that lead on from the only place of a state, as long as there is no choice; and the state they lead to. */
  stretchFrom(state: AutomatonState): { readonly units: readonly number[]; readonly end: () => AutomatonState } {
    const units: number[] = []
    let at = state.places.length === 1 ? state.places[0]! : undefined
    for (let isPlain = at !== undefined; isPlain;) {
      isPlain = false
      const { next, stars, loop, ends } = this.places[at!]!
      if (next.size !== 1 || stars !== undefined || loop !== undefined || ends.length > 0) break
      for (const [op, target] of next) {
        if (op < 0 || op >= FOLDED) break
        units.push(op)
        at = target
        isPlain = true
      }
    }
    return { units, end: () => this.stateOf([at!], state.won) }
  }

  private addPlace(loop: number | undefined, language: number): number {
    const index = this.places.length
    this.places.push({ next: new Map(), stars: undefined, loop, ends: [], only: language, stretch: -1 })
    return index
  }

  private pass(index: number, language: number): void {
    const place = this.places[index]!
    if (place.only !== language) place.only = undefined
  }

  /** Undefined: a unit that no place names and that is no colon where that matters. */
  private advance(state: State, unit: number | undefined): number[] {
    const after: number[] = []
    const push = (place: number | undefined): void => {
      if (place !== undefined) after.push(place)
    }
    for (const index of state.places) {
      const { next, loop } = this.places[index]!
      if (loop === ANY_RUN || (loop === FIELD_RUN && unit !== COLON)) after.push(index)
      if (next.size === 0) continue
      push(next.get(ANY_UNIT))
      if (unit !== COLON) push(next.get(FIELD_UNIT))
      if (unit === undefined) continue
      push(next.get(unit))
      push(next.get(FOLDED + foldedUnit(unit)))
    }
    this.work += state.places.length
    return after
  }

  private stateOf(reached: readonly number[], alreadyWon: readonly number[]): State {
    const generation = ++this.generation
    const places: number[] = []
    let won: Set<number> | undefined
    let lastStars: Map<number, number> | undefined
    const pending = [...reached]
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (this.seen[index] === generation) continue
      this.seen[index] = generation
      places.push(index)
      const { loop, ends, stars } = this.places[index]!
      if (stars !== undefined) pending.push(...stars.values())
      if (loop !== ANY_RUN) continue
      if (ends.length > 0) won = new Set([...(won ?? alreadyWon), ...ends])
      const stretch = this.stretchOf(index)
      lastStars ??= new Map()
      lastStars.set(stretch, Math.max(lastStars.get(stretch) ?? -1, index))
    }
    this.work += places.length
    const wonNow = won ?? (alreadyWon.length === 0 ? undefined : new Set(alreadyWon))
    const kept = places.filter((index) => {
      const place = this.places[index]!
      if (place.next.size === 0 && place.stars === undefined && place.ends.length === 0) return false
      if (wonNow !== undefined && place.only !== undefined && wonNow.has(place.only)) return false
      // Places are numbered in the order of their patterns.
      return lastStars === undefined || index >= (lastStars.get(this.stretchOf(index)) ?? 0)
    })
    const isMore = won !== undefined && won.size > alreadyWon.length
    return this.intern(kept.toSorted(ascending), isMore ? [...won!].toSorted(ascending) : alreadyWon)
  }

  /** The last place that every pattern which comes through this one comes through. */
  private stretchOf(start: number): number {
    const along: number[] = []
    let at = start
    while (this.places[at]!.stretch < 0) {
      const { next, stars, ends } = this.places[at]!
      const targets = [...next.values(), ...(stars?.values() ?? [])]
      const [target] = targets
      if (target === undefined || targets.length > 1 || ends.length > 0) {
        this.places[at]!.stretch = at
        break
      }
      along.push(at)
      at = target
    }
    const { stretch } = this.places[at]!
    for (const index of along) this.places[index]!.stretch = stretch
    return stretch
  }

  private intern(places: readonly number[], won: readonly number[]): State {
    let hash = 17
    for (const place of places) hash = (Math.imul(hash, 31) + place) | 0
    hash = Math.imul(hash, 31) - 1
    for (const language of won) hash = (Math.imul(hash, 31) + language) | 0
    const bucket = this.states.get(hash)
    const known = bucket?.find((state) => isSame(state.places, places) && isSame(state.won, won))
    if (known !== undefined) return known
    const accepted = this.acceptedAt(places, won)
    const units = this.unitsAt(places)
    const state: State = { id: this.stateCount++, places, won, accepted, units, next: undefined, other: undefined }
    if (bucket === undefined) this.states.set(hash, [state])
    else bucket.push(state)
    return state
  }

  private acceptedAt(places: readonly number[], won: readonly number[]): readonly number[] {
    const ends = places.flatMap((place) => this.places[place]!.ends)
    return ends.length === 0 ? won : [...new Set([...won, ...ends])].toSorted(ascending)
  }

  private unitsAt(places: readonly number[]): readonly number[] {
    const units = new Set<number>()
    for (const index of places) {
      const { next, loop } = this.places[index]!
      if (loop === FIELD_RUN) units.add(COLON)
      for (const op of next.keys()) {
        if (op >= FOLDED) for (const unit of unitsFoldingTo(op - FOLDED)) units.add(unit)
        else if (op >= 0) units.add(op)
        else if (op === FIELD_UNIT) units.add(COLON)
      }
    }
    return [...units]
  }
}

const ascending = (left: number, right: number): number => left - right

function isSame(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index])
}

// ------------------------------------------------------------------------------------------------------------- case

const UNITS = 0x1_0000

function foldedUnit(unit: number): number {
  return foldCase(String.fromCharCode(unit)).charCodeAt(0)
}

let foldingTo: Map<number, number[]> | undefined

/** Every unit that folds to this one; a letter can have more than two (the Kelvin sign is a `k`). */
function unitsFoldingTo(folded: number): readonly number[] {
  if (foldingTo === undefined) {
    foldingTo = new Map()
    for (let unit = 0; unit < UNITS; unit++) {
      const target = foldedUnit(unit)
      const known = foldingTo.get(target)
      if (known === undefined) foldingTo.set(target, [unit])
      else known.push(unit)
    }
  }
  return foldingTo.get(folded) ?? []
}
