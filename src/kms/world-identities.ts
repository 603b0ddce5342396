/**
 * The identity side of an engine from a world: who there is, which policies and accounts bear on them. The keys of a world
 * are not taken: an engine has its own.
 */
import type { AccountDefinition, PrincipalDefinition } from '../explain/authorizer.js'
import type { PolicyDocument } from '../policy/document.js'
import { policiesOf } from '../source/world/to-definition.js'
import type { AskedWorld, PolicyLevel, WorldAccount, WorldPrincipal } from '../source/world/world.js'
import { optional } from './caller.js'
import type { Identities } from './services.js'

/** @param arns - of the principals that are wanted; all of them when left out. */
export function identitiesOfWorld(
  world: AskedWorld,
  arns: Iterable<string> = world.principals.keys(),
): Required<Identities> {
  const principals: PrincipalDefinition[] = []
  for (const arn of arns) {
    const principal = world.principals.get(arn)
    if (principal !== undefined) principals.push(principalOf(world, principal))
  }
  return {
    principals,
    accounts: [...world.accounts.values()].map(accountOf),
    endpoints: [...world.endpoints.values()].map(({ endpointId, policy }) =>
      optional({ endpointId, policy: policy?.document }),
    ),
  }
}

function principalOf(world: AskedWorld, principal: WorldPrincipal): PrincipalDefinition {
  const { arn, boundary, tags, uniqueId } = principal
  const policies = policiesOf(world, principal).map(({ document }) => document)
  return optional({ arn, policies, boundary: boundary?.document, tags, uniqueId })
}

function accountOf(account: WorldAccount): AccountDefinition {
  const { accountId, isManagement, scps, rcps, organizationId, organizationPath } = account
  return optional({
    accountId,
    isManagement,
    scps: scps?.map(documents),
    rcps: rcps?.map(documents),
    organizationId,
    organizationPath,
  })
}

function documents({ policies }: PolicyLevel): readonly PolicyDocument[] {
  return policies.map(({ document }) => document)
}
