/**
 * Big-endian bytes and big integers, without a text between them: a text of a secret would stay in the heap.
 */

const WORD = 64n

export function bytesToBigInt(bytes: Buffer): bigint {
  let value = 0n
  const head = bytes.length % 8
  for (let index = 0; index < head; index++) value = (value << 8n) | BigInt(bytes[index] ?? 0)
  for (let offset = head; offset < bytes.length; offset += 8) value = (value << WORD) | bytes.readBigUInt64BE(offset)
  return value
}

/** As few bytes as DER allows for a number that is not negative. */
export function bigIntToDerInteger(value: bigint): Buffer {
  const bytes: number[] = []
  for (let rest = value; rest > 0n || bytes.length === 0; rest >>= 8n) bytes.push(Number(rest & 0xffn))
  if ((bytes.at(-1) ?? 0) & 0x80) bytes.push(0)
  return Buffer.from(bytes.reverse())
}

/** The inverse of a number prime to the modulus. Its time depends on the number: blind a secret first. */
export function invert(value: bigint, modulus: bigint): bigint {
  let [low, high] = [value % modulus, modulus]
  let [factor, next] = [1n, 0n]
  while (low > 1n) {
    const quotient = high / low
    ;[low, high] = [high - quotient * low, low]
    ;[factor, next] = [next - quotient * factor, factor]
  }
  return factor < 0n ? factor + modulus : factor
}
