/**
 * The checks of a PostgreSQL database, asked of the database itself: its version, how it isolates and keeps what is written,
 * whether it notifies, its clock. Nothing is written.
 *
 * Source: PostgreSQL documentation, "Transaction Isolation", "Asynchronous Commit", "NOTIFY", "pg_stat_ssl".
 */
import type { Client } from 'pg'
import { type Encryption, parsePostgresUrl } from '../store/postgres-address.js'
import { storeErrorOf } from '../store/postgres-errors.js'
import { ok, problem, warning, type Finding } from './doctor-finding.js'
import { checkSkew } from './doctor-clock.js'

const CHECK = 'database'
const OLDEST_VERSION = 130_000
const TIMEOUT_MS = 10_000
const HINT_MS = 2000
/** Of one process: those that read, one that writes, one that follows. */
const CONNECTIONS = 10

export async function checkDatabase(url: string, processes: number): Promise<readonly Finding[]> {
  const address = parsePostgresUrl(url)
  const { default: pg } = await import('pg')
  let client: Client | undefined
  try {
    // It reads the files that the URL names.
    client = new pg.Client({
      connectionString: address.connectionString,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
    })
    client.on('error', () => undefined)
    await client.connect()
    return await ask(client, processes, address.encryption)
  } catch (error) {
    const { message } = storeErrorOf(error, `\`${address.shown}\` cannot be asked`, address)
    return [problem(CHECK, message, 'look whether it runs, and whether this user may connect to it')]
  } finally {
    await client?.end().catch(() => undefined)
  }
}

async function ask(client: Client, processes: number, encryption: Encryption): Promise<readonly Finding[]> {
  const startedMs = Date.now()
  const { rows } = await client.query<Answers>(QUESTIONS)
  const answeredMs = Date.now()
  const [answers] = rows
  if (answers === undefined) throw new Error('a query for one row has answered none')
  const { version, name, isReplica, durable, ssl, isLocal, connections, nowMs } = answers
  return [
    Number(version) >= OLDEST_VERSION
      ? ok(CHECK, `it is version ${name}`)
      : warning(CHECK, `it is version ${name}`, 'versions before 13 are not supported by their makers any more'),
    isReplica
      ? problem(
          CHECK,
          'it is a replica, which takes no changes',
          'name the primary in the URL, or an address that follows it',
        )
      : ok(CHECK, 'it takes changes'),
    durable === 'off'
      ? warning(
          CHECK,
          'it is set to acknowledge what is not on its disk yet (synchronous_commit = off)',
          'Keyward asks for more in its own transactions; set it to on for everybody else',
        )
      : ok(CHECK, `what it acknowledges is on its disk (synchronous_commit = ${durable})`),
    await isolation(client),
    encrypted({ ssl, isLocal }, encryption),
    Number(connections) >= processes * CONNECTIONS
      ? ok(CHECK, `it takes ${connections} connections`)
      : warning(
          CHECK,
          `it takes ${connections} connections, and ${processes} processes want up to ${processes * CONNECTIONS}`,
          'set max_connections higher',
        ),
    await hints(client),
    checkSkew('of the database', Number(nowMs), startedMs, answeredMs),
  ]
}

function encrypted({ ssl, isLocal }: Pick<Answers, 'ssl' | 'isLocal'>, encryption: Encryption): Finding {
  if (ssl && encryption === 'unchecked') {
    return warning(
      CHECK,
      'the connection is encrypted, and nobody checks with whom',
      'put `?sslmode=verify-full` into the URL, and the authority of the certificate as `sslrootcert`',
    )
  }
  if (ssl) return ok(CHECK, 'the connection is encrypted, and the server is who it says')
  if (isLocal) return ok(CHECK, 'the connection stays on this machine')
  return warning(CHECK, 'the connection is not encrypted', 'put `?sslmode=verify-full` into the URL')
}

interface Answers {
  readonly version: string
  readonly name: string
  readonly isReplica: boolean
  readonly durable: string
  readonly ssl: boolean
  readonly isLocal: boolean
  readonly connections: string
  readonly nowMs: string
}

const QUESTIONS = `SELECT current_setting('server_version_num') AS version, current_setting('server_version') AS name,
  pg_is_in_recovery() AS "isReplica", current_setting('synchronous_commit') AS durable,
  coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS ssl,
  coalesce(inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1', true) AS "isLocal",
  current_setting('max_connections') AS connections, extract(epoch FROM clock_timestamp()) * 1000 AS "nowMs"`

async function isolation(client: Client): Promise<Finding> {
  await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY')
  const { rows } = await client.query<{ readonly level: string }>(
    `SELECT current_setting('transaction_isolation') AS level`,
  )
  await client.query('ROLLBACK')
  const level = rows[0]?.level ?? 'unknown'
  if (level === 'serializable') return ok(CHECK, 'its transactions can be serializable')
  return problem(CHECK, `it isolates transactions as ${level}`, 'Keyward needs serializable ones; use another database')
}

/** Behind some poolers nobody is notified. */
async function hints(client: Client): Promise<Finding> {
  const without = warning(
    CHECK,
    'it does not notify (LISTEN), as behind some poolers',
    'changes of other processes are seen up to 200 ms later; connect without a pooler to see them at once',
  )
  let timer: NodeJS.Timeout | undefined
  try {
    const heard = new Promise<boolean>((resolve) => {
      client.once('notification', () => resolve(true))
      timer = setTimeout(() => resolve(false), HINT_MS)
    })
    await client.query('LISTEN keyward_doctor')
    await client.query('NOTIFY keyward_doctor')
    return (await heard) ? ok(CHECK, 'it notifies (LISTEN)') : without
  } catch {
    return without
  } finally {
    clearTimeout(timer)
  }
}
