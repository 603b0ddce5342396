/**
 * Key material of every key spec: made, kept in one form, and read again.
 *
 * Kept is for RSA and the curves PKCS #8 DER, for ML-DSA and ML-KEM the seed, for SM2 the private scalar, for symmetric and HMAC keys the bytes
 * themselves. The public half is always a SubjectPublicKeyInfo in DER and is computed from the private one. Making RSA
 * keys, and all of ML-DSA and ML-KEM without native support, is slow: `slow.ts` runs it elsewhere.
 *
 * Source: AWS KMS API Reference, "CreateKey", "GenerateDataKeyPair", "GetPublicKey".
 */

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { INVALID_KEY, type CryptoResult } from './crypto-error.js'
import { readEcPublicKey } from './ec-key.js'
import {
  CURVES,
  isEcdsaSpec,
  isHmacSpec,
  isMlDsaSpec,
  isMlKemSpec,
  isRsaSpec,
  RSA_BITS,
  type AsymmetricSpec,
  type DataKeyPairSpec,
  type Ed25519Spec,
  type EcdsaSpec,
  type HmacSpec,
  type KeySpec,
  type MlDsaSpec,
  type MlKemSpec,
  type RsaSpec,
  type Sm2Spec,
} from './key-spec.js'
import { latticePrivateKeyInfo, readLatticePublicKey, seedSize } from './lattice-key.js'
import { mlDsaPublicKey } from './ml-dsa.js'
import { mlKemPublicKey } from './ml-kem.js'
import { randomSecret, type FillRandom } from './random.js'
import type { SecretPool } from './secret.js'
import {
  isSm2Scalar,
  newSm2Scalar,
  readSm2PublicKey,
  sm2PointOf,
  sm2PrivateKeyInfo,
  sm2PublicKeyInfo,
} from './sm2-curve.js'

/** Bytes of the keys that are bytes; an HMAC key is made as long as its digest. */
const GENERATED_SIZE: Readonly<Record<'SYMMETRIC_DEFAULT' | HmacSpec, number>> = {
  SYMMETRIC_DEFAULT: 32,
  HMAC_224: 28,
  HMAC_256: 32,
  HMAC_384: 48,
  HMAC_512: 64,
}

/** DER of an Ed25519 public key up to its 32 bytes. RFC 8410, section 4. */
const ED25519_SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex')
const ED25519_KEY_SIZE = 32

/** A private key ready for use. A key object is OpenSSL's memory; a seed, or a scalar, is a secret of whoever loaded it. */
export type PrivateKey =
  | { readonly form: 'keyObject'; readonly spec: RsaSpec | EcdsaSpec | Ed25519Spec; readonly key: KeyObject }
  | { readonly form: 'seed'; readonly spec: MlDsaSpec | MlKemSpec | Sm2Spec; readonly seed: Buffer }

export type PublicKey =
  | { readonly form: 'keyObject'; readonly spec: RsaSpec | EcdsaSpec | Ed25519Spec; readonly key: KeyObject }
  | { readonly form: 'spki'; readonly spec: MlDsaSpec | MlKemSpec | Sm2Spec; readonly spki: Buffer }

/** @returns what is kept, a secret of the caller's. */
export function generateKeyMaterial(spec: KeySpec, secrets: SecretPool, fill?: FillRandom): Buffer {
  if (spec === 'SYMMETRIC_DEFAULT' || isHmacSpec(spec)) return randomSecret(GENERATED_SIZE[spec], secrets, fill)
  if (isMlDsaSpec(spec) || isMlKemSpec(spec)) return randomSecret(seedSize(spec), secrets, fill)
  if (spec === 'SM2') return newSm2Scalar(secrets)
  return secrets.adopt(generateKeyObject(spec).export({ type: 'pkcs8', format: 'der' }))
}

function generateKeyObject(spec: RsaSpec | EcdsaSpec | Ed25519Spec): KeyObject {
  if (isRsaSpec(spec)) return generateKeyPairSync('rsa', { modulusLength: RSA_BITS[spec] }).privateKey
  if (isEcdsaSpec(spec)) return generateKeyPairSync('ec', { namedCurve: CURVES[spec].nodeName }).privateKey
  return generateKeyPairSync('ed25519').privateKey
}

/**
 * Reads kept material. A seed is copied; release it. Material that is not of this spec is an error, though what this
 * module made always is.
 */
export function loadPrivateKey(
  spec: AsymmetricSpec,
  material: Uint8Array,
  secrets: SecretPool,
): CryptoResult<PrivateKey> {
  if (isMlDsaSpec(spec) || isMlKemSpec(spec)) {
    if (material.length !== seedSize(spec)) return INVALID_KEY
    return { ok: true, value: { form: 'seed', spec, seed: secrets.copyOf(material) } }
  }
  if (spec === 'SM2') {
    if (!isSm2Scalar(material)) return INVALID_KEY
    return { ok: true, value: { form: 'seed', spec, seed: secrets.copyOf(material) } }
  }
  const held = Buffer.from(material.buffer, material.byteOffset, material.length)
  try {
    const key = createPrivateKey({ key: held, format: 'der', type: 'pkcs8' })
    return isOfSpec(spec, key) ? { ok: true, value: { form: 'keyObject', spec, key } } : INVALID_KEY
  } catch {
    return INVALID_KEY
  }
}

/** Reads a SubjectPublicKeyInfo in the one spelling that this module writes. */
export function loadPublicKey(spec: AsymmetricSpec, spki: Uint8Array): CryptoResult<PublicKey> {
  const bytes = Buffer.from(spki.buffer, spki.byteOffset, spki.length)
  if (isMlDsaSpec(spec) || isMlKemSpec(spec)) {
    const raw = readLatticePublicKey(spec, bytes)
    return raw.ok ? { ok: true, value: { form: 'spki', spec, spki: bytes } } : raw
  }
  if (spec === 'SM2') {
    const point = readSm2PublicKey(bytes)
    return point.ok ? { ok: true, value: { form: 'spki', spec, spki: bytes } } : point
  }
  const key = isEcdsaSpec(spec) ? readEcPublicKey(spec, bytes) : readOpensslPublicKey(spec, bytes)
  return key.ok ? { ok: true, value: { form: 'keyObject', spec, key: key.value } } : key
}

function readOpensslPublicKey(spec: RsaSpec | Ed25519Spec, spki: Buffer): CryptoResult<KeyObject> {
  const isRightHead = isRsaSpec(spec) || spki.subarray(0, ED25519_SPKI_HEAD.length).equals(ED25519_SPKI_HEAD)
  if (!isRightHead || (!isRsaSpec(spec) && spki.length !== ED25519_SPKI_HEAD.length + ED25519_KEY_SIZE)) {
    return INVALID_KEY
  }
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    return isOfSpec(spec, key) && key.export({ type: 'spki', format: 'der' }).equals(spki)
      ? { ok: true, value: key }
      : INVALID_KEY
  } catch {
    return INVALID_KEY
  }
}

/** The SubjectPublicKeyInfo that belongs to kept material. */
export function publicKeyInfo(privateKey: PrivateKey): Buffer {
  if (privateKey.form === 'keyObject') return createPublicKey(privateKey.key).export({ type: 'spki', format: 'der' })
  const { spec, seed } = privateKey
  if (spec === 'SM2') return sm2PublicKeyInfo(sm2PointOf(seed))
  return isMlDsaSpec(spec) ? mlDsaPublicKey(spec, seed) : mlKemPublicKey(spec, seed)
}

export interface DataKeyPair {
  /** PKCS #8, with the seed alone for ML-KEM; a secret of the caller's. */
  readonly privateKey: Buffer
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Buffer
}

export function generateDataKeyPair(spec: DataKeyPairSpec, secrets: SecretPool, fill?: FillRandom): DataKeyPair {
  const material = generateKeyMaterial(spec, secrets, fill)
  if (spec === 'SM2') {
    const publicKey = sm2PublicKeyInfo(sm2PointOf(material))
    const privateKey = sm2PrivateKeyInfo(material, secrets)
    secrets.release(material)
    return { privateKey, publicKey }
  }
  if (!isMlKemSpec(spec)) {
    const key = createPrivateKey({ key: material, format: 'der', type: 'pkcs8' })
    return { privateKey: material, publicKey: createPublicKey(key).export({ type: 'spki', format: 'der' }) }
  }
  const publicKey = mlKemPublicKey(spec, material)
  const privateKey = latticePrivateKeyInfo(spec, material, secrets)
  secrets.release(material)
  return { privateKey, publicKey }
}

/** Whether OpenSSL read a key of this spec. */
export function isOfSpec(spec: RsaSpec | EcdsaSpec | Ed25519Spec, key: KeyObject): boolean {
  if (isRsaSpec(spec)) {
    return key.asymmetricKeyType === 'rsa' && key.asymmetricKeyDetails?.modulusLength === RSA_BITS[spec]
  }
  if (isEcdsaSpec(spec)) {
    return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === CURVES[spec].nodeName
  }
  return key.asymmetricKeyType === 'ed25519'
}
