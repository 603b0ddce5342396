/**
 * Names of rows as bytes: the order in which every store gives them, and the form in which a database keeps them.
 *
 * UTF-8, and for a surrogate without its partner the three bytes that UTF-8 would give its number, so that any string
 * has bytes of its own and comes back from them. The order of these bytes is the order of the code points.
 *
 * Source: Unicode Standard 3.9, D92; WTF-8, section 4.
 */

/** From U+D800 up the order of UTF-16 code units is not that of code points. */
const BEYOND_PLAIN = /[\ud800-\uffff]/

const LONE_SURROGATE = /\p{Surrogate}/u

/** Whether `<` on this string and others like it is already the order of their bytes. */
export function isPlain(name: string): boolean {
  return !BEYOND_PLAIN.test(name)
}

/** Negative, zero or positive, as the bytes of the names compare. */
export function compareNames(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length)
  let index = 0
  while (index < shorter && left.charCodeAt(index) === right.charCodeAt(index)) index++
  if (index === left.length && index === right.length) return 0
  // The pair that the difference may split begins one unit earlier, in both alike.
  if (index > 0 && isHighSurrogate(left.charCodeAt(index - 1))) {
    if (isLowSurrogate(left.charCodeAt(index)) || isLowSurrogate(right.charCodeAt(index))) index--
  }
  return (left.codePointAt(index) ?? -1) - (right.codePointAt(index) ?? -1)
}

/** Whether the bytes of the name begin with those of the prefix. */
export function hasPrefix(name: string, prefix: string): boolean {
  if (!name.startsWith(prefix)) return false
  const splitsPair =
    isHighSurrogate(prefix.charCodeAt(prefix.length - 1)) && isLowSurrogate(name.charCodeAt(prefix.length))
  return !splitsPair
}

/** Whether UTF-8 can say the text: no surrogate without its partner. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text)
}

export function encodeText(text: string): Uint8Array {
  if (isWellFormed(text)) return Buffer.from(text, 'utf8')
  const bytes: Uint8Array[] = []
  let start = 0
  for (let index = 0; index < text.length; index++) {
    const point = text.codePointAt(index)!
    if (point > 0xffff) index++
    else if (point >= 0xd800 && point <= 0xdfff) {
      bytes.push(Buffer.from(text.slice(start, index), 'utf8'))
      bytes.push(Uint8Array.of(0xed, 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f)))
      start = index + 1
    }
  }
  bytes.push(Buffer.from(text.slice(start), 'utf8'))
  return Buffer.concat(bytes)
}

/** The text that has these bytes; `encodeText` has made them. */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // In UTF-8 a byte 0xED is followed by one below 0xA0; from there on stand the surrogates.
  let text = ''
  let start = 0
  for (let index = buffer.indexOf(0xed); index !== -1; index = buffer.indexOf(0xed, index + 1)) {
    const second = buffer[index + 1] ?? 0
    if (second < 0xa0) continue
    text += buffer.toString('utf8', start, index)
    text += String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | ((buffer[index + 2] ?? 0) & 0x3f))
    start = index + 3
  }
  return start === 0 ? buffer.toString('utf8') : text + buffer.toString('utf8', start)
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
