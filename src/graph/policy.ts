/**
 * A compiled policy, and what its statements say to one request.
 *
 * The answer is a set of facts (`denies`, `allows` by class), not a decision: how layers make a decision is `combine`.
 */
import type { PolicyDocument, PolicyKind, PolicySource } from '../policy/document.js'
import type { SlotValues } from './atom.js'
import { lowerPolicy } from './lower.js'
import { INDEX_FROM, PolicyIndex } from './policy-index.js'
import {
  CLASS_ACCOUNT,
  CLASS_DIRECT,
  CLASS_NONE,
  CLASS_VIA,
  type NotPrincipalAncestors,
  type PrincipalClass,
  type Subject,
} from './subject.js'
import {
  EFFECT_DENY,
  NO_PRINCIPAL,
  NO_ROW,
  ROW_ACTION_HIGH,
  ROW_ACTION_LOW,
  ROW_ACTION_SPEC,
  ROW_CAUTIOUS_GUARD,
  ROW_EFFECT,
  ROW_GUARD,
  ROW_PRINCIPAL,
  ROW_RESOURCE,
  SPEC_FIRST,
  SPEC_NEGATED,
  type GraphTables,
} from './tables.js'

/** What the statements of a layer say, as bits. */
export const SAYS_NOTHING = 0
export const SAYS_DENY = 1
/** Allowed by a statement that names the caller itself or everybody; for policies without principals, allowed. */
export const SAYS_DIRECT = 2
export const SAYS_VIA = 4
export const SAYS_ACCOUNT = 8
export const SAYS_ALLOW = SAYS_DIRECT | SAYS_VIA | SAYS_ACCOUNT

/** The part of a request that statements are matched with. */
export interface MatchInput {
  readonly subject: Subject
  /** Bit of a KMS permission, or -1 for an action of another service. */
  readonly actionBit: number
  /** The full action name, `service:Name`. */
  readonly action: string
  /** The ARN the action is authorised on, or undefined for an action without a resource. */
  readonly resource: string | undefined
  readonly hasBoundary: boolean
  readonly notPrincipalAncestors: NotPrincipalAncestors
  /** A Deny applies to what it cannot compare. */
  readonly cautious: boolean
}

export class CompiledPolicy {
  private index: PolicyIndex | undefined
  readonly length: number

  constructor(
    readonly tables: GraphTables,
    readonly kind: PolicyKind,
    /** Equal for policies with equal statements. */
    readonly id: number,
    readonly source: PolicySource,
  ) {
    this.length = tables.policies.length(id)
  }

  /** The row of a statement by its place in the document. */
  row(statement: number): number {
    return this.tables.policies.data[this.tables.policies.start(this.id) + statement]!
  }

  /** What the statements say. A Deny ends the reading: it wins over all that would follow, so the other bits may be missing. */
  says(input: MatchInput, values: SlotValues): number {
    const { tables } = this
    const { data } = tables.policies
    if (this.length >= INDEX_FROM) return this.saysByIndex(input, values)
    const start = tables.policies.start(this.id)
    let said = SAYS_NOTHING
    for (let index = start; index < start + this.length; index++) {
      const row = data[index]!
      if (row === NO_ROW) continue
      said |= rowSays(tables, row, input, values, said)
      if ((said & SAYS_DENY) !== 0) return said
    }
    return said
  }

  private saysByIndex(input: MatchInput, values: SlotValues): number {
    this.index ??= new PolicyIndex(this.tables, this.tables.policies.tuple(this.id))
    let said = SAYS_NOTHING
    this.index.candidates(input.subject, input.resource, (row) => {
      said |= rowSays(this.tables, row, input, values, said)
      return (said & SAYS_DENY) === 0
    })
    return said
  }

  /** Rows that can apply to this subject, action and resource, whatever the context: what a gate is made from. */
  candidateRows(input: MatchInput): readonly number[] {
    if (this.length < INDEX_FROM) return this.tables.policies.tuple(this.id).filter((row) => row !== NO_ROW)
    this.index ??= new PolicyIndex(this.tables, this.tables.policies.tuple(this.id))
    const rows = new Set<number>()
    this.index.candidates(input.subject, input.resource, (row) => {
      rows.add(row)
      return true
    })
    return [...rows]
  }
}

export function compilePolicy(tables: GraphTables, document: PolicyDocument): CompiledPolicy {
  return new CompiledPolicy(
    tables,
    document.kind,
    tables.policies.intern(lowerPolicy(tables, document)),
    document.source,
  )
}

/** What one row says; `already` spares the work for an Allow of a class that was found before. */
function rowSays(tables: GraphTables, row: number, input: MatchInput, values: SlotValues, already: number): number {
  const { data } = tables.rows
  const start = tables.rows.start(row)
  const deny = data[start + ROW_EFFECT] === EFFECT_DENY
  const low = data[start + ROW_ACTION_LOW]!
  const high = data[start + ROW_ACTION_HIGH]!
  if (!actionMatches(tables, low, high, data[start + ROW_ACTION_SPEC]!, input)) return SAYS_NOTHING
  const reach = principalReach(tables, data[start + ROW_PRINCIPAL]!, input, deny)
  if (reach === CLASS_NONE) return SAYS_NOTHING
  const says = deny ? SAYS_DENY : SAYS_BY_CLASS[reach]
  if ((already & says) !== 0) return SAYS_NOTHING
  if (!resourceMatches(tables, data[start + ROW_RESOURCE]!, input.resource, values)) return SAYS_NOTHING
  return guardHolds(tables, data[start + (input.cautious ? ROW_CAUTIOUS_GUARD : ROW_GUARD)]!, values)
    ? says
    : SAYS_NOTHING
}

export const SAYS_BY_CLASS = {
  [CLASS_NONE]: SAYS_NOTHING,
  [CLASS_ACCOUNT]: SAYS_ACCOUNT,
  [CLASS_VIA]: SAYS_VIA,
  [CLASS_DIRECT]: SAYS_DIRECT,
} as const

/** How the principal element reaches the caller. A Deny reaches every class alike (K-31). */
export function principalReach(tables: GraphTables, spec: number, input: MatchInput, deny: boolean): PrincipalClass {
  if (spec === NO_PRINCIPAL) return CLASS_DIRECT
  if (tables.principals.data[tables.principals.start(spec) + SPEC_NEGATED] !== 1) return input.subject.classIn(spec)
  // NotPrincipal stands with Deny only; the reader refuses it elsewhere.
  const applies = deny && input.subject.isDeniedByOthers(spec, input.hasBoundary, input.notPrincipalAncestors)
  return applies ? CLASS_DIRECT : CLASS_NONE
}

export function actionMatches(
  tables: GraphTables,
  low: number,
  high: number,
  spec: number,
  input: MatchInput,
): boolean {
  const bit = input.actionBit
  if (bit >= 32) return ((high >>> (bit - 32)) & 1) === 1
  if (bit >= 0) return ((low >>> bit) & 1) === 1
  const { actions } = tables
  const start = actions.start(spec)
  const end = start + actions.length(spec)
  const negated = actions.data[start + SPEC_NEGATED] === 1
  for (let index = start + SPEC_FIRST; index < end; index++) {
    if (tables.actionPattern(actions.data[index]!).matches(input.action)) return !negated
  }
  return negated
}

export function resourceMatches(
  tables: GraphTables,
  spec: number,
  resource: string | undefined,
  values: SlotValues,
): boolean {
  if (spec === tables.everything) return true
  const { resources } = tables
  const start = resources.start(spec)
  const end = start + resources.length(spec)
  const negated = resources.data[start + SPEC_NEGATED] === 1
  for (let index = start + SPEC_FIRST; index < end; index++) {
    if (tables.resourcePattern(resources.data[index]!).matches(resource, values)) return !negated
  }
  return negated
}

function guardHolds(tables: GraphTables, guard: number, values: SlotValues): boolean {
  const { guards } = tables
  const start = guards.start(guard)
  const end = start + guards.length(guard)
  for (let index = start; index < end; index++) {
    const literal = guards.data[index]!
    if (tables.atom(literal >> 1).holds(values) === ((literal & 1) === 1)) return false
  }
  return true
}
