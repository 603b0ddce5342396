/**
 * Statements that change nothing, each with its reason: proven for every request of the scope.
 *
 * All statements that are reported can be removed together. Of several equal ones the first is kept.
 */
import { compilePolicy, SAYS_DENY, type CompiledPolicy } from '../graph/policy.js'
import { GraphTables, NO_ROW, ROW_ACTION_SPEC } from '../graph/tables.js'
import type { PolicyDocument } from '../policy/document.js'
import { within, type SolveOptions } from './access.js'
import { NO, YES, type DiagramId } from './diagram.js'
import { SolveModel, type Cell, type Variant } from './model.js'
import { PolicyModel, type PolicyCell } from './policy-model.js'
import { questionsWithout, type Said } from './residual.js'
import type { SolveScope, SolveWorld } from './scope.js'

/**
 * `unreachable`: it applies to no request. `duplicate`: an earlier statement is equal. `denied`: wherever an Allow
 * applies, something denies or another layer does not allow. `covered`: whatever it says, the others say as well.
 * `idle`: a Deny that nothing else repeats, of what nothing allows; it may well stand guard.
 */
export type RedundancyReason = 'unreachable' | 'duplicate' | 'denied' | 'covered' | 'idle'

export interface RedundantStatement {
  /** Place in its document. */
  readonly statement: number
  readonly reason: RedundancyReason
}

export type Redundancy =
  | { readonly answer: 'complete'; readonly redundant: readonly RedundantStatement[] }
  | { readonly answer: 'unknown'; readonly reason: string }

interface RedundancyOptions extends SolveOptions {
  /** Leave in what is about other services too: a world is asked about KMS alone, so nobody knows what it does there. */
  readonly keepsOtherServices?: boolean
}

/**
 * The statements of one policy of a world that change nothing about effective access in the scope.
 * @param policies - as the world's entries have it, such as `snapshot.keys.get(arn).policy`; several where one text is
 * the policy of several principals or accounts, which then has to change nothing for any of them.
 */
export function redundantStatements(
  world: SolveWorld,
  policies: readonly [CompiledPolicy, ...CompiledPolicy[]],
  scope: SolveScope = {},
  { keepsOtherServices = false, ...options }: RedundancyOptions = {},
): Redundancy {
  const asked = within(() => {
    const model = new SolveModel([world], scope, options)
    const [policy] = policies
    const isKept = (row: number): boolean => keepsOtherServices && isAboutOthers(policy, row)
    return redundantRows(policy, new WorldEffects(model, new Set(policies)), isKept)
  })
  return asked.ok ? { answer: 'complete', redundant: asked.value } : { answer: 'unknown', reason: asked.error }
}

/** The same for a policy without principals by itself, for the actions of every service. */
export function redundantInPolicy(document: PolicyDocument, options: SolveOptions = {}): Redundancy {
  const asked = within(() => {
    const policy = compilePolicy(new GraphTables(), document)
    return redundantRows(policy, new PolicyEffects(new PolicyModel([policy], options, false)))
  })
  return asked.ok ? { answer: 'complete', redundant: asked.value } : { answer: 'unknown', reason: asked.error }
}

/** Whether a statement says something about another service than KMS; a key policy cannot. */
function isAboutOthers({ kind, tables }: CompiledPolicy, row: number): boolean {
  if (kind === 'key') return false
  const [negated = 0, ...others] = tables.actions.tuple(tables.rows.tuple(row)[ROW_ACTION_SPEC]!)
  return negated === 1 || others.length > 0
}

/** What statements do, by their rows. */
interface Effects {
  /** Whether the row applies to some request. */
  isReachable(row: number): boolean
  /** Whether nothing changes when these rows are left out. */
  changesNothing(rows: ReadonlySet<number>): boolean
  /** Whether some request is allowed to which this row applies. */
  isAllowedSomewhere(row: number): boolean
  isDeny(row: number): boolean
  /** Whether some request to which the row applies is denied by no other statement. */
  deniesAlone(row: number, leftOut: ReadonlySet<number>): boolean
}

/** @param isKept - rows that are never left out, so that nothing is proved with the help of their absence. */
function redundantRows(
  policy: CompiledPolicy,
  effects: Effects,
  isKept: (row: number) => boolean = () => false,
): readonly RedundantStatement[] {
  const firstOf = new Map<number, number>()
  const found: RedundantStatement[] = []
  for (let statement = 0; statement < policy.length; statement++) {
    const row = policy.row(statement)
    if (row === NO_ROW) found.push({ statement, reason: 'unreachable' })
    else if (firstOf.has(row)) found.push({ statement, reason: 'duplicate' })
    else firstOf.set(row, statement)
  }
  const leftOut = new Set<number>()
  // From the last to the first: what was added later is what people would rather take away.
  for (const [row, statement] of [...firstOf].toReversed()) {
    if (isKept(row) || !effects.changesNothing(new Set([...leftOut, row]))) continue
    leftOut.add(row)
    found.push({ statement, reason: reasonOf(row, effects, leftOut) })
  }
  return found.toSorted((left, right) => left.statement - right.statement)
}

function reasonOf(row: number, effects: Effects, leftOut: ReadonlySet<number>): RedundancyReason {
  if (!effects.isReachable(row)) return 'unreachable'
  if (effects.isDeny(row)) return effects.deniesAlone(row, leftOut) ? 'idle' : 'covered'
  return effects.isAllowedSomewhere(row) ? 'covered' : 'denied'
}

class WorldEffects implements Effects {
  private readonly cellsOf = new Map<number, Set<Cell>>()
  private readonly denies = new Set<number>()

  constructor(
    private readonly model: SolveModel,
    private readonly policies: ReadonlySet<CompiledPolicy>,
  ) {
    for (const cell of model.cells) {
      for (const said of saidIn(cell)) {
        if (!policies.has(said.policy)) continue
        const cells = this.cellsOf.get(said.row)
        if (cells === undefined) this.cellsOf.set(said.row, new Set([cell]))
        else cells.add(cell)
        if (said.says === SAYS_DENY) this.denies.add(said.row)
      }
    }
  }

  isDeny(row: number): boolean {
    return this.denies.has(row)
  }

  isReachable(row: number): boolean {
    return this.somewhere(row, () => undefined)
  }

  isAllowedSomewhere(row: number): boolean {
    return this.somewhere(row, ({ allowed: [node = NO] }) => node)
  }

  deniesAlone(row: number, leftOut: ReadonlySet<number>): boolean {
    return this.somewhere(row, (cell) => {
      const denied = this.model.decide(this.without(cell, leftOut), 'explicitDeny')
      return this.model.space.diagrams.not(denied)
    })
  }

  changesNothing(rows: ReadonlySet<number>): boolean {
    const { diagrams } = this.model.space
    const touched = new Set([...rows].flatMap((row) => [...(this.cellsOf.get(row) ?? [])]))
    for (const cell of touched) {
      const [before = NO] = cell.allowed
      const after = this.model.decide(this.without(cell, rows))
      if (before === after) continue
      const changed = diagrams.ite(before, diagrams.not(after), after)
      if (diagrams.and(changed, cell.real) !== NO) return false
    }
    return true
  }

  private without({ asked: [variants = []] }: Cell, rows: ReadonlySet<number>): readonly Variant[] {
    return variants.map((variant) => ({
      ...variant,
      questions: questionsWithout(variant.questions, ({ policy, row }) => this.policies.has(policy) && rows.has(row)),
    }))
  }

  private somewhere(row: number, also: (cell: Cell) => DiagramId | undefined): boolean {
    const { diagrams } = this.model.space
    for (const cell of this.cellsOf.get(row) ?? []) {
      for (const said of saidIn(cell)) {
        if (!this.policies.has(said.policy) || said.row !== row) continue
        const applies = diagrams.and(this.model.whereConjunction(said.when), cell.real)
        const limited = also(cell)
        if ((limited === undefined ? applies : diagrams.and(applies, limited)) !== NO) return true
      }
    }
    return false
  }
}

function* saidIn({ asked }: Cell): IterableIterator<Said> {
  for (const variants of asked) {
    for (const { questions } of variants)
      for (const levels of Object.values(questions.said)) for (const level of levels) yield* level
  }
}

class PolicyEffects implements Effects {
  constructor(private readonly model: PolicyModel) {}

  isDeny(row: number): boolean {
    return this.model.cells.some(({ rows: [rows = []] }) => rows.some((each) => each.row === row && each.deny))
  }

  isReachable(row: number): boolean {
    return this.somewhere(row, () => YES)
  }

  isAllowedSomewhere(row: number): boolean {
    return this.somewhere(row, ({ allowed: [allowed = NO] }) => allowed)
  }

  deniesAlone(row: number, leftOut: ReadonlySet<number>): boolean {
    const { diagrams } = this.model
    return this.somewhere(row, ({ resource, rows: [rows = []] }) => {
      const others = rows.filter((each) => each.deny && each.row !== row && !leftOut.has(each.row))
      return diagrams.not(diagrams.any(others.map((each) => this.model.where(resource, each))))
    })
  }

  changesNothing(left: ReadonlySet<number>): boolean {
    const { diagrams } = this.model.space
    return this.model.cells.every(({ resource, rows: [rows = []], allowed: [before = NO], real }) => {
      if (!rows.some(({ row }) => left.has(row))) return true
      const after = this.model.decide(
        resource,
        rows.filter(({ row }) => !left.has(row)),
      )
      return before === after || diagrams.and(diagrams.ite(before, diagrams.not(after), after), real) === NO
    })
  }

  private somewhere(row: number, also: (cell: PolicyCell) => DiagramId): boolean {
    const { diagrams } = this.model
    return this.model.cells.some((cell) => {
      const {
        resource,
        rows: [rows = []],
      } = cell
      return rows.some(
        (each) => each.row === row && diagrams.all([this.model.where(resource, each), cell.real, also(cell)]) !== NO,
      )
    })
  }
}
