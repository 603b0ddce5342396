/**
 * Fills an authorizer from a world: with all of it, or with what a question is about.
 *
 * The policies that it compiles know where they come from: `shownSource` gives an explanation their files.
 */
import { createAuthorizer, type Authorizer, type AuthorizerOptions } from '../../explain/authorizer.js'
import type { PolicyDocument } from '../../policy/document.js'
import type { AskedWorld, PolicyLevel, WorldPolicy, WorldPrincipal } from './world.js'

/** An authorizer that knows the whole world. */
export function toAuthorizer(world: AskedWorld, options: AuthorizerOptions = {}): Authorizer {
  const authorizer = createAuthorizer(options)
  for (const accountId of world.accounts.keys()) putAccount(world, authorizer, accountId)
  for (const arn of world.principals.keys()) putPrincipal(world, authorizer, arn)
  for (const arn of world.keys.keys()) putKey(world, authorizer, arn)
  for (const endpointId of world.endpoints.keys()) putEndpoint(world, authorizer, endpointId)
  return authorizer
}

/** Adds an account; one that the world does not have is left out, as are the others below. */
export function putAccount(world: AskedWorld, authorizer: Authorizer, id: string): void {
  const account = world.accounts.get(id)
  if (account === undefined) return
  const { accountId, isManagement, scps, rcps, organizationId, organizationPath } = account
  authorizer.putAccount({
    accountId,
    isManagement,
    ...(scps === undefined ? {} : { scps: documentLevels(scps) }),
    ...(rcps === undefined ? {} : { rcps: documentLevels(rcps) }),
    ...(organizationId === undefined ? {} : { organizationId }),
    ...(organizationPath === undefined ? {} : { organizationPath }),
  })
}

export function putPrincipal(world: AskedWorld, authorizer: Authorizer, principalArn: string): void {
  const principal = world.principals.get(principalArn)
  if (principal === undefined) return
  const { arn, boundary, tags, uniqueId } = principal
  authorizer.putPrincipal({
    arn,
    policies: policiesOf(world, principal).map(({ document }) => document),
    ...(boundary === undefined ? {} : { boundary: boundary.document }),
    tags,
    ...(uniqueId === undefined ? {} : { uniqueId }),
  })
}

export function putKey(world: AskedWorld, authorizer: Authorizer, keyArn: string): void {
  const key = world.keys.get(keyArn)
  if (key === undefined) return
  const { arn, properties, policy, grants } = key
  authorizer.putKey({ arn, ...properties, ...(policy === undefined ? {} : { policy: policy.document }), grants })
}

export function putEndpoint(world: AskedWorld, authorizer: Authorizer, id: string): void {
  const endpoint = world.endpoints.get(id)
  if (endpoint === undefined) return
  const { endpointId, policy } = endpoint
  authorizer.putEndpoint({ endpointId, ...(policy === undefined ? {} : { policy: policy.document }) })
}

function documentLevels(levels: readonly PolicyLevel[]): readonly (readonly PolicyDocument[])[] {
  return levels.map(({ policies }) => policies.map(({ document }) => document))
}

/** The identity policies of a user or role: its own, then those of its groups. */
export function policiesOf(world: AskedWorld, { inline, attached, groups }: WorldPrincipal): readonly WorldPolicy[] {
  const ofGroups = groups.flatMap((arn) => {
    const group = world.groups.get(arn)
    return group === undefined ? [] : [...group.inline, ...group.attached]
  })
  return [...inline, ...attached, ...ofGroups]
}
