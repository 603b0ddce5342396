/** A test authority for attestation documents: certificates and COSE structures, right ones and wrong ones. */
import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { encode } from 'cbor2'
import { oid } from '../../../src/kms/attestation/der.js'
import { derOf } from '../../../src/kms/crypto/der.js'

export interface Issued {
  readonly der: Buffer
  readonly key: KeyObject
  readonly name: string
}

export interface CertificateOptions {
  readonly name: string
  readonly issuer?: Issued
  readonly fromMs: number
  readonly toMs: number
  readonly isCa?: boolean
  readonly pathLength?: number
  /** First byte of keyUsage. */
  readonly keyUsage?: number
  readonly curve?: string
  readonly digest?: 'sha256' | 'sha384'
  /** Hex of the OID of a further critical extension. */
  readonly critical?: string
}

const SIGNATURES = { sha256: '2a8648ce3d040302', sha384: '2a8648ce3d040303' }

export function issue(options: CertificateOptions): Issued {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: options.curve ?? 'secp384r1' })
  const digest = options.digest ?? 'sha384'
  const algorithm = derOf(0x30, oid(SIGNATURES[digest]))
  const usage = options.keyUsage ?? (options.isCa === true ? 0x04 : 0x80)
  const constraints = [
    ...(options.isCa === true ? [derOf(0x01, Buffer.of(0xff))] : []),
    ...(options.pathLength === undefined ? [] : [derOf(0x02, Buffer.of(options.pathLength))]),
  ]
  const extensions = [
    extension('551d13', derOf(0x30, ...constraints)),
    extension('551d0f', derOf(0x03, Buffer.of(0, usage))),
    ...(options.critical === undefined ? [] : [extension(options.critical, derOf(0x05))]),
  ]
  const tbs = derOf(
    0x30,
    derOf(0xa0, derOf(0x02, Buffer.of(2))),
    derOf(0x02, Buffer.of(1)),
    algorithm,
    nameOf(options.issuer?.name ?? options.name),
    derOf(0x30, timeOf(options.fromMs), timeOf(options.toMs)),
    nameOf(options.name),
    createPublicKey(privateKey).export({ format: 'der', type: 'spki' }),
    derOf(0xa3, derOf(0x30, ...extensions)),
  )
  const signature = sign(digest, tbs, options.issuer?.key ?? privateKey)
  const certificate = derOf(0x30, tbs, algorithm, derOf(0x03, Buffer.of(0), signature))
  return { der: certificate, key: privateKey, name: options.name }
}

/** COSE_Sign1 over this payload. */
export function signed(payload: ReadonlyMap<string, unknown>, key: KeyObject): Buffer {
  const header = Uint8Array.of(0xa1, 0x01, 0x38, 0x22)
  const bytes = encode(plain(payload))
  const signature = sign('sha384', encode(['Signature1', header, new Uint8Array(0), bytes]), {
    key,
    dsaEncoding: 'ieee-p1363',
  })
  return Buffer.from(encode([header, new Map(), bytes, Uint8Array.from(signature)]))
}

/** With every Buffer as the Uint8Array that the encoder knows. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (Array.isArray(value)) return value.map(plain)
  return value instanceof Map ? new Map([...value].map(([name, member]) => [name, plain(member)])) : value
}

function extension(id: string, value: Buffer): Buffer {
  return derOf(0x30, oid(id), derOf(0x01, Buffer.of(0xff)), derOf(0x04, value))
}

function nameOf(name: string): Buffer {
  return derOf(0x30, derOf(0x31, derOf(0x30, oid('550403'), derOf(0x0c, Buffer.from(name)))))
}

/** GeneralizedTime. */
function timeOf(ms: number): Buffer {
  return derOf(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
}
