/**
 * The variables of a symbolic question: for every condition key one whose values are "absent" and the regions of its
 * values, and one for every opaque test.
 *
 * A key that can have several values has a value "several", and then one yes-or-no variable for each region: does some
 * value lie in it? That decides every test of a list, since these ask for some or for every value. All answers are the
 * engine's own, asked of samples.
 */
import { ATOM_MODES, type Atom, type SlotValue, type SlotValues } from '../graph/atom.js'
import type { GrantFacts } from '../decide/gate.js'
import type { GraphTables } from '../graph/tables.js'
import { LITERAL } from '../graph/template-value.js'
import type { BaseOperator } from '../policy/document.js'
import type { Meter } from './budget.js'
import { NO, YES, type DiagramId, type Diagrams } from './diagram.js'
import { atomOfTest, type OpaqueTests, type TestId } from './question.js'
import { partition, type Region, type ValueDomain, type ValueTest } from './region.js'

/** Whether unknown identity policies and unknown session policies allow. */
export interface Assumed {
  readonly identity?: boolean
  readonly session?: boolean
}

/** What values one condition key can have. */
export interface SlotShape {
  readonly domain: ValueDomain
  /** Whether requests can carry several values. */
  readonly lists: boolean
}

export interface SlotVariable {
  readonly slot: number
  readonly level: number
  /** A value for each choice; undefined is "absent". That of "several" stands for nothing. */
  readonly choices: readonly SlotValue[]
  /** The choice "several", or -1. */
  readonly several: number
  /** The level of the first element variable, where there are several; one follows for each element. */
  readonly elementLevel: number
  /** A sample for each region. */
  readonly elements: readonly string[]
  readonly domain: ValueDomain
  readonly tests: readonly ValueTest[]
  readonly regions: readonly Region[]
}

/** Operators that ask for texts and patterns, and for presence; the others ask for an order. */
const TEXT_OPERATORS: ReadonlySet<BaseOperator> = new Set([
  'StringEquals',
  'StringEqualsIgnoreCase',
  'StringLike',
  'ArnLike',
  'Null',
])

function isAnything(): boolean {
  return true
}

function isAboutText({ operator }: Atom): boolean {
  return TEXT_OPERATORS.has(operator)
}

/** No pattern looks for something in the middle: what has one star at its end, or none, makes few regions. */
function isAboutEnds(atom: Atom): boolean {
  return isAboutText(atom) && atom.marked.every((value) => !/[*?].*[^*]/.test(value))
}

/** A value that no request of these shapes has. */
export class OutsideShape extends Error {}

const STATES_PER_REGION = 16

/** Atoms of keys with so many regions, or with tests that no partition joins, are opaque. */
export class Space {
  private readonly bySlot = new Map<number, SlotVariable>()
  private readonly byLevel: (SlotVariable | TestId | undefined)[] = []
  private readonly nodes = new Map<TestId, DiagramId>()
  private readonly opaqueLevels = new Map<TestId, number>()
  private readonly classes = new Map<number, ReadonlyMap<string, number>>()
  /** What the atoms of a slot say to each region's sample, as a class key. */
  private readonly answers = new Map<number, readonly string[]>()
  private readonly atomsOf: Map<number, readonly number[]>
  /** Tests that had to become opaque though a region could have said it: why. */
  readonly losses: string[] = []

  /** @param uses - how often each test is asked: what is asked most comes first. */
  constructor(
    readonly tables: GraphTables,
    readonly diagrams: Diagrams,
    private readonly opaque: OpaqueTests,
    uses: ReadonlyMap<TestId, number>,
    private readonly shapeOf: (slot: number) => SlotShape,
    private readonly meter: Meter,
  ) {
    const atomsOf = new Map<number, number[]>()
    const weights = new Map<number, number>()
    const free: TestId[] = []
    for (const [test, count] of uses) {
      const atom = atomOfTest(test)
      if (atom === undefined) {
        free.push(test)
        continue
      }
      const { slot } = tables.atom(atom)
      const atoms = atomsOf.get(slot)
      if (atoms === undefined) atomsOf.set(slot, [atom])
      else atoms.push(atom)
      weights.set(slot, (weights.get(slot) ?? 0) + count)
    }
    this.atomsOf = new Map(atomsOf)
    for (const test of free) this.addOpaque(test)
    const slots = [...atomsOf.keys()].toSorted((left, right) => weights.get(right)! - weights.get(left)!)
    for (const slot of slots) this.addSlot(slot)
  }

  /** The variable of a condition key, where some test asks it. */
  variable(slot: number): SlotVariable | undefined {
    return this.bySlot.get(slot)
  }

  /** What the variable of a level is: a key's choice, one of its elements, or an opaque test. */
  at(level: number): SlotVariable | TestId {
    const found = this.byLevel[level]
    if (found === undefined) throw new RangeError(`no variable has level ${level}`)
    return found
  }

  get variables(): Iterable<SlotVariable> {
    return this.bySlot.values()
  }

  get opaqueTests(): readonly TestId[] {
    return [...this.opaqueLevels.keys()]
  }

  /** Where this test holds. */
  node(test: TestId): DiagramId {
    const known = this.nodes.get(test)
    if (known !== undefined) return known
    const atom = atomOfTest(test)
    const made = atom === undefined ? this.opaqueNode(test) : this.atomNode(test, this.tables.atom(atom))
    this.nodes.set(test, made)
    return made
  }

  /** Where the key has a value (or none) for which this holds; for several values `several` says it. */
  where(slot: number, holds: (value: SlotValue) => boolean, several: DiagramId = NO): DiagramId {
    const variable = this.bySlot.get(slot)
    if (variable === undefined) throw new Error(`the condition key ${this.tables.slotName(slot)} is no variable`)
    const { level, choices } = variable
    return this.diagrams.node(
      level,
      choices.map((value, choice) => (choice === variable.several ? several : holds(value) ? YES : NO)),
    )
  }

  /** Where some of several values has a sample for which this holds. */
  someElement({ elementLevel, elements }: SlotVariable, holds: (sample: string) => boolean): DiagramId {
    return this.diagrams.any(
      elements.flatMap((sample, element) =>
        holds(sample) ? [this.diagrams.test(elementLevel + element, (value) => value === 1)] : [],
      ),
    )
  }

  /**
   * For `Diagrams.evaluate`: what this request chooses at every level. Throws `OutsideShape` for a value out of place.
   * @param assumed - what is taken of unknown policies.
   */
  chooser(values: SlotValues, request: GrantFacts, assumed: Assumed = {}): (level: number) => number {
    const elements = new Map<number, ReadonlySet<number>>()
    return (level) => {
      const found = this.at(level)
      if (typeof found === 'number') {
        const test = this.opaque.get(found)
        const { about } = test
        const isSo =
          about.kind === 'identity' || about.kind === 'session' ? assumed[about.kind] : test.holds(values, request)
        return isSo === true ? 1 : 0
      }
      const value = values[found.slot]
      if (level === found.level) return this.choice(found, value)
      let present = elements.get(found.slot)
      if (present === undefined) {
        const texts = typeof value === 'string' ? [value] : (value ?? [])
        present = new Set(texts.map((text) => this.regionOf(found.slot, text)))
        elements.set(found.slot, present)
      }
      return present.has(level - found.elementLevel) ? 1 : 0
    }
  }

  /** Whether no test tells two values of a key apart. */
  sameRegion(slot: number, left: string, right: string): boolean {
    return this.classKey(slot, left) === this.classKey(slot, right)
  }

  // -------------------------------------------------------------------------------------------------------- variables

  private addOpaque(test: TestId): void {
    const level = this.diagrams.addVariable(2)
    this.byLevel[level] = test
    this.opaqueLevels.set(test, level)
  }

  private addSlot(slot: number): void {
    const shape = this.shapeOf(slot)
    const parted = this.part(slot, shape)
    if (parted === undefined) return
    const { regions: found, tests } = parted
    // Regions that no atom tells apart are one.
    const classes = new Map<string, number>()
    const regions: Region[] = []
    for (const region of found) {
      const key = this.classKey(slot, region.sample)
      if (classes.has(key)) continue
      classes.set(key, regions.length)
      regions.push(region)
    }
    this.classes.set(slot, classes)
    this.answers.set(slot, [...classes.keys()])
    const samples = regions.map(({ sample }) => sample)
    const choices: SlotValue[] = [undefined, ...samples]
    const several = shape.lists ? choices.push(['']) : -1
    if (shape.lists) choices.push(['', ''])
    const level = this.diagrams.addVariable(choices.length)
    const variable: SlotVariable = {
      slot,
      level,
      choices,
      several,
      elementLevel: level + 1,
      elements: samples,
      domain: shape.domain,
      tests,
      regions,
    }
    this.byLevel[level] = variable
    if (shape.lists)
      for (let element = 0; element < samples.length; element++) this.byLevel[this.diagrams.addVariable(2)] = variable
    this.bySlot.set(slot, variable)
  }

  /**
   * The regions of a key's values. Where its tests are too much for one partition, those that make it so become opaque:
   * tests of an order beside patterns, then patterns that ask for something in the middle of a text, then all.
   */
  private part(
    slot: number,
    shape: SlotShape,
  ): { readonly regions: readonly Region[]; readonly tests: readonly ValueTest[] } | undefined {
    const { maxRegions } = this.meter.limits
    const limits = { maxRegions, maxStates: maxRegions * STATES_PER_REGION }
    const keeps = [isAnything, isAboutText, isAboutEnds]
    for (const keep of keeps) {
      const atoms = this.atomsOf.get(slot) ?? []
      const kept = atoms.filter((atom) => keep(this.tables.atom(atom)))
      if (kept.length === atoms.length && keep !== keeps[0]) continue
      for (const atom of atoms) if (!kept.includes(atom)) this.addAtomAsOpaque(atom)
      this.atomsOf.set(slot, kept)
      const tests = this.valueTests(kept, shape.lists)
      const parted = partition(tests, shape.domain, limits)
      if (parted.ok) return { regions: parted.value, tests }
      this.losses.push(`${this.tables.slotName(slot)}: ${parted.error.detail}`)
    }
    for (const atom of this.atomsOf.get(slot) ?? []) this.addAtomAsOpaque(atom)
    return undefined
  }

  private addAtomAsOpaque(atom: number): void {
    const compiled = this.tables.atom(atom)
    const test = this.opaque.intern(`atom ${atom}`, () => ({
      about: { kind: 'pattern', slots: compiled.slots, atom },
      holds: (values) => compiled.holds(values),
    }))
    if (!this.opaqueLevels.has(test)) this.addOpaque(test)
    this.nodes.set(atom * 2, this.opaqueNode(test))
  }

  private valueTests(atoms: readonly number[], lists: boolean): readonly ValueTest[] {
    const tests = new Map<string, ValueTest>()
    for (const id of atoms) {
      const { operator, marked } = this.tables.atom(id)
      if (operator === 'Null') continue
      const key = JSON.stringify([operator, marked])
      if (tests.has(key)) continue
      tests.set(key, { kind: 'matches', operator, marked })
      if (!operator.startsWith('String')) tests.set(`uncomparable ${key}`, { kind: 'uncomparable', operator, marked })
    }
    // An empty text counts for nothing among several values.
    if (lists) tests.set('empty', { kind: 'matches', operator: 'StringEquals', marked: [LITERAL] })
    return [...tests.values()]
  }

  /** What the key's atoms say to one value: equal for values that no test tells apart. */
  private classKey(slot: number, text: string): string {
    const values: SlotValue[] = []
    values[slot] = text
    let key = text === '' ? 'e' : ' '
    for (const atom of this.atomsOf.get(slot) ?? []) key += this.tables.atom(atom).holds(values) ? '1' : '0'
    return key
  }

  /** The region of a value; undefined where no request of these shapes has it. */
  findRegion(slot: number, text: string): number | undefined {
    return this.classes.get(slot)?.get(this.classKey(slot, text))
  }

  private regionOf(slot: number, text: string): number {
    const found = this.findRegion(slot, text)
    if (found === undefined) {
      throw new OutsideShape(`no region of ${this.tables.slotName(slot)} holds ${JSON.stringify(text)}`)
    }
    return found
  }

  private choice({ slot, choices, several }: SlotVariable, value: SlotValue): number {
    if (value === undefined) return 0
    if (typeof value === 'string') return 1 + this.regionOf(slot, value)
    if (several < 0) throw new OutsideShape(`several values of ${this.tables.slotName(slot)}, which has one`)
    return value.length === 1 && value[0] === '' ? choices.length - 2 : several
  }

  // ------------------------------------------------------------------------------------------------------------ tests

  private opaqueNode(test: TestId): DiagramId {
    const level = this.opaqueLevels.get(test)
    if (level === undefined) throw new Error(`the opaque test ${this.opaque.get(test).key} is no variable`)
    const free = this.diagrams.test(level, (value) => value === 1)
    const { about } = this.opaque.get(test)
    if (about.kind !== 'pattern') return free
    const holds = about.implied === undefined ? free : this.diagrams.and(free, this.node(about.implied))
    if (about.atom === undefined) return holds
    // Whatever a pattern says, it says nothing of a key that is not there.
    const atom = this.tables.atom(about.atom)
    if (!this.bySlot.has(atom.slot)) return holds
    const absent = this.where(atom.slot, (value) => value === undefined)
    return this.diagrams.ite(absent, atom.holds([]) ? YES : NO, holds)
  }

  private atomNode(test: TestId, atom: Atom): DiagramId {
    const variable = this.bySlot.get(atom.slot)
    if (variable === undefined) throw new Error(`test ${test} was not named among the uses`)
    const values: SlotValue[] = []
    const holds = (value: SlotValue): boolean => {
      values[atom.slot] = value
      return atom.holds(values)
    }
    const several = variable.several < 0 ? NO : this.severalNode(variable, atom, holds)
    const place = 1 + (this.atomsOf.get(atom.slot)?.indexOf(test / 2) ?? -1)
    const answers = this.answers.get(atom.slot) ?? []
    return this.diagrams.node(
      variable.level,
      variable.choices.map((value, choice) => {
        if (choice === variable.several) return several
        const answer = answers[choice - 1]
        // The samples have been asked when they were parted.
        return (answer === undefined ? holds(value) : answer[place] === '1') ? YES : NO
      }),
    )
  }

  /** Where the atom holds of several values. */
  private severalNode(variable: SlotVariable, atom: Atom, holds: (value: SlotValue) => boolean): DiagramId {
    const { diagrams } = this
    const { elements } = variable
    const isThere = (element: number): DiagramId =>
      diagrams.test(variable.elementLevel + element, (value) => value === 1)
    const someText = diagrams.any(elements.flatMap((sample, element) => (sample === '' ? [] : [isThere(element)])))
    switch (quantifierOf(atom)) {
      case 'none':
        return holds(['a', 'b']) ? YES : NO
      case 'empty':
        return diagrams.not(someText)
      case 'some': {
        const met = elements.flatMap((sample, element) =>
          this.meets(elements, sample, holds, false) ? [isThere(element)] : [],
        )
        return diagrams.and(someText, diagrams.any(met))
      }
      case 'every': {
        const missed = elements.flatMap((sample, element) =>
          this.meets(elements, sample, holds, true) ? [] : [isThere(element)],
        )
        return diagrams.and(someText, diagrams.not(diagrams.any(missed)))
      }
    }
  }

  /**
   * Whether one value among several counts towards the answer. An empty text alone is no value, so it is asked beside
   * one of which the answer is known; where there is none, the others decide whatever it says.
   */
  private meets(
    elements: readonly string[],
    sample: string,
    holds: (value: SlotValue) => boolean,
    neutral: boolean,
  ): boolean {
    if (sample !== '') return holds(sample)
    const beside = elements.find((other) => other !== '' && holds(other) === neutral)
    return beside === undefined ? !neutral : holds(['', beside])
  }
}

/** How a test of several values asks: it fails for lists whatever they hold, or asks for some, for every or for no value. */
function quantifierOf(atom: Atom): 'none' | 'empty' | 'some' | 'every' {
  const mode = ATOM_MODES[atom.mode]
  switch (mode) {
    case 'absent':
      return 'empty'
    case 'anyMatches':
    case 'anyDiffers':
    case 'someUnmatched':
    case 'someNotDiffering':
      return 'some'
    case 'presentNoneMatches':
    case 'presentNoneDiffers':
    case 'allDiffer':
    case 'allMatch':
      return 'every'
    case 'matches':
    case 'uncomparable':
    case 'presentUnmatched':
    case 'mayMatch':
    case 'differs':
      return 'none'
    default:
      throw new Error(`no atom has mode ${atom.mode}`)
  }
}
