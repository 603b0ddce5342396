/**
 * The language of a domain as a deterministic automaton, with words that finish a value so that it looks real.
 *
 * Built once by subset construction from a few parts; every state can still reach an accepted value. A character is a
 * UTF-16 unit, as everywhere. Knows no patterns.
 *
 * Source: Hopcroft, Motwani and Ullman, "Introduction to Automata Theory, Languages, and Computation", chapter 2.
 */

/** In place of characters: every unit there is. */
export const EVERY_UNIT = ''

/** A piece of a regular language. */
export type Part =
  | string
  /** At least `min` of these characters, exactly as many unless `isOpen`. The first ones are used first in samples. */
  | { readonly chars: string; readonly min: number; readonly isOpen: boolean }
  | { readonly either: readonly (readonly Part[])[] }
  /** Any number of times, also none. */
  | { readonly repeat: readonly Part[] }

/** Units that lead from one state to the same next one; `EVERY_UNIT`: all that no other group of the state names. */
export interface UnitGroup {
  readonly units: string
  readonly target: number
}

interface Edge {
  readonly chars: string
  readonly target: number
}

const NOWHERE = -1
/** Units below this have their steps in a table. */
const TABLE = 128

export class DomainLanguage {
  readonly start = 0
  private readonly accepting: boolean[] = []
  private readonly steps: Int32Array
  private readonly stateGroups: (readonly UnitGroup[])[]
  private readonly anyTargets: readonly number[]
  private readonly endings: (readonly string[])[]

  constructor(
    parts: readonly Part[],
    /** Values of the language that look real, the best first. */
    readonly examples: readonly string[],
  ) {
    const all = determinize(parts)
    const live = coreachable(all)
    // The start keeps its number; a language without any value would have no use.
    const renumbered = new Map<number, number>()
    for (let state = 0; state < all.length; state++) if (live.has(state)) renumbered.set(state, renumbered.size)
    if (!live.has(0)) throw new Error('a domain without values')
    const kept = all.filter((_, state) => live.has(state))
    this.steps = new Int32Array(kept.length * TABLE).fill(NOWHERE)
    this.accepting = kept.map((state) => state.isAccepting)
    this.anyTargets = kept.map((state) => renumbered.get(state.anyTarget) ?? NOWHERE)
    this.stateGroups = kept.map((state, index) => this.fill(index, state, renumbered))
    this.endings = this.findEndings()
  }

  get size(): number {
    return this.accepting.length
  }

  /** The next state, or -1 where no value goes on like that. */
  step(state: number, unit: number): number {
    if (unit < TABLE) return this.steps[state * TABLE + unit]!
    return this.anyTargets[state]!
  }

  isAccepting(state: number): boolean {
    return this.accepting[state]!
  }

  groups(state: number): readonly UnitGroup[] {
    return this.stateGroups[state]!
  }

  /** Texts that make a whole value from here, the one that looks best first; never none. */
  endingsAt(state: number): readonly string[] {
    return this.endings[state]!
  }

  has(text: string): boolean {
    let state = this.start
    for (let index = 0; index < text.length && state >= 0; index++) state = this.step(state, text.charCodeAt(index))
    return state >= 0 && this.isAccepting(state)
  }

  private fill(index: number, state: Subset, renumbered: ReadonlyMap<number, number>): readonly UnitGroup[] {
    const anyTarget = renumbered.get(state.anyTarget) ?? NOWHERE
    if (anyTarget >= 0) this.steps.fill(anyTarget, index * TABLE, (index + 1) * TABLE)
    const unitsByTarget = new Map<number, string>()
    for (const [unit, rawTarget] of state.targets) {
      const target = renumbered.get(rawTarget) ?? NOWHERE
      if (unit >= TABLE) throw new Error('a domain names characters of ASCII only')
      this.steps[index * TABLE + unit] = target
      if (target < 0) continue
      unitsByTarget.set(target, (unitsByTarget.get(target) ?? '') + String.fromCharCode(unit))
    }
    const groups: UnitGroup[] = [...unitsByTarget].map(([target, units]) => ({ units, target }))
    if (anyTarget >= 0) groups.push({ units: EVERY_UNIT, target: anyTarget })
    return groups
  }

  /** From the examples: the rest of one from each state it comes through; for other states the shortest way. */
  private findEndings(): (readonly string[])[] {
    const found = Array.from({ length: this.size }, () => new Set<string>())
    this.accepting.forEach((accepts, state) => {
      if (accepts) found[state]!.add('')
    })
    for (const example of this.examples) {
      const lastVisit = new Map<number, number>()
      let state = this.start
      for (let index = 0; ; index++) {
        // Where a word begins, the whole word fits.
        if (index === 0 || isMark(example.charAt(index - 1))) found[state]!.add(example.slice(index))
        lastVisit.set(state, index)
        if (index === example.length) break
        state = this.step(state, example.charCodeAt(index))
        if (state < 0) throw new Error(`the example \`${example}\` is not of its domain`)
      }
      for (const [visited, index] of lastVisit)
        if (found[visited]!.size === 0) found[visited]!.add(example.slice(index))
    }
    const endings = found.map((texts): string[] => [...texts])
    // What no example comes through: one character towards a state that knows its ending, again and again.
    for (let isMissing = true; isMissing;) {
      isMissing = false
      const known = endings.map((texts) => texts[0])
      for (let state = 0; state < this.size; state++) {
        if (known[state] !== undefined) continue
        const nexts = this.groups(state).flatMap(({ units, target }) => {
          const rest = known[target]
          return rest === undefined ? [] : [(units === EVERY_UNIT ? 'x' : units.charAt(0)) + rest]
        })
        const shortest = nexts.toSorted((left, right) => left.length - right.length)[0]
        if (shortest === undefined) isMissing = true
        else endings[state]!.push(shortest)
      }
    }
    return endings
  }
}

function isMark(char: string): boolean {
  return char === ':' || char === '/' || char === '.' || char === '-'
}

// ------------------------------------------------------------------------------------------------- construction

interface Subset {
  readonly isAccepting: boolean
  /** By unit, in the order of the characters of the parts. */
  readonly targets: ReadonlyMap<number, number>
  readonly anyTarget: number
}

/** Nodes with edges on characters and edges on nothing. */
class Nodes {
  readonly edges: Edge[][] = []
  readonly free: number[][] = []

  add(): number {
    this.edges.push([])
    this.free.push([])
    return this.edges.length - 1
  }

  addParts(from: number, parts: readonly Part[]): number {
    let at = from
    for (const part of parts) at = this.addPart(at, part)
    return at
  }

  private addPart(from: number, part: Part): number {
    if (typeof part === 'string') {
      let at = from
      for (const char of part) at = this.addStep(at, char)
      return at
    }
    if ('chars' in part) {
      let at = from
      for (let count = 0; count < part.min; count++) at = this.addStep(at, part.chars)
      if (!part.isOpen) return at
      const loop = this.add()
      this.free[at]!.push(loop)
      this.edges[loop]!.push({ chars: part.chars, target: loop })
      return loop
    }
    const end = this.add()
    if ('either' in part) {
      for (const parts of part.either) this.free[this.addParts(from, parts)]!.push(end)
      return end
    }
    this.free[from]!.push(end)
    this.free[this.addParts(end, part.repeat)]!.push(end)
    return end
  }

  private addStep(from: number, chars: string): number {
    const target = this.add()
    this.edges[from]!.push({ chars, target })
    return target
  }

  /** The nodes themselves and all that are reached on nothing, sorted. */
  closure(nodes: Iterable<number>): readonly number[] {
    const seen = new Set(nodes)
    for (const node of seen) for (const next of this.free[node]!) seen.add(next)
    return [...seen].toSorted((left, right) => left - right)
  }
}

function determinize(parts: readonly Part[]): readonly Subset[] {
  const nodes = new Nodes()
  const start = nodes.add()
  const end = nodes.addParts(start, parts)
  const ids = new Map<string, number>()
  const sets: (readonly number[])[] = []
  const idOf = (targets: Iterable<number>): number => {
    const set = nodes.closure(targets)
    if (set.length === 0) return NOWHERE
    const key = set.join(',')
    const known = ids.get(key)
    if (known !== undefined) return known
    ids.set(key, sets.length)
    sets.push(set)
    return sets.length - 1
  }
  idOf([start])
  const subsets: Subset[] = []
  for (let state = 0; state < sets.length; state++) {
    const set = sets[state]!
    const anyNodes: number[] = []
    const byUnit = new Map<number, number[]>()
    for (const { chars, target } of set.flatMap((node) => nodes.edges[node]!)) {
      if (chars === EVERY_UNIT) anyNodes.push(target)
      else for (let index = 0; index < chars.length; index++) addTo(byUnit, chars.charCodeAt(index), target)
    }
    const targets = new Map([...byUnit].map(([unit, reached]) => [unit, idOf([...reached, ...anyNodes])] as const))
    subsets.push({ isAccepting: set.includes(end), targets, anyTarget: idOf(anyNodes) })
  }
  return subsets
}

function addTo(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

/** The states from which some accepted value is reached. */
function coreachable(states: readonly Subset[]): ReadonlySet<number> {
  const before = new Map<number, number[]>()
  states.forEach(({ targets, anyTarget }, state) => {
    for (const target of [...targets.values(), anyTarget]) addTo(before, target, state)
  })
  const live = new Set(states.flatMap(({ isAccepting }, state) => (isAccepting ? [state] : [])))
  for (const state of live) for (const earlier of before.get(state) ?? []) live.add(earlier)
  return live
}
