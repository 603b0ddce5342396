/**
 * Makes a store in a PostgreSQL database with everything that a backup holds, in one transaction: there is all of it, or
 * nothing.
 *
 * Restored rows stand under the log's first entry, and the log says that it knows no names from before: whoever asks for
 * changes since a version of the store that was backed up is told to look at everything.
 */
import type { Client } from 'pg'
import type { SnapshotItem } from '../kms/store.js'
import { BackupError } from './backup-file.js'
import { parsePostgresUrl } from './postgres-address.js'
import { bytesArray, integerArray, isText, nameArray, textArray } from './postgres-columns.js'
import { Connections } from './postgres-connections.js'
import { storeErrorOf } from './postgres-errors.js'
import { findStore, inTransaction, makeStore, type Tables, tablesOf, waitForOthers } from './postgres-schema.js'

export interface FillOptions {
  readonly url: string
  readonly storeId: string
  /** All rows, then all audit records in their order. */
  readonly items: Iterable<SnapshotItem>
  /** Called at the end; where it throws, nothing is made. */
  readonly verify: () => void
}

const PART = 500
/** One statement may write many rows. */
const TIMEOUT_MS = 300_000

/** @returns false where there is a store already; it is left as it is. */
export async function fillPostgresStore({ url, storeId, items, verify }: FillOptions): Promise<boolean> {
  const address = parsePostgresUrl(url)
  const tables = tablesOf(address.schema)
  const connections = await Connections.load(address, { connections: 1, timeoutMs: TIMEOUT_MS })
  const client = connections.single()
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await inTransaction(client, async () => {
      await waitForOthers(client, tables)
      if ((await findStore(client, tables)) !== undefined) return false
      await makeStore(client, tables, storeId)
      await fill(client, tables, items)
      verify()
      return true
    })
  } catch (error) {
    // What the backup has to say itself is said as it is.
    throw error instanceof BackupError ? error : storeErrorOf(error, `\`${address.shown}\` cannot be filled`, address)
  } finally {
    await client.end().catch(() => undefined)
    await connections.close()
  }
}

/** Whether there is a store; a StoreError where nobody can tell. */
export async function postgresStoreExists(url: string): Promise<boolean> {
  const address = parsePostgresUrl(url)
  const connections = await Connections.load(address, { connections: 1, timeoutMs: TIMEOUT_MS })
  const client = connections.single()
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await findStore(client, tablesOf(address.schema))) !== undefined
  } catch (error) {
    throw storeErrorOf(error, `\`${address.shown}\` cannot be opened`, address)
  } finally {
    await client.end().catch(() => undefined)
    await connections.close()
  }
}

type RowItem = Extract<SnapshotItem, { readonly kind: 'row' }>

async function fill(client: Client, { meta, rows, log }: Tables, items: Iterable<SnapshotItem>): Promise<void> {
  let entry = 1
  let newRows: RowItem[] = []
  let records: string[] = []
  const writeRows = async (): Promise<void> => {
    const part = newRows
    newRows = []
    await client.query(
      `INSERT INTO ${rows} (name, version, value, bytes)
       SELECT p.name, 1, p.value, p.bytes FROM unnest($1::bytea[], $2::text[], $3::bytea[]) AS p (name, value, bytes)`,
      [
        nameArray(part.map(({ name }) => name)),
        textArray(part.map(({ value }) => (isText(value) ? value : null))),
        bytesArray(part.map(({ value }) => (isText(value) ? null : value))),
      ],
    )
  }
  const writeRecords = async (): Promise<void> => {
    const part = records
    records = []
    await client.query(
      `INSERT INTO ${log} (id, batch, audit, records, at_ms)
       SELECT e.id, 'restored', e.audit, 1, e.at_ms FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS e (id, audit, at_ms)`,
      [
        integerArray(part.map((_, index) => entry + index + 1)),
        textArray(part.map((record) => `[${record}]`)),
        integerArray(part.map(timeOf)),
      ],
    )
    entry += part.length
  }
  await client.query(`INSERT INTO ${log} (id, batch) VALUES (1, 'restored')`)
  for (const item of items) {
    if (item.kind === 'row') newRows.push(item)
    else records.push(item.record)
    if (newRows.length === PART) await writeRows()
    if (records.length === PART) await writeRecords()
  }
  await writeRows()
  await writeRecords()
  await client.query(`UPDATE ${meta} SET value = $1 WHERE key = 'namesKeptAfter'`, [String(entry)])
}

function timeOf(record: string): number | null {
  const { eventTime } = JSON.parse(record) as { readonly eventTime?: unknown }
  const atMs = typeof eventTime === 'string' ? Date.parse(eventTime) : Number.NaN
  return Number.isNaN(atMs) ? null : atMs
}
