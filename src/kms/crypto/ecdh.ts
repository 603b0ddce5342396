/**
 * ECDH on P-256, P-384 and P-521: the raw x coordinate of the shared point.
 *
 * No key derivation follows; whoever called for it does that. The peer's key is checked before anything is computed.
 *
 * Source: NIST SP 800-56A, section 5.7.1.2; AWS KMS API Reference, "DeriveSharedSecret".
 */

import { diffieHellman, type KeyObject } from 'node:crypto'
import { INVALID_KEY, type CryptoResult } from './crypto-error.js'
import { readEcPublicKey } from './ec-key.js'
import type { NistCurveSpec } from './key-spec.js'
import type { SecretPool } from './secret.js'

/**
 * @param peerSpki - the peer's SubjectPublicKeyInfo, of the same curve.
 * @returns the shared secret, of the caller's, as long as a coordinate.
 */
export function deriveSharedSecret(
  spec: NistCurveSpec,
  privateKey: KeyObject,
  peerSpki: Uint8Array,
  secrets: SecretPool,
): CryptoResult<Buffer> {
  const peer = readEcPublicKey(spec, peerSpki)
  if (!peer.ok) return peer
  try {
    return { ok: true, value: secrets.adopt(diffieHellman({ privateKey, publicKey: peer.value })) }
  } catch {
    return INVALID_KEY
  }
}
