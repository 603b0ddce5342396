/**
 * ECDSA on P-256, P-384, P-521 and secp256k1, over a raw message or a given digest; signatures are DER.
 *
 * No version of Node.js signs or verifies over a given digest. The nonce and its point then come from OpenSSL, by making
 * a key pair of one use, and the remaining equation is computed with big integers, blinded by a random factor. Big
 * integers cannot be wiped; they live until they are collected. A signature with a high s is right.
 *
 * Source: FIPS 186-5, section 6; SEC 1, section 4.1.
 */

import { createECDH, randomBytes, sign, verify, type ECDH, type KeyObject } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { bigIntToDerInteger, bytesToBigInt, invert } from './bigint-bytes.js'
import { INVALID_LENGTH, INVALID_SIGNATURE, PASSED, UNSUPPORTED_ALGORITHM, type CryptoResult } from './crypto-error.js'
import { derOf, readDer, readDerInteger, DER_INTEGER, DER_SEQUENCE } from './der.js'
import { ecPoint, scalarOf } from './ec-key.js'
import { CURVES, DIGEST_SIZE, type EcdsaSpec, type MessageType } from './key-spec.js'
import type { SecretPool } from './secret.js'

/** The library knows the curves; it computes nothing secret here. */
const NOBLE = {
  ECC_NIST_P256: p256,
  ECC_NIST_P384: p384,
  ECC_NIST_P521: p521,
  ECC_SECG_P256K1: secp256k1,
} as const satisfies Record<EcdsaSpec, unknown>

/** @param message - the digest itself with the message type DIGEST. */
export function ecdsaSign(
  spec: EcdsaSpec,
  privateKey: KeyObject,
  messageType: MessageType,
  message: Uint8Array,
  secrets: SecretPool,
): CryptoResult<Buffer> {
  const { hash } = CURVES[spec]
  if (messageType === 'EXTERNAL_MU') return UNSUPPORTED_ALGORITHM
  if (messageType === 'RAW') return { ok: true, value: sign(hash, message, privateKey) }
  if (message.length !== DIGEST_SIZE[hash]) return INVALID_LENGTH
  return { ok: true, value: signDigest(spec, privateKey, Buffer.from(message), secrets) }
}

/** No digest here has more bits than its curve's order, so none is cut. */
function signDigest(spec: EcdsaSpec, privateKey: KeyObject, digest: Buffer, secrets: SecretPool): Buffer {
  const order = NOBLE[spec].Point.Fn.ORDER
  const scalar = scalarOf(spec, privateKey, secrets)
  const secret = bytesToBigInt(scalar)
  secrets.release(scalar)
  const number = bytesToBigInt(digest)
  for (;;) {
    const { nonce, r } = newNonce(spec, order, secrets)
    const blind = randomBelow(order, CURVES[spec].size)
    const s =
      (invert((nonce * blind) % order, order) * ((blind * number + ((blind * secret) % order) * r) % order)) % order
    if (r !== 0n && s !== 0n) {
      return derOf(DER_SEQUENCE, derOf(DER_INTEGER, bigIntToDerInteger(r)), derOf(DER_INTEGER, bigIntToDerInteger(s)))
    }
  }
}

function newNonce(spec: EcdsaSpec, order: bigint, secrets: SecretPool): { readonly nonce: bigint; readonly r: bigint } {
  const { nodeName, size } = CURVES[spec]
  const pair = createECDH(nodeName)
  const point = pair.generateKeys()
  const bytes = secrets.adopt(pair.getPrivateKey())
  const nonce = bytesToBigInt(bytes)
  secrets.release(bytes)
  return { nonce, r: bytesToBigInt(point.subarray(1, 1 + size)) % order }
}

/** Uniform but for a part in 2^64, and never zero. */
function randomBelow(order: bigint, size: number): bigint {
  return (bytesToBigInt(randomBytes(size + 8)) % (order - 1n)) + 1n
}

export function ecdsaVerify(
  spec: EcdsaSpec,
  publicKey: KeyObject,
  messageType: MessageType,
  message: Uint8Array,
  signature: Uint8Array,
): CryptoResult<void> {
  const { hash } = CURVES[spec]
  if (messageType === 'EXTERNAL_MU') return UNSUPPORTED_ALGORITHM
  if (messageType === 'RAW') return verify(hash, message, publicKey, signature) ? PASSED : INVALID_SIGNATURE
  if (message.length !== DIGEST_SIZE[hash]) return INVALID_LENGTH
  return isOverDigest(spec, publicKey, Buffer.from(message), Buffer.from(signature)) ? PASSED : INVALID_SIGNATURE
}

/**
 * The signature holds when r is the x coordinate of R = (z/s) G + (r/s) Q. That is (r/s) times (Q + (z/r) G), so OpenSSL
 * computes both multiples, the second as a key agreement, and one addition is left to do here. All of it is public.
 */
function isOverDigest(spec: EcdsaSpec, publicKey: KeyObject, digest: Buffer, signature: Buffer): boolean {
  const { nodeName, size } = CURVES[spec]
  const { Point } = NOBLE[spec]
  const order = Point.Fn.ORDER
  const numbers = readSignature(signature)
  if (numbers === undefined) return false
  const { r, s } = numbers
  if (r < 1n || s < 1n || r >= order || s >= order) return false
  const multiple = (bytesToBigInt(digest) * invert(r, order)) % order
  let point = Point.fromBytes(ecPoint(spec, publicKey))
  if (multiple !== 0n) point = point.add(Point.fromBytes(keyPair(nodeName, multiple, size).getPublicKey()))
  // Then R is no point that has coordinates.
  if (point.is0()) return false
  const agreement = keyPair(nodeName, (r * invert(s, order)) % order, size)
  return bytesToBigInt(agreement.computeSecret(point.toBytes(false))) % order === r
}

/** The two numbers of a signature in DER, each in its shortest form. */
function readSignature(signature: Buffer): { readonly r: bigint; readonly s: bigint } | undefined {
  const outer = readDer(signature)
  if (outer?.length !== 1 || outer[0]?.tag !== DER_SEQUENCE) return undefined
  const inner = readDer(outer[0].content)
  if (inner?.length !== 2) return undefined
  const [r, s] = inner.map(readDerInteger)
  return r === undefined || s === undefined ? undefined : { r, s }
}

function keyPair(nodeName: string, scalar: bigint, size: number): ECDH {
  const pair = createECDH(nodeName)
  pair.setPrivateKey(Buffer.from(scalar.toString(16).padStart(2 * size, '0'), 'hex'))
  return pair
}
