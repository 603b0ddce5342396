/**
 * The cheapest sets of changes that let a denied call in, in the order of what they cost.
 *
 * A search from the call as it is, cheapest set first. A set that is not enough yet goes on with every change that
 * turns one of the answers on its way: whatever set lets the call in must turn one of these, so none is missed, and a
 * set that is more than another found one is never listed. Each set is judged by the graph itself.
 */
import { conditionKeyInfo } from '../../aws/condition-key.js'
import type { Call } from '../../decide/call.js'
import { testHolds, type StatementTrace, type Trace } from '../../decide/trace.js'
import { layersOf, type Leaf } from '../../graph/combine.js'
import { documentOf } from '../../graph/documents.js'
import type { Grant } from '../../graph/grant.js'
import type { LoweredStatement } from '../../graph/lower.js'
import { SPEC_FIRST, type GraphTables } from '../../graph/tables.js'
import { layerTrace } from '../reference.js'
import type { CallerContext } from './caller-context.js'
import { bearsOn, editCandidates, type IsEditable } from './candidates.js'
import type { Change } from './change.js'
import { ChangedCalls } from './changed-call.js'
import { changeableKey } from './context-changes.js'
import { contextChange, ContextValues } from './context-values.js'

export interface SearchOptions {
  readonly isEditable: IsEditable
  /** What the request has of keys that an exception for the caller would ask for. */
  readonly callerContext?: CallerContext | undefined
  /** How many sets are wanted. */
  readonly limit: number
  /** Sets that are judged at most. */
  readonly maxTried: number
}

export interface FoundChanges {
  readonly cost: number
  readonly changes: readonly Change[]
  /** The call with the policies and grants that are changed, and the request as it was. */
  readonly edited: () => Call
}

export interface SearchResult {
  /** The call as it is, on the tables of the edited ones. */
  readonly call: Call
  readonly found: readonly FoundChanges[]
  /** False when there may be more, or cheaper ones than the last, that were not tried. */
  readonly isComplete: boolean
}

interface State {
  readonly cost: number
  readonly changes: readonly Change[]
}

export function searchChanges(
  traced: Trace,
  { isEditable, limit, maxTried, callerContext }: SearchOptions,
): SearchResult {
  const calls = new ChangedCalls(traced.call, callerContext)
  const first = calls.traceOf(calls.call)
  const edits = editCandidates(traced, isEditable)
  const values = ContextValues.of(first)
  const found: FoundChanges[] = []
  const open = new Frontier()
  const seen = new Set<string>([''])
  open.push({ cost: 0, changes: [] })
  let tried = 0
  for (let state = open.pop(); state !== undefined && found.length < limit; state = open.pop()) {
    const { cost, changes } = state
    if (found.some((known) => isPart(known.changes, changes))) continue
    if (tried === maxTried) return { call: calls.call, found, isComplete: false }
    tried++
    const call = calls.with(changes)
    if (call === undefined) continue
    const now = changes.length === 0 ? first : calls.traceOf(call)
    if (now.outcome.decision === 'allow') {
      if (changes.length > 0) found.push({ cost, changes, edited: () => editedCall(calls, changes) })
      continue
    }
    for (const next of nextChanges(now, { calls, edits, values })) {
      if (changes.some((known) => excludes(known, next))) continue
      const more = [...changes, next]
      const key = keyOf(more)
      if (seen.has(key)) continue
      seen.add(key)
      open.push({ cost: cost + next.cost, changes: more })
    }
  }
  return { call: calls.call, found, isComplete: true }
}

function editedCall(calls: ChangedCalls, changes: readonly Change[]): Call {
  const call = calls.with(changes.filter(({ kind }) => kind !== 'context'))
  if (call === undefined) throw new Error('edits that were found cannot be made')
  return call
}

function isPart(some: readonly Change[], all: readonly Change[]): boolean {
  return some.every(({ id }) => all.some((each) => each.id === id))
}

/** A key has one value, and nothing is changed twice. */
function excludes(known: Change, next: Change): boolean {
  if (known.id === next.id) return true
  return known.kind === 'context' && next.kind === 'context' && known.key === next.key
}

function keyOf(changes: readonly Change[]): string {
  return changes
    .map(({ id }) => id)
    .toSorted()
    .join('\n')
}

// ------------------------------------------------------------------------------------------ what could turn an answer

interface Means {
  readonly calls: ChangedCalls
  readonly edits: readonly Change[]
  readonly values: ContextValues
}

/** Every change that turns an answer on the way of this decision: a Deny that applies, or an Allow that does not. */
function nextChanges(now: Trace, means: Means): Iterable<Change> {
  const next = new Map<string, Change>()
  for (const { layer, deny, allow } of layersOf(now.kind)) {
    const traced = layerTrace(now, layer)
    if (traced !== undefined && !traced.consulted) continue
    const isDenied = deny !== undefined && traced?.verdict === 'explicitDeny'
    const leaves: readonly Leaf[] = isDenied ? [deny] : allow
    for (const edit of means.edits) {
      if (leaves.some((leaf) => bearsOn(edit, leaf, isDenied))) next.set(edit.id, edit)
    }
    for (const { compiled, statements } of traced?.policies ?? []) {
      const { parts } = documentOf(compiled)
      statements.forEach((statement, index) => {
        const part = parts[index]
        if (part === undefined) return
        const slots = resourceSlots(means.calls.tables, part)
        if (!hangsOnValues(statement, isDenied, slots.length > 0)) return
        for (const change of turning(statement, part, isDenied, now.call, means)) next.set(change.id, change)
        for (const slot of slots) for (const change of means.values.changes(slot)) next.set(change.id, change)
      })
    }
    for (const { grant, miss } of traced?.grants ?? []) {
      if (miss === 'constraint') for (const change of pairsOf(grant, now.call)) next.set(change.id, change)
    }
  }
  return next.values()
}

/** A Deny that applies, or an Allow that only its conditions, or variables of its resources, keep from applying. */
function hangsOnValues(
  { statement, applies, failed }: StatementTrace,
  isDenied: boolean,
  hasVariables: boolean,
): boolean {
  if (isDenied) return statement.effect === 'Deny' && applies
  const hangs = failed.every((part) => part === 'condition' || (part === 'resource' && hasVariables))
  return statement.effect === 'Allow' && failed.length > 0 && hangs
}

/** Keys that are variables in the Resource element. */
function resourceSlots(tables: GraphTables, { resources }: LoweredStatement): readonly number[] {
  if (resources === undefined) return []
  const patterns = tables.resources.tuple(resources).slice(SPEC_FIRST)
  return [...new Set(patterns.flatMap((pattern) => tables.resourcePattern(pattern).slots))]
}

/** Values that make a condition of the statement come out otherwise. */
function* turning(
  { statement, conditions }: StatementTrace,
  part: LoweredStatement,
  isDenied: boolean,
  call: Call,
  { calls, values }: Omit<Means, 'edits'>,
): Generator<Change> {
  const isCautious = call.options.uncomparable === 'deny' && statement.effect === 'Deny'
  const tests = isCautious ? part.cautiousTests : part.tests
  for (const [index, { holds }] of conditions.entries()) {
    const lowered = tests[index]
    if (lowered === undefined || lowered === 'never' || holds !== isDenied) continue
    const slots = new Set(lowered.flatMap((literal) => calls.tables.atom(literal >> 1).slots))
    for (const slot of slots) {
      // The names of the encryption context change with its pairs.
      if (calls.tables.slotName(slot) === CONTEXT_KEYS) yield* pairChanges(call, { calls, values })
      for (const change of [...values.changes(slot), ...values.resolved(slot, call)]) {
        // Where one key is compared with another, it may take a new value of each.
        if (slots.size > 1) yield change
        const changed = calls.withValue(call, change)
        if (testHolds(calls.tables, lowered, changed.values) !== isDenied) yield change
      }
    }
  }
}

const CONTEXT_KEYS = 'kms:encryptioncontextkeys'
const CONTEXT = 'kms:encryptioncontext:'

/** Any pair of the encryption context taken away, or one put there that some policy asks for. */
function* pairChanges(
  { action, encryptionContext = {} }: Call,
  { calls: { tables }, values }: Omit<Means, 'edits'>,
): Generator<Change> {
  if (conditionKeyInfo(CONTEXT_KEYS)?.actions?.includes(action) === false) return
  for (const name of Object.keys(encryptionContext)) {
    yield contextChange(`kms:EncryptionContext:${name}`, undefined, changeableKey(CONTEXT)!.cost)
  }
  for (let slot = 0; slot < tables.slotCount; slot++) {
    if (tables.slotName(slot).startsWith(CONTEXT)) yield* values.changes(slot)
  }
}

/** The pairs of encryption context that a grant asks for, and those that it does not want. */
function* pairsOf({ constraints = {} }: Grant, { encryptionContext = {} }: Call): Generator<Change> {
  const { encryptionContextEquals: equals, encryptionContextSubset: subset } = constraints
  const change = (name: string, value: string | undefined): Change =>
    contextChange(`kms:EncryptionContext:${name}`, value, changeableKey(CONTEXT)!.cost)
  for (const [name, value] of Object.entries(equals ?? subset ?? {})) {
    if (encryptionContext[name] !== value) yield change(name, value)
  }
  if (equals === undefined) return
  for (const name of Object.keys(encryptionContext)) if (equals[name] === undefined) yield change(name, undefined)
}

// ---------------------------------------------------------------------------------------------------- in order of cost

/** States by cost; of equal cost the smaller first, then the one that came first. */
class Frontier {
  private readonly byCost = new Map<number, State[]>()
  private readonly costs: number[] = []

  push(state: State): void {
    const known = this.byCost.get(state.cost)
    if (known !== undefined) {
      known.push(state)
      return
    }
    this.byCost.set(state.cost, [state])
    // Few costs occur, so a sorted list is all that is needed.
    const at = this.costs.findIndex((cost) => cost > state.cost)
    if (at < 0) this.costs.push(state.cost)
    else this.costs.splice(at, 0, state.cost)
  }

  pop(): State | undefined {
    const [cost] = this.costs
    if (cost === undefined) return undefined
    const states = this.byCost.get(cost)!
    const smallest = states.reduce(
      (best, { changes }, index) => (changes.length < states[best]!.changes.length ? index : best),
      0,
    )
    const [state] = states.splice(smallest, 1)
    if (states.length === 0) {
      this.byCost.delete(cost)
      this.costs.shift()
    }
    return state
  }
}
