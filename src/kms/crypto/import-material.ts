/**
 * Imported key material: is it material of this key spec, and how is it kept?
 *
 * RSA and curve keys come as PKCS #8 DER and are kept in the form in which our own are; whatever else stood in what came
 * (attributes, a public key, another spelling) is left behind, and a public key that does not belong to the private one
 * is refused. ML-DSA and ML-KEM keys cannot be imported.
 *
 * Source: AWS KMS Developer Guide, "Importing key material"; FIPS 186-5, appendix A.1.1 (RSA exponents).
 */

import { createPrivateKey, createPublicKey, randomBytes, type KeyObject } from 'node:crypto'
import { INVALID_KEY, INVALID_LENGTH, UNSUPPORTED_ALGORITHM, type CryptoResult } from './crypto-error.js'
import { ecPoint, ecPrivateKeyInfo, scalarOf } from './ec-key.js'
import { isOfSpec } from './key-pair.js'
import {
  CURVES,
  isEcdsaSpec,
  isHmacSpec,
  isMlDsaSpec,
  isMlKemSpec,
  isRsaSpec,
  type EcdsaSpec,
  type Ed25519Spec,
  type HmacSpec,
  type KeySpec,
  type RsaSpec,
} from './key-spec.js'
import { rsaSign, rsaVerify } from './rsa.js'
import type { SecretPool } from './secret.js'
import { readSm2PrivateKey } from './sm2-curve.js'

/** Fewest and most bytes. */
const IMPORT_SIZE: Readonly<Record<'SYMMETRIC_DEFAULT' | HmacSpec, readonly [number, number]>> = {
  SYMMETRIC_DEFAULT: [32, 32],
  HMAC_224: [28, 64],
  HMAC_256: [32, 64],
  HMAC_384: [48, 128],
  HMAC_512: [64, 128],
}

const MIN_RSA_EXPONENT = 65537n
const MAX_RSA_EXPONENT = 1n << 256n

/**
 * @param bytes - stay with the caller.
 * @returns what is kept, a secret of the caller's.
 */
export function importMaterial(spec: KeySpec, bytes: Uint8Array, secrets: SecretPool): CryptoResult<Buffer> {
  if (spec === 'SYMMETRIC_DEFAULT' || isHmacSpec(spec)) {
    const [least, most] = IMPORT_SIZE[spec]
    if (bytes.length < least || bytes.length > most) return INVALID_LENGTH
    return { ok: true, value: secrets.copyOf(bytes) }
  }
  if (isMlDsaSpec(spec) || isMlKemSpec(spec)) return UNSUPPORTED_ALGORITHM
  if (spec === 'SM2') return readSm2PrivateKey(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), secrets)
  const key = readKey(spec, bytes)
  if (key === undefined) return INVALID_KEY
  if (isEcdsaSpec(spec)) return keepEcKey(spec, key, secrets)
  if (isRsaSpec(spec) && !isSoundRsaKey(key)) return INVALID_KEY
  return { ok: true, value: secrets.adopt(key.export({ type: 'pkcs8', format: 'der' })) }
}

function readKey(spec: RsaSpec | EcdsaSpec | Ed25519Spec, bytes: Uint8Array): KeyObject | undefined {
  try {
    const held = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const key = createPrivateKey({ key: held, format: 'der', type: 'pkcs8' })
    return isOfSpec(spec, key) ? key : undefined
  } catch {
    return undefined
  }
}

function keepEcKey(spec: EcdsaSpec, key: KeyObject, secrets: SecretPool): CryptoResult<Buffer> {
  const scalar = scalarOf(spec, key, secrets)
  const kept = ecPrivateKeyInfo(CURVES[spec], scalar, secrets)
  secrets.release(scalar)
  if (!kept.ok) return kept
  const ours = createPublicKey(createPrivateKey({ key: kept.value, format: 'der', type: 'pkcs8' }))
  // OpenSSL believes the public key that stands beside the private one.
  if (ecPoint(spec, ours).equals(ecPoint(spec, createPublicKey(key)))) return kept
  secrets.release(kept.value)
  return INVALID_KEY
}

/** The exponent is one that FIPS 186-5 allows, and the private half undoes the public one. */
function isSoundRsaKey(key: KeyObject): boolean {
  const exponent = key.asymmetricKeyDetails?.publicExponent ?? 0n
  if (exponent < MIN_RSA_EXPONENT || exponent >= MAX_RSA_EXPONENT || exponent % 2n === 0n) return false
  const message = randomBytes(32)
  try {
    const signature = rsaSign(key, 'RSASSA_PKCS1_V1_5_SHA_256', 'DIGEST', message)
    return (
      signature.ok &&
      rsaVerify(createPublicKey(key), 'RSASSA_PKCS1_V1_5_SHA_256', 'DIGEST', message, signature.value).ok
    )
  } catch {
    return false
  }
}
