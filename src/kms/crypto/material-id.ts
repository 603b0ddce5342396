/**
 * The id of key material: 64 lower-case hexadecimal digits, from the key's id and the material.
 *
 * The same material in another key has another id. It is an HMAC under the material, so it says nothing about it; its
 * message begins with a letter and a derivation's (`kdf.ts`) with a counter, so neither is ever the other. Related
 * multi-Region keys share key id and material, and so this id.
 *
 * Source: AWS KMS API Reference, "ImportKeyMaterial", KeyMaterialId.
 */

import { HmacKey } from './hmac.js'
import type { SecretPool } from './secret.js'

const LABEL = 'keyward key material id v1\0'

/** @param keyId - without account and Region. */
export function keyMaterialId(keyId: string, material: Uint8Array, secrets: SecretPool): string {
  const key = new HmacKey('sha256', material, secrets)
  const id = key.mac(Buffer.from(LABEL + keyId, 'utf8')).toString('hex')
  key.release()
  return id
}
