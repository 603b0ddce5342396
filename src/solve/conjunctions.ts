/**
 * Guards under known values: which literals of a statement's guard are left when some condition values are known.
 *
 * A literal whose answer is known disappears or ends the conjunction. A pattern with variables whose values are known is
 * a plain pattern, and one of which nothing is known an opaque test.
 */
import { ResourcePattern } from '../graph/resource-pattern.js'
import { TupleTable } from '../graph/intern.js'
import { LITERAL, TemplateValue } from '../graph/template-value.js'
import { SPEC_FIRST, type GraphTables } from '../graph/tables.js'
import { resourceMatches } from '../graph/policy.js'
import type { Pins } from './pins.js'
import { widenedAtom } from './widened.js'
import { atomOfTest, literalOf, testOfAtom, type Literal, type OpaqueTests } from './question.js'

/** A conjunction that cannot hold. */
export const NEVER = -1
/** The conjunction of nothing. */
export const ALWAYS = 0

export type ConjunctionId = number

export class Conjunctions {
  private readonly table = new TupleTable()
  private readonly plainSpecs = new Map<number, boolean>()
  private readonly guardSlots: (readonly number[] | undefined)[] = []
  private readonly untouchedGuards: (ConjunctionId | undefined)[] = []

  constructor(
    readonly tables: GraphTables,
    readonly opaque: OpaqueTests,
  ) {
    this.table.intern([])
  }

  literals(id: ConjunctionId): readonly Literal[] {
    return this.table.tuple(id)
  }

  intern(literals: Iterable<Literal>): ConjunctionId {
    return this.table.intern([...new Set(literals)].toSorted((left, right) => left - right))
  }

  /** What is left of a guard of the graph, and of a resource spec, for a resource and known values. */
  ofRow(guard: number, spec: number, resource: string | undefined, pins: Pins): ConjunctionId {
    if (this.isPlain(spec) && !this.touches(guard, pins)) {
      return resourceMatches(this.tables, spec, resource, NO_VALUES) ? this.untouched(guard) : NEVER
    }
    const literals: Literal[] = []
    for (const literal of this.tables.guards.tuple(guard)) {
      const left = this.settle(literal >> 1, (literal & 1) === 1, pins)
      if (left === false) return NEVER
      if (left !== true) literals.push(left)
    }
    const covered = this.resource(spec, resource, pins)
    if (covered === false) return NEVER
    if (covered !== true) literals.push(covered)
    return literals.length === 0 ? ALWAYS : this.intern(literals)
  }

  /** What is left of some literals when values are known; undefined where they cannot all hold. */
  left(literals: readonly Literal[], pins: Pins): readonly Literal[] | undefined {
    const kept: Literal[] = []
    for (const literal of literals) {
      const atom = atomOfTest(literal >> 1)
      const settled = atom === undefined ? literal : this.settle(atom, (literal & 1) === 1, pins)
      if (settled === false) return undefined
      if (settled !== true) kept.push(settled)
    }
    return kept
  }

  /** Whether anything is known of a key that the guard asks about. */
  private touches(guard: number, { fixed }: Pins): boolean {
    for (const slot of this.slotsOfGuard(guard)) if (fixed[slot] === 1) return true
    return false
  }

  private slotsOfGuard(guard: number): readonly number[] {
    let slots = this.guardSlots[guard]
    if (slots === undefined) {
      slots = [...new Set(this.tables.guards.tuple(guard).flatMap((literal) => this.tables.atom(literal >> 1).slots))]
      this.guardSlots[guard] = slots
    }
    return slots
  }

  private untouched(guard: number): ConjunctionId {
    let id = this.untouchedGuards[guard]
    if (id === undefined) {
      const literals: Literal[] = []
      for (const literal of this.tables.guards.tuple(guard)) {
        const left = this.settle(literal >> 1, (literal & 1) === 1, NOTHING_KNOWN)
        if (typeof left !== 'number') throw new Error('a test was settled by nothing')
        literals.push(left)
      }
      id = this.intern(literals)
      this.untouchedGuards[guard] = id
    }
    return id
  }

  private settle(atom: number, negated: boolean, pins: Pins): Literal | boolean {
    const compiled = this.tables.atom(atom)
    const { slot, slots } = compiled
    const isKnown = pins.fixed[slot] === 1
    // Of a key that is not there nothing else is asked.
    if (isKnown && pins.values[slot] === undefined) return compiled.holds(pins.values) !== negated
    if (slots.length === 1) {
      return isKnown ? compiled.holds(pins.values) !== negated : literalOf(testOfAtom(atom), negated)
    }
    if (slots.every((each) => pins.fixed[each] === 1)) return compiled.holds(pins.values) !== negated
    const variablesKnown = slots.slice(1).every((each) => pins.fixed[each] === 1)
    const plain = variablesKnown && !isKnown ? this.filledIn(atom, pins) : undefined
    if (plain !== undefined) return literalOf(testOfAtom(plain), negated)
    const known = slots.filter((each) => pins.fixed[each] === 1)
    const suffix =
      known.length === 0 ? '' : ` ${JSON.stringify(known.map((each) => [each, pins.values[each] ?? null]))}`
    const test = this.opaque.intern(`atom ${atom}${suffix}`, () => {
      const wide = widenedAtom(this.tables, atom)
      return {
        about: { kind: 'pattern', slots, atom, ...(wide === undefined ? {} : { implied: testOfAtom(wide) }) },
        holds: (values) => compiled.holds(values),
      }
    })
    return literalOf(test, negated)
  }

  /** The atom with the variables' values in place; undefined where a value has a wildcard that would not be one. */
  private filledIn(atom: number, pins: Pins): number | undefined {
    const { mode, operator, slot, marked } = this.tables.atom(atom)
    const texts = new Set<string>()
    for (const value of marked) {
      if (value.startsWith(LITERAL)) {
        texts.add(value)
        continue
      }
      const tokens = new TemplateValue(value, (key) => this.tables.slot(key)).resolve(pins.values)
      if (tokens === undefined) continue
      const isPattern = operator === 'StringLike' || operator === 'ArnLike'
      if (isPattern && tokens.some((token) => typeof token === 'string' && /[*?]/.test(token))) return undefined
      texts.add(LITERAL + tokens.map((token) => (typeof token === 'string' ? token : token.wild)).join(''))
    }
    const ids = [...texts].map((text) => this.tables.strings.intern(text)).toSorted((left, right) => left - right)
    return this.tables.internAtom(mode, operator, slot, ids)
  }

  private resource(spec: number, resource: string | undefined, pins: Pins): Literal | boolean {
    if (this.isPlain(spec)) return resourceMatches(this.tables, spec, resource, NO_VALUES)
    const slots = this.slotsOfSpec(spec)
    const known = slots.filter((slot) => pins.fixed[slot] === 1)
    if (known.length === slots.length) return resourceMatches(this.tables, spec, resource, pins.values)
    const { tables } = this
    const test = this.opaque.intern(
      `resource ${spec} ${resource ?? ''} ${JSON.stringify(known.map((slot) => [slot, pins.values[slot] ?? null]))}`,
      () => ({
        about: { kind: 'pattern', slots, atom: undefined },
        holds: (values) => resourceMatches(tables, spec, resource, values),
      }),
    )
    return literalOf(test, false)
  }

  private isPlain(spec: number): boolean {
    let plain = this.plainSpecs.get(spec)
    if (plain === undefined) {
      plain = this.patterns(spec).every((text) => text.startsWith(LITERAL))
      this.plainSpecs.set(spec, plain)
    }
    return plain
  }

  private slotsOfSpec(spec: number): readonly number[] {
    return this.patterns(spec).flatMap((text) => new ResourcePattern(text, (key) => this.tables.slot(key)).slots)
  }

  private patterns(spec: number): readonly string[] {
    return this.tables.resources
      .tuple(spec)
      .slice(SPEC_FIRST)
      .map((pattern) => this.tables.strings.text(pattern))
  }
}

const NOTHING_KNOWN: Pins = { values: [], fixed: new Uint8Array(0) }
const NO_VALUES: readonly undefined[] = []
