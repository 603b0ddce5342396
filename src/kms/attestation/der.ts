/**
 * DER, as far as certificates and CMS need it: one value after the other, without recursion, and the few forms that we
 * write.
 *
 * Source: ITU-T X.690.
 */

export interface DerValue {
  readonly tag: number
  readonly content: Uint8Array
}

export const SEQUENCE = 0x30
export const SET = 0x31
export const BOOLEAN = 0x01
export const INTEGER = 0x02
export const BIT_STRING = 0x03
export const OCTET_STRING = 0x04
export const NULL = 0x05
export const OBJECT_IDENTIFIER = 0x06

/** The values that stand side by side in these bytes; undefined where they are not DER. */
export function readDer(bytes: Uint8Array): readonly DerValue[] | undefined {
  const values: DerValue[] = []
  let offset = 0
  while (offset < bytes.length) {
    const tag = bytes[offset]!
    const header = readLength(bytes, offset + 1)
    // Tags of more than one byte stand in none of our structures.
    if ((tag & 0x1f) === 0x1f || header === undefined) return undefined
    const end = header.start + header.length
    if (end > bytes.length) return undefined
    values.push({ tag, content: bytes.subarray(header.start, end) })
    offset = end
  }
  return values
}

/** The values inside of one constructed value of this tag. */
export function childrenOf(value: DerValue | undefined, tag: number): readonly DerValue[] | undefined {
  return value?.tag === tag ? readDer(value.content) : undefined
}

/** Content of an object identifier in hex: enough to compare. */
export function oidHex(value: DerValue | undefined): string | undefined {
  return value?.tag === OBJECT_IDENTIFIER ? Buffer.from(value.content).toString('hex') : undefined
}

function readLength(
  bytes: Uint8Array,
  offset: number,
): { readonly start: number; readonly length: number } | undefined {
  const first = bytes[offset]
  if (first === undefined) return undefined
  if (first < 0x80) return { start: offset + 1, length: first }
  const count = first & 0x7f
  // No length byte at all is the indefinite form; three bytes reach 16 MB.
  if (count === 0 || count > 3 || offset + count >= bytes.length) return undefined
  let length = 0
  for (let index = 1; index <= count; index += 1) length = length * 256 + bytes[offset + index]!
  const isShortest = length >= 0x80 && length >= 256 ** (count - 1)
  return isShortest ? { start: offset + 1 + count, length } : undefined
}

/** One value of definite length. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag), lengthBytes(content.length), content])
}

/** One constructed value of indefinite length, ended by two zero bytes: BER, which some readers insist on. */
export function indefinite(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(tag, 0x80), ...parts, Buffer.of(0, 0)])
}

/** An object identifier from the hex of its content. */
export function oid(hex: string): Buffer {
  return der(OBJECT_IDENTIFIER, Buffer.from(hex, 'hex'))
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  if (length < 0x100) return Buffer.of(0x81, length)
  if (length < 0x1_0000) return Buffer.of(0x82, length >> 8, length & 0xff)
  return Buffer.of(0x83, length >> 16, (length >> 8) & 0xff, length & 0xff)
}
