/**
 * Key derivation in counter mode with HMAC-SHA-256.
 *
 * Block i is HMAC(key, [i] || label || 00 || context || [bits]), with four-byte big-endian numbers. A label names one
 * purpose, so keys derived for two purposes never meet.
 *
 * Source: NIST SP 800-108r1, section 4.1.
 */

import type { HmacKey } from './hmac.js'
import type { SecretPool } from './secret.js'

const BLOCK = 32

/**
 * @param key - of hash sha256.
 * @param size - bytes wanted.
 * @returns a secret of the caller's.
 */
export function deriveKey(key: HmacKey, label: Buffer, context: Buffer, size: number, secrets: SecretPool): Buffer {
  if (key.hash !== 'sha256') throw new Error('keys are derived with HMAC-SHA-256')
  const input = Buffer.allocUnsafe(4 + label.length + 1 + context.length + 4)
  input.set(label, 4)
  input[4 + label.length] = 0
  input.set(context, 4 + label.length + 1)
  input.writeUInt32BE(size * 8, input.length - 4)
  if (size === BLOCK) {
    input.writeUInt32BE(1, 0)
    return key.secretMac(input)
  }
  const derived = secrets.allocate(size)
  for (let block = 0; block * BLOCK < size; block++) {
    input.writeUInt32BE(block + 1, 0)
    const bytes = key.secretMac(input)
    bytes.copy(derived, block * BLOCK)
    secrets.release(bytes)
  }
  return derived
}
