/**
 * The decisions that AWS documents leave open, where a user may know better (facts K-14, K-15, K-26, K-33), and how
 * careful a Deny is.
 *
 * Everything else is decided once and listed in `docs/decisions.md`.
 */
import type { GrantOptions } from '../graph/grant.js'
import type { NotPrincipalAncestors } from '../graph/subject.js'

export interface DecisionOptions extends GrantOptions {
  readonly notPrincipalAncestors: NotPrincipalAncestors
  /**
   * What becomes of a condition whose values cannot be compared (K-12, K-32). `ignore`: it is false, so a Deny that has
   * it does not apply; AWS is taken to do so. `deny`: such a Deny applies, for who would rather refuse than let through.
   */
  readonly uncomparable: 'ignore' | 'deny'
}

/**
 * The recommended readings.
 *
 * `grantBoundary` (K-14): implicit denies of a boundary or session policy limit grants to a role, not grants to a user,
 * session or service. `rootGrantee` (K-15): an account as grantee is a delegation. `notPrincipalAncestors` (K-26): a
 * NotPrincipal exempts a caller only when its account, and for a session its role, are listed too.
 * `retireByIdentity` (K-33): an identity Allow of kms:RetireGrant suffices in the key's and in the issuing account.
 */
export const DEFAULT_OPTIONS: DecisionOptions = {
  grantBoundary: 'roleGrantees',
  rootGrantee: 'delegates',
  notPrincipalAncestors: 'required',
  retireByIdentity: true,
  uncomparable: 'ignore',
}
