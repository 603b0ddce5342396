/** SYMMETRIC_DEFAULT, its blob, its key derivation and the key material id. */
import { createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NonceSource, SymmetricKey } from '../../../src/kms/crypto/aead.js'
import { decodeBlob } from '../../../src/kms/crypto/blob.js'
import { encodeEncryptionContext, type EncryptionContext } from '../../../src/kms/crypto/encryption-context.js'
import { HmacKey } from '../../../src/kms/crypto/hmac.js'
import { deriveKey } from '../../../src/kms/crypto/kdf.js'
import { keyMaterialId } from '../../../src/kms/crypto/material-id.js'
import type { SecretPool } from '../../../src/kms/crypto/secret.js'
import { good, kindOf, watchedPool } from './pool.js'

const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'
const OTHER_ID = 'mrk-1234abcd12ab34cd56ef1234567890ab'
const MATERIAL = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex')
const OTHER_MATERIAL = Buffer.alloc(32, 0xa5)
const PLAINTEXT = Buffer.from('attack at dawn')
const NO_CONTEXT = encodeEncryptionContext(undefined)

function keyOf(secrets: SecretPool, id = KEY_ID, material = MATERIAL): SymmetricKey {
  return new SymmetricKey(id, keyMaterialId(id, material, secrets), material, secrets, new NonceSource())
}

function opens(key: SymmetricKey, blob: Buffer, context: Buffer, secrets: SecretPool): string {
  const decoded = decodeBlob(blob)
  if (!decoded.ok) return decoded.error.kind
  const opened = key.open(decoded.value, context)
  if (!opened.ok) return opened.error.kind
  const text = opened.value.toString('latin1')
  secrets.release(opened.value)
  return text
}

describe('seal and open', () => {
  test.each([0, 1, 14, 32, 4096])('%i bytes, and nothing secret is left', (size) => {
    const { secrets, checkClear } = watchedPool()
    const key = keyOf(secrets)
    const plaintext = randomBytes(size)
    const blob = good(key.seal(plaintext, NO_CONTEXT))
    expect(opens(key, blob, NO_CONTEXT, secrets)).toBe(plaintext.toString('latin1'))
    key.release()
    checkClear()
  })

  test('the blob is as documented, and opens with nothing but node:crypto', () => {
    const { secrets } = watchedPool()
    const context = encodeEncryptionContext({ tenant: 'a' })
    const blob = good(keyOf(secrets).seal(PLAINTEXT, context))
    const header = 5 + KEY_ID.length + 32 + 16
    expect(blob.subarray(0, 5).toString('hex')).toBe('4b77430124')
    expect(blob.toString('latin1', 5, 5 + KEY_ID.length)).toBe(KEY_ID)
    expect(blob.length).toBe(header + PLAINTEXT.length + 16)
    // SP 800-108r1, section 4.1: counter, label, zero byte, context, length in bits.
    const derived = createHmac('sha256', MATERIAL)
      .update(Buffer.from('00000001', 'hex'))
      .update('keyward seal v1')
      .update(Buffer.from('00', 'hex'))
      .update(blob.subarray(header - 16, header))
      .update(Buffer.from('00000100', 'hex'))
      .digest()
    const decipher = createDecipheriv('aes-256-gcm', derived, Buffer.alloc(12))
    decipher.setAAD(Buffer.concat([blob.subarray(0, header), context]))
    decipher.setAuthTag(blob.subarray(-16))
    expect(decipher.update(blob.subarray(header, -16)).equals(PLAINTEXT)).toBe(true)
    expect(decipher.final().length).toBe(0)
  })

  test('no two blobs are alike, over more than a page of nonces', () => {
    const { secrets } = watchedPool()
    const key = keyOf(secrets)
    const blobs = Array.from({ length: 600 }, () => good(key.seal(PLAINTEXT, NO_CONTEXT)).toString('hex'))
    expect(new Set(blobs).size).toBe(600)
  })

  test('a blob stays within what the API lets through', () => {
    const { secrets } = watchedPool()
    const key = keyOf(secrets)
    const room = 6144 - (5 + KEY_ID.length + 32 + 16) - 16
    expect(good(key.seal(Buffer.alloc(room), NO_CONTEXT)).length).toBe(6144)
    expect(kindOf(key.seal(Buffer.alloc(room + 1), NO_CONTEXT))).toBe('invalidLength')
  })

  test('a released key is used no more', () => {
    const { secrets } = watchedPool()
    const key = keyOf(secrets)
    key.release()
    expect(() => key.seal(PLAINTEXT, NO_CONTEXT)).toThrow('after its release')
  })
})

describe('I8: another context, key or material never opens', () => {
  test.each<[string, EncryptionContext, EncryptionContext | undefined]>([
    ['key and value run together', { ab: 'c' }, { a: 'bc' }],
    ['left out', { a: 'b' }, undefined],
    ['a pair more', { a: 'b' }, { a: 'b', c: 'd' }],
    ['a pair less', { a: 'b', c: 'd' }, { a: 'b' }],
    ['case', { a: 'b' }, { a: 'B' }],
    ['none at sealing', {}, { a: 'b' }],
  ])('context: %s', (_name, sealed, opened) => {
    const { secrets, checkClear } = watchedPool()
    const key = keyOf(secrets)
    const blob = good(key.seal(PLAINTEXT, encodeEncryptionContext(sealed)))
    expect(opens(key, blob, encodeEncryptionContext(opened), secrets)).toBe('invalidCiphertext')
    expect(opens(key, blob, encodeEncryptionContext(sealed), secrets)).toBe('attack at dawn')
    key.release()
    checkClear()
  })

  test('the same material in another key', () => {
    const { secrets } = watchedPool()
    const blob = good(keyOf(secrets).seal(PLAINTEXT, NO_CONTEXT))
    expect(opens(keyOf(secrets, OTHER_ID), blob, NO_CONTEXT, secrets)).toBe('invalidCiphertext')
  })

  test('another material of the same key, also under the same id', () => {
    const { secrets } = watchedPool()
    const blob = good(keyOf(secrets).seal(PLAINTEXT, NO_CONTEXT))
    expect(opens(keyOf(secrets, KEY_ID, OTHER_MATERIAL), blob, NO_CONTEXT, secrets)).toBe('invalidCiphertext')
    const id = keyMaterialId(KEY_ID, MATERIAL, secrets)
    const impostor = new SymmetricKey(KEY_ID, id, OTHER_MATERIAL, secrets, new NonceSource())
    expect(opens(impostor, blob, NO_CONTEXT, secrets)).toBe('invalidCiphertext')
  })

  test('a header that was rewritten to name another key of the same material', () => {
    const { secrets } = watchedPool()
    const other = '1234abcd-12ab-34cd-56ef-1234567890ac'
    const blob = good(keyOf(secrets).seal(PLAINTEXT, NO_CONTEXT))
    const id = Buffer.from(keyMaterialId(other, MATERIAL, secrets), 'hex')
    blob.write(other, 5, 'latin1')
    id.copy(blob, 5 + other.length)
    expect(opens(keyOf(secrets, other), blob, NO_CONTEXT, secrets)).toBe('invalidCiphertext')
  })

  test('a related multi-Region key, which shares id and material, opens', () => {
    const { secrets } = watchedPool()
    const blob = good(keyOf(secrets, OTHER_ID).seal(PLAINTEXT, NO_CONTEXT))
    expect(opens(keyOf(secrets, OTHER_ID), blob, NO_CONTEXT, secrets)).toBe('attack at dawn')
  })

  test('every bit flip and every cut is refused', () => {
    const { secrets, checkClear } = watchedPool()
    const key = keyOf(secrets)
    const blob = good(key.seal(PLAINTEXT, NO_CONTEXT))
    for (let bit = 0; bit < blob.length * 8; bit++) {
      const changed = Buffer.from(blob)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(opens(key, changed, NO_CONTEXT, secrets), `bit ${bit}`).toBe('invalidCiphertext')
    }
    for (let size = 0; size < blob.length; size++) {
      expect(opens(key, blob.subarray(0, size), NO_CONTEXT, secrets), `${size} bytes`).toBe('invalidCiphertext')
    }
    expect(opens(key, Buffer.concat([blob, Buffer.alloc(1)]), NO_CONTEXT, secrets)).toBe('invalidCiphertext')
    key.release()
    checkClear()
  })
})

describe('a blob', () => {
  test('names key and material', () => {
    const { secrets } = watchedPool()
    const decoded = good(decodeBlob(new Uint8Array(good(keyOf(secrets).seal(PLAINTEXT, NO_CONTEXT)))))
    expect(decoded.keyId).toBe(KEY_ID)
    expect(decoded.materialId).toBe(keyMaterialId(KEY_ID, MATERIAL, secrets))
    expect(decoded.body.length).toBe(PLAINTEXT.length)
  })

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['the magic alone', Buffer.from('KwC\x01', 'latin1')],
    ['another version', Buffer.concat([Buffer.from('KwC\x02', 'latin1'), Buffer.alloc(200, 0x61)])],
    ['no key id', Buffer.concat([Buffer.from('KwC\x01\x00', 'latin1'), Buffer.alloc(64, 0x61)])],
    ['a key id beyond the end', Buffer.concat([Buffer.from('KwC\x01\xff', 'latin1'), Buffer.alloc(100, 0x61)])],
    ['a key id with a space', Buffer.concat([Buffer.from('KwC\x01\x02a ', 'latin1'), Buffer.alloc(64, 0x61)])],
    ['a key id with a high byte', Buffer.concat([Buffer.from('KwC\x01\x02a\xe9', 'latin1'), Buffer.alloc(64)])],
    ['too many bytes', Buffer.concat([Buffer.from('KwC\x01\x01a', 'latin1'), Buffer.alloc(6139)])],
  ])('is not: %s', (_name, bytes) => {
    expect(kindOf(decodeBlob(bytes))).toBe('invalidCiphertext')
  })

  test('reading any bytes ends in an answer', () => {
    const head = fc.constantFrom(Buffer.from('KwC\x01', 'latin1'), Buffer.alloc(0))
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 400 }), (start, rest) => {
        const decoded = decodeBlob(Buffer.concat([start, rest]))
        if (decoded.ok) expect(decoded.value.materialId).toMatch(/^[0-9a-f]{64}$/)
        else expect(decoded.error.kind).toBe('invalidCiphertext')
      }),
      { seed: 4, numRuns: 500 },
    )
  })

  test('is made for ids that keys have, and no others', () => {
    const { secrets } = watchedPool()
    expect(() => keyOf(secrets, 'a b')).toThrow('printable')
    expect(() => new SymmetricKey(KEY_ID, 'ABC', MATERIAL, secrets, new NonceSource())).toThrow('hexadecimal')
    expect(() => new SymmetricKey(KEY_ID, '00'.repeat(32), Buffer.alloc(31), secrets, new NonceSource())).toThrow('32')
  })
})

describe('derived keys', () => {
  // NIST CAVP, SP 800-108, counter mode, HMAC_SHA256, counter before the fixed data, 32 bits, COUNT=0.
  test('the counter block of a NIST vector', () => {
    const { secrets } = watchedPool()
    const material = Buffer.from('dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0', 'hex')
    const fixed = Buffer.from(
      '01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b864a145fab25e517b08f8683d0315bb2911d80a0e8aba17f3b413faac',
      'hex',
    )
    const block = new HmacKey('sha256', material, secrets).secretMac(Buffer.concat([Buffer.from([0, 0, 0, 1]), fixed]))
    expect(block.toString('hex', 0, 16)).toBe('10621342bfb0fd40046c0e29f2cfdbf0')
  })

  test.each([1, 16, 32, 33, 64, 100])('%i bytes are counter blocks, cut to size', (size) => {
    const { secrets, checkClear } = watchedPool()
    const key = new HmacKey('sha256', MATERIAL, secrets)
    const derived = deriveKey(key, Buffer.from('label'), Buffer.from('context'), size, secrets)
    const bits = Buffer.alloc(4)
    bits.writeUInt32BE(size * 8)
    const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, index) =>
      createHmac('sha256', MATERIAL)
        .update(Buffer.concat([Buffer.from([0, 0, 0, index + 1]), Buffer.from('label\0context'), bits]))
        .digest(),
    )
    expect(derived.equals(Buffer.concat(blocks).subarray(0, size))).toBe(true)
    secrets.release(derived)
    key.release()
    checkClear()
  })
})

describe('the id of key material', () => {
  test('depends on key and material, and keeps to its form', () => {
    const { secrets, checkClear } = watchedPool()
    const id = keyMaterialId(KEY_ID, MATERIAL, secrets)
    expect(id).toBe(createHmac('sha256', MATERIAL).update(`keyward key material id v1\0${KEY_ID}`).digest('hex'))
    expect(id).toMatch(/^[0-9a-f]{64}$/)
    expect(keyMaterialId(OTHER_ID, MATERIAL, secrets)).not.toBe(id)
    expect(keyMaterialId(KEY_ID, OTHER_MATERIAL, secrets)).not.toBe(id)
    checkClear()
  })
})
