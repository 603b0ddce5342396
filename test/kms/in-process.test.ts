/** The AWS SDK for JavaScript v3 on an engine in the same process, as it is installed. */
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisabledException,
  EncryptCommand,
  InvalidCiphertextException,
  KMS,
  KMSClient,
  KMSInvalidStateException,
  KMSServiceException,
  ListKeysCommand,
  NotFoundException,
  paginateDescribeCustomKeyStores,
  paginateListAliases,
  paginateListGrants,
  paginateListKeyPolicies,
  paginateListKeyRotations,
  paginateListKeys,
  paginateListResourceTags,
  paginateListRetirableGrants,
  ScheduleKeyDeletionCommand,
  type KMSPaginationConfiguration,
} from '@aws-sdk/client-kms'
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_OPERATIONS, type OperationName } from '../../src/aws/operations.js'
import { inProcess } from '../../src/kms/in-process.js'
import type { KmsInputs } from '../../src/kms/shapes.js'
import type { Store } from '../../src/kms/store.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { ADMIN, NOBODY, START_MS, testKms, type TestKms } from './test-kms.js'
import { ConformingProxy, CREDENTIAL } from './xks/conforming-proxy.js'

const MESSAGE = new TextEncoder().encode('a message')
const ROLE = 'arn:aws:iam::111122223333:role/App'

let proxy: ConformingProxy
beforeAll(async () => {
  proxy = await ConformingProxy.start(() => START_MS)
})
afterAll(() => proxy.stop())

interface Fixture extends TestKms {
  readonly sdk: KMS
  /** The id of a new key. */
  readonly key: (spec?: KmsInputs['CreateKey']) => Promise<string>
  readonly keyStore: () => Promise<string>
}

async function fixture(options: Parameters<typeof testKms>[0] = {}): Promise<Fixture> {
  const t = await testKms({ xksTransport: { port: proxy.port, ca: [proxy.ca], timeoutMs: 5000 }, ...options })
  const sdk = new KMS(inProcess(t.kms, ADMIN))
  return {
    ...t,
    sdk,
    key: async (spec = {}) => (await sdk.createKey(spec as Parameters<KMS['createKey']>[0])).KeyMetadata!.KeyId!,
    keyStore: async () => (await sdk.createCustomKeyStore(KEY_STORE)).CustomKeyStoreId!,
  }
}

const KEY_STORE = {
  CustomKeyStoreName: 'outside',
  CustomKeyStoreType: 'EXTERNAL_KEY_STORE' as const,
  XksProxyUriEndpoint: 'https://localhost',
  XksProxyUriPath: '/kms/xks/v1',
  XksProxyConnectivity: 'PUBLIC_ENDPOINT' as const,
  XksProxyAuthenticationCredential: {
    AccessKeyId: CREDENTIAL.accessKeyId,
    RawSecretAccessKey: CREDENTIAL.secretAccessKey,
  },
}

const RSA = { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' } as const
const SIGNING = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } as const
const MAC = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } as const
const AGREEMENT = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' } as const
const ENCAPSULATION = { KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' } as const
const ECDSA = 'ECDSA_SHA_256'
const HMAC = 'HMAC_SHA_256'

async function grant({ sdk }: Fixture, KeyId: string): Promise<string> {
  const made = await sdk.createGrant({
    KeyId,
    GranteePrincipal: ROLE,
    RetiringPrincipal: ADMIN.principal,
    Operations: ['Decrypt'],
  })
  return made.GrantId!
}

type Case<N extends OperationName> = readonly [
  (t: Fixture) => KmsInputs[N] | Promise<KmsInputs[N]>,
  /** Members of the answer, in the order of the alphabet. */
  ...answer: readonly string[],
]

const CASES: { readonly [N in OperationName]: Case<N> } = {
  CancelKeyDeletion: [
    async ({ sdk, key }) => {
      const KeyId = await key()
      await sdk.scheduleKeyDeletion({ KeyId })
      return { KeyId }
    },
    'KeyId',
  ],
  ConnectCustomKeyStore: [async ({ keyStore }) => ({ CustomKeyStoreId: await keyStore() })],
  CreateAlias: [async ({ key }) => ({ AliasName: 'alias/new', TargetKeyId: await key() })],
  CreateCustomKeyStore: [() => KEY_STORE, 'CustomKeyStoreId'],
  CreateGrant: [
    async ({ key }) => ({ KeyId: await key(), GranteePrincipal: ROLE, Operations: ['Decrypt'] }),
    'GrantId',
    'GrantToken',
  ],
  CreateKey: [() => ({ Description: 'made', Tags: [{ TagKey: 'team', TagValue: 'blue' }] }), 'KeyMetadata'],
  Decapsulate: [
    async ({ sdk, key }) => {
      const KeyId = await key(ENCAPSULATION)
      const made = await sdk.encapsulate({ KeyId, EncapsulationAlgorithm: 'ML_KEM' })
      return { KeyId, EncapsulationAlgorithm: 'ML_KEM', SharedSecretCiphertextBlob: made.SharedSecretCiphertextBlob! }
    },
    'EncapsulationAlgorithm',
    'KeyId',
    'SharedSecret',
  ],
  Decrypt: [
    async ({ sdk, key }) => {
      const KeyId = await key()
      const EncryptionContext = { department: 'IT' }
      const { CiphertextBlob } = await sdk.encrypt({ KeyId, Plaintext: MESSAGE, EncryptionContext })
      return { CiphertextBlob: CiphertextBlob!, EncryptionContext }
    },
    'EncryptionAlgorithm',
    'KeyId',
    'KeyMaterialId',
    'Plaintext',
  ],
  DeleteAlias: [
    async ({ sdk, key }) => {
      await sdk.createAlias({ AliasName: 'alias/old', TargetKeyId: await key() })
      return { AliasName: 'alias/old' }
    },
  ],
  DeleteCustomKeyStore: [async ({ keyStore }) => ({ CustomKeyStoreId: await keyStore() })],
  DeleteImportedKeyMaterial: [
    async (t) => {
      const imported = await importRequest(t)
      await t.sdk.importKeyMaterial(imported)
      return { KeyId: imported.KeyId }
    },
    'KeyId',
    'KeyMaterialId',
  ],
  DeriveSharedSecret: [
    async ({ key }) => ({
      KeyId: await key(AGREEMENT),
      KeyAgreementAlgorithm: 'ECDH',
      PublicKey: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({
        type: 'spki',
        format: 'der',
      }),
    }),
    'KeyAgreementAlgorithm',
    'KeyId',
    'KeyOrigin',
    'SharedSecret',
  ],
  DescribeCustomKeyStores: [() => ({}), 'CustomKeyStores', 'Truncated'],
  DescribeKey: [async ({ key }) => ({ KeyId: await key() }), 'KeyMetadata'],
  DisableKey: [async ({ key }) => ({ KeyId: await key() })],
  DisableKeyRotation: [async ({ key }) => ({ KeyId: await key() })],
  DisconnectCustomKeyStore: [
    async ({ sdk, keyStore }) => {
      const CustomKeyStoreId = await keyStore()
      await sdk.connectCustomKeyStore({ CustomKeyStoreId })
      return { CustomKeyStoreId }
    },
  ],
  EnableKey: [async ({ key }) => ({ KeyId: await key() })],
  EnableKeyRotation: [async ({ key }) => ({ KeyId: await key(), RotationPeriodInDays: 100 })],
  Encapsulate: [
    async ({ key }) => ({ KeyId: await key(ENCAPSULATION), EncapsulationAlgorithm: 'ML_KEM' }),
    'EncapsulationAlgorithm',
    'KeyId',
    'SharedSecret',
    'SharedSecretCiphertextBlob',
  ],
  Encrypt: [
    async ({ key }) => ({ KeyId: await key(RSA), Plaintext: MESSAGE, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
    'CiphertextBlob',
    'EncryptionAlgorithm',
    'KeyId',
  ],
  GenerateDataKey: [
    async ({ key }) => ({ KeyId: await key(), NumberOfBytes: 24 }),
    'CiphertextBlob',
    'KeyId',
    'KeyMaterialId',
    'Plaintext',
  ],
  GenerateDataKeyPair: [
    async ({ key }) => ({ KeyId: await key(), KeyPairSpec: 'ECC_NIST_P256' }),
    'KeyId',
    'KeyMaterialId',
    'KeyPairSpec',
    'PrivateKeyCiphertextBlob',
    'PrivateKeyPlaintext',
    'PublicKey',
  ],
  GenerateDataKeyPairWithoutPlaintext: [
    async ({ key }) => ({ KeyId: await key(), KeyPairSpec: 'ECC_NIST_P256' }),
    'KeyId',
    'KeyMaterialId',
    'KeyPairSpec',
    'PrivateKeyCiphertextBlob',
    'PublicKey',
  ],
  GenerateDataKeyWithoutPlaintext: [
    async ({ key }) => ({ KeyId: await key(), KeySpec: 'AES_128' }),
    'CiphertextBlob',
    'KeyId',
    'KeyMaterialId',
  ],
  GenerateMac: [
    async ({ key }) => ({ KeyId: await key(MAC), Message: MESSAGE, MacAlgorithm: HMAC }),
    'KeyId',
    'Mac',
    'MacAlgorithm',
  ],
  GenerateRandom: [() => ({ NumberOfBytes: 32 }), 'Plaintext'],
  GetKeyLastUsage: [
    async ({ key }) => ({ KeyId: await key() }),
    'KeyCreationDate',
    'KeyId',
    'KeyLastUsage',
    'TrackingStartDate',
  ],
  GetKeyPolicy: [async ({ key }) => ({ KeyId: await key() }), 'Policy', 'PolicyName'],
  GetKeyRotationStatus: [async ({ key }) => ({ KeyId: await key() }), 'KeyId', 'KeyRotationEnabled'],
  GetParametersForImport: [
    async ({ key }) => ({
      KeyId: await key({ Origin: 'EXTERNAL' }),
      WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
      WrappingKeySpec: 'RSA_2048',
    }),
    'ImportToken',
    'KeyId',
    'ParametersValidTo',
    'PublicKey',
  ],
  GetPublicKey: [
    async ({ key }) => ({ KeyId: await key(SIGNING) }),
    'CustomerMasterKeySpec',
    'KeyId',
    'KeySpec',
    'KeyUsage',
    'PublicKey',
    'SigningAlgorithms',
  ],
  ImportKeyMaterial: [importRequest, 'KeyId', 'KeyMaterialId'],
  ListAliases: [() => ({ Limit: 10 }), 'Aliases', 'Truncated'],
  ListGrants: [async ({ key }) => ({ KeyId: await key() }), 'Grants', 'Truncated'],
  ListKeyPolicies: [async ({ key }) => ({ KeyId: await key() }), 'PolicyNames', 'Truncated'],
  ListKeyRotations: [async ({ key }) => ({ KeyId: await key() }), 'Rotations', 'Truncated'],
  ListKeys: [() => ({}), 'Keys', 'Truncated'],
  ListResourceTags: [async ({ key }) => ({ KeyId: await key() }), 'Tags', 'Truncated'],
  ListRetirableGrants: [() => ({ RetiringPrincipal: ADMIN.principal }), 'Grants', 'Truncated'],
  PutKeyPolicy: [
    async ({ sdk, key }) => {
      const KeyId = await key()
      const { Policy } = await sdk.getKeyPolicy({ KeyId })
      return { KeyId, Policy: Policy! }
    },
  ],
  ReEncrypt: [
    async ({ sdk, key }) => {
      const { CiphertextBlob } = await sdk.encrypt({ KeyId: await key(), Plaintext: MESSAGE })
      return { CiphertextBlob: CiphertextBlob!, DestinationKeyId: await key() }
    },
    'CiphertextBlob',
    'DestinationEncryptionAlgorithm',
    'DestinationKeyMaterialId',
    'KeyId',
    'SourceEncryptionAlgorithm',
    'SourceKeyId',
    'SourceKeyMaterialId',
  ],
  ReplicateKey: [
    async ({ key }) => ({ KeyId: await key({ MultiRegion: true }), ReplicaRegion: 'eu-west-1' }),
    'ReplicaKeyMetadata',
    'ReplicaPolicy',
    'ReplicaTags',
  ],
  RetireGrant: [
    async (t) => {
      const { KeyMetadata } = await t.sdk.createKey({})
      return { KeyId: KeyMetadata!.Arn!, GrantId: await grant(t, KeyMetadata!.KeyId!) }
    },
  ],
  RevokeGrant: [
    async (t) => {
      const KeyId = await t.key()
      return { KeyId, GrantId: await grant(t, KeyId) }
    },
  ],
  RotateKeyOnDemand: [async ({ key }) => ({ KeyId: await key() }), 'KeyId'],
  ScheduleKeyDeletion: [
    async ({ key }) => ({ KeyId: await key(), PendingWindowInDays: 7 }),
    'DeletionDate',
    'KeyId',
    'KeyState',
    'PendingWindowInDays',
  ],
  Sign: [
    async ({ key }) => ({ KeyId: await key(SIGNING), Message: MESSAGE, SigningAlgorithm: ECDSA }),
    'KeyId',
    'Signature',
    'SigningAlgorithm',
  ],
  TagResource: [async ({ key }) => ({ KeyId: await key(), Tags: [{ TagKey: 'a', TagValue: 'b' }] })],
  UntagResource: [async ({ key }) => ({ KeyId: await key(), TagKeys: ['a'] })],
  UpdateAlias: [
    async ({ sdk, key }) => {
      await sdk.createAlias({ AliasName: 'alias/moving', TargetKeyId: await key() })
      return { AliasName: 'alias/moving', TargetKeyId: await key() }
    },
  ],
  UpdateCustomKeyStore: [
    async ({ keyStore }) => ({ CustomKeyStoreId: await keyStore(), NewCustomKeyStoreName: 'renamed' }),
  ],
  UpdateKeyDescription: [async ({ key }) => ({ KeyId: await key(), Description: 'another' })],
  UpdatePrimaryRegion: [
    async ({ sdk, key }) => {
      const KeyId = await key({ MultiRegion: true })
      await sdk.replicateKey({ KeyId, ReplicaRegion: 'eu-west-1' })
      return { KeyId, PrimaryRegion: 'eu-west-1' }
    },
  ],
  Verify: [
    async ({ sdk, key }) => {
      const KeyId = await key(SIGNING)
      const { Signature } = await sdk.sign({ KeyId, Message: MESSAGE, SigningAlgorithm: ECDSA })
      return { KeyId, Message: MESSAGE, SigningAlgorithm: ECDSA, Signature: Signature! }
    },
    'KeyId',
    'SignatureValid',
    'SigningAlgorithm',
  ],
  VerifyMac: [
    async ({ sdk, key }) => {
      const KeyId = await key(MAC)
      const { Mac } = await sdk.generateMac({ KeyId, Message: MESSAGE, MacAlgorithm: HMAC })
      return { KeyId, Message: MESSAGE, MacAlgorithm: HMAC, Mac: Mac! }
    },
    'KeyId',
    'MacAlgorithm',
    'MacValid',
  ],
}

async function importRequest({ sdk, key }: Fixture) {
  const KeyId = await key({ Origin: 'EXTERNAL' })
  const { PublicKey, ImportToken } = await sdk.getParametersForImport({
    KeyId,
    WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    WrappingKeySpec: 'RSA_2048',
  })
  const wrapping = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  return {
    KeyId,
    ImportToken: ImportToken!,
    EncryptedKeyMaterial: publicEncrypt({ key: wrapping, ...padding }, randomBytes(32)),
    ValidTo: new Date(START_MS + 86_400_000),
  }
}

/** The method of the aggregated client, by the name of its operation. */
function methodOf(sdk: KMS, name: OperationName): (input: object) => Promise<object> {
  const method: unknown = Reflect.get(sdk, `${name.charAt(0).toLowerCase()}${name.slice(1)}`)
  if (typeof method !== 'function') throw new Error(`the SDK has no ${name}`)
  return method.bind(sdk) as (input: object) => Promise<object>
}

describe('every operation goes through', () => {
  test.each(Object.keys(API_OPERATIONS) as OperationName[])('%s', async (name) => {
    const t = await fixture()
    const [prepare, ...expected] = CASES[name]
    const { $metadata, ...answer } = (await methodOf(t.sdk, name)(await prepare(t))) as {
      $metadata: { httpStatusCode?: number; requestId?: string }
    }
    expect(
      Object.entries(answer)
        .flatMap(([member, value]) => (value === undefined ? [] : [member]))
        .sort(),
    ).toEqual(expected)
    expect($metadata.httpStatusCode).toBe(200)
    // The request id of the answer is that of its audit record.
    expect(t.records.some((record) => record.eventName === name && record.requestID === $metadata.requestId)).toBe(true)
  })

  test('the SDK has no operation that is not tested here', async () => {
    const { sdk } = await fixture()
    const own = ['constructor', 'send', 'destroy']
    const methods = Object.getOwnPropertyNames(KMS.prototype).filter(
      (name) => !own.includes(name) && !name.startsWith('paginate'),
    )
    const known = Object.keys(API_OPERATIONS).map((name) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`)
    expect(methods.toSorted()).toEqual(known.toSorted())
    sdk.destroy()
  })
})

describe('values', () => {
  test('bytes come back as they went, whatever they are', async () => {
    const { sdk, key } = await fixture()
    const KeyId = await key()
    for (const Plaintext of [new Uint8Array([0]), new Uint8Array([255, 254, 0, 13, 10]), randomBytes(4096)]) {
      const { CiphertextBlob } = await sdk.encrypt({ KeyId, Plaintext })
      const opened = await sdk.decrypt({ CiphertextBlob: CiphertextBlob! })
      expect(Buffer.from(opened.Plaintext!).equals(Buffer.from(Plaintext))).toBe(true)
      expect(opened.Plaintext).toBeInstanceOf(Uint8Array)
    }
  })

  test('texts of any script, and names that objects have themselves', async () => {
    const { sdk, key } = await fixture()
    const KeyId = await key({ Description: 'Schlüssel 鍵 🔑' })
    const { KeyMetadata } = await sdk.describeKey({ KeyId })
    expect(KeyMetadata?.Description).toBe('Schlüssel 鍵 🔑')
    const EncryptionContext = { constructor: 'a', toString: 'b', 鍵: '🔑' }
    const { CiphertextBlob } = await sdk.encrypt({ KeyId, Plaintext: MESSAGE, EncryptionContext })
    const opened = await sdk.decrypt({ CiphertextBlob: CiphertextBlob!, EncryptionContext })
    expect(Buffer.from(opened.Plaintext!).toString()).toBe('a message')
  })

  test('points in time are dates both ways', async () => {
    const t = await fixture()
    const imported = await importRequest(t)
    await t.sdk.importKeyMaterial({ ...imported, ExpirationModel: 'KEY_MATERIAL_EXPIRES' })
    const { KeyMetadata } = await t.sdk.describeKey({ KeyId: imported.KeyId })
    expect(KeyMetadata?.ValidTo).toEqual(imported.ValidTo)
    expect(KeyMetadata?.CreationDate).toEqual(new Date(START_MS))
  })
})

async function errorOf(asked: Promise<unknown>): Promise<unknown> {
  return asked.then(
    () => 'succeeded',
    (error: unknown) => error,
  )
}

describe("errors are the SDK's own", () => {
  test('NotFoundException', async () => {
    const { sdk } = await fixture()
    const error = await errorOf(sdk.describeKey({ KeyId: 'alias/nothing' }))
    expect(error).toBeInstanceOf(NotFoundException)
    expect(error).toMatchObject({
      name: 'NotFoundException',
      message: 'Alias arn:aws:kms:us-east-1:111122223333:alias/nothing is not found.',
      $fault: 'client',
      $metadata: { httpStatusCode: 400, attempts: 1, totalRetryDelay: 0 },
    })
  })

  test('DisabledException and KMSInvalidStateException', async () => {
    const { sdk, key, kms } = await fixture()
    const KeyId = await key()
    await sdk.disableKey({ KeyId })
    expect(await errorOf(sdk.encrypt({ KeyId, Plaintext: MESSAGE }))).toBeInstanceOf(DisabledException)
    const client = new KMSClient({ ...inProcess(kms, ADMIN) })
    await client.send(new ScheduleKeyDeletionCommand({ KeyId }))
    expect(await errorOf(client.send(new EncryptCommand({ KeyId, Plaintext: MESSAGE })))).toBeInstanceOf(
      KMSInvalidStateException,
    )
  })

  test('one without a message', async () => {
    const { sdk, key } = await fixture()
    const { CiphertextBlob } = await sdk.encrypt({ KeyId: await key(), Plaintext: MESSAGE })
    const error = await errorOf(sdk.decrypt({ CiphertextBlob: CiphertextBlob!, EncryptionContext: { a: 'b' } }))
    expect(error).toBeInstanceOf(InvalidCiphertextException)
    expect(error).toMatchObject({ name: 'InvalidCiphertextException', message: 'UnknownError' })
  })

  test('one of the other layer of AWS, which the SDK has no class for', async () => {
    const { kms, key, denied } = await fixture()
    const sdk = new KMS(inProcess(kms, NOBODY))
    const KeyId = await key()
    const error = await errorOf(sdk.describeKey({ KeyId }))
    expect(error).toBeInstanceOf(KMSServiceException)
    expect(error).toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringMatching(
        /^User: arn:aws:iam::111122223333:user\/nobody is not authorized to perform: kms:DescribeKey on resource: arn:aws:kms:us-east-1:111122223333:key\//,
      ) as unknown,
      $metadata: { httpStatusCode: 400, requestId: denied[0]?.requestId },
    })
  })

  test('a store that cannot: a fault of the service, said once and not tried again', async () => {
    const broken = createMemoryStore()
    const t = await fixture({ store: broken })
    await broken.close()
    const error = await errorOf(t.sdk.listKeys({}))
    expect(error).toMatchObject({
      name: 'KMSInternalException',
      $fault: 'server',
      $metadata: { httpStatusCode: 500, attempts: 1 },
    })
  })

  test('an operation that KMS does not have', async () => {
    const { sdk } = await fixture()
    sdk.middlewareStack.add(
      (next) => (args) => {
        Reflect.set(Reflect.get(args.request as object, 'headers') as object, 'x-amz-target', 'TrentService.OpenSesame')
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    expect(await errorOf(sdk.listKeys({}))).toMatchObject({
      name: 'UnknownOperationException',
      $metadata: { httpStatusCode: 400 },
    })
  })
})

describe('Regions', () => {
  test("a client calls its own Region, else the caller's, else the engine's", async () => {
    const { kms } = await fixture({ region: 'eu-north-1' })
    const own = inProcess(kms, ADMIN)
    const inTokyo = inProcess(kms, { ...ADMIN, region: 'ap-northeast-1' })
    const arns = []
    for (const settings of [own, { ...own, region: 'eu-west-1' }, inTokyo, { ...inTokyo, region: 'us-gov-west-1' }]) {
      const { KeyMetadata } = await new KMSClient(settings).send(new CreateKeyCommand({}))
      arns.push(KeyMetadata?.Arn?.split(':').slice(1, 4).join(':'))
    }
    expect(arns).toEqual([
      'aws:kms:eu-north-1',
      'aws:kms:eu-west-1',
      'aws:kms:ap-northeast-1',
      'aws-us-gov:kms:us-gov-west-1',
    ])
  })

  test('whichever endpoint a client is given', async () => {
    const { kms } = await fixture()
    const client = new KMSClient({ ...inProcess(kms, ADMIN), region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' })
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
    expect(KeyMetadata?.Arn).toMatch(/^arn:aws:kms:eu-west-1:/)
  })
})

describe('pages', () => {
  async function all<I, O>(
    paginate: (config: KMSPaginationConfiguration, input: I) => AsyncIterable<O>,
    client: KMS,
    input: I,
  ): Promise<O[]> {
    const pages: O[] = []
    for await (const page of paginate({ client, pageSize: 2 }, input)) pages.push(page)
    return pages
  }

  test('the paginators of the SDK walk every list', async () => {
    const t = await fixture()
    const { sdk, key } = t
    const ids = await Promise.all(Array.from({ length: 5 }, () => key()))
    const KeyId = ids[0]!
    for (const name of ['a', 'b', 'c']) await sdk.createAlias({ AliasName: `alias/${name}`, TargetKeyId: KeyId })
    await sdk.tagResource({ KeyId, Tags: ['x', 'y', 'z'].map((TagKey) => ({ TagKey, TagValue: '1' })) })
    for (let count = 0; count < 3; count++) await grant(t, KeyId)
    for (let count = 0; count < 3; count++) await sdk.rotateKeyOnDemand({ KeyId })

    const keys = await all(paginateListKeys, sdk, {})
    expect(keys.map((page) => page.Keys?.length)).toEqual([2, 2, 1])
    expect(
      keys
        .flatMap((page) => page.Keys ?? [])
        .map((each) => each.KeyId)
        .toSorted(),
    ).toEqual(ids.toSorted())
    const aliases = await all(paginateListAliases, sdk, { KeyId })
    expect(aliases.flatMap((page) => page.Aliases ?? []).map((each) => each.AliasName)).toEqual([
      'alias/a',
      'alias/b',
      'alias/c',
    ])
    expect((await all(paginateListGrants, sdk, { KeyId })).flatMap((page) => page.Grants ?? [])).toHaveLength(3)
    expect((await all(paginateListResourceTags, sdk, { KeyId })).flatMap((page) => page.Tags ?? [])).toHaveLength(3)
    expect((await all(paginateListKeyPolicies, sdk, { KeyId })).flatMap((page) => page.PolicyNames)).toEqual([
      'default',
    ])
    expect((await all(paginateListKeyRotations, sdk, { KeyId })).flatMap((page) => page.Rotations)).toHaveLength(3)
    expect(
      (await all(paginateListRetirableGrants, sdk, { RetiringPrincipal: ADMIN.principal })).flatMap(
        (page) => page.Grants ?? [],
      ),
    ).toHaveLength(3)
    expect((await all(paginateDescribeCustomKeyStores, sdk, {})).flatMap((page) => page.CustomKeyStores)).toEqual([])
  })
})

describe('giving up', () => {
  /** A store whose commits wait until they are let go. */
  function slowStore(): { readonly store: Store; readonly release: () => void; readonly began: Promise<void> } {
    const store = createMemoryStore()
    let release = (): void => undefined
    let begin = (): void => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    const began = new Promise<void>((resolve) => (begin = resolve))
    const commit = store.commit.bind(store)
    let isSlow = false
    store.commit = async (changes, audit) => {
      if (isSlow) {
        begin()
        await released
      }
      // The row of the root key, which the engine needs to start, is written at once.
      isSlow = true
      return commit(changes, audit)
    }
    return { store, release: () => release(), began }
  }

  test('before the request', async () => {
    const { sdk, records } = await fixture()
    const error = await errorOf(sdk.send(new ListKeysCommand({}), { abortSignal: AbortSignal.abort() }))
    expect(error).toMatchObject({ name: 'AbortError' })
    expect(records).toEqual([])
  })

  test('while it waits; what was asked is done all the same', async () => {
    const { store, release, began } = slowStore()
    const { sdk } = await fixture({ store })
    const controller = new AbortController()
    const asked = errorOf(sdk.send(new CreateKeyCommand({}), { abortSignal: controller.signal }))
    await began
    controller.abort()
    expect(await asked).toMatchObject({ name: 'AbortError', message: 'Request aborted' })
    release()
    const { Keys } = await sdk.send(new ListKeysCommand({}))
    expect(Keys).toHaveLength(1)
  })

  test('not at all: nothing stays behind with the signal', async () => {
    const { sdk, key } = await fixture()
    const KeyId = await key()
    const { signal } = new AbortController()
    let listening = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => (listening++, add(...args))
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (listening--, remove(...args))
    for (let count = 0; count < 3; count++) await sdk.send(new DescribeKeyCommand({ KeyId }), { abortSignal: signal })
    expect(listening).toBe(0)
  })
})

describe('settings', () => {
  test('nothing is looked for in the environment or in files', async () => {
    const { kms } = await fixture()
    const before = { ...process.env }
    process.env['AWS_CONFIG_FILE'] = '/nonexistent/config'
    process.env['AWS_ENDPOINT_URL_KMS'] = 'http://127.0.0.1:1'
    process.env['AWS_MAX_ATTEMPTS'] = 'many'
    process.env['AWS_PROFILE'] = 'nobody'
    process.env['AWS_USE_FIPS_ENDPOINT'] = 'perhaps'
    try {
      const client = new KMSClient({ ...inProcess(kms, ADMIN) })
      const { CiphertextBlob } = await client.send(
        new EncryptCommand({
          KeyId: (await client.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId,
          Plaintext: MESSAGE,
        }),
      )
      expect((await client.send(new DecryptCommand({ CiphertextBlob }))).Plaintext).toEqual(MESSAGE)
    } finally {
      process.env = before
    }
  })

  test('a client that is destroyed leaves the engine alone', async () => {
    const { sdk, kms } = await fixture()
    sdk.destroy()
    await expect(kms.call('ListKeys', {}, ADMIN)).resolves.toMatchObject({ Keys: [] })
  })
})
