/**
 * ML-KEM-512, -768 and -1024. The key is its 64-byte seed (d and z); the shared secret has 32 bytes.
 *
 * A ciphertext of the right length always decapsulates: a wrong one gives a pseudo-random secret (implicit rejection),
 * and so nothing here tells right from wrong. A library in JavaScript computes; keep it off the request loop.
 *
 * Source: FIPS 203; AWS KMS API Reference, "Encapsulate", "Decapsulate".
 */

import { ml_kem1024, ml_kem512, ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import { INVALID_CIPHERTEXT, INVALID_KEY, type CryptoResult } from './crypto-error.js'
import type { MlKemSpec } from './key-spec.js'
import { latticePublicKeyInfo, readLatticePublicKey, seedSize } from './lattice-key.js'
import type { SecretPool } from './secret.js'

const NOBLE = {
  ML_KEM_512: ml_kem512,
  ML_KEM_768: ml_kem768,
  ML_KEM_1024: ml_kem1024,
} as const satisfies Record<MlKemSpec, unknown>

export const CIPHERTEXT_SIZE: Readonly<Record<MlKemSpec, number>> = {
  ML_KEM_512: 768,
  ML_KEM_768: 1088,
  ML_KEM_1024: 1568,
}

export interface Encapsulation {
  readonly ciphertext: Buffer
  /** A secret of the caller's. */
  readonly sharedSecret: Buffer
}

export function mlKemPublicKey(spec: MlKemSpec, seed: Uint8Array): Buffer {
  const { publicKey, secretKey } = NOBLE[spec].keygen(seed)
  secretKey.fill(0)
  return latticePublicKeyInfo(spec, publicKey)
}

/** @param randomness - for known answers: 32 bytes in place of fresh ones. */
export function encapsulate(
  spec: MlKemSpec,
  spki: Buffer,
  secrets: SecretPool,
  randomness?: Uint8Array,
): CryptoResult<Encapsulation> {
  const raw = readLatticePublicKey(spec, spki)
  if (!raw.ok) return raw
  try {
    const { cipherText, sharedSecret } = NOBLE[spec].encapsulate(raw.value, randomness)
    return { ok: true, value: { ciphertext: Buffer.from(cipherText), sharedSecret: secrets.adopt(sharedSecret) } }
  } catch {
    // A coefficient that is not below the modulus: FIPS 203, section 7.2.
    return INVALID_KEY
  }
}

/** @returns the shared secret, a secret of the caller's. */
export function decapsulate(
  spec: MlKemSpec,
  seed: Uint8Array,
  ciphertext: Uint8Array,
  secrets: SecretPool,
): CryptoResult<Buffer> {
  if (seed.length !== seedSize(spec)) return INVALID_KEY
  if (ciphertext.length !== CIPHERTEXT_SIZE[spec]) return INVALID_CIPHERTEXT
  const { secretKey } = NOBLE[spec].keygen(seed)
  const sharedSecret = NOBLE[spec].decapsulate(ciphertext, secretKey)
  secretKey.fill(0)
  return { ok: true, value: secrets.adopt(sharedSecret) }
}
