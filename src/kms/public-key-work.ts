/**
 * Encryption with RSA and SM2 keys: what fits, and how it is done.
 *
 * Source: KMS API Reference, "Encrypt"; KMS Developer Guide, "Asymmetric key specs"; kms-behaviour 5.
 */
import type { Result } from '../text/source.js'
import { after } from './awaitable.js'
import { DIGEST_SIZE, RSA_BITS, isRsaSpec } from './crypto/key-spec.js'
import { rsaEncrypt } from './crypto/rsa.js'
import { sm2Decrypt, sm2Encrypt } from './crypto/sm2.js'
import { fail, succeed, type Failed, type Failure } from './failure.js'
import type { LoadedKey } from './loaded-key.js'
import { slowFailure } from './materials.js'
import type { MaterialEntry } from './records.js'
import type { Services } from './services.js'
import type { EncryptionAlgorithmSpec } from './shapes.js'
import type { Awaitable } from './store.js'
import { INVALID_CIPHERTEXT } from './symmetric-work.js'

export type PublicKeyAlgorithm = Exclude<EncryptionAlgorithmSpec, 'SYMMETRIC_DEFAULT'>

const MOST_FOR_SM2 = 1024

/** Only symmetric encryption binds a context. */
export function withoutContext(context: Readonly<Record<string, string>> | undefined): Failed | undefined {
  if (context === undefined || Object.keys(context).length === 0) return undefined
  return fail('ValidationException', 'An encryption context is supported with symmetric encryption keys only.')
}

/** Undefined where so many bytes fit. */
export function tooLong(key: LoadedKey, algorithm: PublicKeyAlgorithm, size: number): Failed | undefined {
  const { keySpec } = key.record
  const most = mostBytes(key, algorithm)
  if (size <= most) return undefined
  return fail(
    'ValidationException',
    `Algorithm ${algorithm} and key spec ${keySpec} cannot encrypt data larger than ${most} bytes.`,
  )
}

/** OAEP takes the bytes of the modulus less two digests and two. */
function mostBytes({ record: { keySpec } }: LoadedKey, algorithm: PublicKeyAlgorithm): number {
  if (algorithm === 'SM2PKE' || !isRsaSpec(keySpec)) return MOST_FOR_SM2
  const digest = algorithm === 'RSAES_OAEP_SHA_1' ? DIGEST_SIZE.sha1 : DIGEST_SIZE.sha256
  return RSA_BITS[keySpec] / 8 - 2 * digest - 2
}

/** The ciphertext. The key is for this algorithm, and the plaintext fits. */
export function encryptToPublicKey(
  { materials }: Services,
  key: LoadedKey,
  algorithm: PublicKeyAlgorithm,
  plaintext: Uint8Array,
): Awaitable<Buffer> {
  return after(materials.publicKey(key, materialOf(key)), (publicKey) => {
    if (publicKey.form === 'spki') {
      const sealed = publicKey.spec === 'SM2' ? sm2Encrypt(publicKey.spki, plaintext, materials.secrets) : undefined
      if (sealed?.ok !== true) throw new Error(`${key.arn} encrypts nothing`)
      return sealed.value
    }
    if (algorithm === 'SM2PKE') throw new Error(`${key.arn} is no SM2 key`)
    const encrypted = rsaEncrypt(publicKey.key, algorithm, plaintext)
    if (!encrypted.ok) throw new Error('a plaintext that fits has not been taken')
    return encrypted.value
  })
}

/** The plaintext, a secret of the caller's. The key is for this algorithm. */
export function decryptWithPrivateKey(
  { materials }: Services,
  key: LoadedKey,
  algorithm: PublicKeyAlgorithm,
  ciphertext: Uint8Array,
): Awaitable<Result<Buffer, Failure>> {
  return after(materials.privateKey(key, materialOf(key)), async (privateKey) => {
    if (privateKey.form === 'seed') {
      if (privateKey.spec !== 'SM2') throw new Error(`${key.arn} decrypts nothing`)
      const opened = sm2Decrypt(privateKey.seed, ciphertext, materials.secrets)
      return opened.ok ? opened : INVALID_CIPHERTEXT
    }
    if (algorithm === 'SM2PKE') throw new Error(`${key.arn} is no SM2 key`)
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

function materialOf(key: LoadedKey): MaterialEntry {
  if (key.currentMaterial === undefined) throw new Error(`${key.arn} has no key material`)
  return key.currentMaterial
}
