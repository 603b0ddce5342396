/**
 * A decision explained: who decided, by which statement and which condition, what came close, and what AWS would say.
 *
 * Plain data with the places in the sources; `render.ts` makes text of it, `explanationJson` a document. Texts from
 * policies stand in the sentences as they are: who shows them escapes them.
 */
import { CAUSES, type CauseCode } from '../aws/causes.js'
import type { PolicyTrace, StatementTrace, Trace } from '../decide/trace.js'
import type { DecisionKind, Layer } from '../graph/combine.js'
import type { PolicySource } from '../policy/document.js'
import { causeOf } from './cause.js'
import { decidingStatements, permittingGrants, type DecidedBy } from './decisive.js'
import { diagnosticsOf, type Diagnostic } from './diagnostics.js'
import { knownStatement } from './known-statement.js'
import { layerLines, type ExplainedLayer } from './layer-words.js'
import { accessDeniedMessage, type MessageForm } from './message.js'
import { capital, placedName } from './names.js'
import { MAX_NEAR_MISSES, rankedMisses, type RankedMiss } from './near-miss.js'
import { statementPlaces, type Place } from './place.js'
import { grantRef, statementRef, type PlacedStatement } from './reference.js'
import {
  applyWords,
  conditionWords,
  grantChecks,
  grantGist,
  grantMissSentence,
  grantName,
  missWords,
  statementChecks,
  type Check,
} from './statement-words.js'
import { summaryOf } from './summary.js'
import { unknownsOf } from './unknown.js'

export interface Explanation {
  readonly verdict: DecisionKind
  readonly layer: Layer
  readonly caller: string
  readonly action: string
  /** ARN; null for an action without a resource. */
  readonly resource: string | null
  /** The whole answer in a few sentences. */
  readonly summary: string
  readonly cause: { readonly code: CauseCode; readonly title: string } | null
  /** What decided: the completing Allows, the Denies that applied, or the near miss that the cause tells of. */
  readonly decisive: readonly ExplainedPart[]
  /** What else came close, best first. */
  readonly nearMisses: readonly ExplainedPart[]
  readonly layers: readonly ExplainedLayer[]
  /** The text AWS returns; null for an allow. */
  readonly message: string | null
  readonly diagnostics: readonly Note[]
  /** What was not given and could change the answer. */
  readonly unknown: readonly string[]
}

/** A diagnostic of the decision, or one of whoever read the question. */
export interface Note extends Omit<Diagnostic, 'code'> {
  readonly code: string
}

/** A statement or a grant. */
export interface ExplainedPart {
  readonly ref: DecidedBy
  readonly name: string
  readonly effect: 'Allow' | 'Deny'
  readonly applies: boolean
  readonly sentence: string
  /** The same as a clause after the name: `is for role Ops of account 111122223333`. */
  readonly gist: string
  /** Null for a grant. */
  readonly place: Place | null
  readonly checks: readonly Check[]
}

export interface ExplainOptions {
  /** Where a policy stands for the reader, when it was compiled from a copy of its text; undefined where it was not. */
  readonly sourceOf?: (policy: PolicyTrace) => PolicySource | undefined
  /** The form of AWS's text, where one is asked for. */
  readonly messageForm?: MessageForm
  /** True for a trace that shares statements with others of its caller, resource and action. */
  readonly isOneOfMany?: boolean
}

export function explainTrace(traced: Trace, options: ExplainOptions = {}): Explanation {
  const { sourceOf, messageForm } = options
  const partOf = options.isOneOfMany === true && sourceOf === undefined ? knownPart : statementPart
  const trace = sourceOf === undefined ? traced : withSources(traced, sourceOf)
  const { outcome, call } = trace
  const ranked = rankedMisses(trace)
  const code = causeOf(trace, ranked)
  let told: ExplainedPart | undefined
  const nearMisses: ExplainedPart[] = []
  for (let index = 0; index < ranked.length && index < MAX_NEAR_MISSES; index++) {
    const miss = ranked[index]!
    if (told === undefined && isTold(trace, code, miss)) told = missPart(trace, miss, partOf)
    else nearMisses.push(missPart(trace, miss, partOf))
  }
  const decisive = told === undefined ? decisiveParts(trace, partOf) : [told]
  return {
    verdict: outcome.decision,
    layer: outcome.layer,
    caller: call.subject.caller.arn,
    action: call.action,
    resource: call.resource.arn ?? null,
    summary: summaryOf(trace, code, decisive),
    cause: code === null ? null : { code, title: CAUSES[code].title },
    decisive,
    nearMisses,
    layers: layerLines(trace, ranked),
    message: accessDeniedMessage(trace, messageForm),
    // Of the trace as it came: what the policy reader noticed has places in the text that it read.
    diagnostics: diagnosticsOf(traced),
    unknown: unknownsOf(trace),
  }
}

function withSources(trace: Trace, sourceOf: (policy: PolicyTrace) => PolicySource | undefined): Trace {
  const placed = (policy: PolicyTrace): PolicyTrace => {
    const source = sourceOf(policy)
    return source === undefined ? policy : { ...policy, document: { ...policy.document, source } }
  }
  return { ...trace, layers: trace.layers.map((layer) => ({ ...layer, policies: layer.policies.map(placed) })) }
}

/** Whether a near miss is the one that the cause code is about. */
function isTold({ outcome }: Trace, code: CauseCode | null, miss: RankedMiss): boolean {
  switch (code) {
    case 'grant-constraint':
      return miss.kind === 'grant' && miss.miss === 'constraint'
    case 'grant-child':
      return miss.kind === 'grant' && miss.miss === 'child'
    case 'grant-not-propagated':
      return miss.kind === 'grant' && miss.miss === 'notPropagated'
    case 'grant-operation':
      return miss.kind === 'grant' && miss.miss === 'operation'
    case 'grant-grantee':
      return miss.kind === 'grant' && miss.miss === 'grantee'
    // Nothing is near where a whole layer is missing.
    case 'grant-limited':
    case 'grant-retire':
    case 'grant-not-found':
    case 'key-policy-absent':
    case 'scp-level-empty':
    case 'session-not-passed':
    case null:
      return false
    default:
      return miss.kind === 'statement' && miss.policy.layer === outcome.layer
  }
}

function decisiveParts(trace: Trace, partOf: typeof statementPart): readonly ExplainedPart[] {
  const { decision, layer } = trace.outcome
  if (decision === 'allow' && layer === 'grant') {
    return permittingGrants(trace).map((grant) => ({
      ref: grantRef(grant),
      name: grantName(grant),
      effect: 'Allow',
      applies: true,
      sentence: `${capital(grantName(grant))} allows ${trace.call.action}`,
      gist: `allows ${trace.call.action}`,
      place: null,
      checks: [],
    }))
  }
  const statements = decidingStatements(trace)
  // The layer that AWS names stands first.
  const parts: ExplainedPart[] = []
  for (const placed of statements) if (placed.policy.layer === layer) parts.push(partOf(trace, placed))
  for (const placed of statements) if (placed.policy.layer !== layer) parts.push(partOf(trace, placed))
  return parts
}

function missPart(trace: Trace, miss: RankedMiss, partOf: typeof statementPart): ExplainedPart {
  if (miss.kind === 'statement') return partOf(trace, miss)
  const { grant } = miss.traced
  return {
    ref: grantRef(grant),
    name: grantName(grant),
    effect: 'Allow',
    applies: false,
    sentence: grantMissSentence(trace, grant, miss.miss),
    gist: grantGist(trace, grant, miss.miss),
    place: null,
    checks: grantChecks(trace, grant, miss.miss),
  }
}

// What is told of a statement hangs on the caller, the resource and the action, which are those of every trace that has
// this object, and on what the object says. Two generations, as in `documents.ts`.
const MAX_YOUNG = 1024
let young = new WeakMap<StatementTrace, ExplainedPart>()
let old = new WeakMap<StatementTrace, ExplainedPart>()
let youngCount = 0

function knownPart(trace: Trace, placed: PlacedStatement): ExplainedPart {
  const { traced } = placed
  const known = young.get(traced)
  if (known !== undefined) return known
  const part = old.get(traced) ?? statementPart(trace, placed)
  if (youngCount >= MAX_YOUNG) {
    old = young
    young = new WeakMap()
    youngCount = 0
  }
  youngCount++
  young.set(traced, part)
  return part
}

function statementPart(trace: Trace, placed: PlacedStatement): ExplainedPart {
  const { policy, traced } = placed
  const { statement } = traced
  const known = knownStatement(statement)
  const places = statementPlaces(policy.document, statement.index)
  const words = conditionWords(trace, placed)
  const { sentence, gist } = traced.applies
    ? applyWords(trace, placed, known, words)
    : missWords(trace, placed, known, words)
  return {
    ref: statementRef(policy, traced),
    name: placedName(trace, policy, statement),
    effect: statement.effect,
    applies: traced.applies,
    sentence,
    gist,
    place: places.whole,
    checks: statementChecks(trace, traced, known, places, words),
  }
}
