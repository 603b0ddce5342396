/** `keyward doctor` on things that are well, and on each that is not. Nothing here depends on the speed of a disk. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { registerCredentials } from '../../src/cli/credentials.js'
import { checkSkew } from '../../src/cli/doctor-clock.js'
import { checkDatabase } from '../../src/cli/doctor-database.js'
import type { Finding } from '../../src/cli/doctor-finding.js'
import { checkCertificate, checkListener } from '../../src/cli/doctor-network.js'
import { checkNode } from '../../src/cli/doctor-run.js'
import { checkFolder } from '../../src/cli/doctor-store.js'
import { registerDoctor } from '../../src/cli/doctor.js'
import { registerInit } from '../../src/cli/init.js'
import { openPostgresStore } from '../../src/store/postgres.js'
import { issue } from '../kms/attestation/authority.js'
import { postgresTests } from '../store/postgres-support.js'
import { testServer } from '../server/http/test-server.js'
import { runCommand, type Ran } from './run-command.js'

const VARIABLES = ['KEYWARD_DATA_DIR', 'KEYWARD_STORE', 'KEYWARD_ROOT_KEY', 'KEYWARD_ROOT_KEY_FILE', 'AWS_REGION']
const FREE = ['--listen', '127.0.0.1:0']

let folder = ''
let keys = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-doctor-'))
  keys = join(folder, 'keys')
  for (const name of VARIABLES) vi.stubEnv(name, undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const doctor = (...words: string[]): Promise<Ran> => runCommand(registerDoctor, ['doctor', '--no-color', ...words])
const init = (): Promise<Ran> => runCommand(registerInit, ['init', '--data-dir', keys])

async function findings(...words: string[]): Promise<readonly Finding[]> {
  const { out, err } = await doctor('--json', ...words)
  expect(err).toBe('')
  return (JSON.parse(out) as { findings: readonly Finding[] }).findings
}

/** Those of a check that are not well: level, message and what to do. */
function ills(all: readonly Finding[], check: string): readonly string[] {
  const bad = all.filter((each) => each.check === check && each.level !== 'ok')
  return bad.map(({ level, message, advice }) => `${level}: ${message} -> ${advice}`)
}

describe('a store in a folder', () => {
  test('that is well, with somebody who can sign', async () => {
    await init()
    const arn = 'arn:aws:iam::111122223333:root'
    await runCommand(registerCredentials, ['credentials', 'add', '--data-dir', keys, arn])
    const all = await findings('--store', keys, ...FREE)
    const others = all.filter(({ level, message }) => level !== 'ok' && !/^its disk|lies in memory/.test(message))
    expect(others).toEqual([])
    expect(all.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'it takes commits',
        expect.stringMatching(/ opens the store$/),
        '1 access key can sign',
        expect.stringMatching(/its file is closed to other users; it lies beside the store/),
        '127.0.0.1:0 is safe to listen on',
      ]),
    )
  })

  test('in which nobody can sign', async () => {
    await init()
    expect(ills(await findings('--store', keys, ...FREE), 'credentials')).toEqual([
      'warning: nobody can sign requests -> `keyward credentials add` makes an access key',
    ])
  })

  test('that is not there', async () => {
    const { out, exitCode } = await doctor('--store', keys, ...FREE)
    expect(exitCode).toBe(2)
    expect(out).toContain(`problem  store: there is no folder \`${keys}\`\n         name the store with`)
    expect(out).toMatch(/1 problem, 0 warnings, \d+ well\n$/)
  })

  test('with no database in it', async () => {
    mkdirSync(keys, { mode: 0o700 })
    expect(ills(await findings('--store', keys, ...FREE), 'store').join()).toContain('there is no store in')
  })

  test.runIf(process.platform !== 'win32')('that others may look into', async () => {
    await init()
    chmodSync(keys, 0o755)
    expect(ills(await findings('--store', keys, ...FREE), 'store')).toEqual([
      `problem: \`${keys}\` is open to other users (mode 0755) -> chmod 700 ${keys}`,
    ])
  })

  test('whose root key is lost, or another one', async () => {
    await init()
    rmSync(join(keys, 'root.key'))
    const lost = ills(await findings('--store', keys, ...FREE), 'root key')
    expect(lost.join()).toMatch(/^problem: the root key file .* cannot be read.*nothing in the store can be used/)
    const other = join(folder, 'other')
    await runCommand(registerInit, ['init', '--data-dir', other])
    const file = join(other, 'root.key')
    const wrong = ills(await findings('--store', keys, '--root-key-file', file, ...FREE), 'root key')
    expect(wrong).toHaveLength(1)
    expect(wrong[0]).toMatch(/^problem: /)
  })

  test('whose root key others can read', async () => {
    await init()
    const file = join(keys, 'root.key')
    chmodSync(file, 0o644)
    expect(ills(await findings('--store', keys, ...FREE), 'root key')).toEqual([
      expect.stringContaining(`is open to other users (mode 0644); expected mode 0600 -> chmod 600 ${file}`),
    ])
  })

  const WELL = { freeBytes: 2 ** 40, type: 0xef53, syncMs: 0.5 }
  test.each([
    ['a disk that is well', WELL, []],
    ['NFS', { ...WELL, type: 0x6969 }, [/^problem: .* network file system \(NFS\)/]],
    ['memory', { ...WELL, type: 0x01021994 }, [/^warning: the folder lies in memory/]],
    ['little room', { ...WELL, freeBytes: 2 ** 29 }, [/^warning: its disk has 512 MB left/]],
    ['no room', { ...WELL, freeBytes: 2 ** 20 }, [/^problem: its disk has 1 MB left/]],
    ['a slow disk', { ...WELL, syncMs: 80 }, [/^warning: its disk takes 80\.00 ms/]],
  ])('%s', (_name, disk, expected) => {
    const found = ills(
      checkFolder(folder, () => disk),
      'store',
    )
    expect(found).toEqual(expected.map((form) => expect.stringMatching(form) as string))
  })

  test('that cannot be written', () => {
    const found = checkFolder(folder, () => {
      throw new Error('EROFS: read-only file system')
    })
    expect(ills(found, 'store').join()).toContain('cannot be written: EROFS')
  })
})

test('a store in memory, with several processes', async () => {
  const found = ills(await findings('--store', 'memory', '--cluster', '3', ...FREE), 'store')
  expect(found).toEqual([expect.stringMatching(/^warning: it is in memory/), expect.stringMatching(/^problem: 3 proc/)])
})

test('a configuration that cannot be read', async () => {
  const config = join(folder, 'c.json')
  writeFileSync(config, '{"listn": 1}')
  expect(ills(await findings('--config', config), 'configuration').join()).toContain('unknown member `listn`')
  // The lines around the mistake are lines.
  const { out } = await doctor('--config', config)
  expect(out).toMatch(/\n {9} *--> .*c\.json:1:2\n/)
})

test('a world that others may write to, and one that is not there', async () => {
  const world = join(folder, 'world')
  mkdirSync(world)
  writeFileSync(join(world, 'world.json'), JSON.stringify({ keyward: 'world/1' }))
  chmodSync(world, 0o777)
  const open = ills(await findings('--store', 'memory', '--world', world, ...FREE), 'world')
  expect(open).toEqual([expect.stringMatching(/other users may write to/)])
  const none = await findings('--store', 'memory', '--world', join(folder, 'none'), ...FREE)
  expect(ills(none, 'world')).toEqual([expect.stringMatching(/^problem: .* cannot be read/)])
})

test.each([
  ['20.19.0', 'ok'],
  ['24.1.0', 'ok'],
  ['20.18.9', 'problem'],
  ['18.20.0', 'problem'],
])('Node.js %s is %s', (version, level) => {
  expect(checkNode(version).level).toBe(level)
})

describe('a clock', () => {
  const HERE = 1_000_000_000
  test.each([
    [0, 'ok', /agree/],
    [4000, 'ok', /agree/],
    [20_000, 'warning', /20\.0 s ahead of the one here/],
    [-20_000, 'warning', /20\.0 s behind the one here/],
    [400_000, 'problem', /400\.0 s ahead/],
    [-400_000, 'problem', /400\.0 s behind/],
  ])('%i ms away', (skewMs, level, message) => {
    const found = checkSkew('of the database', HERE + skewMs, HERE, HERE)
    expect(found).toMatchObject({ level, message: expect.stringMatching(message) as string })
  })

  test('between the question and the answer it may be anything', () => {
    expect(checkSkew('x', HERE + 30_000, HERE, HERE + 60_000).level).toBe('ok')
  })
})

describe('addresses', () => {
  test('one that others can reach needs a certificate', async () => {
    const [first] = await checkListener({ host: '0.0.0.0', port: 0 }, 'enforce', false)
    expect(first).toMatchObject({ level: 'problem', advice: expect.stringContaining('--tls-cert') as string })
    const [allowed] = await checkListener({ host: '0.0.0.0', port: 0 }, 'enforce', true)
    expect(allowed?.level).toBe('warning')
  })

  test('one that is taken', async () => {
    const server = await listening()
    const { port } = server.address() as AddressInfo
    const [, taken] = await checkListener({ host: '127.0.0.1', port }, 'metrics', false)
    expect(taken).toMatchObject({ check: 'metrics port', level: 'warning' })
    expect(taken?.message).toContain('another program does already')
  })
})

function listening(status = 200, date?: string): Promise<Server> {
  const server = createServer((_request, response) => {
    if (date !== undefined) response.setHeader('Date', date)
    response.statusCode = status
    response.end('{}')
  })
  onTestFinished(() => void server.close())
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}

describe('certificates', () => {
  const DAY_MS = 86_400_000

  function certificate(...more: string[]): { readonly certFile: string; readonly keyFile: string } {
    const certFile = join(folder, 'cert.pem')
    const keyFile = join(folder, 'key.pem')
    const subject = ['-subj', '/CN=kms.example.com', '-days', '90', ...more]
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile]
    execFileSync('openssl', ['req', '-x509', ...key, '-out', certFile, ...subject], { stdio: 'pipe' })
    chmodSync(keyFile, 0o600)
    return { certFile, keyFile }
  }
  const NAMED = ['-addext', 'subjectAltName=DNS:kms.example.com,IP:192.0.2.7']

  test('one that is well', () => {
    const found = checkCertificate(certificate(...NAMED), Date.now(), ['kms.example.com', '192.0.2.7'])
    expect(ills(found, 'certificate')).toEqual([])
    expect(found).toHaveLength(4)
  })

  test.each([
    [-2, /^problem: it is not valid yet/],
    [70, /^warning: it expires in \d+ days/],
    [100, /^problem: it has expired/],
  ])('%i days from now', (days, expected) => {
    const found = checkCertificate(certificate(...NAMED), Date.now() + days * DAY_MS)
    expect(ills(found, 'certificate')).toEqual([expect.stringMatching(expected)])
  })

  test('one for somebody else, and one for nobody', () => {
    const other = checkCertificate(certificate(...NAMED), Date.now(), ['other.example.com', '192.0.2.8'])
    expect(ills(other, 'certificate')).toEqual([
      expect.stringMatching(/^problem: it is not for `other.example.com` but for `DNS:kms.example.com/),
      expect.stringMatching(/^problem: it is not for `192.0.2.8`/),
    ])
    const none = checkCertificate(certificate(), Date.now())
    expect(ills(none, 'certificate')).toEqual([expect.stringMatching(/^problem: it names no host/)])
  })

  test('one whose key is open to others, and one with another key', () => {
    const files = certificate(...NAMED)
    chmodSync(files.keyFile, 0o644)
    const open = ills(checkCertificate(files, Date.now()), 'certificate')
    expect(open).toEqual([`warning: its key is open to other users (mode 0644) -> chmod 600 ${files.keyFile}`])
    execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', files.keyFile])
    expect(ills(checkCertificate(files, Date.now()), 'certificate')[0]).toMatch(
      /^problem: .* cannot be used with the key/,
    )
  })
})

describe('a server that runs', () => {
  test('with a certificate that nobody here knows', async () => {
    const { key, der } = issue({ name: 'localhost', fromMs: Date.now() - 3_600_000, toMs: Date.now() + 3_600_000 })
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const base64 = der.toString('base64')
    writeFileSync(certFile, `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`)
    writeFileSync(keyFile, key.export({ format: 'pem', type: 'pkcs8' }))
    const { url } = await testServer({ listeners: [{ tls: { certFile, keyFile } }] })
    const found = await findings('--url', url)
    expect(ills(found, 'server')).toEqual([expect.stringMatching(/ -> .*ask again with NODE_EXTRA_CA_CERTS=/)])
  })

  test('and is ready', async () => {
    const { url } = await testServer()
    const { out, exitCode } = await doctor('--url', url)
    expect(out).toContain('ok       server: it lives\nok       server: it is ready\nok       clock: ')
    expect(out).toMatch(/all \d checks are well\n$/)
    expect(exitCode).toBe(0)
  })

  test('and is not ready', async () => {
    const { url } = await testServer({ backend: { readiness: [{ name: 'store', check: () => 'it is away' }] } })
    const { out, exitCode } = await doctor('--url', url)
    expect(out).toContain('problem  server: it is not ready:')
    expect(out).toContain('store: it is away')
    expect(exitCode).toBe(2)
  })

  test('with a clock that is wrong, so that no signature counts', async () => {
    const server = await listening(200, new Date(Date.now() - 3_600_000).toUTCString())
    const { port } = server.address() as AddressInfo
    expect(ills(await findings('--url', `http://127.0.0.1:${port}`), 'clock')[0]).toMatch(
      /^problem: the clock of the server is \d+\.\d s behind/,
    )
  })

  test('that is another one, or none', async () => {
    const server = await listening(404)
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}`
    expect(ills(await findings('--url', url), 'server')[0]).toContain('it answers 404')
    server.close()
    await once(server, 'close')
    expect(ills(await findings('--url', url), 'server')[0]).toContain('does not answer')
    expect(ills(await findings('--url', 'nonsense'), 'server')[0]).toContain('is no URL of a server')
    const plain = await testServer()
    const secure = plain.url.replace('http:', 'https:')
    expect(ills(await findings('--url', secure), 'server')[0]).toContain(`speaks no TLS; try ${plain.url}`)
  })
})

test('warnings alone are status 1', async () => {
  const { exitCode, out } = await doctor('--store', 'memory', ...FREE)
  expect(exitCode).toBe(1)
  expect(out).toContain('warning  store: it is in memory, and gone when the server ends\n         give `--store`')
})

postgresTests('a database', (server) => {
  test('that is well', async () => {
    const store = await openPostgresStore({ url: server().url() })
    await store.close()
    const found = await checkDatabase(server().url(), 1)
    expect(found.filter(({ level }) => level !== 'ok')).toEqual([])
    expect(found.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'its transactions can be serializable',
        'it notifies (LISTEN)',
        'the clock of the database and the one here agree',
      ]),
    )
    const all = await findings('--store', server().url(), ...FREE)
    expect(ills(all, 'store')).toEqual([])
    expect(ills(all, 'root key')).toEqual([expect.stringMatching(/^warning: the store has none yet/)])
  })

  test('with fewer connections than the processes want', async () => {
    expect(ills(await checkDatabase(server().url(), 1000), 'database')).toEqual([
      expect.stringMatching(/1000 processes want up to 10000/),
    ])
  })
})

test('a database that is away, without its password', async () => {
  const found = await checkDatabase('postgres://me:hunter2@127.0.0.1:1/none', 1)
  expect(found).toMatchObject([{ check: 'database', level: 'problem' }])
  expect(JSON.stringify(found)).not.toContain('hunter2')
})
