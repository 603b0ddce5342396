/**
 * The checks of a request, asked of the decision graph: the fast answer for every one, the whole explanation for a
 * denial alone.
 *
 * What a denied caller is told is AWS's message and no more; the explanation goes to the audit record and to `onDenied`.
 *
 * Source: facts D1 to D9, G1 to G3.
 */
import type { OperationName } from '../aws/operations.js'
import type { AuthorizationRequest } from '../decide/resolve.js'
import type { BoundRequest } from '../explain/authorizer.js'
import { explanationJson } from '../explain/explanation-json.js'
import type { Explanation } from '../explain/story.js'
import { membersOf, type CallState, type FoundKey } from './call-state.js'
import type { KmsCaller } from './caller.js'
import type { Failure } from './failure.js'
import type { Check } from './operation.js'

/** A request that was refused, or in `audit` mode would have been. */
export interface Denied {
  readonly operation: OperationName
  readonly action: string
  /** ARN; undefined for an action without a resource. */
  readonly resource: string | undefined
  readonly caller: KmsCaller
  readonly requestId: string
  /** What the caller was told, or would have been. */
  readonly message: string
  /** Undefined where the question itself was refused. */
  readonly explanation: Explanation | undefined
  /** False: it was let through. */
  readonly isRefused: boolean
}

export type OnDenied = (denied: Denied) => void

/** A refusal, with what the audit record keeps of it. */
export interface Refusal {
  readonly failure: Failure
  readonly keyward: Readonly<Record<string, unknown>>
}

const NO_PAIRS: Readonly<Record<string, string>> = {}

/** Asks every check of the operation; undefined where the request may go on. */
export function authorizeCall<N extends OperationName>(call: CallState<N>, onDenied: OnDenied): Refusal | undefined {
  const { mode } = call.services
  if (mode === 'allowAll') return undefined
  for (const check of call.operation.checks) {
    if (check.when?.(call) === false) continue
    const denied = ask(call, check)
    if (denied === undefined) continue
    const refusal = explainDenial(call, denied, onDenied)
    if (mode === 'enforce') return refusal
    call.wouldBeDenied ??= []
    call.wouldBeDenied.push(refusal.keyward)
  }
  return undefined
}

/** The request that was denied; undefined where it is allowed. */
function ask<N extends OperationName>(call: CallState<N>, check: Check<N>): AuthorizationRequest | undefined {
  const { authorizer } = call.services
  const { caller, principal, sessionPolicies } = call.caller
  const found = keyOf(call, check)
  const request = requestOf(call, check, found)
  const isBindable = sessionPolicies === undefined && caller.userArn === undefined
  if (found !== undefined && isBindable && isAskedAgain(found)) {
    const gate = (found.gate ??= bound(call, found))
    if (gate?.authorize(request).decision === 'allow') return undefined
  }
  const resource = found?.key.arn ?? (typeof check.on === 'function' ? check.on(call) : undefined)
  const whole: AuthorizationRequest = {
    ...request,
    principal,
    ...(resource === undefined ? {} : { resource }),
    ...(caller.userArn === undefined ? {} : { userArn: caller.userArn }),
    ...(sessionPolicies === undefined ? {} : { sessionPolicies }),
  }
  return authorizer.authorize(whole).decision === 'allow' ? undefined : whole
}

/** Binding costs about ten decisions: it is for keys that are asked for again, and have not changed since. */
function isAskedAgain(found: FoundKey): boolean {
  const { changes } = found.key
  if (found.uses > 0 && found.changesSeen === changes) return true
  found.changesSeen = changes
  return false
}

function bound<N extends OperationName>({ services, caller }: CallState<N>, { key }: FoundKey): FoundKey['gate'] {
  const gate = services.authorizer.bind(caller.principal, key.arn)
  return gate.ok ? gate.value : undefined
}

function keyOf<N extends OperationName>(call: CallState<N>, { on }: Check<N>): FoundKey | undefined {
  if (typeof on === 'function' || on === 'nothing') return undefined
  const { targets } = call.operation
  for (let index = 0; index < targets.length; index++) if (targets[index]?.role === on) return call.found[index]
  throw new Error(`${call.operation.name} checks a key ${on} that it does not look for`)
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function requestOf<N extends OperationName>(
  call: CallState<N>,
  check: Check<N>,
  found: FoundKey | undefined,
): BoundRequest {
  const parameters = membersOf(call.input)
  const { caller, context } = call.caller
  const pairs = parameters['EncryptionContext']
  const request: Mutable<BoundRequest> = {
    action: check.action,
    context,
    time: call.time,
    parameters,
    grantTokens: call.grantIds,
    // The validator has read it as a map of texts.
    encryptionContext: pairs === undefined ? NO_PAIRS : (pairs as Readonly<Record<string, string>>),
  }
  const namedAs = found?.namedAs
  if (namedAs !== undefined) request.keyIdAs = namedAs
  if (caller.via !== undefined) request.via = caller.via
  if (caller.sessionTags !== undefined) request.sessionTags = caller.sessionTags
  const attested = call.recipient?.context
  if (check.details === undefined && attested === undefined) return request
  const { context: further, ...details } = check.details?.(call) ?? {}
  Object.assign(request, details)
  if (attested !== undefined || further !== undefined) request.context = { ...context, ...attested, ...further }
  return request
}

function explainDenial<N extends OperationName>(
  call: CallState<N>,
  request: AuthorizationRequest,
  onDenied: OnDenied,
): Refusal {
  const explained = call.services.authorizer.explain(request)
  const explanation = explained.ok ? explained.value : undefined
  const message = explanation?.message ?? plainMessage(request)
  onDenied({
    operation: call.operation.name,
    action: request.action,
    resource: request.resource,
    caller: call.caller.caller,
    requestId: call.requestId,
    message,
    explanation,
    isRefused: call.services.mode === 'enforce',
  })
  const { mode } = call.services
  const keyward = {
    mode,
    action: request.action,
    ...(request.resource === undefined ? {} : { resource: request.resource }),
    message,
    ...(explanation === undefined ? {} : { explanation: explanationJson(explanation) }),
    ...(explained.ok ? {} : { notAsked: explained.error.message }),
  }
  return { failure: { code: 'AccessDeniedException', message }, keyward }
}

function plainMessage({ principal, action, resource }: AuthorizationRequest): string {
  return `User: ${principal} is not authorized to perform: ${action} on resource: ${resource ?? '*'}`
}
