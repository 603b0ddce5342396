/**
 * One key spec with one usage, held against every cryptographic operation, algorithm and message type that there is.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { ENUMS, type OperationName } from '../../../src/aws/operations.js'
import type { KeyUsageType, KmsInputs } from '../../../src/kms/shapes.js'
import { keyArnOf, type TestKms } from '../test-kms.js'
import { signedSize, type SpecRow } from './key-spec-table.js'

const MESSAGE = Buffer.from('what is signed, sealed or authenticated')
const CURVES: Readonly<Record<string, string>> = {
  ECC_NIST_P256: 'prime256v1',
  ECC_NIST_P384: 'secp384r1',
  ECC_NIST_P521: 'secp521r1',
}

/** Everything that the key can do works; everything else is refused as documented. Answers how much was tried. */
export async function expectAll(t: TestKms, row: SpecRow, usage: KeyUsageType): Promise<number> {
  const KeyId = keyArnOf(await t.ok('CreateKey', { KeySpec: row.spec, KeyUsage: usage }))
  let tried = 0
  const refused = async (name: OperationName, input: object, code: string, why: string): Promise<void> => {
    tried++
    expect((await t.fails(name, { KeyId, ...input })).split(':')[0], `${name} ${why}`).toBe(code)
  }
  const wrong = 'InvalidKeyUsageException'

  for (const EncryptionAlgorithm of ENUMS.EncryptionAlgorithmSpec) {
    const isRight = usage === 'ENCRYPT_DECRYPT' && row.encryption?.includes(EncryptionAlgorithm) === true
    if (isRight) {
      tried += 3
      const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: MESSAGE, EncryptionAlgorithm })
      const opened = await t.ok('Decrypt', { KeyId, CiphertextBlob: CiphertextBlob!, EncryptionAlgorithm })
      expect(Buffer.from(opened.Plaintext!)).toEqual(MESSAGE)
      const again = await t.ok('ReEncrypt', {
        CiphertextBlob: CiphertextBlob!,
        SourceKeyId: KeyId,
        DestinationKeyId: KeyId,
        SourceEncryptionAlgorithm: EncryptionAlgorithm,
        DestinationEncryptionAlgorithm: EncryptionAlgorithm,
      })
      const reopened = await t.ok('Decrypt', { KeyId, CiphertextBlob: again.CiphertextBlob!, EncryptionAlgorithm })
      expect(Buffer.from(reopened.Plaintext!)).toEqual(MESSAGE)
      if (EncryptionAlgorithm !== 'SYMMETRIC_DEFAULT') {
        // Only symmetric encryption has a context.
        const input = { Plaintext: MESSAGE, EncryptionAlgorithm, EncryptionContext: { a: 'b' } }
        await refused('Encrypt', input, 'ValidationException', 'with a context')
      }
      continue
    }
    await refused('Encrypt', { Plaintext: MESSAGE, EncryptionAlgorithm }, wrong, EncryptionAlgorithm)
    await refused('Decrypt', { CiphertextBlob: MESSAGE, EncryptionAlgorithm }, wrong, EncryptionAlgorithm)
    const both = {
      SourceKeyId: KeyId,
      DestinationKeyId: KeyId,
      CiphertextBlob: MESSAGE,
      SourceEncryptionAlgorithm: EncryptionAlgorithm,
      DestinationEncryptionAlgorithm: EncryptionAlgorithm,
    }
    expect((await t.fails('ReEncrypt', both)).split(':')[0], `ReEncrypt ${EncryptionAlgorithm}`).toBe(wrong)
  }

  for (const SigningAlgorithm of ENUMS.SigningAlgorithmSpec) {
    const isRight = usage === 'SIGN_VERIFY' && row.signing?.includes(SigningAlgorithm) === true
    for (const MessageType of ENUMS.MessageType) {
      const size = signedSize(SigningAlgorithm, MessageType)
      const Message = randomBytes(typeof size === 'number' ? size : 40)
      const what = { SigningAlgorithm, MessageType, Message }
      const why = `${SigningAlgorithm} ${MessageType}`
      if (!isRight || size === 'refused') {
        const code = isRight ? 'ValidationException' : wrong
        await refused('Sign', what, code, why)
        await refused('Verify', { ...what, Signature: MESSAGE }, code, why)
        continue
      }
      tried += 2
      const { Signature } = await t.ok('Sign', { KeyId, ...what })
      expect((await t.ok('Verify', { KeyId, ...what, Signature: Signature! })).SignatureValid).toBe(true)
      const other = { ...what, Message: randomBytes(Message.length), Signature }
      await refused('Verify', other, 'KMSInvalidSignatureException', `${why} of another message`)
      if (typeof size === 'number') {
        for (const length of [size - 1, size + 1]) {
          const cut = { ...what, Message: randomBytes(length) }
          await refused('Sign', cut, 'ValidationException', `${why} of ${length} bytes`)
          await refused('Verify', { ...cut, Signature }, 'ValidationException', `${why} of ${length} bytes`)
        }
      }
    }
  }

  for (const MacAlgorithm of ENUMS.MacAlgorithmSpec) {
    const what = { Message: MESSAGE, MacAlgorithm }
    if (usage !== 'GENERATE_VERIFY_MAC' || row.mac !== MacAlgorithm) {
      await refused('GenerateMac', what, wrong, MacAlgorithm)
      await refused('VerifyMac', { ...what, Mac: MESSAGE }, wrong, MacAlgorithm)
      continue
    }
    tried += 2
    const { Mac } = await t.ok('GenerateMac', { KeyId, ...what })
    expect(Mac!).toHaveLength(Number(MacAlgorithm.slice(-3)) / 8)
    expect((await t.ok('VerifyMac', { KeyId, ...what, Mac: Mac! })).MacValid).toBe(true)
    await refused('VerifyMac', { ...what, Mac: randomBytes(Mac!.length) }, 'KMSInvalidMacException', 'wrong')
  }

  const isAgreement = usage === 'KEY_AGREEMENT'
  const peerOn = (spec: string): Buffer =>
    generateKeyPairSync('ec', { namedCurve: CURVES[spec] ?? 'prime256v1' }).publicKey.export({
      type: 'spki',
      format: 'der',
    })
  const agreement = { KeyAgreementAlgorithm: 'ECDH', PublicKey: peerOn(row.spec) } as const
  if (isAgreement) {
    tried++
    expect((await t.ok('DeriveSharedSecret', { KeyId, ...agreement })).SharedSecret).toBeDefined()
    const foreign = peerOn(row.spec === 'ECC_NIST_P256' ? 'ECC_NIST_P384' : 'ECC_NIST_P256')
    await refused('DeriveSharedSecret', { ...agreement, PublicKey: foreign }, 'ValidationException', 'another curve')
  } else await refused('DeriveSharedSecret', agreement, wrong, 'ECDH')

  const EncapsulationAlgorithm = 'ML_KEM'
  if (usage === 'ENCAPSULATE_DECAPSULATE') {
    tried += 2
    const made = await t.ok('Encapsulate', { KeyId, EncapsulationAlgorithm })
    const SharedSecretCiphertextBlob = made.SharedSecretCiphertextBlob!
    const got = await t.ok('Decapsulate', { KeyId, EncapsulationAlgorithm, SharedSecretCiphertextBlob })
    expect(got.SharedSecret).toEqual(made.SharedSecret)
    const cut = { EncapsulationAlgorithm, SharedSecretCiphertextBlob: SharedSecretCiphertextBlob.subarray(1) }
    await refused('Decapsulate', cut, 'InvalidCiphertextException', 'of another length')
  } else {
    await refused('Encapsulate', { EncapsulationAlgorithm }, wrong, 'ML_KEM')
    await refused('Decapsulate', { EncapsulationAlgorithm, SharedSecretCiphertextBlob: MESSAGE }, wrong, 'ML_KEM')
  }

  for (const [name, input] of DATA_KEYS) {
    if (row.spec === 'SYMMETRIC_DEFAULT') {
      tried++
      await t.ok(name, { KeyId, ...input })
    } else await refused(name, input, wrong, 'of another key than a symmetric one')
  }

  tried++
  const isPair = row.spec !== 'SYMMETRIC_DEFAULT' && !row.spec.startsWith('HMAC_')
  const answer = await t.fails('GetPublicKey', { KeyId })
  expect(answer.split(':')[0]).toBe(isPair ? 'succeeded' : 'UnsupportedOperationException')
  return tried
}

const DATA_KEYS = [
  ['GenerateDataKey', { KeySpec: 'AES_256' }],
  ['GenerateDataKeyWithoutPlaintext', { NumberOfBytes: 16 }],
  ['GenerateDataKeyPair', { KeyPairSpec: 'ECC_NIST_P256' }],
  ['GenerateDataKeyPairWithoutPlaintext', { KeyPairSpec: 'ECC_NIST_P384' }],
] as const

/** The two halves of a data key pair belong together, and the sealed half is the plain one. */
export async function expectPair(
  t: TestKms,
  KeyId: string,
  KeyPairSpec: KmsInputs['GenerateDataKeyPair']['KeyPairSpec'],
): Promise<void> {
  const pair = await t.ok('GenerateDataKeyPair', { KeyId, KeyPairSpec })
  const opened = await t.ok('Decrypt', { CiphertextBlob: pair.PrivateKeyCiphertextBlob! })
  expect(opened.Plaintext).toEqual(pair.PrivateKeyPlaintext)
  expect(pair.KeyPairSpec).toBe(KeyPairSpec)
  // Node.js reads lattice keys from its version 24 on.
  if (KeyPairSpec.startsWith('ML_KEM')) return
  const der = { format: 'der', type: 'pkcs8', key: Buffer.from(pair.PrivateKeyPlaintext!) } as const
  const spki = createPublicKey(createPrivateKey(der)).export({ type: 'spki', format: 'der' })
  expect(Buffer.from(pair.PublicKey!)).toEqual(spki)
}
