/**
 * ML-DSA-44, -65 and -87 with the empty context, over a raw message or a given mu (EXTERNAL_MU); both sign alike.
 *
 * Node.js has it since version 24, five to eight times as fast as the library in JavaScript that stands in for it before;
 * mu is always the library's. Signing is hedged with fresh randomness. The key is its 32-byte seed.
 *
 * Source: FIPS 204; AWS KMS API Reference, "Sign", ML_DSA_SHAKE_256.
 */

import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import {
  INVALID_KEY,
  INVALID_LENGTH,
  INVALID_SIGNATURE,
  PASSED,
  UNSUPPORTED_ALGORITHM,
  type CryptoResult,
} from './crypto-error.js'
import type { MessageType, MlDsaSpec } from './key-spec.js'
import { latticePrivateKeyInfo, latticePublicKeyInfo, readLatticePublicKey, seedSize } from './lattice-key.js'
import { SecretPool } from './secret.js'

const NOBLE = {
  ML_DSA_44: ml_dsa44,
  ML_DSA_65: ml_dsa65,
  ML_DSA_87: ml_dsa87,
} as const satisfies Record<MlDsaSpec, unknown>

const NO_MESSAGE = Buffer.alloc(0)
const MU_SIZE = 64
const SIGNATURE_SIZE: Readonly<Record<MlDsaSpec, number>> = { ML_DSA_44: 2420, ML_DSA_65: 3309, ML_DSA_87: 4627 }

/** Who computes: Node.js itself, or the library. */
export type MlDsaProvider = 'native' | 'library'

let nativeSupport: boolean | undefined

/** Asks by trying, once: Node.js 22 reads such keys and cannot sign with them. */
export function hasNativeMlDsa(): boolean {
  nativeSupport ??= canSignNatively()
  return nativeSupport
}

function canSignNatively(): boolean {
  try {
    const key = nativeKey('ML_DSA_44', Buffer.alloc(seedSize('ML_DSA_44')), new SecretPool())
    return verify(null, NO_MESSAGE, createPublicKey(key), sign(null, NO_MESSAGE, key))
  } catch {
    return false
  }
}

function nativeKey(spec: MlDsaSpec, seed: Uint8Array, secrets: SecretPool): KeyObject {
  const info = latticePrivateKeyInfo(spec, seed, secrets)
  try {
    return createPrivateKey({ key: info, format: 'der', type: 'pkcs8' })
  } finally {
    secrets.release(info)
  }
}

/** Slow in the library: keep it off the request loop. */
export function mlDsaPublicKey(spec: MlDsaSpec, seed: Uint8Array): Buffer {
  const { publicKey, secretKey } = NOBLE[spec].keygen(seed)
  secretKey.fill(0)
  return latticePublicKeyInfo(spec, publicKey)
}

export interface MlDsaSigning {
  /** Native where there is one, when left out. */
  readonly provider?: MlDsaProvider
  /** Of the library only, for known answers: 32 bytes in place of fresh randomness, or false for none. */
  readonly randomness?: Uint8Array | false
}

/** @param message - with EXTERNAL_MU the 64 bytes of mu. */
export function mlDsaSign(
  spec: MlDsaSpec,
  seed: Uint8Array,
  messageType: MessageType,
  message: Uint8Array,
  secrets: SecretPool,
  { provider = hasNativeMlDsa() ? 'native' : 'library', randomness }: MlDsaSigning = {},
): CryptoResult<Buffer> {
  if (messageType === 'DIGEST') return UNSUPPORTED_ALGORITHM
  if (seed.length !== seedSize(spec)) return INVALID_KEY
  if (messageType === 'EXTERNAL_MU' && message.length !== MU_SIZE) return INVALID_LENGTH
  if (messageType === 'RAW' && provider === 'native') {
    return { ok: true, value: sign(null, message, nativeKey(spec, seed, secrets)) }
  }
  const { secretKey } = NOBLE[spec].keygen(seed)
  const options = randomness === undefined ? {} : { extraEntropy: randomness }
  const signature =
    messageType === 'RAW'
      ? NOBLE[spec].sign(message, secretKey, options)
      : NOBLE[spec].internal.sign(message, secretKey, { ...options, externalMu: true })
  secretKey.fill(0)
  return { ok: true, value: Buffer.from(signature.buffer, signature.byteOffset, signature.length) }
}

export function mlDsaVerify(
  spec: MlDsaSpec,
  spki: Buffer,
  messageType: MessageType,
  message: Uint8Array,
  signature: Uint8Array,
  provider: MlDsaProvider = hasNativeMlDsa() ? 'native' : 'library',
): CryptoResult<void> {
  if (messageType === 'DIGEST') return UNSUPPORTED_ALGORITHM
  const raw = readLatticePublicKey(spec, spki)
  if (!raw.ok) return raw
  if (messageType === 'EXTERNAL_MU' && message.length !== MU_SIZE) return INVALID_LENGTH
  if (signature.length !== SIGNATURE_SIZE[spec]) return INVALID_SIGNATURE
  if (messageType === 'RAW' && provider === 'native') {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    return verify(null, message, key, signature) ? PASSED : INVALID_SIGNATURE
  }
  const matches =
    messageType === 'RAW'
      ? NOBLE[spec].verify(signature, message, raw.value)
      : NOBLE[spec].internal.verify(signature, message, raw.value, { externalMu: true })
  return matches ? PASSED : INVALID_SIGNATURE
}
