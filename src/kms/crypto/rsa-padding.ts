/**
 * The paddings of RSA signatures, built and checked over a given digest, which node:crypto does not offer.
 *
 * Works on encoded messages as long as the modulus; the RSA operation itself is `rsa.ts`. Moduli have a multiple of
 * eight bits here, so the encoded message of PSS is one bit shorter than its bytes.
 *
 * Source: RFC 8017, sections 9.1 and 9.2.
 */

import { hash, timingSafeEqual } from 'node:crypto'
import { DIGEST_SIZE } from './key-spec.js'

type SignatureHash = 'sha256' | 'sha384' | 'sha512'

/** DER of DigestInfo up to the digest, with the NULL parameter. RFC 8017, section 9.2, note 1. */
const DIGEST_INFO: Readonly<Record<SignatureHash, Buffer>> = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
}

const ZEROS_BEFORE_HASH = Buffer.alloc(8)
const PSS_TRAILER = 0xbc

/** 00 01 FF .. FF 00 DigestInfo */
export function encodePkcs1(hashName: SignatureHash, digest: Uint8Array, size: number): Buffer {
  const info = DIGEST_INFO[hashName]
  const encoded = Buffer.alloc(size, 0xff)
  const infoStart = size - digest.length - info.length
  encoded[0] = 0
  encoded[1] = 1
  encoded[infoStart - 1] = 0
  encoded.set(info, infoStart)
  encoded.set(digest, size - digest.length)
  return encoded
}

/** Compares with the one right encoding, so no parser can be led astray. */
export function isPkcs1(hashName: SignatureHash, digest: Uint8Array, encoded: Buffer): boolean {
  return timingSafeEqual(encodePkcs1(hashName, digest, encoded.length), encoded)
}

/** @param salt - as long as the digest, random. */
export function encodePss(hashName: SignatureHash, digest: Uint8Array, salt: Uint8Array, size: number): Buffer {
  const hashed = pssHash(hashName, digest, salt)
  const dataSize = size - hashed.length - 1
  const encoded = Buffer.alloc(size)
  encoded[dataSize - salt.length - 1] = 1
  encoded.set(salt, dataSize - salt.length)
  applyMask(hashName, hashed, encoded.subarray(0, dataSize))
  encoded[0] = (encoded[0] ?? 0) & 0x7f
  encoded.set(hashed, dataSize)
  encoded[size - 1] = PSS_TRAILER
  return encoded
}

/** The salt must be as long as the digest. */
export function isPss(hashName: SignatureHash, digest: Uint8Array, encoded: Buffer): boolean {
  const saltSize = DIGEST_SIZE[hashName]
  const dataSize = encoded.length - saltSize - 1
  if (encoded[encoded.length - 1] !== PSS_TRAILER || (encoded[0] ?? 0) & 0x80) return false
  const data = Buffer.from(encoded.subarray(0, dataSize))
  const hashed = encoded.subarray(dataSize, encoded.length - 1)
  applyMask(hashName, hashed, data)
  data[0] = (data[0] ?? 0) & 0x7f
  const saltStart = dataSize - saltSize
  for (let index = 0; index < saltStart - 1; index++) if (data[index] !== 0) return false
  if (data[saltStart - 1] !== 1) return false
  return timingSafeEqual(pssHash(hashName, digest, data.subarray(saltStart)), hashed)
}

function pssHash(hashName: SignatureHash, digest: Uint8Array, salt: Uint8Array): Buffer {
  return hash(hashName, Buffer.concat([ZEROS_BEFORE_HASH, digest, salt]), 'buffer')
}

/** XORs with MGF1 of the seed. RFC 8017, appendix B.2.1. */
function applyMask(hashName: SignatureHash, seed: Uint8Array, target: Buffer): void {
  const input = Buffer.concat([seed, Buffer.alloc(4)])
  for (let counter = 0, offset = 0; offset < target.length; counter++) {
    input.writeUInt32BE(counter, seed.length)
    for (const byte of hash(hashName, input, 'buffer')) {
      if (offset < target.length) target[offset] = (target[offset] ?? 0) ^ byte
      offset++
    }
  }
}
