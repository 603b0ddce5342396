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
import { SPEC_FIRST, type GraphTables } from '../graph/tables.js'
import type { PolicyDocument, Statement } from '../policy/document.js'
import { hasVariable } from '../text/template.js'
import { ASKED_LAYERS, grantInput, matchInput, type AskedLayer } from './answers.js'
import { decodeKind, requestKind, type Call, type PolicyLevels } from './call.js'
import { traceCondition, type ConditionTrace } from './trace-condition.js'
import { outcomeOf, programFor } from './program.js'

export { testHolds, type ConditionMiss, type ConditionTrace } from './trace-condition.js'

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

export interface GrantTrace {
  readonly grant: Grant
  /** Undefined when the grant permits the call. */
  readonly miss: GrantMiss | undefined
}

export function trace(call: Call): Trace {
  return traceAlike(call, new TraceSketches())
}

/** The same, with what earlier traces of this caller, resource and action left in `sketches`. */
export function traceAlike(call: Call, sketches: TraceSketches): Trace {
  const number = requestKind(call)
  const { kind, layers, places } = kindOf(number)
  const input = matchInput(call)
  const traced: TracedLayer[] = []
  const said = ASKED_LAYERS.map(() => SAYS_NOTHING)
  for (let index = 0; index < layers.length; index++) {
    const place = places[index]!
    const found = traceLayer(layers[index]!.layer, call, input, sketches.of(place))
    traced.push(found)
    said[place] = found.said
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
    const isConsulted = (consulted & (1 << places[index]!)) !== 0
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
  /** Of each of these in ASKED_LAYERS. */
  readonly places: readonly number[]
}

/** By their numbers; few hundred occur, so they are kept for good. */
const kinds: (KnownKind | undefined)[] = []

function kindOf(number: number): KnownKind {
  const known = kinds[number]
  if (known !== undefined) return known
  const kind = Object.freeze(decodeKind(number))
  const layers = layersOf(kind)
  const made = { kind, layers, places: layers.map(({ layer }) => ASKED_LAYERS.indexOf(layer)) }
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

function traceLayer(layer: AskedLayer, call: Call, input: MatchInput, sketches: PolicySketch[]): TracedLayer {
  const tracer: LayerTracer = { layer, call, input, sketches, policies: [] }
  switch (layer) {
    case 'scp':
      return traceLevels(tracer, call.scps ?? [], call.subject.caller.accountId ?? '')
    case 'rcp':
      return traceLevels(tracer, call.rcps ?? [], call.resource.accountId ?? '')
    case 'vpce':
      if (call.endpoint?.policy === undefined) return { policies: [], grants: [], said: SAYS_DIRECT }
      return tracePolicies(tracer, [call.endpoint.policy])
    case 'keyPolicy':
      return call.keyPolicy === undefined ? NOTHING_TRACED : tracePolicies(tracer, [call.keyPolicy])
    case 'identity':
      return tracePolicies(tracer, call.identity)
    case 'boundary':
      return call.boundary === undefined ? NOTHING_TRACED : tracePolicies(tracer, [call.boundary])
    case 'session':
      return tracePolicies(tracer, call.session)
    case 'grant': {
      if (call.grants.size === 0) return NOTHING_TRACED
      const asked = grantInput(call)
      const grants = call.grants.grants.map((grant) => ({ grant, miss: grantMiss(grant, asked) }))
      return { policies: [], grants, said: call.grants.says(asked, call.options) }
    }
  }
}

interface LayerTracer {
  readonly layer: Layer
  readonly call: Call
  readonly input: MatchInput
  /** Of the policies of this layer, in order. */
  readonly sketches: PolicySketch[]
  /** What has been traced so far. */
  readonly policies: PolicyTrace[]
}

/** As `layerSays` has it: a Deny at any level denies, and to allow every level must. */
function traceLevels(tracer: LayerTracer, levels: PolicyLevels, account: string): TracedLayer {
  let denied = false
  let allowed = true
  for (let level = 0; level < levels.length; level++) {
    const said = traceEach(tracer, levels[level]!, { account, level })
    denied ||= (said & SAYS_DENY) !== 0
    allowed &&= (said & SAYS_ALLOW) !== 0
  }
  const said = denied ? SAYS_DENY : allowed ? SAYS_DIRECT : SAYS_NOTHING
  return { policies: tracer.policies, grants: [], said }
}

function tracePolicies(tracer: LayerTracer, policies: readonly CompiledPolicy[]): TracedLayer {
  const said = traceEach(tracer, policies)
  return { policies: tracer.policies, grants: [], said }
}

function traceEach(tracer: LayerTracer, policies: readonly CompiledPolicy[], attached?: Attachment): number {
  const { call, sketches, policies: traced } = tracer
  let said = SAYS_NOTHING
  for (let policy = 0; policy < policies.length; policy++) {
    const compiled = policies[policy]!
    let sketch = sketches[traced.length]
    if (sketch === undefined || !isSketchOf(sketch, compiled, policy, attached)) {
      sketch = sketchPolicy(tracer, compiled, policy, attached)
      sketches[traced.length] = sketch
    }
    said |= sketch.said
    if (sketch.open.length === 0) traced.push(sketch.trace)
    else {
      const found = tracePolicy(sketch, call)
      for (const { index } of sketch.open) said |= saidBy(found.statements[index]!)
      traced.push(found)
    }
  }
  return said
}

function saidBy({ applies, statement, reach }: StatementTrace): number {
  if (!applies) return SAYS_NOTHING
  return statement.effect === 'Deny' ? SAYS_DENY : SAYS_BY_CLASS[reach]
}

// --------------------------------------------------------------------------------------------------------- sketches

/**
 * What is the same in every trace of one caller, resource and action: all that no value of a condition key changes.
 *
 * Whoever keeps them between traces keeps them with the caller, the resource and the action; a policy that has been
 * replaced since is sketched anew.
 */
export class TraceSketches {
  private readonly byLayer: readonly PolicySketch[][] = ASKED_LAYERS.map(() => [])

  /** @param place - of the layer in ASKED_LAYERS. */
  of(place: number): PolicySketch[] {
    return this.byLayer[place]!
  }
}

interface PolicySketch {
  /** Where nothing is open, that of every call; else open statements stand in it as if their open parts all held. */
  readonly trace: PolicyTrace
  readonly open: readonly OpenStatement[]
  /** What the other statements say. */
  readonly said: number
  /** The last trace that it was used for: most statements are answered alike in request after request. */
  last?: PolicyTrace | undefined
}

/** A statement with conditions, or with variables in its resources. */
interface OpenStatement {
  /** Place in the policy. */
  readonly index: number
  /** Parts that fail in every call, as bits in the order of PARTS. */
  readonly failed: number
  /** The resource spec, where its patterns have variables. */
  readonly resources: number | undefined
  readonly tests: readonly LoweredTest[]
  readonly slots: readonly number[]
  /** Whether all that there is to tell of it hangs on its own condition keys, and on no variable; found when first asked. */
  hangsOnOwnKeys?: boolean
}

function isSketchOf(
  { trace: { compiled, policy, account, level } }: PolicySketch,
  asked: CompiledPolicy,
  place: number,
  attached: Attachment | undefined,
): boolean {
  return compiled === asked && policy === place && level === attached?.level && account === attached?.account
}

function sketchPolicy(
  { layer, input }: LayerTracer,
  compiled: CompiledPolicy,
  policy: number,
  attached: Attachment | undefined,
): PolicySketch {
  const { document, parts } = documentOf(compiled)
  const statements: StatementTrace[] = []
  const open: OpenStatement[] = []
  let said = SAYS_NOTHING
  for (const [index, statement] of document.statements.entries()) {
    const { settled, left } = sketchStatement(compiled.tables, statement, parts[index]!, index, input)
    statements.push(settled)
    if (left === undefined) said |= saidBy(settled)
    else open.push(left)
  }
  const trace: PolicyTrace =
    attached === undefined
      ? { layer, policy, compiled, document, statements }
      : { layer, account: attached.account, level: attached.level, policy, compiled, document, statements }
  return { trace, open, said }
}

const PARTS: readonly StatementPart[] = ['principal', 'action', 'resource', 'condition']

/** The lists of failed parts, by bits in the order of PARTS: most statements of a trace share a few of them. */
const FAILED: readonly (readonly StatementPart[])[] = Array.from({ length: 1 << PARTS.length }, (_, bits) =>
  Object.freeze(PARTS.filter((_part, bit) => ((bits >> bit) & 1) === 1)),
)
const NO_CONDITIONS: readonly ConditionTrace[] = []

function sketchStatement(
  tables: GraphTables,
  statement: Statement,
  parts: LoweredStatement,
  index: number,
  input: MatchInput,
): { readonly settled: StatementTrace; readonly left: OpenStatement | undefined } {
  const reach = principalReach(tables, parts.principals, input, statement.effect === 'Deny')
  let failed = reach === CLASS_NONE ? 1 : 0
  const { actions, resources } = parts
  if (actions === undefined || !actionMatches(tables, parts.actionLow, parts.actionHigh, actions, input)) failed |= 2
  const isOpen = resources !== undefined && hasVariables(tables, resources)
  if (resources === undefined || (!isOpen && !resourceMatches(tables, resources, input.resource, []))) failed |= 4
  const settled = { statement, applies: failed === 0, failed: FAILED[failed]!, reach, conditions: NO_CONDITIONS }
  const tests = input.cautious ? parts.cautiousTests : parts.tests
  const isLeft = isOpen || statement.conditions.length > 0
  return {
    settled,
    left: isLeft ? { index, failed, resources: isOpen ? resources : undefined, tests, slots: parts.slots } : undefined,
  }
}

function hasVariables(tables: GraphTables, spec: number): boolean {
  const { data } = tables.resources
  const start = tables.resources.start(spec)
  const end = start + tables.resources.length(spec)
  for (let index = start + SPEC_FIRST; index < end; index++) {
    if (tables.resourcePattern(data[index]!).slots.length > 0) return true
  }
  return false
}

function tracePolicy(sketch: PolicySketch, call: Call): PolicyTrace {
  const { trace, open, last } = sketch
  const { layer, account, level, policy, compiled, document } = trace
  let statements: StatementTrace[] | undefined
  let isKept = true
  for (const left of open) {
    const before = last?.statements[left.index]
    if (before !== undefined && isAnsweredAlike(left, before, call.values)) continue
    statements ??= (last ?? trace).statements.slice()
    const found = traceStatement(compiled, trace.statements[left.index]!, left, call)
    statements[left.index] = found
    isKept &&= found.conditions.every(({ got }) => got === undefined || got.length <= MAX_REMEMBERED)
  }
  if (statements === undefined) return last ?? trace
  const found: PolicyTrace =
    account === undefined || level === undefined
      ? { layer, policy, compiled, document, statements }
      : { layer, account, level, policy, compiled, document, statements }
  sketch.last = isKept ? found : undefined
  return found
}

/** Longer values are not remembered: a caller chooses them, and a sketch lives as long as its caller is known. */
const MAX_REMEMBERED = 256

function isAnsweredAlike(left: OpenStatement, { conditions }: StatementTrace, values: SlotValues): boolean {
  const { slots, resources } = left
  for (let index = 0; index < slots.length; index++) {
    const slot = slots[index]!
    if ((slot < 0 ? undefined : values[slot]) !== conditions[index]!.got) return false
  }
  left.hangsOnOwnKeys ??= resources === undefined && !conditions.some(({ test }) => test.values.some(hasVariable))
  return left.hangsOnOwnKeys
}

function traceStatement(
  compiled: CompiledPolicy,
  { statement, reach }: StatementTrace,
  left: OpenStatement,
  call: Call,
): StatementTrace {
  const { tables } = compiled
  const { resources, tests, slots } = left
  let { failed } = left
  // Its resource, or none, is what every call of a sketch has.
  if (resources !== undefined && !resourceMatches(tables, resources, call.resource.arn, call.values)) failed |= 4
  const conditions: ConditionTrace[] = []
  for (let index = 0; index < tests.length; index++) {
    const found = traceCondition(compiled, statement.conditions[index]!, tests[index]!, slots[index]!, call)
    if (!found.holds) failed |= 8
    conditions.push(found)
  }
  return { statement, applies: failed === 0, failed: FAILED[failed]!, reach, conditions }
}
