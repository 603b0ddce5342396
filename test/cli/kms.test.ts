/** `keyward kms`, beyond what the transcripts of `kms-golden.test.ts` show. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { kebab, OPERATION_NAMES } from '../../src/cli/kms-names.js'
import { file, folder, init, json, keys, keyward, kms, makeKeys, newKey, records, ROOT } from './kms-folder.js'
import type { Ran } from './run-command.js'

describe('operations', () => {
  test.each(OPERATION_NAMES)('%s has help under both of its names', async (name) => {
    const [kebabbed, pascal] = [await keyward('kms', kebab(name), '--help'), await keyward('kms', name, '-h')]
    expect(kebabbed.exitCode).toBe(0)
    expect(kebabbed.out).toContain(`Usage: keyward kms ${kebab(name)} --data-dir <dir> --as <who> [options]`)
    expect(pascal.out).toBe(kebabbed.out)
  })

  test('a store, a caller and a Region may be those of the environment', async () => {
    await init()
    vi.stubEnv('KEYWARD_DATA_DIR', keys)
    vi.stubEnv('KEYWARD_AS', 'root')
    vi.stubEnv('KEYWARD_ACCOUNT', '111122223333')
    vi.stubEnv('AWS_REGION', 'eu-west-1')
    const { KeyMetadata } = (await json('kms', 'create-key')) as { KeyMetadata: { Arn: string } }
    expect(KeyMetadata.Arn).toMatch(/^arn:aws:kms:eu-west-1:111122223333:key\//)
  })

  test('members in JSON, and flags that win over them', async () => {
    await init()
    const input = file('input.json', '{"Description":"from the file","MultiRegion":true}')
    for (const given of [input, `file://${input}`]) {
      const made = await kms('create-key', '--input', given, '--description', 'from the flag')
      expect(made).toMatchObject({ KeyMetadata: { Description: 'from the flag', MultiRegion: true } })
    }
    expect(await kms('create-key', '--input', '{"MultiRegion":true}', '--no-multi-region')).toMatchObject({
      KeyMetadata: { MultiRegion: false },
    })
    const stdin = Readable.from([Buffer.from('{"Description":"from outside"}')])
    const spied = vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin as unknown as typeof process.stdin)
    const { out } = await keyward('kms', 'create-key', '--data-dir', keys, '--as', ROOT, '--input', '-')
    spied.mockRestore()
    expect(out).toContain('"Description": "from outside"')
  })

  test('lists come as a whole, or one page when one is asked for', async () => {
    await init()
    await makeKeys(130)
    const all = (await kms('list-keys')) as { Keys: unknown[] }
    expect(Object.keys(all)).toEqual(['Keys'])
    expect(all.Keys).toHaveLength(130)
    const first = (await kms('list-keys', '--limit', '70')) as { Keys: unknown[]; NextMarker: string }
    expect(first).toMatchObject({ Truncated: true })
    expect(first.Keys).toHaveLength(70)
    const second = (await kms('list-keys', '--limit', '70', '--marker', first.NextMarker)) as { Keys: unknown[] }
    expect([...first.Keys, ...second.Keys]).toEqual(all.Keys)
    expect(second).toMatchObject({ Truncated: false })
  })

  test('key pairs are made in threads of their own, and sign', async () => {
    await init()
    const KeyId = await newKey('--key-spec', 'RSA_2048', '--key-usage', 'SIGN_VERIFY')
    const message = file('message', randomBytes(100))
    const signing = ['--key-id', KeyId, '--message', `fileb://${message}`, '--signing-algorithm', 'RSASSA_PSS_SHA_256']
    const { Signature } = (await kms('sign', ...signing)) as { Signature: string }
    expect(await kms('verify', ...signing, '--signature', Signature)).toMatchObject({ SignatureValid: true })
  })

  test('a dry run says what would be, and does nothing', async () => {
    await init()
    const KeyId = await newKey()
    const { err, exitCode } = await keyward(
      'kms',
      'generate-data-key',
      '--data-dir',
      keys,
      '--as',
      ROOT,
      '--key-id',
      KeyId,
      '--key-spec',
      'AES_256',
      '--dry-run',
    )
    expect(exitCode).toBe(1)
    expect(err).toContain('An error occurred (DryRunOperationException) when calling the GenerateDataKey operation')
  })

  test('a deletion that is due is done before anything else', async () => {
    await init()
    const KeyId = await newKey()
    await kms('schedule-key-deletion', '--key-id', KeyId, '--pending-window-in-days', '7')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 8 * 86_400_000 })
    try {
      expect(await kms('list-keys')).toEqual({ Keys: [] })
    } finally {
      vi.useRealTimers()
    }
  })
})

const WORLD = (keyId: string): string => `keyward: world/1
accounts:
  '111122223333':
    scps: [FullAWSAccess]
    rcps: []
    region: us-east-1
    users:
      Ann:
        policies:
          All: { Version: '2012-10-17', Statement: { Effect: Allow, Action: 'kms:*', Resource: '*' } }
    roles:
      service/App:
        id: AROAEXAMPLEAPP0000001
        policies:
          Decrypt: { Version: '2012-10-17', Statement: { Effect: Allow, Action: ['kms:Decrypt', 'kms:DescribeKey'], Resource: '*' } }
        boundary: OnlyDescribe
    policies:
      OnlyDescribe: { Version: '2012-10-17', Statement: { Effect: Allow, Action: 'kms:DescribeKey', Resource: '*' } }
    keys:
      ${keyId}:
        tags: {}
        aliases: []
        grants: []
        policy:
          Version: '2012-10-17'
          Statement:
            - Sid: Enable IAM User Permissions
              Effect: Allow
              Principal: { AWS: 'arn:aws:iam::111122223333:root' }
              Action: kms:*
              Resource: '*'
    sessions:
      assumed-role/App/narrow:
        policies:
          Narrow: { Version: '2012-10-17', Statement: { Effect: Allow, Action: 'kms:ListKeys', Resource: '*' } }
`

describe('callers of a world', () => {
  let world = ''
  let KeyId = ''
  beforeEach(async () => {
    await init()
    KeyId = await newKey()
    world = join(folder, 'world')
    mkdirSync(world)
    writeFileSync(join(world, 'world.yaml'), WORLD(KeyId))
  })

  function as(who: string, operation: string, ...options: string[]): Promise<Ran> {
    return keyward('kms', operation, '--data-dir', keys, '--world', world, '--as', who, '--key-id', KeyId, ...options)
  }

  test('by a short name, with the policies of the world', async () => {
    expect(await as('user/Ann', 'describe-key')).toMatchObject({ exitCode: 0, err: '' })
    expect(await as('role/App', 'describe-key')).toMatchObject({ exitCode: 0, err: '' })
    expect(await as('role/service/App', 'describe-key')).toMatchObject({ exitCode: 0, err: '' })
    const { out } = await as('role/service/App', 'disable-key')
    expect(out).toBe('')
    expect((await records()).at(-1)).toMatchObject({
      userIdentity: {
        type: 'AssumedRole',
        principalId: 'AROAEXAMPLEAPP0000001:keyward',
        arn: 'arn:aws:sts::111122223333:assumed-role/App/keyward',
        sessionContext: { sessionIssuer: { arn: 'arn:aws:iam::111122223333:role/service/App' } },
      },
    })
  })

  test('a session that the world says was narrowed is narrow', async () => {
    const { err } = await as('arn:aws:sts::111122223333:assumed-role/App/narrow', 'describe-key', '--explain')
    expect(err).toContain('because no session policy allows the kms:DescribeKey action')
    expect(await as('arn:aws:sts::111122223333:assumed-role/App/wide', 'describe-key')).toMatchObject({ exitCode: 0 })
  })

  test('one that it does not know has no policies, and that is said', async () => {
    const { err, exitCode } = await as('arn:aws:iam::111122223333:user/Bob', 'describe-key')
    expect(exitCode).toBe(1)
    expect(err).toMatch(
      /^keyward: the world does not know `arn:aws:iam::111122223333:user\/Bob`, which is taken to have no policies\n/,
    )
  })

  test('audit records tell `keyward why` what happened, and it comes to the same answer', async () => {
    await as('role/App', 'decrypt', '--ciphertext-blob', Buffer.from('nothing').toString('base64'))
    await as('role/App', 'generate-data-key', '--key-spec', 'AES_256')
    await as('role/App', 'describe-key')
    const denied = await records('--denied')
    expect(denied.map(({ eventName }) => eventName)).toEqual(['Decrypt', 'GenerateDataKey'])

    const { out } = await keyward('kms', 'audit', '--data-dir', keys, '--denied')
    const told = await keyward('why', '--world', world, '--no-cache', file('denied.jsonl', out))
    expect(told.exitCode).toBe(1)
    expect(told.out).toContain('2 requests: 2 denied, 0 allowed')
    expect(told.out).toContain('boundary-action: The permissions boundary of the caller does not allow this action')
    expect(told.out).toContain('identity-action: No identity-based policy of the caller allows this action')

    const everything = await keyward('kms', 'audit', '--data-dir', keys)
    const all = await keyward('why', '--json', '--world', world, '--no-cache', file('all.jsonl', everything.out))
    // No group of another kind: wherever the service has allowed or denied, so does `why`.
    expect(JSON.parse(all.out)).toMatchObject({
      total: 4,
      allowed: 2,
      groups: [
        { kind: 'denied', cause: 'boundary-action', action: 'kms:Decrypt' },
        { kind: 'denied', cause: 'identity-action', action: 'kms:GenerateDataKey' },
      ],
    })
  })

  test('--policies beside a world are a mistake', async () => {
    const policy = file('policy.json', '{"Version":"2012-10-17","Statement":[]}')
    const { err, exitCode } = await as('role/App', 'describe-key', '--policies', policy)
    expect([exitCode, err]).toEqual([2, 'keyward: the world has the policies of the caller; leave out `--policies`\n'])
  })
})

describe('circumstances of a call', () => {
  test('address, service and further condition keys are what policies see', async () => {
    await init()
    const KeyId = await newKey()
    const policy = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'kms:DescribeKey',
          Resource: '*',
          Condition: {
            IpAddress: { 'aws:SourceIp': '203.0.113.0/24' },
            StringEquals: { 'aws:PrincipalTag/team': 'blue', 'kms:ViaService': 's3.us-east-1.amazonaws.com' },
          },
        },
      ],
    }
    const call = ['kms', 'describe-key', '--data-dir', keys, '--key-id', KeyId]
    const who = [
      '--as',
      'user/Ann',
      '--account',
      '111122223333',
      '--policies',
      file('policy.json', JSON.stringify(policy)),
    ]
    const from = ['--from', '203.0.113.7']
    const more = ['--via', 's3', '--context', 'aws:PrincipalTag/team=blue']
    expect((await keyward(...call, ...who, ...from, ...more)).exitCode).toBe(0)
    expect((await keyward(...call, ...who, '--from', '198.51.100.7', ...more)).exitCode).toBe(1)
    expect((await keyward(...call, ...who, ...from)).exitCode).toBe(1)
  })

  test('mode allowAll asks no policy and says so', async () => {
    await init()
    const KeyId = await newKey()
    const { err, exitCode } = await keyward(
      'kms',
      'describe-key',
      '--data-dir',
      keys,
      '--as',
      'user/Bob',
      '--account',
      '444455556666',
      '--key-id',
      `arn:aws:kms:us-east-1:111122223333:key/${KeyId}`,
      '--mode',
      'allowAll',
    )
    expect([exitCode, err]).toEqual([
      0,
      'Keyward runs in mode `allowAll`: it lets every request through and asks no policy\n',
    ])
  })
})

describe('audit', () => {
  test('records from a moment on', async () => {
    await init()
    await newKey()
    expect(await records('--since', '2000-01-01')).toHaveLength(1)
    expect(await records('--since', '2999-01-01')).toEqual([])
  })

  test('many of them, with their pages, are read without the root key', async () => {
    await init()
    await makeKeys(1500)
    rmSync(join(keys, 'root.key'))
    expect((await records()).length).toBe(1500)
  })
})
