/**
 * The ways to name a KMS key that the API takes and policies do not: a key ID, a `mrk-` ID, an alias name.
 *
 * Source: KMS Developer Guide, "Key identifiers (KeyId)".
 */

const KEY_ID = /^(?:key\/)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const MULTI_REGION_ID = /^(?:key\/)?mrk-[0-9a-f]{32}$/i
const ALIAS_NAME = /^alias\/[A-Za-z0-9/_*?-]+$/

export function isKeyIdentifier(text: string): boolean {
  return KEY_ID.test(text) || MULTI_REGION_ID.test(text) || ALIAS_NAME.test(text)
}
