/**
 * Sealing and opening under symmetric encryption keys.
 *
 * Source: KMS API Reference, "Encrypt", "Decrypt"; kms-behaviour 3, 5.
 */
import type { OperationName } from '../aws/operations.js'
import type { Result } from '../text/source.js'
import { after } from './awaitable.js'
import { openInCluster, sealInCluster } from './cluster-key.js'
import { decodeBlob, type CiphertextBlob } from './crypto/blob.js'
import { encodeEncryptionContext, type EncryptionContext } from './crypto/encryption-context.js'
import { openExternally, sealExternally } from './external-key.js'
import { fail, succeed, type Failed, type Failure } from './failure.js'
import type { LoadedKey } from './loaded-key.js'
import { DRY_RUN, type Call } from './operation.js'
import type { Awaitable } from './store.js'

export interface Sealed {
  readonly blob: Buffer
  readonly materialId: string
}

export interface Opened {
  /** A secret of the caller's. */
  readonly plaintext: Buffer
  readonly materialId: string
}

/** Under the current material, in the cluster that has it, and for a key of an external key store through its proxy as well. */
export function sealUnder<N extends OperationName>(
  call: Call<N>,
  key: LoadedKey,
  plaintext: Uint8Array,
  context: EncryptionContext | undefined,
): Awaitable<Result<Sealed, Failure>> {
  const material = key.currentMaterial
  if (material === undefined) return fail('KeyUnavailableException', `${key.arn} has no key material.`)
  const { materialId } = material
  if (key.record.origin === 'AWS_CLOUDHSM') {
    return after(sealInCluster(call, key, materialId, plaintext, encodeEncryptionContext(context)), (blob) =>
      blob.ok ? succeed({ blob: blob.value, materialId }) : blob,
    )
  }
  return after(call.services.materials.symmetric(key, material), (symmetric) => {
    const aad = encodeEncryptionContext(context)
    const sealed = symmetric.seal(plaintext, aad)
    if (!sealed.ok) return fail('ValidationException', 'The plaintext is too long.')
    if (key.record.xksKeyId === undefined) return succeed({ blob: sealed.value, materialId })
    const inner = decodeBlob(sealed.value)
    if (!inner.ok) throw new Error('a blob just made cannot be read')
    return after(sealExternally(call, key, inner.value, aad), (blob) =>
      blob.ok ? succeed({ blob: blob.value, materialId }) : blob,
    )
  })
}

/** Undefined where the ciphertext does not name another key; asked before what the key is for. */
export function incorrectKey(key: LoadedKey, ciphertext: CiphertextBlob | undefined): Failed | undefined {
  return ciphertext === undefined || ciphertext.keyId === key.place.keyId ? undefined : INCORRECT_KEY
}

/** Under the material that the ciphertext names: whatever is wrong with it, the answer is the same. */
export function openUnder<N extends OperationName>(
  call: Call<N>,
  key: LoadedKey,
  ciphertext: CiphertextBlob | undefined,
  context: EncryptionContext | undefined,
): Awaitable<Result<Opened, Failure>> {
  if (ciphertext === undefined) return INVALID_CIPHERTEXT
  const material = key.material(ciphertext.materialId)
  // Imported material that is gone has left the key pending import, and one that waits for its rotation seals nothing.
  if (material === undefined || material.imported?.isPresent === false) return INVALID_CIPHERTEXT
  // What a proxy would make of it is not asked for nothing.
  if (call.isDryRun && key.record.xksKeyId !== undefined) return DRY_RUN
  const { materialId } = material
  const { materials } = call.services
  const aad = encodeEncryptionContext(context)
  if (key.record.origin === 'AWS_CLOUDHSM') {
    return after(openInCluster(call, key, ciphertext, aad), (opened) =>
      opened.ok ? succeed({ plaintext: opened.value, materialId }) : opened,
    )
  }
  if (key.record.xksKeyId === undefined) {
    return after(materials.symmetric(key, material), (symmetric) => {
      const opened = symmetric.open(ciphertext, aad)
      return opened.ok ? succeed({ plaintext: opened.value, materialId }) : INVALID_CIPHERTEXT
    })
  }
  return after(openExternally(call, key, ciphertext, aad), (inner) => {
    if (!inner.ok) return inner
    // Only now: what is ready may leave its cache while a proxy takes its time.
    return after(materials.symmetric(key, material), (symmetric) => {
      const opened = symmetric.open(inner.value, aad)
      // What the proxy has opened is no longer needed, and is not what the caller asked for.
      inner.value.body.fill(0)
      return opened.ok
        ? succeed({ plaintext: opened.value, materialId })
        : fail(
            'KMSInvalidStateException',
            `${key.arn} cannot be used because the external key store proxy returned another plaintext.`,
          )
    })
  })
}

export const INVALID_CIPHERTEXT = fail('InvalidCiphertextException')

const INCORRECT_KEY = fail(
  'IncorrectKeyException',
  'The key ID in the request does not identify a CMK that can perform this operation.',
)
