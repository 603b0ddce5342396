/**
 * Attestation documents of Nitro Enclaves and NitroTPM: their form, and nothing of whether they are to be believed.
 *
 * A document is a COSE_Sign1 structure whose payload is a CBOR map. Everything that the form does not name is refused:
 * a document that says more than we understand proves something that we do not.
 *
 * Source: NSM API, "Attestation process", sections 3.1 and 3.2.3.1; RFC 9052, section 4.2; facts attestation 1.
 */
import { decode, Tag } from 'cbor2'
import type { Result } from '../../text/source.js'

/** By which condition keys its measurements are known. */
export type AttestationKind = 'enclave' | 'nitroTpm'

export interface AttestationDocument {
  readonly kind: AttestationKind
  readonly moduleId: string
  readonly timestampMs: number
  /** By index, 0 to 31; only those that the document lists. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>
  /** DER of the leaf that signed. */
  readonly certificate: Uint8Array
  /** DER, from the root down. */
  readonly caBundle: readonly Uint8Array[]
  /** DER SubjectPublicKeyInfo, to which answers are sealed. */
  readonly publicKey: Uint8Array | undefined
}

/** What was signed, as it was received. */
export interface SignedDocument {
  readonly protectedHeader: Uint8Array
  readonly payload: Uint8Array
  /** r and s, 48 bytes each. */
  readonly signature: Uint8Array
  readonly document: AttestationDocument
}

const COSE_SIGN1 = 18
/** `{1: -35}`: the algorithm is ES384. */
const ES384_HEADER = Uint8Array.of(0xa1, 0x01, 0x38, 0x22)
const SIGNATURE_BYTES = 96
const MAX_DOCUMENT_BYTES = 262_144
const MAX_PAYLOAD_BYTES = 16_384
const MAX_CERTIFICATE_BYTES = 1024
const MAX_CERTIFICATES = 16
const MAX_PCR = 31
const MAX_USER_BYTES = 1024
// The format has PCRs of 32 and 64 bytes too; a document whose digest is SHA384 has none.
const PCR_BYTES = 48
// A payload holds maps in a map and a list in a map.
const MAX_DEPTH = 4

const MEMBERS: ReadonlySet<unknown> = new Set([
  'module_id',
  'digest',
  'timestamp',
  'pcrs',
  'nitrotpm_pcrs',
  'certificate',
  'cabundle',
  'public_key',
  'user_data',
  'nonce',
])

/** Reads a document; the error says in a few words for a log what is wrong with it. */
export function readAttestationDocument(bytes: Uint8Array): Result<SignedDocument, string> {
  if (bytes.length === 0 || bytes.length > MAX_DOCUMENT_BYTES) return fail('the document is empty or too large')
  const outer = decodeCbor(bytes)
  const parts = outer instanceof Tag && outer.tag === COSE_SIGN1 ? outer.contents : outer
  if (!isList(parts) || parts.length !== 4) return fail('the document is no COSE_Sign1 structure')
  const [protectedHeader, unprotected, payload, signature] = parts
  if (!isBytes(protectedHeader) || !equals(protectedHeader, ES384_HEADER)) return fail('the algorithm is not ES384')
  if (!(unprotected instanceof Map) || unprotected.size > 0) return fail('the unprotected header is not empty')
  if (!isBytes(signature) || signature.length !== SIGNATURE_BYTES) return fail('the signature is not 96 bytes long')
  if (!isBytes(payload) || payload.length === 0 || payload.length > MAX_PAYLOAD_BYTES) {
    return fail('the payload is empty, too large or no byte string')
  }
  const members = decodeCbor(payload)
  if (!(members instanceof Map)) return fail('the payload is no map')
  const document = readPayload(members)
  return document.ok ? { ok: true, value: { protectedHeader, payload, signature, document: document.value } } : document
}

function readPayload(members: ReadonlyMap<unknown, unknown>): Result<AttestationDocument, string> {
  for (const name of members.keys()) if (!MEMBERS.has(name)) return fail('the payload has an unknown member')

  const moduleId = members.get('module_id')
  if (typeof moduleId !== 'string' || moduleId === '') return fail('module_id is missing')
  if (members.get('digest') !== 'SHA384') return fail('the digest is not SHA384')
  const timestamp = members.get('timestamp')
  if (typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp) || timestamp <= 0) {
    return fail('the timestamp is no positive integer')
  }
  const enclave = members.get('pcrs')
  const tpm = members.get('nitrotpm_pcrs')
  if ((enclave === undefined) === (tpm === undefined))
    return fail('there are not exactly one of pcrs and nitrotpm_pcrs')
  const pcrs = readPcrs(enclave ?? tpm)
  if (pcrs === undefined) return fail('the PCRs are malformed')
  const certificate = members.get('certificate')
  if (!isCertificate(certificate)) return fail('the certificate is missing or of a wrong size')
  const caBundle = members.get('cabundle')
  if (!isList(caBundle) || caBundle.length === 0 || caBundle.length > MAX_CERTIFICATES) {
    return fail('the certificate bundle is empty, too long or no list')
  }
  if (!caBundle.every(isCertificate)) return fail('the bundle holds a certificate of a wrong size')
  const publicKey = optionalBytes(members, 'public_key')
  const isUserData = ['user_data', 'nonce'].every((name) => optionalBytes(members, name) !== false)
  if (publicKey === false || !isUserData) return fail('public_key, user_data or nonce is malformed')
  return {
    ok: true,
    value: {
      kind: enclave === undefined ? 'nitroTpm' : 'enclave',
      moduleId,
      timestampMs: timestamp,
      pcrs,
      certificate,
      caBundle,
      publicKey,
    },
  }
}

function readPcrs(value: unknown): ReadonlyMap<number, Uint8Array> | undefined {
  if (!(value instanceof Map) || value.size === 0 || value.size > MAX_PCR + 1) return undefined
  const pcrs = new Map<number, Uint8Array>()
  for (const [index, bytes] of value as ReadonlyMap<unknown, unknown>) {
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index > MAX_PCR) return undefined
    if (!isBytes(bytes) || bytes.length !== PCR_BYTES) return undefined
    pcrs.set(index, bytes)
  }
  return pcrs
}

/** Real encoders write null for what is absent. False where it is neither bytes nor absent. */
function optionalBytes(members: ReadonlyMap<unknown, unknown>, name: string): Uint8Array | undefined | false {
  const value = members.get(name)
  if (value === undefined || value === null) return undefined
  return isBytes(value) && value.length <= MAX_USER_BYTES ? value : false
}

/** Undefined where the bytes are no single CBOR value, or one with a duplicate key. */
function decodeCbor(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, { preferMap: true, rejectDuplicateKeys: true, ignoreGlobalTags: true, maxDepth: MAX_DEPTH })
  } catch {
    return undefined
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array
}

function isCertificate(value: unknown): value is Uint8Array {
  return isBytes(value) && value.length > 0 && value.length <= MAX_CERTIFICATE_BYTES
}

function equals(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function fail(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error }
}
