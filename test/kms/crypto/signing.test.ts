/** Sign and verify: which algorithms go with which key specs, and that signatures hold for one message and one key. */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { describe, expect, test } from 'vitest'
import { ecPoint } from '../../../src/kms/crypto/ec-key.js'
import { ecdsaSign, ecdsaVerify } from '../../../src/kms/crypto/ecdsa.js'
import { ed25519phSignMessage, ed25519phVerifyMessage } from '../../../src/kms/crypto/eddsa.js'
import {
  generateKeyMaterial,
  loadPrivateKey,
  loadPublicKey,
  publicKeyInfo,
  type PrivateKey,
  type PublicKey,
} from '../../../src/kms/crypto/key-pair.js'
import { CURVES, type AsymmetricSpec, type EcdsaSpec, type MessageType } from '../../../src/kms/crypto/key-spec.js'
import type { SigningAlgorithm } from '../../../src/kms/crypto/key-spec.js'
import type { SecretPool } from '../../../src/kms/crypto/secret.js'
import { canSign, signMessage, verifyMessage } from '../../../src/kms/crypto/signing.js'
import { hasProgram, python } from './outside.js'
import { good, kindOf, watchedPool } from './pool.js'

interface Pair {
  readonly privateKey: PrivateKey
  readonly publicKey: PublicKey
}

function pairOf(spec: AsymmetricSpec, secrets: SecretPool): Pair {
  const material = generateKeyMaterial(spec, secrets)
  const privateKey = good(loadPrivateKey(spec, material, secrets))
  secrets.release(material)
  return { privateKey, publicKey: good(loadPublicKey(spec, publicKeyInfo(privateKey))) }
}

const RSA: readonly SigningAlgorithm[] = [
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
]

// API Reference, "Sign"; kms-behaviour.md section 6.
const COMBINATIONS: readonly {
  readonly spec: AsymmetricSpec
  readonly algorithms: readonly SigningAlgorithm[]
  readonly types: readonly MessageType[]
}[] = [
  { spec: 'RSA_2048', algorithms: RSA, types: ['RAW', 'DIGEST'] },
  { spec: 'RSA_3072', algorithms: RSA, types: ['RAW', 'DIGEST'] },
  { spec: 'ECC_NIST_P256', algorithms: ['ECDSA_SHA_256'], types: ['RAW', 'DIGEST'] },
  { spec: 'ECC_NIST_P384', algorithms: ['ECDSA_SHA_384'], types: ['RAW', 'DIGEST'] },
  { spec: 'ECC_NIST_P521', algorithms: ['ECDSA_SHA_512'], types: ['RAW', 'DIGEST'] },
  { spec: 'ECC_SECG_P256K1', algorithms: ['ECDSA_SHA_256'], types: ['RAW', 'DIGEST'] },
  { spec: 'ECC_NIST_EDWARDS25519', algorithms: ['ED25519_SHA_512'], types: ['RAW'] },
  { spec: 'ECC_NIST_EDWARDS25519', algorithms: ['ED25519_PH_SHA_512'], types: ['DIGEST'] },
  { spec: 'ML_DSA_44', algorithms: ['ML_DSA_SHAKE_256'], types: ['RAW', 'EXTERNAL_MU'] },
]

const ALGORITHMS: readonly SigningAlgorithm[] = [
  ...RSA,
  'ECDSA_SHA_256',
  'ECDSA_SHA_384',
  'ECDSA_SHA_512',
  'ED25519_SHA_512',
  'ED25519_PH_SHA_512',
  'ML_DSA_SHAKE_256',
]

function digestSize(algorithm: SigningAlgorithm): number {
  return Number(/(\d+)$/.exec(algorithm)?.[1]) / 8
}

function messageOf(algorithm: SigningAlgorithm, type: MessageType): Buffer {
  const size = type === 'RAW' ? 100 : type === 'DIGEST' ? digestSize(algorithm) : 64
  return Buffer.alloc(size, 0x5a)
}

describe.each(COMBINATIONS)('$spec $algorithms $types', ({ spec, algorithms, types }) => {
  const { secrets } = watchedPool()
  const { privateKey, publicKey } = pairOf(spec, secrets)
  const other = pairOf(spec, secrets)
  const cases = algorithms.flatMap((algorithm) => types.map((type) => [algorithm, type] as const))

  test.each(cases)('%s %s signs and verifies, for this message and this key only', (algorithm, type) => {
    const message = messageOf(algorithm, type)
    const live = secrets.live
    const signature = good(signMessage(privateKey, algorithm, type, message, secrets))
    expect(secrets.live).toBe(live)
    expect(verifyMessage(publicKey, algorithm, type, message, signature).ok).toBe(true)
    const changedMessage = Buffer.from(message)
    changedMessage[0] = 0
    expect(kindOf(verifyMessage(publicKey, algorithm, type, changedMessage, signature))).toBe('invalidSignature')
    expect(kindOf(verifyMessage(other.publicKey, algorithm, type, message, signature))).toBe('invalidSignature')
    for (const bad of [Buffer.alloc(0), signature.subarray(1), Buffer.concat([signature, Buffer.alloc(1)])]) {
      expect(kindOf(verifyMessage(publicKey, algorithm, type, message, bad))).toBe('invalidSignature')
    }
    const changed = Buffer.from(signature)
    changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1
    expect(kindOf(verifyMessage(publicKey, algorithm, type, message, changed))).toBe('invalidSignature')
  })

  test.each(cases.filter(([, type]) => type !== 'RAW'))('%s %s takes one length', (algorithm, type) => {
    const size = messageOf(algorithm, type).length
    for (const wrong of [0, size - 1, size + 1]) {
      const message = Buffer.alloc(wrong)
      expect(kindOf(signMessage(privateKey, algorithm, type, message, secrets))).toBe('invalidLength')
      expect(kindOf(verifyMessage(publicKey, algorithm, type, message, Buffer.alloc(8)))).toBe('invalidLength')
    }
  })

  test('has no other algorithm and message type', () => {
    const allowed = COMBINATIONS.filter((each) => each.spec === spec)
    for (const algorithm of ALGORITHMS) {
      for (const type of ['RAW', 'DIGEST', 'EXTERNAL_MU'] as const) {
        const expected = allowed.some((each) => each.algorithms.includes(algorithm) && each.types.includes(type))
        expect(canSign(spec, algorithm, type), `${algorithm} ${type}`).toBe(expected)
        if (expected) continue
        const message = Buffer.alloc(64)
        expect(kindOf(signMessage(privateKey, algorithm, type, message, secrets))).toBe('unsupportedAlgorithm')
        expect(kindOf(verifyMessage(publicKey, algorithm, type, message, message))).toBe('unsupportedAlgorithm')
      }
    }
  })
})

describe('a raw message and its digest are signed alike', () => {
  const hashed = COMBINATIONS.filter(({ spec }) => spec.startsWith('RSA_2') || Object.hasOwn(CURVES, spec))
  test.each(hashed)('$spec', ({ spec, algorithms }) => {
    const { secrets } = watchedPool()
    const { privateKey, publicKey } = pairOf(spec, secrets)
    const message = Buffer.from('one message')
    for (const algorithm of algorithms) {
      const digest = createHash(`sha${digestSize(algorithm) * 8}`)
        .update(message)
        .digest()
      for (let round = 0; round < 4; round++) {
        const ofRaw = good(signMessage(privateKey, algorithm, 'RAW', message, secrets))
        const ofDigest = good(signMessage(privateKey, algorithm, 'DIGEST', digest, secrets))
        expect(verifyMessage(publicKey, algorithm, 'DIGEST', digest, ofRaw).ok).toBe(true)
        expect(verifyMessage(publicKey, algorithm, 'RAW', message, ofDigest).ok).toBe(true)
      }
    }
  })
})

describe('ECDSA over a digest', () => {
  const NOBLE = {
    ECC_NIST_P256: p256,
    ECC_NIST_P384: p384,
    ECC_NIST_P521: p521,
    ECC_SECG_P256K1: secp256k1,
  }

  test.each(Object.keys(NOBLE) as EcdsaSpec[])('%s agrees with a second implementation', (spec) => {
    const { secrets, checkClear } = watchedPool()
    const { privateKey } = pairOf(spec, secrets)
    if (privateKey.form !== 'keyObject') throw new Error('a curve key is a key object')
    const publicKey = createPublicKey(privateKey.key)
    const { hash } = CURVES[spec]
    const order = NOBLE[spec].Point.Fn.ORDER
    for (let round = 0; round < 5; round++) {
      const digest = createHash(hash).update(`${round}`).digest()
      const signature = good(ecdsaSign(spec, privateKey.key, 'DIGEST', digest, secrets))
      const options = { prehash: false, lowS: false, format: 'der' } as const
      expect(NOBLE[spec].verify(signature, digest, ecPoint(spec, publicKey), options)).toBe(true)
      expect(verify(hash, Buffer.from(`${round}`), publicKey, signature)).toBe(true)
      // Its other form, with n - s, is right as well: one of the two has a high s.
      const { r, s } = NOBLE[spec].Signature.fromBytes(signature, 'der')
      const twin = new NOBLE[spec].Signature(r, order - s).toBytes('der')
      expect(ecdsaVerify(spec, publicKey, 'DIGEST', digest, twin).ok).toBe(true)
      expect(ecdsaVerify(spec, publicKey, 'RAW', Buffer.from(`${round}`), twin).ok).toBe(true)
    }
    checkClear()
  })

  test('a digest of zeros', () => {
    const { secrets } = watchedPool()
    const { privateKey } = pairOf('ECC_NIST_P256', secrets)
    if (privateKey.form !== 'keyObject') throw new Error('a curve key is a key object')
    const zeros = Buffer.alloc(32)
    const publicKey = createPublicKey(privateKey.key)
    const signature = good(ecdsaSign('ECC_NIST_P256', privateKey.key, 'DIGEST', zeros, secrets))
    expect(ecdsaVerify('ECC_NIST_P256', publicKey, 'DIGEST', zeros, signature).ok).toBe(true)
    const point = ecPoint('ECC_NIST_P256', publicKey)
    expect(p256.verify(signature, zeros, point, { prehash: false, lowS: false, format: 'der' })).toBe(true)
  })
})

/** Signs as RFC 8032, section 5.1.6, says, with integers and nothing else: slow, and open to every side channel. */
const ED25519PH = `
import hashlib, sys
p, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
d = -121665 * pow(121666, -1, p) % p
def add(P, Q):
    k = d * P[0] * Q[0] * P[1] * Q[1] % p
    x = (P[0] * Q[1] + Q[0] * P[1]) * pow(1 + k, -1, p) % p
    y = (P[1] * Q[1] + P[0] * Q[0]) * pow(1 - k, -1, p) % p
    return x, y
def mul(s, P):
    R = (0, 1)
    while s:
        if s & 1: R = add(R, P)
        P, s = add(P, P), s >> 1
    return R
gy = 4 * pow(5, -1, p) % p
xx = (gy * gy - 1) * pow(d * gy * gy + 1, -1, p) % p
gx = pow(xx, (p + 3) // 8, p)
if gx * gx % p != xx: gx = gx * pow(2, (p - 1) // 4, p) % p
if gx & 1: gx = p - gx
G = (gx, gy)
def encode(P): return (P[1] | (P[0] & 1) << 255).to_bytes(32, 'little')
def H(*parts): return int.from_bytes(hashlib.sha512(b''.join(parts)).digest(), 'little')
seed, message = bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[2])
dom = b'SigEd25519 no Ed25519 collisions' + bytes([1, 0])
h = hashlib.sha512(seed).digest()
a = int.from_bytes(h[:32], 'little') & ((1 << 254) - 8) | (1 << 254)
A, ph = encode(mul(a, G)), hashlib.sha512(message).digest()
r = H(dom, h[32:], ph) % L
R = encode(mul(r, G))
s = (r + H(dom, R, A, ph) * a) % L
print((R + s.to_bytes(32, 'little')).hex())
`

describe('RFC 8032', () => {
  // Section 7.1, TEST 3, and section 7.3, TEST abc.
  test.each([
    {
      name: 'Ed25519',
      seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      message: 'af82',
      signature:
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    },
    {
      name: 'Ed25519ph',
      seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
      publicKey: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
      message: '616263',
      signature:
        '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
    },
  ])('$name', ({ name, seed, publicKey, message, signature }) => {
    const { secrets } = watchedPool()
    const material = Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex')
    const key = good(loadPrivateKey('ECC_NIST_EDWARDS25519', material, secrets))
    if (key.form !== 'keyObject') throw new Error('an Ed25519 key is a key object')
    expect(publicKeyInfo(key).toString('hex')).toContain(publicKey)
    const bytes = Buffer.from(message, 'hex')
    const signed = name === 'Ed25519' ? sign(null, bytes, key.key) : ed25519phSignMessage(key.key, bytes, secrets)
    expect(signed.toString('hex')).toBe(signature)
    if (name === 'Ed25519ph') {
      expect(ed25519phVerifyMessage(createPublicKey(key.key), bytes, signed).ok).toBe(true)
    } else {
      expect(good(signMessage(key, 'ED25519_SHA_512', 'RAW', bytes, secrets)).toString('hex')).toBe(signature)
    }
  })

  test.skipIf(!hasProgram('python3', ['--version']))('Ed25519ph agrees with the plain formulas in Python', () => {
    const { secrets } = watchedPool()
    for (const message of ['', 'message', 'x'.repeat(500)].map((text) => Buffer.from(text))) {
      const material = generateKeyMaterial('ECC_NIST_EDWARDS25519', secrets)
      const key = createPrivateKey({ key: material, format: 'der', type: 'pkcs8' })
      const signature = ed25519phSignMessage(key, message, secrets)
      const said = python(ED25519PH, [material.toString('hex', 16), message.toString('hex')])
      expect(said).toBe(signature.toString('hex'))
      expect(ed25519phVerifyMessage(createPublicKey(key), message, Buffer.from(said, 'hex')).ok).toBe(true)
    }
  })

  test('Ed25519ph hashes the digest that it is given once more', () => {
    const { secrets } = watchedPool()
    const { privateKey, publicKey } = pairOf('ECC_NIST_EDWARDS25519', secrets)
    if (privateKey.form !== 'keyObject' || publicKey.form !== 'keyObject') throw new Error('key objects')
    const digest = createHash('sha512').update('message').digest()
    const signature = good(signMessage(privateKey, 'ED25519_PH_SHA_512', 'DIGEST', digest, secrets))
    expect(ed25519phVerifyMessage(publicKey.key, digest, signature).ok).toBe(true)
    expect(ed25519phVerifyMessage(publicKey.key, Buffer.from('message'), signature).ok).toBe(false)
  })
})
