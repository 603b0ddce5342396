/**
 * The curve of SM2, its keys in the forms that are kept and shown, and multiples of its points.
 *
 * A private key is its scalar: an object of node:crypto can be of this curve and then ends the process when it is written
 * out. Every multiple by a secret number is OpenSSL's (`createECDH`); what it does not tell, the y coordinate, follows
 * from two x coordinates by big integers, which cannot be wiped.
 *
 * Source: GB/T 32918.1 and 32918.5 (curve), GM/T 0006 (object identifier), RFC 5480 and RFC 5958 (DER).
 */

import { createECDH, type ECDH } from 'node:crypto'
import { weierstrass } from '@noble/curves/abstract/weierstrass.js'
import { bytesToBigInt } from './bigint-bytes.js'
import { INVALID_KEY, type CryptoResult } from './crypto-error.js'
import { derOf, readDer, DER_BIT_STRING, DER_INTEGER, DER_OCTET_STRING, DER_SEQUENCE } from './der.js'
import { ecPrivateKeyInfo, type CurveForm } from './ec-key.js'
import type { SecretPool } from './secret.js'

/** Bytes of a coordinate, and of a private scalar. */
export const SM2_SIZE = 32

const FORM: CurveForm = {
  nodeName: 'SM2',
  size: SM2_SIZE,
  algorithmIdentifier: Buffer.from('301306072a8648ce3d020106082a811ccf5501822d', 'hex'),
}

const FIELD = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn

/** It computes nothing with secrets but `sharedPoint`'s last step. */
export const Sm2Point = weierstrass({
  p: FIELD,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  h: 1n,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
})

export const SM2_ORDER = Sm2Point.Fn.ORDER

const NO_UNUSED_BITS = Buffer.from([0])
const UNCOMPRESSED = 0x04
const EVEN = 0x02
const POINT_SIZE = 1 + 2 * SM2_SIZE
const SPKI_HEAD = derOf(
  DER_SEQUENCE,
  FORM.algorithmIdentifier,
  derOf(DER_BIT_STRING, NO_UNUSED_BITS, Buffer.alloc(POINT_SIZE)),
).subarray(0, -POINT_SIZE)

// ---------------------------------------------------------------------------------------------------------------- keys

/** A private scalar from 1 to the order less 2, a secret of the caller's. */
export function newSm2Scalar(secrets: SecretPool): Buffer {
  for (;;) {
    const { scalar } = newSm2Pair(secrets)
    if (isSm2Scalar(scalar)) return scalar
    secrets.release(scalar)
  }
}

/** A scalar, which is a secret of the caller's, and its multiple of the base point. */
export function newSm2Pair(secrets: SecretPool): { readonly scalar: Buffer; readonly point: Buffer } {
  const pair = createECDH(FORM.nodeName)
  const point = pair.generateKeys()
  const bytes = secrets.adopt(pair.getPrivateKey())
  const scalar = secrets.allocate(SM2_SIZE)
  scalar.set(bytes, SM2_SIZE - bytes.length)
  secrets.release(bytes)
  return { scalar, point }
}

/** Signatures need one more than the scalar to have an inverse. */
export function isSm2Scalar(scalar: Uint8Array): boolean {
  if (scalar.length !== SM2_SIZE) return false
  const value = bytesToBigInt(Buffer.from(scalar.buffer, scalar.byteOffset, scalar.length))
  return value >= 1n && value < SM2_ORDER - 1n
}

/** The uncompressed public point of a scalar. */
export function sm2PointOf(scalar: Buffer): Buffer {
  return pairOf(scalar).getPublicKey()
}

/** SubjectPublicKeyInfo of an uncompressed point. */
export function sm2PublicKeyInfo(point: Uint8Array): Buffer {
  return Buffer.concat([SPKI_HEAD, point])
}

/** The uncompressed point, a view, of a SubjectPublicKeyInfo in the one spelling that is written here. */
export function readSm2PublicKey(spki: Buffer): CryptoResult<Buffer> {
  const point = spki.subarray(SPKI_HEAD.length)
  if (point.length !== POINT_SIZE || !spki.subarray(0, SPKI_HEAD.length).equals(SPKI_HEAD)) return INVALID_KEY
  return isSm2Point(point) ? { ok: true, value: point } : INVALID_KEY
}

/** Whether these bytes are an uncompressed point of the curve. */
export function isSm2Point(point: Buffer): boolean {
  if (point.length !== POINT_SIZE || point[0] !== UNCOMPRESSED) return false
  try {
    Sm2Point.fromBytes(point).assertValidity()
    return true
  } catch {
    return false
  }
}

/** PKCS #8, a secret of the caller's. */
export function sm2PrivateKeyInfo(scalar: Buffer, secrets: SecretPool): Buffer {
  const info = ecPrivateKeyInfo(FORM, scalar, secrets)
  if (!info.ok) throw new Error('a scalar of SM2 is none')
  return info.value
}

/**
 * The scalar of a PKCS #8 key, which names the curve and whose public key, where it has one, belongs to it.
 * @returns a secret of the caller's.
 */
export function readSm2PrivateKey(info: Buffer, secrets: SecretPool): CryptoResult<Buffer> {
  const [outer, beyond] = readDer(info) ?? []
  const [version, algorithm, octets] = (outer?.tag === DER_SEQUENCE ? readDer(outer.content) : undefined) ?? []
  const isNamed =
    beyond === undefined &&
    version?.tag === DER_INTEGER &&
    algorithm !== undefined &&
    derOf(algorithm.tag, algorithm.content).equals(FORM.algorithmIdentifier)
  if (!isNamed || octets?.tag !== DER_OCTET_STRING) return INVALID_KEY
  const [inner] = readDer(octets.content) ?? []
  const [innerVersion, found, ...fields] = (inner?.tag === DER_SEQUENCE ? readDer(inner.content) : undefined) ?? []
  if (innerVersion?.tag !== DER_INTEGER || found?.tag !== DER_OCTET_STRING) return INVALID_KEY
  if (found.content.length > SM2_SIZE) return INVALID_KEY
  const scalar = secrets.allocate(SM2_SIZE)
  scalar.set(found.content, SM2_SIZE - found.content.length)
  const publicField = fields.find(({ tag }) => tag === PUBLIC_KEY_FIELD)
  if (isSm2Scalar(scalar)) {
    const expected = derOf(DER_BIT_STRING, NO_UNUSED_BITS, sm2PointOf(scalar))
    if (publicField === undefined || publicField.content.equals(expected)) return { ok: true, value: scalar }
  }
  secrets.release(scalar)
  return INVALID_KEY
}

const PUBLIC_KEY_FIELD = 0xa1

// -------------------------------------------------------------------------------------------------------------- points

function pairOf(scalar: Buffer): ECDH {
  const pair = createECDH(FORM.nodeName)
  pair.setPrivateKey(scalar)
  return pair
}

/** The multiple of the base point by a public number that is not zero. */
export function publicMultiple(scalar: bigint): Buffer {
  return pairOf(bytesOf(scalar)).getPublicKey()
}

/** The x coordinate of a multiple of a point by a public number that is not zero. */
export function publicX(scalar: bigint, point: Uint8Array): Buffer {
  return pairOf(bytesOf(scalar)).computeSecret(point)
}

/** The x coordinate of a multiple of a point, a secret of the caller's. */
export function sharedX(scalar: Buffer, point: Uint8Array, secrets: SecretPool): Buffer {
  return secrets.adopt(pairOf(scalar).computeSecret(point))
}

/**
 * Both coordinates of a multiple of a point, one after the other: a secret of the caller's.
 *
 * Of the two points with this x coordinate the right one gives, with one more of the point added, the x coordinate of
 * the next multiple.
 *
 * @param scalar - below the order less 1.
 */
export function sharedPoint(scalar: Buffer, point: Uint8Array, secrets: SecretPool): Buffer {
  const next = secrets.copyOf(scalar)
  increment(next)
  const x = sharedX(scalar, point, secrets)
  const nextX = sharedX(next, point, secrets)
  secrets.release(next)
  const compressed = secrets.allocate(1 + SM2_SIZE)
  compressed[0] = EVEN
  compressed.set(x, 1)
  const one = Sm2Point.fromBytes(compressed)
  const sum = one.add(Sm2Point.fromBytes(point))
  const isRight = !sum.is0() && sum.x === bytesToBigInt(nextX)
  const both = secrets.adopt((isRight ? one : one.negate()).toBytes(false))
  const coordinates = secrets.copyOf(both.subarray(1))
  for (const secret of [x, nextX, compressed, both]) secrets.release(secret)
  return coordinates
}

function increment(number: Buffer): void {
  for (let index = number.length - 1; index >= 0; index--) {
    const byte = ((number[index] ?? 0) + 1) & 0xff
    number[index] = byte
    if (byte !== 0) return
  }
}

/** Of a number that is no secret. */
function bytesOf(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * SM2_SIZE, '0'), 'hex')
}
