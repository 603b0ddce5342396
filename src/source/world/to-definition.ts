/**
 * The parts of a world as definitions: documents and facts, without files, as authorizers and symbolic questions take them.
 */
import type {
  AccountDefinition,
  EndpointDefinition,
  KeyDefinition,
  PrincipalDefinition,
} from '../../explain/authorizer.js'
import type { PolicyDocument } from '../../policy/document.js'
import type { WorldDefinition } from '../../solve/world.js'
import type { AskedWorld, PolicyLevel, WorldPolicy, WorldPrincipal } from './world.js'

/** All of a world. Reads every entry of one that reads its entries when they are asked for. */
export function worldDefinition(world: AskedWorld): WorldDefinition {
  const all = <T>(names: Iterable<string>, of: (world: AskedWorld, name: string) => T | undefined): T[] =>
    [...names].flatMap((name) => of(world, name) ?? [])
  return {
    accounts: all(world.accounts.keys(), accountDefinition),
    principals: all(world.principals.keys(), principalDefinition),
    keys: all(world.keys.keys(), keyDefinition),
    endpoints: all(world.endpoints.keys(), endpointDefinition),
  }
}

/** Undefined for one that the world does not have, as are the others below. */
export function accountDefinition(world: AskedWorld, id: string): AccountDefinition | undefined {
  const account = world.accounts.get(id)
  if (account === undefined) return undefined
  const { accountId, isManagement, scps, rcps, organizationId, organizationPath } = account
  return {
    accountId,
    isManagement,
    ...(scps === undefined ? {} : { scps: documentLevels(scps) }),
    ...(rcps === undefined ? {} : { rcps: documentLevels(rcps) }),
    ...(organizationId === undefined ? {} : { organizationId }),
    ...(organizationPath === undefined ? {} : { organizationPath }),
  }
}

export function principalDefinition(world: AskedWorld, principalArn: string): PrincipalDefinition | undefined {
  const principal = world.principals.get(principalArn)
  if (principal === undefined) return undefined
  const { arn, boundary, tags, uniqueId, trust, maxSessionSeconds } = principal
  return {
    arn,
    policies: policiesOf(world, principal).map(({ document }) => document),
    ...(boundary === undefined ? {} : { boundary: boundary.document }),
    tags,
    ...(uniqueId === undefined ? {} : { uniqueId }),
    ...(trust === undefined ? {} : { trust }),
    ...(maxSessionSeconds === undefined ? {} : { maxSessionSeconds }),
  }
}

export function keyDefinition(world: AskedWorld, keyArn: string): KeyDefinition | undefined {
  const key = world.keys.get(keyArn)
  if (key === undefined) return undefined
  const { arn, properties, policy, grants } = key
  return { arn, ...properties, ...(policy === undefined ? {} : { policy: policy.document }), grants }
}

export function endpointDefinition(world: AskedWorld, id: string): EndpointDefinition | undefined {
  const endpoint = world.endpoints.get(id)
  if (endpoint === undefined) return undefined
  const { endpointId, policy } = endpoint
  return { endpointId, ...(policy === undefined ? {} : { policy: policy.document }) }
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
