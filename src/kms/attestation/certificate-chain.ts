/**
 * The certificates of an attestation document: does this leaf hang on a root that we trust, now?
 *
 * A path is a list that the document gives in order, so nothing is searched. The root must be one of the anchors, byte
 * for byte: a bundle that brings its own root proves nothing. There is no revocation.
 *
 * Source: NSM API, "Attestation process", section 3.2.3; RFC 5280, section 6.1; facts attestation 1, "Chain rules".
 */
import { X509Certificate, type KeyObject } from 'node:crypto'
import type { Result } from '../../text/source.js'
import { DER_BIT_STRING, DER_INTEGER, DER_OCTET_STRING, DER_SEQUENCE } from '../crypto/der.js'
import { BOOLEAN, childrenOf, oidHex, valuesOf } from './der.js'

export interface ChainInput {
  /** DER. */
  readonly leaf: Uint8Array
  /** DER, from the root down. */
  readonly caBundle: readonly Uint8Array[]
  /** DER of trusted roots. */
  readonly anchors: readonly Uint8Array[]
  readonly nowMs: number
}

const ECDSA_WITH_SHA384 = '2a8648ce3d040303'
const BASIC_CONSTRAINTS = '551d13'
const KEY_USAGE = '551d0f'
const EXTENSIONS = 0xa3
const VERSION = 0xa0

// Bits of keyUsage, counted from the left of its first byte.
const DIGITAL_SIGNATURE = 0x80
const KEY_CERT_SIGN = 0x04

interface Certificate {
  readonly x509: X509Certificate
  readonly isCa: boolean
  readonly pathLength: number | undefined
  /** First byte of keyUsage. */
  readonly keyUsage: number
}

/** The leaf's public key, or in a few words for a log why it is not to be trusted. */
export function verifyChain({ leaf, caBundle, anchors, nowMs }: ChainInput): Result<KeyObject, string> {
  const root = caBundle[0]
  if (root === undefined || !anchors.some((anchor) => Buffer.compare(anchor, root) === 0)) {
    return fail('the bundle does not start with a trusted root')
  }
  const path: Certificate[] = []
  for (const bytes of [...caBundle, leaf]) {
    const certificate = readCertificate(bytes)
    if (certificate === undefined) return fail('a certificate is malformed or of another algorithm')
    path.push(certificate)
  }
  const last = path.length - 1
  for (const [index, certificate] of path.entries()) {
    if (!isValidAt(certificate.x509, nowMs)) return fail('a certificate has expired or is not yet valid')
    const issuer = path[Math.max(0, index - 1)]!
    if (!isIssuedBy(certificate.x509, issuer.x509)) return fail('a certificate is not signed by the one before it')
    if (index === last) {
      if (certificate.pathLength !== undefined || certificate.isCa) return fail('the leaf is an authority')
      if ((certificate.keyUsage & DIGITAL_SIGNATURE) === 0) return fail('the leaf may not sign')
    } else {
      if (!certificate.isCa || (certificate.keyUsage & KEY_CERT_SIGN) === 0) return fail('an issuer is no authority')
      // Between an authority and the leaf stand only as many further authorities as it allows.
      const below = last - index - 1
      if (certificate.pathLength !== undefined && below > certificate.pathLength) return fail('the path is too long')
    }
  }
  return { ok: true, value: path[last]!.x509.publicKey }
}

function isValidAt(certificate: X509Certificate, nowMs: number): boolean {
  return Date.parse(certificate.validFrom) <= nowMs && nowMs <= Date.parse(certificate.validTo)
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function readCertificate(bytes: Uint8Array): Certificate | undefined {
  const outer = valuesOf(bytes)
  const parts = outer?.length === 1 ? childrenOf(outer[0], DER_SEQUENCE) : undefined
  const members = childrenOf(parts?.[0], DER_SEQUENCE)
  // A version member comes only with version 2 or 3; extensions need 3.
  if (parts?.length !== 3 || members?.[0]?.tag !== VERSION) return undefined
  if (oidHex(childrenOf(parts[1], DER_SEQUENCE)?.[0]) !== ECDSA_WITH_SHA384) return undefined
  const extensions = readExtensions(members.find(({ tag }) => tag === EXTENSIONS)?.content)
  const x509 = parseX509(bytes)
  return extensions === undefined || x509 === undefined ? undefined : { x509, ...extensions }
}

/** Undefined where it is malformed, its key included, or the key is not on the curve P-384. */
function parseX509(bytes: Uint8Array): X509Certificate | undefined {
  try {
    const x509 = new X509Certificate(bytes)
    const { asymmetricKeyType, asymmetricKeyDetails } = x509.publicKey
    return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'secp384r1' ? x509 : undefined
  } catch {
    return undefined
  }
}

/** Undefined where one is malformed, twice there, or critical and not understood. */
function readExtensions(bytes: Uint8Array | undefined): Omit<Certificate, 'x509'> | undefined {
  const list = childrenOf(bytes === undefined ? undefined : valuesOf(bytes)?.[0], DER_SEQUENCE)
  if (list === undefined) return undefined
  let isCa = false
  let pathLength: number | undefined
  let keyUsage = 0
  const seen = new Set<string>()
  for (const extension of list) {
    const parts = childrenOf(extension, DER_SEQUENCE)
    const id = oidHex(parts?.[0])
    const isCritical = parts?.[1]?.tag === BOOLEAN && parts[1].content[0] === 0xff
    const value = parts?.at(-1)
    if (parts === undefined || id === undefined || value?.tag !== DER_OCTET_STRING || seen.has(id)) return undefined
    seen.add(id)
    if (id === BASIC_CONSTRAINTS) {
      const constraints = childrenOf(valuesOf(value.content)?.[0], DER_SEQUENCE)
      if (constraints === undefined) return undefined
      isCa = constraints[0]?.tag === BOOLEAN && constraints[0].content[0] === 0xff
      const length = constraints.find(({ tag }) => tag === DER_INTEGER)
      // A path of over 127 authorities does not fit into a document.
      if (length !== undefined && (length.content.length !== 1 || length.content[0]! > 127)) return undefined
      pathLength = length?.content[0]
      if (isCa && !isCritical) return undefined
    } else if (id === KEY_USAGE) {
      const bits = valuesOf(value.content)?.[0]
      if (bits?.tag !== DER_BIT_STRING || bits.content.length < 2) return undefined
      keyUsage = bits.content[1]!
    } else if (isCritical) {
      return undefined
    }
  }
  return { isCa, pathLength, keyUsage }
}

function fail(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error }
}
