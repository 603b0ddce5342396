/**
 * GenerateDataKey, GenerateDataKeyPair, their forms without plaintext, and GenerateRandom; answers to a Recipient.
 *
 * Source: KMS API Reference, pages of these operations; kms-behaviour 5, 6, 12.
 */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { DataKeyPairSpec } from '../../../src/kms/shapes.js'
import type { VerifyRecipient } from '../../../src/kms/services.js'
import { ADMIN, lastRecord, testKms, matching } from '../test-kms.js'
import { makeKey } from './samples.js'

const CONTEXT = { tenant: 'a' }
const MATERIAL = matching(/^[0-9a-f]{64}$/)

describe('data keys', () => {
  for (const [input, size] of [
    [{ KeySpec: 'AES_128' }, 16],
    [{ KeySpec: 'AES_256' }, 32],
    [{ NumberOfBytes: 1 }, 1],
    [{ NumberOfBytes: 1024 }, 1024],
  ] as const) {
    test(JSON.stringify(input), async () => {
      const t = await testKms()
      const KeyId = await makeKey(t, 'symmetric')
      const made = await t.ok('GenerateDataKey', { KeyId, EncryptionContext: CONTEXT, ...input })
      expect(made).toMatchObject({ KeyId, KeyMaterialId: MATERIAL })
      expect(made.Plaintext).toHaveLength(size)
      const opened = await t.ok('Decrypt', { CiphertextBlob: made.CiphertextBlob!, EncryptionContext: CONTEXT })
      expect(opened.Plaintext).toEqual(made.Plaintext)
      const without = await t.ok('GenerateDataKeyWithoutPlaintext', { KeyId, ...input })
      expect(Object.keys(without).sort()).toEqual(['CiphertextBlob', 'KeyId', 'KeyMaterialId'])
      expect((await t.ok('Decrypt', { CiphertextBlob: without.CiphertextBlob! })).Plaintext).toHaveLength(size)
      await t.kms.close()
      expect(t.secrets.live).toBe(0)
    })
  }

  for (const input of [{}, { KeySpec: 'AES_128', NumberOfBytes: 16 }]) {
    test(`not with ${JSON.stringify(input)}`, async () => {
      const t = await testKms()
      const KeyId = await makeKey(t, 'symmetric')
      expect(await t.fails('GenerateDataKey', { KeyId, ...input })).toBe(
        'ValidationException: Please specify either number of bytes or key spec.',
      )
      await t.kms.close()
    })
  }

  test('only symmetric encryption keys make them', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'rsa')
    expect(await t.fails('GenerateDataKey', { KeyId, KeySpec: 'AES_128' })).toBe(
      `InvalidKeyUsageException: ${KeyId} key spec is RSA_2048 which is not valid for GenerateDataKey.`,
    )
    await t.kms.close()
  })
})

describe('data key pairs', () => {
  const SPECS: readonly DataKeyPairSpec[] = [
    'RSA_2048',
    'ECC_NIST_P256',
    'ECC_NIST_P384',
    'ECC_NIST_P521',
    'ECC_SECG_P256K1',
    'ECC_NIST_EDWARDS25519',
    'ML_KEM_512',
    'ML_KEM_1024',
  ]
  for (const KeyPairSpec of SPECS) {
    test(KeyPairSpec, async () => {
      const t = await testKms()
      const KeyId = await makeKey(t, 'symmetric')
      const made = await t.ok('GenerateDataKeyPair', { KeyId, KeyPairSpec, EncryptionContext: CONTEXT })
      expect(made).toMatchObject({ KeyId, KeyPairSpec, KeyMaterialId: MATERIAL })
      const { PrivateKeyCiphertextBlob: blob, PrivateKeyPlaintext: plaintext, PublicKey: publicKey } = made
      const opened = await t.ok('Decrypt', { CiphertextBlob: blob!, EncryptionContext: CONTEXT })
      expect(opened.Plaintext).toEqual(plaintext)
      if (!KeyPairSpec.startsWith('ML_KEM')) {
        // Not every supported Node.js reads ML-KEM.
        const key = createPrivateKey({ key: Buffer.from(plaintext!), format: 'der', type: 'pkcs8' })
        expect(createPublicKey(key).export({ type: 'spki', format: 'der' })).toEqual(Buffer.from(publicKey!))
      }
      const without = await t.ok('GenerateDataKeyPairWithoutPlaintext', { KeyId, KeyPairSpec })
      expect(Object.keys(without).sort()).toEqual([
        'KeyId',
        'KeyMaterialId',
        'KeyPairSpec',
        'PrivateKeyCiphertextBlob',
        'PublicKey',
      ])
      await t.kms.close()
      expect(t.secrets.live).toBe(0)
    })
  }

  test('no SM2 outside China', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'symmetric')
    expect(await t.fails('GenerateDataKeyPair', { KeyId, KeyPairSpec: 'SM2' })).toMatch(
      /^UnsupportedOperationException/,
    )
    await t.kms.close()
  })
})

describe('GenerateRandom', () => {
  test('as many bytes as are asked for, and others every time', async () => {
    const t = await testKms()
    const [one, other] = [
      await t.ok('GenerateRandom', { NumberOfBytes: 32 }),
      await t.ok('GenerateRandom', { NumberOfBytes: 32 }),
    ]
    expect(one.Plaintext).toHaveLength(32)
    expect(one.Plaintext).not.toEqual(other.Plaintext)
    expect(lastRecord(t)).toMatchObject({ requestParameters: { numberOfBytes: 32 }, responseElements: null })
    expect(lastRecord(t).resources).toBeUndefined()
    expect(await t.fails('GenerateRandom', {})).toBe('ValidationException: NumberOfBytes is required.')
    await t.kms.close()
    expect(t.secrets.live).toBe(0)
  })
})

describe('answers to a recipient', () => {
  const Recipient = {
    KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    AttestationDocument: Buffer.from('document'),
  } as const
  const sealed = Buffer.from('sealed')
  const verifyRecipient: VerifyRecipient = (document) =>
    Buffer.from(document).toString() === 'document'
      ? {
          ok: true,
          value: {
            context: { 'kms:RecipientAttestation:PCR0': 'aa' },
            audit: { attestationDocumentModuleId: 'i-1' },
            seal: () => sealed,
          },
        }
      : { ok: false, error: { code: 'ValidationException', message: 'The attestation document is not valid.' } }

  test('have no plaintext, and the record tells of the document', async () => {
    const t = await testKms({ verifyRecipient })
    const KeyId = await makeKey(t, 'symmetric')
    const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: Buffer.from('p') })
    const opened = await t.ok('Decrypt', { CiphertextBlob: CiphertextBlob!, Recipient })
    expect(opened).toEqual({ KeyId, CiphertextForRecipient: sealed, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' })
    expect(lastRecord(t).additionalEventData).toMatchObject({ recipient: { attestationDocumentModuleId: 'i-1' } })
    const dataKey = await t.ok('GenerateDataKey', { KeyId, KeySpec: 'AES_256', Recipient })
    expect(Object.keys(dataKey).sort()).toEqual(['CiphertextBlob', 'CiphertextForRecipient', 'KeyId'])
    const pair = await t.ok('GenerateDataKeyPair', { KeyId, KeyPairSpec: 'ECC_NIST_P256', Recipient })
    expect(pair).toMatchObject({ CiphertextForRecipient: sealed, KeyMaterialId: MATERIAL })
    expect(pair.PrivateKeyPlaintext).toBeUndefined()
    expect(await t.ok('GenerateRandom', { NumberOfBytes: 4, Recipient })).toEqual({ CiphertextForRecipient: sealed })
    await t.kms.close()
    expect(t.secrets.live).toBe(0)
  })

  test('need a document that is believed', async () => {
    const t = await testKms({ verifyRecipient })
    const AttestationDocument = Buffer.from('forged')
    expect(
      await t.fails('GenerateRandom', { NumberOfBytes: 4, Recipient: { ...Recipient, AttestationDocument } }),
    ).toBe('ValidationException: The attestation document is not valid.')
    const none = await testKms()
    expect(await none.fails('GenerateRandom', { NumberOfBytes: 4, Recipient })).toBe(
      'ValidationException: Attestation documents are not accepted here.',
    )
    await t.kms.close()
    await none.kms.close()
  })

  test('a policy can ask for what the document says', async () => {
    const t = await testKms({ verifyRecipient })
    const Policy = (pcr: string): string =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: ADMIN.principal },
            Action: ['kms:GenerateDataKey', 'kms:PutKeyPolicy'],
            Resource: '*',
            Condition: { StringEqualsIfExists: { 'kms:RecipientAttestation:PCR0': pcr } },
          },
        ],
      })
    const [right, wrong] = [
      await makeKey(t, 'symmetric', { Policy: Policy('aa') }),
      await makeKey(t, 'symmetric', { Policy: Policy('bb') }),
    ]
    expect(await t.fails('GenerateDataKey', { KeyId: right, KeySpec: 'AES_128', Recipient })).toBe('succeeded')
    expect(await t.fails('GenerateDataKey', { KeyId: wrong, KeySpec: 'AES_128', Recipient })).toMatch(/^AccessDenied/)
    await t.kms.close()
  })
})
