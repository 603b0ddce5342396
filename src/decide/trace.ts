/**
 * Tracing: the same formula without short cuts, and everything that each statement and grant said.
 *
 * The verdict comes from `combine` over complete answers; `decide` must give the same for every call (invariant I4).
 */
import { layersOf, type DecisionKind, type Layer, type Outcome, type RequestKind } from '../graph/combine.js'
import { documentOf } from '../graph/documents.js'
import { grantMiss, type Grant, type GrantMiss } from '../graph/grant.js'
import type { LoweredTest } from '../graph/lower.js'
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
import { isHiddenFromKeyPolicies } from '../graph/template-value.js'
import type { ConditionTest, PolicyDocument, Statement } from '../policy/document.js'
import { grantInput, LEAVES, matchInput, type AskedLayer } from './answers.js'
import { requestKind, type Call } from './call.js'
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
  const kind = requestKind(call)
  const input = matchInput(call)
  const layers = layersOf(kind)
  const traced = new Map<Layer, { policies: readonly PolicyTrace[]; grants: readonly GrantTrace[]; said: number }>()
  for (const { layer } of layers) {
    if (layer !== 'operation') traced.set(layer, traceLayer(layer, call, input))
  }
  const { outcome, consulted } = follow(kind, (layer) => traced.get(layer)?.said ?? SAYS_NOTHING)
  return {
    outcome,
    kind,
    call,
    layers: [
      ...layers
        // Without grants there is nothing to tell about them.
        .filter(({ layer }) => layer !== 'grant' || call.grants.size > 0 || kind.retire)
        .map(({ layer, allow }): LayerTrace => {
          const found = traced.get(layer)
          const said = found?.said ?? SAYS_NOTHING
          return {
            layer,
            verdict:
              (said & SAYS_DENY) !== 0
                ? 'explicitDeny'
                : (said & SAYS_ALLOW) !== 0 || allow.length === 0
                  ? 'allow'
                  : 'implicitDeny',
            consulted: consulted.has(layer),
            policies: found?.policies ?? [],
            grants: found?.grants ?? [],
          }
        }),
      ...(outcome.layer === 'operation' ? [OPERATION_REFUSED] : []),
    ],
  }
}

const OPERATION_REFUSED: LayerTrace = {
  layer: 'operation',
  verdict: 'implicitDeny',
  consulted: true,
  policies: [],
  grants: [],
}

/** Walks the program with complete answers, noting the layers that the decision hung on. */
function follow(
  kind: RequestKind,
  said: (layer: AskedLayer) => number,
): { readonly outcome: Outcome; readonly consulted: ReadonlySet<Layer> } {
  const program = programFor(kind)
  const consulted = new Set<Layer>()
  let node = program.start
  while (node >= 0) {
    const { layer, bits } = LEAVES[program.leaf[node]!]
    consulted.add(layer)
    node = (said(layer) & bits) !== 0 ? program.yes[node]! : program.no[node]!
  }
  return { outcome: outcomeOf(~node), consulted }
}

type TracedLayer = { policies: readonly PolicyTrace[]; grants: readonly GrantTrace[]; said: number }

function traceLayer(layer: AskedLayer, call: Call, input: MatchInput): TracedLayer {
  const accountId = layer === 'scp' ? call.subject.caller.accountId : call.resource.accountId
  switch (layer) {
    case 'scp':
    case 'rcp': {
      const levels = ((layer === 'scp' ? call.scps : call.rcps) ?? []).map((level, number) =>
        level.map((policy, place) => ({
          ...tracePolicy(layer, policy, place, call, input),
          ...(accountId === undefined ? {} : { account: accountId }),
          level: number,
        })),
      )
      const saidByLevel = levels.map(policiesSaid)
      const denied = saidByLevel.some((said) => (said & SAYS_DENY) !== 0)
      const allowed = saidByLevel.every((said) => (said & SAYS_ALLOW) !== 0)
      return { policies: levels.flat(), grants: [], said: denied ? SAYS_DENY : allowed ? SAYS_DIRECT : SAYS_NOTHING }
    }
    case 'vpce':
      if (call.endpoint?.policy === undefined) return { policies: [], grants: [], said: SAYS_DIRECT }
      return tracePolicies(layer, [call.endpoint.policy], call, input)
    case 'keyPolicy':
      return tracePolicies(layer, call.keyPolicy === undefined ? [] : [call.keyPolicy], call, input)
    case 'identity':
      return tracePolicies(layer, call.identity, call, input)
    case 'boundary':
      return tracePolicies(layer, call.boundary === undefined ? [] : [call.boundary], call, input)
    case 'session':
      return tracePolicies(layer, call.session, call, input)
    case 'grant': {
      const asked = grantInput(call)
      const grants = call.grants.grants.map((grant) => ({ grant, miss: grantMiss(grant, asked) }))
      return { policies: [], grants, said: call.grants.says(asked, call.options) }
    }
  }
}

function tracePolicies(layer: Layer, policies: readonly CompiledPolicy[], call: Call, input: MatchInput): TracedLayer {
  const traced = policies.map((policy, place) => tracePolicy(layer, policy, place, call, input))
  return { policies: traced, grants: [], said: policiesSaid(traced) }
}

function policiesSaid(policies: readonly PolicyTrace[]): number {
  let said = SAYS_NOTHING
  for (const { statements } of policies) {
    for (const { statement, applies, reach } of statements) {
      if (applies) said |= statement.effect === 'Deny' ? SAYS_DENY : SAYS_BY_CLASS[reach]
    }
  }
  return said
}

function tracePolicy(
  layer: Layer,
  compiled: CompiledPolicy,
  place: number,
  call: Call,
  input: MatchInput,
): PolicyTrace {
  const { document, parts } = documentOf(compiled)
  const statements = document.statements.map((statement, index): StatementTrace => {
    const lowered = parts[index]!
    const deny = statement.effect === 'Deny'
    const reach = principalReach(compiled.tables, lowered.principals, input, deny)
    const conditions = statement.conditions.map((test, which) =>
      traceCondition(compiled, document, test, lowered.tests[which]!, call),
    )
    const failed: StatementPart[] = []
    if (reach === CLASS_NONE) failed.push('principal')
    const action =
      lowered.actions !== undefined &&
      actionMatches(compiled.tables, lowered.actionLow, lowered.actionHigh, lowered.actions, input)
    if (!action) failed.push('action')
    const resource =
      lowered.resources !== undefined &&
      resourceMatches(compiled.tables, lowered.resources, input.resource, call.values)
    if (!resource) failed.push('resource')
    if (conditions.some(({ holds }) => !holds)) failed.push('condition')
    return { statement, applies: failed.length === 0, failed, reach, conditions }
  })
  return { layer, policy: place, compiled, document, statements }
}

function traceCondition(
  compiled: CompiledPolicy,
  document: PolicyDocument,
  test: ConditionTest,
  lowered: LoweredTest,
  call: Call,
): ConditionTrace {
  const { tables } = compiled
  const holds =
    lowered !== 'never' &&
    lowered.every((literal) => tables.atom(literal >> 1).holds(call.values) === ((literal & 1) === 0))
  const hidden = document.kind === 'key' && isHiddenFromKeyPolicies(test.key)
  const slot = tables.findSlot(test.key)
  const got = hidden || slot < 0 ? undefined : call.values[slot]
  return { test, holds, got, miss: holds ? undefined : conditionMiss(compiled, test, lowered, got, hidden, call) }
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
  const atoms = lowered.map((literal) => compiled.tables.atom(literal >> 1))
  const comparable = atoms.every((atom) => values.every((value) => atom.canCompare(value, call.values)))
  return comparable ? 'value' : 'uncomparable'
}
