/**
 * Encryption with RSA keys: what fits, and the keys that do it.
 *
 * Source: KMS API Reference, "Encrypt"; KMS Developer Guide, "Asymmetric key specs"; kms-behaviour 5.
 */
import type { KeyObject } from 'node:crypto'
import type { Result } from '../text/source.js'
import { after } from './awaitable.js'
import { DIGEST_SIZE, RSA_BITS, type RsaEncryptionAlgorithm } from './crypto/key-spec.js'
import { fail, succeed, type Failed, type Failure } from './failure.js'
import type { LoadedKey } from './loaded-key.js'
import { slowFailure } from './materials.js'
import type { Services } from './services.js'
import type { EncryptionAlgorithmSpec } from './shapes.js'
import type { Awaitable } from './store.js'
import { INVALID_CIPHERTEXT } from './symmetric-work.js'

/** Only symmetric encryption binds a context. */
export function withoutContext(context: Readonly<Record<string, string>> | undefined): Failed | undefined {
  if (context === undefined || Object.keys(context).length === 0) return undefined
  return fail('ValidationException', 'An encryption context is supported with symmetric encryption keys only.')
}

/** OAEP takes the bytes of the modulus less two digests and two. */
export function tooLong(key: LoadedKey, algorithm: RsaEncryptionAlgorithm, size: number): Failed | undefined {
  const { keySpec } = key.record
  if (keySpec !== 'RSA_2048' && keySpec !== 'RSA_3072' && keySpec !== 'RSA_4096') return undefined
  const digest = algorithm === 'RSAES_OAEP_SHA_1' ? DIGEST_SIZE.sha1 : DIGEST_SIZE.sha256
  const most = RSA_BITS[keySpec] / 8 - 2 * digest - 2
  if (size <= most) return undefined
  return fail(
    'ValidationException',
    `Algorithm ${algorithm} and key spec ${keySpec} cannot encrypt data larger than ${most} bytes.`,
  )
}

export function rsaKeyOf({ materials }: Services, key: LoadedKey): Awaitable<KeyObject> {
  const material = key.currentMaterial
  if (material === undefined) throw new Error(`${key.arn} has no key material`)
  return after(materials.publicKey(key, material), (publicKey) => {
    if (publicKey.form !== 'keyObject') throw new Error(`${key.arn} is no RSA key`)
    return publicKey.key
  })
}

/** The plaintext, a secret of the caller's. */
export function decryptWithRsa(
  { materials }: Services,
  key: LoadedKey,
  algorithm: EncryptionAlgorithmSpec,
  ciphertext: Uint8Array,
): Awaitable<Result<Buffer, Failure>> {
  const material = key.currentMaterial
  if (algorithm !== 'RSAES_OAEP_SHA_1' && algorithm !== 'RSAES_OAEP_SHA_256') {
    return fail('UnsupportedOperationException', `Algorithm ${algorithm} is not available here.`)
  }
  if (material === undefined) throw new Error(`${key.arn} has no key material`)
  return after(materials.privateKey(key, material), async (privateKey) => {
    if (privateKey.form !== 'keyObject') throw new Error(`${key.arn} is no RSA key`)
    const done = await materials.run({
      kind: 'rsaDecrypt',
      key: privateKey.key,
      algorithm,
      ciphertext: Buffer.from(ciphertext),
    })
    if (!done.ok) return done.error.kind === 'invalidCiphertext' ? INVALID_CIPHERTEXT : slowFailure(done.error)
    if (done.value.secret === undefined) throw new Error('a job that decrypts has decrypted nothing')
    return succeed(done.value.secret)
  })
}
