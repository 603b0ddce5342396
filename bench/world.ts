/**
 * The scenario as a world, and requests to it as an embedder would make them.
 */
import { createAuthorizer, type Authorizer, type BoundGate, type BoundRequest } from '../src/explain/authorizer.js'
import type { AuthorizationRequest } from '../src/decide/resolve.js'
import type { PolicyDocument, PolicyKind } from '../src/policy/document.js'
import { parsePolicyValue } from '../src/policy/parse.js'
import {
  ACCOUNT,
  IDENTITY_POLICIES,
  KEY_ARN,
  KEY_POLICY,
  RCP,
  REQUESTS,
  ROLE_ARN,
  SCP,
  SESSION_ARN,
  type ScenarioRequest,
} from './scenario.js'

/** Quotas are reported, not enforced: benchmarks read policies larger than any that AWS would store. */
export function parsed(value: unknown, kind: PolicyKind): PolicyDocument {
  const policy = parsePolicyValue(value, kind, kind, { sizes: 'report' })
  if (policy.ok) return policy.value
  throw new Error(`a benchmark's ${kind} policy is refused: ${policy.error[0]?.message ?? ''}`)
}

export function scenarioWorld(): Authorizer {
  const world = createAuthorizer()
  world.putKey({ arn: KEY_ARN, policy: parsed(KEY_POLICY, 'key') })
  world.putPrincipal({ arn: ROLE_ARN, policies: IDENTITY_POLICIES.map((policy) => parsed(policy, 'identity')) })
  world.putAccount({ accountId: ACCOUNT, scps: [[parsed(SCP, 'scp')]], rcps: [[parsed(RCP, 'rcp')]] })
  for (const request of REQUESTS) {
    const answer = world.authorize(rawRequest(request))
    if (answer.decision !== request.expected) throw new Error(`${request.name}: decided ${answer.decision}`)
  }
  return world
}

/** A plain object that nobody has seen before, its context too. */
export function rawRequest(request: ScenarioRequest): AuthorizationRequest {
  return {
    principal: request.principal,
    action: request.action,
    resource: request.resource,
    encryptionContext: { ...request.encryptionContext },
    context: { ...request.context },
    derive: false,
  }
}

export function rawBoundRequest(request: ScenarioRequest): BoundRequest {
  return {
    action: request.action,
    encryptionContext: { ...request.encryptionContext },
    context: { ...request.context },
    derive: false,
  }
}

export function scenarioGate(world: Authorizer): BoundGate {
  const gate = world.bind(SESSION_ARN, KEY_ARN)
  if (!gate.ok) throw new Error(gate.error.message)
  for (const request of REQUESTS) {
    const answer = gate.value.authorize(rawBoundRequest(request))
    if (answer.decision !== request.expected) throw new Error(`${request.name}: the gate decided ${answer.decision}`)
  }
  return gate.value
}
