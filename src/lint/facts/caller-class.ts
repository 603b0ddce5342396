/**
 * Who the callers of a statement can be, as far as condition keys go: IAM principals or service principals.
 *
 * Source: authorization.md E and K-34, restated from IAM User Guide, "AWS global condition context keys".
 */
import { keyFacts, keyPresence } from './condition-key-facts.js'
import type { PrincipalView } from '../policy-view.js'

export type CallerClass = 'iam' | 'service'

const IAM_KINDS: ReadonlySet<string> = new Set(['account', 'user', 'role', 'session', 'federatedUser'])

/** Undefined where both kinds can call, or where it cannot be told. */
export function callerClass(principal: PrincipalView | undefined): CallerClass | undefined {
  if (principal === undefined || principal.negated || principal.entries.length === 0) return undefined
  const kinds = principal.entries.map(({ entry }) => entry?.kind)
  if (kinds.every((kind) => kind === 'service')) return 'service'
  return kinds.every((kind) => kind !== undefined && IAM_KINDS.has(kind)) ? 'iam' : undefined
}

/** Of calls that a service makes for a principal, and of who that principal is. */
const ON_BEHALF: ReadonlySet<string> = new Set([
  'kms:calleraccount',
  'kms:viaservice',
  'aws:calledvia',
  'aws:calledviafirst',
  'aws:calledvialast',
])

export function neverCarriedBy(key: string, callers: CallerClass): boolean {
  const presence = keyPresence(key)
  if (callers === 'iam') return presence === 'serviceCaller'
  if (presence === 'serviceCaller' || presence === 'always') return false
  const group = keyFacts(key)?.info?.group
  return group === 'principal' || group === 'session' || ON_BEHALF.has(key.toLowerCase())
}
