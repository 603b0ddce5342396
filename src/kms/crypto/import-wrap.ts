/**
 * How material is wrapped on its way into a key: RSA-OAEP alone, or RSA-OAEP of a 256-bit AES key followed by the
 * material under that key (AES key wrap with padding); or SM2.
 *
 * Which material fits which algorithm is the operation's to say, and whether it is material of the key's spec
 * `import-material.ts` does.
 *
 * Source: AWS KMS API Reference, "GetParametersForImport"; PKCS #11, CKM_RSA_AES_KEY_WRAP.
 */

import type { KeyObject } from 'node:crypto'
import { INVALID_CIPHERTEXT, UNSUPPORTED_ALGORITHM, type CryptoResult } from './crypto-error.js'
import type { RsaEncryptionAlgorithm, RsaWrappingAlgorithm, WrappingAlgorithm } from './key-spec.js'
import { unwrapKey, wrapKey, WRAPPING_KEY_SIZE } from './key-wrap.js'
import { randomSecret, type FillRandom } from './random.js'
import { modulusSize, rsaDecrypt, rsaEncrypt } from './rsa.js'
import type { SecretPool } from './secret.js'
import { sm2Decrypt } from './sm2.js'

interface Scheme {
  readonly encryption: RsaEncryptionAlgorithm
  /** Whether an AES key stands between the RSA key and the material. */
  readonly hasAesKey: boolean
}

const SCHEMES: Readonly<Record<RsaWrappingAlgorithm, Scheme>> = {
  RSAES_OAEP_SHA_1: { encryption: 'RSAES_OAEP_SHA_1', hasAesKey: false },
  RSAES_OAEP_SHA_256: { encryption: 'RSAES_OAEP_SHA_256', hasAesKey: false },
  RSA_AES_KEY_WRAP_SHA_1: { encryption: 'RSAES_OAEP_SHA_1', hasAesKey: true },
  RSA_AES_KEY_WRAP_SHA_256: { encryption: 'RSAES_OAEP_SHA_256', hasAesKey: true },
}

/** The private half of a wrapping key; that of SM2 is its scalar, a secret. */
export type WrappingKey = KeyObject | Uint8Array

/** @returns the material, a secret of the caller's. */
export function unwrapMaterial(
  wrappingKey: WrappingKey,
  algorithm: WrappingAlgorithm,
  wrapped: Uint8Array,
  secrets: SecretPool,
): CryptoResult<Buffer> {
  if (wrappingKey instanceof Uint8Array || algorithm === 'SM2PKE') {
    const isSm2 = algorithm === 'SM2PKE' && Buffer.isBuffer(wrappingKey)
    return isSm2 ? sm2Decrypt(wrappingKey, wrapped, secrets) : UNSUPPORTED_ALGORITHM
  }
  const { encryption, hasAesKey } = SCHEMES[algorithm]
  if (!hasAesKey) return rsaDecrypt(wrappingKey, encryption, wrapped, secrets)
  const size = modulusSize(wrappingKey)
  const aesKey = rsaDecrypt(wrappingKey, encryption, wrapped.subarray(0, size), secrets)
  if (!aesKey.ok) return aesKey
  const material = unwrapKey(aesKey.value, wrapped.subarray(size), secrets)
  secrets.release(aesKey.value)
  return material.ok ? material : INVALID_CIPHERTEXT
}

/** What the owner of the material does before ImportKeyMaterial. */
export function wrapMaterial(
  wrappingPublicKey: KeyObject,
  algorithm: RsaWrappingAlgorithm,
  material: Uint8Array,
  secrets: SecretPool,
  fill?: FillRandom,
): CryptoResult<Buffer> {
  const { encryption, hasAesKey } = SCHEMES[algorithm]
  if (!hasAesKey) return rsaEncrypt(wrappingPublicKey, encryption, material)
  const aesKey = randomSecret(WRAPPING_KEY_SIZE, secrets, fill)
  const wrappedKey = rsaEncrypt(wrappingPublicKey, encryption, aesKey)
  const wrapped = wrapKey(aesKey, material)
  secrets.release(aesKey)
  if (!wrappedKey.ok) return wrappedKey
  return wrapped.ok ? { ok: true, value: Buffer.concat([wrappedKey.value, wrapped.value]) } : wrapped
}
