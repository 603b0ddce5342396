/**
 * The identity side of an engine from a world: who there is, which policies and accounts bear on them. The keys of a world
 * are not taken: an engine has its own.
 */
import { accountDefinition, endpointDefinition, principalDefinition } from '../source/world/to-definition.js'
import type { AskedWorld } from '../source/world/world.js'
import type { Identities } from './services.js'

/** @param arns - of the principals that are wanted; all of them when left out. */
export function identitiesOfWorld(
  world: AskedWorld,
  arns: Iterable<string> = world.principals.keys(),
): Required<Identities> {
  return {
    principals: [...arns].flatMap((arn) => principalDefinition(world, arn) ?? []),
    accounts: [...world.accounts.keys()].flatMap((id) => accountDefinition(world, id) ?? []),
    endpoints: [...world.endpoints.keys()].flatMap((id) => endpointDefinition(world, id) ?? []),
  }
}
