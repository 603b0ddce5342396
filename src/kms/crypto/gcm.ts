/**
 * AES-256-GCM with a 96-bit nonce and a 128-bit tag, and no other parameters.
 *
 * Whoever calls sees to it that a key meets a nonce once. What the associated data mean is not known here.
 *
 * Source: NIST SP 800-38D.
 */

import { createCipheriv, createDecipheriv, createSecretKey, type CipherKey } from 'node:crypto'
import { INVALID_CIPHERTEXT, INVALID_LENGTH, type CryptoResult } from './crypto-error.js'
import type { SecretPool } from './secret.js'

export const GCM_KEY_SIZE = 32
export const GCM_NONCE_SIZE = 12
export const GCM_TAG_SIZE = 16

/**
 * Since Node.js 24 a cipher takes a key object three times as fast as the same key in a buffer; before, a buffer is
 * taken twice as fast. A key object's memory is wiped when it is collected.
 */
const TAKES_KEY_OBJECTS = Number(process.versions.node.split('.')[0]) >= 24

function cipherKey(key: Uint8Array): CipherKey {
  return TAKES_KEY_OBJECTS ? createSecretKey(key) : key
}

/** @returns ciphertext and tag, which are no secrets. */
export function gcmSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  associatedData: Uint8Array,
  plaintext: Uint8Array,
): CryptoResult<{ readonly body: Buffer; readonly tag: Buffer }> {
  if (key.length !== GCM_KEY_SIZE || nonce.length !== GCM_NONCE_SIZE) return INVALID_LENGTH
  const cipher = createCipheriv('aes-256-gcm', cipherKey(key), nonce)
  cipher.setAAD(associatedData)
  const body = cipher.update(plaintext)
  cipher.final()
  return { ok: true, value: { body, tag: cipher.getAuthTag() } }
}

/** @returns the plaintext, a secret of the caller's. */
export function gcmOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  associatedData: Uint8Array,
  body: Uint8Array,
  tag: Uint8Array,
  secrets: SecretPool,
): CryptoResult<Buffer> {
  if (key.length !== GCM_KEY_SIZE || nonce.length !== GCM_NONCE_SIZE) return INVALID_LENGTH
  // Node.js would take a shorter tag as one.
  if (tag.length !== GCM_TAG_SIZE) return INVALID_CIPHERTEXT
  const decipher = createDecipheriv('aes-256-gcm', cipherKey(key), nonce)
  decipher.setAAD(associatedData)
  decipher.setAuthTag(tag)
  const plaintext = secrets.adopt(decipher.update(body))
  try {
    decipher.final()
  } catch {
    secrets.release(plaintext)
    return INVALID_CIPHERTEXT
  }
  return { ok: true, value: plaintext }
}
