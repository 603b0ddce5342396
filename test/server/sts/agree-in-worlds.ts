/**
 * Assuming roles in a world: the authorizer and the slow interpreter of `test/reference` say the same (invariant I4).
 *
 * `test/decide/agreement.test.ts` asks simulation documents; here the same questions are put to a world that has the
 * roles with their trust policies, by gates and without.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { AuthorizationRequest } from '../../../src/decide/resolve.js'
import { createAuthorizer, type Authorizer, type PrincipalDefinition } from '../../../src/explain/authorizer.js'
import type { PolicyDocument, PolicyKind } from '../../../src/policy/document.js'
import { parsePolicyValue } from '../../../src/policy/parse.js'
import type { AuthorizeDocument, PolicyJson } from '../../reference/document.js'
import { assumeRoleDocuments } from '../../reference/generate.js'
import { interpret } from '../../reference/interpret.js'

export function parsed(policy: PolicyJson, kind: PolicyKind): PolicyDocument {
  const read = parsePolicyValue(policy, kind)
  if (!read.ok) throw new Error(read.error.map(({ message }) => message).join('; '))
  return read.value
}

/** Whoever has the policies of the caller; nobody for root users and services. */
function ownerOf({ principal: { type, arn, roleArn, userArn } }: AuthorizeDocument): string | undefined {
  if (type === 'user') return arn
  if (type === 'role') return roleArn ?? arn
  return type === 'federated' ? (userArn ?? undefined) : undefined
}

function worldOf(document: AuthorizeDocument): Authorizer {
  const authorizer = createAuthorizer()
  const { identityPolicies, permissionsBoundary, resource, keyPolicy, scps, rcps, managementAccounts } = document
  const owner = ownerOf(document)
  const role = resource?.arn ?? ''
  const principals = new Map<string, PrincipalDefinition>([[role, { arn: role }]])
  if (owner !== undefined) {
    principals.set(owner, {
      arn: owner,
      policies: (identityPolicies ?? []).map((policy) => parsed(policy, 'identity')),
      ...(permissionsBoundary ? { boundary: parsed(permissionsBoundary, 'boundary') } : {}),
    })
  }
  const trust = keyPolicy ? parsed(keyPolicy, 'trust') : undefined
  principals.set(role, { ...principals.get(role), arn: role, trust: { read: () => trust } })
  for (const principal of principals.values()) authorizer.putPrincipal(principal)
  const accounts = new Set([...Object.keys(scps ?? {}), ...Object.keys(rcps ?? {}), ...(managementAccounts ?? [])])
  for (const accountId of accounts) {
    const levels = (all: typeof scps, kind: PolicyKind): readonly (readonly PolicyDocument[])[] | undefined =>
      all?.[accountId]?.map((level) => level.map((policy) => parsed(policy, kind)))
    const own = { scps: levels(scps, 'scp'), rcps: levels(rcps, 'rcp') }
    authorizer.putAccount({
      accountId,
      isManagement: managementAccounts?.includes(accountId) ?? false,
      ...(own.scps === undefined ? {} : { scps: own.scps }),
      ...(own.rcps === undefined ? {} : { rcps: own.rcps }),
    })
  }
  return authorizer
}

function requestOf(document: AuthorizeDocument, authorizer: Authorizer): AuthorizationRequest {
  const { principal, action, resource, sessionPolicies, vpcEndpointPolicy } = document
  const context = document.context ?? {}
  const endpoint = Object.entries(context).find(([key]) => key.toLowerCase() === 'aws:sourcevpce')?.[1]
  if (typeof endpoint === 'string' && vpcEndpointPolicy) {
    authorizer.putEndpoint({ endpointId: endpoint, policy: parsed(vpcEndpointPolicy, 'vpce') })
  }
  return {
    principal: principal.arn,
    action,
    derive: false,
    context,
    ...(resource?.arn ? { resource: resource.arn } : {}),
    ...(principal.userArn ? { userArn: principal.userArn } : {}),
    ...(sessionPolicies
      ? { sessionPolicies: sessionPolicies.map((policy) => authorizer.compile(parsed(policy, 'session'))) }
      : {}),
  }
}

/** Each world is asked five times. */
export function expectSameInWorlds(worlds: number): void {
  const decisions = new Set<string>()
  fc.assert(
    fc.property(assumeRoleDocuments(), (document) => {
      const authorizer = worldOf(document)
      const request = requestOf(document, authorizer)
      const { decision, layer } = interpret(document)
      decisions.add(`${decision} ${layer}`)
      // From the third time on by a gate.
      for (let time = 0; time < 5; time++) expect(authorizer.authorize(request)).toEqual({ decision, layer })
      const traced = authorizer.trace(request)
      expect(traced.ok && traced.value.outcome).toEqual({ decision, layer })
      expect(authorizer.explain(request).ok).toBe(true)
    }),
    { numRuns: worlds, seed: 20260315 },
  )
  expect(decisions.size).toBeGreaterThan(12)
}
