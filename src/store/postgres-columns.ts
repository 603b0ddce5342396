/**
 * Texts on their way into PostgreSQL and out of it.
 *
 * A text of PostgreSQL holds neither NUL nor half a surrogate pair. Names are bytes, in whose order they sort; a value is
 * text where it can be, so that people can read it with any tool, and bytes in a column of its own where it cannot.
 *
 * Many values travel as one array in the binary form, which needs no quoting on either side.
 *
 * Source: PostgreSQL documentation, "Character Types", "Binary Data Types"; src/backend/utils/adt/arrayfuncs.c, array_recv.
 */
import { StoreError } from '../kms/store.js'
import { decodeText, encodeText, isWellFormed } from './name-order.js'

const OID = { bytea: 17, bigint: 20, text: 25 } as const

const HEAD_SIZE = 20
const LENGTH_SIZE = 4
const NULL_LENGTH = -1

export function isText(value: string): boolean {
  return !value.includes('\0') && isWellFormed(value)
}

/** The value of a row from its two columns. */
export function valueFrom(value: unknown, bytes: unknown): string {
  if (typeof value === 'string') return value
  if (bytes instanceof Uint8Array) return decodeText(bytes)
  throw new StoreError('the database is damaged: a row has no value')
}

export function nameFrom(column: unknown): string {
  if (column instanceof Uint8Array) return decodeText(column)
  throw new StoreError('the database is damaged: the name of a row is not made of bytes')
}

export function textFrom(column: unknown): string {
  if (typeof column === 'string') return column
  throw new StoreError(`the database is damaged: expected a text, found ${column === null ? 'NULL' : typeof column}`)
}

/** A bigint, which `pg` gives as a text; numbers of commits stay far below where a number of JavaScript ends. */
export function integerFrom(column: unknown): number {
  const number = typeof column === 'string' ? Number(column) : column
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw new StoreError('the database is damaged: expected a whole number')
}

export function textArray(values: readonly (string | null)[]): Buffer {
  return array(
    OID.text,
    values.map((value) => (value === null ? null : Buffer.from(value, 'utf8'))),
  )
}

export function nameArray(names: readonly string[]): Buffer {
  return array(OID.bytea, names.map(encodeText))
}

export function bytesArray(values: readonly (string | null)[]): Buffer {
  return array(
    OID.bytea,
    values.map((value) => (value === null ? null : encodeText(value))),
  )
}

export function integerArray(values: readonly (number | null)[]): Buffer {
  return array(
    OID.bigint,
    values.map((value) => {
      if (value === null) return null
      const bytes = Buffer.allocUnsafe(8)
      bytes.writeBigInt64BE(BigInt(value))
      return bytes
    }),
  )
}

/** One dimension that begins at 1. */
function array(oid: number, elements: readonly (Uint8Array | null)[]): Buffer {
  let size = HEAD_SIZE
  let hasNull = 0
  for (const element of elements) {
    size += LENGTH_SIZE + (element?.byteLength ?? 0)
    if (element === null) hasNull = 1
  }
  const bytes = Buffer.allocUnsafe(size)
  bytes.writeInt32BE(elements.length === 0 ? 0 : 1, 0)
  bytes.writeInt32BE(hasNull, 4)
  bytes.writeInt32BE(oid, 8)
  // An array without elements has no dimension, and ends here.
  if (elements.length === 0) return bytes.subarray(0, 12)
  bytes.writeInt32BE(elements.length, 12)
  bytes.writeInt32BE(1, 16)
  let at = HEAD_SIZE
  for (const element of elements) {
    bytes.writeInt32BE(element === null ? NULL_LENGTH : element.byteLength, at)
    at += LENGTH_SIZE
    if (element === null) continue
    bytes.set(element, at)
    at += element.byteLength
  }
  return bytes
}
