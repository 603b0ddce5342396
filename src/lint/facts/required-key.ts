/**
 * Whether a statement applies only to requests that carry a key: another test of it is false without the key.
 *
 * Source: IAM User Guide, "Conditions with multiple context keys or values".
 */
import { resultWithoutKey } from './absent-key.js'
import type { StatementView } from '../policy-view.js'

const requiredBy = new WeakMap<StatementView, ReadonlySet<string>>()

export function isKeyRequired(key: string, statement: StatementView): boolean {
  let required = requiredBy.get(statement)
  if (required === undefined) {
    required = requiredKeys(statement)
    requiredBy.set(statement, required)
  }
  return required.has(key.toLowerCase())
}

/** In lower case. A request with one tag, or one pair of the encryption context, has the set of their keys. */
function requiredKeys({ conditions }: StatementView): ReadonlySet<string> {
  const required = new Set<string>()
  for (const condition of conditions) {
    if (resultWithoutKey(condition) !== false) continue
    const lower = condition.key.key.toLowerCase()
    required.add(lower)
    if (lower.startsWith('aws:requesttag/')) required.add('aws:tagkeys')
    if (lower.startsWith('kms:encryptioncontext:')) required.add('kms:encryptioncontextkeys')
  }
  return required
}
