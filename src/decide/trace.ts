/**
 * Tracing: the same formula without short cuts, and everything that each statement and grant said.
 *
 * The verdict comes from `combine` over complete answers; `decide` must give the same for every call (invariant I4).
 */
import { layersOf, type DecisionKind, type Layer, type Outcome, type RequestKind } from '../graph/combine.js'
import { documentOf } from '../graph/documents.js'
import { grantMiss, type Grant, type GrantMiss } from '../graph/grant.js'
import type { LoweredStatement, LoweredTest } from '../graph/lower.js'
import {
  actionMatches,
  principalReach,
  resourceMatches,
  SAYS_ALLOW,
  SAYS_BY_CLASS,
  SAYS_DENY,
  SAYS_DIRECT,
  SAYS_NOTHING,
  type CompiledPolicy,
  type MatchInput,
} from '../graph/policy.js'
import { CLASS_NONE, type PrincipalClass } from '../graph/subject.js'
import type { SlotValues } from '../graph/atom.js'
import type { GraphTables } from '../graph/tables.js'
import type { ConditionTest, PolicyDocument, Statement } from '../policy/document.js'
import { ASKED_LAYERS, grantInput, matchInput, type AskedLayer } from './answers.js'
import { decodeKind, requestKind, type Call, type PolicyLevels } from './call.js'
import { outcomeOf, programFor } from './program.js'

export interface Trace {
  readonly outcome: Outcome
  readonly kind: RequestKind
  /** Every layer that took part, in the order of evaluation. */
  readonly layers: readonly LayerTrace[]
  readonly call: Call
}

export interface LayerTrace {
  readonly layer: Layer
  readonly verdict: DecisionKind
  /** Whether the decision went through this layer; one that was not consulted could not have changed it. */
  readonly consulted: boolean
  readonly policies: readonly PolicyTrace[]
  /** Layer `grant` only. */
  readonly grants: readonly GrantTrace[]
}

export interface PolicyTrace {
  readonly layer: Layer
  /** SCPs and RCPs: the account whose path the policy is attached to, and the level, 0 at the organization's root. */
  readonly account?: string
  readonly level?: number
  /** Place in its layer or level. */
  readonly policy: number
  readonly compiled: CompiledPolicy
  readonly document: PolicyDocument
  readonly statements: readonly StatementTrace[]
}

export type StatementPart = 'principal' | 'action' | 'resource' | 'condition'

export interface StatementTrace {
  readonly statement: Statement
  readonly applies: boolean
  /** Parts that did not match; empty exactly when the statement applies. */
  readonly failed: readonly StatementPart[]
  readonly reach: PrincipalClass
  readonly conditions: readonly ConditionTrace[]
}

export interface ConditionTrace {
  readonly test: ConditionTest
  readonly holds: boolean
  /** The request's value or values of the key; undefined when it has none. */
  readonly got: string | readonly string[] | undefined
  /** Why a test that does not hold fails, and why one that is about something else does. */
  readonly miss: ConditionMiss | undefined
}

/**
 * `absent`: the key is not in the request. `hidden`: key policies cannot see the key (K-19). `severalValues`: a list
 * without a set operator (K-12). `uncomparable`: a value that the operator cannot read (K-32). `value`: another value.
 */
export type ConditionMiss = 'absent' | 'hidden' | 'severalValues' | 'uncomparable' | 'value'

export interface GrantTrace {
  readonly grant: Grant
  /** Undefined when the grant permits the call. */
  readonly miss: GrantMiss | undefined
}

export function trace(call: Call): Trace {
  const number = requestKind(call)
  const { kind, layers } = kindOf(number)
  const input = matchInput(call)
  const traced: TracedLayer[] = []
  const said = ASKED_LAYERS.map(() => SAYS_NOTHING)
  for (const { layer } of layers) {
    const found = layer === 'operation' ? NOTHING_TRACED : traceLayer(layer, call, input)
    traced.push(found)
    if (layer !== 'operation') said[ASKED_LAYERS.indexOf(layer)] = found.said
  }
  const { outcome, consulted } = follow(number, said)
  const records: LayerTrace[] = []
  for (let index = 0; index < layers.length; index++) {
    const { layer, allow } = layers[index]!
    // Without grants there is nothing to tell about them.
    if (layer === 'grant' && call.grants.size === 0 && !kind.retire) continue
    // Another service's resource need not have a policy; a KMS key that was given none still lacks its permission.
    if (layer === 'keyPolicy' && call.keyPolicy === undefined && kind.target === 'other') continue
    const { policies, grants, said: says } = traced[index]!
    const allowed = (says & SAYS_ALLOW) !== 0 || allow.length === 0
    const verdict = (says & SAYS_DENY) !== 0 ? 'explicitDeny' : allowed ? 'allow' : 'implicitDeny'
    const isConsulted = layer !== 'operation' && (consulted & (1 << ASKED_LAYERS.indexOf(layer))) !== 0
    records.push({ layer, verdict, consulted: isConsulted, policies, grants })
  }
  if (outcome.layer === 'operation') records.push(OPERATION_REFUSED)
  return { outcome, kind, call, layers: records }
}

const OPERATION_REFUSED: LayerTrace = {
  layer: 'operation',
  verdict: 'implicitDeny',
  consulted: true,
  policies: [],
  grants: [],
}

interface KnownKind {
  readonly kind: RequestKind
  readonly layers: ReturnType<typeof layersOf>
}

/** By their numbers; few hundred occur, so they are kept for good. */
const kinds: (KnownKind | undefined)[] = []

function kindOf(number: number): KnownKind {
  const known = kinds[number]
  if (known !== undefined) return known
  const kind = Object.freeze(decodeKind(number))
  const made = { kind, layers: layersOf(kind) }
  kinds[number] = made
  return made
}

/**
 * Walks the program with complete answers, noting the layers that the decision hung on. What was said is by place in
 * ASKED_LAYERS, and `consulted` has a bit for each of these places.
 */
function follow(kind: number, said: readonly number[]): { readonly outcome: Outcome; readonly consulted: number } {
  const program = programFor(kind)
  let consulted = 0
  let node = program.start
  while (node >= 0) {
    const layer = program.layer[node]!
    consulted |= 1 << layer
    node = (said[layer]! & program.bits[node]!) !== 0 ? program.yes[node]! : program.no[node]!
  }
  return { outcome: outcomeOf(~node), consulted }
}

interface TracedLayer {
  readonly policies: readonly PolicyTrace[]
  readonly grants: readonly GrantTrace[]
  readonly said: number
}

/** Where a guardrail is attached. */
interface Attachment {
  readonly account: string
  readonly level: number
}

const NOTHING_TRACED: TracedLayer = { policies: [], grants: [], said: SAYS_NOTHING }

function traceLayer(layer: AskedLayer, call: Call, input: MatchInput): TracedLayer {
  switch (layer) {
    case 'scp':
      return traceLevels(layer, call.scps ?? [], call.subject.caller.accountId ?? '', call, input)
    case 'rcp':
      return traceLevels(layer, call.rcps ?? [], call.resource.accountId ?? '', call, input)
    case 'vpce':
      if (call.endpoint?.policy === undefined) return { policies: [], grants: [], said: SAYS_DIRECT }
      return tracePolicies(layer, [call.endpoint.policy], call, input)
    case 'keyPolicy':
      return call.keyPolicy === undefined ? NOTHING_TRACED : tracePolicies(layer, [call.keyPolicy], call, input)
    case 'identity':
      return tracePolicies(layer, call.identity, call, input)
    case 'boundary':
      return call.boundary === undefined ? NOTHING_TRACED : tracePolicies(layer, [call.boundary], call, input)
    case 'session':
      return tracePolicies(layer, call.session, call, input)
    case 'grant': {
      if (call.grants.size === 0) return NOTHING_TRACED
      const asked = grantInput(call)
      const grants = call.grants.grants.map((grant) => ({ grant, miss: grantMiss(grant, asked) }))
      return { policies: [], grants, said: call.grants.says(asked, call.options) }
    }
  }
}

/** As `layerSays` has it: a Deny at any level denies, and to allow every level must. */
function traceLevels(layer: Layer, levels: PolicyLevels, account: string, call: Call, input: MatchInput): TracedLayer {
  const traced: PolicyTrace[] = []
  let denied = false
  let allowed = true
  for (let level = 0; level < levels.length; level++) {
    const { policies: ofLevel, said } = tracePolicies(layer, levels[level]!, call, input, { account, level })
    traced.push(...ofLevel)
    denied ||= (said & SAYS_DENY) !== 0
    allowed &&= (said & SAYS_ALLOW) !== 0
  }
  return { policies: traced, grants: [], said: denied ? SAYS_DENY : allowed ? SAYS_DIRECT : SAYS_NOTHING }
}

function tracePolicies(
  layer: Layer,
  policies: readonly CompiledPolicy[],
  call: Call,
  input: MatchInput,
  attached?: Attachment,
): TracedLayer {
  const traced: PolicyTrace[] = []
  let said = SAYS_NOTHING
  for (const compiled of policies) {
    const { document, parts } = documentOf(compiled)
    const statements: StatementTrace[] = []
    for (let index = 0; index < document.statements.length; index++) {
      const statement = document.statements[index]!
      const found = traceStatement(compiled, statement, parts[index]!, call, input)
      statements.push(found)
      if (found.applies) said |= statement.effect === 'Deny' ? SAYS_DENY : SAYS_BY_CLASS[found.reach]
    }
    const policy = traced.length
    traced.push(
      attached === undefined
        ? { layer, policy, compiled, document, statements }
        : { layer, account: attached.account, level: attached.level, policy, compiled, document, statements },
    )
  }
  return { policies: traced, grants: [], said }
}

const PARTS: readonly StatementPart[] = ['principal', 'action', 'resource', 'condition']

/** The lists of failed parts, by bits in the order of PARTS: most statements of a trace share a few of them. */
const FAILED: readonly (readonly StatementPart[])[] = Array.from({ length: 1 << PARTS.length }, (_, bits) =>
  Object.freeze(PARTS.filter((_part, bit) => ((bits >> bit) & 1) === 1)),
)
const NO_CONDITIONS: readonly ConditionTrace[] = []

function traceStatement(
  compiled: CompiledPolicy,
  statement: Statement,
  parts: LoweredStatement,
  call: Call,
  input: MatchInput,
): StatementTrace {
  const { tables } = compiled
  const reach = principalReach(tables, parts.principals, input, statement.effect === 'Deny')
  let failed = reach === CLASS_NONE ? 1 : 0
  const { actions, resources } = parts
  if (actions === undefined || !actionMatches(tables, parts.actionLow, parts.actionHigh, actions, input)) failed |= 2
  if (resources === undefined || !resourceMatches(tables, resources, input.resource, call.values)) failed |= 4
  let conditions = NO_CONDITIONS
  if (statement.conditions.length > 0) {
    const tests = input.cautious ? parts.cautiousTests : parts.tests
    const traced: ConditionTrace[] = []
    for (const test of statement.conditions) {
      const found = traceCondition(compiled, test, tests[traced.length]!, parts.slots[traced.length]!, call)
      if (!found.holds) failed |= 8
      traced.push(found)
    }
    conditions = traced
  }
  return { statement, applies: failed === 0, failed: FAILED[failed]!, reach, conditions }
}

function traceCondition(
  compiled: CompiledPolicy,
  test: ConditionTest,
  lowered: LoweredTest,
  slot: number,
  call: Call,
): ConditionTrace {
  const got = slot < 0 ? undefined : call.values[slot]
  const holds = testHolds(compiled.tables, lowered, call.values)
  return { test, holds, got, miss: holds ? undefined : conditionMiss(compiled, test, lowered, got, slot < 0, call) }
}

function testHolds(tables: GraphTables, lowered: LoweredTest, values: SlotValues): boolean {
  if (lowered === 'never') return false
  for (const literal of lowered) {
    if (tables.atom(literal >> 1).holds(values) === ((literal & 1) === 1)) return false
  }
  return true
}

function conditionMiss(
  compiled: CompiledPolicy,
  test: ConditionTest,
  lowered: LoweredTest,
  got: string | readonly string[] | undefined,
  hidden: boolean,
  call: Call,
): ConditionMiss {
  if (hidden) return 'hidden'
  if (got === undefined) return 'absent'
  if (test.set === undefined && test.base !== 'Null' && typeof got !== 'string' && got.length !== 1) {
    return 'severalValues'
  }
  if (lowered === 'never' || test.base === 'Null') return 'value'
  const values = typeof got === 'string' ? [got] : got
  for (const literal of lowered) {
    const atom = compiled.tables.atom(literal >> 1)
    for (const value of values) if (!atom.canCompare(value, call.values)) return 'uncomparable'
  }
  return 'value'
}
