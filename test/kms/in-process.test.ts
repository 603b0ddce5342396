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
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { inProcess } from '../../src/kms/in-process.js'
import type { Store } from '../../src/kms/store.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { fixture, grant, importRequest, MESSAGE } from './sdk-fixture.js'
import { ADMIN, NOBODY, START_MS } from './test-kms.js'

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
        .map((each) => each.KeyId ?? '')
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
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const began = new Promise<void>((resolve) => {
      begin = resolve
    })
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
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listening++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listening--
      remove(...args)
    }
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
