/**
 * An assertion of the project as a statement: what it says of who may do what.
 *
 * Principals are ARNs, account numbers, service principals, patterns of ARNs, or `*`; resources are patterns of ARNs.
 *
 * Source: docs/lint.md, "Assertions".
 */
import { statementOf } from './compared-policies.js'
import { overlaps } from './pattern-overlap.js'
import type { PolicyView } from '../policy-view.js'
import type { ProjectAssertion } from '../rule.js'
import type { PolicyKind, Statement } from '../../policy/document.js'
import { isAccountId } from '../../text/arn.js'

const WITH_PRINCIPALS: ReadonlySet<PolicyKind> = new Set(['key', 'rcp', 'vpce'])

/**
 * Statements that stand for the requests of the assertion, as far as a policy of this kind can be asked about them.
 * Whoever holds a policy without principals may be anybody.
 */
export function requestsOf(
  { actions, principals, resources }: ProjectAssertion,
  { kind }: PolicyView,
  effect: 'Allow' | 'Deny',
): readonly Statement[] {
  if (!WITH_PRINCIPALS.has(kind)) {
    return principals.includes('*') ? [statementOf(kind, effect, { Action: actions, Resource: resources })] : []
  }
  if (kind === 'key' && !resources.some(isAnyKey)) return []
  return principals.map((principal) =>
    statementOf(kind, effect, { ...principalElement(principal), Action: actions, Resource: '*' }),
  )
}

/** Which key a policy is of is seldom known, so an assertion about single keys is none about it. */
function isAnyKey(pattern: string): boolean {
  return (
    overlaps(pattern, 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab') &&
    /[*]$/.test(pattern)
  )
}

function principalElement(principal: string): object {
  if (principal === '*') return { Principal: '*' }
  if (isAccountId(principal)) return { Principal: { AWS: `arn:aws:iam::${principal}:root` } }
  if (/^[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?$/.test(principal)) return { Principal: { Service: principal } }
  if (!/[*?]/.test(principal)) return { Principal: { AWS: principal } }
  return { Principal: '*', Condition: { StringLike: { 'aws:PrincipalArn': principal } } }
}
