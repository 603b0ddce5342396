/**
 * Stores in a PostgreSQL server that takes connections by TLS alone: whom a process trusts, and what it says of whom it does
 * not trust.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDatabase } from '../../src/cli/doctor-database.js'
import type { Store } from '../../src/kms/store.js'
import { parsePostgresUrl, type Encryption } from '../../src/store/postgres-address.js'
import { openPostgresStore } from '../../src/store/postgres.js'
import { type Certificates, makeCertificates } from './postgres-certificates.js'
import { PASSWORD, type PostgresServer } from './postgres-server.js'
import { postgresTests } from './postgres-support.js'
import { committed, put } from './steps.js'

// PostgreSQL documentation, "SSL Mode Descriptions"; npm `pg-connection-string`, "TCP Connections".
test.each<readonly [string, Encryption]>([
  ['', 'none'],
  ['?sslmode=disable', 'none'],
  ['?sslmode=disable&sslrootcert=ca.pem', 'none'],
  ['?ssl=0', 'none'],
  ['?ssl=true', 'checked'],
  ['?sslmode=prefer', 'checked'],
  ['?sslmode=require', 'checked'],
  ['?sslmode=verify-ca', 'checked'],
  ['?sslmode=verify-full', 'checked'],
  ['?sslrootcert=ca.pem', 'checked'],
  ['?sslmode=no-verify', 'unchecked'],
  ['?sslmode=require&uselibpqcompat=true', 'unchecked'],
  ['?sslmode=verify-full&uselibpqcompat=true', 'checked'],
])('%j in a URL means %s', (parameters, encryption) => {
  expect(parsePostgresUrl(`postgres://me@host/keys${parameters}`).encryption).toBe(encryption)
})

test('a mode that nobody knows is refused', () => {
  expect(() => parsePostgresUrl('postgres://me:hunter2@host/keys?sslmode=verify_full')).toThrow(
    /^`sslmode=verify_full` is not known; expected verify-full, no-verify or disable$/,
  )
})

describe('a server with a certificate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-certificates-'))
  const certificates: Certificates = makeCertificates(folder)
  afterAll(() => rmSync(folder, { recursive: true }))
  const tls = { certFile: certificates.certFile, keyFile: certificates.keyFile }
  postgresTests('PostgreSQL by TLS', (server) => tlsTests(server, certificates), { tls })
})

function tlsTests(server: () => PostgresServer, { caFile, otherCaFile }: Certificates): void {
  const url = (parameters: Readonly<Record<string, string>>, host = 'localhost'): string =>
    server().urlOf(host, { schema: 'tls', ...parameters })
  const open = (parameters: Readonly<Record<string, string>>, host?: string): Promise<Store> =>
    openPostgresStore({ url: url(parameters, host), timeoutMs: 5000 })
  const refused = async (parameters: Readonly<Record<string, string>>, host?: string): Promise<string> => {
    try {
      await (await open(parameters, host)).close()
      return 'opened'
    } catch (error) {
      const message = error instanceof Error ? `${error.name}: ${error.message}` : ''
      expect(message).not.toContain(PASSWORD)
      return message
    }
  }

  beforeAll(async () => {
    await server().query('CREATE SCHEMA IF NOT EXISTS tls')
  })

  test('is trusted for its authority and its name, on every connection', async () => {
    const store = await open({ sslmode: 'verify-full', sslrootcert: caFile })
    const heard: string[] = []
    store.subscribe((names) => void heard.push(...names))
    await committed(store, [put('key/1', 'a')])
    expect((await store.get('key/1'))?.value).toBe('a')
    const connections = `SELECT ssl, client_addr IS NULL AS local FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
      WHERE application_name = 'keyward'`
    await expect.poll(async () => (await server().query(connections)).length).toBeGreaterThanOrEqual(3)
    const found = await server().query(connections)
    expect(found).toEqual(found.map(() => ({ ssl: true, local: false })))
    expect(heard).toEqual(['key/1'])
    await store.close()
  })

  test.each(['prefer', 'require', 'verify-ca', 'verify-full'])('is checked with sslmode=%s', async (sslmode) => {
    expect(await refused({ sslmode, sslrootcert: caFile })).toBe('opened')
    expect(await refused({ sslmode })).toMatch(
      /^StoreError: `postgres:\/\/keyward@localhost:\d+\/postgres\?schema=tls` cannot be opened: .*certificate.*; name the certificate of its authority with `sslrootcert=`$/,
    )
    expect(await refused({ sslmode, sslrootcert: otherCaFile })).toMatch(/certificate.*; name the certificate of its/)
    expect(await refused({ sslmode, sslrootcert: caFile }, '127.0.0.1')).toMatch(
      /Hostname\/IP does not match certificate's altnames: .*127\.0\.0\.1.*; the URL must name the server as its certificate does$/,
    )
  })

  test('is taken for what it says with sslmode=no-verify', async () => {
    expect(await refused({ sslmode: 'no-verify' }, '127.0.0.1')).toBe('opened')
  })

  test('refuses whoever does not encrypt', async () => {
    for (const parameters of [{}, { sslmode: 'disable' }]) expect(await refused(parameters)).toMatch(/no encryption$/)
  })

  test('must be able to encrypt', async () => {
    await server().query('ALTER SYSTEM SET ssl = off')
    await server().query('SELECT pg_reload_conf()')
    const said = (): Promise<string> => refused({ sslmode: 'verify-full', sslrootcert: caFile })
    await expect.poll(said, { timeout: 20_000 }).toMatch(/does not support SSL connections; it needs `ssl = on`$/)
    await server().query('ALTER SYSTEM RESET ssl')
    await server().query('SELECT pg_reload_conf()')
    await expect.poll(said, { timeout: 20_000 }).toBe('opened')
  })

  test('an authority whose file is not there is named', async () => {
    expect(await refused({ sslmode: 'verify-full', sslrootcert: '/nowhere/ca.pem' })).toMatch(
      /cannot be opened: ENOENT: no such file or directory, open '\/nowhere\/ca\.pem'$/,
    )
  })

  test.each([
    [
      { sslmode: 'verify-full', sslrootcert: caFile },
      'ok',
      'the connection is encrypted, and the server is who it says',
    ],
    [{ sslmode: 'no-verify' }, 'warning', 'the connection is encrypted, and nobody checks with whom'],
    [{ sslmode: 'verify-full' }, 'problem', /certificate.*; name the certificate of its authority/],
    [{ sslmode: 'verify-full', sslrootcert: '/nowhere/ca.pem' }, 'problem', /ENOENT/],
    [{ sslmode: 'disable' }, 'problem', /no encryption/],
  ])('keyward doctor tells of %j: %s', async (parameters, level, message) => {
    const found = await checkDatabase(url(parameters), 1)
    const told = found.filter((finding) => finding.level === level).map((finding) => finding.message)
    expect(told.some((each) => (typeof message === 'string' ? each === message : message.test(each)))).toBe(true)
  })
}
