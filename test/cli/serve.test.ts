/** `keyward serve` as somebody starts it: in this process, with real clients of AWS and their signatures. */
import { EventEmitter } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  KMSClient,
  ListKeysCommand,
} from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand, GetFederationTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { runServe } from '../../src/cli/serve-run.js'
import { readServerConfig } from '../../src/server/http/server-config.js'

const ACCOUNT = '111122223333'
const VARIABLES = [
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'KEYWARD_ACCOUNT',
  'KEYWARD_DATA_DIR',
  'KEYWARD_STORE',
  'KEYWARD_ROOT_KEY',
  'KEYWARD_ROOT_KEY_FILE',
  'KEYWARD_CLOUDHSM_CLUSTERS',
  'KEYWARD_XKS_CA_FILE',
  'KEYWARD_XKS_PORT',
]

let folder = ''
let told = ''
const servings: Pick<Serving, 'signals' | 'ended'>[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-serve-'))
  told = ''
  for (const name of VARIABLES) vi.stubEnv(name, undefined)
  vi.stubEnv('XDG_DATA_HOME', join(folder, 'home'))
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk: string | Uint8Array) => {
    told += String(chunk)
    return true
  })
})
afterEach(async () => {
  for (const { signals, ended } of servings.splice(0)) {
    signals.emit('SIGTERM')
    await ended
  }
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

interface Serving {
  readonly signals: EventEmitter
  readonly exits: number[]
  readonly url: string
  /** Its exit status, once it has ended. */
  readonly ended: Promise<number>
  readonly credentials: Credentials | undefined
}

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Started, and ready. */
async function serve(...words: string[]): Promise<Serving> {
  const signals = new EventEmitter()
  const exits: number[] = []
  const from = told.length
  const ended = runServe(['--listen', '127.0.0.1:0', ...words], {
    source: signals,
    exit: (status) => exits.push(status),
  })
  let isOver = false
  void ended.finally(() => (isOver = true))
  servings.push({ signals, ended })
  await expect.poll(() => isOver || told.slice(from).includes('aws kms create-key'), { timeout: 30_000 }).toBe(true)
  const text = told.slice(from)
  const [, url = ''] = / at (\S+)\n/.exec(text) ?? []
  const [, accessKeyId] = /AWS_ACCESS_KEY_ID=(\S+)/.exec(text) ?? []
  const [, secretAccessKey] = /AWS_SECRET_ACCESS_KEY=(\S+)/.exec(text) ?? []
  const credentials =
    accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey }
  return { signals, exits, url, ended, credentials }
}

async function refused(...words: string[]): Promise<string> {
  expect(await runServe(words, { source: new EventEmitter(), exit: () => undefined })).toBe(2)
  return told
}

function client({ url, credentials }: Serving, own = credentials, region = 'us-east-1'): KMSClient {
  if (own === undefined) throw new Error(`no credentials were told: ${told}`)
  const made = new KMSClient({ endpoint: url, region, credentials: own, maxAttempts: 1 })
  onTestFinished(() => made.destroy())
  return made
}

function write(name: string, value: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  return path
}

describe('one command', () => {
  test('serves real clients from memory, with keys it has made for them', async () => {
    const serving = await serve('--store', 'memory')
    const kms = client(serving)
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'first' }))
    expect(KeyMetadata?.Arn).toMatch(/^arn:aws:kms:us-east-1:111122223333:key\//)
    const Plaintext = Buffer.from('secret')
    const EncryptionContext = { tenant: 'blue' }
    const { CiphertextBlob } = await kms.send(
      new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext, EncryptionContext }),
    )
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
    expect(Buffer.from(opened.Plaintext ?? [])).toEqual(Plaintext)
    await expect(kms.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
      $metadata: { httpStatusCode: 400 },
    })
    const elsewhere = await client(serving, undefined, 'eu-west-1').send(new ListKeysCommand({}))
    expect(elsewhere.Keys).toEqual([])
    const wrong = { accessKeyId: serving.credentials?.accessKeyId ?? '', secretAccessKey: 'wrong' }
    await expect(client(serving, wrong).send(new ListKeysCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    })

    const sts = new STSClient({
      endpoint: serving.url,
      region: 'us-east-1',
      credentials: serving.credentials ?? wrong,
    })
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: ACCOUNT,
      Arn: `arn:aws:iam::${ACCOUNT}:root`,
    })
    sts.destroy()
    serving.signals.emit('SIGTERM')
    expect(await serving.ended).toBe(0)
    expect(told).toContain('SIGTERM: finishing what is under way')
    expect(told).toMatch(/ended\n$/)
  })

  test('makes a store in a folder, and finds everything there the next time', async () => {
    const store = join(folder, 'keys')
    const first = await serve('--store', store)
    expect(statSync(join(store, 'root.key')).mode & 0o777).toBe(0o600)
    const { KeyMetadata } = await client(first).send(new CreateKeyCommand({}))
    first.signals.emit('SIGINT')
    expect(await first.ended).toBe(0)

    const from = told.length
    const second = await serve('--data-dir', store)
    expect(second.credentials).toBeUndefined()
    expect(told.slice(from)).toContain('Sign with an access key of `keyward credentials add`.')
    const kms = client(second, first.credentials)
    expect((await kms.send(new DescribeKeyCommand({ KeyId: KeyMetadata?.KeyId }))).KeyMetadata?.Arn).toBe(
      KeyMetadata?.Arn,
    )
  })

  test('has a folder of its own in the home of the user', async () => {
    await serve()
    expect(existsSync(join(folder, 'home', 'keyward', 'root.key'))).toBe(true)
  })

  test('makes no access key that nobody wants, and one for the account that is named', async () => {
    expect((await serve('--store', 'memory', '--no-first-key')).credentials).toBeUndefined()
    await serve('--store', 'memory', '--account', '444455556666')
    expect(told).toContain('of arn:aws:iam::444455556666:root')
  })

  test('is ready when it says so', async () => {
    const { url } = await serve('--store', 'memory')
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' })
  })
})

describe('signals', () => {
  test('a second one ends at once', async () => {
    const { signals, exits } = await serve(
      '--store',
      'memory',
      '--config',
      write('c.json', { limits: { drainDelayMs: 50 } }),
    )
    signals.emit('SIGTERM')
    signals.emit('SIGINT')
    expect(exits).toEqual([130])
  })

  test('SIGUSR2 ends nothing where there is one process', async () => {
    const { signals, url } = await serve('--store', 'memory')
    expect(signals.listenerCount('SIGUSR2')).toBe(1)
    signals.emit('SIGUSR2')
    expect(told).toContain('SIGUSR2: there is one process, which goes on')
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })

  test('one account is told as one', async () => {
    const user = { users: { Ann: {} } }
    mkdirSync(join(folder, 'single'))
    write('single/world.json', { keyward: 'world/1', accounts: { [ACCOUNT]: user } })
    await serve('--store', 'memory', '--world', join(folder, 'single'))
    expect(told).toContain(', 1 principal in 1 account\n')
  })

  test('SIGHUP reads the world again, and one that is broken changes nothing', async () => {
    const world = join(folder, 'world')
    mkdirSync(world)
    const put = (...scps: readonly string[]): void => {
      const noLists = {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Deny', Action: 'kms:ListKeys', Resource: '*' }],
      }
      const root = { id: 'r-a1b2', name: 'Root', scps, rcps: [], accounts: ['444455556666', ACCOUNT] }
      const organization = { id: 'o-a1b2c3d4e5', managementAccount: '444455556666', root }
      write('world/world.json', { keyward: 'world/1', organization, scps: { NoLists: noLists } })
    }
    put('FullAWSAccess')
    const serving = await serve('--store', 'memory', '--world', world)
    expect(told).toContain('0 principals in 2 accounts')
    const lists = (): Promise<unknown> => client(serving).send(new ListKeysCommand({}))
    expect(await lists()).toMatchObject({ Keys: [] })

    put('FullAWSAccess', 'NoLists')
    serving.signals.emit('SIGHUP')
    expect(told).toMatch(/world `.*`, 0 principals in 2 accounts; [12] changed\n/)
    await expect(lists()).rejects.toMatchObject({ name: 'AccessDeniedException' })

    rmSync(world, { recursive: true })
    serving.signals.emit('SIGHUP')
    expect(told).toContain('the world stays as it was')
    await expect(lists()).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })
})

describe('a world of which something cannot be used', () => {
  const folderWith = (effect: string): string => {
    const world = join(folder, 'world')
    mkdirSync(world, { recursive: true })
    const noLists = { Version: '2012-10-17', Statement: [{ Effect: effect, Action: 'kms:ListKeys', Resource: '*' }] }
    const scps = ['FullAWSAccess', 'NoLists']
    const root = { id: 'r-a1b2', name: 'Root', scps, rcps: [], accounts: ['444455556666', ACCOUNT] }
    const organization = { id: 'o-a1b2c3d4e5', managementAccount: '444455556666', root }
    write('world/world.json', { keyward: 'world/1', organization, scps: { NoLists: noLists } })
    return world
  }

  test('is not served where policies are enforced: a Deny may be among it', async () => {
    const text = await refused('--listen', '127.0.0.1:0', '--store', 'memory', '--world', folderWith('Dney'))
    expect(text).toMatch(/^keyward: 1 part of `.*world` cannot be used.*`keyward world .*` shows/)
  })

  test('changes nothing when it is read again', async () => {
    const serving = await serve('--store', 'memory', '--world', folderWith('Deny'))
    const lists = (): Promise<unknown> => client(serving).send(new ListKeysCommand({}))
    await expect(lists()).rejects.toMatchObject({ name: 'AccessDeniedException' })
    folderWith('Dney')
    serving.signals.emit('SIGHUP')
    expect(told).toMatch(/cannot be used.*; the world stays as it was\n/)
    await expect(lists()).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })

  test('warns of what it names and has not, such as a boundary', async () => {
    const world = join(folder, 'named')
    mkdirSync(world)
    const ann = { boundary: `arn:aws:iam::${ACCOUNT}:policy/Gone`, policies: {} }
    write('named/world.json', { keyward: 'world/1', accounts: { [ACCOUNT]: { users: { ann } } } })
    await serve('--store', 'memory', '--world', world)
    expect(told).toMatch(
      /^keyward: .*policy\/Gone.*as a permissions boundary it is taken as not limiting; `keyward world/m,
    )
  })

  test('is a warning where nothing is enforced', async () => {
    await serve('--store', 'memory', '--mode', 'audit', '--world', folderWith('Dney'))
    expect(told).toMatch(/1 part of `.*world` cannot be used/)
  })
})

test('denials of STS are counted as those of KMS are', async () => {
  const world = join(folder, 'world')
  mkdirSync(world)
  const noGuests = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Action: 'sts:GetFederationToken', Resource: '*' }],
  }
  const scps = ['FullAWSAccess', 'NoGuests']
  const root = { id: 'r-a1b2', name: 'Root', scps, rcps: [], accounts: ['444455556666', ACCOUNT] }
  const organization = { id: 'o-a1b2c3d4e5', managementAccount: '444455556666', root }
  write('world/world.json', { keyward: 'world/1', organization, scps: { NoGuests: noGuests } })
  const { url, credentials } = await serve('--store', 'memory', '--world', world, '--metrics', '127.0.0.1:0')
  if (credentials === undefined) throw new Error('no credentials were told')
  const sts = new STSClient({ endpoint: url, region: 'us-east-1', credentials })
  onTestFinished(() => sts.destroy())
  await expect(sts.send(new GetFederationTokenCommand({ Name: 'fay' }))).rejects.toMatchObject({
    name: 'AccessDenied',
    $metadata: { httpStatusCode: 403 },
  })
  const [, metrics = ''] = /metrics at (\S+)/.exec(told) ?? []
  const counted = await (await fetch(metrics)).text()
  expect(counted).toContain('keyward_denied_total{layer="scp",cause="scp-explicit-deny"} 1\n')
  expect(counted).toMatch(
    /keyward_requests_total\{service="sts",operation="GetFederationToken",code="AccessDenied"\} 1\n/,
  )
})

describe('a configuration file', () => {
  test('has a place for everything', async () => {
    const config = write('all.json', {
      store: 'memory',
      mode: 'enforce',
      listen: [{ address: '127.0.0.1:0' }, { address: '[::1]:0', vpcEndpointId: 'vpce-1a2b' }, { address: '0' }],
      allowInsecureListen: false,
      trustedProxies: ['10.0.0.0/8'],
      vpcEndpoints: [{ id: 'vpce-1a2b', accountId: ACCOUNT, vpcId: 'vpc-1' }],
      services: [{ principal: `arn:aws:iam::${ACCOUNT}:role/Storage`, via: 's3' }],
      limits: { maxBodyBytes: 1000, maxConnections: 10, drainMs: 1000 },
      rates: { Encrypt: 0.5 },
    })
    const read = readServerConfig({ name: config, text: readFileSync(config, 'utf8') })
    expect(read).toMatchObject({ ok: true, value: { store: 'memory', limits: { maxBodyBytes: 1000 } } })
  })

  test('says what options do not, and gives way to them', async () => {
    const config = write('keyward.yaml', 'store: keys\nmode: audit\nregion: eu-west-1\nrates:\n  ListKeys: 1\n')
    const serving = await serve('--config', config, '--mode', 'enforce')
    expect(existsSync(join(folder, 'keys', 'root.key'))).toBe(true)
    expect(told).toMatch(/mode {3}enforce\n/)
    expect(told).toContain('AWS_REGION=eu-west-1')
    expect(told).toContain('AWS_DEFAULT_REGION=eu-west-1')
    const kms = client(serving)
    const all = Promise.all(Array.from({ length: 20 }, () => kms.send(new ListKeysCommand({}))))
    await expect(all).rejects.toMatchObject({ name: 'ThrottlingException' })
  })

  test.each([
    ['a member that is none', { listn: [] }, /unknown member `listn`[^]*did you mean `listen`\?/],
    ['a limit that is none', { limits: { maxConections: 1 } }, /did you mean `maxConnections`\?/],
    ['an address that is none', { listen: [{ address: 'nowhere' }] }, /`nowhere` is no address to listen on/],
    ['a proxy that is none', { trustedProxies: ['10.0.0.0/99'] }, /is no address or range/],
    [
      'an operation that is none',
      { rates: { Encript: 5 } },
      /KMS has no operation `Encript`; did you mean `Encrypt`\?/,
    ],
    ['a mode that is none', { mode: 'off' }, /`mode` must be equal to one of the allowed values/],
    ['no JSON', '{"mode": }', /c\.json/],
  ])('%s is told with its place', async (_name, config, expected) => {
    const text = await refused('--config', write('c.json', config))
    expect(text).toMatch(expected)
    expect(text).toMatch(/c\.json:1:\d+/)
  })

  test('that is not there', async () => {
    expect(await refused('--config', join(folder, 'none.json'))).toContain('there is no such file')
  })
})

describe('what cannot be served', () => {
  test.each([
    [['--listen', 'x:y'], '`x:y` is no address to listen on; expected one such as 127.0.0.1:8155'],
    [['--listen', '127.0.0.1:99999'], 'is no address to listen on'],
    [['--listen', '0.0.0.0:0'], 'allow it with `--allow-insecure-listen`'],
    [['--vpc-endpoint', 'vpce-1'], 'is no VPC endpoint'],
    [['--tls-cert', 'cert.pem'], 'give `--tls-cert` and `--tls-key`'],
    [['--tls-cert', '/none.pem', '--tls-key', '/none.pem'], 'cannot read `/none.pem`'],
    [['--region', 'here'], '`here` is no Region'],
    [['--account', '1'], '`1` is no account'],
    [['--trusted-proxy', 'me'], 'the trusted proxies cannot be read: `me`'],
    [['--world', '/none'], '/none'],
    [['--data-dir', 'x'], 'give `--store` or `--data-dir`'],
    [['--mode', 'off'], "argument 'off' is invalid"],
  ])('%j', async (words, expected) => {
    expect(await refused('--store', 'memory', ...words)).toContain(expected)
  })

  test('a store whose root key is lost', async () => {
    const store = join(folder, 'keys')
    const { signals, ended } = await serve('--store', store)
    signals.emit('SIGTERM')
    await ended
    rmSync(join(store, 'root.key'))
    expect(await refused('--listen', '127.0.0.1:0', '--store', store)).toContain('root.key')
    expect(existsSync(join(store, 'root.key'))).toBe(false)
  })

  test('a database without the root key that its servers share', async () => {
    const words = ['--listen', '127.0.0.1:0', '--store', 'postgres://nobody@127.0.0.1:1/none']
    expect(await refused(...words)).toMatch(/^keyward: /)
  })
})
