/**
 * The parts of keys on the curves that ECDSA and ECDH use: the private scalar and the public point, and keys made of
 * them in the one form that is kept.
 *
 * A public key is accepted only as the named curve with an uncompressed point on it: explicit parameters, compressed
 * points and every other spelling of the same key are refused.
 *
 * Source: RFC 5480 (public keys), RFC 5915 and RFC 5958 (private keys).
 */

import { createECDH, createPublicKey, type KeyObject } from 'node:crypto'
import { INVALID_KEY, type CryptoResult } from './crypto-error.js'
import { derHeader, derOf, readDer, DER_BIT_STRING, DER_INTEGER, DER_OCTET_STRING, DER_SEQUENCE } from './der.js'
import { CURVES, type CurveFacts, type EcdsaSpec } from './key-spec.js'
import type { SecretPool } from './secret.js'

const UNCOMPRESSED = 0x04
const NO_UNUSED_BITS = Buffer.from([0])
/** Version 0 of a PrivateKeyInfo, and the version 1 of an ECPrivateKey. */
const VERSION_0 = derOf(DER_INTEGER, Buffer.from([0]))
const VERSION_1 = derOf(DER_INTEGER, Buffer.from([1]))
const PUBLIC_KEY_FIELD = 0xa1

/** What of a curve its keys are written with. */
export type CurveForm = Pick<CurveFacts, 'nodeName' | 'size' | 'algorithmIdentifier'>

/** The private scalar as long as a coordinate, a secret of the caller's. */
export function scalarOf(spec: EcdsaSpec, privateKey: KeyObject, secrets: SecretPool): Buffer {
  const sec1 = secrets.adopt(privateKey.export({ type: 'sec1', format: 'der' }))
  const found = readDer(readDer(sec1)?.[0]?.content ?? sec1)?.[1]
  const { size } = CURVES[spec]
  if (found?.tag !== DER_OCTET_STRING || found.content.length > size) throw new Error('not a private key of this curve')
  const scalar = secrets.allocate(size)
  found.content.copy(scalar, size - found.content.length)
  secrets.release(sec1)
  return scalar
}

/** The uncompressed public point. */
export function ecPoint(spec: EcdsaSpec, publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-(1 + 2 * CURVES[spec].size))
}

/** Reads a SubjectPublicKeyInfo of this curve in its one accepted spelling. */
export function readEcPublicKey(spec: EcdsaSpec, spki: Uint8Array): CryptoResult<KeyObject> {
  const { nodeName, size, algorithmIdentifier } = CURVES[spec]
  const pointSize = 1 + 2 * size
  const expected = Buffer.concat([
    derHeader(
      DER_SEQUENCE,
      algorithmIdentifier.length + derHeader(DER_BIT_STRING, pointSize + 1).length + pointSize + 1,
    ),
    algorithmIdentifier,
    derHeader(DER_BIT_STRING, pointSize + 1),
    NO_UNUSED_BITS,
    Buffer.from([UNCOMPRESSED]),
  ])
  if (spki.length !== expected.length + 2 * size || expected.compare(spki, 0, expected.length) !== 0) return INVALID_KEY
  try {
    // It checks that the point is on the curve.
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    return key.asymmetricKeyDetails?.namedCurve === nodeName ? { ok: true, value: key } : INVALID_KEY
  } catch {
    return INVALID_KEY
  }
}

/**
 * The PKCS #8 form that is kept, from a scalar alone: the public point in it is computed, never taken over.
 * @returns a secret of the caller's.
 */
export function ecPrivateKeyInfo(
  { nodeName, size, algorithmIdentifier }: CurveForm,
  scalar: Buffer,
  secrets: SecretPool,
): CryptoResult<Buffer> {
  const pair = createECDH(nodeName)
  try {
    pair.setPrivateKey(scalar)
  } catch {
    // Zero, or not below the order.
    return INVALID_KEY
  }
  const publicField = derOf(PUBLIC_KEY_FIELD, derOf(DER_BIT_STRING, NO_UNUSED_BITS, pair.getPublicKey()))
  const scalarHeader = derHeader(DER_OCTET_STRING, size)
  const innerSize = VERSION_1.length + scalarHeader.length + size + publicField.length
  const inner = derHeader(DER_SEQUENCE, innerSize)
  const octets = derHeader(DER_OCTET_STRING, inner.length + innerSize)
  const outerSize = VERSION_0.length + algorithmIdentifier.length + octets.length + inner.length + innerSize
  const parts = [
    derHeader(DER_SEQUENCE, outerSize),
    VERSION_0,
    algorithmIdentifier,
    octets,
    inner,
    VERSION_1,
    scalarHeader,
    scalar,
    publicField,
  ]
  const info = secrets.allocate(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    info.set(part, offset)
    offset += part.length
  }
  return { ok: true, value: info }
}
