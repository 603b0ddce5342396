/** ML-DSA and ML-KEM: forms of keys, lengths, and other implementations. Known answers: `test/extended/wycheproof.test.ts`. */
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { createMlKem1024, createMlKem512, createMlKem768 } from 'mlkem'
import { describe, expect, test } from 'vitest'
import { generateDataKeyPair, generateKeyMaterial, loadPublicKey } from '../../../src/kms/crypto/key-pair.js'
import { latticePrivateKeyInfo, readLatticePublicKey } from '../../../src/kms/crypto/lattice-key.js'
import { hasNativeMlDsa, mlDsaPublicKey, mlDsaSign, mlDsaVerify } from '../../../src/kms/crypto/ml-dsa.js'
import { decapsulate, encapsulate, mlKemPublicKey } from '../../../src/kms/crypto/ml-kem.js'
import { hasProgram, python } from './outside.js'
import { good, kindOf, watchedPool } from './pool.js'

const MESSAGE = Buffer.from('message')

// kms-behaviour.md section 6: sizes of ciphertexts; FIPS 203, table 3: of keys.
const KEMS = [
  { spec: 'ML_KEM_512', oid: '0b0609608648016503040401', ciphertext: 768, second: createMlKem512 },
  { spec: 'ML_KEM_768', oid: '0b0609608648016503040402', ciphertext: 1088, second: createMlKem768 },
  { spec: 'ML_KEM_1024', oid: '0b0609608648016503040403', ciphertext: 1568, second: createMlKem1024 },
] as const

describe.each(KEMS)('$spec', ({ spec, oid, ciphertext: size, second }) => {
  test('agrees with a second implementation both ways', async () => {
    const { secrets, checkClear } = watchedPool()
    const other = await second()
    const seed = generateKeyMaterial(spec, secrets)
    const spki = mlKemPublicKey(spec, seed)
    const [theirPublicKey, theirPrivateKey] = other.deriveKeyPair(new Uint8Array(seed))
    expect(good(readLatticePublicKey(spec, spki)).equals(theirPublicKey)).toBe(true)
    const ours = good(encapsulate(spec, spki, secrets))
    expect(ours.ciphertext.length).toBe(size)
    expect(ours.sharedSecret.equals(other.decap(new Uint8Array(ours.ciphertext), theirPrivateKey))).toBe(true)
    const [theirCiphertext, theirSecret] = other.encap(theirPublicKey)
    const opened = good(decapsulate(spec, seed, theirCiphertext, secrets))
    expect(opened.equals(theirSecret)).toBe(true)
    // Implicit rejection: a changed ciphertext gives another secret, the same one everywhere.
    theirCiphertext[3] = (theirCiphertext[3] ?? 0) ^ 1
    const rejected = good(decapsulate(spec, seed, theirCiphertext, secrets))
    expect(rejected.equals(opened)).toBe(false)
    expect(rejected.equals(other.decap(theirCiphertext, theirPrivateKey))).toBe(true)
    for (const secret of [seed, ours.sharedSecret, opened, rejected]) secrets.release(secret)
    checkClear()
  })

  test('keys have the forms of RFC 9935', () => {
    const { secrets } = watchedPool()
    const { privateKey, publicKey } = generateDataKeyPair(spec, secrets)
    expect(privateKey.length).toBe(86)
    expect(privateKey.toString('hex', 0, 22)).toBe(`3054020100${`30${oid}`}04428040`)
    expect(publicKey.toString('hex')).toContain(oid)
    const seed = privateKey.subarray(-64)
    expect(mlKemPublicKey(spec, seed).equals(publicKey)).toBe(true)
    expect(loadPublicKey(spec, publicKey).ok).toBe(true)
  })

  test('refuses wrong lengths and numbers', () => {
    const { secrets } = watchedPool()
    const seed = generateKeyMaterial(spec, secrets)
    const spki = mlKemPublicKey(spec, seed)
    for (const wrong of [0, size - 1, size + 1]) {
      expect(kindOf(decapsulate(spec, seed, Buffer.alloc(wrong), secrets))).toBe('invalidCiphertext')
    }
    expect(kindOf(decapsulate(spec, seed.subarray(1), Buffer.alloc(size), secrets))).toBe('invalidKey')
    for (const wrong of [spki.subarray(1), Buffer.concat([spki, Buffer.alloc(1)]), Buffer.alloc(0)]) {
      expect(kindOf(encapsulate(spec, wrong, secrets))).toBe('invalidKey')
    }
    // FIPS 203, section 7.2: a coefficient of 4095 is not below the modulus.
    const outOfRange = Buffer.from(spki)
    outOfRange.fill(0xff, 30, 40)
    expect(kindOf(encapsulate(spec, outOfRange, secrets))).toBe('invalidKey')
  })
})

const DSAS = [
  { spec: 'ML_DSA_44', oid: '0b0609608648016503040311', signature: 2420, name: 'MLDSA44' },
  { spec: 'ML_DSA_65', oid: '0b0609608648016503040312', signature: 3309, name: 'MLDSA65' },
  { spec: 'ML_DSA_87', oid: '0b0609608648016503040313', signature: 4627, name: 'MLDSA87' },
] as const

describe.each(DSAS)('$spec', ({ spec, oid, signature: size, name }) => {
  test('signs with fresh randomness, raw and by mu, and releases what it expands', () => {
    const { secrets, checkClear } = watchedPool()
    const seed = generateKeyMaterial(spec, secrets)
    const spki = mlDsaPublicKey(spec, seed)
    expect(spki.toString('hex')).toContain(oid)
    const [one, other] = [0, 1].map(() => good(mlDsaSign(spec, seed, 'RAW', MESSAGE, secrets)))
    expect(one?.length).toBe(size)
    expect(one?.equals(other ?? one)).toBe(false)
    expect(mlDsaVerify(spec, spki, 'RAW', MESSAGE, one ?? MESSAGE).ok).toBe(true)
    const mu = randomBytes(64)
    const byMu = good(mlDsaSign(spec, seed, 'EXTERNAL_MU', mu, secrets))
    expect(mlDsaVerify(spec, spki, 'EXTERNAL_MU', mu, byMu).ok).toBe(true)
    expect(kindOf(mlDsaVerify(spec, spki, 'RAW', mu, byMu))).toBe('invalidSignature')
    secrets.release(seed)
    checkClear()
  })

  test.skipIf(!hasNativeMlDsa())('Node.js and the library take each other’s signatures', () => {
    const { secrets } = watchedPool()
    const seed = generateKeyMaterial(spec, secrets)
    const spki = mlDsaPublicKey(spec, seed)
    const info = latticePrivateKeyInfo(spec, seed, secrets)
    expect(info.length).toBe(54)
    const key = createPublicKey(createPrivateKey({ key: info, format: 'der', type: 'pkcs8' }))
    expect(key.export({ format: 'der', type: 'spki' }).equals(spki)).toBe(true)
    const native = good(mlDsaSign(spec, seed, 'RAW', MESSAGE, secrets, { provider: 'native' }))
    const library = good(mlDsaSign(spec, seed, 'RAW', MESSAGE, secrets, { provider: 'library' }))
    expect(mlDsaVerify(spec, spki, 'RAW', MESSAGE, native, 'library').ok).toBe(true)
    expect(mlDsaVerify(spec, spki, 'RAW', MESSAGE, library, 'native').ok).toBe(true)
    expect(kindOf(mlDsaVerify(spec, spki, 'RAW', Buffer.from('x'), library, 'native'))).toBe('invalidSignature')
  })

  const import_ = `from cryptography.hazmat.primitives.asymmetric import mldsa`
  const known = hasProgram('python3', ['-c', `${import_}; mldsa.${name}PrivateKey.from_seed_bytes(bytes(32))`])
  test.skipIf(!known)('Python cryptography agrees both ways', () => {
    const { secrets } = watchedPool()
    const seed = generateKeyMaterial(spec, secrets)
    const spki = mlDsaPublicKey(spec, seed)
    const ours = good(mlDsaSign(spec, seed, 'RAW', MESSAGE, secrets, { provider: 'library' }))
    const script = [
      'import sys',
      import_,
      `key = mldsa.${name}PrivateKey.from_seed_bytes(bytes.fromhex(sys.argv[1]))`,
      'key.public_key().verify(bytes.fromhex(sys.argv[2]), b"message")',
      'print(key.sign(b"message").hex())',
    ].join('\n')
    const theirs = Buffer.from(python(script, [seed.toString('hex'), ours.toString('hex')]), 'hex')
    expect(theirs.length).toBe(size)
    expect(mlDsaVerify(spec, spki, 'RAW', MESSAGE, theirs, 'library').ok).toBe(true)
  })
})
