/**
 * Questions about effective access: did it change, does anybody have it, who has it.
 *
 * A "no" is a proof over every request of the scope; every difference and every "yes" has a witness that the evaluator
 * has confirmed; what could be neither is `unknown`, with the reason.
 */
import { Unanswerable, type SolveControl } from './budget.js'
import type { CallerClass } from './callers.js'
import { cubesOf, type Cube } from './conditions.js'
import { NO, type DiagramId } from './diagram.js'
import { SolveModel, type Cell } from './model.js'
import type { ScopedResource, SolveScope, SolveWorld } from './scope.js'
import { appliedTo, type SolvedPart } from './statements.js'
import { Witnesses, type Witness } from './witness.js'

/** Access of several callers to several actions on one resource, under the same conditions. */
export interface Access {
  readonly callers: readonly CallerClass[]
  /** In their documented spelling. */
  readonly actions: readonly string[]
  /** How many actions of other services are not listed by name; each that is listed stands for all like it. */
  readonly moreActions?: number
  readonly resource: ScopedResource
  /** One of the cubes must hold. */
  readonly cubes: readonly Cube[]
  /** Whether all cubes are listed. */
  readonly complete: boolean
  /** A confirmed request of the first caller for the first action; undefined where none could be made concrete. */
  readonly witness: Witness | undefined
}

export interface Difference extends Access {
  /** What the witness rests on before and after: its Allows and grants, or the Denies that refuse it. */
  readonly before: readonly SolvedPart[]
  readonly after: readonly SolvedPart[]
}

export type Verdict = 'equivalent' | 'less' | 'more' | 'incomparable' | 'unknown'

export interface Comparison {
  readonly verdict: Verdict
  /** What the new world allows and the old one does not; each with its witness. */
  readonly more: readonly Difference[]
  readonly less: readonly Difference[]
  /** Why the verdict is `unknown`, or what could not be told besides. */
  readonly reason?: string
}

export interface SolveOptions extends SolveControl {
  /** Differences or accesses that are listed at most, in each direction; 100 when left out. */
  readonly maxListed?: number
  /** Cubes of one of them; 8 when left out. */
  readonly maxCubes?: number
}

export type AnyAccess =
  | { readonly answer: 'no' }
  | {
      readonly answer: 'yes'
      readonly access: Access
      readonly witness: Witness
      readonly because: readonly SolvedPart[]
    }
  | { readonly answer: 'unknown'; readonly reason: string }

export type AccessList =
  | { readonly answer: 'complete' | 'partial'; readonly access: readonly Access[]; readonly reason?: string }
  | { readonly answer: 'unknown'; readonly reason: string }

const MAX_LISTED = 100
const MAX_CUBES = 8
/** Callers and actions of one difference that are tried for a witness. */
const MAX_TRIED = 32

/**
 * What the new world allows and the old one does not, and the other way round, for every request of the scope.
 * The snapshots must share their GraphTables.
 */
export function compareAccess(
  oldWorld: SolveWorld,
  newWorld: SolveWorld,
  scope: SolveScope = {},
  options: SolveOptions = {},
): Comparison {
  const asked = within(() => {
    const model = new SolveModel([oldWorld, newWorld], scope, options, true)
    const lister = new Lister(model, options)
    const more = lister.list(({ allowed: [before = NO, after = NO] }) => lister.minus(after, before), [false, true])
    const less = lister.list(({ allowed: [before = NO, after = NO] }) => lister.minus(before, after), [true, false])
    return { more, less }
  })
  if (!asked.ok) return { verdict: 'unknown', more: [], less: [], reason: asked.error }
  const { more, less } = asked.value
  const differences = (found: Listed): readonly Difference[] =>
    found.access.map((access) => ({ ...access, before: partsIn(access, 0), after: partsIn(access, 1) }))
  const reasons = [more.reason, less.reason].filter((reason) => reason !== undefined)
  return {
    verdict: verdictOf(more, less),
    more: differences(more),
    less: differences(less),
    ...(reasons.length === 0 ? {} : { reason: [...new Set(reasons)].join('; ') }),
  }
}

/** Whether any request of the scope is allowed. */
export function anyAccess(world: SolveWorld, scope: SolveScope = {}, options: SolveOptions = {}): AnyAccess {
  const asked = within(() => {
    const model = new SolveModel([world], scope, options)
    return new Lister(model, { ...options, maxListed: 1 }).list(accessIn(scope), [true])
  })
  if (!asked.ok) return { answer: 'unknown', reason: asked.error }
  const { access, reason, isEmpty } = asked.value
  const [first] = access
  if (first?.witness !== undefined) {
    return { answer: 'yes', access: first, witness: first.witness, because: partsIn(first, 0) }
  }
  return isEmpty ? { answer: 'no' } : { answer: 'unknown', reason: reason ?? NOT_CONCRETE }
}

/** Everybody in the scope who is allowed something, by what they are allowed and under which conditions. */
export function accessOf(world: SolveWorld, scope: SolveScope = {}, options: SolveOptions = {}): AccessList {
  const asked = within(() => {
    const model = new SolveModel([world], scope, options)
    return new Lister(model, options).list(accessIn(scope), [true], true)
  })
  if (!asked.ok) return { answer: 'unknown', reason: asked.error }
  const { access, reason } = asked.value
  return reason === undefined ? { answer: 'complete', access } : { answer: 'partial', access, reason }
}

/**
 * What a cell of one world allows. Of callers whose identity policies nobody knows, and of root users, it goes without
 * saying what their own account lets them do without a key: that is left out unless the scope asks for it.
 */
function accessIn({ resources }: SolveScope): (cell: Cell) => DiagramId {
  return ({ allowed: [node = NO], caller, resource }) => {
    const goesWithoutSaying = resource.type !== 'key' && (caller.identity === 'any' || caller.kind === 'root')
    return resources === undefined && goesWithoutSaying ? NO : node
  }
}

function verdictOf(more: Listed, less: Listed): Verdict {
  if (more.isShown && less.isShown) return 'incomparable'
  // A difference that has no witness may be none.
  if ((!more.isEmpty && !more.isShown) || (!less.isEmpty && !less.isShown)) return 'unknown'
  if (more.isShown) return 'more'
  return less.isShown ? 'less' : 'equivalent'
}

function partsIn({ witness }: Access, world: number): readonly SolvedPart[] {
  const call = witness?.calls[world]
  return call === undefined ? [] : appliedTo(call)
}

const NOT_CONCRETE = 'what is left hangs on policy variables or patterns for which no request could be made'

type Within<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string }

/** That a question costs more than it may is an answer, not a failure. */
export function within<T>(ask: () => T): Within<T> {
  try {
    return { ok: true, value: ask() }
  } catch (error) {
    if (error instanceof Unanswerable) return { ok: false, error: error.message }
    throw error
  }
}

interface Listed {
  readonly access: readonly Access[]
  /** Proven: no request of the scope is such. */
  readonly isEmpty: boolean
  /** Some of it has a confirmed witness. */
  readonly isShown: boolean
  readonly reason: string | undefined
}

interface Group {
  readonly node: DiagramId
  readonly cells: Cell[]
}

const CONTEXT_KEYS = 'kms:encryptioncontextkeys'

class Lister {
  private readonly witnesses: Witnesses
  private readonly maxListed: number
  private readonly maxCubes: number

  constructor(
    private readonly model: SolveModel,
    { maxListed = MAX_LISTED, maxCubes = MAX_CUBES }: SolveOptions,
  ) {
    this.witnesses = new Witnesses(model)
    this.maxListed = maxListed
    this.maxCubes = maxCubes
  }

  minus(left: DiagramId, right: DiagramId): DiagramId {
    const { diagrams } = this.model.space
    return left === right ? NO : diagrams.and(left, diagrams.not(right))
  }

  /**
   * Groups the cells where `of` holds for some real request.
   * @param every - list also what has no witness.
   */
  list(of: (cell: Cell) => DiagramId, expected: readonly (boolean | undefined)[], every = false): Listed {
    const groups = this.groups(of)
    const access: Access[] = []
    let isShown = false
    let unshown = 0
    for (const group of groups) {
      if (access.length >= this.maxListed) break
      const found = this.witnessed(group, expected)
      if (found.witness === undefined) unshown += 1
      isShown ||= found.witness !== undefined
      if (found.witness !== undefined || every) access.push(found)
    }
    const reasons: string[] = []
    if (unshown > 0) reasons.push(NOT_CONCRETE, ...this.model.space.losses)
    if (access.length + unshown < groups.length) reasons.push(`only ${access.length} of ${groups.length} are listed`)
    return {
      access,
      isEmpty: groups.length === 0,
      isShown,
      reason: reasons.length === 0 ? undefined : reasons.join('; '),
    }
  }

  /**
   * The same for every real request, told by as few variables as will do: what follows from condition keys that are
   * told anyway is left out, and what no real request can be is not told apart.
   */
  private toldOf(node: DiagramId, real: DiagramId): DiagramId {
    const { space } = this.model
    const { diagrams } = space
    let [told, care] = [node, real]
    for (const level of this.derivedIn(node)) {
      const holds = diagrams.exists(diagrams.and(told, care), level)
      const fails = diagrams.exists(diagrams.and(diagrams.not(told), care), level)
      if (diagrams.and(holds, fails) === NO) [told, care] = [holds, diagrams.or(holds, fails)]
    }
    return diagrams.restrict(told, care)
  }

  /**
   * Variables that often follow from others: the list of the keys of the encryption context, then the context as a
   * whole, which says in one breath what the list says in many.
   */
  private derivedIn(node: DiagramId): readonly number[] {
    const { space, opaque, tables } = this.model
    const lists: number[] = []
    const contexts: number[] = []
    for (const level of space.diagrams.support(node)) {
      const found = space.at(level)
      if (typeof found !== 'number') {
        if (tables.slotName(found.slot) === CONTEXT_KEYS) lists.push(level)
      } else if (opaque.get(found).about.kind === 'grantContext') contexts.push(level)
    }
    return [...lists, ...contexts]
  }

  private groups(of: (cell: Cell) => DiagramId): readonly Group[] {
    const { diagrams } = this.model.space
    const groups = new Map<string, Group>()
    for (const cell of this.model.cells) {
      const wanted = of(cell)
      const node = wanted === NO ? NO : diagrams.and(wanted, cell.real)
      if (node === NO) continue
      const key = `${node} ${cell.resource.arn ?? ''} ${cell.actions.map(({ name }) => name).join(' ')}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, { node, cells: [cell] })
      else group.cells.push(cell)
    }
    return mergedActions([...groups.values()])
  }

  private witnessed({ node, cells }: Group, expected: readonly (boolean | undefined)[]): Access {
    const { space, opaque } = this.model
    let witness: Witness | undefined
    let witnessed = cells[0]!
    for (const cell of cells.slice(0, MAX_TRIED)) {
      witness = this.witnesses.find(cell, node, expected)
      witnessed = cell
      if (witness !== undefined) break
    }
    const real = space.diagrams.any([...new Set(cells.map((cell) => cell.real))])
    const { cubes, complete } = cubesOf(space, opaque, this.toldOf(node, real), this.maxCubes, { real })
    const callers = new Set([witnessed, ...cells].flatMap(({ caller, others }) => [caller, ...others]))
    const { alike } = this.model.callers
    return {
      callers: [...callers].flatMap((caller) => [caller, ...(alike.get(caller) ?? [])]),
      actions: [...new Set([witnessed, ...cells].flatMap(({ actions }) => actions.map(({ name }) => name)))],
      resource: witnessed.resource,
      cubes,
      complete,
      witness,
    }
  }
}

/** Groups of the same callers on the same resource under the same conditions differ in their actions alone. */
function mergedActions(groups: readonly Group[]): readonly Group[] {
  const numbers = new Map<CallerClass, number>()
  const merged = new Map<string, Group>()
  for (const { node, cells } of groups) {
    let key = `${node} ${cells[0]!.resource.arn ?? ''}`
    for (const { caller } of cells) {
      let number = numbers.get(caller)
      if (number === undefined) {
        number = numbers.size
        numbers.set(caller, number)
      }
      key += ` ${number}`
    }
    const known = merged.get(key)
    if (known === undefined) merged.set(key, { node, cells: [...cells] })
    else known.cells.push(...cells)
  }
  return [...merged.values()]
}
