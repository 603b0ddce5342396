/**
 * Witnesses: from a way through a diagram to a request that anybody can ask, confirmed by the evaluator.
 *
 * A request that the diagram itself does not put on the way was not concrete enough, which proves nothing; one on which
 * diagram and evaluator part is a defect of this program.
 */
import type { Call } from '../decide/call.js'
import { decide } from '../decide/decide.js'
import { callerEntryArn, callOf, type AuthorizationRequest } from '../decide/resolve.js'
import { ContextReader, type RequestContextValue } from '../decide/values.js'
import { displayKey } from './conditions.js'
import type { SlotValue } from '../graph/atom.js'
import type { Grant } from '../graph/grant.js'
import type { Outcome } from '../graph/combine.js'
import { TemplateValue, LITERAL } from '../graph/template-value.js'
import { Likeness } from './alike.js'
import { assumedPolicies } from './assumed.js'
import { YES, type DiagramId, type WayStep } from './diagram.js'
import { bindingOf, type Cell, type SolveModel } from './model.js'
import { optionsOf, type SolveWorld } from './scope.js'
import type { UserNames } from './callers.js'
import { OutsideShape, type Assumed, type SlotVariable, type Space } from './space.js'

/** A request that shows a point, with what each world decides on it. */
export interface Witness {
  readonly request: AuthorizationRequest
  /** What is taken of policies that no world knows. */
  readonly assumed: Assumed
  /** In the order of the worlds. */
  readonly outcomes: readonly Outcome[]
  /** The call in each world, to be traced. */
  readonly calls: readonly Call[]
}

/** Ways that are tried before a question is given up. */
export const MAX_WAYS = 64

export class Witnesses {
  private readonly reader: ContextReader
  private readonly others: OtherCallers

  constructor(private readonly model: SolveModel) {
    this.reader = new ContextReader(model.tables)
    this.others = { names: model.callers.userNames, likeness: new Likeness(model.tables) }
  }

  /**
   * A request for which `node` of the cell holds; undefined where no way could be made concrete.
   * @param expected - whether each world is to allow it; undefined: whatever it says.
   */
  find(cell: Cell, node: DiagramId, expected: readonly (boolean | undefined)[]): Witness | undefined {
    const { diagrams } = this.model.space
    for (const way of diagrams.ways(node, MAX_WAYS)) {
      for (const made of new Attempt(this.model, cell, way, this.others).requests()) {
        const witness = this.confirmed(cell, node, made, expected)
        if (witness !== undefined) return witness
      }
    }
    return undefined
  }

  private confirmed(
    cell: Cell,
    node: DiagramId,
    { request, assumed }: Made,
    expected: readonly (boolean | undefined)[],
  ): Witness | undefined {
    const calls = this.model.worlds.map((world) => this.call(world, cell, request, assumed))
    const { space } = this.model
    const [first] = calls
    if (first === undefined) throw new Error('a question needs a world')
    if (!isOnTheWay(space, node, first, assumed)) return undefined
    const outcomes = calls.map(decide)
    for (const [index, wanted] of expected.entries()) {
      if (wanted === undefined || (outcomes[index]?.decision === 'allow') === wanted) continue
      throw new Error(
        `a witness is refuted: ${JSON.stringify({ ...request, sessionPolicies: undefined })} is ${JSON.stringify(outcomes[index])}`,
      )
    }
    return { request, assumed, outcomes, calls }
  }

  private call(world: SolveWorld, cell: Cell, request: AuthorizationRequest, assumed: Assumed): Call {
    const { snapshot } = world
    const caller = { ...cell.caller, principal: request.principal }
    const binding = bindingOf(world, caller, cell.resource, request.action)
    const entry = callerEntryArn(binding.subject.caller)
    const isUnknown = snapshot.principals.get(entry) === undefined
    const { everything } = assumedPolicies(this.model.tables)
    const call = callOf(binding, request, this.reader, optionsOf(world))
    return assumed.identity === true && isUnknown ? { ...call, identity: [everything] } : call
  }
}

/** Whether the diagram holds for the request that was made, which may be another than the way's. */
function isOnTheWay(space: Space, node: DiagramId, call: Call, assumed: Assumed): boolean {
  try {
    return space.diagrams.evaluate(node, space.chooser(call.values, call, assumed)) === YES
  } catch (error) {
    if (error instanceof OutsideShape) return false
    throw error
  }
}

export interface Made {
  readonly request: AuthorizationRequest
  readonly assumed: Assumed
}

/** Who else there is: under a name of theirs a caller would be somebody else. */
interface OtherCallers {
  readonly names: UserNames
  readonly likeness: Likeness
}

/** What an attempt reads of a model, and of a cell. */
type Ground = Pick<SolveModel, 'space' | 'opaque' | 'tables' | 'scope' | 'worlds'>
type Point = Pick<Cell, 'caller' | 'resource' | 'actions' | 'pins' | 'borrowed'>

/** One way through a diagram, made concrete. */
export class Attempt {
  private readonly values = new Map<number, SlotValue>()
  private readonly elements = new Map<SlotVariable, Map<number, boolean>>()
  private readonly tokens = new Set<string>()
  private readonly children: string[] = []
  private readonly contexts: Record<string, string> = {}
  private identity: boolean | undefined
  private session: boolean | undefined
  /** Somebody of the cell can have the name that the way asks for. */
  private readonly isNameable: boolean
  /** Atoms with variables, and whether they are to hold. */
  private readonly patterns: { readonly atom: number; readonly holds: boolean }[] = []

  constructor(
    private readonly model: Ground,
    private readonly cell: Point,
    way: readonly WayStep[],
    private readonly others?: OtherCallers,
  ) {
    for (const { level, values } of way) this.take(level, values)
    for (const [variable, chosen] of this.elements) this.takeElements(variable, chosen)
    this.isNameable = this.takeName()
  }

  /** As the way has it, and then with variables and the values they are compared with brought together. */
  *requests(): IterableIterator<Made> {
    if (!this.isNameable) return
    yield this.made(this.values)
    if (this.patterns.length === 0) return
    yield this.made(this.joined('x'))
    yield this.made(this.joined('value'))
  }

  /**
   * A user who stands for others gets a name of which the same is true, his own if it may be; false where under each that was
   * tried he would be somebody else.
   */
  private takeName(): boolean {
    const { values } = this
    const { space, tables } = this.model
    const slot = tables.findSlot(USER_NAME)
    const name = values.get(slot)
    const own = this.ownName()
    if (own === undefined || typeof name !== 'string') return true
    const found = [own, name, ...OTHER_NAMES.map((more) => name + more)].find(
      (each) => space.sameRegion(slot, name, each) && this.mayBeCalled(each, own),
    )
    if (found !== undefined) values.set(slot, found)
    return found !== undefined
  }

  private mayBeCalled(name: string, own: string): boolean {
    if (name === own) return true
    if (!A_NAME.test(name)) return false
    const { principal } = this.cell.caller
    const renamed = withName(principal, name)
    const { names, likeness } = this.others ?? {}
    return names?.isTaken(renamed) !== true && likeness?.areAlikeByArn(principal, renamed) !== false
  }

  private ownName(): string | undefined {
    const { kind, principal } = this.cell.caller
    return kind === 'user' ? principal.slice(principal.lastIndexOf('/') + 1) : undefined
  }

  private take(level: number, values: readonly number[]): void {
    const found = this.model.space.at(level)
    const [value] = values
    if (value === undefined) return
    if (typeof found === 'number') {
      if (values.length === 1) this.takeOpaque(found, value === 1)
      return
    }
    if (level === found.level) {
      const choice = values.find((each) => each !== found.several) ?? value
      this.values.set(found.slot, this.choiceOf(found, choice))
      if (choice === found.several && !this.elements.has(found)) this.elements.set(found, new Map())
      return
    }
    if (values.length > 1) return
    const chosen = this.elements.get(found) ?? new Map<number, boolean>()
    chosen.set(level - found.elementLevel, value === 1)
    this.elements.set(found, chosen)
  }

  private choiceOf(variable: SlotVariable, choice: number): SlotValue {
    const value = variable.choices[choice]
    if (typeof value !== 'string' || this.model.tables.slotName(variable.slot) !== 'kms:requestalias') return value
    // The request names its key by an alias that the key has.
    const aliases = this.aliases()
    return aliases.find((alias) => this.model.space.findRegion(variable.slot, alias) === choice - 1) ?? value
  }

  private aliases(): readonly string[] {
    const { arn } = this.cell.resource
    return this.model.worlds.flatMap(({ snapshot }) => snapshot.keys.get(arn ?? '')?.properties.aliases ?? [])
  }

  private takeElements(variable: SlotVariable, chosen: ReadonlyMap<number, boolean>): void {
    const { elements, slot } = variable
    const list = elements.filter((_sample, element) => chosen.get(element) === true)
    if (list.length === 0)
      list.push(...elements.filter((_sample, element) => chosen.get(element) !== false).slice(0, 1))
    const [only] = list
    this.values.set(slot, list.length === 1 && only !== undefined ? [only, only] : list)
  }

  private takeOpaque(test: number, holds: boolean): void {
    const { about } = this.model.opaque.get(test)
    switch (about.kind) {
      case 'identity':
        this.identity = holds
        return
      case 'session':
        this.session = holds
        return
      case 'grantToken':
      case 'grantToRetire':
        if (holds) this.tokens.add(about.grantId)
        return
      case 'grantContext':
        if (holds) Object.assign(this.contexts, about.pairs)
        return
      case 'grantChild':
        if (holds) this.children.push(about.grantId)
        return
      case 'pattern':
        if (about.atom !== undefined) this.patterns.push({ atom: about.atom, holds })
    }
  }

  /** With every pattern that is to hold made to hold, as far as that is possible. */
  private joined(filler: string): ReadonlyMap<number, SlotValue> {
    const { tables, space } = this.model
    const values = new Map(this.values)
    const valueOf = (slot: number): SlotValue => {
      const { fixed, values: known } = this.cell.pins[0]!
      return fixed[slot] === 1 ? known[slot] : values.get(slot)
    }
    const isFree = (slot: number): boolean => this.cell.pins[0]!.fixed[slot] !== 1
    for (const { atom, holds } of this.patterns) {
      const { slot, slots, marked } = tables.atom(atom)
      if (!holds || !isFree(slot)) continue
      for (const other of slots.slice(1)) {
        if (isFree(other) && typeof valueOf(other) !== 'string') values.set(other, this.sampleFor(other, filler))
      }
      const template = marked.find((value) => !value.startsWith(LITERAL))
      if (template === undefined) continue
      const all: SlotValue[] = []
      for (let each = 0; each < tables.slotCount; each++) all.push(valueOf(each))
      const tokens = new TemplateValue(template, (key) => tables.slot(key)).resolve(all)
      if (tokens === undefined) continue
      const text = tokens.map((token) => (typeof token === 'string' ? token : filler)).join('')
      const before = values.get(slot)
      const variable = space.variable(slot)
      // On the way the key may have to lie in a certain region.
      const fits = variable === undefined || typeof before !== 'string' || space.sameRegion(slot, before, text)
      if (fits) values.set(slot, text)
    }
    return values
  }

  private sampleFor(slot: number, filler: string): string {
    if (slot === this.model.tables.findSlot(USER_NAME)) return this.ownName() ?? filler
    return this.model.space.variable(slot)?.elements.find((sample) => sample !== '') ?? filler
  }

  private made(values: ReadonlyMap<number, SlotValue>): Made {
    const { cell, model } = this
    const context: Record<string, RequestContextValue> = {}
    const list = (slot: number, value: SlotValue): void => {
      if (value !== undefined) context[displayKey(this.model.tables.slotName(slot))] = value
    }
    for (const [slot, value] of values) list(slot, value)
    for (const slot of cell.borrowed) list(slot, cell.pins[0]!.values[slot])
    for (const [key, value] of Object.entries(model.scope.context ?? {})) context[key] = value
    const encryptionContext = this.encryptionContext(values)
    const { arn } = cell.resource
    const sessionPolicies = this.sessionPolicies()
    const createGrant = this.child()
    return {
      assumed: {
        ...(this.identity === undefined ? {} : { identity: this.identity }),
        // Nobody needs session policies but a federated session.
        session: this.session ?? cell.caller.kind !== 'federated',
      },
      request: {
        principal: this.principal(values),
        ...(cell.caller.userArn === undefined ? {} : { userArn: cell.caller.userArn }),
        action: cell.actions[0]!.name,
        ...(arn === undefined ? {} : { resource: arn }),
        ...(Object.keys(context).length === 0 ? {} : { context }),
        ...(encryptionContext === undefined ? {} : { encryptionContext }),
        ...(this.tokens.size === 0 ? {} : { grantTokens: [...this.tokens] }),
        ...(createGrant === undefined ? {} : { createGrant }),
        ...(sessionPolicies === undefined ? {} : { sessionPolicies }),
      },
    }
  }

  /** A stranger who is a user may be one of another name. */
  private principal(values: ReadonlyMap<number, SlotValue>): string {
    const { principal, kind } = this.cell.caller
    const name = values.get(this.model.tables.findSlot(USER_NAME))
    return kind === 'user' && typeof name === 'string' ? withName(principal, name) : principal
  }

  private sessionPolicies(): AuthorizationRequest['sessionPolicies'] {
    const { everything, nothing } = assumedPolicies(this.model.tables)
    if (this.session === false) return [nothing]
    return this.cell.caller.kind === 'federated' && this.session === true ? [everything] : undefined
  }

  private encryptionContext(values: ReadonlyMap<number, SlotValue>): Record<string, string> | undefined {
    const { tables } = this.model
    const pairs: Record<string, string> = { ...this.contexts }
    const listed = [values.get(tables.findSlot('kms:encryptioncontextkeys')) ?? []].flat()
    for (const [slot, value] of values) {
      const name = tables.slotName(slot)
      if (!name.startsWith(CONTEXT) || typeof value !== 'string') continue
      const key = name.slice(CONTEXT.length)
      const spelled =
        listed.find((text) => text.toLowerCase() === key) ??
        Object.keys(pairs).find((text) => text.toLowerCase() === key)
      pairs[spelled ?? key] = value
    }
    for (const key of listed)
      if (!Object.keys(pairs).some((text) => text.toLowerCase() === key.toLowerCase())) pairs[key] = 'x'
    return Object.keys(pairs).length === 0 ? undefined : pairs
  }

  private child(): AuthorizationRequest['createGrant'] {
    const [id] = this.children
    if (id === undefined) return undefined
    const grant = this.grant(id)
    return grant === undefined ? undefined : { operations: grant.operations, constraints: grant.constraints ?? {} }
  }

  private grant(grantId: string): Grant | undefined {
    const { arn = '' } = this.cell.resource
    for (const { snapshot } of this.model.worlds) {
      const found = snapshot.keys.get(arn)?.grants.find(grantId)
      if (found !== undefined) return found
    }
    return undefined
  }
}

const CONTEXT = 'kms:encryptioncontext:'
const USER_NAME = 'aws:username'
const A_NAME = /^[\w+=,.@-]+$/
/** What is put behind a name that cannot be had. */
const OTHER_NAMES = ['x', '-2', '.other']

function withName(principal: string, name: string): string {
  return principal.replace(/[^/]*$/, () => name)
}
