/**
 * The statement that lets the account of a key decide by identity policies, put behind the others.
 *
 * Source: KMS Developer Guide, "Default key policy".
 */
import { appendItem } from '../edits.js'
import type { PolicyView } from '../policy-view.js'
import type { Fix } from '../rule.js'

/** Undefined where the policy has no list of statements, or is not known as it stands. */
export function addAccountStatement(
  { where, statement, symbols }: PolicyView,
  account: string,
  title: string,
): Fix | undefined {
  const list = statement?.value
  if (list?.kind !== 'array' || symbols.length > 0) return undefined
  const added = {
    Sid: 'Account',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: 'kms:*',
    Resource: '*',
  }
  return { safety: 'unsafe', title, edits: appendItem(where, list, added) }
}
