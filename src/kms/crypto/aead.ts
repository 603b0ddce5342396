/**
 * SYMMETRIC_DEFAULT: seals and opens ciphertext blobs.
 *
 * Each message is sealed with AES-256-GCM under a key of its own, derived from the material and a random 128-bit nonce
 * that the blob carries; so the nonce of GCM is constant, and no count of messages comes near a limit. The associated
 * data are the blob's header, which tells its own length, and the encoded encryption context. Knows nothing of stores,
 * states or callers.
 *
 * Source: NIST SP 800-108r1 and SP 800-38D; AWS KMS Cryptographic Details, "Symmetric key encryption".
 */

import { BLOB_NONCE_SIZE, encodeBlobPrefix, plaintextCapacity, type CiphertextBlob } from './blob.js'
import { INVALID_CIPHERTEXT, INVALID_LENGTH, type CryptoResult } from './crypto-error.js'
import { gcmOpen, gcmSeal, GCM_KEY_SIZE, GCM_NONCE_SIZE, GCM_TAG_SIZE } from './gcm.js'
import { HmacKey } from './hmac.js'
import { deriveKey } from './kdf.js'
import { fillRandom, type FillRandom } from './random.js'
import type { SecretPool } from './secret.js'

const LABEL = Buffer.from('keyward seal v1', 'latin1')
const CONSTANT_NONCE = Buffer.alloc(GCM_NONCE_SIZE)

/** Nonces by the page: asking for 16 random bytes costs as much as asking for 4096. A nonce is no secret. */
export class NonceSource {
  readonly #fill: FillRandom
  readonly #page = Buffer.alloc(256 * BLOB_NONCE_SIZE)
  #used = this.#page.length

  constructor(fill: FillRandom = fillRandom) {
    this.#fill = fill
  }

  /** Valid until the next call but 255. */
  next(): Buffer {
    if (this.#used === this.#page.length) {
      this.#fill(this.#page)
      this.#used = 0
    }
    const nonce = this.#page.subarray(this.#used, this.#used + BLOB_NONCE_SIZE)
    this.#used += BLOB_NONCE_SIZE
    return nonce
  }
}

/** One key material of one key, ready for use. */
export class SymmetricKey {
  readonly #secrets: SecretPool
  readonly #nonces: NonceSource
  readonly #root: HmacKey
  readonly #prefix: Buffer
  readonly #capacity: number

  /** @param material - 32 bytes, which stay with the caller. */
  constructor(keyId: string, materialId: string, material: Uint8Array, secrets: SecretPool, nonces: NonceSource) {
    if (material.length !== GCM_KEY_SIZE) throw new Error('symmetric key material is 32 bytes')
    this.#secrets = secrets
    this.#nonces = nonces
    this.#prefix = encodeBlobPrefix(keyId, materialId)
    this.#capacity = plaintextCapacity(this.#prefix)
    this.#root = new HmacKey('sha256', material, secrets)
  }

  /**
   * @param context - as `encodeEncryptionContext` writes it.
   * @returns a ciphertext blob.
   */
  seal(plaintext: Uint8Array, context: Uint8Array): CryptoResult<Buffer> {
    if (plaintext.length > this.#capacity) return INVALID_LENGTH
    const prefix = this.#prefix
    const bodyStart = prefix.length + BLOB_NONCE_SIZE
    const blob = Buffer.allocUnsafe(bodyStart + plaintext.length + GCM_TAG_SIZE)
    blob.set(prefix)
    blob.set(this.#nonces.next(), prefix.length)
    const header = blob.subarray(0, bodyStart)
    const key = deriveKey(this.#root, LABEL, header.subarray(prefix.length), GCM_KEY_SIZE, this.#secrets)
    const sealed = gcmSeal(key, CONSTANT_NONCE, withContext(header, context), plaintext)
    this.#secrets.release(key)
    if (!sealed.ok) return sealed
    blob.set(sealed.value.body, bodyStart)
    blob.set(sealed.value.tag, bodyStart + plaintext.length)
    return { ok: true, value: blob }
  }

  /** @returns the plaintext, a secret of the caller's. */
  open(blob: CiphertextBlob, context: Uint8Array): CryptoResult<Buffer> {
    // Another key may hold the same imported material; its blobs are not ours all the same.
    if (this.#prefix.compare(blob.header, 0, blob.header.length - BLOB_NONCE_SIZE) !== 0) return INVALID_CIPHERTEXT
    const key = deriveKey(this.#root, LABEL, blob.nonce, GCM_KEY_SIZE, this.#secrets)
    const opened = gcmOpen(key, CONSTANT_NONCE, withContext(blob.header, context), blob.body, blob.tag, this.#secrets)
    this.#secrets.release(key)
    return opened
  }

  release(): void {
    this.#root.release()
  }
}

/** The header tells its own length, so nothing stands between it and the context. */
function withContext(header: Buffer, context: Uint8Array): Buffer {
  if (context.length === 0) return header
  const bytes = Buffer.allocUnsafe(header.length + context.length)
  bytes.set(header)
  bytes.set(context, header.length)
  return bytes
}
