/**
 * Whether access of a key policy is of somebody outside of the project's accounts.
 *
 * Source: KMS Developer Guide, "Allowing users in other accounts to use a KMS key".
 */
import { ownAccount } from './own-account.js'
import type { PolicyView } from '../policy-view.js'
import type { ProjectFacts } from '../rule.js'
import type { Difference } from '../../solve/access.js'

/** Of the caller of the request that shows it. Services are of no account. */
export function isOutside({ callers }: Difference, policy: PolicyView, project: ProjectFacts): boolean {
  const own = ownAccount(policy, project)
  const [caller] = callers
  return own !== undefined && caller?.accountId !== undefined && !own.all.has(caller.accountId)
}
