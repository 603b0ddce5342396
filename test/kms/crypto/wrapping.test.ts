/** RSA encryption and the wrapping of imported material. */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { unwrapMaterial, wrapMaterial } from '../../../src/kms/crypto/import-wrap.js'
import { unwrapKey, wrapKey } from '../../../src/kms/crypto/key-wrap.js'
import type { RsaWrappingAlgorithm } from '../../../src/kms/crypto/key-spec.js'
import { maxOaepPlaintext, rsaDecrypt, rsaEncrypt } from '../../../src/kms/crypto/rsa.js'
import { good, kindOf, watchedPool } from './pool.js'

/** Made once: RSA keys are slow. */
const KEYS = {
  2048: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  3072: generateKeyPairSync('rsa', { modulusLength: 3072 }),
  4096: generateKeyPairSync('rsa', { modulusLength: 4096 }),
}

// API Reference, "Encrypt": most bytes of plaintext.
describe.each([
  [2048, 'RSAES_OAEP_SHA_1', 214],
  [2048, 'RSAES_OAEP_SHA_256', 190],
  [3072, 'RSAES_OAEP_SHA_1', 342],
  [3072, 'RSAES_OAEP_SHA_256', 318],
  [4096, 'RSAES_OAEP_SHA_1', 470],
  [4096, 'RSAES_OAEP_SHA_256', 446],
] as const)('RSA %i %s', (bits, algorithm, most) => {
  const { privateKey, publicKey } = KEYS[bits]

  test(`takes up to ${most} bytes`, () => {
    const { secrets, checkClear } = watchedPool()
    expect(maxOaepPlaintext(publicKey, algorithm)).toBe(most)
    for (const size of [0, 1, most]) {
      const plaintext = randomBytes(size)
      const ciphertext = good(rsaEncrypt(publicKey, algorithm, plaintext))
      expect(ciphertext.length).toBe(bits / 8)
      const opened = good(rsaDecrypt(privateKey, algorithm, ciphertext, secrets))
      expect(opened.equals(plaintext)).toBe(true)
      secrets.release(opened)
    }
    expect(kindOf(rsaEncrypt(publicKey, algorithm, Buffer.alloc(most + 1)))).toBe('invalidLength')
    checkClear()
  })

  test('refuses everything else alike', () => {
    const { secrets } = watchedPool()
    const ciphertext = good(rsaEncrypt(publicKey, algorithm, Buffer.from('x')))
    const changed = Buffer.from(ciphertext)
    changed[9] = (changed[9] ?? 0) ^ 1
    const oaep = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING }
    const hash = algorithm === 'RSAES_OAEP_SHA_1' ? 'sha1' : 'sha256'
    const wrong: readonly (readonly [string, Buffer])[] = [
      ['a changed bit', changed],
      ['too short', ciphertext.subarray(1)],
      ['too long', Buffer.concat([Buffer.alloc(1), ciphertext])],
      ['nothing', Buffer.alloc(0)],
      ['above the modulus', Buffer.alloc(bits / 8, 0xff)],
      ['another hash', publicEncrypt({ ...oaep, oaepHash: 'sha512' }, Buffer.from('x'))],
      ['a label', publicEncrypt({ ...oaep, oaepHash: hash, oaepLabel: Buffer.from('l') }, Buffer.from('x'))],
      ['another padding', publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from('x'))],
    ]
    for (const [name, bytes] of wrong) {
      expect(kindOf(rsaDecrypt(privateKey, algorithm, bytes, secrets)), name).toBe('invalidCiphertext')
    }
    expect(secrets.live).toBe(0)
  })
})

describe('AES key wrap with padding', () => {
  // RFC 5649, section 6 has a 192-bit key, which is refused here; RFC 3394, section 4.6 has no padding. The vectors of
  // 256-bit keys are Wycheproof's.
  test('a 192-bit key is refused', () => {
    const { secrets } = watchedPool()
    const key = Buffer.from('5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8', 'hex')
    const wrapped = Buffer.from('138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a', 'hex')
    expect(kindOf(unwrapKey(key, wrapped, secrets))).toBe('invalidLength')
    expect(kindOf(wrapKey(key, Buffer.alloc(20)))).toBe('invalidLength')
  })

  test.each([1, 7, 8, 9, 16, 20, 32, 2400])('%i bytes come back, and no changed bit does', (size) => {
    const { secrets, checkClear } = watchedPool()
    const key = Buffer.alloc(32, 3)
    const plaintext = randomBytes(size)
    const wrapped = good(wrapKey(key, plaintext))
    expect(wrapped.length).toBe(Math.ceil(size / 8) * 8 + 8)
    const opened = good(unwrapKey(key, wrapped, secrets))
    expect(opened.equals(plaintext)).toBe(true)
    secrets.release(opened)
    for (let bit = 0; bit < Math.min(wrapped.length * 8, 256); bit++) {
      const changed = Buffer.from(wrapped)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(kindOf(unwrapKey(key, changed, secrets))).toBe('invalidCiphertext')
    }
    for (const bad of [wrapped.subarray(1), wrapped.subarray(8), Buffer.alloc(0), Buffer.alloc(8)]) {
      expect(kindOf(unwrapKey(key, bad, secrets))).toBe('invalidCiphertext')
    }
    checkClear()
  })
})

const WRAPPINGS: readonly RsaWrappingAlgorithm[] = [
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
]

describe.each(WRAPPINGS)('material wrapped with %s', (algorithm) => {
  const { privateKey, publicKey } = KEYS[2048]

  test('comes back', () => {
    const { secrets, checkClear } = watchedPool()
    const size = algorithm.startsWith('RSA_AES') ? 2400 : 128
    const material = secrets.copyOf(randomBytes(size))
    const wrapped = good(wrapMaterial(publicKey, algorithm, material, secrets))
    const opened = good(unwrapMaterial(privateKey, algorithm, wrapped, secrets))
    expect(opened.equals(material)).toBe(true)
    secrets.release(opened)
    secrets.release(material)
    checkClear()
  })

  test('is refused when changed, cut, wrapped otherwise or for another key', () => {
    const { secrets } = watchedPool()
    const wrapped = good(wrapMaterial(publicKey, algorithm, Buffer.alloc(32, 1), secrets))
    const changed = Buffer.from(wrapped)
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
    const wrong = [changed, wrapped.subarray(0, -8), wrapped.subarray(0, 100), Buffer.alloc(0)]
    for (const other of WRAPPINGS) {
      if (other !== algorithm) wrong.push(good(wrapMaterial(publicKey, other, Buffer.alloc(32, 1), secrets)))
    }
    const stranger = createPublicKey(createPrivateKey(KEYS[3072].privateKey.export({ type: 'pkcs8', format: 'pem' })))
    wrong.push(good(wrapMaterial(stranger, algorithm, Buffer.alloc(32, 1), secrets)))
    for (const bytes of wrong) {
      expect(kindOf(unwrapMaterial(privateKey, algorithm, bytes, secrets))).toBe('invalidCiphertext')
    }
    expect(secrets.live).toBe(0)
  })
})

test('an AES key of another length between key and material is refused', () => {
  const { secrets } = watchedPool()
  const { privateKey, publicKey } = KEYS[2048]
  const head = good(rsaEncrypt(publicKey, 'RSAES_OAEP_SHA_256', Buffer.alloc(16)))
  const wrapped = Buffer.concat([head, Buffer.alloc(40)])
  expect(kindOf(unwrapMaterial(privateKey, 'RSA_AES_KEY_WRAP_SHA_256', wrapped, secrets))).toBe('invalidCiphertext')
  expect(secrets.live).toBe(0)
})
