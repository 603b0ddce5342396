/**
 * Keys of external key stores: what KMS has sealed goes through the owner's proxy as well, and comes back through it.
 *
 * A blob of such a key has the header of every blob; after it stand, in place of body and tag, the parts that the proxy
 * answered: lengths of the initialization vector and of the metadata (a byte each), both of them, the proxy's tag, and
 * the ciphertext of what KMS had sealed. Only both together open it.
 *
 * Source: XKS proxy API specification 1.0.3; facts xks 3 and 5.
 */
import type { OperationName } from '../aws/operations.js'
import type { Result } from '../text/source.js'
import { after } from './awaitable.js'
import type { CiphertextBlob } from './crypto/blob.js'
import { GCM_TAG_SIZE } from './crypto/gcm.js'
import type { LoadedKeyStore } from './custom-key-stores.js'
import { fail, type Failure } from './failure.js'
import type { LoadedKey } from './loaded-key.js'
import type { Call } from './operation.js'
import type { Awaitable } from './store.js'
import { XKS_FAILURES, type XksFailure } from './xks/failure.js'
import type { ExternalCiphertext, RequestMetadata } from './xks/proxy.js'

/** What the proxy API takes as additional authenticated data. */
const MAX_ADDITIONAL_BYTES = 8192

/** A sealed blob, sealed once more by the proxy. `blob` is what KMS made of the plaintext. */
export function sealExternally<N extends OperationName>(
  call: Call<N>,
  key: LoadedKey,
  blob: CiphertextBlob,
  context: Uint8Array,
): Awaitable<Result<Buffer, Failure>> {
  if (context.length > MAX_ADDITIONAL_BYTES) {
    return fail('ValidationException', 'The encryption context is too long for a key in an external key store.')
  }
  return after(storeOf(call, key), (store) => {
    if (!store.ok) return store
    const proxy = call.services.customKeyStores.proxy(store.value)
    const inner = Buffer.concat([blob.body, blob.tag])
    return after(proxy.encrypt(key.record.xksKeyId ?? '', inner, context, metadataOf(call, key)), (sealed) => {
      if (!sealed.ok) return unusable(key, sealed.error)
      const { initializationVector, ciphertextMetadata = NO_BYTES, authenticationTag, ciphertext } = sealed.value
      const lengths = Buffer.of(initializationVector.length, ciphertextMetadata.length)
      const parts = [blob.header, lengths, initializationVector, ciphertextMetadata, authenticationTag, ciphertext]
      return { ok: true, value: Buffer.concat(parts) }
    })
  })
}

/** What KMS has to open after the proxy has. */
export function openExternally<N extends OperationName>(
  call: Call<N>,
  key: LoadedKey,
  blob: CiphertextBlob,
  context: Uint8Array,
): Awaitable<Result<CiphertextBlob, Failure>> {
  const sealed = partsOf(blob)
  if (sealed === undefined || context.length > MAX_ADDITIONAL_BYTES) return fail('InvalidCiphertextException')
  return after(storeOf(call, key), (store) => {
    if (!store.ok) return store
    const proxy = call.services.customKeyStores.proxy(store.value)
    return after(proxy.decrypt(key.record.xksKeyId ?? '', sealed, context, metadataOf(call, key)), (opened) => {
      if (!opened.ok) return unusable(key, opened.error)
      const inner = opened.value
      const bodyEnd = inner.length - GCM_TAG_SIZE
      return { ok: true, value: { ...blob, body: inner.subarray(0, bodyEnd), tag: inner.subarray(bodyEnd) } }
    })
  })
}

/** Undefined where the external key is one that a KMS key can be made on. */
export async function externalKeyFailure(
  call: Call<'CreateKey'>,
  store: LoadedKeyStore,
  xksKeyId: string,
): Promise<Failure | undefined> {
  const { caller, requestId } = call
  const metadata = { kmsRequestId: requestId, kmsOperation: 'CreateKey', ...callerOf(caller) }
  const found = await call.services.customKeyStores.proxy(store).metadata(xksKeyId, metadata)
  if (!found.ok) {
    const { createKey, words } = XKS_FAILURES[found.error.kind]
    return { code: createKey, message: `The request failed because ${words}.` }
  }
  const { keySpec, keyUsage, keyStatus } = found.value
  const wrong =
    keySpec !== 'AES_256'
      ? `key spec is ${keySpec}`
      : !keyUsage.includes('ENCRYPT') || !keyUsage.includes('DECRYPT')
        ? `key usage is ${keyUsage.join(', ')}`
        : keyStatus !== 'ENABLED'
          ? `status is ${keyStatus}`
          : undefined
  return wrong === undefined
    ? undefined
    : {
        code: 'XksKeyInvalidConfigurationException',
        message: `The external key ${xksKeyId} cannot be used: its ${wrong.replace(/[^\x20-\x7e]/g, '?')}.`,
      }
}

const NO_BYTES = Buffer.alloc(0)

function partsOf({ body, tag }: CiphertextBlob): ExternalCiphertext | undefined {
  const bytes = Buffer.concat([body, tag])
  const [ivLength = 0, metadataLength = 0] = bytes
  const metadataStart = 2 + ivLength
  const tagStart = metadataStart + metadataLength
  const ciphertextStart = tagStart + GCM_TAG_SIZE
  // What KMS had sealed has at least its own tag.
  if (bytes.length < ciphertextStart + GCM_TAG_SIZE) return undefined
  return {
    initializationVector: bytes.subarray(2, metadataStart),
    ciphertextMetadata: metadataLength === 0 ? undefined : bytes.subarray(metadataStart, tagStart),
    authenticationTag: bytes.subarray(tagStart, ciphertextStart),
    ciphertext: bytes.subarray(ciphertextStart),
  }
}

function storeOf<N extends OperationName>(
  { services }: Call<N>,
  { place, record }: LoadedKey,
): Awaitable<Result<LoadedKeyStore, Failure>> {
  return services.customKeyStores.find(place.accountId, place.region, record.customKeyStoreId ?? '')
}

/** What a proxy is told of a cryptographic operation. */
function metadataOf<N extends OperationName>(
  { caller, operation, requestId }: Call<N>,
  key: LoadedKey,
): RequestMetadata {
  const { via, vpcEndpointId, vpcId } = caller.caller
  // Networks of another account are nobody's business here.
  const isOwn = caller.accountId === key.accountId
  return {
    kmsRequestId: requestId,
    kmsOperation: operation.name,
    ...callerOf(caller),
    kmsKeyArn: key.arn,
    ...(isOwn && vpcId !== undefined ? { awsSourceVpc: vpcId } : {}),
    ...(isOwn && vpcEndpointId !== undefined ? { awsSourceVpce: vpcEndpointId } : {}),
    ...(via === undefined ? {} : { kmsViaService: via }),
  }
}

function callerOf(caller: Call['caller']): Pick<RequestMetadata, 'awsPrincipalArn'> {
  const arn = caller.context['aws:PrincipalArn']
  return { awsPrincipalArn: typeof arn === 'string' ? arn : caller.principal }
}

/** Whatever fails outside, the key is in no state to be used; only the words tell why. */
function unusable({ arn }: LoadedKey, { kind }: XksFailure): Result<never, Failure> {
  return fail('KMSInvalidStateException', `${arn} cannot be used because ${XKS_FAILURES[kind].words}.`)
}
