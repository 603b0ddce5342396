/**
 * The AWS SDK as the client of STS and of the key service, over HTTP and with its own signatures.
 */
import { DecryptCommand, DescribeKeyCommand, EncryptCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  STSClient,
  type Credentials,
} from '@aws-sdk/client-sts'
import aws4, { type Keys } from 'aws4'
import { expect, onTestFinished, test } from 'vitest'
import { startServer } from '../../../src/server/http/server.js'
import { A, allow, policyOf, policyText, REGION, role, stsFixture, trusts, user } from './sts-fixture.js'

const ANN = user('Ann')
const APP = role('service/App')
const ALL = policyOf('identity', allow('*'))
const LONG = 30_000

interface Clients {
  readonly sts: (keys: Keys) => STSClient
  readonly kms: (keys: Keys) => KMSClient
  readonly ann: Keys
  readonly endpoint: string
}

async function clients(): Promise<Clients> {
  const fixture = await stsFixture({
    principals: [
      { arn: ANN, policies: [ALL], uniqueId: 'AIDAANNANNANNANNANN23' },
      { arn: APP, policies: [ALL], trust: policyOf('trust', trusts(A)), uniqueId: 'AROAAPPAPPAPPAPPAPP23' },
    ],
  })
  fixture.clock.nowMs = Date.now()
  const { kms, sts, authenticate } = fixture
  const server = await startServer({ backend: { kms, sts, authenticate } })
  await server.ready
  const [endpoint = ''] = server.urls
  const ended: (() => void)[] = []
  onTestFinished(async () => {
    for (const end of ended) end()
    await server.close({ now: true })
  })
  const settings = (credentials: Keys) => ({ endpoint, region: REGION, credentials, maxAttempts: 1 })
  return {
    ann: await fixture.keysOf(ANN),
    endpoint,
    sts: (keys) => {
      const client = new STSClient(settings(keys))
      ended.push(() => client.destroy())
      return client
    },
    kms: (keys) => {
      const client = new KMSClient(settings(keys))
      ended.push(() => client.destroy())
      return client
    },
  }
}

function keysOf(credentials: Credentials | undefined): Keys {
  const { AccessKeyId, SecretAccessKey, SessionToken } = credentials ?? {}
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) throw new Error('none')
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

test(
  'a user assumes a role and uses a key with it',
  async () => {
    const { sts, kms, ann } = await clients()
    const key = await kms(ann).send(new CreateKeyCommand({}))
    const KeyId = key.KeyMetadata?.KeyId
    const encrypted = await kms(ann).send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('secret') }))
    const assumed = await sts(ann).send(
      new AssumeRoleCommand({
        RoleArn: APP,
        RoleSessionName: 'deploy',
        Policy: policyText(allow('kms:Decrypt')),
        Tags: [
          { Key: 'team', Value: 'blue + green' },
          { Key: 'empty', Value: '' },
        ],
        TransitiveTagKeys: ['team'],
        SourceIdentity: 'ann',
        DurationSeconds: 900,
      }),
    )
    expect(assumed).toMatchObject({
      AssumedRoleUser: {
        Arn: `arn:aws:sts::${A}:assumed-role/App/deploy`,
        AssumedRoleId: 'AROAAPPAPPAPPAPPAPP23:deploy',
      },
      SourceIdentity: 'ann',
      PackedPolicySize: expect.any(Number) as number,
      $metadata: { httpStatusCode: 200, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string },
    })
    const lasts = (assumed.Credentials?.Expiration?.getTime() ?? 0) - Date.now()
    expect(lasts).toBeGreaterThan(300_000)
    expect(lasts).toBeLessThanOrEqual(900_000)
    const session = keysOf(assumed.Credentials)
    const decrypted = await kms(session).send(new DecryptCommand({ CiphertextBlob: encrypted.CiphertextBlob }))
    expect(Buffer.from(decrypted.Plaintext ?? []).toString()).toBe('secret')
    await expect(kms(session).send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('because no session policy allows the kms:DescribeKey action') as string,
    })
    expect(await sts(session).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: A,
      Arn: `arn:aws:sts::${A}:assumed-role/App/deploy`,
      UserId: 'AROAAPPAPPAPPAPPAPP23:deploy',
    })
  },
  LONG,
)

test(
  'a user gets session and federation tokens, and errors as the SDK reads them',
  async () => {
    const { sts, ann } = await clients()
    const session = keysOf((await sts(ann).send(new GetSessionTokenCommand({}))).Credentials)
    expect(await sts(session).send(new GetCallerIdentityCommand({}))).toMatchObject({ Arn: ANN })
    const federated = await sts(ann).send(
      new GetFederationTokenCommand({ Name: 'fay', Policy: policyText(allow('*')) }),
    )
    expect(federated.FederatedUser).toEqual({
      Arn: `arn:aws:sts::${A}:federated-user/fay`,
      FederatedUserId: `${A}:fay`,
    })
    await expect(sts(session).send(new GetSessionTokenCommand({}))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: 'Cannot call GetSessionToken with session credentials',
      $metadata: { httpStatusCode: 403 },
    })
    const malformed = new AssumeRoleCommand({ RoleArn: APP, RoleSessionName: 'deploy', Policy: '{' })
    await expect(sts(ann).send(malformed)).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' })
    const wrong = { ...ann, secretAccessKey: `${ann.secretAccessKey.slice(1)}x` }
    await expect(sts(wrong).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403 },
    })
  },
  LONG,
)

test(
  'who somebody is, asked by a URL that was signed before',
  async () => {
    const { ann, endpoint } = await clients()
    const { host } = new URL(endpoint)
    const query = { service: 'sts', region: REGION, method: 'GET', host, signQuery: true }
    const path = '/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires=60'
    const signed = aws4.sign({ ...query, path }, ann)
    const answer = await fetch(`${endpoint}${signed.path ?? ''}`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/xml'])
    expect(await answer.text()).toContain(`<Arn>${ANN}</Arn>`)
  },
  LONG,
)
