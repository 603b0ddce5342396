/**
 * The ciphertext blob of a symmetric key: which key and material sealed it, under which nonce, and what was sealed.
 *
 *   4  magic `KwC`, version 1
 *   1  length of the key id
 *   n  key id, printable ASCII, such as a UUID or `mrk-` and 32 digits
 *   32 key material id
 *   16 nonce
 *   .. body
 *   16 tag
 *
 * The key id without account and Region: a related multi-Region key opens the blob in its own Region. All before the
 * body is the header, which tells its own length, and which `aead.ts` authenticates. Reading is total: bytes that are
 * no blob are an error and never more. Whether the key exists is not known here.
 */

import { INVALID_CIPHERTEXT, type CryptoResult } from './crypto-error.js'
import { GCM_TAG_SIZE } from './gcm.js'

/** What the API lets through as a ciphertext blob. */
const MAX_BLOB_SIZE = 6144
export const BLOB_NONCE_SIZE = 16
const MAGIC = Buffer.from('KwC\x01', 'latin1')
const MATERIAL_ID_SIZE = 32

export interface CiphertextBlob {
  /** Without account and Region. */
  readonly keyId: string
  /** 64 lower-case hexadecimal digits. */
  readonly materialId: string
  readonly nonce: Buffer
  readonly body: Buffer
  readonly tag: Buffer
  /** All bytes before the body. */
  readonly header: Buffer
}

/**
 * The part of the header that is the same for all blobs of one key and material.
 * Throws on an id that no key has: ids come from the engine, never from a request.
 */
export function encodeBlobPrefix(keyId: string, materialId: string): Buffer {
  if (!/^[!-~]{1,255}$/.test(keyId)) throw new Error('a key id is 1 to 255 printable characters')
  if (!/^[0-9a-f]{64}$/.test(materialId)) throw new Error('a key material id is 64 lower-case hexadecimal digits')
  return Buffer.concat([
    MAGIC,
    Buffer.from([keyId.length]),
    Buffer.from(keyId, 'latin1'),
    Buffer.from(materialId, 'hex'),
  ])
}

/** How many bytes of plaintext fit a blob with this prefix. */
export function plaintextCapacity(prefix: Buffer): number {
  return MAX_BLOB_SIZE - prefix.length - BLOB_NONCE_SIZE - GCM_TAG_SIZE
}

/** The parts are views of the given bytes. */
export function decodeBlob(bytes: Uint8Array): CryptoResult<CiphertextBlob> {
  if (bytes.length > MAX_BLOB_SIZE || bytes.length < MAGIC.length + 1) return INVALID_CIPHERTEXT
  const blob = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let index = 0; index < MAGIC.length; index++) if (blob[index] !== MAGIC[index]) return INVALID_CIPHERTEXT
  const keyIdStart = MAGIC.length + 1
  const keyIdEnd = keyIdStart + (blob[MAGIC.length] ?? 0)
  const materialIdEnd = keyIdEnd + MATERIAL_ID_SIZE
  const headerEnd = materialIdEnd + BLOB_NONCE_SIZE
  const bodyEnd = blob.length - GCM_TAG_SIZE
  if (keyIdEnd === keyIdStart || bodyEnd < headerEnd) return INVALID_CIPHERTEXT
  for (let index = keyIdStart; index < keyIdEnd; index++) {
    const byte = blob[index] ?? 0
    if (byte < 0x21 || byte > 0x7e) return INVALID_CIPHERTEXT
  }
  return {
    ok: true,
    value: {
      keyId: blob.toString('latin1', keyIdStart, keyIdEnd),
      materialId: blob.toString('hex', keyIdEnd, materialIdEnd),
      nonce: blob.subarray(materialIdEnd, headerEnd),
      body: blob.subarray(headerEnd, bodyEnd),
      tag: blob.subarray(bodyEnd),
      header: blob.subarray(0, headerEnd),
    },
  }
}
