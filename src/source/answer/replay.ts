/**
 * A decided call as a simulation document: one that needs no world and decides the same again.
 *
 * The request context stands there complete, with everything that was derived, so nothing is left to be filled in.
 * Policies are printed anew: the same statements in the same order.
 *
 * Source: `docs/eval.md`; KMS API Reference, "GrantListEntry", "CreateGrant".
 */
import { conditionKeyInfo } from '../../aws/condition-key.js'
import type { Call, PolicyLevels } from '../../decide/call.js'
import { documentOf } from '../../graph/documents.js'
import type { ChildGrant, Grant, GrantConstraints } from '../../graph/grant.js'
import type { CompiledPolicy } from '../../graph/policy.js'
import type { Caller } from '../../graph/subject.js'
import { printPolicy } from '../../policy/print.js'
import type {
  AuthorizeDocument,
  PolicyInput,
  SimulationConstraints,
  SimulationGrant,
  SimulationGrantRequest,
  SimulationLevels,
  SimulationPrincipal,
  SimulationRequest,
  SimulationResource,
} from '../simulation-document.js'

export function replayDocument(call: Call, id?: string): AuthorizeDocument {
  const { caller } = call.subject
  const request = requestOf(call)
  const managementAccounts = managementAccountsOf(call)
  const scps = levelsOf(caller.accountId, call.scps)
  const rcps = levelsOf(call.resource.accountId, call.rcps)
  return {
    ...(id === undefined ? {} : { id }),
    principal: principalOf(caller),
    action: call.action,
    resource: resourceOf(call),
    ...(call.keyPolicy === undefined ? {} : { keyPolicy: policyObject(call.keyPolicy) }),
    ...(call.identity.length === 0 ? {} : { identityPolicies: call.identity.map(policyObject) }),
    ...(call.boundary === undefined ? {} : { permissionsBoundary: policyObject(call.boundary) }),
    ...(call.session.length === 0 ? {} : { sessionPolicies: call.session.map(policyObject) }),
    ...(scps === undefined ? {} : { scps }),
    ...(rcps === undefined ? {} : { rcps }),
    ...(managementAccounts.length === 0 ? {} : { managementAccounts }),
    ...(call.endpoint?.policy === undefined ? {} : { vpcEndpointPolicy: policyObject(call.endpoint.policy) }),
    ...(call.grants.size === 0 ? {} : { grants: call.grants.grants.map(grantOf) }),
    ...(Object.keys(request).length === 0 ? {} : { request }),
    context: contextOf(call),
  }
}

function policyObject(policy: CompiledPolicy): PolicyInput {
  // What `printPolicy` prints is a JSON object.
  return JSON.parse(printPolicy(documentOf(policy).document)) as PolicyInput
}

function principalOf({ type, arn, accountId, roleArn, userArn, isServiceLinkedRole }: Caller): SimulationPrincipal {
  return {
    type,
    arn,
    ...(accountId === undefined ? {} : { accountId }),
    ...(roleArn === undefined ? {} : { roleArn }),
    ...(userArn === undefined ? {} : { userArn }),
    ...(isServiceLinkedRole ? { isServiceLinkedRole } : {}),
  }
}

function resourceOf({ resource }: Call): SimulationResource | null {
  const { type, arn, accountId, awsManagedKey } = resource
  if (arn === undefined) return null
  return {
    // Of another service there is no type.
    type: type === 'other' || type === 'role' ? 'none' : type,
    arn,
    ...(accountId === undefined ? {} : { accountId }),
    ...(type === 'key' ? { keyManager: awsManagedKey ? 'AWS' : 'CUSTOMER' } : {}),
  }
}

function levelsOf(accountId: string | undefined, levels: PolicyLevels | undefined): SimulationLevels | undefined {
  if (accountId === undefined || levels === undefined) return undefined
  return { [accountId]: levels.map((policies) => policies.map(policyObject)) }
}

function managementAccountsOf(call: Call): readonly string[] {
  const accounts = [
    call.callerInManagementAccount ? call.subject.caller.accountId : undefined,
    call.resourceInManagementAccount ? call.resource.accountId : undefined,
  ]
  return [...new Set(accounts)].filter((account) => account !== undefined)
}

function grantOf(grant: Grant): SimulationGrant {
  const { grantId, keyArn, operations, issuingAccount, constraints, propagated } = grant
  return {
    GrantId: grantId,
    KeyId: keyArn,
    ...grantPrincipals(grant),
    ...(issuingAccount === undefined ? {} : { IssuingAccount: issuingAccount }),
    Operations: operations,
    ...(constraints === undefined ? {} : { Constraints: constraintsOf(constraints) }),
    ...(propagated ? {} : { propagated }),
  }
}

type GrantPrincipals = Pick<
  Grant,
  'granteePrincipal' | 'granteeServicePrincipal' | 'retiringPrincipal' | 'retiringServicePrincipal'
>

function grantPrincipals({
  granteePrincipal,
  granteeServicePrincipal,
  retiringPrincipal,
  retiringServicePrincipal,
}: GrantPrincipals): Pick<
  SimulationGrant,
  'GranteePrincipal' | 'GranteeServicePrincipal' | 'RetiringPrincipal' | 'RetiringServicePrincipal'
> {
  return {
    ...(granteePrincipal === undefined ? {} : { GranteePrincipal: granteePrincipal }),
    ...(granteeServicePrincipal === undefined ? {} : { GranteeServicePrincipal: granteeServicePrincipal }),
    ...(retiringPrincipal === undefined ? {} : { RetiringPrincipal: retiringPrincipal }),
    ...(retiringServicePrincipal === undefined ? {} : { RetiringServicePrincipal: retiringServicePrincipal }),
  }
}

function constraintsOf(constraints: GrantConstraints): SimulationConstraints {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = constraints
  return {
    ...(encryptionContextEquals === undefined ? {} : { EncryptionContextEquals: encryptionContextEquals }),
    ...(encryptionContextSubset === undefined ? {} : { EncryptionContextSubset: encryptionContextSubset }),
    ...(sourceArn === undefined ? {} : { SourceArn: sourceArn }),
  }
}

function requestOf({ encryptionContext, grantId, grantTokens, createGrant }: Call): SimulationRequest {
  return {
    ...(encryptionContext === undefined ? {} : { encryptionContext }),
    ...(grantId === undefined ? {} : { grantId }),
    ...(grantTokens.length === 0 ? {} : { grantTokens }),
    ...(createGrant === undefined ? {} : { createGrant: grantRequestOf(createGrant) }),
  }
}

function grantRequestOf({ operations, constraints }: ChildGrant): SimulationGrantRequest {
  return {
    Operations: operations,
    ...(constraints === undefined ? {} : { Constraints: constraintsOf(constraints) }),
  }
}

/** Every condition key that some policy of the world names and the request has. */
function contextOf({ subject, values }: Call): NonNullable<AuthorizeDocument['context']> {
  const context: Record<string, string | readonly string[]> = {}
  for (const [slot, value] of values.entries()) {
    if (value === undefined) continue
    const name = subject.tables.slotName(slot)
    const pattern = conditionKeyInfo(name)?.pattern
    context[pattern === undefined || pattern.includes('{') ? name : pattern] = value
  }
  return context
}
