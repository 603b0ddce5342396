/** HTTPS, with a certificate of an authority that each client has to be told of. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KMS } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { AWS, awsCli } from '../server/clients/aws-cli.js'
import { Boto3, PYTHON } from '../server/clients/boto3.js'
import { makeCertificates, type Certificates } from '../server/clients/certificates.js'
import { describeWith } from '../server/clients/presence.js'
import { kmsClient } from '../server/clients/scene.js'
import { ACCOUNT, REGION, serveProcess, type ServeProcess } from '../server/clients/serve-process.js'

let folder = ''
let certificates: Certificates
let served: ServeProcess
let secure = ''
let plain = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-tls-'))
  certificates = makeCertificates(folder)
  const { certFile, keyFile } = certificates
  const listen = [{ address: '127.0.0.1:0', tls: { certFile, keyFile } }, { address: '127.0.0.1:0' }]
  served = await serveProcess({ config: { listen } })
  ;[secure = '', plain = ''] = served.urls
})
afterAll(async () => {
  expect(await served.stop(), served.told()).toBe(0)
  rmSync(folder, { recursive: true })
})

test('listeners say what they are', () => {
  expect([secure, plain].map((url) => new URL(url).protocol)).toEqual(['https:', 'http:'])
})

test('the AWS SDK for JavaScript', async () => {
  const httpsAgent = new Agent({ ca: readFileSync(certificates.caFile), keepAlive: true })
  const settings = { endpoint: secure, region: REGION, credentials: served.rootKeys, maxAttempts: 1 }
  const kms = new KMS({ ...settings, requestHandler: { httpsAgent } })
  const sts = new STSClient({ ...settings, requestHandler: { httpsAgent } })
  onTestFinished(() => {
    kms.destroy()
    sts.destroy()
  })
  const { KeyMetadata } = await kms.createKey({})
  const { KeyId } = KeyMetadata!
  expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: ACCOUNT })
  const statement = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Resource: '*' }
  const encrypted = { Bool: { 'aws:SecureTransport': 'true' } }
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { ...statement, Action: ['kms:*KeyPolicy', 'kms:DescribeKey'] },
      { ...statement, Action: 'kms:Encrypt', Condition: encrypted },
    ],
  })
  await kms.putKeyPolicy({ KeyId, Policy })
  const request = { KeyId, Plaintext: Buffer.from('secret') }
  expect(await kms.encrypt(request)).toMatchObject({ KeyId: KeyMetadata?.Arn })
  // The same request without encryption, at the other listener.
  await expect(kmsClient({ url: plain, keys: served.rootKeys }).encrypt(request)).rejects.toMatchObject({
    name: 'AccessDeniedException',
  })
  const untold = kmsClient({ url: secure, keys: served.rootKeys })
  await expect(untold.listKeys({})).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
})

describeWith('Python with boto3', PYTHON !== undefined, 'boto3', () => {
  test('trusts the authority that it is told of, and no other', async () => {
    const boto = Boto3.start(folder)
    onTestFinished(async () => void (await boto.stop()))
    const client = { service: 'kms', url: secure, keys: served.rootKeys } as const
    const trusting = { ...client, ca: certificates.caFile }
    const { Plaintext } = await boto.call(trusting, 'generate_random', { NumberOfBytes: 16 })
    expect(Plaintext).toHaveLength(16)
    expect(await boto.call({ ...trusting, service: 'sts' }, 'get_caller_identity')).toMatchObject({ Account: ACCOUNT })
    await expect(boto.call(client, 'list_keys')).rejects.toThrow(/^SSLError: .*certificate verify failed/)
  })
})

describeWith('The AWS CLI', AWS !== undefined, 'AWS CLI', () => {
  test('trusts the authority that it is told of, and no other', async () => {
    const { caFile } = certificates
    const settings = { folder, url: secure, keys: served.rootKeys }
    const [random, untold] = await Promise.all([
      awsCli(settings, 'kms', 'generate-random', '--number-of-bytes', '16', '--ca-bundle', caFile),
      awsCli(settings, 'kms', 'list-keys'),
    ])
    expect(random).toMatchObject({ status: 0, stderr: '' })
    expect(Buffer.from(String(random.json['Plaintext']), 'base64')).toHaveLength(16)
    expect(untold.status).not.toBe(0)
    expect(untold.stderr).toContain('SSL validation failed')
  })
})
