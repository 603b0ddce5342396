/**
 * The encryption context as bytes: one encoding for one map, and different bytes for different maps.
 *
 * Pairs stand in the order of their keys' bytes, each key and value after its length, so `{ab: 'c'}` and `{a: 'bc'}`
 * differ. The empty map and no map at all are the same, no bytes. How large a context may be is not known here.
 *
 * Source: AWS KMS Developer Guide, "Encryption context".
 */

/** Exact and case-sensitive; the order of pairs does not matter. */
export type EncryptionContext = Readonly<Record<string, string>>

const NONE = Buffer.alloc(0)

/** A four-byte length before each text. */
const LENGTH_SIZE = 4
/** Of one UTF-16 unit that is no surrogate. */
const MOST_BYTES = 3

/** Half of a character beyond U+FFFF. With one, UTF-16 units and bytes sort differently, and a half may stand alone. */
const SURROGATE = /[\ud800-\udfff]/
const LONE_SURROGATE = /\p{Surrogate}/u

export function encodeEncryptionContext(context: EncryptionContext | undefined): Buffer {
  if (context === undefined) return NONE
  const names = Object.keys(context)
  if (names.length === 0) return NONE
  // Without surrogates the order of texts is the order of their bytes.
  if (names.length > 1) names.sort(byUnits)
  let room = 0
  for (const name of names) {
    const value = context[name] ?? ''
    if (SURROGATE.test(name) || SURROGATE.test(value)) return encodeAnyText(context, names)
    room += 2 * LENGTH_SIZE + MOST_BYTES * (name.length + value.length)
  }
  const bytes = Buffer.allocUnsafe(room)
  let end = 0
  for (const name of names) {
    end = writeText(bytes, name, end)
    end = writeText(bytes, context[name] ?? '', end)
  }
  return bytes.subarray(0, end)
}

function byUnits(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** @returns where the text ends. */
function writeText(bytes: Buffer, text: string, offset: number): number {
  const size = bytes.write(text, offset + LENGTH_SIZE, 'utf8')
  bytes.writeUInt32BE(size, offset)
  return offset + LENGTH_SIZE + size
}

function encodeAnyText(context: EncryptionContext, names: readonly string[]): Buffer {
  const pairs = names.map((name) => [encodeText(name), encodeText(context[name] ?? '')] as const)
  pairs.sort(([one], [other]) => Buffer.compare(one, other))
  return join(pairs.flat())
}

function join(texts: readonly Buffer[]): Buffer {
  let size = 0
  for (const text of texts) size += LENGTH_SIZE + text.length
  const bytes = Buffer.allocUnsafe(size)
  let offset = 0
  for (const text of texts) {
    offset = bytes.writeUInt32BE(text.length, offset)
    bytes.set(text, offset)
    offset += text.length
  }
  return bytes
}

function encodeText(text: string): Buffer {
  return LONE_SURROGATE.test(text) ? encodeEveryUnit(text) : Buffer.from(text, 'utf8')
}

/**
 * UTF-8 with lone surrogates as their three bytes ("WTF-8"): Buffer would write U+FFFD for each of them, and two
 * different contexts would become one.
 */
function encodeEveryUnit(text: string): Buffer {
  const parts: Buffer[] = []
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const isLone = code >= 0xd800 && code <= 0xdfff
    parts.push(
      isLone
        ? Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)])
        : Buffer.from(character),
    )
  }
  return Buffer.concat(parts)
}
