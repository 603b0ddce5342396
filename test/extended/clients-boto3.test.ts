/** boto3, the AWS SDK for Python, as a client of `keyward serve`: every operation it knows, its types, errors and pages. */
import { KMS } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { API_OPERATIONS, type OperationName } from '../../src/aws/operations.js'
import { EVERY_OPERATION } from '../kms/every-operation.js'
import { makers, MESSAGE } from '../kms/sdk-fixture.js'
import {
  Boto3,
  BotoError,
  PYTHON,
  type BotoClient,
  type BotoFailure,
  type KnownOperation,
} from '../server/clients/boto3.js'
import { keyStoreServer } from '../server/clients/key-store-server.js'
import { describeWith } from '../server/clients/presence.js'
import { ROLE, SESSION, WORLD } from '../server/clients/scene.js'
import { ACCOUNT, REGION, serveProcess, type ServeProcess } from '../server/clients/serve-process.js'

/** Older versions ask for it. */
const ITS_NAME = { PolicyName: 'default' }
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

describeWith('Python with boto3', PYTHON !== undefined, 'boto3', () => {
  let served: ServeProcess
  let boto: Boto3
  let known: Readonly<Record<string, KnownOperation>>
  let kms: BotoClient
  let admin: KMS
  beforeAll(async () => {
    served = await serveProcess({ world: WORLD, config: { rates: { GenerateRandom: 0.5 } } })
    const keys = await served.credentialsOf('user/admin')
    kms = { service: 'kms', url: served.url, keys }
    admin = new KMS({ endpoint: served.url, region: REGION, credentials: keys })
    boto = Boto3.start(served.folder)
    known = (await boto.known(kms)).operations
  })
  afterAll(async () => {
    admin.destroy()
    await boto.stop()
    expect(await served.stop(), served.told()).toBe(0)
  })

  test.for(Object.keys(API_OPERATIONS) as OperationName[])('%s', async (name, context) => {
    const { method, input: takes, output: gives } = known[name] ?? {}
    if (method === undefined || takes === undefined) return context.skip('this version of boto3 does not know it')
    const isOfStores = name.includes('CustomKeyStore')
    const service = isOfStores ? await keyStoreServer() : { ...makers(admin), clock: { nowMs: Date.now() } }
    const client = 'url' in service ? { ...kms, url: service.url, keys: service.keys } : kms
    const [prepare, ...members] = EVERY_OPERATION[name]
    const input = await prepare(service)
    if (Object.keys(input).some((member) => !takes.includes(member))) {
      return context.skip('this version of boto3 does not know all of its members')
    }
    const { ResponseMetadata, ...answer } = await boto.call(
      client,
      method,
      takes.includes('PolicyName') ? { ...ITS_NAME, ...input } : input,
    )
    expect(Object.keys(answer).toSorted()).toEqual(members.filter((member) => gives?.includes(member)))
    expect(ResponseMetadata).toMatchObject({
      HTTPStatusCode: 200,
      RequestId: expect.stringMatching(UUID) as string,
      RetryAttempts: expect.any(Number) as number,
    })
  })

  test('bytes are bytes and times are times', async () => {
    const before = Date.now()
    const created = await boto.call(kms, 'create_key', { Description: 'größer 鍵 🔑' })
    const { KeyId, CreationDate, Description } = created['KeyMetadata'] as Record<string, unknown>
    expect(Description).toBe('größer 鍵 🔑')
    expect(CreationDate).toBeInstanceOf(Date)
    expect((CreationDate as Date).getTime()).toBeGreaterThanOrEqual(before - 1000)
    expect((CreationDate as Date).getTime()).toBeLessThanOrEqual(Date.now())
    const EncryptionContext = { tenant: 'größer', b: '' }
    const { CiphertextBlob } = await boto.call(kms, 'encrypt', { KeyId, Plaintext: MESSAGE, EncryptionContext })
    expect(CiphertextBlob).toBeInstanceOf(Buffer)
    const { Plaintext } = await boto.call(kms, 'decrypt', { CiphertextBlob, EncryptionContext })
    expect(Plaintext).toEqual(Buffer.from(MESSAGE))
    // What one client has sealed, another opens.
    expect((await admin.decrypt({ CiphertextBlob: CiphertextBlob as Buffer, EncryptionContext })).Plaintext).toEqual(
      Uint8Array.from(MESSAGE),
    )
  })

  async function failureOf(call: Promise<unknown>): Promise<BotoFailure> {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!(error instanceof BotoError)) throw new Error('it has not failed', { cause: error })
    return error.failure
  }

  test('errors are those of the client', async () => {
    const KeyId = '00000000-0000-4000-8000-000000000000'
    const text = `Key 'arn:aws:kms:${REGION}:${ACCOUNT}:key/${KeyId}' does not exist`
    expect(await failureOf(boto.call(kms, 'describe_key', { KeyId }))).toEqual({
      class: 'NotFoundException',
      isModeled: true,
      code: 'NotFoundException',
      message: text,
      text: expect.stringMatching(
        /^An error occurred \(NotFoundException\) when calling the DescribeKey operation/,
      ) as string,
      status: 400,
      requestId: expect.stringMatching(UUID) as string,
    })
    const { KeyMetadata } = await admin.createKey({})
    const nobody = { ...kms, keys: await served.credentialsOf('user/nobody') }
    expect(await failureOf(boto.call(nobody, 'describe_key', { KeyId: KeyMetadata?.KeyId }))).toMatchObject({
      class: expect.stringMatching(/^(?:ClientError|AccessDeniedException)$/) as string,
      code: 'AccessDeniedException',
      message: expect.stringContaining('is not authorized to perform: kms:DescribeKey on resource:') as string,
    })
    const wrong = { ...kms, keys: { ...kms.keys, secretAccessKey: 'wrong' } }
    expect(await failureOf(boto.call(wrong, 'list_keys'))).toMatchObject({ code: 'InvalidSignatureException' })
    expect(await failureOf(boto.call(kms, 'list_keys', { Limit: 1001 }))).toMatchObject({
      code: 'ValidationException',
      message: expect.stringContaining("Value '1001' at 'limit' failed to satisfy constraint") as string,
    })
  })

  test('pages go on to the end', async () => {
    const there = { ...kms, region: 'eu-north-1' }
    const made: unknown[] = []
    for (let index = 0; index < 5; index++) {
      const { KeyMetadata } = await boto.call(there, 'create_key')
      made.push((KeyMetadata as Record<string, unknown>)['KeyId'])
    }
    const pages = await boto.pages(there, 'list_keys', 2)
    expect(pages.map(({ Keys }) => (Keys as unknown[]).length)).toEqual([2, 2, 1])
    const listed = pages.flatMap(({ Keys }) => (Keys as readonly { KeyId: string }[]).map(({ KeyId }) => KeyId))
    expect(new Set(listed)).toEqual(new Set(made))
  })

  test('throttles are tried again', async () => {
    const patient = { ...kms, attempts: 20 }
    let retries = 0
    while (retries === 0) {
      const { ResponseMetadata, Plaintext } = await boto.call(patient, 'generate_random', { NumberOfBytes: 16 })
      expect(Plaintext).toHaveLength(16)
      retries = ResponseMetadata.RetryAttempts
    }
    expect(await failureOf(hasty())).toMatchObject({ code: 'ThrottlingException', status: 400 })
  })

  /** Asks until it is refused. */
  async function hasty(): Promise<never> {
    for (;;) await boto.call(kms, 'generate_random', { NumberOfBytes: 16 })
  }

  test('STS: who somebody is, by a URL that was signed before', async () => {
    const url = await boto.presigned({ ...kms, service: 'sts' }, 'get_caller_identity', 600)
    const answer = await fetch(url)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/xml'])
    expect(await answer.text()).toContain(`<Arn>arn:aws:iam::${ACCOUNT}:user/admin</Arn>`)
    const changed = await fetch(url.replace('X-Amz-Expires=600', 'X-Amz-Expires=601'))
    expect(changed.status).toBe(403)
    expect(await changed.text()).toContain('<Code>SignatureDoesNotMatch</Code>')
  })

  test('STS: a role is assumed and used, and an error is read', async () => {
    const sts: BotoClient = { ...kms, service: 'sts' }
    expect(await boto.call(sts, 'get_caller_identity')).toMatchObject({
      Account: ACCOUNT,
      Arn: `arn:aws:iam::${ACCOUNT}:user/admin`,
    })
    const assumed = await boto.call(sts, 'assume_role', { RoleArn: ROLE, RoleSessionName: 'py', DurationSeconds: 900 })
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = assumed['Credentials'] as Record<string, string>
    expect(Expiration).toBeInstanceOf(Date)
    const keys = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! }
    expect(await boto.call({ ...sts, keys }, 'get_caller_identity')).toMatchObject({ Arn: `${SESSION}/py` })
    const { KeyMetadata } = await admin.createKey({})
    const { KeyId } = KeyMetadata!
    const { CiphertextBlob } = await boto.call({ ...kms, keys }, 'encrypt', { KeyId, Plaintext: MESSAGE })
    expect((await boto.call({ ...kms, keys }, 'decrypt', { CiphertextBlob }))['Plaintext']).toEqual(
      Buffer.from(MESSAGE),
    )
    expect(await failureOf(boto.call({ ...kms, keys }, 'describe_key', { KeyId }))).toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringContaining(`User: ${SESSION}/py is not authorized`) as string,
    })
    const other = { RoleArn: `${ROLE}2`, RoleSessionName: 'py' }
    expect(await failureOf(boto.call(sts, 'assume_role', other))).toMatchObject({ code: 'AccessDenied', status: 403 })
  })
})
