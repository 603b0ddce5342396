/**
 * Data keys and data key pairs: which are asked for, made and sealed under a symmetric encryption key.
 *
 * Source: KMS API Reference, "GenerateDataKey", "GenerateDataKeyPair" and their WithoutPlaintext forms; kms-behaviour 5
 * and 6.
 */
import type { OperationName } from '../aws/operations.js'
import type { Result } from '../text/source.js'
import { after } from './awaitable.js'
import { randomInCluster } from './cluster-key.js'
import { generateDataKeyPair } from './crypto/key-pair.js'
import { isMlKemSpec } from './crypto/key-spec.js'
import { latticePrivateKeyInfo } from './crypto/lattice-key.js'
import { fail, succeed, type Failed, type Failure } from './failure.js'
import type { LoadedKey } from './loaded-key.js'
import { isSlow, slowFailure } from './materials.js'
import type { Call } from './operation.js'
import type { Services } from './services.js'
import type { DataKeyPairSpec, DataKeySpec } from './shapes.js'
import type { Awaitable } from './store.js'
import { sealUnder, type Sealed } from './symmetric-work.js'
import { notSymmetric, wrongUsage } from './usage-check.js'

const BYTES: Readonly<Record<DataKeySpec, number>> = { AES_128: 16, AES_256: 32 }

/** How long the data key is: by exactly one of the two members. */
export function dataKeySize({
  NumberOfBytes,
  KeySpec,
}: {
  readonly NumberOfBytes?: number | undefined
  readonly KeySpec?: DataKeySpec | undefined
}): Result<number, Failure> {
  if ((NumberOfBytes === undefined) === (KeySpec === undefined)) {
    return fail('ValidationException', 'Please specify either number of bytes or key spec.')
  }
  return succeed(NumberOfBytes ?? (KeySpec === undefined ? 0 : BYTES[KeySpec]))
}

/** Undefined where the key seals data keys. */
export function noDataKeys(key: LoadedKey, operation: OperationName): Failed | undefined {
  return wrongUsage(key, 'ENCRYPT_DECRYPT', operation) ?? notSymmetric(key, operation)
}

/** Undefined where the key seals data key pairs, of this spec. */
export function noDataKeyPairs<N extends 'GenerateDataKeyPair' | 'GenerateDataKeyPairWithoutPlaintext'>(
  { operation, region }: Call<N>,
  key: LoadedKey,
  spec: DataKeyPairSpec,
): Failed | undefined {
  const wrong = noDataKeys(key, operation.name)
  if (wrong !== undefined) return wrong
  if (key.record.customKeyStoreId !== undefined) {
    return fail(
      'UnsupportedOperationException',
      `${key.arn} origin is ${key.record.origin} which is not valid for this operation.`,
    )
  }
  return spec === 'SM2' && !region.startsWith('cn-')
    ? fail('UnsupportedOperationException', 'KeyPairSpec SM2 is not supported in this Region.')
    : undefined
}

export interface SealedDataKey extends Sealed {
  /** A secret of the caller's. */
  readonly plaintext: Buffer
}

type Context = Readonly<Record<string, string>> | undefined

export function newDataKey<N extends OperationName>(
  call: Call<N>,
  key: LoadedKey,
  size: number,
  context: Context,
): Awaitable<Result<SealedDataKey, Failure>> {
  if (key.record.origin !== 'AWS_CLOUDHSM') return sealed(call, key, call.services.materials.random(size), context)
  return after(randomInCluster(call, key, size), (made) => (made.ok ? sealed(call, key, made.value, context) : made))
}

export interface SealedPair extends SealedDataKey {
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
}

/** Slow pairs are made elsewhere. */
export function newDataKeyPair<N extends OperationName>(
  call: Call<N>,
  key: LoadedKey,
  spec: DataKeyPairSpec,
  context: Context,
): Awaitable<Result<SealedPair, Failure>> {
  const { services } = call
  const { materials } = services
  if (isSlow(spec)) {
    return materials.run({ kind: 'generate', spec }).then((made) => {
      if (!made.ok) return slowFailure(made.error)
      const { secret, bytes: publicKey } = made.value
      if (secret === undefined || publicKey === undefined) throw new Error('a job that makes a key has made none')
      return sealedPair(call, key, privateKeyInfo(services, spec, secret), publicKey, context)
    })
  }
  const { privateKey, publicKey } = generateDataKeyPair(spec, materials.secrets)
  return sealedPair(call, key, privateKey, publicKey, context)
}

/** Kept is of ML-KEM the seed alone, and handed out is PKCS #8. */
function privateKeyInfo({ materials }: Services, spec: DataKeyPairSpec, kept: Buffer): Buffer {
  if (!isMlKemSpec(spec)) return kept
  const info = latticePrivateKeyInfo(spec, kept, materials.secrets)
  materials.secrets.release(kept)
  return info
}

function sealedPair<N extends OperationName>(
  call: Call<N>,
  key: LoadedKey,
  privateKey: Buffer,
  publicKey: Buffer,
  context: Context,
): Awaitable<Result<SealedPair, Failure>> {
  return after(sealed(call, key, privateKey, context), (pair) =>
    pair.ok ? succeed({ ...pair.value, publicKey }) : pair,
  )
}

function sealed<N extends OperationName>(
  call: Call<N>,
  key: LoadedKey,
  plaintext: Buffer,
  context: Context,
): Awaitable<Result<SealedDataKey, Failure>> {
  return after(sealUnder(call, key, plaintext, context), (made) => {
    if (made.ok) return succeed({ plaintext, blob: made.value.blob, materialId: made.value.materialId })
    call.services.materials.secrets.release(plaintext)
    return made
  })
}
