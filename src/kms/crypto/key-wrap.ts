/**
 * AES key wrap with padding, with a 256-bit key and no other.
 *
 * Source: RFC 5649; NIST SP 800-38F, section 6.3.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto'
import { INVALID_CIPHERTEXT, INVALID_LENGTH, type CryptoResult } from './crypto-error.js'
import type { SecretPool } from './secret.js'

export const WRAPPING_KEY_SIZE = 32
const CIPHER = 'id-aes256-wrap-pad'
const ALTERNATIVE_INITIAL_VALUE = Buffer.from('a65959a6', 'hex')
/** The semiblock; what is wrapped is at least two of them. */
const SEMIBLOCK = 8

export function wrapKey(wrappingKey: Uint8Array, plaintext: Uint8Array): CryptoResult<Buffer> {
  if (wrappingKey.length !== WRAPPING_KEY_SIZE || plaintext.length === 0) return INVALID_LENGTH
  const cipher = createCipheriv(CIPHER, wrappingKey, ALTERNATIVE_INITIAL_VALUE)
  return { ok: true, value: Buffer.concat([cipher.update(plaintext), cipher.final()]) }
}

/** @returns a secret of the caller's. */
export function unwrapKey(wrappingKey: Uint8Array, wrapped: Uint8Array, secrets: SecretPool): CryptoResult<Buffer> {
  if (wrappingKey.length !== WRAPPING_KEY_SIZE) return INVALID_LENGTH
  if (wrapped.length < 2 * SEMIBLOCK || wrapped.length % SEMIBLOCK !== 0) return INVALID_CIPHERTEXT
  try {
    const decipher = createDecipheriv(CIPHER, wrappingKey, ALTERNATIVE_INITIAL_VALUE)
    const plaintext = secrets.adopt(decipher.update(wrapped))
    // All of it comes from `update`; what follows checks nothing more.
    decipher.final()
    return { ok: true, value: plaintext }
  } catch {
    return INVALID_CIPHERTEXT
  }
}
