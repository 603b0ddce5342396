/**
 * What certificates and CMS need of DER beyond keys: object identifiers, the values inside of a constructed one, and
 * values of indefinite length.
 *
 * Source: ITU-T X.690.
 */
import { derOf, readDer, type DerElement } from '../crypto/der.js'

export const SET = 0x31
export const BOOLEAN = 0x01
export const NULL = 0x05
const OBJECT_IDENTIFIER = 0x06

/** The values that stand side by side in these bytes; undefined where they are not DER. */
export function valuesOf(bytes: Uint8Array): readonly DerElement[] | undefined {
  return readDer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
}

/** The values inside of one constructed value of this tag. */
export function childrenOf(value: DerElement | undefined, tag: number): readonly DerElement[] | undefined {
  return value?.tag === tag ? readDer(value.content) : undefined
}

/** Content of an object identifier in hex: enough to compare. */
export function oidHex(value: DerElement | undefined): string | undefined {
  return value?.tag === OBJECT_IDENTIFIER ? value.content.toString('hex') : undefined
}

/** One constructed value of indefinite length, ended by two zero bytes: BER, which some readers insist on. */
export function indefinite(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(tag, 0x80), ...parts, Buffer.of(0, 0)])
}

/** An object identifier from the hex of its content. */
export function oid(hex: string): Buffer {
  return derOf(OBJECT_IDENTIFIER, Buffer.from(hex, 'hex'))
}
