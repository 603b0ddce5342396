/** Imported key material. Facts: kms-behaviour 8 and 2; KMS Developer Guide, "Importing key material". */
import {
  constants,
  createCipheriv,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  verify,
} from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { SlowPool } from '../../../src/kms/crypto/slow.js'
import type { KmsInputs, KmsOutputs } from '../../../src/kms/shapes.js'
import { keyArnOf, keyId, testKms, type TestKms } from '../test-kms.js'

const DAY_MS = 86_400_000
const FOREVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const

type Wrapping = KmsInputs['GetParametersForImport']['WrappingAlgorithm']

interface ImportRequest {
  readonly material: Buffer
  readonly algorithm?: Wrapping
  readonly change?: Partial<KmsInputs['ImportKeyMaterial']>
}

type Parameters = KmsOutputs['GetParametersForImport']
const known = new WeakMap<TestKms, Map<string, Promise<Parameters>>>()

/** Those of a key, which it may use for a day; asked for once, as each time an RSA key is made for them. */
async function parametersOf(kms: TestKms, KeyId: string, WrappingAlgorithm: Wrapping): Promise<Parameters> {
  const ofKms = known.get(kms) ?? new Map<string, Promise<Parameters>>()
  known.set(kms, ofKms)
  const name = `${KeyId} ${WrappingAlgorithm} ${kms.clock.nowMs}`
  const found =
    ofKms.get(name) ?? kms.ok('GetParametersForImport', { KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' })
  ofKms.set(name, found)
  return found
}

/** What the owner of the material sends. */
async function importInput(kms: TestKms, KeyId: string, { material, algorithm, change }: ImportRequest) {
  const WrappingAlgorithm = algorithm ?? 'RSAES_OAEP_SHA_256'
  const parameters = await parametersOf(kms, KeyId, WrappingAlgorithm)
  return {
    KeyId,
    ImportToken: parameters.ImportToken!,
    EncryptedKeyMaterial: wrap(Buffer.from(parameters.PublicKey!), WrappingAlgorithm, material),
    ...FOREVER,
    ...change,
  }
}

/** PKCS #11 wrapping, written apart from the engine's own. */
function wrap(spki: Buffer, algorithm: Wrapping, material: Buffer): Buffer {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const oaep = (bytes: Buffer): Buffer =>
    publicEncrypt(
      { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: algorithm.endsWith('SHA_1') ? 'sha1' : 'sha256' },
      bytes,
    )
  if (algorithm.startsWith('RSAES_OAEP')) return oaep(material)
  const wrappingKey = randomBytes(32)
  const cipher = createCipheriv('id-aes256-wrap-pad', wrappingKey, Buffer.from('a65959a6', 'hex'))
  return Buffer.concat([oaep(wrappingKey), cipher.update(material), cipher.final()])
}

async function external(spec: Partial<KmsInputs['CreateKey']> = {}) {
  const kms = await testKms()
  const created = await kms.ok('CreateKey', { Origin: 'EXTERNAL', ...spec })
  return { kms, KeyId: keyId(created), arn: keyArnOf(created) }
}

let waiting: ReturnType<typeof external> | undefined

/** A key that gets no material: shared by the imports that are refused. */
async function withoutMaterial() {
  waiting ??= external()
  return waiting
}

async function stateOf({ ok }: TestKms, KeyId: string) {
  return (await ok('DescribeKey', { KeyId })).KeyMetadata?.KeyState
}

describe('the first material', () => {
  test('a key of origin EXTERNAL waits for it', async () => {
    const { kms, KeyId, arn } = await external()
    const { KeyMetadata } = await kms.ok('DescribeKey', { KeyId })
    expect(KeyMetadata).toMatchObject({ KeyState: 'PendingImport', Enabled: false, Origin: 'EXTERNAL' })
    expect(KeyMetadata?.ExpirationModel).toBeUndefined()
    expect(await kms.fails('Encrypt', { KeyId, Plaintext: Buffer.from('x') })).toBe(
      `KMSInvalidStateException: ${arn} is pending import.`,
    )
  })

  for (const algorithm of ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const) {
    test(`enables the key, wrapped by ${algorithm}`, async () => {
      const { kms, KeyId, arn } = await external()
      const output = await kms.ok(
        'ImportKeyMaterial',
        await importInput(kms, KeyId, { material: randomBytes(32), algorithm }),
      )
      expect(output.KeyId).toBe(arn)
      expect(output.KeyMaterialId).toMatch(/^[0-9a-f]{64}$/)
      const { KeyMetadata } = await kms.ok('DescribeKey', { KeyId })
      expect(KeyMetadata).toMatchObject({
        KeyState: 'Enabled',
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
        CurrentKeyMaterialId: output.KeyMaterialId,
      })
      const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
      expect((await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })).KeyMaterialId).toBe(output.KeyMaterialId)
    })
  }

  test('leaves nothing secret in the audit trail', async () => {
    const { kms, KeyId } = await external()
    await kms.ok('ImportKeyMaterial', await importInput(kms, KeyId, { material: randomBytes(32) }))
    const record = kms.records.find(({ eventName }) => eventName === 'ImportKeyMaterial')
    expect(Object.keys(record?.requestParameters ?? {}).toSorted()).toEqual(['expirationModel', 'keyId'])
  })

  test('of RSA and curve keys, whose public half follows from it', async () => {
    const { kms } = await external()
    const pairs = [
      ['RSA_2048', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'RSASSA_PSS_SHA_256'],
      ['ECC_NIST_P384', generateKeyPairSync('ec', { namedCurve: 'secp384r1' }), 'ECDSA_SHA_384'],
    ] as const
    for (const [KeySpec, pair, SigningAlgorithm] of pairs) {
      const KeyId = keyId(await kms.ok('CreateKey', { Origin: 'EXTERNAL', KeySpec, KeyUsage: 'SIGN_VERIFY' }))
      const material = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
      const input = await importInput(kms, KeyId, { material, algorithm: 'RSA_AES_KEY_WRAP_SHA_256' })
      await kms.ok('ImportKeyMaterial', input)
      expect(Buffer.from((await kms.ok('GetPublicKey', { KeyId })).PublicKey!)).toEqual(
        pair.publicKey.export({ format: 'der', type: 'spki' }),
      )
      const Message = Buffer.from('signed')
      const { Signature } = await kms.ok('Sign', { KeyId, Message, SigningAlgorithm })
      const isPss = KeySpec === 'RSA_2048'
      const key = isPss
        ? { key: pair.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
        : pair.publicKey
      expect(verify(isPss ? 'sha256' : 'sha384', Message, key, Signature!)).toBe(true)
    }
  })

  test('of HMAC keys, of every length that is allowed', async () => {
    const { kms } = await external()
    for (const [size, isTaken] of [
      [31, false],
      [32, true],
      [64, true],
      [65, false],
    ] as const) {
      const KeyId = keyId(
        await kms.ok('CreateKey', { Origin: 'EXTERNAL', KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
      )
      const answer = await kms.fails(
        'ImportKeyMaterial',
        await importInput(kms, KeyId, { material: randomBytes(size) }),
      )
      expect([size, answer.split(':')[0]]).toEqual([size, isTaken ? 'succeeded' : 'IncorrectKeyMaterialException'])
    }
  })
})

describe('GetParametersForImport refuses', () => {
  test('keys that have material of their own', async () => {
    const kms = await testKms()
    const created = await kms.ok('CreateKey', {})
    expect(
      await kms.fails('GetParametersForImport', {
        KeyId: keyId(created),
        WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
        WrappingKeySpec: 'RSA_2048',
      }),
    ).toBe(
      `UnsupportedOperationException: ${keyArnOf(created)} origin is AWS_KMS which is not valid for this operation.`,
    )
  })

  const CASES: readonly (readonly [string, Partial<KmsInputs['CreateKey']>, string, string, string])[] = [
    ['what is no longer supported', {}, 'RSAES_PKCS1_V1_5', 'RSA_2048', 'UnsupportedOperationException'],
    [
      'RSA keys under RSA alone',
      { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
      'RSAES_OAEP_SHA_256',
      'RSA_4096',
      'ValidationException',
    ],
    [
      'P-521 under RSA_2048',
      { KeySpec: 'ECC_NIST_P521', KeyUsage: 'SIGN_VERIFY' },
      'RSAES_OAEP_SHA_256',
      'RSA_2048',
      'ValidationException',
    ],
    ['two steps for a symmetric key', {}, 'RSA_AES_KEY_WRAP_SHA_256', 'RSA_2048', 'ValidationException'],
  ]
  for (const [name, spec, WrappingAlgorithm, WrappingKeySpec, code] of CASES) {
    test(name, async () => {
      const { kms, KeyId } = await external(spec)
      const answer = await kms.fails('GetParametersForImport', { KeyId, WrappingAlgorithm, WrappingKeySpec })
      expect(answer.split(':')[0]).toBe(code)
    })
  }
})

describe('ImportKeyMaterial refuses', () => {
  test('a token after a day, of another key, and none at all', async () => {
    const { kms, KeyId } = await external()
    const other = keyId(await kms.ok('CreateKey', { Origin: 'EXTERNAL' }))
    const input = await importInput(kms, KeyId, { material: randomBytes(32) })
    expect(await kms.fails('ImportKeyMaterial', { ...input, KeyId: other })).toMatch(/^InvalidImportTokenException/)
    expect(await kms.fails('ImportKeyMaterial', { ...input, ImportToken: Buffer.from('[1,0,5]') })).toMatch(
      /^InvalidImportTokenException/,
    )
    kms.clock.nowMs += DAY_MS
    expect(await kms.fails('ImportKeyMaterial', input)).toMatch(/^ExpiredImportTokenException/)
    kms.clock.nowMs -= 1
    await kms.ok('ImportKeyMaterial', input)
  })

  test('a token whose end was moved', async () => {
    const { kms, KeyId } = await withoutMaterial()
    const input = await importInput(kms, KeyId, { material: randomBytes(32) })
    const parts = JSON.parse(Buffer.from(input.ImportToken).toString()) as unknown[]
    parts[2] = Number(parts[2]) + DAY_MS
    const ImportToken = Buffer.from(JSON.stringify(parts))
    expect(await kms.fails('ImportKeyMaterial', { ...input, ImportToken })).toMatch(/^InvalidImportTokenException/)
  })

  test('material that was not wrapped under its token', async () => {
    const { kms, KeyId } = await withoutMaterial()
    const input = await importInput(kms, KeyId, { material: randomBytes(32) })
    expect(await kms.fails('ImportKeyMaterial', { ...input, EncryptedKeyMaterial: randomBytes(256) })).toBe(
      'InvalidCiphertextException',
    )
  })

  test('material of another length', async () => {
    const { kms, KeyId } = await withoutMaterial()
    const input = await importInput(kms, KeyId, { material: randomBytes(31) })
    expect(await kms.fails('ImportKeyMaterial', input)).toMatch(/^IncorrectKeyMaterialException/)
  })

  test.each([
    ['busy', 'ThrottlingException'],
    ['unavailable', 'KMSInternalException'],
    ['closed', 'KMSInternalException'],
  ] as const)('work that could not be done (%s), without a word on the material', async (kind, code) => {
    const { kms, KeyId } = await withoutMaterial()
    const input = await importInput(kms, KeyId, { material: randomBytes(32) })
    const run = vi.spyOn(SlowPool.prototype, 'run').mockImplementation((job) => {
      expect(job.kind).toBe('import')
      return Promise.resolve({ ok: false, error: { kind, message: 'no thread' } })
    })
    try {
      expect((await kms.fails('ImportKeyMaterial', input)).split(':')[0]).toBe(code)
    } finally {
      run.mockRestore()
    }
  })

  const DATES: readonly (readonly [string, Partial<KmsInputs['ImportKeyMaterial']>, number | undefined, string])[] = [
    [
      'no date for material that expires',
      { ExpirationModel: undefined },
      undefined,
      'ValidationException: A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES',
    ],
    ['a date in the past', { ExpirationModel: undefined }, 0, 'ValidationException'],
    ['a date more than a year away', { ExpirationModel: undefined }, 365 * DAY_MS + 1, 'ValidationException'],
    ['a date for material that does not expire', FOREVER, DAY_MS, 'ValidationException'],
    ['(a year is as much as it takes)', { ExpirationModel: undefined }, 365 * DAY_MS, 'succeeded'],
  ]
  for (const [name, change, inMs, code] of DATES) {
    test(name, async () => {
      const { kms, KeyId } = code === 'succeeded' ? await external() : await withoutMaterial()
      const ValidTo = inMs === undefined ? undefined : new Date(kms.clock.nowMs + inMs)
      const input = await importInput(kms, KeyId, { material: randomBytes(32), change: { ...change, ValidTo } })
      expect((await kms.fails('ImportKeyMaterial', input)).slice(0, code.length)).toBe(code)
    })
  }
})

describe('expiry and deletion', () => {
  test('material goes at its date, the service says so, and the same material brings the key back', async () => {
    const { kms, KeyId } = await external()
    const material = randomBytes(32)
    const ValidTo = new Date(kms.clock.nowMs + 10 * DAY_MS)
    const expiring = { ExpirationModel: 'KEY_MATERIAL_EXPIRES' as const, ValidTo }
    const { KeyMaterialId } = await kms.ok(
      'ImportKeyMaterial',
      await importInput(kms, KeyId, { material, change: expiring }),
    )
    expect((await kms.ok('DescribeKey', { KeyId })).KeyMetadata?.ValidTo).toEqual(ValidTo)
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('kept') })
    kms.clock.nowMs += 10 * DAY_MS
    expect(await kms.fails('Decrypt', { CiphertextBlob })).toMatch(/^KMSInvalidStateException: .* is pending import\.$/)
    const record = kms.records.find(({ eventName }) => eventName === 'DeleteExpiredKeyMaterial')
    expect(record).toMatchObject({
      eventType: 'AwsServiceEvent',
      serviceEventDetails: { keyId: KeyId, keyMaterialId: KeyMaterialId },
    })
    expect(await kms.fails('ImportKeyMaterial', await importInput(kms, KeyId, { material: randomBytes(32) }))).toMatch(
      /^IncorrectKeyMaterialException/,
    )
    await kms.ok('ImportKeyMaterial', await importInput(kms, KeyId, { material }))
    const opened = await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })
    expect(Buffer.from(opened.Plaintext!).toString()).toBe('kept')
  })

  test('DeleteImportedKeyMaterial takes it away at once, also from the store', async () => {
    const { kms, KeyId, arn } = await external()
    const { KeyMaterialId } = await kms.ok(
      'ImportKeyMaterial',
      await importInput(kms, KeyId, { material: randomBytes(32) }),
    )
    expect(await kms.ok('DeleteImportedKeyMaterial', { KeyId })).toEqual({ KeyId: arn, KeyMaterialId })
    expect(await stateOf(kms, KeyId)).toBe('PendingImport')
    const { rows } = await kms.store.scan('material/', {})
    expect(rows).toEqual([])
    // Again, it has no effect.
    await kms.ok('DeleteImportedKeyMaterial', { KeyId })
  })

  test('a key that waits for its deletion goes on waiting', async () => {
    const { kms, KeyId } = await external()
    await kms.ok('ImportKeyMaterial', await importInput(kms, KeyId, { material: randomBytes(32) }))
    await kms.ok('ScheduleKeyDeletion', { KeyId })
    await kms.ok('DeleteImportedKeyMaterial', { KeyId })
    expect(await stateOf(kms, KeyId)).toBe('PendingDeletion')
  })
})

describe('several materials', () => {
  test('a later one is pending until the key is rotated to it', async () => {
    const { kms, KeyId } = await external()
    const [first, second] = [randomBytes(32), randomBytes(32)]
    const one = await kms.ok('ImportKeyMaterial', await importInput(kms, KeyId, { material: first }))
    expect(await kms.fails('RotateKeyOnDemand', { KeyId })).toMatch(/^KMSInvalidStateException/)
    const change = { ImportType: 'NEW_KEY_MATERIAL', KeyMaterialDescription: 'the second' } as const
    const two = await kms.ok('ImportKeyMaterial', await importInput(kms, KeyId, { material: second, change }))
    const listed = async () =>
      (await kms.ok('ListKeyRotations', { KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })).Rotations?.map(
        ({ KeyMaterialId, KeyMaterialState, KeyMaterialDescription }) => [
          KeyMaterialId,
          KeyMaterialState,
          KeyMaterialDescription,
        ],
      )
    expect(await listed()).toEqual([
      [one.KeyMaterialId, 'CURRENT', undefined],
      [two.KeyMaterialId, 'PENDING_ROTATION', 'the second'],
    ])
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('first') })
    await kms.ok('RotateKeyOnDemand', { KeyId })
    expect(await listed()).toEqual([
      [one.KeyMaterialId, 'NON_CURRENT', undefined],
      [two.KeyMaterialId, 'CURRENT', 'the second'],
    ])
    expect((await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })).KeyMaterialId).toBe(one.KeyMaterialId)
    // Both belong to the key for good: without the first one, nothing of it works.
    await kms.ok('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId: one.KeyMaterialId! })
    expect(await stateOf(kms, KeyId)).toBe('PendingImport')
    await kms.ok('ImportKeyMaterial', await importInput(kms, KeyId, { material: first }))
    expect(await stateOf(kms, KeyId)).toBe('Enabled')
  })

  test('only one is pending, and it can be deleted and replaced', async () => {
    const { kms, KeyId } = await external()
    const NEW = { ImportType: 'NEW_KEY_MATERIAL' } as const
    await kms.ok('ImportKeyMaterial', await importInput(kms, KeyId, { material: randomBytes(32) }))
    const pending = await kms.ok(
      'ImportKeyMaterial',
      await importInput(kms, KeyId, { material: randomBytes(32), change: NEW }),
    )
    const more = await importInput(kms, KeyId, { material: randomBytes(32), change: NEW })
    expect(await kms.fails('ImportKeyMaterial', more)).toMatch(/^KMSInvalidStateException/)
    await kms.ok('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId: pending.KeyMaterialId! })
    expect(await stateOf(kms, KeyId)).toBe('Enabled')
    await kms.ok('ImportKeyMaterial', more)
  })

  test('of an HMAC key there is one for all time', async () => {
    const { kms, KeyId } = await external({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
    await kms.ok('ImportKeyMaterial', await importInput(kms, KeyId, { material: randomBytes(32) }))
    const change = { ImportType: 'NEW_KEY_MATERIAL' } as const
    const other = await importInput(kms, KeyId, { material: randomBytes(32), change })
    expect(await kms.fails('ImportKeyMaterial', other)).toMatch(/^UnsupportedOperationException/)
  })

  test('KeyMaterialId names the one that is meant', async () => {
    const { kms, KeyId } = await external()
    const material = randomBytes(32)
    const { KeyMaterialId } = await kms.ok('ImportKeyMaterial', await importInput(kms, KeyId, { material }))
    const EXISTING = { ImportType: 'EXISTING_KEY_MATERIAL' } as const
    const named = async (id: string) =>
      kms.fails(
        'ImportKeyMaterial',
        await importInput(kms, KeyId, { material, change: { ...EXISTING, KeyMaterialId: id } }),
      )
    expect(await named(KeyMaterialId!)).toBe('succeeded')
    expect(await named('0'.repeat(64))).toMatch(/^IncorrectKeyMaterialException/)
  })
})

test('the same material in two keys opens nothing of the other (kms-behaviour 8)', async () => {
  const { kms, KeyId } = await external()
  const other = keyId(await kms.ok('CreateKey', { Origin: 'EXTERNAL' }))
  const material = randomBytes(32)
  const one = await kms.ok('ImportKeyMaterial', await importInput(kms, KeyId, { material }))
  const two = await kms.ok('ImportKeyMaterial', await importInput(kms, other, { material }))
  expect(one.KeyMaterialId).not.toBe(two.KeyMaterialId)
  const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
  expect(await kms.fails('Decrypt', { CiphertextBlob, KeyId: other })).toMatch(/^IncorrectKeyException/)
})
