/**
 * Sign, Verify, GenerateMac, VerifyMac, GetPublicKey, DeriveSharedSecret, Encapsulate and Decapsulate.
 *
 * Source: KMS API Reference, pages of these operations; kms-behaviour 5, 6.
 */
import {
  createECDH,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  verify,
} from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { KeySpec, MacAlgorithmSpec, MessageType, SigningAlgorithmSpec } from '../../../src/kms/shapes.js'
import { keyArnOf, lastRecord, testKms, type TestKms } from '../test-kms.js'
import { makeKey } from './samples.js'

const MESSAGE = Buffer.from('I owe you')
const OTHER = Buffer.from('I owe you not')

interface Signing {
  readonly spec: KeySpec
  readonly algorithm: SigningAlgorithmSpec
  readonly types: readonly MessageType[]
  /** Bytes of a signature; left out where it varies. */
  readonly size?: number
}

const SIGNING: readonly Signing[] = [
  { spec: 'RSA_2048', algorithm: 'RSASSA_PSS_SHA_256', types: ['RAW', 'DIGEST'], size: 256 },
  { spec: 'RSA_2048', algorithm: 'RSASSA_PSS_SHA_384', types: ['RAW', 'DIGEST'], size: 256 },
  { spec: 'RSA_2048', algorithm: 'RSASSA_PSS_SHA_512', types: ['RAW', 'DIGEST'], size: 256 },
  { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_256', types: ['RAW', 'DIGEST'], size: 256 },
  { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_384', types: ['RAW', 'DIGEST'], size: 256 },
  { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_512', types: ['RAW', 'DIGEST'], size: 256 },
  { spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256', types: ['RAW', 'DIGEST'] },
  { spec: 'ECC_NIST_P384', algorithm: 'ECDSA_SHA_384', types: ['RAW', 'DIGEST'] },
  { spec: 'ECC_NIST_P521', algorithm: 'ECDSA_SHA_512', types: ['RAW', 'DIGEST'] },
  { spec: 'ECC_SECG_P256K1', algorithm: 'ECDSA_SHA_256', types: ['RAW', 'DIGEST'] },
  { spec: 'ECC_NIST_EDWARDS25519', algorithm: 'ED25519_SHA_512', types: ['RAW'], size: 64 },
  { spec: 'ECC_NIST_EDWARDS25519', algorithm: 'ED25519_PH_SHA_512', types: ['DIGEST'], size: 64 },
  { spec: 'ML_DSA_44', algorithm: 'ML_DSA_SHAKE_256', types: ['RAW', 'EXTERNAL_MU'], size: 2420 },
  { spec: 'ML_DSA_65', algorithm: 'ML_DSA_SHAKE_256', types: ['RAW', 'EXTERNAL_MU'], size: 3309 },
  { spec: 'ML_DSA_87', algorithm: 'ML_DSA_SHAKE_256', types: ['RAW', 'EXTERNAL_MU'], size: 4627 },
]

/** What a message of this type is for the algorithm. */
function given(message: Buffer, type: MessageType, algorithm: SigningAlgorithmSpec): Buffer {
  if (type === 'RAW') return message
  if (type === 'EXTERNAL_MU') return createHash('sha512').update(message).digest()
  const hash = algorithm.endsWith('_384') ? 'sha384' : algorithm.endsWith('_512') ? 'sha512' : 'sha256'
  return createHash(hash).update(message).digest()
}

async function signingKey(t: TestKms, KeySpec: KeySpec): Promise<string> {
  return keyArnOf(await t.ok('CreateKey', { KeySpec, KeyUsage: 'SIGN_VERIFY' }))
}

async function checkAlgorithm(t: TestKms, KeyId: string, { algorithm, types, size }: Signing): Promise<void> {
  for (const MessageType of ['RAW', 'DIGEST', 'EXTERNAL_MU'] as const) {
    const input = { KeyId, SigningAlgorithm: algorithm, MessageType }
    const Message = given(MESSAGE, MessageType, algorithm)
    if (!types.includes(MessageType)) {
      expect(await t.fails('Sign', { ...input, Message })).toBe(
        `ValidationException: MessageType ${MessageType} is not valid for ${algorithm}.`,
      )
      continue
    }
    const signed = await t.ok('Sign', { ...input, Message })
    expect(signed).toMatchObject({ KeyId, SigningAlgorithm: algorithm })
    const { Signature } = signed
    if (size !== undefined) expect(Signature).toHaveLength(size)
    expect(await t.ok('Verify', { ...input, Message, Signature: Signature! })).toEqual({
      KeyId,
      SignatureValid: true,
      SigningAlgorithm: algorithm,
    })
    const another = { ...input, Message: given(OTHER, MessageType, algorithm), Signature }
    expect(await t.fails('Verify', another)).toBe('KMSInvalidSignatureException')
    if (MessageType !== 'RAW') {
      expect(await t.fails('Sign', { ...input, Message: Message.subarray(1) })).toBe(
        `ValidationException: Digest is invalid length for algorithm ${algorithm}.`,
      )
    }
  }
}

describe('Sign and Verify', () => {
  for (const spec of new Set(SIGNING.map((row) => row.spec))) {
    test(spec, async () => {
      const t = await testKms()
      const KeyId = await signingKey(t, spec)
      for (const row of SIGNING.filter((one) => one.spec === spec)) await checkAlgorithm(t, KeyId, row)
      await t.kms.close()
      expect(t.secrets.live).toBe(0)
    })
  }

  test('a raw message and its digest make one signature, which OpenSSL takes', async () => {
    const t = await testKms()
    const KeyId = await signingKey(t, 'ECC_NIST_P256')
    const { PublicKey } = await t.ok('GetPublicKey', { KeyId })
    const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
    const Message = createHash('sha256').update(MESSAGE).digest()
    const input = { KeyId, SigningAlgorithm: 'ECDSA_SHA_256' } as const
    const { Signature } = await t.ok('Sign', { ...input, Message, MessageType: 'DIGEST' })
    expect(verify('sha256', MESSAGE, key, Signature!)).toBe(true)
    expect(await t.fails('Verify', { ...input, Message: MESSAGE, Signature })).toBe('succeeded')
    await t.kms.close()
  })

  test('an algorithm of another spec, and keys that do not sign', async () => {
    const t = await testKms()
    const curve = await signingKey(t, 'ECC_NIST_P384')
    const symmetric = await makeKey(t, 'symmetric')
    const input = { Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256' }
    expect(await t.fails('Sign', { ...input, KeyId: curve })).toBe(
      'InvalidKeyUsageException: Algorithm ECDSA_SHA_256 is incompatible with key spec ECC_NIST_P384.',
    )
    expect(await t.fails('Sign', { ...input, KeyId: symmetric })).toBe(
      `InvalidKeyUsageException: ${symmetric} key usage is ENCRYPT_DECRYPT which is not valid for Sign.`,
    )
    await t.kms.close()
  })

  test('the record has the message type, and neither message nor signature', async () => {
    const t = await testKms()
    const KeyId = await signingKey(t, 'ECC_NIST_P256')
    const SigningAlgorithm = 'ECDSA_SHA_256'
    const { Signature } = await t.ok('Sign', { KeyId, Message: MESSAGE, SigningAlgorithm })
    expect(lastRecord(t).requestParameters).toEqual({
      keyId: KeyId,
      messageType: 'RAW',
      signingAlgorithm: SigningAlgorithm,
    })
    await t.ok('Verify', { KeyId, Message: MESSAGE, SigningAlgorithm, Signature: Signature! })
    expect(lastRecord(t).requestParameters).toEqual({
      keyId: KeyId,
      messageType: 'RAW',
      signingAlgorithm: SigningAlgorithm,
    })
    await t.kms.close()
  })
})

describe('GenerateMac and VerifyMac', () => {
  for (const [spec, algorithm, size] of [
    ['HMAC_224', 'HMAC_SHA_224', 28],
    ['HMAC_256', 'HMAC_SHA_256', 32],
    ['HMAC_384', 'HMAC_SHA_384', 48],
    ['HMAC_512', 'HMAC_SHA_512', 64],
  ] as const satisfies readonly (readonly [KeySpec, MacAlgorithmSpec, number])[]) {
    test(spec, async () => {
      const t = await testKms()
      const KeyId = await makeKey(t, 'mac', { KeySpec: spec })
      const input = { KeyId, Message: MESSAGE, MacAlgorithm: algorithm }
      const { Mac } = await t.ok('GenerateMac', input)
      expect(Mac).toHaveLength(size)
      expect(await t.ok('GenerateMac', input)).toEqual({ KeyId, Mac, MacAlgorithm: algorithm })
      expect(await t.ok('VerifyMac', { ...input, Mac: Mac! })).toEqual({
        KeyId,
        MacValid: true,
        MacAlgorithm: algorithm,
      })
      expect(await t.fails('VerifyMac', { ...input, Message: OTHER, Mac })).toBe('KMSInvalidMacException')
      expect(await t.fails('VerifyMac', { ...input, Mac: Mac!.slice(0, size - 1) })).toBe('KMSInvalidMacException')
      const wrong = algorithm === 'HMAC_SHA_224' ? 'HMAC_SHA_256' : 'HMAC_SHA_224'
      expect(await t.fails('GenerateMac', { ...input, MacAlgorithm: wrong })).toBe(
        `InvalidKeyUsageException: Algorithm ${wrong} is incompatible with key spec ${spec}.`,
      )
      await t.kms.close()
    })
  }

  test('two keys make two MACs', async () => {
    const t = await testKms()
    const macs = []
    for (const KeyId of [await makeKey(t, 'mac'), await makeKey(t, 'mac')]) {
      const { Mac } = await t.ok('GenerateMac', { KeyId, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' })
      macs.push(Buffer.from(Mac!).toString('hex'))
      expect(macs).not.toContain(createHmac('sha256', '').update(MESSAGE).digest('hex'))
    }
    expect(new Set(macs).size).toBe(2)
    await t.kms.close()
  })
})

describe('GetPublicKey', () => {
  test('tells the one list of algorithms that fits the usage', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'rsa')
    const answer = await t.ok('GetPublicKey', { KeyId })
    const { PublicKey, ...rest } = answer
    expect(rest).toEqual({
      KeyId,
      CustomerMasterKeySpec: 'RSA_2048',
      KeySpec: 'RSA_2048',
      KeyUsage: 'ENCRYPT_DECRYPT',
      EncryptionAlgorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
    })
    const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048)
    await t.kms.close()
  })

  for (const [kind, spec] of [
    ['symmetric', 'SYMMETRIC_DEFAULT'],
    ['mac', 'HMAC_256'],
  ] as const) {
    test(`${spec} has none`, async () => {
      const t = await testKms()
      const KeyId = await makeKey(t, kind)
      expect(await t.fails('GetPublicKey', { KeyId })).toBe(
        `UnsupportedOperationException: ${KeyId} key spec is ${spec} which is not valid for GetPublicKey.`,
      )
      await t.kms.close()
    })
  }
})

describe('DeriveSharedSecret', () => {
  for (const [spec, curve] of [
    ['ECC_NIST_P256', 'prime256v1'],
    ['ECC_NIST_P384', 'secp384r1'],
    ['ECC_NIST_P521', 'secp521r1'],
  ] as const) {
    test(`${spec} agrees with the other side`, async () => {
      const t = await testKms()
      const KeyId = await makeKey(t, 'agreement', { KeySpec: spec })
      const peer = generateKeyPairSync('ec', { namedCurve: curve })
      const { PublicKey } = await t.ok('GetPublicKey', { KeyId })
      const ours = await t.ok('DeriveSharedSecret', {
        KeyId,
        KeyAgreementAlgorithm: 'ECDH',
        PublicKey: peer.publicKey.export({ type: 'spki', format: 'der' }),
      })
      const publicKey = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
      const theirs = diffieHellman({ privateKey: peer.privateKey, publicKey })
      expect(ours).toEqual({
        KeyId,
        SharedSecret: Uint8Array.from(theirs),
        KeyAgreementAlgorithm: 'ECDH',
        KeyOrigin: 'AWS_KMS',
      })
      await t.kms.close()
      expect(t.secrets.live).toBe(0)
    })
  }

  test('a public key of another curve, or none, is refused', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'agreement')
    const other = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey.export({
      type: 'spki',
      format: 'der',
    })
    const raw = createECDH('prime256v1').generateKeys()
    for (const PublicKey of [other, raw]) {
      expect(await t.fails('DeriveSharedSecret', { KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey })).toMatch(
        /^ValidationException: The public key is not one of key spec ECC_NIST_P256/,
      )
    }
    await t.kms.close()
  })
})

describe('Encapsulate and Decapsulate', () => {
  for (const [spec, size] of [
    ['ML_KEM_512', 768],
    ['ML_KEM_768', 1088],
    ['ML_KEM_1024', 1568],
  ] as const) {
    test(spec, async () => {
      const t = await testKms()
      const KeyId = await makeKey(t, 'encapsulation', { KeySpec: spec })
      const EncapsulationAlgorithm = 'ML_KEM'
      const { SharedSecretCiphertextBlob: blob, ...made } = await t.ok('Encapsulate', { KeyId, EncapsulationAlgorithm })
      expect(blob).toHaveLength(size)
      expect(made.SharedSecret).toHaveLength(32)
      const input = { KeyId, EncapsulationAlgorithm, SharedSecretCiphertextBlob: blob! } as const
      expect(await t.ok('Decapsulate', input)).toEqual({
        KeyId,
        SharedSecret: Uint8Array.from(made.SharedSecret!),
        EncapsulationAlgorithm,
      })
      const changed = Buffer.from(blob!)
      changed[3]! ^= 1
      const wrong = await t.ok('Decapsulate', { ...input, SharedSecretCiphertextBlob: changed })
      expect(wrong.SharedSecret).toHaveLength(32)
      expect(wrong.SharedSecret).not.toEqual(made.SharedSecret)
      const short = { ...input, SharedSecretCiphertextBlob: blob!.slice(1) }
      expect(await t.fails('Decapsulate', short)).toBe('InvalidCiphertextException')
      await t.kms.close()
      expect(t.secrets.live).toBe(0)
    })
  }
})
