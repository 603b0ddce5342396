/**
 * Ed25519 and Ed25519ph; signatures are 64 bytes.
 *
 * Ed25519 takes a raw message. Ed25519ph takes what the caller calls a digest, which is hashed with SHA-512 once more:
 * that is how KMS does it. Ed25519ph has the empty context. node:crypto lacks it, so a library in JavaScript signs; its
 * big integers live until they are collected.
 *
 * Source: RFC 8032, section 5.1; AWS KMS API Reference, "Sign".
 */

import { sign, verify, type KeyObject } from 'node:crypto'
import { ed25519ph } from '@noble/curves/ed25519.js'
import { INVALID_LENGTH, INVALID_SIGNATURE, PASSED, type CryptoResult } from './crypto-error.js'
import type { SecretPool } from './secret.js'

/** A digest of SHA-512. */
const PREHASH_INPUT_SIZE = 64
const RAW_KEY_SIZE = 32

export function ed25519Sign(privateKey: KeyObject, message: Uint8Array): Buffer {
  return sign(null, message, privateKey)
}

export function ed25519Verify(publicKey: KeyObject, message: Uint8Array, signature: Uint8Array): CryptoResult<void> {
  return verify(null, message, publicKey, signature) ? PASSED : INVALID_SIGNATURE
}

export function ed25519phSign(privateKey: KeyObject, digest: Uint8Array, secrets: SecretPool): CryptoResult<Buffer> {
  if (digest.length !== PREHASH_INPUT_SIZE) return INVALID_LENGTH
  return { ok: true, value: ed25519phSignMessage(privateKey, digest, secrets) }
}

/** Of any message, as RFC 8032 has it. */
export function ed25519phSignMessage(privateKey: KeyObject, message: Uint8Array, secrets: SecretPool): Buffer {
  // PKCS #8 of Ed25519 ends with the 32 bytes of the key.
  const info = secrets.adopt(privateKey.export({ type: 'pkcs8', format: 'der' }))
  const signature = ed25519ph.sign(message, info.subarray(-RAW_KEY_SIZE))
  secrets.release(info)
  return Buffer.from(signature)
}

export function ed25519phVerify(publicKey: KeyObject, digest: Uint8Array, signature: Uint8Array): CryptoResult<void> {
  if (digest.length !== PREHASH_INPUT_SIZE) return INVALID_LENGTH
  return ed25519phVerifyMessage(publicKey, digest, signature)
}

/** With the strict rules of RFC 8032, which OpenSSL has for Ed25519 too. */
export function ed25519phVerifyMessage(
  publicKey: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): CryptoResult<void> {
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-RAW_KEY_SIZE)
  try {
    return ed25519ph.verify(signature, message, raw, { zip215: false }) ? PASSED : INVALID_SIGNATURE
  } catch {
    // It throws on wrong lengths.
    return INVALID_SIGNATURE
  }
}
