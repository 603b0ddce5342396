/**
 * One or two worlds under one scope, as diagrams: for every class of callers, group of actions and resource the decision
 * of each world over the same variables.
 *
 * First all questions are collected, then the values of the condition keys are parted by everything that is asked of
 * them, and then `combine` makes the diagrams. Worlds of one model share variables, so their decisions can be compared.
 */
import { actionBit } from '../aws/action.js'
import { KMS_ACTIONS } from '../aws/actions.js'
import type { Call } from '../decide/call.js'
import { bindCaller, bindResource, callOf, callerEntryArn, type Binding } from '../decide/resolve.js'
import { ContextReader } from '../decide/values.js'
import { atomMode } from '../graph/atom.js'
import type { DecisionKind } from '../graph/combine.js'
import type { GraphTables } from '../graph/tables.js'
import { SLOT_SOURCE_VPCE } from '../graph/tables.js'
import { LITERAL } from '../graph/template-value.js'
import type { CompiledPolicy } from '../graph/policy.js'
import { splitArn } from '../text/arn.js'
import { askedAtoms } from './alike.js'
import { assumedPolicies } from './assumed.js'
import { ActionClasses, type ActionFamily } from './action-classes.js'
import { Meter, type SolveControl } from './budget.js'
import { CallersOfResource, type AlikeCallers } from './callers-of-resource.js'
import { callersOf, type CallerClass, type ScopedCallers } from './callers.js'
import { Conjunctions, type ConjunctionId } from './conjunctions.js'
import { Diagrams, NO, YES, type DiagramId } from './diagram.js'
import { PinMaker, type Pins } from './pins.js'
import { atomOfTest, OpaqueTests, testOfAtom, type TestId } from './question.js'
import { grantsOf, mentionedBy, ownPolicies, sharedPolicies } from './relevant.js'
import {
  questionsKey,
  questionsOf,
  residualOf,
  SymbolicDecision,
  residualKey,
  TestUses,
  type Questions,
  type Residual,
} from './residual.js'
import {
  checkActions,
  optionsOf,
  scopedActions,
  scopedResources,
  type ScopedAction,
  type ScopedResource,
  type SolveScope,
  type SolveWorld,
} from './scope.js'
import { shapeOfKey } from './shapes.js'
import { Space } from './space.js'
import { tiedAtoms, Ties } from './ties.js'

/** One class of callers, one group of actions, one resource. */
export interface Cell {
  readonly caller: CallerClass
  /** Callers of whom all this is true as well. */
  readonly others: readonly CallerClass[]
  readonly resource: ScopedResource
  /** Actions that nothing tells apart; the first one stands for them. */
  readonly actions: readonly ScopedAction[]
  /** What each world is asked. */
  readonly asked: readonly (readonly Variant[])[]
  /** Where each world allows, in the order of the worlds. */
  readonly allowed: readonly DiagramId[]
  /** Where the values of a request go together. */
  readonly real: DiagramId
  /** What is known of a request in each world. */
  readonly pins: readonly Pins[]
  /** Slots that are known in one world alone: a request has to list them. */
  readonly borrowed: readonly number[]
}

/** What a cell asks, before there are variables. */
interface OpenCell {
  readonly caller: CallerClass
  readonly others: readonly CallerClass[]
  readonly resource: ScopedResource
  readonly actions: readonly ScopedAction[]
  readonly asked: readonly (readonly Variant[])[]
  readonly pins: readonly Pins[]
  readonly borrowed: readonly number[]
  readonly aliases: readonly string[] | undefined
  readonly userIdPrefix: string | undefined
}

/** The questions of requests through one endpoint with a policy of its own; the last variant is for all others. */
export interface Variant {
  readonly throughEndpoint: TestId | undefined
  readonly questions: Questions
}

export class SolveModel {
  readonly tables: GraphTables
  readonly meter: Meter
  readonly opaque = new OpaqueTests()
  readonly callers: ScopedCallers
  readonly resources: readonly ScopedResource[]
  readonly space: Space
  readonly cells: readonly Cell[]
  private readonly conjunctions: Conjunctions
  private readonly askedNames: readonly string[]
  private readonly decisions = new Map<DecisionKind, SymbolicDecision>()

  /** @throws OutOfBudget when the question would cost more than the control allows. */
  constructor(
    readonly worlds: readonly SolveWorld[],
    readonly scope: SolveScope,
    control: SolveControl = {},
    /** Leaves out what is plainly the same in every world. */
    readonly differencesOnly = false,
  ) {
    const [first] = worlds
    if (first === undefined) throw new RangeError('a question needs a world')
    this.tables = first.snapshot.tables
    if (worlds.some(({ snapshot }) => snapshot.tables !== this.tables)) {
      throw new RangeError('worlds of one question share their GraphTables')
    }
    this.meter = new Meter(control)
    this.conjunctions = new Conjunctions(this.tables, this.opaque)
    this.resources = scopedResources(worlds, scope)
    checkActions(scope)
    // Named by a scope and by no policy, a key would have no slot.
    for (const key of Object.keys(scope.context ?? {})) this.tables.slot(key)
    this.callers = this.findCallers()
    this.askedNames = askedNames(this.tables)
    const open = new CellFinder(this, this.conjunctions).cells()
    this.space = this.makeSpace(open)
    this.cells = this.decideAll(open)
  }

  /** Where a world decides so, by what it is asked. */
  decide(variants: readonly Variant[], wanted: DecisionKind = 'allow'): DiagramId {
    const decision = this.symbolic(wanted)
    let node: DiagramId = YES
    for (const { throughEndpoint, questions } of variants.toReversed()) {
      const decided = decision.decide(questions)
      node =
        throughEndpoint === undefined
          ? decided
          : this.space.diagrams.ite(this.space.node(throughEndpoint), decided, node)
    }
    return node
  }

  /** Where a conjunction holds. */
  whereConjunction(id: ConjunctionId): DiagramId {
    return this.symbolic('allow').conjunctionNode(id)
  }

  private symbolic(wanted: DecisionKind): SymbolicDecision {
    let decision = this.decisions.get(wanted)
    if (decision === undefined) {
      decision = new SymbolicDecision(this.space, this.conjunctions, (outcome) =>
        outcome.decision === wanted ? YES : NO,
      )
      this.decisions.set(wanted, decision)
    }
    return decision
  }

  private findCallers(): ScopedCallers {
    const snapshots = this.worlds.map(({ snapshot }) => snapshot)
    const keys = this.resources.flatMap(({ type, arn }) => (type === 'key' && arn !== undefined ? [arn] : []))
    const policies = snapshots.flatMap((snapshot) => sharedPolicies(snapshot, keys))
    const grants = snapshots.flatMap((snapshot) => grantsOf(snapshot, keys))
    const accounts = this.resources.flatMap(({ arn }) => splitArn(arn ?? '')?.account ?? [])
    return callersOf(snapshots, mentionedBy(this.tables, policies, grants), accounts, this.scope, this.meter)
  }

  private makeSpace(open: readonly OpenCell[]): Space {
    const uses = new TestUses(this.conjunctions)
    for (const { asked } of open) {
      for (const { throughEndpoint, questions } of asked.flat()) {
        if (throughEndpoint !== undefined) uses.addTest(throughEndpoint)
        uses.add(questions)
      }
    }
    const tests = new Map(uses.counts())
    const prefixes = new Set(open.flatMap(({ userIdPrefix }) => userIdPrefix ?? []))
    const slots = new Set<number>()
    for (const test of tests.keys()) {
      const atom = atomOfTest(test)
      if (atom !== undefined) slots.add(this.tables.atom(atom).slot)
    }
    const taken = new Set(this.callers.classes.flatMap((caller) => this.takenNames(caller)))
    for (const atom of tiedAtoms(this.tables, this.opaque, slots, this.contextTests(tests), prefixes, taken)) {
      tests.set(testOfAtom(atom), tests.get(testOfAtom(atom)) ?? 1)
    }
    const shapeOf = (slot: number): ReturnType<typeof shapeOfKey> => shapeOfKey(this.tables.slotName(slot))
    return new Space(this.tables, new Diagrams(this.meter), this.opaque, tests, shapeOf, this.meter)
  }

  /** Of those that policies ask for, what this caller cannot be called. */
  private takenNames({ kind, standing, accountId }: CallerClass): readonly string[] {
    if (kind !== 'user' || standing !== 'stranger' || accountId === undefined) return []
    return this.askedNames.filter((name) => this.callers.userNames.has(accountId, name))
  }

  private contextTests(uses: ReadonlyMap<TestId, number>): readonly TestId[] {
    return [...uses.keys()].filter(
      (test) => atomOfTest(test) === undefined && this.opaque.get(test).about.kind === 'grantContext',
    )
  }

  private decideAll(open: readonly OpenCell[]): readonly Cell[] {
    const ties = new Ties(
      this.space,
      this.opaque,
      this.space.opaqueTests.filter((test) => this.opaque.get(test).about.kind === 'grantContext'),
    )
    let done = 0
    return open.map(({ caller, others, resource, actions, asked, pins, borrowed, aliases, userIdPrefix }) => {
      this.meter.progress(++done, open.length)
      const allowed = asked.map((variants) => this.decide(variants))
      const real = ties.of({
        action: actions[0]!.name,
        resourceType: resource.type,
        aliases,
        pins: pins[0]!,
        isUser: caller.kind === 'user',
        takenNames: this.takenNames(caller),
        userIdPrefix,
      })
      return { caller, others, resource, actions, asked, allowed, real, pins, borrowed }
    })
  }
}

/** Finds the cells of a model, each with its questions. */
class CellFinder {
  private readonly tables: GraphTables
  private readonly reader: ContextReader
  private readonly pinMakers: readonly PinMaker[]
  private readonly endpoints: readonly string[]
  private readonly classes: ActionClasses
  private readonly callers: CallersOfResource
  private found = 0

  constructor(
    private readonly model: SolveModel,
    private readonly conjunctions: Conjunctions,
  ) {
    const snapshots = model.worlds.map(({ snapshot }) => snapshot)
    const keys = model.resources.flatMap(({ arn }) => arn ?? [])
    this.classes = new ActionClasses(
      model.tables,
      snapshots.flatMap((snapshot) => [...sharedPolicies(snapshot, keys), ...ownPolicies(snapshot)]),
      snapshots.flatMap((snapshot) => grantsOf(snapshot, keys)),
    )
    this.tables = model.tables
    this.reader = new ContextReader(model.tables)
    this.pinMakers = model.worlds.map(() => new PinMaker(model.tables, model.scope.context ?? {}))
    const ids = model.worlds.flatMap(({ snapshot }) =>
      [...snapshot.endpoints.entries()].flatMap(([id, { policy }]) => (policy === undefined ? [] : [id])),
    )
    this.endpoints = [...new Set(ids)]
    this.callers = new CallersOfResource(snapshots, model.callers.classes)
  }

  cells(): readonly OpenCell[] {
    return this.model.resources.flatMap((resource) => this.ofResource(resource))
  }

  private ofResource(resource: ScopedResource): readonly OpenCell[] {
    const [any] = scopedActions(this.model.scope, resource.type)
    if (any === undefined) return []
    const families = this.classes.families(scopedActions(this.model.scope, resource.type), resource.type)
    return this.callers.of(resource).flatMap((callers) => {
      const bindings = this.model.worlds.map((world) => bindingOf(world, callers.first, resource, any.name))
      return families.flatMap((family) => this.ofCaller(callers, resource, family, bindings))
    })
  }

  /** Cells of one caller on one resource, for actions whose requests carry the same keys. */
  private ofCaller(
    { first: caller, others }: AlikeCallers,
    resource: ScopedResource,
    { classes, lacked }: ActionFamily,
    bindings: readonly Binding[],
  ): readonly OpenCell[] {
    const first = classes[0]?.actions[0]
    if (first === undefined) return []
    const known = bindings.map((binding, index) =>
      this.pinMakers[index]!.of(binding, first.name, lacked, caller.standing === 'stranger'),
    )
    if (known.some(({ isImpossible }) => isImpossible)) return []
    const { pins, borrowed } = agreed(known)
    const worlds = this.model.worlds.map((world, index) =>
      this.residuals(world, bindings[index]!, pins[index]!, caller, first),
    )
    if (this.model.differencesOnly && worlds.length > 1 && areAlike(worlds)) return []
    const groups = new Map<
      string,
      { readonly actions: ScopedAction[]; readonly asked: readonly (readonly Variant[])[] }
    >()
    for (const { actions } of classes) {
      const [action = first] = actions
      const asked = worlds.map((residuals) =>
        residuals.map(({ throughEndpoint, residual }) => ({
          throughEndpoint,
          questions: questionsOf(residual, action, this.conjunctions),
        })),
      )
      const signatures = asked.map((variants) => variants.map(({ questions }) => questionsKey(questions)).join('|'))
      if (this.model.differencesOnly && new Set(signatures).size === 1) continue
      const key = signatures.join('||') + tiesKey(action.name)
      const group = groups.get(key)
      if (group === undefined) groups.set(key, { actions: [...actions], asked })
      else group.actions.push(...actions)
    }
    this.found += groups.size
    this.model.meter.require(
      this.found,
      this.model.meter.limits.maxCells,
      'combinations of caller, action and resource',
    )
    const aliases = aliasesOf(bindings)
    const userIdPrefix = userIdPrefixOf(bindings)
    return [...groups.values()].map((group) => ({
      caller,
      others,
      resource,
      pins,
      borrowed,
      aliases,
      userIdPrefix,
      ...group,
    }))
  }

  /** What is left of a world's policies, for each endpoint that has a policy of its own and for all other ways. */
  private residuals(
    world: SolveWorld,
    binding: Binding,
    pins: Pins,
    caller: CallerClass,
    action: ScopedAction,
  ): readonly { readonly throughEndpoint: TestId | undefined; readonly residual: Residual }[] {
    const call = callOf(binding, { action: action.name, derive: false }, this.reader, optionsOf(world))
    const { session, unknown } = this.unknownOf(caller, binding)
    const of = (endpoint: string | undefined): Residual => {
      const policy = endpoint === undefined ? undefined : world.snapshot.endpoints.get(endpoint)?.policy
      const through: Call = { ...call, session, endpoint: endpoint === undefined ? undefined : { policy } }
      return residualOf(through, pins, this.conjunctions, unknown)
    }
    if (pins.fixed[SLOT_SOURCE_VPCE] === 1) {
      const given = pins.values[SLOT_SOURCE_VPCE]
      const residual = of(typeof given === 'string' ? given : undefined)
      return [{ throughEndpoint: undefined, residual }]
    }
    // Without an endpoint, or through one with AWS's own policy, the endpoint decides nothing.
    return [
      ...this.endpoints.map((id) => ({ throughEndpoint: this.endpointTest(id), residual: of(id) })),
      { throughEndpoint: undefined, residual: of(undefined) },
    ]
  }

  private unknownOf(
    caller: CallerClass,
    binding: Binding,
  ): { readonly session: readonly CompiledPolicy[]; readonly unknown: { identity?: TestId; session?: TestId } } {
    const { opaque, scope } = this.model
    const isSession = caller.kind === 'role' || caller.kind === 'session' || caller.kind === 'federated'
    const unlimited = scope.sessionPolicies === 'none' && caller.kind !== 'federated'
    const never = (): boolean => false
    const unknown: { identity?: TestId; session?: TestId } = {}
    const entry = callerEntryArn(binding.subject.caller)
    if (caller.identity === 'any' && !binding.snapshot.principals.get(entry)) {
      unknown.identity = opaque.intern('identity', () => ({ about: { kind: 'identity' }, holds: never }))
    }
    if (!isSession || unlimited) return { session: [], unknown }
    unknown.session = opaque.intern('session', () => ({ about: { kind: 'session' }, holds: never }))
    return { session: [assumedPolicies(this.tables).everything], unknown }
  }

  private endpointTest(id: string): TestId {
    const value = this.tables.strings.intern(LITERAL + id)
    return testOfAtom(this.tables.internAtom(atomMode('matches'), 'StringEquals', SLOT_SOURCE_VPCE, [value]))
  }
}

/** User names that conditions spell out, in small letters. */
function askedNames(tables: GraphTables): readonly string[] {
  const slot = tables.findSlot('aws:username')
  if (slot < 0) return []
  const names = new Set<string>()
  for (const atom of askedAtoms(tables)) {
    const asked = tables.atom(atom)
    if (asked.slot !== slot) continue
    for (const value of asked.marked) {
      if (value.startsWith(LITERAL)) names.add(value.slice(LITERAL.length).toLowerCase())
    }
  }
  return [...names]
}

/** Finds a caller and a resource in a world. */
export function bindingOf(
  { snapshot }: SolveWorld,
  caller: CallerClass,
  resource: ScopedResource,
  action: string,
): Binding {
  const bound = bindCaller(snapshot, caller.principal, caller.userArn)
  if (!bound.ok) throw new Error(`a caller that cannot ask: ${bound.error.message}`)
  const binding = bindResource(bound.value, resource.arn, action)
  if (!binding.ok) throw new Error(`a resource that cannot be asked about: ${binding.error.message}`)
  return binding.value
}

/** Whether the worlds decide alike whatever the request. */
function areAlike(worlds: readonly (readonly { readonly residual: Residual }[])[]): boolean {
  const keys = worlds.map((residuals) =>
    // What grants ask is compared with the questions.
    residuals.map(({ residual }) => (residual.call.grants.size > 0 ? undefined : residualKey(residual))),
  )
  const [first, ...others] = keys
  if (first === undefined || first.includes(undefined)) return false
  return others.every((other) => other.every((key, place) => key === first[place]))
}

/** What only one world knows of a request is so in the other one too. */
function agreed(pins: readonly Pins[]): { readonly pins: readonly Pins[]; readonly borrowed: readonly number[] } {
  const [first] = pins
  if (first === undefined || pins.length === 1) return { pins, borrowed: [] }
  const borrowed: number[] = []
  const merged = pins.map(({ values, fixed }) => ({ values: [...values], fixed: Uint8Array.from(fixed) }))
  for (let slot = 0; slot < first.fixed.length; slot++) {
    const knowing = pins.find(({ fixed }) => fixed[slot] === 1)
    if (knowing === undefined || pins.every(({ fixed }) => fixed[slot] === 1)) continue
    borrowed.push(slot)
    for (const each of merged) {
      if (each.fixed[slot] === 1) continue
      each.fixed[slot] = 1
      each.values[slot] = knowing.values[slot]
    }
  }
  return { pins: merged, borrowed }
}

/** With which the aws:userid of a role's sessions begins, where its id is known. */
function userIdPrefixOf(bindings: readonly Binding[]): string | undefined {
  const ids = new Set(bindings.flatMap(({ principalFacts: { roleId } }) => roleId ?? []))
  const [id] = ids
  // A role that was made anew has another one.
  return ids.size === 1 && id !== undefined ? `${id}:` : undefined
}

/** The alias names by which the key may be called; undefined where a world does not know them. */
function aliasesOf(bindings: readonly Binding[]): readonly string[] | undefined {
  const known = bindings.map(({ key }) => key?.properties.aliases)
  return known.some((aliases) => aliases === undefined)
    ? undefined
    : [...new Set(known.flatMap((aliases) => aliases ?? []))]
}

/** Actions whose requests are tied differently are told apart. */
function tiesKey(action: string): string {
  const info = KMS_ACTIONS[actionBit(action) ?? -1]
  const isOwn = action === 'kms:CreateKey' || action === 'kms:CreateGrant' || action === 'kms:RetireGrant'
  return `${info?.encryptionContext ?? ''} ${String(info?.conditionKeys.includes('kms:ViaService'))} ${isOwn ? action : ''}`
}
