/**
 * SM2: signatures, public key encryption and key agreement. Signatures and ciphertexts are DER.
 *
 * A message is signed together with the identity of the signer, which is always the usual one, and its public key; a
 * digest has to be of all of that already. The equation of a signature is computed with big integers, blinded by a
 * random factor; they live until they are collected.
 *
 * Source: GB/T 32918.2 (signatures) and 32918.4 (encryption); GM/T 0009-2012 (identity, DER); AWS KMS Developer Guide,
 * "Offline verification with SM2 key pairs".
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { bigIntToDerInteger, bytesToBigInt, invert } from './bigint-bytes.js'
import {
  INVALID_CIPHERTEXT,
  INVALID_LENGTH,
  INVALID_SIGNATURE,
  PASSED,
  UNSUPPORTED_ALGORITHM,
  type CryptoResult,
} from './crypto-error.js'
import { derOf, readDer, readDerInteger, DER_INTEGER, DER_OCTET_STRING, DER_SEQUENCE } from './der.js'
import type { MessageType } from './key-spec.js'
import type { SecretPool } from './secret.js'
import {
  isSm2Point,
  newSm2Pair,
  publicMultiple,
  publicX,
  readSm2PublicKey,
  sharedPoint,
  sharedX,
  Sm2Point,
  sm2PointOf,
  SM2_ORDER,
  SM2_SIZE,
} from './sm2-curve.js'

const DIGEST_SIZE = 32
/** 1234567812345678, behind its length in bits. */
const IDENTITY = Buffer.concat([Buffer.of(0, 128), Buffer.from('1234567812345678', 'latin1')])
const UNCOMPRESSED = Buffer.of(4)

/** The curve and its base point, as they are hashed with every public key. */
const PARAMETERS = Buffer.from(
  [Sm2Point.CURVE().a, Sm2Point.CURVE().b, Sm2Point.CURVE().Gx, Sm2Point.CURVE().Gy]
    .map((value) => value.toString(16).padStart(2 * SM2_SIZE, '0'))
    .join(''),
  'hex',
)

// ---------------------------------------------------------------------------------------------------------- signatures

/** @param message - the digest itself with the message type DIGEST. */
export function sm2Sign(
  scalar: Buffer,
  messageType: MessageType,
  message: Uint8Array,
  secrets: SecretPool,
): CryptoResult<Buffer> {
  const digest = digestOf(sm2PointOf(scalar), messageType, message)
  if (!digest.ok) return digest
  const secret = bytesToBigInt(scalar)
  const number = bytesToBigInt(digest.value)
  for (;;) {
    const { scalar: bytes, point } = newSm2Pair(secrets)
    const nonce = bytesToBigInt(bytes)
    secrets.release(bytes)
    const r = (number + bytesToBigInt(point.subarray(1, 1 + SM2_SIZE))) % SM2_ORDER
    if (r === 0n || r + nonce === SM2_ORDER) continue
    const blind = randomBelowOrder()
    const numerator = (blind * nonce + (SM2_ORDER - r) * ((blind * secret) % SM2_ORDER)) % SM2_ORDER
    const s = (invert((blind * (secret + 1n)) % SM2_ORDER, SM2_ORDER) * numerator) % SM2_ORDER
    if (s === 0n) continue
    const value = derOf(
      DER_SEQUENCE,
      derOf(DER_INTEGER, bigIntToDerInteger(r)),
      derOf(DER_INTEGER, bigIntToDerInteger(s)),
    )
    return { ok: true, value }
  }
}

/** Uniform but for a part in 2^64, and never zero. */
function randomBelowOrder(): bigint {
  return (bytesToBigInt(randomBytes(SM2_SIZE + 8)) % (SM2_ORDER - 1n)) + 1n
}

/**
 * The signature holds when r is the digest plus the x coordinate of s G + t Q, with t = r + s. That is t times
 * (Q + (s/t) G), so OpenSSL computes both multiples, and one addition is left to do here. All of it is public.
 */
export function sm2Verify(
  spki: Buffer,
  messageType: MessageType,
  message: Uint8Array,
  signature: Uint8Array,
): CryptoResult<void> {
  const point = readSm2PublicKey(spki)
  if (!point.ok) return INVALID_SIGNATURE
  const digest = digestOf(point.value, messageType, message)
  if (!digest.ok) return digest
  const numbers = numbersOf(Buffer.from(signature.buffer, signature.byteOffset, signature.length))
  if (numbers === undefined) return INVALID_SIGNATURE
  const { r, s } = numbers
  const t = (r + s) % SM2_ORDER
  if (r < 1n || s < 1n || r >= SM2_ORDER || s >= SM2_ORDER || t === 0n) return INVALID_SIGNATURE
  const multiple = Sm2Point.fromBytes(publicMultiple((s * invert(t, SM2_ORDER)) % SM2_ORDER))
  const sum = multiple.add(Sm2Point.fromBytes(point.value))
  // Then there is no point that has coordinates.
  if (sum.is0()) return INVALID_SIGNATURE
  const x = bytesToBigInt(publicX(t, sum.toBytes(false)))
  return (bytesToBigInt(digest.value) + x) % SM2_ORDER === r ? PASSED : INVALID_SIGNATURE
}

function digestOf(point: Buffer, messageType: MessageType, message: Uint8Array): CryptoResult<Buffer> {
  switch (messageType) {
    case 'EXTERNAL_MU':
      return UNSUPPORTED_ALGORITHM
    case 'DIGEST':
      return message.length === DIGEST_SIZE ? { ok: true, value: Buffer.from(message) } : INVALID_LENGTH
    case 'RAW': {
      const signer = sm3(IDENTITY, PARAMETERS, point.subarray(1))
      return { ok: true, value: sm3(signer, message) }
    }
  }
}

function numbersOf(signature: Buffer): { readonly r: bigint; readonly s: bigint } | undefined {
  const [outer, beyond] = readDer(signature) ?? []
  if (outer?.tag !== DER_SEQUENCE || beyond !== undefined) return undefined
  const inner = readDer(outer.content)
  if (inner?.length !== 2) return undefined
  const [r, s] = inner.map(readDerInteger)
  return r === undefined || s === undefined ? undefined : { r, s }
}

// ---------------------------------------------------------------------------------------------------------- encryption

/** @param plaintext - of one byte at least. */
export function sm2Encrypt(spki: Buffer, plaintext: Uint8Array, secrets: SecretPool): CryptoResult<Buffer> {
  const point = readSm2PublicKey(spki)
  if (!point.ok) return point
  if (plaintext.length === 0) return INVALID_LENGTH
  for (;;) {
    const { scalar, point: ours } = newSm2Pair(secrets)
    const shared = sharedPoint(scalar, point.value, secrets)
    secrets.release(scalar)
    const stream = keyStream(shared, plaintext.length, secrets)
    const isUsable = stream.some((byte) => byte !== 0)
    const ciphertext = exclusiveOr(plaintext, stream)
    const hash = hashOf(shared, plaintext)
    secrets.release(shared)
    secrets.release(stream)
    if (!isUsable) {
      ciphertext.fill(0)
      continue
    }
    const [x, y] = [ours.subarray(1, 1 + SM2_SIZE), ours.subarray(1 + SM2_SIZE)].map((coordinate) =>
      derOf(DER_INTEGER, bigIntToDerInteger(bytesToBigInt(coordinate))),
    )
    if (x === undefined || y === undefined) throw new Error('a point has two coordinates')
    return {
      ok: true,
      value: derOf(DER_SEQUENCE, x, y, derOf(DER_OCTET_STRING, hash), derOf(DER_OCTET_STRING, ciphertext)),
    }
  }
}

/** @returns the plaintext, a secret of the caller's. */
export function sm2Decrypt(scalar: Buffer, sealed: Uint8Array, secrets: SecretPool): CryptoResult<Buffer> {
  const parts = partsOf(Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length))
  if (parts === undefined) return INVALID_CIPHERTEXT
  const shared = sharedPoint(scalar, parts.point, secrets)
  const stream = keyStream(shared, parts.ciphertext.length, secrets)
  const isUsable = stream.some((byte) => byte !== 0)
  const plaintext = secrets.adopt(exclusiveOr(parts.ciphertext, stream))
  const isRight = timingSafeEqual(hashOf(shared, plaintext), parts.hash)
  secrets.release(shared)
  secrets.release(stream)
  if (isUsable && isRight) return { ok: true, value: plaintext }
  secrets.release(plaintext)
  return INVALID_CIPHERTEXT
}

interface Parts {
  readonly point: Buffer
  readonly hash: Buffer
  readonly ciphertext: Buffer
}

function partsOf(sealed: Buffer): Parts | undefined {
  const [outer, beyond] = readDer(sealed) ?? []
  if (outer?.tag !== DER_SEQUENCE || beyond !== undefined) return undefined
  const inner = readDer(outer.content)
  if (inner?.length !== 4) return undefined
  const [first, second, hash, ciphertext] = inner
  const x = first && readDerInteger(first)
  const y = second && readDerInteger(second)
  if (x === undefined || y === undefined || hash?.tag !== DER_OCTET_STRING || ciphertext?.tag !== DER_OCTET_STRING) {
    return undefined
  }
  const coordinates = Buffer.from([x, y].map((value) => value.toString(16).padStart(2 * SM2_SIZE, '0')).join(''), 'hex')
  const point = Buffer.concat([UNCOMPRESSED, coordinates])
  const isWhole = hash.content.length === DIGEST_SIZE && ciphertext.content.length > 0 && isSm2Point(point)
  return isWhole ? { point, hash: hash.content, ciphertext: ciphertext.content } : undefined
}

/** SM3 over both coordinates and a counter: a secret of the caller's. */
function keyStream(shared: Buffer, size: number, secrets: SecretPool): Buffer {
  const stream = secrets.allocate(size)
  const counter = Buffer.alloc(4)
  for (let offset = 0; offset < size; offset += DIGEST_SIZE) {
    counter.writeUInt32BE(offset / DIGEST_SIZE + 1)
    const block = secrets.adopt(sm3(shared, counter))
    stream.set(block.subarray(0, Math.min(DIGEST_SIZE, size - offset)), offset)
    secrets.release(block)
  }
  return stream
}

function hashOf(shared: Buffer, plaintext: Uint8Array): Buffer {
  return sm3(shared.subarray(0, SM2_SIZE), plaintext, shared.subarray(SM2_SIZE))
}

/** Memory of its own, so that it can be held as a secret. */
function exclusiveOr(bytes: Uint8Array, stream: Buffer): Buffer {
  const result = Buffer.from(new ArrayBuffer(bytes.length))
  for (let index = 0; index < bytes.length; index++) result[index] = (bytes[index] ?? 0) ^ (stream[index] ?? 0)
  return result
}

function sm3(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sm3')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

// ----------------------------------------------------------------------------------------------------------- agreement

/**
 * The raw x coordinate of the shared point.
 *
 * @param peerSpki - the peer's SubjectPublicKeyInfo.
 * @returns the shared secret, of the caller's.
 */
export function sm2Agree(scalar: Buffer, peerSpki: Uint8Array, secrets: SecretPool): CryptoResult<Buffer> {
  const peer = readSm2PublicKey(Buffer.from(peerSpki.buffer, peerSpki.byteOffset, peerSpki.length))
  return peer.ok ? { ok: true, value: sharedX(scalar, peer.value, secrets) } : peer
}
