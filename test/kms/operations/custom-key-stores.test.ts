/** Custom key stores and keys in external ones, against a conforming proxy. Facts: xks 3 to 5, kms-behaviour 13. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { KmsInputs } from '../../../src/kms/shapes.js'
import { ConformingProxy, CREDENTIAL, failure } from '../xks/conforming-proxy.js'
import { ADMIN, keyId, lastRecord, START_MS, testKms, type TestKms } from '../test-kms.js'

let proxy: ConformingProxy
let nowMs = START_MS

beforeAll(async () => {
  proxy = await ConformingProxy.start(() => nowMs)
  for (const id of ['one', 'two', 'three']) proxy.addKey(id)
})
afterAll(() => proxy.stop())
beforeEach(() => {
  delete proxy.misbehaviour.answer
  proxy.records.length = 0
  nowMs = START_MS
})

const EXTERNAL: KmsInputs['CreateCustomKeyStore'] = {
  CustomKeyStoreName: 'outside',
  CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
  XksProxyUriEndpoint: 'https://localhost',
  XksProxyUriPath: '/kms/xks/v1',
  XksProxyConnectivity: 'PUBLIC_ENDPOINT',
  XksProxyAuthenticationCredential: {
    AccessKeyId: CREDENTIAL.accessKeyId,
    RawSecretAccessKey: CREDENTIAL.secretAccessKey,
  },
}

function withProxy(): Promise<TestKms> {
  return testKms({ xksTransport: { port: proxy.port, ca: [proxy.ca], timeoutMs: 5000 } })
}

async function connected() {
  const kms = await withProxy()
  const { CustomKeyStoreId } = await kms.ok('CreateCustomKeyStore', EXTERNAL)
  await kms.ok('ConnectCustomKeyStore', { CustomKeyStoreId: CustomKeyStoreId! })
  return { kms, CustomKeyStoreId: CustomKeyStoreId! }
}

async function withKey(XksKeyId = 'one') {
  const { kms, CustomKeyStoreId } = await connected()
  const created = await kms.ok('CreateKey', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId })
  return { kms, CustomKeyStoreId, KeyId: keyId(created), created }
}

async function described({ ok }: TestKms, CustomKeyStoreId: string) {
  return (await ok('DescribeCustomKeyStores', { CustomKeyStoreId })).CustomKeyStores?.[0]
}

describe('a key store', () => {
  test('is described without its secret, and is not connected yet', async () => {
    const kms = await withProxy()
    const { CustomKeyStoreId } = await kms.ok('CreateCustomKeyStore', EXTERNAL)
    expect(CustomKeyStoreId).toMatch(/^cks-[0-9a-f]{17}$/)
    expect(await described(kms, CustomKeyStoreId!)).toEqual({
      CustomKeyStoreId,
      CustomKeyStoreName: 'outside',
      ConnectionState: 'DISCONNECTED',
      CreationDate: new Date(START_MS),
      CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
      XksProxyConfiguration: {
        Connectivity: 'PUBLIC_ENDPOINT',
        AccessKeyId: CREDENTIAL.accessKeyId,
        UriEndpoint: 'https://localhost',
        UriPath: '/kms/xks/v1',
      },
    })
    const { rows } = await kms.store.scan('', {})
    const kept = JSON.stringify([rows, kms.records])
    expect(kept).not.toContain(CREDENTIAL.secretAccessKey)
    expect(
      proxy.records.map(({ path, body }) => [path, (body.requestMetadata as { kmsOperation: string }).kmsOperation]),
    ).toEqual([['/kms/xks/v1/health', 'CreateCustomKeyStore']])
  })

  const REFUSED: readonly (readonly [string, Partial<KmsInputs['CreateCustomKeyStore']>, string])[] = [
    ['no address', { XksProxyUriEndpoint: undefined }, 'ValidationException'],
    ['an IP address', { XksProxyUriEndpoint: 'https://127.0.0.1' }, 'XksProxyInvalidConfigurationException'],
    ['a version that nobody speaks', { XksProxyUriPath: '/kms/xks/v2' }, 'XksProxyInvalidConfigurationException'],
    [
      'a path that the proxy does not have',
      { XksProxyUriPath: '/x/kms/xks/v1' },
      'XksProxyInvalidConfigurationException',
    ],
    ['a password', { KeyStorePassword: 'password1' }, 'ValidationException'],
    ['a VPC without its service', { XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE' }, 'ValidationException'],
    [
      'a wrong secret',
      {
        XksProxyAuthenticationCredential: {
          AccessKeyId: CREDENTIAL.accessKeyId,
          RawSecretAccessKey: 'x'.repeat(43),
        },
      },
      'XksProxyIncorrectAuthenticationCredentialException',
    ],
    ['the members of another kind of store', { CustomKeyStoreType: undefined }, 'ValidationException'],
  ]
  for (const [name, change, code] of REFUSED) {
    test(`is refused with ${name}`, async () => {
      const kms = await withProxy()
      expect((await kms.fails('CreateCustomKeyStore', { ...EXTERNAL, ...change })).split(':')[0]).toBe(code)
      expect((await kms.ok('DescribeCustomKeyStores', {})).CustomKeyStores).toEqual([])
    })
  }

  test('is refused where its proxy is not there, or answers nonsense', async () => {
    const kms = await withProxy()
    proxy.misbehaviour.answer = () => 'break'
    expect(await kms.fails('CreateCustomKeyStore', EXTERNAL)).toMatch(/^XksProxyUriUnreachableException/)
    proxy.misbehaviour.answer = () => ({ status: 200, body: '{}' })
    expect(await kms.fails('CreateCustomKeyStore', EXTERNAL)).toMatch(/^XksProxyInvalidResponseException/)
  })

  test('has a name and an address of its own', async () => {
    const { kms } = await connected()
    expect(await kms.fails('CreateCustomKeyStore', EXTERNAL)).toMatch(/^CustomKeyStoreNameInUseException/)
    expect(await kms.fails('CreateCustomKeyStore', { ...EXTERNAL, CustomKeyStoreName: 'b' })).toMatch(
      /^XksProxyUriInUseException/,
    )
  })

  test('is one of ten at most', async () => {
    const kms = await testKms({
      xksTransport: { port: proxy.port, ca: [proxy.ca], timeoutMs: 5000 },
      quotas: { customKeyStores: 1 },
    })
    await kms.ok('CreateCustomKeyStore', EXTERNAL)
    expect(await kms.fails('CreateCustomKeyStore', { ...EXTERNAL, CustomKeyStoreName: 'b' })).toMatch(/^LimitExceeded/)
  })
})

describe('connecting', () => {
  test('and disconnecting, each once', async () => {
    const { kms, CustomKeyStoreId } = await connected()
    expect((await described(kms, CustomKeyStoreId))?.ConnectionState).toBe('CONNECTED')
    await kms.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
    expect((await described(kms, CustomKeyStoreId))?.ConnectionState).toBe('DISCONNECTED')
    expect(await kms.fails('DisconnectCustomKeyStore', { CustomKeyStoreId })).toMatch(/^CustomKeyStoreInvalidState/)
    expect(await kms.fails('ConnectCustomKeyStore', { CustomKeyStoreId: 'cks-none' })).toMatch(
      /^CustomKeyStoreNotFoundException/,
    )
  })

  test('says in the description why it failed, and is to be disconnected first', async () => {
    const kms = await withProxy()
    const { CustomKeyStoreId } = await kms.ok('CreateCustomKeyStore', EXTERNAL)
    proxy.misbehaviour.answer = () => failure(403, 'AccessDeniedException')
    await kms.ok('ConnectCustomKeyStore', { CustomKeyStoreId: CustomKeyStoreId! })
    expect(await described(kms, CustomKeyStoreId!)).toMatchObject({
      ConnectionState: 'FAILED',
      ConnectionErrorCode: 'XKS_PROXY_ACCESS_DENIED',
    })
    expect(await kms.fails('ConnectCustomKeyStore', { CustomKeyStoreId })).toMatch(/^CustomKeyStoreInvalidState/)
    delete proxy.misbehaviour.answer
    await kms.ok('DisconnectCustomKeyStore', { CustomKeyStoreId: CustomKeyStoreId! })
    await kms.ok('ConnectCustomKeyStore', { CustomKeyStoreId: CustomKeyStoreId! })
    expect((await described(kms, CustomKeyStoreId!))?.ConnectionErrorCode).toBeUndefined()
  })
})

describe('UpdateCustomKeyStore', () => {
  test('changes the name and the credential of a connected store, and nothing else of it', async () => {
    const { kms, CustomKeyStoreId } = await connected()
    await kms.ok('UpdateCustomKeyStore', { CustomKeyStoreId, NewCustomKeyStoreName: 'renamed' })
    expect((await described(kms, CustomKeyStoreId))?.CustomKeyStoreName).toBe('renamed')
    const credential = EXTERNAL.XksProxyAuthenticationCredential
    await kms.ok('UpdateCustomKeyStore', { CustomKeyStoreId, XksProxyAuthenticationCredential: credential })
    expect(
      await kms.fails('UpdateCustomKeyStore', { CustomKeyStoreId, XksProxyUriEndpoint: 'https://localhost' }),
    ).toMatch(/^CustomKeyStoreInvalidStateException/)
  })

  test('changes nothing unless the proxy answers under the new values', async () => {
    const { kms, CustomKeyStoreId } = await connected()
    const wrong = { AccessKeyId: CREDENTIAL.accessKeyId, RawSecretAccessKey: 'y'.repeat(43) }
    expect(
      await kms.fails('UpdateCustomKeyStore', { CustomKeyStoreId, XksProxyAuthenticationCredential: wrong }),
    ).toMatch(/^XksProxyIncorrectAuthenticationCredentialException/)
    await kms.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
    await kms.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
    expect((await described(kms, CustomKeyStoreId))?.ConnectionState).toBe('CONNECTED')
  })

  test('wants something to change, and of this kind of store', async () => {
    const { kms, CustomKeyStoreId } = await connected()
    expect(await kms.fails('UpdateCustomKeyStore', { CustomKeyStoreId })).toMatch(/^ValidationException/)
    expect(await kms.fails('UpdateCustomKeyStore', { CustomKeyStoreId, KeyStorePassword: 'password1' })).toMatch(
      /^ValidationException/,
    )
  })
})

describe('a key in an external key store', () => {
  test('is made on an external key that fits', async () => {
    const { created, CustomKeyStoreId } = await withKey()
    expect(created.KeyMetadata).toMatchObject({
      Origin: 'EXTERNAL_KEY_STORE',
      CustomKeyStoreId,
      XksKeyConfiguration: { Id: 'one' },
      KeyState: 'Enabled',
    })
    expect(created.KeyMetadata?.CurrentKeyMaterialId).toBeUndefined()
  })

  test('is refused on one that is taken, unknown or unfit, and without a connection', async () => {
    const { kms, CustomKeyStoreId } = await withKey()
    const make = (XksKeyId?: string) =>
      kms.fails('CreateKey', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId })
    expect(await make('one')).toMatch(/^XksKeyAlreadyInUseException/)
    expect(await make('nine')).toMatch(/^XksKeyNotFoundException/)
    expect(await make()).toMatch(/^ValidationException/)
    const metadata = { keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'DISABLED' }
    proxy.misbehaviour.answer = () => ({ status: 200, body: JSON.stringify(metadata) })
    expect(await make('two')).toMatch(/^XksKeyInvalidConfigurationException: .* its status is DISABLED\.$/)
    delete proxy.misbehaviour.answer
    await kms.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
    expect(await make('two')).toMatch(/^CustomKeyStoreInvalidStateException/)
    expect(
      await kms.fails('CreateKey', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: 'cks-none', XksKeyId: 'two' }),
    ).toMatch(/^CustomKeyStoreNotFoundException/)
  })

  test('seals under both, and opens with the same context alone', async () => {
    const { kms, KeyId } = await withKey()
    const EncryptionContext = { tenant: 'a' }
    proxy.records.length = 0
    const Plaintext = Buffer.from('double')
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext, EncryptionContext })
    expect(proxy.records[0]?.body.requestMetadata).toMatchObject({
      kmsOperation: 'Encrypt',
      awsPrincipalArn: ADMIN.principal,
      kmsKeyArn: expect.stringContaining(KeyId) as unknown,
    })
    // The owner's proxy never sees the plaintext.
    const seen = Buffer.from(String(proxy.records[0]?.body.plaintext), 'base64')
    expect(seen.includes(Plaintext)).toBe(false)
    const opened = await kms.ok('Decrypt', { CiphertextBlob: CiphertextBlob!, EncryptionContext })
    expect(Buffer.from(opened.Plaintext!).toString()).toBe('double')
    expect(await kms.fails('Decrypt', { CiphertextBlob })).toMatch(/^KMSInvalidStateException/)
    const data = await kms.ok('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })
    const again = await kms.ok('Decrypt', { CiphertextBlob: data.CiphertextBlob! })
    expect(again.Plaintext).toEqual(data.Plaintext)
  })

  test('tells in its audit record which store and which external key', async () => {
    const { kms, KeyId, CustomKeyStoreId } = await withKey()
    await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
    expect(lastRecord(kms).additionalEventData).toMatchObject({ customKeyStoreId: CustomKeyStoreId, xksKeyId: 'one' })
  })

  test('another external key opens nothing of it, nor does a changed blob', async () => {
    const { kms, KeyId, CustomKeyStoreId } = await withKey()
    const second = keyId(await kms.ok('CreateKey', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId: 'two' }))
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
    expect(await kms.fails('Decrypt', { CiphertextBlob, KeyId: second })).toMatch(/^IncorrectKeyException/)
    for (let index = 0; index < CiphertextBlob!.length; index += 7) {
      const changed = Uint8Array.from(CiphertextBlob!)
      changed[index] = changed[index]! ^ 1
      expect(await kms.fails('Decrypt', { CiphertextBlob: changed })).not.toBe('succeeded')
    }
  })

  test('moves to another key by ReEncrypt', async () => {
    const { kms, KeyId } = await withKey()
    const plain = keyId(await kms.ok('CreateKey', {}))
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('moving') })
    const moved = await kms.ok('ReEncrypt', { CiphertextBlob: CiphertextBlob!, DestinationKeyId: plain })
    const back = await kms.ok('ReEncrypt', { CiphertextBlob: moved.CiphertextBlob!, DestinationKeyId: KeyId })
    const opened = await kms.ok('Decrypt', { CiphertextBlob: back.CiphertextBlob! })
    expect(Buffer.from(opened.Plaintext!).toString()).toBe('moving')
  })

  test('is not asked for by a dry run (xks 5)', async () => {
    const { kms, KeyId } = await withKey()
    const { CiphertextBlob } = await kms.ok('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
    const inside = keyId(await kms.ok('CreateKey', {}))
    const own = await kms.ok('Encrypt', { KeyId: inside, Plaintext: Buffer.from('x') })
    proxy.records.length = 0
    const dry = { DryRun: true, CiphertextBlob } as const
    const calls = [
      ['Encrypt', { KeyId, Plaintext: Buffer.from('x'), DryRun: true }],
      ['GenerateDataKey', { KeyId, KeySpec: 'AES_256', DryRun: true }],
      ['Decrypt', dry],
      ['ReEncrypt', { ...dry, DestinationKeyId: inside }],
      ['ReEncrypt', { ...dry, CiphertextBlob: own.CiphertextBlob, DestinationKeyId: KeyId }],
    ] as const
    for (const [name, input] of calls) expect(await kms.fails(name, input)).toMatch(/^DryRunOperationException/)
    expect(proxy.records).toEqual([])
  })

  test('is unavailable while its store is away, and what it was before once it is back', async () => {
    const { kms, KeyId, CustomKeyStoreId } = await withKey()
    await kms.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
    expect((await kms.ok('DescribeKey', { KeyId })).KeyMetadata).toMatchObject({
      KeyState: 'Unavailable',
      Enabled: false,
    })
    expect(await kms.fails('Encrypt', { KeyId, Plaintext: Buffer.from('x') })).toMatch(
      /^KMSInvalidStateException: .* is unavailable\.$/,
    )
    await kms.ok('DisableKey', { KeyId })
    await kms.ok('ConnectCustomKeyStore', { CustomKeyStoreId })
    expect((await kms.ok('DescribeKey', { KeyId })).KeyMetadata?.KeyState).toBe('Disabled')
  })

  test('fails in one way for whatever fails outside, with the cause in the words alone (xks 3)', async () => {
    const { kms, KeyId } = await withKey()
    const causes: readonly (readonly [string, RegExp])[] = [
      ['InternalException', /internal error/],
      ['KeyNotFoundException', /did not find the external key/],
      ['ThrottlingException', /throttling/],
      ['AccessDeniedException', /denied access/],
    ]
    for (const [name, words] of causes) {
      proxy.misbehaviour.answer = () => failure(500, name)
      const answer = await kms.fails('Encrypt', { KeyId, Plaintext: Buffer.from('x') })
      expect(answer).toMatch(/^KMSInvalidStateException/)
      expect(answer).toMatch(words)
      expect(answer).not.toContain('as the test wants it')
    }
  })

  test('holds its store, until the key is gone', async () => {
    const { kms, KeyId, CustomKeyStoreId } = await withKey()
    expect(await kms.fails('DeleteCustomKeyStore', { CustomKeyStoreId })).toMatch(/^CustomKeyStoreInvalidState/)
    await kms.ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
    expect(await kms.fails('DeleteCustomKeyStore', { CustomKeyStoreId })).toMatch(/^CustomKeyStoreHasCMKsException/)
    await kms.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
    expect((await kms.ok('DescribeKey', { KeyId })).KeyMetadata?.KeyState).toBe('PendingDeletion')
    kms.clock.nowMs += 7 * 86_400_000
    await kms.kms.tick()
    await kms.ok('DeleteCustomKeyStore', { CustomKeyStoreId })
    expect(await kms.fails('DescribeCustomKeyStores', { CustomKeyStoreId })).toMatch(/^CustomKeyStoreNotFound/)
  })

  test('does not rotate, does not make data key pairs', async () => {
    const { kms, KeyId } = await withKey()
    expect(await kms.fails('EnableKeyRotation', { KeyId })).toMatch(/^UnsupportedOperationException/)
    const pair = { KeyId, KeyPairSpec: 'ECC_NIST_P256' } as const
    for (const name of ['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'] as const) {
      expect(await kms.fails(name, pair)).toMatch(/^UnsupportedOperationException/)
      expect(await kms.fails(name, { ...pair, DryRun: true })).toMatch(/^UnsupportedOperationException/)
    }
  })
})
