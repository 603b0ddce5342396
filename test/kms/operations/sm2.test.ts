/** Keys of spec SM2, which Chinese Regions have. Facts: kms-behaviour 5, 6, 8; KMS Developer Guide, "Key spec reference". */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OperationName } from '../../../src/aws/operations.js'
import { generateDataKeyPair } from '../../../src/kms/crypto/key-pair.js'
import { importMaterial } from '../../../src/kms/crypto/import-material.js'
import { SecretPool } from '../../../src/kms/crypto/secret.js'
import { sm2Decrypt, sm2Encrypt, sm2Verify } from '../../../src/kms/crypto/sm2.js'
import { sm2PointOf, sm2PublicKeyInfo } from '../../../src/kms/crypto/sm2-curve.js'
import type { KmsInputs, KmsOutputs, KeyUsageType } from '../../../src/kms/shapes.js'
import { ADMIN, keyId, policyOf, testKms, type TestKms } from '../test-kms.js'

const CHINA = { ...ADMIN, principal: 'arn:aws-cn:iam::111122223333:user/admin', region: 'cn-north-1' }
const SIGNING = { SigningAlgorithm: 'SM2DSA' } as const
const PKE = { EncryptionAlgorithm: 'SM2PKE' } as const

let t: TestKms
const secrets = new SecretPool()
beforeAll(async () => {
  t = await testKms()
  const all = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }
  t.kms.identities.putPrincipal({ arn: CHINA.principal, policies: [policyOf('identity', all)] })
})
afterAll(() => t.kms.close())
beforeEach(() => () => {
  expect(secrets.live).toBe(0)
})

function ok<N extends OperationName>(name: N, input: KmsInputs[N]): Promise<KmsOutputs[N]> {
  return t.ok(name, input, CHINA)
}

function fails(name: OperationName, input: object): Promise<string> {
  return t.fails(name, input, CHINA)
}

async function aKey(KeyUsage: KeyUsageType, more: Partial<KmsInputs['CreateKey']> = {}): Promise<string> {
  return keyId(await ok('CreateKey', { KeySpec: 'SM2', KeyUsage, ...more }))
}

function bytes(value: Uint8Array | undefined): Buffer {
  return Buffer.from(value ?? [])
}

describe('a key that signs', () => {
  test('has a public key that names the curve, and one algorithm', async () => {
    const KeyId = await aKey('SIGN_VERIFY')
    const { PublicKey, ...rest } = await ok('GetPublicKey', { KeyId })
    expect(bytes(PublicKey).subarray(0, 27).toString('hex')).toBe(
      '3059301306072a8648ce3d020106082a811ccf5501822d03420004',
    )
    expect(rest).toMatchObject({ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY', SigningAlgorithms: ['SM2DSA'] })
    expect(rest.EncryptionAlgorithms).toBeUndefined()
  })

  test('signs messages together with the usual identity, and digests as they are', async () => {
    const KeyId = await aKey('SIGN_VERIFY')
    const spki = bytes((await ok('GetPublicKey', { KeyId })).PublicKey)
    for (const [MessageType, Message] of [
      ['RAW', Buffer.from('a message')],
      ['DIGEST', Buffer.alloc(32, 7)],
    ] as const) {
      const { Signature } = await ok('Sign', { KeyId, Message, MessageType, ...SIGNING })
      expect(sm2Verify(spki, MessageType, Message, bytes(Signature)).ok).toBe(true)
      const verified = await ok('Verify', { KeyId, Message, MessageType, Signature: Signature!, ...SIGNING })
      expect(verified.SignatureValid).toBe(true)
      const changed = Uint8Array.from(Message)
      changed[0]! ^= 1
      const wrong = { KeyId, Message: changed, MessageType, Signature: Signature!, ...SIGNING }
      expect(await fails('Verify', wrong)).toBe('KMSInvalidSignatureException')
    }
  })

  const REFUSED: readonly (readonly [string, object, string])[] = [
    ['another algorithm', { SigningAlgorithm: 'ECDSA_SHA_256' }, 'InvalidKeyUsageException'],
    ['a digest of another length', { MessageType: 'DIGEST' }, 'ValidationException'],
    ['a message type of lattices', { MessageType: 'EXTERNAL_MU' }, 'ValidationException'],
  ]
  test.each(REFUSED)('is refused with %s', async (_name, change, code) => {
    const KeyId = await aKey('SIGN_VERIFY')
    const answer = await fails('Sign', { KeyId, Message: Buffer.from('x'), ...SIGNING, ...change })
    expect(answer.split(':')[0]).toBe(code)
  })
})

describe('a key that encrypts', () => {
  test('takes 1 to 1024 bytes, also what was encrypted elsewhere, and no context', async () => {
    const KeyId = await aKey('ENCRYPT_DECRYPT')
    const spki = bytes((await ok('GetPublicKey', { KeyId })).PublicKey)
    for (const size of [1, 1024]) {
      const Plaintext = Buffer.alloc(size, 5)
      const { CiphertextBlob } = await ok('Encrypt', { KeyId, Plaintext, ...PKE })
      expect(bytes((await ok('Decrypt', { KeyId, CiphertextBlob: CiphertextBlob!, ...PKE })).Plaintext)).toEqual(
        Plaintext,
      )
    }
    expect(await fails('Encrypt', { KeyId, Plaintext: Buffer.alloc(1025), ...PKE })).toBe(
      'ValidationException: Algorithm SM2PKE and key spec SM2 cannot encrypt data larger than 1024 bytes.',
    )
    const sealed = sm2Encrypt(spki, Buffer.from('elsewhere'), secrets)
    if (!sealed.ok) throw new Error('not sealed')
    const opened = await ok('Decrypt', { KeyId, CiphertextBlob: sealed.value, ...PKE })
    expect(bytes(opened.Plaintext).toString()).toBe('elsewhere')
    expect(opened.KeyMaterialId).toBeUndefined()
    const EncryptionContext = { a: 'b' }
    expect(await fails('Encrypt', { KeyId, Plaintext: Buffer.from('x'), EncryptionContext, ...PKE })).toMatch(
      /^ValidationException/,
    )
    const changed = Buffer.from(sealed.value)
    changed[changed.length - 1]! ^= 1
    expect(await fails('Decrypt', { KeyId, CiphertextBlob: changed, ...PKE })).toBe('InvalidCiphertextException')
    expect(await fails('Decrypt', { KeyId, CiphertextBlob: changed, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' })).toMatch(
      /^InvalidKeyUsageException/,
    )
  })

  test('is a source and a destination of ReEncrypt', async () => {
    const KeyId = await aKey('ENCRYPT_DECRYPT')
    const symmetric = keyId(await ok('CreateKey', {}))
    const { CiphertextBlob } = await ok('Encrypt', { KeyId: symmetric, Plaintext: Buffer.from('moving') })
    const there = await ok('ReEncrypt', {
      CiphertextBlob: CiphertextBlob!,
      DestinationKeyId: KeyId,
      DestinationEncryptionAlgorithm: 'SM2PKE',
    })
    const back = await ok('ReEncrypt', {
      CiphertextBlob: there.CiphertextBlob!,
      SourceKeyId: KeyId,
      SourceEncryptionAlgorithm: 'SM2PKE',
      DestinationKeyId: symmetric,
    })
    expect(bytes((await ok('Decrypt', { CiphertextBlob: back.CiphertextBlob! })).Plaintext).toString()).toBe('moving')
  })
})

test('two keys agree on a secret, and with no key of another curve', async () => {
  const keys = [await aKey('KEY_AGREEMENT'), await aKey('KEY_AGREEMENT')] as const
  const [first, second] = await Promise.all(keys.map(async (KeyId) => (await ok('GetPublicKey', { KeyId })).PublicKey!))
  const agreement = { KeyAgreementAlgorithm: 'ECDH' } as const
  const one = await ok('DeriveSharedSecret', { KeyId: keys[0], PublicKey: second!, ...agreement })
  const other = await ok('DeriveSharedSecret', { KeyId: keys[1], PublicKey: first!, ...agreement })
  expect(one.SharedSecret).toEqual(other.SharedSecret)
  expect(one.SharedSecret).toHaveLength(32)
  const { privateKey, publicKey } = generateDataKeyPair('ECC_NIST_P256', secrets)
  secrets.release(privateKey)
  expect(await fails('DeriveSharedSecret', { KeyId: keys[0], PublicKey: publicKey, ...agreement })).toMatch(
    /^ValidationException/,
  )
  expect(await fails('Sign', { KeyId: keys[0], Message: Buffer.from('x'), ...SIGNING })).toMatch(
    /^InvalidKeyUsageException/,
  )
})

test('data key pairs are PKCS #8 and belong together', async () => {
  const KeyId = keyId(await ok('CreateKey', {}))
  const pair = await ok('GenerateDataKeyPair', { KeyId, KeyPairSpec: 'SM2' })
  const scalar = importMaterial('SM2', bytes(pair.PrivateKeyPlaintext), secrets)
  if (!scalar.ok) throw new Error('no private key of SM2')
  expect(sm2PublicKeyInfo(sm2PointOf(scalar.value))).toEqual(bytes(pair.PublicKey))
  secrets.release(scalar.value)
  const sealed = await ok('Decrypt', { CiphertextBlob: pair.PrivateKeyCiphertextBlob! })
  expect(sealed.Plaintext).toEqual(pair.PrivateKeyPlaintext)
  await ok('GenerateDataKeyPairWithoutPlaintext', { KeyId, KeyPairSpec: 'SM2' })
})

describe('imported material', () => {
  test('comes wrapped by SM2, of every kind that is short enough', async () => {
    const { privateKey, publicKey } = generateDataKeyPair('SM2', secrets)
    const kinds = [
      [{ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }, privateKey],
      [{}, Buffer.alloc(32, 3)],
      [{ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, Buffer.alloc(32, 4)],
    ] as const
    for (const [spec, material] of kinds) {
      const KeyId = keyId(await ok('CreateKey', { Origin: 'EXTERNAL', ...spec }))
      const wrapping = { WrappingAlgorithm: 'SM2PKE', WrappingKeySpec: 'SM2' } as const
      const parameters = await ok('GetParametersForImport', { KeyId, ...wrapping })
      const sealed = sm2Encrypt(bytes(parameters.PublicKey), material, secrets)
      if (!sealed.ok) throw new Error('not sealed')
      const input = {
        KeyId,
        ImportToken: parameters.ImportToken!,
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      } as const
      expect(await fails('ImportKeyMaterial', { ...input, EncryptedKeyMaterial: Buffer.alloc(100) })).toBe(
        'InvalidCiphertextException',
      )
      await ok('ImportKeyMaterial', { ...input, EncryptedKeyMaterial: sealed.value })
      expect((await ok('DescribeKey', { KeyId })).KeyMetadata?.KeyState).toBe('Enabled')
      if (material !== privateKey) continue
      expect(bytes((await ok('GetPublicKey', { KeyId })).PublicKey)).toEqual(publicKey)
    }
    secrets.release(privateKey)
  })

  const REFUSED: readonly (readonly [string, object, string])[] = [
    ['SM2 in a key of RSA', { WrappingAlgorithm: 'SM2PKE', WrappingKeySpec: 'RSA_2048' }, 'ValidationException'],
    ['RSA in a key of SM2', { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'SM2' }, 'ValidationException'],
  ]
  test.each(REFUSED)('is not wrapped by %s', async (_name, wrapping, code) => {
    const KeyId = keyId(await ok('CreateKey', { Origin: 'EXTERNAL' }))
    expect((await fails('GetParametersForImport', { KeyId, ...wrapping })).split(':')[0]).toBe(code)
  })

  test('is wrapped by SM2 in China alone', async () => {
    const KeyId = keyId(await t.ok('CreateKey', { Origin: 'EXTERNAL' }))
    const wrapping = { WrappingAlgorithm: 'SM2PKE', WrappingKeySpec: 'SM2' }
    expect(await t.fails('GetParametersForImport', { KeyId, ...wrapping })).toMatch(/^UnsupportedOperationException/)
  })
})

test('a replica in the other Chinese Region has the same key', async () => {
  const KeyId = await aKey('ENCRYPT_DECRYPT', { MultiRegion: true })
  await ok('ReplicateKey', { KeyId, ReplicaRegion: 'cn-northwest-1' })
  const { CiphertextBlob } = await ok('Encrypt', { KeyId, Plaintext: Buffer.from('both'), ...PKE })
  const there = { ...CHINA, region: 'cn-northwest-1' }
  const opened = await t.ok('Decrypt', { KeyId, CiphertextBlob: CiphertextBlob!, ...PKE }, there)
  expect(bytes(opened.Plaintext).toString()).toBe('both')
})

test('no secret stays behind', async () => {
  const before = t.secrets.live
  const KeyId = await aKey('ENCRYPT_DECRYPT')
  const { CiphertextBlob } = await ok('Encrypt', { KeyId, Plaintext: Buffer.from('x'), ...PKE })
  await ok('Decrypt', { KeyId, CiphertextBlob: CiphertextBlob!, ...PKE })
  await fails('Decrypt', { KeyId, CiphertextBlob, DryRun: true, ...PKE })
  await fails('Decrypt', { KeyId, CiphertextBlob: Buffer.alloc(9), ...PKE })
  // The scalar of the key itself, ready for the next use.
  expect(t.secrets.live).toBe(before + 1)
  expect(sm2Decrypt(Buffer.alloc(32, 1), Buffer.alloc(0), secrets).ok).toBe(false)
})
