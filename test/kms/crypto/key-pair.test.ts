/** Key material of every spec: its kept form, its public half, imports, and key agreement. */
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { deriveSharedSecret } from '../../../src/kms/crypto/ecdh.js'
import { importMaterial } from '../../../src/kms/crypto/import-material.js'
import {
  generateDataKeyPair,
  generateKeyMaterial,
  loadPrivateKey,
  loadPublicKey,
  publicKeyInfo,
} from '../../../src/kms/crypto/key-pair.js'
import type { AsymmetricSpec, DataKeyPairSpec, KeySpec } from '../../../src/kms/crypto/key-spec.js'
import type { SecretPool } from '../../../src/kms/crypto/secret.js'
import { good, kindOf, watchedPool } from './pool.js'

function pkcs8(key: KeyObject): Buffer {
  return key.export({ type: 'pkcs8', format: 'der' })
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

/** Length of the kept material, where it has one, and of the public key. */
const SPECS: readonly [KeySpec, number | undefined, number | undefined][] = [
  ['SYMMETRIC_DEFAULT', 32, undefined],
  ['HMAC_224', 28, undefined],
  ['HMAC_256', 32, undefined],
  ['HMAC_384', 48, undefined],
  ['HMAC_512', 64, undefined],
  ['RSA_2048', undefined, 294],
  ['RSA_3072', undefined, 422],
  ['ECC_NIST_P256', 138, 91],
  ['ECC_NIST_P384', 185, 120],
  ['ECC_NIST_P521', 241, 158],
  ['ECC_SECG_P256K1', 135, 88],
  ['ECC_NIST_EDWARDS25519', 48, 44],
  ['ML_DSA_44', 32, 1334],
  ['ML_DSA_65', 32, 1974],
  ['ML_DSA_87', 32, 2614],
  ['ML_KEM_512', 64, 822],
  ['ML_KEM_768', 64, 1206],
  ['ML_KEM_1024', 64, 1590],
]

describe('generated material', () => {
  test.each(SPECS)('%s', (spec, size, publicSize) => {
    const { secrets, checkClear } = watchedPool()
    const [material, other] = [generateKeyMaterial(spec, secrets), generateKeyMaterial(spec, secrets)]
    expect(material.equals(other)).toBe(false)
    if (size !== undefined) expect(material.length).toBe(size)
    if (publicSize !== undefined) {
      const asymmetric = spec as AsymmetricSpec
      const loaded = good(loadPrivateKey(asymmetric, material, secrets))
      const info = publicKeyInfo(loaded)
      expect(info.length).toBe(publicSize)
      expect(good(loadPublicKey(asymmetric, info)).spec).toBe(spec)
      expect(kindOf(loadPublicKey(asymmetric, Buffer.concat([info, Buffer.alloc(1)])))).toBe('invalidKey')
      if (loaded.form === 'seed') secrets.release(loaded.seed)
    }
    secrets.release(material)
    secrets.release(other)
    checkClear()
  })

  test('the bytes of symmetric keys are those of the source given', () => {
    const { secrets } = watchedPool()
    const fill = (target: Buffer): void => void target.fill(7)
    expect(generateKeyMaterial('HMAC_256', secrets, fill).equals(Buffer.alloc(32, 7))).toBe(true)
    expect(generateKeyMaterial('ML_DSA_65', secrets, fill).equals(Buffer.alloc(32, 7))).toBe(true)
  })
})

const DATA_KEY_PAIRS: readonly DataKeyPairSpec[] = [
  'RSA_2048',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'ECC_NIST_EDWARDS25519',
]

test.each(DATA_KEY_PAIRS)('a data key pair of %s is PKCS #8 and SubjectPublicKeyInfo', (spec) => {
  const { secrets, checkClear } = watchedPool()
  const { privateKey, publicKey } = generateDataKeyPair(spec, secrets)
  const read = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' })
  expect(spki(createPublicKey(read)).equals(publicKey)).toBe(true)
  secrets.release(privateKey)
  checkClear()
})

describe('material of another spec is refused', () => {
  const { secrets } = watchedPool()
  const specs: readonly AsymmetricSpec[] = [
    'RSA_2048',
    'ECC_NIST_P256',
    'ECC_NIST_P384',
    'ECC_SECG_P256K1',
    'ECC_NIST_EDWARDS25519',
  ]
  const keys = specs.map((spec) => {
    const material = generateKeyMaterial(spec, secrets)
    return { spec, material, info: publicKeyInfo(good(loadPrivateKey(spec, material, secrets))) }
  })
  test.each([...specs, 'RSA_3072', 'ECC_NIST_P521', 'ML_DSA_44', 'ML_KEM_512'] as const)('%s', (spec) => {
    for (const { spec: made, material, info } of keys) {
      const expected = made === spec ? 'ok' : 'invalidKey'
      expect(kindOf(loadPrivateKey(spec, material, secrets)), made).toBe(expected)
      expect(kindOf(loadPublicKey(spec, info)), made).toBe(expected)
    }
    expect(kindOf(loadPrivateKey(spec, Buffer.from('3000', 'hex'), secrets))).toBe('invalidKey')
    expect(kindOf(loadPublicKey(spec, Buffer.alloc(0)))).toBe('invalidKey')
  })
})

describe('imports', () => {
  // kms-behaviour.md section 6, import material.
  test.each<[KeySpec, number, number]>([
    ['SYMMETRIC_DEFAULT', 32, 32],
    ['HMAC_224', 28, 64],
    ['HMAC_256', 32, 64],
    ['HMAC_384', 48, 128],
    ['HMAC_512', 64, 128],
  ])('%s takes %i to %i bytes', (spec, least, most) => {
    const { secrets, checkClear } = watchedPool()
    for (const [size, expected] of [
      [least - 1, 'invalidLength'],
      [least, 'ok'],
      [most, 'ok'],
      [most + 1, 'invalidLength'],
    ] as const) {
      const imported = importMaterial(spec, Buffer.alloc(size, 1), secrets)
      expect(kindOf(imported), `${size}`).toBe(expected)
      if (imported.ok) secrets.release(imported.value)
    }
    checkClear()
  })

  function imports(spec: KeySpec, bytes: Buffer, secrets: SecretPool): string {
    const imported = importMaterial(spec, bytes, secrets)
    if (!imported.ok) return imported.error.kind
    const text = imported.value.toString('hex')
    secrets.release(imported.value)
    return text
  }

  test.each<[AsymmetricSpec, () => KeyObject]>([
    ['RSA_2048', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    ['ECC_NIST_P256', () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey],
    ['ECC_NIST_P384', () => generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey],
    ['ECC_NIST_P521', () => generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).privateKey],
    ['ECC_SECG_P256K1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey],
    ['ECC_NIST_EDWARDS25519', () => generateKeyPairSync('ed25519').privateKey],
  ])('%s as PKCS #8, kept in one form', (spec, make) => {
    const { secrets, checkClear } = watchedPool()
    const key = pkcs8(make())
    const kept = imports(spec, key, secrets)
    expect(kept).toBe(key.toString('hex'))
    expect(imports(spec, Buffer.from(kept, 'hex'), secrets)).toBe(kept)
    for (const other of ['RSA_3072', 'ECC_NIST_P256', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519'] as const) {
      if (other !== spec) expect(imports(other, key, secrets)).toBe('invalidKey')
    }
    expect(imports(spec, key.subarray(0, -1), secrets)).toBe('invalidKey')
    checkClear()
  })

  test('a curve key whose public key belongs to another', () => {
    const { secrets, checkClear } = watchedPool()
    const [one, other] = [0, 1].map(() => pkcs8(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey))
    const mixed = Buffer.concat(
      [one?.subarray(0, -64) ?? [], other?.subarray(-64) ?? []].map((part) => Buffer.from(part)),
    )
    expect(imports('ECC_NIST_P256', mixed, secrets)).toBe('invalidKey')
    checkClear()
  })

  test('a curve key without its public key is kept with it', () => {
    const { secrets } = watchedPool()
    const full = pkcs8(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey)
    // RFC 5915: the public key is optional. The scalar ends 36 + 32 bytes into the key.
    const scalar = full.toString('hex', 36, 68)
    const short = Buffer.from(`3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420${scalar}`, 'hex')
    expect(imports('ECC_NIST_P256', short, secrets)).toBe(full.toString('hex'))
  })

  test.each([
    ['zero', '00'.repeat(32)],
    ['the order', 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'],
  ])('a curve key whose scalar is %s', (_name, scalar) => {
    const { secrets, checkClear } = watchedPool()
    const key = Buffer.from(`3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420${scalar}`, 'hex')
    expect(imports('ECC_NIST_P256', key, secrets)).toBe('invalidKey')
    checkClear()
  })

  test('an RSA key with an exponent that FIPS 186-5 does not allow', () => {
    const { secrets } = watchedPool()
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
    expect(imports('RSA_2048', pkcs8(privateKey), secrets)).toBe('invalidKey')
  })

  test('an RSA key whose halves do not belong together', () => {
    const { secrets } = watchedPool()
    const [one, other] = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
    if (one === undefined || other === undefined) throw new Error('two keys')
    const modulus = Buffer.from(one.export({ format: 'jwk' }).n ?? '', 'base64url')
    const key = pkcs8(other)
    modulus.copy(key, key.indexOf(Buffer.from(other.export({ format: 'jwk' }).n ?? '', 'base64url')))
    expect(createPrivateKey({ key, format: 'der', type: 'pkcs8' }).asymmetricKeyType).toBe('rsa')
    expect(imports('RSA_2048', key, secrets)).toBe('invalidKey')
  })

  test.each(['ML_DSA_44', 'ML_KEM_768'] as const)('%s cannot be imported', (spec) => {
    const { secrets } = watchedPool()
    expect(imports(spec, Buffer.alloc(64), secrets)).toBe('unsupportedAlgorithm')
  })
})

describe('key agreement', () => {
  const CURVES = [
    ['ECC_NIST_P256', 'prime256v1', 32],
    ['ECC_NIST_P384', 'secp384r1', 48],
    ['ECC_NIST_P521', 'secp521r1', 66],
  ] as const

  test.each(CURVES)('%s: both sides get the raw x coordinate', (spec, namedCurve, size) => {
    const { secrets, checkClear } = watchedPool()
    const ours = generateKeyPairSync('ec', { namedCurve })
    const theirs = generateKeyPairSync('ec', { namedCurve })
    const shared = good(deriveSharedSecret(spec, ours.privateKey, spki(theirs.publicKey), secrets))
    expect(shared.length).toBe(size)
    const expected = diffieHellman({ privateKey: theirs.privateKey, publicKey: ours.publicKey })
    expect(shared.equals(expected)).toBe(true)
    secrets.release(shared)
    checkClear()
  })

  test('refuses a peer that is no point of the curve, or not spelt as SubjectPublicKeyInfo', () => {
    const { secrets } = watchedPool()
    const ours = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const good_ = spki(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey)
    const offCurve = Buffer.from(good_)
    offCurve[offCurve.length - 1] = (offCurve.at(-1) ?? 0) ^ 1
    const header = good_.subarray(0, -65)
    const wrong: readonly (readonly [string, Buffer])[] = [
      ['off the curve', offCurve],
      ['another curve', spki(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey)],
      ['another curve of this size', spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)],
      ['an Ed25519 key', spki(generateKeyPairSync('ed25519').publicKey)],
      ['the point alone', good_.subarray(-65)],
      ['a hybrid point', Buffer.concat([header, Buffer.from([6]), good_.subarray(-64)])],
      ['a coordinate above the field', Buffer.concat([header, Buffer.from([4]), Buffer.alloc(64, 0xff)])],
      ['zeros', Buffer.concat([header, Buffer.from([4]), Buffer.alloc(64)])],
      ['trailing bytes', Buffer.concat([good_, Buffer.alloc(1)])],
      ['nothing', Buffer.alloc(0)],
    ]
    for (const [name, peer] of wrong) {
      expect(kindOf(deriveSharedSecret('ECC_NIST_P256', ours.privateKey, peer, secrets)), name).toBe('invalidKey')
    }
    expect(secrets.live).toBe(0)
  })
})
