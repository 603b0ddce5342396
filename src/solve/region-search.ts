/**
 * Which sets of languages have a value in common that no other language has: all of them, by walking the product of
 * the patterns and the domain.
 *
 * The literal beginnings of patterns are a tree in which every place has one way to it, so only what comes after them
 * is looked up; where nothing is left to match, the rest of the value is the domain's business. Knows no engine.
 *
 * Source: Yang and Lam, "Real-time verification of network properties using atomic predicates" (2013).
 */
import type { PatternUnits } from '../text/glob-automaton.js'
import type { Result } from '../text/source.js'
import { HeadTree, type HeadRange } from './region-heads.js'
import { PatternAutomaton, type AutomatonState } from './region-automaton.js'
import { EVERY_UNIT, type DomainLanguage, type UnitGroup } from './region-language.js'
import { FOLDED } from './region-test.js'

/** A value of the domain, and all languages that have it; no other value found has the same. */
export interface FoundCell {
  readonly sample: string
  readonly languages: readonly number[]
}

export interface Cells {
  readonly all: readonly FoundCell[]
  /** All languages that have a value, by their patterns. */
  languagesOf(value: string): readonly number[]
}

export interface SearchLimits {
  readonly maxRegions: number
  readonly maxStates: number
}

export type SearchLimit = 'tooManyRegions' | 'tooManyStates'

/** How many places of patterns a state may cost on average. */
const WORK_PER_STATE = 64

export function findCells(
  languages: readonly (readonly PatternUnits[])[],
  domain: DomainLanguage,
  limits: SearchLimits,
): Result<Cells, SearchLimit> {
  const search = new Search(languages, domain, limits)
  const limit = search.run()
  if (limit !== undefined) return { ok: false, error: limit }
  return { ok: true, value: { all: search.found(), languagesOf: (value) => search.languagesOf(value) } }
}

/** The units before the first wildcard or folded letter. */
export function headOf(units: PatternUnits): string {
  let head = ''
  for (const unit of units) {
    if (unit < 0 || unit >= FOLDED) break
    head += String.fromCharCode(unit)
  }
  return head
}

/** What a head leads to: where the rests of its patterns begin, or nothing more, for a literal. */
type HeadEnd = { readonly place: number } | { readonly language: number }

interface Item {
  readonly text: string
  /** Undefined once no head is left. */
  readonly heads: HeadRange | undefined
  readonly state: AutomatonState
  readonly at: number
}

class Search {
  private readonly automaton = new PatternAutomaton()
  private readonly heads: HeadTree<HeadEnd>
  private readonly cells = new Map<string, FoundCell>()
  /** Off the heads: states of both automata that have been queued, as one number. */
  private readonly queuedPairs = new Set<number>()
  private readonly queue: Item[] = []
  /** States of the automaton without places whose one cell is known, by id. */
  private readonly settled = new Set<number>()
  /** States whose accepted languages have a cell, by id. */
  private readonly recorded = new Set<number>()
  private visits = 0
  /** For each unit, the visit in which it led somewhere of its own. */
  private readonly named = new Uint32Array(0x1_0000)

  constructor(
    languages: readonly (readonly PatternUnits[])[],
    private readonly domain: DomainLanguage,
    private readonly limits: SearchLimits,
  ) {
    const starts = new Map<string, number>()
    const entries: { readonly head: string; readonly payload: HeadEnd }[] = []
    languages.forEach((patterns, language) => {
      for (const units of patterns) {
        const head = headOf(units)
        if (head.length === units.length) {
          entries.push({ head, payload: { language } })
          continue
        }
        let place = starts.get(head)
        if (place === undefined) {
          place = this.automaton.addStart(language)
          starts.set(head, place)
          entries.push({ head, payload: { place } })
        }
        this.automaton.add(place, units.slice(head.length), language)
      }
    })
    this.heads = new HeadTree(entries)
  }

  found(): readonly FoundCell[] {
    return [...this.cells.values()]
  }

  languagesOf(value: string): readonly number[] {
    let state = this.automaton.empty
    let heads = this.heads.root
    for (let index = 0; ; index++) {
      const ends = this.heads.endingAt(heads)
      state = this.enter(state, ends)
      if (index === value.length) return acceptedBy(state, ends)
      const unit = value.charCodeAt(index)
      heads = this.heads.child(heads, unit)
      state = this.automaton.step(state, unit)
    }
  }

  run(): SearchLimit | undefined {
    const { limits } = this
    this.queue.push({ text: '', heads: this.heads.root, state: this.automaton.empty, at: this.domain.start })
    for (let index = 0; index < this.queue.length; index++) {
      this.visit(this.queue[index]!)
      if (this.cells.size > limits.maxRegions) return 'tooManyRegions'
      if (index > limits.maxStates || this.automaton.work > limits.maxStates * WORK_PER_STATE) return 'tooManyStates'
    }
    return undefined
  }

  private visit({ text, heads, state: before, at }: Item): void {
    const ends = heads === undefined ? [] : this.heads.endingAt(heads)
    const state = this.enter(before, ends)
    if (this.domain.isAccepting(at)) this.record(text, state, ends)
    if (heads === undefined ? this.follow(text, state, at) : this.jump(text, heads, state, at)) return
    this.visits += 1
    const children = heads === undefined ? [] : this.heads.children(heads)
    for (const [unit, range] of children) {
      this.named[unit] = this.visits
      const target = this.domain.step(at, unit)
      if (target < 0) continue
      const next = this.automaton.step(state, unit)
      this.queue.push({ text: text + String.fromCharCode(unit), heads: range, state: next, at: target })
    }
    for (const unit of state.units) {
      if (this.named[unit] === this.visits) continue
      this.named[unit] = this.visits
      const target = this.domain.step(at, unit)
      if (target >= 0) this.leave(text + String.fromCharCode(unit), this.automaton.step(state, unit), target)
    }
    const other = this.automaton.stepOther(state)
    if (this.settled.has(other.id)) return
    for (const group of this.domain.groups(at)) this.leaveBy(group, text, other, at)
  }

  private enter(state: AutomatonState, ends: readonly HeadEnd[]): AutomatonState {
    if (ends.length === 0) return state
    return this.automaton.enter(
      state,
      ends.flatMap((end) => ('place' in end ? [end.place] : [])),
    )
  }

  /** Along the rest of a single head, when whatever leaves it is known already. */
  private jump(text: string, heads: HeadRange, state: AutomatonState, at: number): boolean {
    if (!this.settled.has(state.id)) return false
    const rest = this.heads.onlyRest(heads)
    if (rest === undefined) return false
    let target = at
    for (let index = 0; index < rest.length && target >= 0; index++) {
      target = this.domain.step(target, rest.charCodeAt(index))
    }
    if (target < 0) return true
    const range = { low: heads.low, high: heads.high, depth: heads.depth + rest.length }
    this.queue.push({ text: text + rest, heads: range, state, at: target })
    return true
  }

  /** The same off the heads, along the rest of the only pattern left. */
  private follow(text: string, state: AutomatonState, at: number): boolean {
    if (state.places.length !== 1 || !this.settled.has(this.automaton.stepOther(state).id)) return false
    const { units, end } = this.automaton.stretchFrom(state)
    if (units.length === 0) return false
    let target = at
    for (let index = 0; index < units.length && target >= 0; index++) target = this.domain.step(target, units[index]!)
    if (target >= 0) this.leave(text + String.fromCharCode(...units), end(), target)
    return true
  }

  /** One unit of the group that no pattern names here stands for all of them. */
  private leaveBy({ units, target }: UnitGroup, text: string, other: AutomatonState, at: number): void {
    const isFree = (unit: number): boolean => this.named[unit] !== this.visits && this.domain.step(at, unit) === target
    for (const ending of this.domain.endingsAt(at)) {
      if (ending === '' || !isFree(ending.charCodeAt(0))) continue
      if (other.places.length === 0) this.settle(text + ending, other)
      else this.leave(text + ending.charAt(0), other, target)
      return
    }
    const unit = units === EVERY_UNIT ? firstFree(isFree) : [...units].map((char) => char.charCodeAt(0)).find(isFree)
    if (unit !== undefined) this.leave(text + String.fromCharCode(unit), other, target)
  }

  private leave(text: string, state: AutomatonState, at: number): void {
    if (state.places.length === 0) {
      if (!this.settled.has(state.id)) this.settle(text + (this.domain.endingsAt(at)[0] ?? ''), state)
      return
    }
    const pair = state.id * this.domain.size + at
    if (this.queuedPairs.has(pair)) return
    this.queuedPairs.add(pair)
    this.queue.push({ text, heads: undefined, state, at })
  }

  /** No pattern is left, so every way to go on says the same. */
  private settle(sample: string, state: AutomatonState): void {
    this.settled.add(state.id)
    this.record(sample, state, [])
  }

  private record(sample: string, state: AutomatonState, ends: readonly HeadEnd[]): void {
    const isByStateAlone = ends.every((end) => 'place' in end)
    if (isByStateAlone) {
      if (this.recorded.has(state.id)) return
      this.recorded.add(state.id)
    }
    const languages = acceptedBy(state, ends)
    const key = languages.join(',')
    if (!this.cells.has(key)) this.cells.set(key, { sample, languages })
  }
}

function acceptedBy(state: AutomatonState, ends: readonly HeadEnd[]): readonly number[] {
  const literals = ends.flatMap((end) => ('language' in end ? [end.language] : []))
  if (literals.length === 0) return state.accepted
  return [...new Set([...state.accepted, ...literals])].toSorted((left, right) => left - right)
}

/** Characters for samples of any text, the best first; then all others. */
const READABLE = 'xyzwvutsrqponmlkjihgfedcba0123456789XYZWVUTSRQPONMLKJIHGFEDCBA-_./:@+=, '

function firstFree(isFree: (unit: number) => boolean): number | undefined {
  for (let index = 0; index < READABLE.length; index++) {
    const unit = READABLE.charCodeAt(index)
    if (isFree(unit)) return unit
  }
  // From the first printable character on, and the control characters last.
  for (let unit = 0x21; unit < 0x1_0000; unit++) if (isFree(unit)) return unit
  for (let unit = 0; unit < 0x21; unit++) if (isFree(unit)) return unit
  return undefined
}
