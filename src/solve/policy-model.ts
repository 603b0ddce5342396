/**
 * Two policies without principals, compared by themselves: what each of them allows, to whoever has it.
 *
 * Actions and resources of every service are parted by what the policies name. The verdict of a policy is `combine` for
 * a caller who has that identity policy and nothing else. What a resource's own policy says is no part of it.
 */
import { DEFAULT_OPTIONS } from '../decide/options.js'
import type { GrantFacts } from '../decide/gate.js'
import { combine, type RequestKind } from '../graph/combine.js'
import { actionMatches, resourceMatches, type CompiledPolicy, type MatchInput } from '../graph/policy.js'
import {
  EFFECT_DENY,
  NO_ROW,
  ROW_ACTION_HIGH,
  ROW_ACTION_LOW,
  ROW_ACTION_SPEC,
  ROW_EFFECT,
  ROW_GUARD,
  ROW_RESOURCE,
  SPEC_FIRST,
  type GraphTables,
} from '../graph/tables.js'
import { LITERAL } from '../graph/template-value.js'
import { ActionClasses } from './action-classes.js'
import { Meter, OutOfBudget, type SolveControl } from './budget.js'
import { Conjunctions, NEVER, type ConjunctionId } from './conjunctions.js'
import { Diagrams, YES, type DiagramId } from './diagram.js'
import { lackedSlots, type Pins } from './pins.js'
import { holderOf, POLICY_HOLDER } from './policy-holder.js'
import { atomOfTest, OpaqueTests, testOfAtom, type TestId } from './question.js'
import { describeRegion, partition, type Region, type ValueDomain, type ValueTest } from './region.js'
import { addImplied, allows, SymbolicDecision } from './residual.js'
import { scopedActions, type ScopedAction, type ScopedResource, type SolveScope, type SolveWorld } from './scope.js'
import { shapeOfKey } from './shapes.js'
import { Space } from './space.js'
import { tiedAtoms, Ties } from './ties.js'
import { widenedSpec } from './widened.js'

/** Actions that neither policy tells apart, on resources of one kind. */
export interface PolicyCell {
  readonly actions: readonly ScopedAction[]
  readonly type: ScopedResource['type']
  /** Where the old and the new policy allow. */
  readonly allowed: readonly DiagramId[]
  readonly real: DiagramId
  readonly resource: ResourceVariable
  readonly pins: Pins
  /** The statements of each policy that name the actions. */
  readonly rows: readonly (readonly PolicyRow[])[]
}

/** Which resource: one value for each set of resources that the cell's statements do not tell apart. */
export interface ResourceVariable {
  readonly level: number
  /** ARNs; undefined for "no resource". */
  readonly samples: readonly (string | undefined)[]
  readonly words: (choice: number) => string
}

interface OpenCell {
  readonly actions: readonly ScopedAction[]
  readonly type: ScopedResource['type']
  readonly rows: readonly (readonly PolicyRow[])[]
  readonly resource: ResourceVariable
  readonly pins: Pins
}

export interface PolicyRow {
  readonly row: number
  readonly deny: boolean
  readonly spec: number
  readonly when: ConjunctionId
}

interface Parted {
  readonly regions: readonly (Region | undefined)[]
  readonly words: (region: Region | undefined) => string
}

/** The verdict of one policy: that of a caller who has it, on something without a policy of its own. */
const ALONE: RequestKind = {
  target: 'none',
  relation: 'same',
  identity: 'policies',
  boundary: false,
  session: 'none',
  scp: false,
  rcp: false,
  vpce: false,
  crossAccountUse: true,
  retire: false,
}

export class PolicyModel {
  readonly tables: GraphTables
  readonly meter: Meter
  readonly opaque = new OpaqueTests()
  readonly space: Space
  readonly cells: readonly PolicyCell[]
  readonly scope: SolveScope = {}
  readonly worlds: readonly SolveWorld[] = []
  readonly diagrams: Diagrams
  private readonly conjunctions: Conjunctions
  private readonly parted = new Map<ScopedResource['type'], Parted>()
  private readonly rows = new Map<CompiledPolicy, readonly number[]>()
  private readonly anyInput: MatchInput
  private decision: SymbolicDecision | undefined

  /** @throws OutOfBudget when the question would cost more than the control allows. */
  constructor(
    readonly policies: readonly CompiledPolicy[],
    control: SolveControl = {},
    /** Leaves out what is plainly the same in every policy. */
    private readonly differencesOnly = true,
  ) {
    const [first] = policies
    if (first === undefined) throw new RangeError('a comparison needs a policy')
    this.tables = first.tables
    this.meter = new Meter(control)
    this.diagrams = new Diagrams(this.meter)
    this.conjunctions = new Conjunctions(this.tables, this.opaque)
    this.anyInput = {
      subject: holderOf(this.tables, POLICY_HOLDER.principal),
      actionBit: -1,
      action: '',
      resource: undefined,
      hasBoundary: false,
      notPrincipalAncestors: DEFAULT_OPTIONS.notPrincipalAncestors,
      cautious: false,
    }
    const open = [...this.kmsCells(), ...this.otherCells()]
    this.space = this.makeSpace(open)
    this.cells = this.decideAll(open)
  }

  // ------------------------------------------------------------------------------------------------------------ cells

  private *kmsCells(): IterableIterator<OpenCell> {
    const classes = new ActionClasses(this.tables, this.policies, [])
    for (const type of ['key', 'alias', 'none'] as const) {
      for (const { lacked, classes: alike } of classes.families(scopedActions({}, type), type)) {
        for (const { actions } of alike) {
          const cell = this.openCell(actions, type, lacked)
          if (cell !== undefined) yield cell
        }
      }
    }
  }

  private *otherCells(): IterableIterator<OpenCell> {
    const groups = new Map<string, ScopedAction[]>()
    for (const { sample } of this.regionsOf(this.actionTests(), { kind: 'action' })) {
      // KMS permissions are known by name.
      if (sample.startsWith('kms:')) continue
      const key = this.policies.map((policy) => this.matchingRows(policy, sample, -1).join(',')).join('|')
      const group = groups.get(key)
      const action = { name: sample, bit: -1 }
      if (group === undefined) groups.set(key, [action])
      else group.push(action)
    }
    for (const actions of groups.values()) {
      const cell = this.openCell(actions, 'other', lackedSlots(this.tables, actions[0]?.name ?? '', 'other'))
      if (cell !== undefined) yield cell
    }
  }

  private actionTests(): readonly ValueTest[] {
    const specs = new Set(this.allRows().map((row) => this.field(row, ROW_ACTION_SPEC)))
    const tests: ValueTest[] = [{ kind: 'action', patterns: ['kms:*'] }]
    for (const spec of specs) {
      const patterns = this.tables.actions.tuple(spec).slice(SPEC_FIRST)
      tests.push({ kind: 'action', patterns: patterns.map((id) => this.tables.strings.text(id)) })
    }
    return tests
  }

  private openCell(
    actions: readonly ScopedAction[],
    type: ScopedResource['type'],
    lacked: Uint8Array,
  ): OpenCell | undefined {
    const [first] = actions
    if (first === undefined) return undefined
    const pins: Pins = { values: [], fixed: lacked }
    const matching = this.policies.map((policy) => this.matchingRows(policy, first.name, first.bit))
    // Statements that both policies have cancel out only together, but without a difference there is none.
    if (
      this.differencesOnly &&
      new Set(matching.map((rows) => rows.toSorted((left, right) => left - right).join(','))).size === 1
    )
      return undefined
    const rows = matching.map((ids) =>
      ids.flatMap((row): PolicyRow[] => {
        const when = this.conjunctions.ofRow(this.field(row, ROW_GUARD), this.tables.everything, undefined, pins)
        if (when === NEVER) return []
        return [{ row, deny: this.field(row, ROW_EFFECT) === EFFECT_DENY, spec: this.field(row, ROW_RESOURCE), when }]
      }),
    )
    const specs = [...new Set(rows.flat().map(({ spec }) => spec))]
    return { actions, type, rows, pins, resource: this.resourceVariable(type, specs) }
  }

  private matchingRows(policy: CompiledPolicy, action: string, bit: number): number[] {
    // Actions are all that is asked of the input.
    const input: MatchInput = { ...this.anyInput, action, actionBit: bit }
    const rows = this.rows.get(policy) ?? [...new Set(rowsOf(policy))]
    this.rows.set(policy, rows)
    return rows.filter((row) =>
      actionMatches(
        this.tables,
        this.field(row, ROW_ACTION_LOW),
        this.field(row, ROW_ACTION_HIGH),
        this.field(row, ROW_ACTION_SPEC),
        input,
      ),
    )
  }

  private allRows(): readonly number[] {
    return [...new Set(this.policies.flatMap((policy) => rowsOf(policy)))]
  }

  private field(row: number, field: number): number {
    return this.tables.rows.data[this.tables.rows.start(row) + field]!
  }

  // -------------------------------------------------------------------------------------------------------- resources

  /** Regions that the cell's statements do not tell apart are one. */
  private resourceVariable(type: ScopedResource['type'], specs: readonly number[]): ResourceVariable {
    const { regions, words } = this.resourcesOf(type)
    const plain = specs.map((spec) => this.plainOf(spec)).filter((spec) => spec !== undefined)
    const classes = new Map<string, Region | undefined>()
    for (const region of regions) {
      let key = ''
      for (const spec of plain) key += resourceMatches(this.tables, spec, region?.sample, NO_VALUES) ? '1' : '0'
      if (!classes.has(key)) classes.set(key, region)
    }
    this.meter.step(regions.length * plain.length)
    const kept = [...classes.values()]
    return {
      level: this.diagrams.addVariable(kept.length),
      samples: kept.map((region) => region?.sample),
      words: (choice) => words(kept[choice]),
    }
  }

  private resourcesOf(type: ScopedResource['type']): Parted {
    let parted = this.parted.get(type)
    if (parted === undefined) {
      parted = this.partResources(type)
      this.parted.set(type, parted)
    }
    return parted
  }

  private partResources(type: ScopedResource['type']): Parted {
    if (type === 'none') return { regions: [undefined], words: () => 'no resource' }
    const domain: ValueDomain = { kind: type === 'key' ? 'keyArn' : type === 'alias' ? 'aliasArn' : 'arn' }
    const specs = new Set(this.allRows().map((row) => this.field(row, ROW_RESOURCE)))
    const plain = new Set([...specs].map((spec) => this.plainOf(spec)).filter((spec) => spec !== undefined))
    const tests = [...plain].flatMap((spec): ValueTest[] =>
      spec === this.tables.everything ? [] : [{ kind: 'resource', marked: this.patternsOf(spec) }],
    )
    const regions = this.regionsOf(tests, domain)
    return {
      // Some actions of other services take no resource.
      regions: type === 'other' ? [...regions, undefined] : regions,
      words: (region) => (region === undefined ? 'no resource' : describeRegion(region, tests, domain)),
    }
  }

  /** The spec itself, or one without variables that covers as much; undefined where there is none. */
  private plainOf(spec: number): number | undefined {
    return this.isPlain(spec) ? spec : widenedSpec(this.tables, spec)
  }

  private isPlain(spec: number): boolean {
    return this.patternsOf(spec).every((pattern) => pattern.startsWith(LITERAL))
  }

  private patternsOf(spec: number): readonly string[] {
    return this.tables.resources
      .tuple(spec)
      .slice(SPEC_FIRST)
      .map((id) => this.tables.strings.text(id))
  }

  private regionsOf(tests: readonly ValueTest[], domain: ValueDomain): readonly Region[] {
    const { maxRegions } = this.meter.limits
    const found = partition(tests, domain, { maxRegions: maxRegions * 4, maxStates: maxRegions * STATES_PER_REGION })
    if (!found.ok) throw new OutOfBudget(`what the policies name cannot be told apart: ${found.error.detail}`)
    return found.value
  }

  // -------------------------------------------------------------------------------------------------------- decisions

  private makeSpace(open: readonly OpenCell[]): Space {
    const uses = new Map<TestId, number>()
    const use = (test: TestId): void => {
      uses.set(test, (uses.get(test) ?? 0) + 1)
    }
    for (const { rows } of open) {
      for (const { when, spec } of rows.flat()) {
        for (const literal of this.conjunctions.literals(when)) use(literal >> 1)
        if (!this.isPlain(spec)) use(this.patternTest(spec))
      }
    }
    addImplied(uses, this.opaque)
    const slots = new Set<number>()
    for (const test of uses.keys()) {
      const atom = atomOfTest(test)
      if (atom !== undefined) slots.add(this.tables.atom(atom).slot)
    }
    for (const atom of tiedAtoms(this.tables, this.opaque, slots, [])) use(testOfAtom(atom))
    const shapeOf = (slot: number): ReturnType<typeof shapeOfKey> => shapeOfKey(this.tables.slotName(slot))
    return new Space(this.tables, this.diagrams, this.opaque, uses, shapeOf, this.meter)
  }

  /** A resource pattern with variables, of whatever resource. */
  private patternTest(spec: number): TestId {
    const slots = this.tables.resources
      .tuple(spec)
      .slice(SPEC_FIRST)
      .flatMap((id) => this.tables.resourcePattern(id).slots)
    const { tables } = this
    return this.opaque.intern(`resource ${spec}`, () => ({
      about: { kind: 'pattern', slots, atom: undefined },
      holds: (values, request: GrantFacts & { readonly resource?: { readonly arn: string | undefined } }) =>
        resourceMatches(tables, spec, request.resource?.arn, values),
    }))
  }

  private decideAll(open: readonly OpenCell[]): readonly PolicyCell[] {
    const ties = new Ties(this.space, this.opaque, [])
    let done = 0
    return open.map((cell) => {
      const { actions, type, rows, resource, pins } = cell
      this.meter.progress(++done, open.length)
      const allowed = rows.map((of) => this.decide(resource, of))
      const real = ties.of({
        action: actions[0]!.name,
        resourceType: type,
        aliases: undefined,
        pins,
        isUser: false,
        takenNames: [],
        userIdPrefix: undefined,
      })
      return { actions, type, allowed, real, resource, pins, rows }
    })
  }

  /** Where a policy of these statements allows. */
  decide(resource: ResourceVariable, rows: readonly PolicyRow[]): DiagramId {
    const some = (deny: boolean): DiagramId =>
      this.diagrams.any(rows.flatMap((row) => (row.deny === deny ? [this.where(resource, row)] : [])))
    return combine(ALONE, {
      outcome: allows,
      ask: (leaf, yes: DiagramId, no: DiagramId) => this.diagrams.ite(some(leaf === 'denyIdentity'), yes, no),
    })
  }

  /** Where a statement applies. */
  where(resource: ResourceVariable, { spec, when }: PolicyRow): DiagramId {
    this.decision ??= new SymbolicDecision(this.space, this.conjunctions, allows)
    return this.diagrams.and(this.resourceNode(resource, spec), this.decision.conjunctionNode(when))
  }

  private resourceNode({ level, samples }: ResourceVariable, spec: number): DiagramId {
    const plain = this.plainOf(spec)
    const covered =
      plain === undefined
        ? YES
        : this.diagrams.test(level, (choice) => resourceMatches(this.tables, plain, samples[choice], NO_VALUES))
    return plain === spec ? covered : this.diagrams.and(covered, this.space.node(this.patternTest(spec)))
  }
}

const NO_VALUES: readonly undefined[] = []

/** About a second of work at most; the largest published policies take a tenth of it. */
const STATES_PER_REGION = 16

function rowsOf(policy: CompiledPolicy): readonly number[] {
  const rows: number[] = []
  for (let statement = 0; statement < policy.length; statement++) {
    const row = policy.row(statement)
    if (row !== NO_ROW) rows.push(row)
  }
  return rows
}
