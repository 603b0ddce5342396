/**
 * The store of a fleet: a schema in a PostgreSQL database, or in one that speaks its protocol. All processes that open it
 * are one service.
 *
 * Commits of all processes are serializable, and durable when they are acknowledged (`postgres-writer.ts`). A process sees
 * its own commits at once; what it has in memory follows those of the others within a bound (`postgres-follower.ts`).
 *
 * Connections that drop and a server that starts again are waited for, until an operation's time is over.
 */
import { randomBytes } from 'node:crypto'
import type { ClientBase } from 'pg'
import type { AuditRecord } from '../kms/audit-record.js'
import {
  type AuditPage,
  type Change,
  type ChangePage,
  type CommitResult,
  type Row,
  type RowPage,
  type ScanOptions,
  type SnapshotItem,
  type Store,
  StoreError,
  type StoreListener,
} from '../kms/store.js'
import { parsePostgresUrl } from './postgres-address.js'
import { integerFrom } from './postgres-columns.js'
import { Connections } from './postgres-connections.js'
import { kindOf, sqlStateOf, storeErrorOf } from './postgres-errors.js'
import { Follower } from './postgres-follower.js'
import { PostgresReader } from './postgres-reader.js'
import { PostgresRetention } from './postgres-retention.js'
import { prepareSchema, type Tables, tablesOf } from './postgres-schema.js'
import { writeStatements } from './postgres-transaction.js'
import { PostgresWriter } from './postgres-writer.js'
import { type AuditKept, checkAuditKept } from './sqlite-retention.js'

export interface PostgresStoreOptions {
  /** `postgres://user@host:5432/database`, with the parameters of libpq and `schema`; the rest from the environment. */
  readonly url: string
  /** Of the store alone; that of the URL, or `keyward`, when left out. */
  readonly schema?: string
  /** Whether a store is made where there is none; true when left out. */
  readonly create?: boolean
  /** How many connections read, 8 when left out; one more writes, and one follows the log. */
  readonly connections?: number
  /** How often the log is looked at for commits of others; 200 when left out. */
  readonly pollMs?: number
  /** After so long without a look at the log, everything in memory counts as old; 2,000 when left out. */
  readonly maxLagMs?: number
  /** How long reads and commits wait for a database that does not answer; 10,000 when left out. */
  readonly timeoutMs?: number
  /** Whether other processes are notified of what they wait for; true when left out, where the server can. */
  readonly hints?: boolean
  /** How many audit records stay, by their age or by their number; all when left out. */
  readonly keepAudit?: AuditKept
}

const CONNECTIONS = 8
const POLL_MS = 200
const MAX_LAG_MS = 2000
const TIMEOUT_MS = 10_000
/** The server ends a transaction whose process has stopped in the middle of it, so that the others can go on. */
const IDLE_IN_TRANSACTION_MS = 5000

/** Whom these are about must not wait for a look at the log: what is refused from now on, and to whom. */
const TOLD_AT_ONCE = ['key/', 'policy/', 'grant/', 'alias/', 'material/', 'credential', 'root-key']

/** Opens the store in a database, or makes one. Rejects with a StoreError where that cannot be. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { keepAudit } = options
  if (keepAudit !== undefined) checkAuditKept(keepAudit)
  const address = parsePostgresUrl(options.url, options.schema)
  const tables = tablesOf(address.schema)
  const { connections: count = CONNECTIONS, timeoutMs = TIMEOUT_MS } = options
  const connections = await Connections.load(address, { connections: count, timeoutMs })
  try {
    const found = await prepare(connections, tables, options)
    return new PostgresStore(connections, tables, { ...options, ...found })
  } catch (error) {
    await connections.close()
    throw storeErrorOf(error, `\`${address.shown}\` cannot be opened`, address)
  }
}

interface Prepared {
  readonly storeId: string
  readonly settings: readonly string[]
  readonly canNotify: boolean
  readonly position: number
}

async function prepare(connections: Connections, tables: Tables, options: PostgresStoreOptions): Promise<Prepared> {
  const { create = true, hints = true } = options
  const client = await connections.reader()
  try {
    const storeId = await prepareSchema(client, { address: connections.address, tables, create })
    const settings = await possibleSettings(client, connections.timeoutMs)
    const canNotify = hints && (await can(client, `SELECT pg_notify('${tables.channel}', '0')`))
    const { rows } = await client.query<{ readonly head: unknown }>(
      `SELECT coalesce(max(id), 0) AS head FROM ${tables.log}`,
    )
    return { storeId, settings, canNotify, position: integerFrom(rows[0]?.head) }
  } finally {
    client.release()
  }
}

/** What keeps one process from holding up the others, as far as the server has it; and what makes commits durable. */
async function possibleSettings(client: ClientBase, timeoutMs: number): Promise<readonly string[]> {
  // The server gives up before this process does, so that it can say why.
  const wanted = [
    `SET LOCAL statement_timeout = ${Math.ceil(timeoutMs * 0.8)}`,
    `SET LOCAL lock_timeout = ${Math.ceil(timeoutMs * 0.6)}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`,
  ]
  const { rows } = await client.query<{ readonly value: unknown }>(
    `SELECT current_setting('synchronous_commit', true) AS value`,
  )
  if (rows[0]?.value === 'off') wanted.push('SET LOCAL synchronous_commit = on')
  const possible: string[] = []
  for (const setting of wanted) if (await can(client, `BEGIN; ${setting}; COMMIT`)) possible.push(setting)
  return possible
}

async function can(client: ClientBase, sql: string): Promise<boolean> {
  try {
    await client.query(sql)
    return true
  } catch (error) {
    if (sqlStateOf(error) === undefined || kindOf(error) !== 'refused') throw error
    await client.query('ROLLBACK')
    return false
  }
}

class PostgresStore implements Store {
  readonly id: string
  readonly #connections: Connections
  readonly #reader: PostgresReader
  readonly #writer: PostgresWriter
  readonly #retention: PostgresRetention
  readonly #follower: Follower
  #closing: Promise<void> | undefined

  constructor(connections: Connections, tables: Tables, options: PostgresStoreOptions & Prepared) {
    const { storeId, settings, canNotify, position, keepAudit } = options
    const { pollMs = POLL_MS, maxLagMs = MAX_LAG_MS } = options
    this.id = storeId
    this.#connections = connections
    this.#reader = new PostgresReader(connections, tables)
    this.#retention = new PostgresRetention({ connections, tables, settings, keepAudit })
    const ownMark = randomBytes(6).toString('base64url')
    this.#follower = new Follower({
      connections,
      ownMark,
      reader: this.#reader,
      channel: canNotify ? tables.channel : undefined,
      pollMs,
      maxLagMs,
      position,
    })
    this.#writer = new PostgresWriter({
      connections,
      ownMark,
      statements: writeStatements(tables, { settings, tells: canNotify }),
      isTold: (name) => TOLD_AT_ONCE.some((prefix) => name.startsWith(prefix)),
      onCommitted: (batch) => {
        this.#follower.committed(batch)
        this.#retention.wrote(batch.commits.length)
      },
    })
  }

  get(name: string): Promise<Row | undefined> {
    return this.#reader.get(name)
  }

  scan(prefix: string, options?: ScanOptions): Promise<RowPage> {
    return this.#reader.scan(prefix, options)
  }

  commit(changes: readonly Change[], audit: readonly AuditRecord[]): Promise<CommitResult> {
    return this.#writer.commit(changes, audit)
  }

  changesSince(version: string, limit?: number): Promise<ChangePage> {
    return this.#reader.changesSince(version, limit)
  }

  version(): Promise<string> {
    return this.#reader.version()
  }

  subscribe(listener: StoreListener): () => void {
    if (this.#closing !== undefined) throw new StoreError('the store is closed')
    return this.#follower.add(listener)
  }

  auditRecords(options?: ScanOptions): Promise<AuditPage> {
    return this.#reader.auditRecords(options)
  }

  snapshot(): AsyncIterable<readonly SnapshotItem[]> {
    return this.#reader.snapshot()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#writer.close()
    this.#follower.close()
    await this.#retention.settled()
    await this.#connections.close()
  }
}
