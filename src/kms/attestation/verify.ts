/**
 * May this attestation document be believed, and what does it say?
 *
 * Nothing of a document is used before all of it is verified: form, age, path to a trusted root, signature. Why a
 * document is refused goes to a log; its sender learns only that it was.
 *
 * Source: facts attestation 1 and 4; RFC 9052, section 4.4.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import { encode } from 'cbor2'
import type { Result } from '../../text/source.js'
import { verifyChain } from './certificate-chain.js'
import { readAttestationDocument, type AttestationDocument, type SignedDocument } from './document.js'

export interface AttestationPolicy {
  /** DER of trusted roots. */
  readonly anchors: readonly Uint8Array[]
  /** How far the document's time may lie from now, either way. */
  readonly maxAgeMs: number
}

/** A verified document. */
export interface Attestation {
  readonly document: AttestationDocument
  /** RSA of 2048 to 4096 bits, to which answers are sealed. */
  readonly publicKey: KeyObject
  /** The same as DER SubjectPublicKeyInfo. */
  readonly publicKeyDer: Uint8Array
}

const RSA_BITS = { min: 2048, max: 4096 }

export function verifyAttestation(
  bytes: Uint8Array,
  policy: AttestationPolicy,
  nowMs: number,
): Result<Attestation, string> {
  const read = readAttestationDocument(bytes)
  if (!read.ok) return read
  const { document } = read.value
  const leaf = verifyChain({
    leaf: document.certificate,
    caBundle: document.caBundle,
    anchors: policy.anchors,
    nowMs,
  })
  if (!leaf.ok) return leaf
  if (!isSignedBy(read.value, leaf.value)) return { ok: false, error: 'the signature is wrong' }
  if (Math.abs(nowMs - document.timestampMs) > policy.maxAgeMs) {
    return { ok: false, error: 'the document is too old or from the future' }
  }
  const { publicKey: publicKeyDer } = document
  const publicKey = publicKeyDer === undefined ? undefined : readRsaKey(publicKeyDer)
  if (publicKeyDer === undefined || publicKey === undefined) {
    return { ok: false, error: 'there is no RSA public key of 2048 to 4096 bits' }
  }
  return { ok: true, value: { document, publicKey, publicKeyDer } }
}

/**
 * The condition keys that a verified document sets, with PCRs in lower-case hex.
 *
 * Source: KMS Developer Guide, "Condition keys for attested platforms"; facts attestation 3.
 */
export function attestationConditionKeys({ document }: Attestation): Readonly<Record<string, string>> {
  const keys: Record<string, string> = {}
  const prefix = document.kind === 'enclave' ? 'PCR' : 'NitroTPMPCR'
  for (const [index, bytes] of document.pcrs) keys[`kms:RecipientAttestation:${prefix}${index}`] = hex(bytes)
  const image = document.kind === 'enclave' ? document.pcrs.get(0) : undefined
  if (image !== undefined) keys['kms:RecipientAttestation:ImageSha384'] = hex(image)
  return keys
}

/**
 * What CloudTrail shows of it in `additionalEventData.recipient`; PCRs in base64.
 *
 * Source: KMS Developer Guide, "Monitoring Nitro Enclaves requests"; facts attestation 3.
 */
export function attestationAudit({ document }: Attestation): Readonly<Record<string, string>> {
  const audit: Record<string, string> = { attestationDocumentModuleId: document.moduleId }
  const isEnclave = document.kind === 'enclave'
  for (const [index, bytes] of document.pcrs) {
    // The first of an enclave has a name of its own.
    const name = isEnclave ? (index === 0 ? 'EnclaveImageDigest' : `EnclavePCR${index}`) : `NitroTPMPCR${index}`
    audit[`attestationDocument${name}`] = Buffer.from(bytes).toString('base64')
  }
  return audit
}

function isSignedBy({ protectedHeader, payload, signature }: SignedDocument, key: KeyObject): boolean {
  // The encoder knows a Uint8Array as a byte string, and not what is made of one.
  const signed = encode(['Signature1', Uint8Array.from(protectedHeader), new Uint8Array(0), Uint8Array.from(payload)])
  return verify('sha384', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
}

function readRsaKey(der: Uint8Array): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
    const bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0
    return bits >= RSA_BITS.min && bits <= RSA_BITS.max ? key : undefined
  } catch {
    return undefined
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
