/**
 * The shared tables of one decision graph: strings, condition-key slots, atoms, guards, specs and rows.
 *
 * A row is one statement in seven integers. Equal statements are one row, equal policies one tuple of rows, whichever
 * documents they came from. Matchers are made from the strings when they are first asked.
 */
import { Atom, type AtomMode } from './atom.js'
import type { BaseOperator } from '../policy/document.js'
import { StringTable, TupleTable } from './intern.js'
import { ResourcePattern } from './resource-pattern.js'
import { compileGlob, type Glob } from '../text/glob.js'
import { LITERAL } from './template-value.js'

/** Positions of a row's integers. */
export const ROW_EFFECT = 0
export const ROW_ACTION_LOW = 1
export const ROW_ACTION_HIGH = 2
export const ROW_ACTION_SPEC = 3
export const ROW_PRINCIPAL = 4
export const ROW_RESOURCE = 5
export const ROW_GUARD = 6
/** The guard when a Deny is to apply to what it cannot compare; of an Allow the same as ROW_GUARD. */
export const ROW_CAUTIOUS_GUARD = 7

export const EFFECT_ALLOW = 0
export const EFFECT_DENY = 1

/** No principal element: the statement is about whoever the policy is attached to. */
export const NO_PRINCIPAL = -1
/** A statement that can never apply (no action, an empty list, ...): it has no row. */
export const NO_ROW = -1

/** First integer of a spec of principals, resources or actions: 1 where the element is negated. */
export const SPEC_NEGATED = 0
export const SPEC_FIRST = 1

/** Keys that a decision itself reads have their slots from the start. */
export const SLOT_SOURCE_VPCE = 0
export const SLOT_SOURCE_ARN = 1
const RESERVED_KEYS = ['aws:sourcevpce', 'aws:sourcearn']

export class GraphTables {
  readonly strings = new StringTable()
  readonly rows = new TupleTable()
  readonly principals = new TupleTable()
  readonly resources = new TupleTable()
  readonly actions = new TupleTable()
  readonly guards = new TupleTable()
  /** Policies: tuples of row ids in statement order. */
  readonly policies = new TupleTable()
  private readonly atomTuples = new TupleTable()
  private readonly atoms: (Atom | undefined)[] = []
  private readonly resourcePatterns: (ResourcePattern | undefined)[] = []
  private readonly actionPatterns: (Glob | undefined)[] = []
  private readonly slots = new Map<string, number>()
  private readonly slotNames: string[] = []

  /** The resource spec that is `*` alone, as most are: it covers everything and need not be asked. */
  readonly everything: number

  constructor() {
    this.everything = this.resources.intern([0, this.strings.intern(`${LITERAL}*`)])
    for (const key of RESERVED_KEYS) this.slot(key)
  }

  /** How many condition keys any policy has named; a request's values are an array of that length. */
  get slotCount(): number {
    return this.slotNames.length
  }

  /** The slot of a condition key, made when it is new. Keys compare without case. */
  slot(key: string): number {
    const name = key.toLowerCase()
    const known = this.slots.get(name)
    if (known !== undefined) return known
    const slot = this.slotNames.length
    this.slotNames.push(name)
    this.slots.set(name, slot)
    return slot
  }

  /** The slot of a condition key, or -1 where no policy has named it. */
  findSlot(key: string): number {
    return this.slots.get(key.toLowerCase()) ?? -1
  }

  /** The lower-case name of a slot's condition key. */
  slotName(slot: number): string {
    const name = this.slotNames[slot]
    if (name === undefined) throw new RangeError(`no condition key has slot ${slot}`)
    return name
  }

  /** `values` must be sorted and without repeats, so that equal tests are one atom. */
  internAtom(mode: AtomMode, operator: BaseOperator, slot: number, values: readonly number[]): number {
    return this.atomTuples.intern([mode, this.strings.intern(operator), slot, ...values])
  }

  /** The atom, compiled on first use. */
  atom(id: number): Atom {
    const known = this.atoms[id]
    if (known !== undefined) return known
    const [mode, operator, slot, ...values] = this.atomTuples.tuple(id)
    if (mode === undefined || operator === undefined || slot === undefined) throw new RangeError(`no atom ${id}`)
    const atom = new Atom(
      mode,
      // The cast returns what internAtom took in.
      this.strings.text(operator) as BaseOperator,
      slot,
      values.map((value) => this.strings.text(value)),
      (key) => this.slot(key),
    )
    this.atoms[id] = atom
    return atom
  }

  resourcePattern(id: number): ResourcePattern {
    const known = this.resourcePatterns[id]
    if (known !== undefined) return known
    const pattern = new ResourcePattern(this.strings.text(id), (key) => this.slot(key))
    this.resourcePatterns[id] = pattern
    return pattern
  }

  /** Actions compare without case (facts A5). */
  actionPattern(id: number): Glob {
    const known = this.actionPatterns[id]
    if (known !== undefined) return known
    const pattern = compileGlob(this.strings.text(id), { ignoreCase: true })
    this.actionPatterns[id] = pattern
    return pattern
  }
}
