/** The AWS SDK for JavaScript v3, as it is installed, as a client of `keyward serve`: every operation, errors, pages, retries. */
import {
  AlreadyExistsException,
  DisabledException,
  InvalidCiphertextException,
  KMS,
  KMSServiceException,
  NotFoundException,
  paginateListAliases,
  paginateListKeys,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { API_OPERATIONS, type OperationName } from '../../src/aws/operations.js'
import { EVERY_OPERATION, methodOf } from '../kms/every-operation.js'
import { makers, MESSAGE, type OnService } from '../kms/sdk-fixture.js'
import { keyStoreServer } from '../server/clients/key-store-server.js'
import { ADMIN, kmsClient, WORLD } from '../server/clients/scene.js'
import { ACCOUNT, REGION, serveProcess, type AccessKeys, type ServeProcess } from '../server/clients/serve-process.js'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

let served: ServeProcess
let keys: AccessKeys
let admin: KMS
beforeAll(async () => {
  served = await serveProcess({ world: WORLD, config: { rates: { GenerateRandom: 0.5 } } })
  keys = await served.credentialsOf('user/admin')
  admin = new KMS({ endpoint: served.url, region: REGION, credentials: keys })
})
afterAll(async () => {
  admin.destroy()
  expect(await served.stop(), served.told()).toBe(0)
})

describe('every operation', () => {
  test.each(Object.keys(API_OPERATIONS) as OperationName[])('%s', async (name) => {
    // It takes a proxy for an external key store.
    const service: OnService = name.includes('CustomKeyStore')
      ? await keyStoreServer()
      : { ...makers(admin), clock: { nowMs: Date.now() } }
    const [prepare, ...expected] = EVERY_OPERATION[name]
    const answer = await methodOf(service.sdk, name)(await prepare(service))
    const { $metadata, ...members } = answer as { readonly $metadata: object }
    const present = Object.entries(members).filter(([, value]) => value !== undefined)
    expect(present.map(([member]) => member).toSorted()).toEqual(expected)
    expect($metadata).toMatchObject({ httpStatusCode: 200, requestId: expect.stringMatching(UUID) as string })
  })
})

describe('values', () => {
  test('bytes are bytes and times are dates', async () => {
    const before = Date.now()
    const { KeyMetadata } = await admin.createKey({})
    const { CreationDate, KeyId } = KeyMetadata!
    expect(CreationDate).toBeInstanceOf(Date)
    expect(CreationDate!.getTime()).toBeGreaterThanOrEqual(before - 1000)
    expect(CreationDate!.getTime()).toBeLessThanOrEqual(Date.now())
    const { CiphertextBlob } = await admin.encrypt({ KeyId, Plaintext: MESSAGE })
    expect(CiphertextBlob).toBeInstanceOf(Uint8Array)
    expect((await admin.decrypt({ CiphertextBlob })).Plaintext).toEqual(Uint8Array.from(MESSAGE))
    const { DeletionDate } = await admin.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    expect(Math.abs(DeletionDate!.getTime() - before - 7 * 86_400_000)).toBeLessThan(3_600_000)
  })

  test('texts of any script come back as they went', async () => {
    const Description = 'größer 鍵 🔑 \u2028 "<&>\\'
    const { KeyMetadata } = await admin.createKey({
      Description,
      Tags: [{ TagKey: 'équipe', TagValue: 'bleu + vert' }],
    })
    const { KeyId } = KeyMetadata!
    expect((await admin.describeKey({ KeyId })).KeyMetadata?.Description).toBe(Description)
    expect((await admin.listResourceTags({ KeyId })).Tags).toEqual([{ TagKey: 'équipe', TagValue: 'bleu + vert' }])
    const EncryptionContext = { ключ: '値', b: '' }
    const { CiphertextBlob } = await admin.encrypt({ KeyId, Plaintext: MESSAGE, EncryptionContext })
    expect((await admin.decrypt({ CiphertextBlob, EncryptionContext })).KeyId).toBe(KeyMetadata!.Arn)
  })

  test('the Region of the client is that of its keys', async () => {
    const there = kmsClient({ url: served.url, keys, region: 'ap-southeast-2' })
    const { KeyMetadata } = await there.createKey({})
    expect(KeyMetadata?.Arn).toBe(`arn:aws:kms:ap-southeast-2:${ACCOUNT}:key/${KeyMetadata?.KeyId ?? ''}`)
    await expect(admin.describeKey({ KeyId: KeyMetadata?.KeyId })).rejects.toBeInstanceOf(NotFoundException)
  })
})

describe('errors are those of the client', () => {
  test('with their own classes, where the model has them', async () => {
    const { KeyMetadata } = await admin.createKey({})
    const { KeyId, Arn } = KeyMetadata!
    const missing = admin.describeKey({ KeyId: '00000000-0000-4000-8000-000000000000' })
    await expect(missing).rejects.toBeInstanceOf(NotFoundException)
    await expect(missing).rejects.toMatchObject({
      message: `Key 'arn:aws:kms:${REGION}:${ACCOUNT}:key/00000000-0000-4000-8000-000000000000' does not exist`,
      $fault: 'client',
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(UUID) as string },
    })
    await admin.createAlias({ AliasName: 'alias/twice', TargetKeyId: KeyId })
    const again = admin.createAlias({ AliasName: 'alias/twice', TargetKeyId: KeyId })
    await expect(again).rejects.toBeInstanceOf(AlreadyExistsException)
    const { CiphertextBlob } = await admin.encrypt({ KeyId, Plaintext: MESSAGE })
    const elsewhere = admin.decrypt({ CiphertextBlob, EncryptionContext: { other: 'context' } })
    await expect(elsewhere).rejects.toBeInstanceOf(InvalidCiphertextException)
    await admin.disableKey({ KeyId })
    const disabled = admin.encrypt({ KeyId, Plaintext: MESSAGE })
    await expect(disabled).rejects.toBeInstanceOf(DisabledException)
    await expect(disabled).rejects.toMatchObject({ message: `${Arn ?? ''} is disabled.` })
  })

  test('and by name, where it has not', async () => {
    const { KeyMetadata } = await admin.createKey({})
    const { KeyId, Arn } = KeyMetadata!
    const nobody = kmsClient({ url: served.url, keys: await served.credentialsOf('user/nobody') })
    const denied = nobody.encrypt({ KeyId, Plaintext: MESSAGE })
    await expect(denied).rejects.toBeInstanceOf(KMSServiceException)
    await expect(denied).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        `User: arn:aws:iam::${ACCOUNT}:user/nobody is not authorized to perform: kms:Encrypt on resource: ${Arn ?? ''} ` +
        'because no identity-based policy allows the kms:Encrypt action',
      $metadata: { httpStatusCode: 400 },
    })
    await expect(admin.encrypt({ KeyId, Plaintext: new Uint8Array(4097) })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining("Value at 'plaintext' failed to satisfy constraint") as string,
    })
    const { accessKeyId } = keys
    const wrong = kmsClient({ url: served.url, keys: { accessKeyId, secretAccessKey: 'wrong' } })
    await expect(wrong.listKeys({})).rejects.toMatchObject({ name: 'InvalidSignatureException' })
    const unknown = kmsClient({ url: served.url, keys: { ...keys, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' } })
    await expect(unknown.listKeys({})).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    })
  })
})

describe('pages', () => {
  test('go on to the end, and hold each thing once', async () => {
    const region = 'eu-north-1'
    const client = kmsClient({ url: served.url, keys, region })
    const made: string[] = []
    for (let index = 0; index < 7; index++) {
      const { KeyMetadata } = await client.createKey({})
      made.push(KeyMetadata!.KeyId!)
      await client.createAlias({ AliasName: `alias/page-${index}`, TargetKeyId: KeyMetadata!.KeyId })
    }
    const sizes: number[] = []
    const listed: string[] = []
    for await (const { Keys = [] } of paginateListKeys({ client, pageSize: 3 }, {})) {
      sizes.push(Keys.length)
      listed.push(...Keys.map(({ KeyId }) => KeyId!))
    }
    expect(sizes).toEqual([3, 3, 1])
    expect(listed.toSorted()).toEqual(made.toSorted())
    const names: string[] = []
    for await (const { Aliases = [] } of paginateListAliases({ client, pageSize: 2 }, {})) {
      names.push(...Aliases.map(({ AliasName }) => AliasName!).filter((name) => name.startsWith('alias/page-')))
    }
    expect(names).toEqual(Array.from({ length: 7 }, (_, index) => `alias/page-${index}`))
  })
})

describe('throttles', () => {
  test('are tried again by the client, which succeeds in the end', async () => {
    const patient = kmsClient({ url: served.url, keys, maxAttempts: 20 })
    let attempts = 0
    // However slow the machine is, some time more than one a second is asked.
    while (attempts < 2) {
      const answers = await Promise.all([1, 2, 3].map(() => patient.generateRandom({ NumberOfBytes: 16 })))
      for (const { Plaintext, $metadata } of answers) {
        expect(Plaintext).toHaveLength(16)
        attempts = Math.max(attempts, $metadata.attempts ?? 0)
      }
    }
  })

  test('are told to a client that does not try again', async () => {
    const hasty = kmsClient({ url: served.url, keys, maxAttempts: 1 })
    const ask = (): Promise<unknown> => hasty.generateRandom({ NumberOfBytes: 16 }).catch((error: unknown) => error)
    let refused: unknown
    while (!(refused instanceof Error)) refused = (await Promise.all([ask(), ask(), ask()])).find(isError)
    expect(refused).toBeInstanceOf(KMSServiceException)
    expect(refused).toMatchObject({
      name: 'ThrottlingException',
      message: 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(UUID) as string },
    })
  })
})

function isError(value: unknown): value is Error {
  return value instanceof Error
}

test.each([-7_200_000, 7_200_000])(
  'a client whose clock is wrong by %i ms is told the time, and asks again',
  async (byMs) => {
    const client = kmsClient({ url: served.url, keys, maxAttempts: 3 })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + byMs })
    onTestFinished(() => void vi.useRealTimers())
    const { $metadata } = await client.listAliases({ Limit: 1 })
    expect($metadata.attempts).toBeGreaterThan(1)
  },
)

test('a change is seen by the next request of another connection', async () => {
  const { KeyMetadata } = await admin.createKey({})
  const { KeyId } = KeyMetadata!
  const other = kmsClient({ url: served.url, keys: served.rootKeys })
  expect((await other.describeKey({ KeyId })).KeyMetadata?.Enabled).toBe(true)
  const policy = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: ADMIN }, Action: 'kms:*', Resource: '*' },
  }
  await admin.putKeyPolicy({ KeyId, Policy: JSON.stringify(policy) })
  await expect(other.describeKey({ KeyId })).rejects.toMatchObject({ name: 'AccessDeniedException' })
})
