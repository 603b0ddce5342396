/**
 * Keys of CloudHSM key stores: their material is in a cluster, which seals and opens with it.
 *
 * A blob of such a key is like every other, but that the cluster has sealed it with AES-256-GCM under the key itself: the
 * first twelve bytes of its nonce are the initialization vector, the others are zero. Associated data are all before the
 * nonce, which tells its own length, and the encoded encryption context.
 *
 * Source: KMS Developer Guide, "AWS CloudHSM key stores"; NIST SP 800-38D; facts kms-behaviour 13.
 */
import type { OperationName } from '../aws/operations.js'
import type { Result } from '../text/source.js'
import { after } from './awaitable.js'
import type { ClusterJob, ClusterSession } from './cloudhsm/clusters.js'
import { meaningOf } from './cloudhsm/failure.js'
import type { TokenFailure } from './cloudhsm/token-job.js'
import type { TokenResult } from './cloudhsm/token-thread.js'
import { BLOB_NONCE_SIZE, encodeBlobPrefix, plaintextCapacity, type CiphertextBlob } from './crypto/blob.js'
import { GCM_NONCE_SIZE } from './crypto/gcm.js'
import type { LoadedKeyStore } from './custom-key-stores.js'
import { fail, succeed, type Failed, type Failure } from './failure.js'
import type { LoadedKey } from './loaded-key.js'
import type { Call } from './operation.js'
import { putName, remove } from './records.js'
import { doomedKey, doomedKeyRow, doomedKeysPrefix } from './row-names.js'
import { scanAll } from './scan.js'
import type { Services } from './services.js'
import type { Awaitable, Change } from './store.js'

const ZEROS = Buffer.alloc(BLOB_NONCE_SIZE - GCM_NONCE_SIZE)

/** @returns a ciphertext blob. */
export function sealInCluster<N extends OperationName>(
  call: Call<N>,
  key: LoadedKey,
  materialId: string,
  plaintext: Uint8Array,
  context: Uint8Array,
): Awaitable<Result<Buffer, Failure>> {
  const prefix = encodeBlobPrefix(key.place.keyId, materialId)
  if (plaintext.length > plaintextCapacity(prefix)) return fail('ValidationException', 'The plaintext is too long.')
  const iv = call.services.randomBytes(GCM_NONCE_SIZE)
  const associatedData = Buffer.concat([prefix, context])
  const job: ClusterJob = { kind: 'seal', ...nameOf(key, materialId), iv, associatedData, plaintext }
  return after(inCluster(call.services, key, job), (answer) => {
    if (!answer.ok) return unusable(key, answer.error)
    const { bytes } = answer.value
    if (bytes === undefined) throw new Error('a job that seals has sealed nothing')
    const sealed = bytes.subarray(GCM_NONCE_SIZE)
    return succeed(Buffer.concat([prefix, bytes.subarray(0, GCM_NONCE_SIZE), ZEROS, sealed]))
  })
}

/** The plaintext, a secret of the caller's. That the blob names this key and this material is known. */
export function openInCluster<N extends OperationName>(
  call: Call<N>,
  key: LoadedKey,
  { header, nonce, body, tag, materialId }: CiphertextBlob,
  context: Uint8Array,
): Awaitable<Result<Buffer, Failure>> {
  if (!nonce.subarray(GCM_NONCE_SIZE).equals(ZEROS)) return fail('InvalidCiphertextException')
  const iv = nonce.subarray(0, GCM_NONCE_SIZE)
  const associatedData = Buffer.concat([header.subarray(0, header.length - BLOB_NONCE_SIZE), context])
  const ciphertext = Buffer.concat([body, tag])
  const job: ClusterJob = { kind: 'open', ...nameOf(key, materialId), iv, associatedData, ciphertext }
  return after(inCluster(call.services, key, job), (answer) => {
    if (answer.ok) return succeed(secretOf(answer.value))
    return answer.error.kind === 'ciphertext' ? fail('InvalidCiphertextException') : unusable(key, answer.error)
  })
}

/** Random bytes of the cluster that holds the key, a secret of the caller's. */
export function randomInCluster<N extends OperationName>(
  call: Call<N>,
  key: LoadedKey,
  size: number,
): Awaitable<Result<Buffer, Failure>> {
  return after(inCluster(call.services, key, { kind: 'random', size }), (answer) =>
    answer.ok ? succeed(secretOf(answer.value)) : unusable(key, answer.error),
  )
}

/** Random bytes of a key store's cluster, a secret of the caller's. */
export async function randomInStore(
  { services }: Call<'GenerateRandom'>,
  store: LoadedKeyStore,
  size: number,
): Promise<Result<Buffer, Failure>> {
  const session = services.customKeyStores.session(store)
  const answer = session === undefined ? NO_CLUSTER : await session.run({ kind: 'random', size })
  return answer.ok ? succeed(secretOf(answer.value)) : makeFailure(answer.error)
}

/** Makes the key of a new KMS key; answers the changes that keep it, without which it is destroyed some day. */
export async function makeInCluster(
  { services }: Call<'CreateKey'>,
  store: LoadedKeyStore,
  keyId: string,
  materialId: string,
): Promise<Result<readonly Change[], Failure>> {
  const session = services.customKeyStores.session(store)
  if (session === undefined) return makeFailure(NO_CLUSTER.error)
  // Said before it is made: whatever breaks off from here on, it is known that there may be such a key.
  const row = doomedKeyRow(store.place, keyId, materialId)
  await services.store.commit([putName(row)], [])
  const made = await session.run({ kind: 'makeKey', label: keyId, id: materialId })
  if (made.ok) return succeed([remove(row)])
  return makeFailure(made.error)
}

/** What becomes of the key in the cluster when its KMS key goes: nothing, for keys of any other kind. */
export function doom(
  { record, place }: LoadedKey,
  services: Services,
): { readonly changes: readonly Change[]; readonly destroy: () => Awaitable<void> } {
  const { customKeyStoreId, origin } = record
  const [material] = record.materials
  if (origin !== 'AWS_CLOUDHSM' || customKeyStoreId === undefined || material === undefined) {
    return { changes: [], destroy: () => undefined }
  }
  const { accountId, region, keyId } = place
  const storePlace = { accountId, region, customKeyStoreId }
  const row = doomedKeyRow(storePlace, keyId, material.materialId)
  return {
    changes: [putName(row)],
    destroy: () =>
      after(services.customKeyStores.at(storePlace), async (store) => {
        // Where its cluster is away, the key is destroyed when the key store is connected again.
        if (store?.record.connectionState !== 'CONNECTED') return
        const session = services.customKeyStores.session(store)
        if (session === undefined || !(await isDestroyed(session, row))) return
        await services.store.commit([remove(row)], [])
      }),
  }
}

/** Destroys what was left in the cluster of a key store that is being connected; answers the rows that said so. */
export async function destroyDoomed(
  { store }: Services,
  session: ClusterSession,
  place: LoadedKeyStore['place'],
): Promise<readonly Change[]> {
  const rows: string[] = []
  await scanAll(store, doomedKeysPrefix(place), ({ name }) => void rows.push(name))
  const changes: Change[] = []
  for (const row of rows) if (await isDestroyed(session, row)) changes.push(remove(row))
  return changes
}

async function isDestroyed(session: ClusterSession, row: string): Promise<boolean> {
  const answer = await session.run({ kind: 'destroyKey', ...doomedKey(row) })
  return answer.ok || answer.error.kind === 'noKey'
}

const NO_CLUSTER = {
  ok: false,
  error: { kind: 'noToken', detail: 'the cluster is none that this engine knows' },
} as const satisfies Result<never, TokenFailure>

function inCluster(
  { customKeyStores }: Services,
  { place, record }: LoadedKey,
  job: ClusterJob,
): Awaitable<Result<TokenResult, TokenFailure>> {
  const { customKeyStoreId = '' } = record
  return after(customKeyStores.at({ ...place, customKeyStoreId }), (store) => {
    const session = store && customKeyStores.session(store)
    return session === undefined ? NO_CLUSTER : session.run(job)
  })
}

function nameOf({ place }: LoadedKey, materialId: string): { readonly label: string; readonly id: string } {
  return { label: place.keyId, id: materialId }
}

function secretOf({ secret }: TokenResult): Buffer {
  if (secret === undefined) throw new Error('a job that answers a secret has answered none')
  return secret
}

/** Whatever fails in the cluster, the key is in no state to be used; only the words tell why. */
function unusable({ arn }: LoadedKey, error: TokenFailure): Failed {
  if (error.kind === 'busy') return BUSY
  return fail('KMSInvalidStateException', `${arn} cannot be used because ${meaningOf(error).words}.`)
}

function makeFailure(error: TokenFailure): Failed {
  if (error.kind === 'busy') return BUSY
  const { make, words } = meaningOf(error)
  return fail(make, `The request failed because ${words}.`)
}

const BUSY = fail('ThrottlingException', 'Too much work is waiting. Reduce the frequency of your calls.')
