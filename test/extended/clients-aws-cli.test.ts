/** The AWS CLI, as it is installed, as a client of `keyward serve`. A call takes it about a second, so the common ones. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AWS, awsCli, type CliRun, type CliSettings } from '../server/clients/aws-cli.js'
import { describeWith } from '../server/clients/presence.js'
import { isRecord } from '../server/clients/records.js'
import { ADMIN, ROLE, SESSION, WORLD } from '../server/clients/scene.js'
import { ACCOUNT, REGION, serveProcess, type ServeProcess } from '../server/clients/serve-process.js'

const MESSAGE = 'a message\n'

describeWith('The AWS CLI', AWS !== undefined, 'AWS CLI', () => {
  let served: ServeProcess
  let settings: CliSettings
  let keyId = ''
  beforeAll(async () => {
    served = await serveProcess({ world: WORLD })
    settings = { folder: served.folder, url: served.url, keys: await served.credentialsOf('user/admin') }
    writeFileSync(join(served.folder, 'message'), MESSAGE)
    keyId = await newKey('--description', 'größer 鍵', '--tags', 'TagKey=team,TagValue=blue + green')
  })
  afterAll(async () => {
    expect(await served.stop(), served.told()).toBe(0)
  })

  function aws(...words: readonly string[]): Promise<CliRun> {
    return awsCli(settings, ...words)
  }

  async function newKey(...words: readonly string[]): Promise<string> {
    const { json, stderr } = await aws('kms', 'create-key', ...words)
    expect(stderr).toBe('')
    return String(memberOf(json['KeyMetadata'], 'KeyId'))
  }

  /** What it has printed, and nothing said besides. */
  async function answer(...words: readonly string[]): Promise<CliRun['json']> {
    const run = await aws(...words)
    expect(run).toMatchObject({ status: 0, stderr: '' })
    return run.json
  }

  /** Bytes of an answer, which it prints in base64, in a file of their own: that is how they go back in. */
  function fileOf(name: string, base64: unknown): string {
    writeFileSync(join(served.folder, name), Buffer.from(String(base64), 'base64'))
    return `fileb://${name}`
  }

  test('a key has a description, a name and tags', async () => {
    await answer('kms', 'create-alias', '--alias-name', 'alias/cli', '--target-key-id', keyId)
    const [described, aliases, tagged] = await Promise.all([
      answer('kms', 'describe-key', '--key-id', 'alias/cli'),
      answer('kms', 'list-aliases', '--key-id', keyId),
      answer('kms', 'list-resource-tags', '--key-id', keyId),
    ])
    expect(described['KeyMetadata']).toMatchObject({
      Arn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`,
      Description: 'größer 鍵',
      KeyState: 'Enabled',
      MultiRegion: false,
    })
    // Version 1 prints seconds, version 2 a date.
    const created = memberOf(described['KeyMetadata'], 'CreationDate')
    const createdAtMs = typeof created === 'number' ? created * 1000 : Date.parse(String(created))
    expect(Math.abs(Date.now() - createdAtMs)).toBeLessThan(3_600_000)
    expect(aliases['Aliases']).toMatchObject([{ AliasName: 'alias/cli', TargetKeyId: keyId }])
    expect(tagged['Tags']).toEqual([{ TagKey: 'team', TagValue: 'blue + green' }])
  })

  test('what is encrypted is decrypted, with its context and from files', async () => {
    const context = ['--encryption-context', 'tenant=blue,kind=invoice']
    const [sealed, dataKey] = await Promise.all([
      answer('kms', 'encrypt', '--key-id', keyId, '--plaintext', 'fileb://message', ...context),
      answer('kms', 'generate-data-key', '--key-id', keyId, '--key-spec', 'AES_256', ...context),
    ])
    const blob = fileOf('sealed', sealed['CiphertextBlob'])
    const opened = await answer('kms', 'decrypt', '--ciphertext-blob', blob, ...context)
    expect(Buffer.from(String(opened['Plaintext']), 'base64').toString()).toBe(MESSAGE)
    expect(Buffer.from(String(dataKey['Plaintext']), 'base64')).toHaveLength(32)
  })

  test('what is signed is verified, a MAC is made, and lists go over pages', async () => {
    const [signing, mac] = await Promise.all([
      newKey('--key-spec', 'ECC_NIST_P256', '--key-usage', 'SIGN_VERIFY'),
      newKey('--key-spec', 'HMAC_256', '--key-usage', 'GENERATE_VERIFY_MAC'),
    ])
    const algorithm = ['--signing-algorithm', 'ECDSA_SHA_256']
    const [signed, made, keys] = await Promise.all([
      answer('kms', 'sign', '--key-id', signing, '--message', 'fileb://message', ...algorithm),
      answer('kms', 'generate-mac', '--key-id', mac, '--message', 'fileb://message', '--mac-algorithm', 'HMAC_SHA_256'),
      answer('kms', 'list-keys', '--page-size', '1'),
    ])
    expect(Buffer.from(String(made['Mac']), 'base64')).toHaveLength(32)
    const listed = Array.isArray(keys['Keys']) ? keys['Keys'].map((key) => memberOf(key, 'KeyId')) : []
    expect(new Set(listed)).toEqual(new Set([keyId, signing, mac]))
    const signature = fileOf('signature', signed['Signature'])
    const words = ['--message', 'fileb://message', '--signature', signature, ...algorithm]
    const [verified, scheduled] = await Promise.all([
      answer('kms', 'verify', '--key-id', signing, ...words),
      answer('kms', 'schedule-key-deletion', '--key-id', mac, '--pending-window-in-days', '7'),
    ])
    expect(verified).toMatchObject({ SignatureValid: true })
    expect(scheduled).toMatchObject({ KeyState: 'PendingDeletion', PendingWindowInDays: 7 })
  })

  test('policies and grants say who may; a denial is told in the words of AWS', async () => {
    const statement = { Effect: 'Allow', Principal: { AWS: ADMIN }, Action: 'kms:*', Resource: '*' }
    writeFileSync(
      join(served.folder, 'policy.json'),
      JSON.stringify({ Version: '2012-10-17', Statement: { ...statement, Sid: 'Mine' } }),
    )
    const policy = ['--policy-name', 'default', '--policy', 'file://policy.json']
    await answer('kms', 'put-key-policy', '--key-id', keyId, ...policy)
    const grant = ['--grantee-principal', ROLE, '--operations', 'Decrypt', 'DescribeKey', '--name', 'app']
    const words = ['--role-arn', ROLE, '--role-session-name', 'cli', '--duration-seconds', '900']
    const [granted, { Credentials }] = await Promise.all([
      answer('kms', 'create-grant', '--key-id', keyId, ...grant),
      answer('sts', 'assume-role', ...words),
    ])
    expect(granted).toMatchObject({ GrantId: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
    const session = {
      ...settings,
      keys: {
        accessKeyId: String(memberOf(Credentials, 'AccessKeyId')),
        secretAccessKey: String(memberOf(Credentials, 'SecretAccessKey')),
        sessionToken: String(memberOf(Credentials, 'SessionToken')),
      },
    }
    const [described, denied] = await Promise.all([
      awsCli(session, 'kms', 'describe-key', '--key-id', keyId),
      awsCli(session, 'kms', 'get-key-policy', '--key-id', keyId, '--policy-name', 'default'),
    ])
    expect(memberOf(described.json['KeyMetadata'], 'KeyId')).toBe(keyId)
    expect([254, 255]).toContain(denied.status)
    expect(denied.stderr).toContain('An error occurred (AccessDeniedException) when calling the GetKeyPolicy operation')
    expect(denied.stderr).toContain(
      `User: ${SESSION}/cli is not authorized to perform: kms:GetKeyPolicy on resource: arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`,
    )
  })
})

function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined
}
