/**
 * Sign and verify by key spec, algorithm and message type: which of them go together, and which primitive it is.
 *
 * Source: AWS KMS API Reference, "Sign", "Verify"; Developer Guide, "Key spec reference".
 */

import { INVALID_SIGNATURE, UNSUPPORTED_ALGORITHM, type CryptoResult } from './crypto-error.js'
import { ecdsaSign, ecdsaVerify } from './ecdsa.js'
import { ed25519phSign, ed25519phVerify, ed25519Sign, ed25519Verify } from './eddsa.js'
import type { PrivateKey, PublicKey } from './key-pair.js'
import {
  CURVES,
  isEcdsaSpec,
  isMlDsaSpec,
  isRsaSpec,
  type AsymmetricSpec,
  type MessageType,
  type SigningAlgorithm,
} from './key-spec.js'
import { mlDsaSign, mlDsaVerify } from './ml-dsa.js'
import { isRsaSigningAlgorithm, rsaSign, rsaVerify } from './rsa.js'
import type { SecretPool } from './secret.js'
import { sm2Sign, sm2Verify } from './sm2.js'

/** Whether a key of this spec has the algorithm, and the algorithm this message type. */
export function canSign(spec: AsymmetricSpec, algorithm: SigningAlgorithm, messageType: MessageType): boolean {
  if (isRsaSpec(spec)) return isRsaSigningAlgorithm(algorithm) && messageType !== 'EXTERNAL_MU'
  if (isEcdsaSpec(spec)) return CURVES[spec].algorithm === algorithm && messageType !== 'EXTERNAL_MU'
  if (isMlDsaSpec(spec)) return algorithm === 'ML_DSA_SHAKE_256' && messageType !== 'DIGEST'
  if (spec === 'SM2') return algorithm === 'SM2DSA' && messageType !== 'EXTERNAL_MU'
  if (spec !== 'ECC_NIST_EDWARDS25519') return false
  return algorithm === 'ED25519_SHA_512'
    ? messageType === 'RAW'
    : algorithm === 'ED25519_PH_SHA_512' && messageType === 'DIGEST'
}

export function signMessage(
  privateKey: PrivateKey,
  algorithm: SigningAlgorithm,
  messageType: MessageType,
  message: Uint8Array,
  secrets: SecretPool,
): CryptoResult<Buffer> {
  const { spec } = privateKey
  if (!canSign(spec, algorithm, messageType)) return UNSUPPORTED_ALGORITHM
  if (privateKey.form === 'seed') {
    if (privateKey.spec === 'SM2') return sm2Sign(privateKey.seed, messageType, message, secrets)
    return isMlDsaSpec(spec) ? mlDsaSign(spec, privateKey.seed, messageType, message, secrets) : UNSUPPORTED_ALGORITHM
  }
  if (isRsaSigningAlgorithm(algorithm)) return rsaSign(privateKey.key, algorithm, messageType, message)
  if (isEcdsaSpec(spec)) return ecdsaSign(spec, privateKey.key, messageType, message, secrets)
  if (algorithm === 'ED25519_PH_SHA_512') return ed25519phSign(privateKey.key, message, secrets)
  return { ok: true, value: ed25519Sign(privateKey.key, message) }
}

export function verifyMessage(
  publicKey: PublicKey,
  algorithm: SigningAlgorithm,
  messageType: MessageType,
  message: Uint8Array,
  signature: Uint8Array,
): CryptoResult<void> {
  const { spec } = publicKey
  if (!canSign(spec, algorithm, messageType)) return UNSUPPORTED_ALGORITHM
  if (publicKey.form === 'spki') {
    if (publicKey.spec === 'SM2') return sm2Verify(publicKey.spki, messageType, message, signature)
    return isMlDsaSpec(spec) ? mlDsaVerify(spec, publicKey.spki, messageType, message, signature) : INVALID_SIGNATURE
  }
  if (isRsaSigningAlgorithm(algorithm)) return rsaVerify(publicKey.key, algorithm, messageType, message, signature)
  if (isEcdsaSpec(spec)) return ecdsaVerify(spec, publicKey.key, messageType, message, signature)
  if (algorithm === 'ED25519_PH_SHA_512') return ed25519phVerify(publicKey.key, message, signature)
  return ed25519Verify(publicKey.key, message, signature)
}
