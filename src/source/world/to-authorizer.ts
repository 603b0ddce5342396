/**
 * Fills an authorizer from a world.
 *
 * The policies that it compiles know where they come from: `shownSource` gives an explanation their files.
 */
import { createAuthorizer, type Authorizer, type AuthorizerOptions } from '../../explain/authorizer.js'
import type { PolicyDocument } from '../../policy/document.js'
import type { PolicyLevel, World, WorldKey, WorldPolicy, WorldPrincipal } from './world.js'

export function toAuthorizer(world: World, options: AuthorizerOptions = {}): Authorizer {
  const authorizer = createAuthorizer(options)
  for (const { accountId, isManagement, scps, rcps, organizationId, organizationPath } of world.accounts.values()) {
    authorizer.putAccount({
      accountId,
      isManagement,
      ...(scps === undefined ? {} : { scps: documentLevels(scps) }),
      ...(rcps === undefined ? {} : { rcps: documentLevels(rcps) }),
      ...(organizationId === undefined ? {} : { organizationId }),
      ...(organizationPath === undefined ? {} : { organizationPath }),
    })
  }
  for (const principal of world.principals.values()) {
    const { arn, boundary, tags, uniqueId } = principal
    authorizer.putPrincipal({
      arn,
      policies: policiesOf(world, principal).map(({ document }) => document),
      ...(boundary === undefined ? {} : { boundary: boundary.document }),
      tags,
      ...(uniqueId === undefined ? {} : { uniqueId }),
    })
  }
  for (const key of world.keys.values()) putKey(authorizer, key)
  for (const { endpointId, policy } of world.endpoints.values()) {
    authorizer.putEndpoint({ endpointId, ...(policy === undefined ? {} : { policy: policy.document }) })
  }
  return authorizer
}

function putKey(authorizer: Authorizer, { arn, properties, policy, grants }: WorldKey): void {
  authorizer.putKey({ arn, ...properties, ...(policy === undefined ? {} : { policy: policy.document }), grants })
}

function documentLevels(levels: readonly PolicyLevel[]): readonly (readonly PolicyDocument[])[] {
  return levels.map(({ policies }) => policies.map(({ document }) => document))
}

/** The identity policies of a user or role: its own, then those of its groups. */
export function policiesOf(world: World, { inline, attached, groups }: WorldPrincipal): readonly WorldPolicy[] {
  const ofGroups = groups.flatMap((arn) => {
    const group = world.groups.get(arn)
    return group === undefined ? [] : [...group.inline, ...group.attached]
  })
  return [...inline, ...attached, ...ofGroups]
}
