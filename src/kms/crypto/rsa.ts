/**
 * RSA: encryption with OAEP, signatures with PSS and PKCS #1 v1.5.
 *
 * OAEP uses one hash for label and mask, and the empty label. PSS uses a salt as long as the digest. A raw message is
 * OpenSSL's from end to end; a given digest gets its padding from `rsa-padding.ts` and OpenSSL's bare operation, which
 * is blinded as well. The two check each other in the tests.
 *
 * Source: RFC 8017; AWS KMS API Reference, "Encrypt", "Sign".
 */

import {
  constants,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import {
  INVALID_CIPHERTEXT,
  INVALID_LENGTH,
  INVALID_SIGNATURE,
  PASSED,
  UNSUPPORTED_ALGORITHM,
  type CryptoResult,
} from './crypto-error.js'
import { DIGEST_SIZE, type MessageType, type RsaEncryptionAlgorithm, type RsaSigningAlgorithm } from './key-spec.js'
import { encodePkcs1, encodePss, isPkcs1, isPss } from './rsa-padding.js'
import type { SecretPool } from './secret.js'

const OAEP_HASH = {
  RSAES_OAEP_SHA_1: 'sha1',
  RSAES_OAEP_SHA_256: 'sha256',
} as const satisfies Record<RsaEncryptionAlgorithm, string>

const SIGNATURES = {
  RSASSA_PSS_SHA_256: { hash: 'sha256', isPss: true },
  RSASSA_PSS_SHA_384: { hash: 'sha384', isPss: true },
  RSASSA_PSS_SHA_512: { hash: 'sha512', isPss: true },
  RSASSA_PKCS1_V1_5_SHA_256: { hash: 'sha256', isPss: false },
  RSASSA_PKCS1_V1_5_SHA_384: { hash: 'sha384', isPss: false },
  RSASSA_PKCS1_V1_5_SHA_512: { hash: 'sha512', isPss: false },
} as const satisfies Record<RsaSigningAlgorithm, unknown>

export function isRsaSigningAlgorithm(algorithm: string): algorithm is RsaSigningAlgorithm {
  return Object.hasOwn(SIGNATURES, algorithm)
}

/** Bytes of the modulus, which are those of a ciphertext and of a signature. */
export function modulusSize(key: KeyObject): number {
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (key.asymmetricKeyType !== 'rsa' || bits === undefined) throw new Error('not an RSA key')
  return Math.ceil(bits / 8)
}

/** Most bytes that OAEP takes: the modulus less two digests and two bytes. */
export function maxOaepPlaintext(key: KeyObject, algorithm: RsaEncryptionAlgorithm): number {
  return modulusSize(key) - 2 * DIGEST_SIZE[OAEP_HASH[algorithm]] - 2
}

export function rsaEncrypt(
  publicKey: KeyObject,
  algorithm: RsaEncryptionAlgorithm,
  plaintext: Uint8Array,
): CryptoResult<Buffer> {
  if (plaintext.length > maxOaepPlaintext(publicKey, algorithm)) return INVALID_LENGTH
  return { ok: true, value: publicEncrypt(oaep(publicKey, algorithm), plaintext) }
}

/** @returns the plaintext, a secret of the caller's. */
export function rsaDecrypt(
  privateKey: KeyObject,
  algorithm: RsaEncryptionAlgorithm,
  ciphertext: Uint8Array,
  secrets: SecretPool,
): CryptoResult<Buffer> {
  if (ciphertext.length !== modulusSize(privateKey)) return INVALID_CIPHERTEXT
  try {
    return { ok: true, value: secrets.adopt(privateDecrypt(oaep(privateKey, algorithm), ciphertext)) }
  } catch {
    // A number above the modulus, or a padding that is wrong in any way.
    return INVALID_CIPHERTEXT
  }
}

function oaep(key: KeyObject, algorithm: RsaEncryptionAlgorithm) {
  return { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: OAEP_HASH[algorithm] }
}

/** @param message - the digest itself with the message type DIGEST. */
export function rsaSign(
  privateKey: KeyObject,
  algorithm: RsaSigningAlgorithm,
  messageType: MessageType,
  message: Uint8Array,
): CryptoResult<Buffer> {
  const { hash, isPss: usesPss } = SIGNATURES[algorithm]
  if (messageType === 'EXTERNAL_MU') return UNSUPPORTED_ALGORITHM
  if (messageType === 'RAW') return { ok: true, value: sign(hash, message, signature(privateKey, usesPss)) }
  if (message.length !== DIGEST_SIZE[hash]) return INVALID_LENGTH
  const size = modulusSize(privateKey)
  const encoded = usesPss
    ? encodePss(hash, message, randomBytes(DIGEST_SIZE[hash]), size)
    : encodePkcs1(hash, message, size)
  return { ok: true, value: privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded) }
}

export function rsaVerify(
  publicKey: KeyObject,
  algorithm: RsaSigningAlgorithm,
  messageType: MessageType,
  message: Uint8Array,
  given: Uint8Array,
): CryptoResult<void> {
  const { hash, isPss: usesPss } = SIGNATURES[algorithm]
  if (messageType === 'EXTERNAL_MU') return UNSUPPORTED_ALGORITHM
  if (messageType === 'DIGEST' && message.length !== DIGEST_SIZE[hash]) return INVALID_LENGTH
  if (given.length !== modulusSize(publicKey)) return INVALID_SIGNATURE
  if (messageType === 'RAW') {
    return verify(hash, message, signature(publicKey, usesPss), given) ? PASSED : INVALID_SIGNATURE
  }
  let encoded: Buffer
  try {
    encoded = publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, given)
  } catch {
    // A number above the modulus.
    return INVALID_SIGNATURE
  }
  const matches = usesPss ? isPss(hash, message, encoded) : isPkcs1(hash, message, encoded)
  return matches ? PASSED : INVALID_SIGNATURE
}

function signature(key: KeyObject, usesPss: boolean) {
  return usesPss
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { key, padding: constants.RSA_PKCS1_PADDING }
}
