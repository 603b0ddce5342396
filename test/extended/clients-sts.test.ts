/**
 * Sessions, as the AWS SDK for JavaScript v3 gets and uses them: assumed, renewed, expired, and ended with the credential
 * that they came from.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KMS } from '@aws-sdk/client-kms'
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  MalformedPolicyDocumentException,
  STSClient,
  STSServiceException,
  type Credentials,
} from '@aws-sdk/client-sts'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startServer } from '../../src/server/http/server.js'
import { kmsClient, ROLE, SESSION, stsClient, WORLD } from '../server/clients/scene.js'
import { ACCOUNT, REGION, serveProcess, type AccessKeys, type ServeProcess } from '../server/clients/serve-process.js'
import { allow, policyOf, policyText, role, stsFixture, trusts, user } from '../server/sts/sts-fixture.js'

let served: ServeProcess
let admin: AccessKeys
beforeAll(async () => {
  served = await serveProcess({ world: WORLD })
  admin = await served.credentialsOf('user/admin')
})
afterAll(async () => {
  expect(await served.stop(), served.told()).toBe(0)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

function keysOf(credentials: Credentials | undefined): Required<AccessKeys> & { readonly expiration: Date } {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {}
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) throw new Error('there are no credentials')
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration: Expiration,
  }
}

const DEPLOY = { RoleArn: ROLE, RoleSessionName: 'deploy', DurationSeconds: 900 }

describe('a role', () => {
  test('is assumed by a client that needs credentials, once for as long as they last', async () => {
    const sts = stsClient({ url: served.url, keys: admin })
    let assumed = 0
    const kms = new KMS({
      endpoint: served.url,
      region: REGION,
      credentials: async () => {
        assumed++
        return keysOf((await sts.send(new AssumeRoleCommand(DEPLOY))).Credentials)
      },
    })
    onTestFinished(() => kms.destroy())
    const { KeyMetadata } = await kmsClient({ url: served.url, keys: admin }).createKey({})
    const { KeyId } = KeyMetadata!
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: Buffer.from('secret') })
    expect(Buffer.from((await kms.decrypt({ CiphertextBlob })).Plaintext!).toString()).toBe('secret')
    expect(assumed).toBe(1)
    await expect(kms.describeKey({ KeyId })).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`User: ${SESSION}/deploy is not authorized`) as string,
    })
  })

  test('of a profile, by the settings of the SDK alone', async () => {
    const config = join(served.folder, 'aws-config')
    const credentials = join(served.folder, 'aws-credentials')
    const { accessKeyId, secretAccessKey } = admin
    writeFileSync(
      config,
      `[profile app]\nrole_arn = ${ROLE}\nsource_profile = admin\nrole_session_name = profile\nregion = ${REGION}\n`,
    )
    writeFileSync(
      credentials,
      `[admin]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    )
    const variables = {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_SESSION_TOKEN: undefined,
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: credentials,
      AWS_PROFILE: 'app',
      AWS_REGION: undefined,
      AWS_ENDPOINT_URL_KMS: served.url,
      AWS_ENDPOINT_URL_STS: served.url,
    }
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
    const kms = new KMS({})
    const sts = new STSClient({})
    onTestFinished(() => {
      kms.destroy()
      sts.destroy()
    })
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Arn: `${SESSION}/profile` })
    expect(await kms.listKeys({})).toMatchObject({ Truncated: false })
  })

  test('a session can do less than its role, and never more', async () => {
    const sts = stsClient({ url: served.url, keys: admin })
    const Policy = policyText(allow(['kms:Encrypt', 'kms:DescribeKey']))
    const { Credentials } = await sts.send(new AssumeRoleCommand({ ...DEPLOY, Policy }))
    const session = kmsClient({ url: served.url, keys: keysOf(Credentials) })
    const { KeyMetadata } = await kmsClient({ url: served.url, keys: admin }).createKey({})
    const { KeyId } = KeyMetadata!
    const { CiphertextBlob } = await session.encrypt({ KeyId, Plaintext: Buffer.from('x') })
    await expect(session.decrypt({ CiphertextBlob })).rejects.toMatchObject({
      message: expect.stringContaining('because no session policy allows the kms:Decrypt action') as string,
    })
    await expect(session.describeKey({ KeyId })).rejects.toMatchObject({
      message: expect.stringContaining('because no identity-based policy allows the kms:DescribeKey action') as string,
    })
  })
})

test('users and federated users get sessions, and errors have the classes of the client', async () => {
  const sts = stsClient({ url: served.url, keys: admin })
  const own = keysOf((await sts.send(new GetSessionTokenCommand({}))).Credentials)
  const sameUser = stsClient({ url: served.url, keys: own })
  expect(await sameUser.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Arn: `arn:aws:iam::${ACCOUNT}:user/admin`,
  })
  const Policy = policyText(allow('kms:ListKeys'))
  const federated = await sts.send(new GetFederationTokenCommand({ Name: 'fay', Policy }))
  expect(federated.FederatedUser?.Arn).toBe(`arn:aws:sts::${ACCOUNT}:federated-user/fay`)
  const fay = kmsClient({ url: served.url, keys: keysOf(federated.Credentials) })
  expect(await fay.listKeys({})).toMatchObject({ $metadata: { httpStatusCode: 200 } })
  await expect(fay.createKey({})).rejects.toMatchObject({ name: 'AccessDeniedException' })

  const malformed = sts.send(new AssumeRoleCommand({ ...DEPLOY, Policy: '{' }))
  await expect(malformed).rejects.toBeInstanceOf(MalformedPolicyDocumentException)
  const nobody = stsClient({ url: served.url, keys: await served.credentialsOf('user/nobody') })
  const denied = nobody.send(new AssumeRoleCommand(DEPLOY))
  await expect(denied).rejects.toBeInstanceOf(STSServiceException)
  await expect(denied).rejects.toMatchObject({
    name: 'AccessDenied',
    message: `User: arn:aws:iam::${ACCOUNT}:user/nobody is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
    $metadata: { httpStatusCode: 403, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string },
  })
})

test('a credential that is revoked ends with its sessions, while the server runs', async () => {
  const keys = await served.credentialsOf('user/admin')
  const { Credentials } = await stsClient({ url: served.url, keys }).send(new AssumeRoleCommand(DEPLOY))
  const user = kmsClient({ url: served.url, keys })
  const session = kmsClient({ url: served.url, keys: keysOf(Credentials) })
  await user.listKeys({})
  await session.listKeys({})
  await served.revoke(keys.accessKeyId)
  // Another process has revoked it: this one learns of it within a moment.
  for (const client of [user, session]) {
    await expect
      .poll(() => client.listKeys({}).then(() => 'answered', nameOf), { timeout: 30_000 })
      .toBe('UnrecognizedClientException')
  }
})

test('a session that has expired is refused with what the client expects', async () => {
  const fixture = await stsFixture({
    principals: [
      { arn: user('Ann'), policies: [policyOf('identity', allow('*'))] },
      {
        arn: role('App'),
        policies: [policyOf('identity', allow('*'))],
        trust: policyOf('trust', trusts(user('Ann'))),
      },
    ],
  })
  const startedAtMs = Date.now()
  fixture.clock.nowMs = startedAtMs
  const { kms, sts, authenticate } = fixture
  const server = await startServer({ backend: { kms, sts, authenticate } })
  onTestFinished(() => server.close({ now: true }))
  await server.ready
  const [url = ''] = server.urls
  const keys = await fixture.keysOf(user('Ann'))
  const assume = new AssumeRoleCommand({ ...DEPLOY, RoleArn: role('App') })
  const session = keysOf((await stsClient({ url, keys }).send(assume)).Credentials)
  const before = kmsClient({ url, keys: session })
  await before.listKeys({})

  const laterMs = 901_000
  fixture.clock.nowMs = startedAtMs + laterMs
  const later = { endpoint: url, region: REGION, credentials: session, maxAttempts: 1, systemClockOffset: laterMs }
  const expired = [new KMS(later), new STSClient(later)] as const
  onTestFinished(() => {
    for (const client of expired) client.destroy()
  })
  await expect(expired[0].listKeys({})).rejects.toMatchObject({ name: 'ExpiredTokenException' })
  await expect(expired[1].send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'ExpiredToken' })
})

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error)
}
