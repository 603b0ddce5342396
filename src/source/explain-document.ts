/**
 * One simulation document explained: read with its places, decided, and told check by check.
 */
import { DEFAULT_OPTIONS, type DecisionOptions } from '../decide/options.js'
import { trace, type PolicyTrace, type Trace } from '../decide/trace.js'
import type { CallerContext } from '../explain/advice/caller-context.js'
import { explanationJson, type ExplanationJson } from '../explain/explanation-json.js'
import { explainTrace, type Explanation } from '../explain/story.js'
import type { DecisionKind, Layer } from '../graph/combine.js'
import { GraphTables } from '../graph/tables.js'
import type { PolicySource } from '../policy/document.js'
import type { SimulationDocument } from './simulation-document.js'
import { Reading, type ReadError } from './object-reader.js'
import { placesOf, SimulationReader, type Simulation } from './read-simulation.js'
import { callerContextOf, callOf, checksDiffer, ignoredMembers } from './simulation-call.js'
import { readJson } from '../text/json.js'
import type { Result, SourceError, SourceText } from '../text/source.js'
import { nodeAt, toPointer, type ObjectNode, type SyntaxPath } from '../text/syntax-tree.js'

export interface ExplainedDocument {
  readonly kind: Simulation['kind']
  readonly id: string | number | undefined
  readonly api: string | undefined
  /** Of the first check that fails; when all allow, of the last. */
  readonly explanation: Explanation
  /** Of the same check. */
  readonly trace: Trace
  /** Where the policies of that check stand in the document. */
  readonly sourceOf: (policy: PolicyTrace) => PolicySource | undefined
  /** What the request of that check has of the keys by which an exception for its caller would be made. */
  readonly callerContext: CallerContext
  readonly checks: readonly ExplainedCheck[]
  /** Index of the first check that fails. */
  readonly failingCheck: number | null
  /** Lockout documents: whether the safety check passes, and whether only because it is bypassed. */
  readonly lockout: 'pass' | 'fail' | 'bypassed' | undefined
}

export interface ExplainedCheck {
  readonly action: string
  readonly resource: string | null
  readonly decision: DecisionKind
  readonly layer: Layer
}

export function explainDocument(
  source: SourceText,
  options: Partial<DecisionOptions> = {},
): Result<ExplainedDocument, SourceError> {
  const found = documentIn(source)
  if (!found.ok) return found
  const { node, path } = found.value
  const tables = new GraphTables()
  const reader = new SimulationReader(tables)
  const reading = new Reading(source.text)
  const places = placesOf(node)
  const id = reader.readId(reading, places)
  const simulation = reader.read(reading, places)
  const error = firstError(reading.errors, node, path, source)
  if (simulation === undefined || error !== undefined) {
    return { ok: false, error: error ?? { message: 'the document cannot be read', source, span: braceOf(node) } }
  }
  const traces = simulation.checks.map((check) =>
    trace(callOf(simulation, check, tables, { ...DEFAULT_OPTIONS, ...options })),
  )
  return { ok: true, value: explained(simulation, id, traces, (index) => sourcesOf(simulation, index, path, source)) }
}

function explained(
  simulation: Simulation,
  id: string | number | undefined,
  traces: readonly Trace[],
  sourcesOfCheck: (index: number) => (policy: PolicyTrace) => PolicySource | undefined,
): ExplainedDocument {
  const failing = traces.findIndex(({ outcome }) => outcome.decision !== 'allow')
  const told = failing < 0 ? traces.length - 1 : failing
  const traced = traces[told]
  if (traced === undefined) throw new Error('a simulation without checks was let through')
  const sourceOf = sourcesOfCheck(told)
  const explanation = explainTrace(traced, { sourceOf })
  const isBypassed = simulation.request.bypassPolicyLockoutSafetyCheck === true
  return {
    kind: simulation.kind,
    id,
    api: simulation.api,
    explanation: {
      ...explanation,
      diagnostics: [
        ...explanation.diagnostics,
        ...ignoredMembers(simulation, traced.call),
        ...checksDiffer(simulation),
      ],
    },
    trace: traced,
    sourceOf,
    callerContext: callerContextOf(simulation, simulation.checks[told]!, traced.call),
    checks: traces.map(({ call, outcome }) => ({
      action: call.action,
      resource: call.resource.arn ?? null,
      ...outcome,
    })),
    failingCheck: failing < 0 ? null : failing,
    lockout: simulation.kind !== 'lockout' ? undefined : failing < 0 ? 'pass' : isBypassed ? 'bypassed' : 'fail',
  }
}

// ------------------------------------------------------------------------------------------------------ the document

interface Found {
  readonly node: ObjectNode
  readonly path: SyntaxPath
}

const MANY = '`keyward why` explains one document; `keyward eval` answers many'

function isJsonLines({ name, text }: SourceText): boolean {
  const end = text.indexOf('\n')
  return end > 0 && readJson({ name, text: text.slice(0, end) }).ok
}

/** One document, by itself or alone in a list. */
function documentIn(source: SourceText): Result<Found, SourceError> {
  const tree = readJson(source)
  if (!tree.ok) {
    const first = tree.error[0] ?? { message: 'the text is not JSON', source, span: { start: 0, end: 0 } }
    return { ok: false, error: isJsonLines(source) ? { ...first, hint: MANY } : first }
  }
  const { value } = tree
  if (value.kind === 'object') return { ok: true, value: { node: value, path: [] } }
  const [only] = value.kind === 'array' ? value.items : []
  if (only?.kind === 'object' && value.kind === 'array' && value.items.length === 1) {
    return { ok: true, value: { node: only, path: [0] } }
  }
  const count = value.kind === 'array' ? `a list of ${value.items.length}` : 'no object'
  return {
    ok: false,
    error: {
      message: `expected one simulation document, found ${count}`,
      source,
      span: { start: value.start, end: Math.min(value.start + 1, value.end) },
      hint: MANY,
    },
  }
}

/** The first that a reader of the text meets; what is missing comes after what is there and wrong. */
function firstError(
  errors: readonly ReadError[],
  node: ObjectNode,
  path: SyntaxPath,
  source: SourceText,
): SourceError | undefined {
  const placed = errors.map(({ message, path: below, span }) => {
    const at = nodeAt(node, below)
    const isWhole = span === undefined && (at === undefined || at.kind === 'object')
    // Of a whole object only the brace: nobody needs to see all of it underlined.
    const { start, end } = isWhole ? braceOf(at ?? node) : (span ?? at ?? braceOf(node))
    return { isWhole, error: { message, source, span: { start, end }, pointer: toPointer([...path, ...below]) } }
  })
  const [first] = placed.toSorted(
    (left, right) => Number(left.isWhole) - Number(right.isWhole) || left.error.span.start - right.error.span.start,
  )
  return first?.error
}

function braceOf({ start }: { readonly start: number }): SourceError['span'] {
  return { start, end: start + 1 }
}

/** Where the policies of a check stand in the document. */
function sourcesOf(
  { kind }: Simulation,
  index: number,
  path: SyntaxPath,
  source: SourceText,
): (policy: PolicyTrace) => PolicySource | undefined {
  const check: SyntaxPath = kind === 'multi' ? [...path, 'checks', index] : path
  return ({ layer, account, level, policy }) => {
    const at = (...steps: readonly (string | number)[]): PolicySource => ({
      source,
      format: 'json',
      pointer: toPointer(steps),
    })
    switch (layer) {
      case 'keyPolicy':
        return at(...check, kind === 'lockout' ? 'newKeyPolicy' : 'keyPolicy')
      case 'identity':
        return at(...check, 'identityPolicies', policy)
      case 'boundary':
        return at(...path, 'permissionsBoundary')
      case 'session':
        return at(...path, 'sessionPolicies', policy)
      case 'vpce':
        return at(...path, 'vpcEndpointPolicy')
      case 'scp':
      case 'rcp':
        return at(...path, `${layer}s`, account ?? '', level ?? 0, policy)
      case 'grant':
      case 'operation':
        return undefined
    }
  }
}

// -------------------------------------------------------------------------------------------------------------- JSON

/** What `keyward why --json` prints: the explanation, and what the kind of document adds to it. */
export interface WhyJson extends ExplanationJson {
  readonly id?: string | number
  readonly kind: Simulation['kind']
  readonly checks?: readonly ExplainedCheck[]
  readonly failingCheck?: number | null
  readonly lockout?: 'pass' | 'fail' | 'bypassed'
}

export function whyJson({ kind, id, explanation, checks, failingCheck, lockout }: ExplainedDocument): WhyJson {
  return {
    ...explanationJson(explanation),
    kind,
    ...(id === undefined ? {} : { id }),
    ...(kind === 'multi' ? { checks, failingCheck } : {}),
    ...(lockout === undefined ? {} : { lockout }),
  }
}

/**
 * Explains one simulation document.
 * @param document - the document, or its JSON text, whose places the explanation then has.
 */
export function explain(
  document: SimulationDocument | string,
  options: Partial<DecisionOptions> = {},
): Result<ExplainedDocument, SourceError> {
  const text = typeof document === 'string' ? document : JSON.stringify(document, null, 2)
  return explainDocument({ name: '<document>', text }, options)
}
