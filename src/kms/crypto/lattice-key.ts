/**
 * Public and private keys of ML-DSA and ML-KEM in DER.
 *
 * A private key is its seed and nothing else; what a library expands it to is computed again for each use and wiped.
 *
 * Source: RFC 9881, sections 4 and 6 (ML-DSA); RFC 9935, sections 4 and 6 (ML-KEM).
 */

import { INVALID_KEY, type CryptoResult } from './crypto-error.js'
import { derHeader, derOf, DER_BIT_STRING, DER_INTEGER, DER_OCTET_STRING, DER_SEQUENCE } from './der.js'
import type { MlDsaSpec, MlKemSpec } from './key-spec.js'
import type { SecretPool } from './secret.js'

export type LatticeSpec = MlDsaSpec | MlKemSpec

interface LatticeFacts {
  /** DER of the AlgorithmIdentifier, which has no parameters. */
  readonly algorithmIdentifier: Buffer
  readonly publicKeySize: number
  readonly seedSize: number
}

/** Below 2.16.840.1.101.3.4, NIST's algorithms. */
function facts(arc: 3 | 4, last: number, publicKeySize: number, seedSize: number): LatticeFacts {
  const oid = Buffer.from([0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, arc, last])
  return { algorithmIdentifier: derOf(DER_SEQUENCE, oid), publicKeySize, seedSize }
}

const LATTICE: Readonly<Record<LatticeSpec, LatticeFacts>> = {
  ML_DSA_44: facts(3, 17, 1312, 32),
  ML_DSA_65: facts(3, 18, 1952, 32),
  ML_DSA_87: facts(3, 19, 2592, 32),
  ML_KEM_512: facts(4, 1, 800, 64),
  ML_KEM_768: facts(4, 2, 1184, 64),
  ML_KEM_1024: facts(4, 3, 1568, 64),
}

const NO_UNUSED_BITS = Buffer.from([0])
const VERSION_0 = derOf(DER_INTEGER, Buffer.from([0]))
/** `seed [0] IMPLICIT OCTET STRING`, the first choice of a private key. */
const SEED_FIELD = 0x80

export function seedSize(spec: LatticeSpec): number {
  return LATTICE[spec].seedSize
}

/** SubjectPublicKeyInfo of the raw key. */
export function latticePublicKeyInfo(spec: LatticeSpec, raw: Uint8Array): Buffer {
  return derOf(DER_SEQUENCE, LATTICE[spec].algorithmIdentifier, derOf(DER_BIT_STRING, NO_UNUSED_BITS, raw))
}

/** The raw key, a view, of a SubjectPublicKeyInfo of this spec. Its numbers are not checked here. */
export function readLatticePublicKey(spec: LatticeSpec, spki: Buffer): CryptoResult<Buffer> {
  const { publicKeySize } = LATTICE[spec]
  const raw = spki.subarray(Math.max(spki.length - publicKeySize, 0))
  if (raw.length !== publicKeySize || !latticePublicKeyInfo(spec, raw).equals(spki)) return INVALID_KEY
  return { ok: true, value: raw }
}

/**
 * PKCS #8 with the seed alone.
 * @returns a secret of the caller's.
 */
export function latticePrivateKeyInfo(spec: LatticeSpec, seed: Uint8Array, secrets: SecretPool): Buffer {
  const { algorithmIdentifier } = LATTICE[spec]
  const seedHeader = derHeader(SEED_FIELD, seed.length)
  const octets = derHeader(DER_OCTET_STRING, seedHeader.length + seed.length)
  const content = [VERSION_0, algorithmIdentifier, octets, seedHeader]
  const size = content.reduce((total, part) => total + part.length, seed.length)
  const head = Buffer.concat([derHeader(DER_SEQUENCE, size), ...content])
  const info = secrets.allocate(head.length + seed.length)
  info.set(head)
  info.set(seed, head.length)
  return info
}
