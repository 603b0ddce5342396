/**
 * Multi-valued decision diagrams: functions of finitely many variables, as shared graphs.
 *
 * A node asks the variable of its level and has one child for each of its values; levels grow from the root to the
 * leaves. Equal functions are one id, so equivalence is a comparison and "never" is `NO`. Knows nothing of policies.
 *
 * Source: Bryant, "Graph-based algorithms for Boolean function manipulation" (1986); Srinivasan et al., "Algorithms for
 * discrete function manipulation" (1990).
 */
import { TupleTable } from '../graph/intern.js'
import { MAX_LEVELS, type Meter } from './budget.js'

/** A function: a terminal below FIRST_NODE, else a node. */
export type DiagramId = number

export const NO: DiagramId = 0
export const YES: DiagramId = 1
/** Terminals are the numbers below. */
const FIRST_NODE = 64
const TERMINAL_LEVEL = MAX_LEVELS + 1
/** Two ids make one key below 2^52. */
const KEY_STRIDE = 2 ** 26

export class Diagrams {
  private readonly nodes = new TupleTable()
  private readonly widths: number[] = []
  private readonly ands = new Map<number, number>()
  private readonly nots = new Map<number, number>()
  private readonly ites = new Map<number, Map<number, number>>()
  private readonly projected = new Map<number, Map<DiagramId, DiagramId>>()
  private readonly restricted = new Map<DiagramId, Map<DiagramId, DiagramId>>()

  constructor(private readonly meter: Meter) {}

  get size(): number {
    return this.nodes.size
  }

  get levels(): number {
    return this.widths.length
  }

  /** A variable below all that there are; answers its level. */
  addVariable(width: number): number {
    this.meter.require(this.widths.length + 1, MAX_LEVELS, 'variables')
    this.widths.push(width)
    return this.widths.length - 1
  }

  width(level: number): number {
    return this.widths[level]!
  }

  isTerminal(id: DiagramId): boolean {
    return id < FIRST_NODE
  }

  level(id: DiagramId): number {
    return id < FIRST_NODE ? TERMINAL_LEVEL : this.nodes.data[this.nodes.start(id - FIRST_NODE)]!
  }

  child(id: DiagramId, value: number): DiagramId {
    return this.nodes.data[this.nodes.start(id - FIRST_NODE) + 1 + value]!
  }

  /** The function that is `children[v]` where the variable of this level has value v. */
  node(level: number, children: readonly DiagramId[]): DiagramId {
    const first = children[0]!
    let same = true
    for (let value = 1; value < children.length && same; value++) same = children[value] === first
    if (same) return first
    this.meter.step(children.length)
    const id = this.nodes.intern([level, ...children])
    this.meter.require(this.nodes.size, this.meter.limits.maxNodes, 'nodes')
    return id + FIRST_NODE
  }

  /** `YES` exactly where the variable has a value that `holds`. */
  test(level: number, holds: (value: number) => boolean): DiagramId {
    return this.node(
      level,
      Array.from({ length: this.widths[level]! }, (_, value) => (holds(value) ? YES : NO)),
    )
  }

  not(id: DiagramId): DiagramId {
    if (id === NO) return YES
    if (id === YES) return NO
    const known = this.nots.get(id)
    if (known !== undefined) return known
    const made = this.over(id, (value) => this.not(this.child(id, value)))
    this.nots.set(id, made)
    this.nots.set(made, id)
    return made
  }

  and(left: DiagramId, right: DiagramId): DiagramId {
    if (left === right || right === YES) return left
    if (left === YES) return right
    if (left === NO || right === NO) return NO
    const key = left < right ? left * KEY_STRIDE + right : right * KEY_STRIDE + left
    const known = this.ands.get(key)
    if (known !== undefined) return known
    const level = Math.min(this.level(left), this.level(right))
    const width = this.widths[level]!
    const children: number[] = []
    for (let value = 0; value < width; value++) {
      children.push(this.and(this.at(left, level, value), this.at(right, level, value)))
    }
    this.meter.step(width)
    const made = this.node(level, children)
    this.ands.set(key, made)
    return made
  }

  or(left: DiagramId, right: DiagramId): DiagramId {
    return this.ite(left, YES, right)
  }

  /** Balanced, so that the diagrams on the way stay small. */
  any(ids: readonly DiagramId[]): DiagramId {
    if (ids.length <= 2) return this.or(ids[0] ?? NO, ids[1] ?? NO)
    const half = ids.length >> 1
    return this.or(this.any(ids.slice(0, half)), this.any(ids.slice(half)))
  }

  all(ids: readonly DiagramId[]): DiagramId {
    return ids.reduce((all, id) => this.and(all, id), YES)
  }

  /** `yes` where `test` is YES, else `no`; these may have any terminals. */
  ite(test: DiagramId, yes: DiagramId, no: DiagramId): DiagramId {
    if (test === YES || yes === no) return yes
    if (test === NO) return no
    if (yes === YES && no === NO) return test
    if (no === NO && yes === test) return test
    let known = this.ites.get(test)
    if (known === undefined) {
      known = new Map()
      this.ites.set(test, known)
    }
    const key = yes * KEY_STRIDE + no
    const found = known.get(key)
    if (found !== undefined) return found
    const level = Math.min(this.level(test), this.level(yes), this.level(no))
    const width = this.widths[level]!
    const children: number[] = []
    for (let value = 0; value < width; value++) {
      children.push(this.ite(this.at(test, level, value), this.at(yes, level, value), this.at(no, level, value)))
    }
    this.meter.step(width)
    const made = this.node(level, children)
    known.set(key, made)
    return made
  }

  /**
   * A function that is the same wherever `care` is YES, and as simple as can be made of that elsewhere.
   *
   * Source: Coudert and Madre, "A unified framework for the formal verification of sequential circuits" (1990), the
   * operator `restrict`.
   */
  restrict(id: DiagramId, care: DiagramId): DiagramId {
    if (care === YES || care === NO || id < FIRST_NODE) return id
    let known = this.restricted.get(care)
    if (known === undefined) {
      known = new Map()
      this.restricted.set(care, known)
    }
    const found = known.get(id)
    if (found !== undefined) return found
    const level = this.level(id)
    const careLevel = this.level(care)
    let made: DiagramId
    if (careLevel < level) {
      // What the function does not ask need not be told either.
      made = this.restrict(
        id,
        this.any(Array.from({ length: this.widths[careLevel]! }, (_, value) => this.child(care, value))),
      )
    } else {
      const children = Array.from({ length: this.widths[level]! }, (_, value) => {
        const careful = this.at(care, level, value)
        return careful === NO ? undefined : this.restrict(this.child(id, value), careful)
      })
      // A value that never is takes the place of a neighbour that is.
      const filler = children.find((child) => child !== undefined)!
      let last = filler
      made = this.node(
        level,
        children.map((child) => (last = child ?? last)),
      )
    }
    this.meter.step()
    known.set(id, made)
    return made
  }

  /** YES wherever the function is for some value of the variable of this level. */
  exists(id: DiagramId, level: number): DiagramId {
    if (this.level(id) > level) return id
    let known = this.projected.get(level)
    if (known === undefined) {
      known = new Map()
      this.projected.set(level, known)
    }
    const found = known.get(id)
    if (found !== undefined) return found
    this.meter.step()
    const made =
      this.level(id) === level
        ? this.any(Array.from({ length: this.widths[level]! }, (_, value) => this.child(id, value)))
        : this.over(id, (value) => this.exists(this.child(id, value), level))
    known.set(id, made)
    return made
  }

  /** The terminal that the function has where each asked variable has the chosen value. */
  evaluate(id: DiagramId, choose: (level: number) => number): number {
    let at = id
    while (at >= FIRST_NODE) at = this.child(at, choose(this.level(at)))
    return at
  }

  /**
   * Ways to YES of a function of YES and NO, each a value set for every variable that it asks; shortest first is not
   * promised. At most `limit` ways.
   */
  ways(id: DiagramId, limit: number): readonly (readonly WayStep[])[] {
    const found: WayStep[][] = []
    const open: { readonly at: DiagramId; readonly steps: readonly WayStep[] }[] = [{ at: id, steps: [] }]
    for (let next = open.pop(); next !== undefined && found.length < limit; next = open.pop()) {
      if (next.at === YES) found.push([...next.steps])
      if (next.at < FIRST_NODE) continue
      this.meter.step()
      const level = this.level(next.at)
      // Values with the same child are one step.
      const byChild = new Map<DiagramId, number[]>()
      for (let value = 0; value < this.widths[level]!; value++) {
        const child = this.child(next.at, value)
        if (child === NO) continue
        const values = byChild.get(child)
        if (values === undefined) byChild.set(child, [value])
        else values.push(value)
      }
      for (const [child, values] of [...byChild].toReversed()) {
        open.push({ at: child, steps: [...next.steps, { level, values }] })
      }
    }
    return found
  }

  /** Every level that the function hangs on. */
  support(id: DiagramId): ReadonlySet<number> {
    const levels = new Set<number>()
    const seen = new Set<DiagramId>()
    const open = [id]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at < FIRST_NODE || seen.has(at)) continue
      seen.add(at)
      const level = this.level(at)
      levels.add(level)
      for (let value = 0; value < this.widths[level]!; value++) open.push(this.child(at, value))
    }
    return levels
  }

  private at(id: DiagramId, level: number, value: number): DiagramId {
    return this.level(id) === level ? this.child(id, value) : id
  }

  private over(id: DiagramId, child: (value: number) => DiagramId): DiagramId {
    const level = this.level(id)
    const children: number[] = []
    for (let value = 0; value < this.widths[level]!; value++) children.push(child(value))
    return this.node(level, children)
  }
}

/** On a way the variable of this level has one of these values. */
export interface WayStep {
  readonly level: number
  readonly values: readonly number[]
}
