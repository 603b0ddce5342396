/**
 * The slow work of the engine, as plain messages, and how one is done. Runs wherever it is called: `slow.ts` has it
 * called in worker threads.
 *
 * A job owns its secrets: whoever makes one hands over copies, and doing it releases them. A key object is shared with
 * the other thread, not copied.
 */

import { scryptSync, type KeyObject } from 'node:crypto'
import { INVALID_KEY, UNSUPPORTED_ALGORITHM, type CryptoResult } from './crypto-error.js'
import { importMaterial } from './import-material.js'
import { unwrapMaterial } from './import-wrap.js'
import { generateKeyMaterial, loadPrivateKey, publicKeyInfo, type PrivateKey, type PublicKey } from './key-pair.js'
import {
  isHmacSpec,
  type AsymmetricSpec,
  type KeySpec,
  type MessageType,
  type MlKemSpec,
  type RsaEncryptionAlgorithm,
  type SigningAlgorithm,
  type WrappingAlgorithm,
} from './key-spec.js'
import { decapsulate, encapsulate } from './ml-kem.js'
import { rsaDecrypt } from './rsa.js'
import type { SecretPool } from './secret.js'
import { signMessage, verifyMessage } from './signing.js'

/** What is asked for. The members named here as secrets belong to the job. */
export type SlowJob =
  | { readonly kind: 'generate'; readonly spec: AsymmetricSpec }
  /** Secret: `material`. */
  | { readonly kind: 'publicKey'; readonly spec: AsymmetricSpec; readonly material: Buffer }
  /** Secret: a seed of `key`. */
  | {
      readonly kind: 'sign'
      readonly key: PrivateKey
      readonly algorithm: SigningAlgorithm
      readonly messageType: MessageType
      readonly message: Buffer
    }
  | {
      readonly kind: 'verify'
      readonly key: PublicKey
      readonly algorithm: SigningAlgorithm
      readonly messageType: MessageType
      readonly message: Buffer
      readonly signature: Buffer
    }
  | {
      readonly kind: 'rsaDecrypt'
      readonly key: KeyObject
      readonly algorithm: RsaEncryptionAlgorithm
      readonly ciphertext: Buffer
    }
  | { readonly kind: 'encapsulate'; readonly spec: MlKemSpec; readonly spki: Buffer }
  /** Secret: `seed`. */
  | { readonly kind: 'decapsulate'; readonly spec: MlKemSpec; readonly seed: Buffer; readonly ciphertext: Buffer }
  /**
   * Unwraps, checks that it is material of the spec, and gives the form that is kept and the public key.
   * Secret: `wrappingKey`, where it is bytes.
   */
  | {
      readonly kind: 'import'
      readonly spec: KeySpec
      readonly wrappingKey: KeyObject | Buffer
      readonly algorithm: WrappingAlgorithm
      readonly wrapped: Buffer
    }
  /** Secret: `passphrase`. */
  | {
      readonly kind: 'scrypt'
      readonly passphrase: Buffer
      readonly salt: Buffer
      readonly cost: ScryptCost
      readonly size: number
    }

/** RFC 7914. Memory is about 128 * blockSize * cost bytes. */
export interface ScryptCost {
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
}

/** What comes back, each member absent that the job does not make. */
export interface SlowAnswer {
  /** Kept material, decrypted bytes, a shared secret, a derived key: a secret of the caller's. */
  readonly secret?: Buffer
  /** A public key, a signature, a ciphertext. */
  readonly bytes?: Buffer
}

/** Does a job and releases its secrets, whatever comes of it. */
export function doSlowJob(job: SlowJob, secrets: SecretPool): CryptoResult<SlowAnswer> {
  try {
    return answer(job, secrets)
  } finally {
    releaseJob(job, secrets)
  }
}

/** Of a job that will not be done. */
export function releaseJob(job: SlowJob, secrets: SecretPool): void {
  mapBuffers(job, keep, (secret) => {
    secrets.release(secret)
    return secret
  })
}

type MapBuffer = (buffer: Buffer) => Buffer

const keep: MapBuffer = (buffer) => buffer

/** The same job with other buffers: `bytes` gets those that are no secrets, `secret` those that the job owns. */
export function mapBuffers(job: SlowJob, bytes: MapBuffer, secret: MapBuffer): SlowJob {
  switch (job.kind) {
    case 'generate':
      return job
    case 'publicKey':
      return { ...job, material: secret(job.material) }
    case 'sign': {
      const key = job.key.form === 'seed' ? { ...job.key, seed: secret(job.key.seed) } : job.key
      return { ...job, key, message: bytes(job.message) }
    }
    case 'verify': {
      const key = job.key.form === 'spki' ? { ...job.key, spki: bytes(job.key.spki) } : job.key
      return { ...job, key, message: bytes(job.message), signature: bytes(job.signature) }
    }
    case 'rsaDecrypt':
      return { ...job, ciphertext: bytes(job.ciphertext) }
    case 'encapsulate':
      return { ...job, spki: bytes(job.spki) }
    case 'decapsulate':
      return { ...job, seed: secret(job.seed), ciphertext: bytes(job.ciphertext) }
    case 'import':
      return {
        ...job,
        // In another thread it is no buffer any more, but bytes it is.
        wrappingKey: job.wrappingKey instanceof Uint8Array ? secret(job.wrappingKey) : job.wrappingKey,
        wrapped: bytes(job.wrapped),
      }
    case 'scrypt':
      return { ...job, passphrase: secret(job.passphrase), salt: bytes(job.salt) }
  }
}

function answer(job: SlowJob, secrets: SecretPool): CryptoResult<SlowAnswer> {
  switch (job.kind) {
    case 'generate':
      return withPublicKey(job.spec, generateKeyMaterial(job.spec, secrets), secrets)
    case 'publicKey': {
      const publicKey = publicKeyOf(job.spec, job.material, secrets)
      return publicKey === undefined ? INVALID_KEY : { ok: true, value: { bytes: publicKey } }
    }
    case 'sign':
      return asBytes(signMessage(job.key, job.algorithm, job.messageType, job.message, secrets))
    case 'verify': {
      const verified = verifyMessage(job.key, job.algorithm, job.messageType, job.message, job.signature)
      return verified.ok ? { ok: true, value: {} } : verified
    }
    case 'rsaDecrypt':
      return asSecret(rsaDecrypt(job.key, job.algorithm, job.ciphertext, secrets))
    case 'encapsulate': {
      const made = encapsulate(job.spec, job.spki, secrets)
      return made.ok ? { ok: true, value: { secret: made.value.sharedSecret, bytes: made.value.ciphertext } } : made
    }
    case 'decapsulate':
      return asSecret(decapsulate(job.spec, job.seed, job.ciphertext, secrets))
    case 'import': {
      const unwrapped = unwrapMaterial(job.wrappingKey, job.algorithm, job.wrapped, secrets)
      if (!unwrapped.ok) return unwrapped
      const kept = importMaterial(job.spec, unwrapped.value, secrets)
      secrets.release(unwrapped.value)
      if (!kept.ok || job.spec === 'SYMMETRIC_DEFAULT' || isHmacSpec(job.spec)) return asSecret(kept)
      return withPublicKey(job.spec, kept.value, secrets)
    }
    case 'scrypt': {
      const { cost: N, blockSize: r, parallelization: p } = job.cost
      const maxmem = 128 * r * (N + p) + (1 << 20)
      try {
        const derived = scryptSync(job.passphrase, job.salt, job.size, { N, r, p, maxmem })
        return { ok: true, value: { secret: secrets.adopt(derived) } }
      } catch {
        // A cost that is no power of two, or more memory than there is.
        return UNSUPPORTED_ALGORITHM
      }
    }
  }
}

/** @param material - a secret of ours, which the answer takes over. */
function withPublicKey(spec: AsymmetricSpec, material: Buffer, secrets: SecretPool): CryptoResult<SlowAnswer> {
  const publicKey = publicKeyOf(spec, material, secrets)
  if (publicKey !== undefined) return { ok: true, value: { secret: material, bytes: publicKey } }
  secrets.release(material)
  return INVALID_KEY
}

function publicKeyOf(spec: AsymmetricSpec, material: Buffer, secrets: SecretPool): Buffer | undefined {
  const loaded = loadPrivateKey(spec, material, secrets)
  if (!loaded.ok) return undefined
  const spki = publicKeyInfo(loaded.value)
  if (loaded.value.form === 'seed') secrets.release(loaded.value.seed)
  return spki
}

function asBytes(result: CryptoResult<Buffer>): CryptoResult<SlowAnswer> {
  return result.ok ? { ok: true, value: { bytes: result.value } } : result
}

function asSecret(result: CryptoResult<Buffer>): CryptoResult<SlowAnswer> {
  return result.ok ? { ok: true, value: { secret: result.value } } : result
}
