/**
 * Base64 read strictly, for the comparison of bytes: standard alphabet, padding where it belongs, no spaces, and no
 * bits that would be thrown away. So two accepted texts are the same bytes exactly when they are the same text.
 *
 * Knows nothing of what the bytes mean.
 *
 * Source: RFC 4648, sections 4 and 3.5; IAM User Guide, "Condition operators" (Binary condition operators).
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES: ReadonlyMap<string, number> = new Map(ALPHABET.split('').map((letter, value) => [letter, value]))

/** The bytes as a text of one unit (U+0000 to U+00FF) each; `undefined` for anything that is not strict base64. */
export function decodeBase64(text: string): string | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  let bytes = ''
  let bits = 0
  let bitCount = 0
  for (let index = 0; index < text.length - padding; index++) {
    const value = VALUES.get(text.charAt(index))
    if (value === undefined) return undefined
    bits = (bits << 6) | value
    bitCount += 6
    if (bitCount < 8) continue
    bitCount -= 8
    bytes += String.fromCharCode(bits >>> bitCount)
    bits &= (1 << bitCount) - 1
  }
  return bits === 0 ? bytes : undefined
}
