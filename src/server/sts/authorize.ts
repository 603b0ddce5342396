/**
 * The checks of a request, asked of the decision graph.
 *
 * Who is denied learns nothing but that: whether the role exists, who is trusted and which policy lacks something are the
 * same answer. The explanation goes to the audit record and to `onDenied`.
 *
 * Source: sts.md 2, 3; facts D1, G1.
 */
import type { AuthorizationRequest } from '../../decide/resolve.js'
import type { RequestContext } from '../../decide/values.js'
import { explanationJson } from '../../explain/explanation-json.js'
import { isoTime } from '../../kms/caller.js'
import type { StsFailure } from './failure.js'
import type { StsCall } from './services.js'

/** @param actions - all of them must be allowed; the first that is not is the one that is told. */
export function authorizeSts(
  call: StsCall,
  actions: readonly string[],
  resource: string,
  context: RequestContext,
): StsFailure | undefined {
  const { services, frame, caller, nowMs } = call
  if (services.mode === 'allowAll') return undefined
  for (const action of actions) {
    const request: AuthorizationRequest = {
      principal: frame.principal,
      action,
      resource,
      context: { ...frame.context, ...context },
      time: isoTime(nowMs),
      ...(caller.userArn === undefined ? {} : { userArn: caller.userArn }),
      ...(caller.sessionTags === undefined ? {} : { sessionTags: caller.sessionTags }),
      ...(frame.sessionPolicies === undefined ? {} : { sessionPolicies: frame.sessionPolicies }),
    }
    if (services.authorizer.authorize(request).decision === 'allow') continue
    const failure = denied(call, request, resource)
    if (services.mode === 'enforce') return failure
  }
  return undefined
}

/** What somebody is told who may not do this. */
export function notAuthorized({ frame }: StsCall, action: string, resource: string): StsFailure {
  const message = `User: ${frame.principal} is not authorized to perform: ${action} on resource: ${resource}`
  return { code: 'AccessDenied', message }
}

function denied(call: StsCall, request: AuthorizationRequest, resource: string): StsFailure {
  const { services, caller, operation, requestId } = call
  const failure = notAuthorized(call, request.action, resource)
  const explained = services.authorizer.explain(request)
  const explanation = explained.ok ? explained.value : undefined
  services.onDenied({
    operation,
    action: request.action,
    resource,
    caller,
    requestId,
    message: failure.message,
    explanation,
    isRefused: services.mode === 'enforce',
  })
  call.wouldBeDenied.push({
    mode: services.mode,
    action: request.action,
    resource,
    message: failure.message,
    ...(explanation === undefined ? {} : { explanation: explanationJson(explanation) }),
    ...(explained.ok ? {} : { notAsked: explained.error.message }),
  })
  return failure
}
