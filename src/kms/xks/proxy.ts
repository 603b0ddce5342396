/**
 * The four calls of an external key store proxy: health, metadata, encrypt and decrypt.
 *
 * An answer is believed only when every member is there, of the right type and length, and agrees with its integrity
 * value; anything else is a malformed response.
 *
 * Source: XKS proxy API specification 1.0.3; facts xks 1 and 2.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Result } from '../../text/source.js'
import type { ProxyErrorName, XksFailure } from './failure.js'
import type { ProxyCredential } from './sign.js'
import { callProxy, type TransportOptions } from './transport.js'

export interface ProxyAddress {
  /** `https://host` */
  readonly endpoint: string
  /** `/kms/xks/v1`, with a prefix or without. */
  readonly path: string
  readonly credential: ProxyCredential
  /** Of the service. */
  readonly region: string
}

/** What a proxy is told about the request that needs it. */
export interface RequestMetadata {
  readonly kmsRequestId: string
  readonly kmsOperation: string
  readonly awsPrincipalArn?: string
  readonly kmsKeyArn?: string
  readonly awsSourceVpc?: string
  readonly awsSourceVpce?: string
  readonly kmsViaService?: string
}

export interface ExternalKey {
  readonly keySpec: string
  readonly keyUsage: readonly string[]
  readonly keyStatus: 'ENABLED' | 'DISABLED'
}

/** What a proxy made of a plaintext; all of it is needed to open it again. */
export interface ExternalCiphertext {
  readonly ciphertext: Buffer
  readonly initializationVector: Buffer
  readonly authenticationTag: Buffer
  /** Up to 20 bytes that mean something to the proxy. */
  readonly ciphertextMetadata: Buffer | undefined
}

type Answer<T> = Promise<Result<T, XksFailure>>

const MAX_METADATA_BYTES = 20
const TAG_BYTES = 16
const IV_BYTES: readonly number[] = [12, 16]
const MAX_KEY_USAGES = 10
const MAX_FLEET = 10
const MAX_DETAIL = 512

export class XksProxy {
  constructor(
    private readonly address: ProxyAddress,
    private readonly nowMs: () => number,
    private readonly transport: TransportOptions = {},
  ) {}

  /** Whether it answers at all, as it should, with at least one key manager that is not unavailable. */
  async health(metadata: Pick<RequestMetadata, 'kmsRequestId' | 'kmsOperation'>): Answer<undefined> {
    const answer = await this.ask('/health', { requestMetadata: metadata })
    if (!answer.ok) return answer
    const { xksProxyFleetSize: size, ekmFleetDetails: fleet, ...names } = answer.value
    const isNamed = ['xksProxyVendor', 'xksProxyModel', 'ekmVendor'].every((name) => typeof names[name] === 'string')
    if (!isNamed || typeof size !== 'number' || !Number.isInteger(size) || size < 1) {
      return malformed('a member of the health answer is missing or of a wrong type')
    }
    const statuses = fleetStatuses(fleet)
    if (statuses === undefined) return malformed('ekmFleetDetails is malformed')
    return statuses.every((status) => status === 'UNAVAILABLE')
      ? { ok: false, error: { kind: 'allUnavailable', detail: 'every external key manager is unavailable' } }
      : { ok: true, value: undefined }
  }

  async metadata(externalKeyId: string, metadata: RequestMetadata): Answer<ExternalKey> {
    const answer = await this.ask(`/keys/${externalKeyId}/metadata`, { requestMetadata: metadata })
    if (!answer.ok) return answer
    const { keySpec, keyUsage, keyStatus } = answer.value
    if (typeof keySpec !== 'string' || !isTextList(keyUsage) || keyUsage.length > MAX_KEY_USAGES) {
      return malformed('keySpec or keyUsage is missing or of a wrong type')
    }
    if (keyStatus !== 'ENABLED' && keyStatus !== 'DISABLED') return malformed('keyStatus is missing or unknown')
    return { ok: true, value: { keySpec, keyUsage, keyStatus } }
  }

  async encrypt(
    externalKeyId: string,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
    metadata: RequestMetadata,
  ): Answer<ExternalCiphertext> {
    const answer = await this.ask(`/keys/${externalKeyId}/encrypt`, {
      requestMetadata: metadata,
      plaintext: base64(plaintext),
      encryptionAlgorithm: 'AES_GCM',
      ...authenticated(additionalData),
      ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
    })
    if (!answer.ok) return answer
    const ciphertext = bytesOf(answer.value.ciphertext)
    const initializationVector = bytesOf(answer.value.initializationVector)
    const authenticationTag = bytesOf(answer.value.authenticationTag)
    const given = answer.value.ciphertextMetadata
    const ciphertextMetadata = given === undefined || given === null ? undefined : bytesOf(given)
    const integrity = bytesOf(answer.value.ciphertextDataIntegrityValue)
    if (ciphertext?.length !== plaintext.length) return malformed('the ciphertext is missing or of another length')
    if (initializationVector === undefined || !IV_BYTES.includes(initializationVector.length)) {
      return malformed('the initialization vector is missing or of a wrong length')
    }
    if (authenticationTag?.length !== TAG_BYTES) return malformed('the tag is missing or of a wrong length')
    if (
      given !== undefined &&
      given !== null &&
      !(ciphertextMetadata && ciphertextMetadata.length <= MAX_METADATA_BYTES)
    ) {
      return malformed('the ciphertext metadata is of a wrong type or longer than 20 bytes')
    }
    const sealed = { ciphertext, initializationVector, authenticationTag, ciphertextMetadata }
    const expected = integrityValue(sealed, additionalData)
    if (integrity?.length !== expected.length || !timingSafeEqual(integrity, expected)) {
      return malformed('the integrity value is missing or wrong')
    }
    return { ok: true, value: sealed }
  }

  /** The answer is plain material: the caller moves it to where such bytes are kept, and zeroes it. */
  async decrypt(
    externalKeyId: string,
    sealed: ExternalCiphertext,
    additionalData: Uint8Array,
    metadata: RequestMetadata,
  ): Answer<Buffer> {
    const { ciphertext, initializationVector, authenticationTag, ciphertextMetadata } = sealed
    const answer = await this.ask(`/keys/${externalKeyId}/decrypt`, {
      requestMetadata: metadata,
      ciphertext: base64(ciphertext),
      encryptionAlgorithm: 'AES_GCM',
      initializationVector: base64(initializationVector),
      authenticationTag: base64(authenticationTag),
      ...(ciphertextMetadata === undefined ? {} : { ciphertextMetadata: base64(ciphertextMetadata) }),
      ...authenticated(additionalData),
    })
    if (!answer.ok) return answer
    const plaintext = bytesOf(answer.value.plaintext)
    return plaintext?.length === ciphertext.length
      ? { ok: true, value: plaintext }
      : malformed('the plaintext is missing or of another length')
  }

  private async ask(path: string, body: Readonly<Record<string, unknown>>): Answer<Readonly<Record<string, unknown>>> {
    const { address } = this
    const answer = await callProxy(
      {
        endpoint: address.endpoint,
        path: address.path + path,
        body: JSON.stringify(body),
        region: address.region,
        credential: address.credential,
        nowMs: this.nowMs(),
      },
      this.transport,
    )
    if (!answer.ok) return answer
    const { status, body: text } = answer.value
    const value = parseObject(text)
    if (status === 200) return value === undefined ? malformed('the answer is no JSON object') : { ok: true, value }
    const name = value?.errorName
    if (typeof name !== 'string' || !isProxyErrorName(name)) {
      return malformed(`the answer has status ${status} and no error name that we know`)
    }
    return { ok: false, error: { kind: name, detail: printable(value?.errorMessage) } }
  }
}

/**
 * SHA-256 over everything that opens the ciphertext, so that a proxy cannot answer with what it cannot open.
 *
 * Source: XKS proxy API specification 1.0.3, "EncryptAPI", ciphertextDataIntegrityValue.
 */
export function integrityValue(sealed: ExternalCiphertext, additionalData: Uint8Array): Buffer {
  return createHash('sha256')
    .update(additionalData)
    .update(sealed.ciphertextMetadata ?? '')
    .update(sealed.initializationVector)
    .update(sealed.ciphertext)
    .update(sealed.authenticationTag)
    .digest()
}

const ERROR_NAMES = {
  ValidationException: true,
  InvalidStateException: true,
  InvalidCiphertextException: true,
  InvalidKeyUsageException: true,
  AuthenticationFailedException: true,
  AccessDeniedException: true,
  KeyNotFoundException: true,
  InvalidUriPathException: true,
  ThrottlingException: true,
  InternalException: true,
  UnsupportedOperationException: true,
  DependencyTimeoutException: true,
} satisfies Record<ProxyErrorName, true>

function isProxyErrorName(name: string): name is ProxyErrorName {
  return Object.hasOwn(ERROR_NAMES, name)
}

function fleetStatuses(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_FLEET) return undefined
  const statuses: string[] = []
  for (const member of value as readonly unknown[]) {
    if (typeof member !== 'object' || member === null) return undefined
    const { id, model, healthStatus } = member as Readonly<Record<string, unknown>>
    if (typeof id !== 'string' || typeof model !== 'string') return undefined
    if (healthStatus !== 'ACTIVE' && healthStatus !== 'DEGRADED' && healthStatus !== 'UNAVAILABLE') return undefined
    statuses.push(healthStatus)
  }
  return statuses
}

/** The member is left out where there is nothing to authenticate. */
function authenticated(additionalData: Uint8Array): { readonly additionalAuthenticatedData?: string } {
  return additionalData.length === 0 ? {} : { additionalAuthenticatedData: base64(additionalData) }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string')
}

/** Standard alphabet with padding and nothing else; Node.js's own reader forgives too much. */
function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value !== 'string') return undefined
  const bytes = Buffer.from(value, 'base64')
  return bytes.toString('base64') === value ? bytes : undefined
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}

function printable(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_DETAIL).replace(/[^\x20-\x7e]/g, '?') : ''
}

function malformed(detail: string): { readonly ok: false; readonly error: XksFailure } {
  return { ok: false, error: { kind: 'malformedResponse', detail } }
}
