/**
 * Condition keys that end where their tag or context key should stand: `aws:ResourceTag`, `kms:EncryptionContext:`.
 *
 * Source: IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "AWS KMS condition keys".
 */
import { CONDITION_KEYS } from '../../aws/condition-keys.js'

const PREFIXES: ReadonlySet<string> = new Set(
  CONDITION_KEYS.filter(({ pattern }) => pattern.endsWith('-key}')).map(({ pattern }) =>
    pattern.slice(0, pattern.indexOf('{')).toLowerCase(),
  ),
)

export function isTaglessKey(key: string): boolean {
  const lower = key.toLowerCase()
  return PREFIXES.has(lower) || PREFIXES.has(`${lower}/`) || PREFIXES.has(`${lower}:`)
}
