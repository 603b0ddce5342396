/**
 * Signing and verifying: what goes together, and where it is done.
 *
 * Source: KMS API Reference, "Sign", "Verify"; kms-behaviour 5, 6.
 */
import type { OperationName } from '../aws/operations.js'
import type { Result } from '../text/source.js'
import { after } from './awaitable.js'
import type { CryptoError } from './crypto/crypto-error.js'
import { DIGEST_SIZE, isMlDsaSpec, isRsaSpec, type SigningAlgorithm } from './crypto/key-spec.js'
import { canSign, signMessage, verifyMessage } from './crypto/signing.js'
import type { SlowError } from './crypto/slow.js'
import { fail, succeed, type Failed, type Failure } from './failure.js'
import type { LoadedKey } from './loaded-key.js'
import { isAsymmetric, slowFailure } from './materials.js'
import type { MaterialEntry } from './records.js'
import type { Services } from './services.js'
import type { MessageType, SigningAlgorithmSpec } from './shapes.js'
import type { Awaitable } from './store.js'
import { wrongAlgorithm, wrongUsage } from './usage-check.js'

export interface SigningRequest {
  readonly SigningAlgorithm: SigningAlgorithmSpec
  readonly MessageType?: MessageType | undefined
  readonly Message: Uint8Array
}

/** A request that can be done. */
export interface SigningWork {
  readonly algorithm: SigningAlgorithm
  readonly messageType: MessageType
  readonly message: Buffer
  readonly material: MaterialEntry
  /** Lattices and RSA signatures take too long beside other requests. */
  readonly isSlow: { readonly sign: boolean; readonly verify: boolean }
}

export function signingWork(
  key: LoadedKey,
  operation: OperationName,
  { SigningAlgorithm: algorithm, MessageType: messageType = 'RAW', Message: message }: SigningRequest,
): Result<SigningWork, Failure> {
  const wrong = wrongUsage(key, 'SIGN_VERIFY', operation) ?? wrongAlgorithm(key, algorithm)
  if (wrong !== undefined) return wrong
  const { keySpec } = key.record
  const { currentMaterial: material } = key
  // A key that signs has two halves.
  if (!isAsymmetric(keySpec)) throw new Error(`${key.arn} is for signatures and has no private key`)
  if (!canSign(keySpec, algorithm, messageType)) {
    return fail('ValidationException', `MessageType ${messageType} is not valid for ${algorithm}.`)
  }
  if (material === undefined) throw new Error(`${key.arn} has no key material`)
  const size = messageSize(algorithm, messageType)
  if (size !== undefined && message.length !== size) {
    return fail('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`)
  }
  const isLattice = isMlDsaSpec(keySpec)
  return succeed({
    algorithm,
    messageType,
    message: Buffer.from(message.buffer, message.byteOffset, message.length),
    material,
    isSlow: { sign: isLattice || isRsaSpec(keySpec), verify: isLattice },
  })
}

const EXTERNAL_MU_SIZE = 64

/** How long a digest is; undefined for a message. */
function messageSize(algorithm: SigningAlgorithm, messageType: MessageType): number | undefined {
  if (messageType === 'RAW') return undefined
  if (messageType === 'EXTERNAL_MU') return EXTERNAL_MU_SIZE
  // Of Ed25519ph whatever is given is hashed once more, and what is given is a digest all the same.
  if (algorithm.endsWith('_512')) return DIGEST_SIZE.sha512
  if (algorithm.endsWith('_384')) return DIGEST_SIZE.sha384
  return DIGEST_SIZE.sha256
}

export function signWith(
  { materials }: Services,
  key: LoadedKey,
  { algorithm, messageType, message, material, isSlow }: SigningWork,
): Awaitable<Result<Buffer, Failure>> {
  return after(materials.privateKey(key, material), (privateKey) => {
    if (!isSlow.sign) {
      const signed = signMessage(privateKey, algorithm, messageType, message, materials.secrets)
      return signed.ok ? signed : cannot(signed.error)
    }
    const job = { kind: 'sign', key: materials.copyOf(privateKey), algorithm, messageType, message } as const
    return materials.run(job).then((done) => {
      if (!done.ok) return cannot(done.error)
      if (done.value.bytes === undefined) throw new Error('a job that signs has signed nothing')
      return succeed(done.value.bytes)
    })
  })
}

/** Undefined where the signature is one of this message. */
export function verifyWith(
  { materials }: Services,
  key: LoadedKey,
  { algorithm, messageType, message, material, isSlow }: SigningWork,
  signature: Buffer,
): Awaitable<Failed | undefined> {
  return after(materials.publicKey(key, material), (publicKey) => {
    if (!isSlow.verify) {
      const verified = verifyMessage(publicKey, algorithm, messageType, message, signature)
      return verified.ok ? undefined : cannot(verified.error)
    }
    const job = { kind: 'verify', key: publicKey, algorithm, messageType, message, signature } as const
    return materials.run(job).then((done) => (done.ok ? undefined : cannot(done.error)))
  })
}

function cannot(error: CryptoError | SlowError): Failed {
  switch (error.kind) {
    case 'invalidSignature':
      return fail('KMSInvalidSignatureException')
    case 'invalidLength':
      return fail('ValidationException', 'Digest is invalid length for algorithm.')
    default:
      return slowFailure(error)
  }
}
