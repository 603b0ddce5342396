/**
 * What was ignored, could not be compared or looks suspicious in the policies of a decision.
 *
 * Beside the doubts that the policy reader has about a text stand those that only this request shows. None of them
 * changes the decision.
 *
 * Source: facts A2, B2, C1, C3, K-12, K-19, K-28, K-32.
 */
import type { ConditionTrace, PolicyTrace, StatementTrace, Trace } from '../decide/trace.js'
import type { Call } from '../decide/call.js'
import type { Layer } from '../graph/combine.js'
import { isHiddenFromKeyPolicies } from '../graph/template-value.js'
import type { PolicyDocument, Statement } from '../policy/document.js'
import { quote } from '../text/escape.js'
import type { SourceError } from '../text/source.js'
import { parsePointer } from '../text/syntax-tree.js'
import { hasNoEffect } from './near-miss.js'
import { LAYER_NAMES } from './names.js'
import { layerTrace } from './reference.js'

export interface Diagnostic {
  readonly code: DiagnosticCode
  /** One sentence without a final stop. */
  readonly message: string
  readonly layer?: Layer
  readonly account?: string
  readonly level?: number
  readonly policy?: number
  readonly statement?: number
}

/**
 * `denyNotEvaluated`: a Deny did not apply only because a value could not be compared; it fails open.
 * `notCompared`: the same in an Allow, or where it made no difference. `policyIgnored`: a policy of a kind that this
 * caller or request does not have. `hiddenKey`: a key that key policies cannot see. `noEffect`: a statement that can
 * never apply. `deletedPrincipal`: a unique id in place of an ARN. `setOperatorClash`: ForAnyValue with IfExists.
 * `doubt`: whatever else the policy reader noticed.
 */
export type DiagnosticCode =
  | 'denyNotEvaluated'
  | 'notCompared'
  | 'policyIgnored'
  | 'hiddenKey'
  | 'noEffect'
  | 'deletedPrincipal'
  | 'setOperatorClash'
  | 'doubt'

/** The gravest first; of equals in the order of evaluation. */
const GRAVITY: readonly DiagnosticCode[] = [
  'denyNotEvaluated',
  'notCompared',
  'policyIgnored',
  'hiddenKey',
  'setOperatorClash',
  'noEffect',
  'deletedPrincipal',
  'doubt',
]

export function diagnosticsOf(trace: Trace): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  for (const { policies } of trace.layers) {
    for (const policy of policies) {
      for (const traced of policy.statements) {
        if (!traced.applies && hasUnread(traced)) found.push(...ofStatement(policy, traced))
      }
    }
  }
  found.push(...ignoredPolicies(trace))
  for (const { policies } of trace.layers) {
    for (const policy of policies) if (policy.document.diagnostics.length > 0) found.push(...ofDocument(policy))
  }
  if (found.length < 2) return found
  return found.toSorted((left, right) => GRAVITY.indexOf(left.code) - GRAVITY.indexOf(right.code))
}

// ------------------------------------------------------------------------------------------------------ this request

function ofStatement(policy: PolicyTrace, traced: StatementTrace): readonly Diagnostic[] {
  const unread = traced.conditions.filter(isUnread)
  const deny = traced.statement.effect === 'Deny'
  const decided = traced.failed.length === 1 && traced.conditions.every((test) => test.holds || isUnread(test))
  return unread.map((test) => ({
    code: deny && decided ? 'denyNotEvaluated' : 'notCompared',
    message:
      deny && decided
        ? `the Deny does not apply, because ${whyUnread(test)}`
        : `the condition fails, because ${whyUnread(test)}`,
    ...placeOf(policy, traced.statement),
  }))
}

function hasUnread({ conditions }: StatementTrace): boolean {
  for (let index = 0; index < conditions.length; index++) if (isUnread(conditions[index]!)) return true
  return false
}

function isUnread({ miss }: ConditionTrace): boolean {
  return miss === 'severalValues' || miss === 'uncomparable'
}

function whyUnread({ test, miss, got }: ConditionTrace): string {
  const key = quote(test.key, 200)
  if (miss === 'severalValues') {
    return `${key} has several values, and ${quote(test.operator)} without \`ForAnyValue:\` or \`ForAllValues:\` compares one`
  }
  const values = typeof got === 'string' ? [got] : (got ?? [])
  return `${quote(test.operator)} cannot compare ${key} = ${values.map((value) => quote(value)).join(', ')} with ${test.values.map((value) => quote(value)).join(', ')}`
}

function placeOf(
  { layer, account, level, policy }: PolicyTrace,
  statement?: Statement,
): Omit<Diagnostic, 'code' | 'message'> {
  return {
    layer,
    ...(account === undefined ? {} : { account }),
    ...(level === undefined ? {} : { level }),
    policy,
    ...(statement === undefined ? {} : { statement: statement.index }),
  }
}

/** Policies that came with the request and that a caller or resource of this kind does not have. */
function ignoredPolicies(trace: Trace): readonly Diagnostic[] {
  const ignored: Diagnostic[] = []
  for (const layer of GIVEN_LAYERS) {
    if (!isGiven(trace.call, layer) || layerTrace(trace, layer) !== undefined) continue
    const message = `${LAYER_NAMES[layer].many} were given and are ignored: ${whyIgnored(trace, layer)}`
    ignored.push({ code: 'policyIgnored', message, layer })
  }
  return ignored
}

const GIVEN_LAYERS = ['keyPolicy', 'identity', 'boundary', 'session', 'scp', 'rcp'] as const

function isGiven(call: Call, layer: (typeof GIVEN_LAYERS)[number]): boolean {
  switch (layer) {
    case 'keyPolicy':
      return call.keyPolicy !== undefined
    case 'boundary':
      return call.boundary !== undefined
    case 'identity':
      return call.identity.length > 0
    case 'session':
      return call.session.length > 0
    case 'scp':
      return call.scps?.some((level) => level.length > 0) === true
    case 'rcp':
      return call.rcps?.some((level) => level.length > 0) === true
  }
}

function whyIgnored({ kind, call }: Trace, layer: Layer): string {
  const { caller } = call.subject
  switch (layer) {
    case 'identity':
    case 'boundary':
    case 'session':
      return caller.type === 'service' ? 'a service principal has none' : 'the root user of an account has none'
    case 'keyPolicy':
      return kind.retire ? 'key policies have no effect on kms:RetireGrant' : 'this action is not authorised on a key'
    case 'scp':
      if (caller.type === 'service') return 'they do not apply to service principals'
      return caller.isServiceLinkedRole
        ? 'they do not apply to service-linked roles'
        : "they do not apply to the organization's management account"
    case 'rcp':
      if (caller.isServiceLinkedRole) return 'they do not apply to service-linked roles'
      if (kind.retire) return 'they have no effect on kms:RetireGrant'
      if (call.resource.awsManagedKey) return 'they do not apply to AWS managed keys'
      return call.resourceInManagementAccount
        ? "they do not apply to the organization's management account"
        : 'they apply to key resources only'
    case 'vpce':
    case 'grant':
    case 'operation':
      return 'they take no part in this request'
  }
}

// --------------------------------------------------------------------------------------------------- the policy text

function ofDocument(policy: PolicyTrace): readonly Diagnostic[] {
  const { document } = policy
  const above = parsePointer(document.source.pointer)?.length ?? 0
  return document.diagnostics.map((doubt) => {
    const [member, ...below] = parsePointer(doubt.pointer ?? '')?.slice(above) ?? []
    // A policy may have one statement without a list around it.
    const isListed = /^[0-9]+$/.test(below[0] ?? '')
    const traced = member === 'Statement' ? policy.statements[isListed ? Number(below[0]) : 0] : undefined
    const code = traced === undefined ? 'doubt' : codeOf(doubt, isListed ? below.slice(1) : below, document, traced)
    return { code, message: sentence(doubt), ...placeOf(policy, traced?.statement) }
  })
}

function sentence({ message, hint }: SourceError): string {
  return hint === undefined ? message : `${message}; ${hint}`
}

/** The reader says what it noticed in words; what kind of thing that is, the statement shows. */
function codeOf(
  doubt: SourceError,
  [element, operator, key]: readonly string[],
  { kind }: PolicyDocument,
  traced: StatementTrace,
): DiagnosticCode {
  if (element === 'Condition') {
    if (kind === 'key' && key !== undefined && isHiddenFromKeyPolicies(key)) return 'hiddenKey'
    return operator?.startsWith('ForAnyValue:') === true && operator.endsWith('IfExists') ? 'setOperatorClash' : 'doubt'
  }
  if (element === 'Principal' || element === 'NotPrincipal') {
    const named = doubt.source.text.slice(doubt.span.start, doubt.span.end)
    const ids = traced.statement.principal?.entries.filter((entry) => entry.kind === 'uniqueId') ?? []
    if (ids.some(({ value }) => named.includes(value))) return 'deletedPrincipal'
  }
  return hasNoEffect(traced) && element !== 'Sid' ? 'noEffect' : 'doubt'
}
