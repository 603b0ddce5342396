/**
 * As much of DER as keys and ECDSA signatures need: elements with a one-byte tag and a definite length.
 *
 * Reading is strict (shortest length, nothing beyond the end) and total. What elements mean is not known here.
 *
 * Source: ITU-T X.690, sections 8 and 10.
 */

import { bytesToBigInt } from './bigint-bytes.js'

export const DER_INTEGER = 0x02
export const DER_BIT_STRING = 0x03
export const DER_OCTET_STRING = 0x04
export const DER_SEQUENCE = 0x30

export interface DerElement {
  readonly tag: number
  /** A view of the bytes read. */
  readonly content: Buffer
}

/** The elements that fill these bytes exactly, or undefined. */
export function readDer(bytes: Buffer): readonly DerElement[] | undefined {
  const elements: DerElement[] = []
  let offset = 0
  while (offset < bytes.length) {
    const tag = bytes[offset] ?? 0
    let size = bytes[offset + 1] ?? 0x80
    let start = offset + 2
    if (size >= 0x80) {
      const sizeBytes = size & 0x7f
      // Keys are below 64 KiB.
      if (sizeBytes < 1 || sizeBytes > 2 || start + sizeBytes > bytes.length) return undefined
      size = bytes.readUIntBE(start, sizeBytes)
      if (size < (sizeBytes === 1 ? 0x80 : 0x100)) return undefined
      start += sizeBytes
    }
    if ((tag & 0x1f) === 0x1f || start + size > bytes.length) return undefined
    elements.push({ tag, content: bytes.subarray(start, start + size) })
    offset = start + size
  }
  return elements
}

/** A number that is not negative, in its shortest form. */
export function readDerInteger({ tag, content }: DerElement): bigint | undefined {
  const [first, second = 0] = content
  if (tag !== DER_INTEGER || first === undefined || first >= 0x80) return undefined
  if (first === 0 && content.length > 1 && second < 0x80) return undefined
  return bytesToBigInt(content)
}

/** What stands before a content of this size. */
export function derHeader(tag: number, size: number): Buffer {
  if (size < 0x80) return Buffer.from([tag, size])
  return size < 0x100 ? Buffer.from([tag, 0x81, size]) : Buffer.from([tag, 0x82, size >> 8, size & 0xff])
}

/** Not for secrets: makes a copy that nobody wipes. */
export function derOf(tag: number, ...content: readonly Uint8Array[]): Buffer {
  let size = 0
  for (const part of content) size += part.length
  return Buffer.concat([derHeader(tag, size), ...content])
}
