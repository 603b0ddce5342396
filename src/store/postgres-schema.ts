/**
 * The tables of a store in PostgreSQL, how they came to be what they are, and whether a database has them.
 *
 * They stand in a schema of their own. Their version is a number in `meta`; an older one is brought forward in one
 * transaction, by one process at a time, and a newer one is refused before anything is written.
 *
 * Nothing here is peculiar to PostgreSQL but the advisory lock, without which two processes that make the same tables at
 * once meet each other's names, and one of them begins again.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { ClientBase, QueryResult } from 'pg'
import { StoreError } from '../kms/store.js'
import type { PostgresAddress } from './postgres-address.js'
import type { Line } from './postgres-connections.js'
import { isOneOf, MISSING, THERE_ALREADY } from './postgres-errors.js'

/** The step at place n makes version n + 1 out of version n. A step that has been released is never changed. */
const MIGRATIONS: readonly ((tables: Tables) => string)[] = [
  // `meta`: the store's id, the version, and from where on the log is complete.
  // `rows`: names as bytes, in whose order they are scanned; the version is the log entry of the last change; the value is
  // in one of its two columns.
  // `log`: one entry for each commit, numbered without gaps in the order of the commits, with the names of changed rows and
  // the audit records as JSON arrays, how many records, and when the last of them was. `batch` tells who wrote it.
  // `turn`: one row, held by whoever writes.
  ({ meta, rows, log, turn }) => `
    CREATE TABLE ${meta} (key text PRIMARY KEY, value text NOT NULL);
    CREATE TABLE ${rows} (name bytea PRIMARY KEY, version bigint NOT NULL, value text, bytes bytea);
    CREATE TABLE ${log} (
      id bigint PRIMARY KEY, batch text NOT NULL, names text, audit text, records bigint, at_ms bigint
    );
    CREATE TABLE ${turn} (id integer PRIMARY KEY);
    INSERT INTO ${turn} (id) VALUES (1);
    INSERT INTO ${meta} (key, value) VALUES ('namesKeptAfter', '0'), ('auditDropped', '0'), ('auditDroppedUpTo', '0');
  `,
]

const CURRENT = MIGRATIONS.length
const TRIES = 5

/** Names of tables as SQL has them. */
export interface Tables {
  readonly schema: string
  readonly meta: string
  readonly rows: string
  readonly log: string
  readonly turn: string
  /** Where commits are told. */
  readonly channel: string
}

export function tablesOf(schema: string): Tables {
  const quoted = `"${schema.replaceAll('"', '""')}"`
  const channel = `keyward_${createHash('sha256').update(schema).digest('hex').slice(0, 16)}`
  const table = (name: string): string => `${quoted}.${name}`
  return {
    schema: quoted,
    meta: table('meta'),
    rows: table('rows'),
    log: table('log'),
    turn: table('turn'),
    channel,
  }
}

export interface SchemaOptions {
  readonly address: PostgresAddress
  readonly tables: Tables
  /** Whether a store is made where there is none. */
  readonly create: boolean
}

/** Sees to it that the tables are there as this program knows them, and answers the store's id. */
export async function prepareSchema(client: ClientBase, { address, tables, create }: SchemaOptions): Promise<string> {
  await mustBeUtf8(client, address)
  for (let attempt = 1; ; attempt++) {
    const found = await findStore(client, tables)
    if (found !== undefined) mustBeKnown(found.version, address)
    if (found?.version === CURRENT) return found.storeId
    if (found === undefined && !create) throw new StoreError(`there is no store in \`${address.shown}\``)
    try {
      await inTransaction(client, async () => {
        await waitForOthers(client, tables)
        // Another process may have been first, and may have been newer.
        const now = await findStore(client, tables)
        if (now === undefined) await makeStore(client, tables, randomBytes(16).toString('hex'))
        else if (now.version < CURRENT) await bringForward(client, tables, now.version)
      })
    } catch (error) {
      if (attempt === TRIES || !isOneOf(error, [...THERE_ALREADY, '40001'])) throw error
    }
  }
}

/** In a transaction that is open: tables without a row, and the id. */
export async function makeStore(client: ClientBase, tables: Tables, storeId: string): Promise<void> {
  // Who may not make a schema may have been given an empty one.
  const { rows } = await client.query('SELECT 1 FROM information_schema.schemata WHERE schema_name = $1', [
    tables.schema.slice(1, -1).replaceAll('""', '"'),
  ])
  if (rows.length === 0) await client.query(`CREATE SCHEMA ${tables.schema}`)
  await bringForward(client, tables, 0)
  await client.query(`INSERT INTO ${tables.meta} (key, value) VALUES ('storeId', $1)`, [storeId])
}

interface Found {
  readonly version: number
  readonly storeId: string
}

/** Reads, inside a transaction or outside of one. */
export async function findStore(client: ClientBase, { meta }: Tables): Promise<Found | undefined> {
  const { rows }: QueryResult<{ readonly there: unknown }> = await client.query('SELECT to_regclass($1) AS there', [
    meta,
  ])
  if (rows[0]?.there === null) return undefined
  try {
    const result: QueryResult<Line> = await client.query(`SELECT key, value FROM ${meta}`)
    const values = new Map(result.rows.map(({ key, value }) => [key, value]))
    const storeId = values.get('storeId')
    const version = Number(values.get('schema'))
    if (typeof storeId !== 'string' || !Number.isSafeInteger(version)) return undefined
    return { version, storeId }
  } catch (error) {
    if (isOneOf(error, MISSING)) return undefined
    throw error
  }
}

/** @param settings - of this transaction alone. */
export async function inTransaction<T>(
  client: ClientBase,
  run: () => Promise<T>,
  settings: readonly string[] = [],
): Promise<T> {
  await client.query(['BEGIN', ...settings].join('; '))
  try {
    const result = await run()
    await client.query('COMMIT')
    return result
  } catch (error) {
    // A connection that is gone has rolled back by itself.
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

async function bringForward(client: ClientBase, tables: Tables, from: number): Promise<void> {
  for (const migration of MIGRATIONS.slice(from)) await client.query(migration(tables))
  await client.query(
    `INSERT INTO ${tables.meta} (key, value) VALUES ('schema', $1)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    [String(CURRENT)],
  )
}

/** In a transaction that is open: until nobody else makes tables of this store. */
export async function waitForOthers(client: ClientBase, { channel }: Tables): Promise<void> {
  const { rows } = await client.query(`SELECT 1 FROM pg_catalog.pg_proc WHERE proname = 'pg_advisory_xact_lock'`)
  // 48 bits of a hash.
  const key = Number.parseInt(channel.slice(-12), 16)
  if (rows.length > 0) await client.query('SELECT pg_advisory_xact_lock($1)', [key])
}

async function mustBeUtf8(client: ClientBase, { shown }: PostgresAddress): Promise<void> {
  const { rows }: QueryResult<{ readonly server_encoding: unknown }> = await client.query('SHOW server_encoding')
  const encoding = rows[0]?.server_encoding
  if (encoding !== 'UTF8') {
    throw new StoreError(`the database of \`${shown}\` has the encoding ${String(encoding)}; expected UTF8`)
  }
}

function mustBeKnown(version: number, { shown }: PostgresAddress): void {
  if (version <= CURRENT) return
  const wants = `this program knows schemas up to ${CURRENT}, and leaves the tables as they are`
  throw new StoreError(`\`${shown}\` was written by a newer Keyward: schema ${version}; ${wants}`)
}
