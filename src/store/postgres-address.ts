/**
 * Where a PostgreSQL store is: the URL of a database, and in it a schema that belongs to the store alone.
 *
 * The URL is that of libpq, and what it leaves out comes from the environment and the password file, as with `pg`; one
 * parameter is ours, `schema`. A URL may hold a password, so that none is ever shown: `shown` is what messages say, and
 * `withoutPassword` is for texts that others have written.
 *
 * Source: PostgreSQL documentation, "Connection URIs"; npm `pg-connection-string`.
 */
import { StoreError } from '../kms/store.js'

export interface PostgresAddress {
  /** For `pg`, without our own parameter. */
  readonly connectionString: string
  readonly schema: string
  /** For people: no password, no parameters. */
  readonly shown: string
  /** Whether connections are encrypted, and whether it is checked with whom. Where the server is a socket, it is neither. */
  readonly encryption: Encryption
  /** The text with every password that is known taken out. */
  readonly withoutPassword: (text: string) => string
}

/** `unchecked`: with whoever answers at the address. */
export type Encryption = 'none' | 'unchecked' | 'checked'

const SCHEMES = ['postgres:', 'postgresql:']
const DEFAULT_SCHEMA = 'keyward'
/** PostgreSQL cuts longer names off, so that two of them could be one. */
const LONGEST_NAME = 63

const SSL_MODES: readonly (string | null)[] = [
  null,
  'disable',
  'no-verify',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
]
/** These are all checked like `verify-full` by this version of `pg`, which warns that it will not stay so. */
const SSL_MODES_TO_BE_CHECKED: readonly (string | null)[] = ['prefer', 'require', 'verify-ca']

export function isPostgresUrl(text: string): boolean {
  return SCHEMES.some((scheme) => text.toLowerCase().startsWith(`${scheme}//`))
}

/** Throws a StoreError, which shows nothing of the URL, where it is none. */
export function parsePostgresUrl(text: string, schema?: string): PostgresAddress {
  const url = isPostgresUrl(text) ? parsed(text) : undefined
  if (url === undefined) throw new StoreError('expected a URL such as `postgres://user@host:5432/database`')
  const wanted = schema ?? url.searchParams.get('schema') ?? DEFAULT_SCHEMA
  url.searchParams.delete('schema')
  if (wanted === '' || wanted.includes('\0') || Buffer.byteLength(wanted) > LONGEST_NAME) {
    throw new StoreError(`\`${wanted}\` cannot be the name of a schema; expected 1 to ${LONGEST_NAME} bytes`)
  }
  const { searchParams } = url
  const mode = searchParams.get('sslmode')
  if (!SSL_MODES.includes(mode)) {
    throw new StoreError(`\`sslmode=${mode ?? ''}\` is not known; expected verify-full, no-verify or disable`)
  }
  if (SSL_MODES_TO_BE_CHECKED.includes(mode) && !searchParams.has('uselibpqcompat')) {
    searchParams.set('sslmode', 'verify-full')
  }
  return {
    connectionString: url.href,
    schema: wanted,
    shown: shownUrl(url, wanted),
    encryption: encryptionOf(searchParams),
    withoutPassword: without(passwordsOf(url, text)),
  }
}

/** As `pg` takes it, from the URL and otherwise from the environment. */
function encryptionOf(parameters: URLSearchParams): Encryption {
  const [ssl, compatible] = [parameters.get('ssl'), parameters.get('uselibpqcompat')]
  const isNamed = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'].some((name) => parameters.has(name))
  const own = isNamed ? (parameters.get('sslmode') ?? 'verify-full') : ssl
  const mode = own ?? process.env['PGSSLMODE'] ?? 'disable'
  if (mode === 'disable' || mode === '0' || mode === 'false' || mode === '') return 'none'
  if (mode === 'no-verify') return 'unchecked'
  return compatible === 'true' && SSL_MODES_TO_BE_CHECKED.includes(mode) ? 'unchecked' : 'checked'
}

function parsed(text: string): URL | undefined {
  if (URL.canParse(text)) return new URL(text)
  // A user without a host, as in `postgres://user@/database?host=/run/postgresql`.
  const withHost = text.replace('@/', '@localhost/')
  return URL.canParse(withHost) ? new URL(withHost) : undefined
}

function shownUrl(url: URL, schema: string): string {
  const user = url.username === '' ? '' : `${url.username}@`
  const host = url.searchParams.get('host') ?? url.host
  const shown = `postgres://${user}${host}${url.pathname}`
  return schema === DEFAULT_SCHEMA ? shown : `${shown}?schema=${schema}`
}

function passwordsOf({ password, searchParams }: URL, text: string): readonly string[] {
  const given = [password, searchParams.get('password') ?? '', process.env['PGPASSWORD'] ?? '']
  const found = [text]
  for (const each of given.filter((one) => one !== '')) {
    found.push(each)
    try {
      found.push(decodeURIComponent(each))
    } catch {
      // It holds a percent sign of its own, and is as it is.
      found.push(encodeURIComponent(each))
    }
  }
  return found
}

function without(secrets: readonly string[]): (text: string) => string {
  return (text) => secrets.reduce((left, secret) => left.replaceAll(secret, '…'), text)
}
