/** Answers sealed to attested recipients. Facts: attestation 2 to 4. */
import { createDecipheriv, generateKeyPairSync, privateDecrypt, constants, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { attestedRecipients } from '../../../src/kms/attestation/recipient.js'
import type { RecipientInfo } from '../../../src/kms/shapes.js'
import { issue, signed } from '../attestation/authority.js'
import { ACCOUNT, ADMIN, keyId, lastRecord, NOBODY, START_MS, testKms } from '../test-kms.js'

const VALID = { fromMs: START_MS - 86_400_000, toMs: START_MS + 86_400_000 }
const root = issue({ name: 'root', isCa: true, ...VALID })
const leaf = issue({ name: 'leaf', issuer: root, ...VALID })
const enclave = generateKeyPairSync('rsa', { modulusLength: 2048 })
const IMAGE = Buffer.alloc(48, 7)

function recipient(pcr0 = IMAGE, timestamp = START_MS): RecipientInfo {
  return {
    KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    AttestationDocument: signed(
      new Map<string, unknown>([
        ['module_id', 'i-0-enc1'],
        ['digest', 'SHA384'],
        ['timestamp', timestamp],
        ['pcrs', new Map([[0, pcr0]])],
        ['certificate', leaf.der],
        ['cabundle', [root.der]],
        ['public_key', enclave.publicKey.export({ format: 'der', type: 'spki' })],
      ]),
      leaf.key,
    ),
  }
}

/** Opens by the places that the layers of `seal.ts` have. */
function open(sealed: Uint8Array, key: KeyObject): Buffer {
  const text = Buffer.from(sealed).toString('hex')
  const wrapped = Buffer.from(text.slice(text.indexOf('04820100') + 8).slice(0, 512), 'hex')
  const aes = privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, wrapped)
  const match = /60864801650304012a0410([0-9a-f]{32})a08004(8[12])?/.exec(text)
  const start = match!.index + match![0].length
  const sizeDigits = match![2] === undefined ? 2 : match![2] === '81' ? 2 : 4
  const size = Number.parseInt(text.slice(start, start + sizeDigits), 16)
  const content = Buffer.from(text.slice(start + sizeDigits, start + sizeDigits + size * 2), 'hex')
  const decipher = createDecipheriv('aes-256-cbc', aes, Buffer.from(match![1]!, 'hex'))
  return Buffer.concat([decipher.update(content), decipher.final()])
}

function attested() {
  return testKms({ verifyRecipient: attestedRecipients({ anchors: [root.der] }) })
}

describe('an answer to a recipient', () => {
  test('of Decrypt has the plaintext sealed, and nowhere else', async () => {
    const kms = await attested()
    const KeyId = keyId(await kms.ok('CreateKey', {}))
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('for the enclave') })
    const answer = await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob!, Recipient: recipient() })
    expect(Object.keys(answer).toSorted()).toEqual(['CiphertextForRecipient', 'EncryptionAlgorithm', 'KeyId'])
    expect(open(answer.CiphertextForRecipient!, enclave.privateKey).toString()).toBe('for the enclave')
    expect(lastRecord(kms).additionalEventData?.recipient).toEqual({
      attestationDocumentModuleId: 'i-0-enc1',
      attestationDocumentEnclaveImageDigest: IMAGE.toString('base64'),
    })
    expect(JSON.stringify(lastRecord(kms).requestParameters)).not.toContain('ttestation')
  })

  test('of the other operations that take one', async () => {
    const kms = await attested()
    const KeyId = keyId(await kms.ok('CreateKey', {}))
    const Recipient = recipient()
    const data = await kms.ok('GenerateDataKey', { KeyId, KeySpec: 'AES_256', Recipient })
    expect(Object.keys(data).toSorted()).toEqual(['CiphertextBlob', 'CiphertextForRecipient', 'KeyId'])
    const plain = await kms.ok('Decrypt', { CiphertextBlob: data.CiphertextBlob! })
    expect(open(data.CiphertextForRecipient!, enclave.privateKey)).toEqual(Buffer.from(plain.Plaintext!))
    const random = await kms.ok('GenerateRandom', { NumberOfBytes: 32, Recipient })
    expect(Object.keys(random)).toEqual(['CiphertextForRecipient'])
    expect(open(random.CiphertextForRecipient!, enclave.privateKey)).toHaveLength(32)
    const pair = await kms.ok('GenerateDataKeyPair', { KeyId, KeyPairSpec: 'ECC_NIST_P256', Recipient })
    expect(pair.PrivateKeyPlaintext).toBeUndefined()
    expect(pair.KeyMaterialId).toBeDefined()
    const agreement = keyId(await kms.ok('CreateKey', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }))
    const shared = await kms.ok('DeriveSharedSecret', {
      KeyId: agreement,
      KeyAgreementAlgorithm: 'ECDH',
      PublicKey: pair.PublicKey!,
      Recipient,
    })
    expect(shared.SharedSecret).toBeUndefined()
    expect(open(shared.CiphertextForRecipient!, enclave.privateKey)).toHaveLength(32)
  })
})

test('a policy may ask for the image (attestation 3)', async () => {
  const kms = await attested()
  const statement = (Principal: object, Action: string, Condition?: object) => ({
    Effect: 'Allow',
    Principal,
    Action,
    Resource: '*',
    ...(Condition === undefined ? {} : { Condition }),
  })
  const KeyId = keyId(
    await kms.ok('CreateKey', {
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          statement({ AWS: ADMIN.principal }, 'kms:*'),
          statement({ AWS: `arn:aws:iam::${ACCOUNT}:user/nobody` }, 'kms:Decrypt', {
            StringEqualsIgnoreCase: { 'kms:RecipientAttestation:ImageSha384': IMAGE.toString('hex').toUpperCase() },
          }),
        ],
      }),
    }),
  )
  const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
  const input = { CiphertextBlob: CiphertextBlob! }
  await kms.ok('Decrypt', { ...input, Recipient: recipient() }, NOBODY)
  expect(await kms.fails('Decrypt', { ...input, Recipient: recipient(Buffer.alloc(48, 8)) }, NOBODY)).toMatch(
    /^AccessDenied/,
  )
  expect(await kms.fails('Decrypt', input, NOBODY)).toMatch(/^AccessDenied/)
})

describe('a document that is not to be believed', () => {
  test('is refused in the same words whatever is wrong with it, and the log knows', async () => {
    const reasons: string[] = []
    const kms = await testKms({
      verifyRecipient: attestedRecipients({ anchors: [root.der], onRefused: (reason) => void reasons.push(reason) }),
    })
    const KeyId = keyId(await kms.ok('CreateKey', {}))
    const refused = 'ValidationException: The attestation document is not valid.'
    const ask = (Recipient: RecipientInfo) => kms.fails('GenerateDataKey', { KeyId, KeySpec: 'AES_256', Recipient })
    expect(await ask(recipient(IMAGE, START_MS - 300_001))).toBe(refused)
    expect(await ask({ ...recipient(), AttestationDocument: Buffer.from('x') })).toBe(refused)
    expect(reasons).toEqual(['the document is too old or from the future', 'the document is no COSE_Sign1 structure'])
  })

  test('AWS is trusted and no test root unless the engine was told so', async () => {
    const kms = await testKms({ verifyRecipient: attestedRecipients() })
    const KeyId = keyId(await kms.ok('CreateKey', {}))
    expect(await kms.fails('GenerateDataKey', { KeyId, KeySpec: 'AES_256', Recipient: recipient() })).toMatch(
      /^ValidationException/,
    )
  })

  test('a recipient without a document', async () => {
    const kms = await attested()
    const KeyId = keyId(await kms.ok('CreateKey', {}))
    expect(await kms.fails('GenerateDataKey', { KeyId, KeySpec: 'AES_256', Recipient: {} })).toMatch(
      /^ValidationException/,
    )
  })
})
