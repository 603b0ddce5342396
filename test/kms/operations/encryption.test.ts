/**
 * Encrypt, Decrypt and ReEncrypt.
 *
 * Source: KMS API Reference, "Encrypt", "Decrypt", "ReEncrypt"; kms-behaviour 3, 5, 6, 12.
 */
import { describe, expect, test } from 'vitest'
import {
  keyArnOf,
  ACCOUNT,
  ADMIN,
  lastRecord,
  NOBODY,
  OTHER_ACCOUNT,
  STRANGER,
  testKms,
  matching,
} from '../test-kms.js'
import { checkOaep } from './oaep.js'
import { makeKey } from './samples.js'

const TEXT = Buffer.from('attack at dawn')
const USAGE = 'InvalidKeyUsageException: '
const INCORRECT_KEY =
  'IncorrectKeyException: The key ID in the request does not identify a CMK that can perform this operation.'
const OPAQUE =
  'AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.'

describe('symmetric encryption', () => {
  test('what Encrypt seals, Decrypt opens, with the same context in any order', async () => {
    const t = await testKms()
    const arn = await makeKey(t, 'symmetric')
    const sealed = await t.ok('Encrypt', { KeyId: arn, Plaintext: TEXT, EncryptionContext: { a: '1', b: '2' } })
    expect(sealed).toMatchObject({ KeyId: arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' })
    expect(Object.keys(sealed)).not.toContain('KeyMaterialId')
    const opened = await t.ok('Decrypt', {
      CiphertextBlob: sealed.CiphertextBlob!,
      EncryptionContext: { b: '2', a: '1' },
    })
    const { KeyMetadata } = await t.ok('DescribeKey', { KeyId: arn })
    expect(opened).toEqual({
      KeyId: arn,
      Plaintext: Uint8Array.from(TEXT),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      KeyMaterialId: KeyMetadata?.CurrentKeyMaterialId,
    })
    expect(t.secrets.live).toBeGreaterThan(0)
    await t.kms.close()
    expect(t.secrets.live).toBe(0)
  })

  const WRONG_CONTEXTS = [
    { name: 'none', context: undefined },
    { name: 'another value', context: { ab: 'd' } },
    { name: 'another case', context: { AB: 'c' } },
    // Three popular emulators open this one.
    { name: 'the same letters cut elsewhere', context: { a: 'bc' } },
    { name: 'one pair more', context: { ab: 'c', d: 'e' } },
  ]
  for (const { name, context } of WRONG_CONTEXTS) {
    test(`does not open with another context: ${name}`, async () => {
      const t = await testKms()
      const arn = await makeKey(t, 'symmetric')
      const sealed = await t.ok('Encrypt', { KeyId: arn, Plaintext: TEXT, EncryptionContext: { ab: 'c' } })
      const input = { CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context }
      expect(await t.fails('Decrypt', input)).toBe('InvalidCiphertextException')
      await t.kms.close()
    })
  }

  test('an empty context and none are the same', async () => {
    const t = await testKms()
    const arn = await makeKey(t, 'symmetric')
    const sealed = await t.ok('Encrypt', { KeyId: arn, Plaintext: TEXT, EncryptionContext: {} })
    expect(await t.fails('Decrypt', { CiphertextBlob: sealed.CiphertextBlob })).toBe('succeeded')
    await t.kms.close()
  })

  test('a ciphertext that is none, is changed or is of another key', async () => {
    const t = await testKms()
    const arn = await makeKey(t, 'symmetric')
    const other = await makeKey(t, 'symmetric')
    const blob = Buffer.from((await t.ok('Encrypt', { KeyId: arn, Plaintext: TEXT })).CiphertextBlob!)
    expect(await t.fails('Decrypt', { CiphertextBlob: Buffer.from('nonsense') })).toBe('InvalidCiphertextException')
    expect(await t.fails('Decrypt', { CiphertextBlob: Buffer.from('nonsense'), KeyId: arn })).toBe(
      'InvalidCiphertextException',
    )
    for (const index of [blob.length - 1, blob.length - 20, 60]) {
      const changed = Buffer.from(blob)
      changed[index]! ^= 1
      expect(await t.fails('Decrypt', { CiphertextBlob: changed }), `byte ${index}`).toBe('InvalidCiphertextException')
    }
    expect(await t.fails('Decrypt', { CiphertextBlob: blob, KeyId: other })).toBe(INCORRECT_KEY)
    // Whatever that key is for.
    for (const kind of ['mac', 'rsa'] as const) {
      const KeyId = await makeKey(t, kind)
      expect(await t.fails('Decrypt', { CiphertextBlob: blob, KeyId })).toBe(INCORRECT_KEY)
      expect(await t.fails('ReEncrypt', { CiphertextBlob: blob, SourceKeyId: KeyId, DestinationKeyId: KeyId })).toBe(
        INCORRECT_KEY,
      )
    }
    // The other key's id in the header: its own material does not open it either.
    const renamed = Buffer.from(blob)
    renamed.write(other.slice(-36), 5, 'latin1')
    expect(await t.fails('Decrypt', { CiphertextBlob: renamed })).toBe('InvalidCiphertextException')
    await t.kms.close()
  })

  test('a key that is not found, or of another account, is not told from one that may not be used', async () => {
    const t = await testKms()
    const arn = await makeKey(t, 'symmetric')
    const { CiphertextBlob } = await t.ok('Encrypt', { KeyId: arn, Plaintext: TEXT })
    const unknown = Buffer.from(CiphertextBlob!)
    unknown.write('00000000-0000-0000-0000-000000000000', 5, 'latin1')
    expect(await t.fails('Decrypt', { CiphertextBlob: unknown })).toBe(OPAQUE)
    expect(await t.fails('Decrypt', { CiphertextBlob }, STRANGER)).toBe(OPAQUE)
    expect(await t.fails('Decrypt', { CiphertextBlob }, { ...ADMIN, region: 'eu-west-1' })).toBe(OPAQUE)
    expect(lastRecord(t)).toMatchObject({ errorCode: 'AccessDenied', awsRegion: 'eu-west-1' })
    await t.kms.close()
  })

  test('the bare id of a foreign key does for a ciphertext that names it, and for nothing else', async () => {
    const t = await testKms()
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:root`, `arn:aws:iam::${OTHER_ACCOUNT}:root`] },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    })
    const arn = await makeKey(t, 'symmetric', { Policy })
    const KeyId = arn.slice(-36)
    const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: TEXT })
    expect(await t.fails('Decrypt', { CiphertextBlob, KeyId }, STRANGER)).toBe('succeeded')
    expect(await t.fails('Decrypt', { CiphertextBlob }, STRANGER)).toBe('succeeded')
    const elsewhere = `arn:aws:kms:us-east-1:${OTHER_ACCOUNT}:key/${KeyId}`
    expect(await t.fails('Encrypt', { KeyId, Plaintext: TEXT }, STRANGER)).toBe(
      `NotFoundException: Key '${elsewhere}' does not exist`,
    )
    await t.kms.close()
  })

  test('the use of a key is remembered', async () => {
    const t = await testKms()
    const arn = await makeKey(t, 'symmetric')
    expect(await t.ok('GetKeyLastUsage', { KeyId: arn })).toMatchObject({ KeyLastUsage: {} })
    t.clock.nowMs += 5000
    await t.ok('Encrypt', { KeyId: arn, Plaintext: TEXT })
    const { eventID, requestID } = lastRecord(t)
    const first = await t.ok('GetKeyLastUsage', { KeyId: arn })
    expect(first.KeyLastUsage).toEqual({
      Operation: 'Encrypt',
      Timestamp: new Date(t.clock.nowMs),
      CloudTrailEventId: eventID,
      KmsRequestId: requestID,
    })
    t.clock.nowMs += 1000
    await t.ok('GenerateDataKey', { KeyId: arn, KeySpec: 'AES_128' })
    await t.kms.close()
    // Also what was not worth a commit of its own is written in the end.
    const row = await t.store.get(`usage/${ACCOUNT}/us-east-1/${arn.slice(-36)}`)
    expect(JSON.parse(row!.value)).toMatchObject({ operation: 'GenerateDataKey', atMs: t.clock.nowMs })
  })
})

describe('asymmetric encryption', () => {
  test('RSA_2048 takes what OAEP leaves, and no more', async () => {
    const t = await testKms()
    await checkOaep(t, 'RSA_2048', { RSAES_OAEP_SHA_1: 214, RSAES_OAEP_SHA_256: 190 })
    await t.kms.close()
    expect(t.secrets.live).toBe(0)
  })

  test('needs its key, and takes no context', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'rsa')
    const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256'
    const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: TEXT, EncryptionAlgorithm })
    expect(await t.fails('Decrypt', { CiphertextBlob, EncryptionAlgorithm })).toBe(
      "ValidationException: 1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
    )
    expect(await t.fails('Decrypt', { CiphertextBlob, KeyId })).toBe(
      `${USAGE}Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.`,
    )
    expect(
      await t.fails('Encrypt', { KeyId, Plaintext: TEXT, EncryptionAlgorithm, EncryptionContext: { a: 'b' } }),
    ).toBe('ValidationException: An encryption context is supported with symmetric encryption keys only.')
    await t.kms.close()
  })
})

describe('keys that are for something else', () => {
  for (const [kind, usage] of [
    ['signing', 'SIGN_VERIFY'],
    ['mac', 'GENERATE_VERIFY_MAC'],
    ['agreement', 'KEY_AGREEMENT'],
  ] as const) {
    test(`a key of usage ${usage} does not encrypt`, async () => {
      const t = await testKms()
      const KeyId = await makeKey(t, kind)
      expect(await t.fails('Encrypt', { KeyId, Plaintext: TEXT })).toBe(
        `${USAGE}${KeyId} key usage is ${usage} which is not valid for Encrypt.`,
      )
      await t.kms.close()
    })
  }
})

describe('ReEncrypt', () => {
  test('from one key and context to another, and between symmetric and asymmetric keys', async () => {
    const t = await testKms()
    const source = await makeKey(t, 'symmetric')
    const destination = await makeKey(t, 'symmetric')
    const rsa = await makeKey(t, 'rsa')
    const sealed = await t.ok('Encrypt', { KeyId: source, Plaintext: TEXT, EncryptionContext: { a: 'b' } })
    const moved = await t.ok('ReEncrypt', {
      CiphertextBlob: sealed.CiphertextBlob!,
      SourceEncryptionContext: { a: 'b' },
      DestinationKeyId: destination,
      DestinationEncryptionContext: { c: 'd' },
    })
    expect(moved).toMatchObject({
      SourceKeyId: source,
      KeyId: destination,
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      SourceKeyMaterialId: matching(/^[0-9a-f]{64}$/),
      DestinationKeyMaterialId: matching(/^[0-9a-f]{64}$/),
    })
    expect(lastRecord(t)).toMatchObject({
      requestParameters: {
        sourceEncryptionContext: { a: 'b' },
        destinationEncryptionContext: { c: 'd' },
        destinationKeyId: destination,
      },
      resources: [{ ARN: source }, { ARN: destination }],
    })
    const outwards = await t.ok('ReEncrypt', {
      CiphertextBlob: moved.CiphertextBlob!,
      SourceEncryptionContext: { c: 'd' },
      DestinationKeyId: rsa,
      DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    })
    const back = await t.ok('ReEncrypt', {
      CiphertextBlob: outwards.CiphertextBlob!,
      SourceKeyId: rsa,
      SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      DestinationKeyId: source,
    })
    const opened = await t.ok('Decrypt', { CiphertextBlob: back.CiphertextBlob! })
    expect(opened.Plaintext).toEqual(Uint8Array.from(TEXT))
    await t.kms.close()
    expect(t.secrets.live).toBe(0)
  })

  test('asks ReEncryptFrom of one key and ReEncryptTo of the other', async () => {
    const t = await testKms()
    const allow = (action: string): string =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: ADMIN.principal }, Action: 'kms:*', Resource: '*' },
          { Effect: 'Allow', Principal: { AWS: NOBODY.principal }, Action: action, Resource: '*' },
        ],
      })
    const source = await makeKey(t, 'symmetric', { Policy: allow('kms:ReEncryptFrom') })
    const destination = await makeKey(t, 'symmetric', { Policy: allow('kms:ReEncryptTo') })
    const blob = async (KeyId: string): Promise<Uint8Array> =>
      (await t.ok('Encrypt', { KeyId, Plaintext: TEXT })).CiphertextBlob!
    const right = { CiphertextBlob: await blob(source), DestinationKeyId: destination }
    expect(await t.fails('ReEncrypt', right, NOBODY)).toBe('succeeded')
    const wrong = { CiphertextBlob: await blob(destination), DestinationKeyId: source }
    expect(await t.fails('ReEncrypt', wrong, NOBODY)).toMatch(
      /perform: kms:ReEncryptFrom on resource: .* no resource-based/,
    )
    const same = { CiphertextBlob: await blob(source), DestinationKeyId: source }
    expect(await t.fails('ReEncrypt', same, NOBODY)).toMatch(/perform: kms:ReEncryptTo on resource/)
    await t.kms.close()
  })
})

describe('dry runs', () => {
  test('fail with what would have been, and change nothing', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'symmetric')
    const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: TEXT })
    const would = 'DryRunOperationException: The request would have succeeded, but the DryRun option is set.'
    expect(await t.fails('Encrypt', { KeyId, Plaintext: TEXT, DryRun: true })).toBe(would)
    expect(lastRecord(t)).toMatchObject({
      eventName: 'Encrypt',
      errorCode: 'DryRunOperationException',
      requestParameters: { dryRun: true },
    })
    expect(await t.fails('Decrypt', { CiphertextBlob, DryRun: true })).toBe(would)
    const changed = Buffer.from(CiphertextBlob!)
    changed[changed.length - 1]! ^= 1
    expect(await t.fails('Decrypt', { CiphertextBlob: changed, DryRun: true })).toBe('InvalidCiphertextException')
    expect(await t.fails('Encrypt', { KeyId, Plaintext: TEXT, DryRun: true }, NOBODY)).toMatch(/^AccessDeniedException/)
    await t.ok('DisableKey', { KeyId })
    expect(await t.fails('Encrypt', { KeyId, Plaintext: TEXT, DryRun: true })).toMatch(/^DisabledException/)
    await t.kms.close()
    expect(t.secrets.live).toBe(0)
  })

  // KMS Developer Guide, "Testing your permissions": the error of the request, where it would have had one.
  test('fail as the request would, whatever is wrong with it', async () => {
    const t = await testKms()
    const DryRun = true
    const pair = await makeKey(t, 'signing')
    const signing = { KeyId: pair, Message: TEXT, SigningAlgorithm: 'ECDSA_SHA_256' } as const
    const { Signature } = await t.ok('Sign', signing)
    const mac = await makeKey(t, 'mac')
    const macInput = { KeyId: mac, Message: TEXT, MacAlgorithm: 'HMAC_SHA_256' } as const
    const { Mac } = await t.ok('GenerateMac', macInput)
    const KeyAgreementAlgorithm = 'ECDH' as const
    const agreement = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' } as const
    const own = keyArnOf(await t.ok('CreateKey', agreement))
    const { PublicKey } = await t.ok('GetPublicKey', { KeyId: own })
    const encapsulation = { KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' } as const
    const lattice = {
      KeyId: keyArnOf(await t.ok('CreateKey', encapsulation)),
      EncapsulationAlgorithm: 'ML_KEM',
    } as const
    const symmetric = await makeKey(t, 'symmetric')
    const cases = [
      ['Verify', { ...signing, Signature }, /^DryRun/],
      ['Verify', { ...signing, Signature, Message: Buffer.from('y') }, /^KMSInvalidSignatureException/],
      ['VerifyMac', { ...macInput, Mac }, /^DryRun/],
      ['VerifyMac', { ...macInput, Mac, Message: Buffer.from('y') }, /^KMSInvalidMacException/],
      ['DeriveSharedSecret', { KeyId: own, KeyAgreementAlgorithm, PublicKey }, /^DryRun/],
      ['DeriveSharedSecret', { KeyId: own, KeyAgreementAlgorithm, PublicKey: TEXT }, /^ValidationException/],
      ['Decapsulate', { ...lattice, SharedSecretCiphertextBlob: Buffer.alloc(768) }, /^DryRun/],
      ['Decapsulate', { ...lattice, SharedSecretCiphertextBlob: Buffer.alloc(767) }, /^InvalidCiphertextException/],
      ['GenerateDataKeyPair', { KeyId: symmetric, KeyPairSpec: 'SM2' }, /^UnsupportedOperationException/],
      ['GenerateDataKeyPairWithoutPlaintext', { KeyId: symmetric, KeyPairSpec: 'SM2' }, /^UnsupportedOperation/],
    ] as const
    for (const [name, input, answer] of cases) expect(await t.fails(name, { ...input, DryRun })).toMatch(answer)
    await t.kms.close()
    expect(t.secrets.live).toBe(0)
  })

  test('IGNORE_CIPHERTEXT needs the key and not the ciphertext', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'symmetric')
    const DryRunModifiers = ['IGNORE_CIPHERTEXT']
    expect(await t.fails('Decrypt', { KeyId, DryRun: true, DryRunModifiers })).toMatch(/^DryRunOperationException/)
    expect(await t.fails('Decrypt', { DryRun: true, DryRunModifiers })).toMatch(/null at 'keyId'/)
    expect(await t.fails('Decrypt', { KeyId, DryRunModifiers })).toMatch(/null at 'ciphertextBlob'/)
    // A ciphertext that is to be ignored names no key.
    const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext: TEXT })
    const ignored = { CiphertextBlob, DryRun: true, DryRunModifiers } as const
    expect(await t.fails('Decrypt', ignored)).toMatch(/null at 'keyId'/)
    expect(await t.fails('ReEncrypt', { ...ignored, DestinationKeyId: KeyId })).toMatch(/null at 'sourceKeyId'/)
    const other = await makeKey(t, 'symmetric')
    expect(await t.fails('Decrypt', { ...ignored, KeyId: other })).toMatch(/^DryRunOperationException/)
    await t.kms.close()
  })
})
