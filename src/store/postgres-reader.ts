/**
 * Reads from the tables of a store. One statement is one moment, so every page is true in itself.
 *
 * Rows that are asked for in the same turn of the event loop are read together.
 */
import type { AuditRecord } from '../kms/audit-record.js'
import {
  type AuditPage,
  type ChangePage,
  type Row,
  type RowPage,
  type ScanOptions,
  type SnapshotItem,
  StoreError,
} from '../kms/store.js'
import { encodeText } from './name-order.js'
import { integerFrom, nameArray, nameFrom, textFrom, valueFrom } from './postgres-columns.js'
import { type Connections, type Line, type Prepared, release } from './postgres-connections.js'
import { storeErrorOf } from './postgres-errors.js'
import type { Tables } from './postgres-schema.js'
import { versionNumber } from './version-number.js'

const PAGE_ROWS = 1000
/** Of rows that are read together. */
const MAX_TOGETHER = 500
const SNAPSHOT_ROWS = 200

/** Above every name: no byte of theirs is 0xFF. */
const AFTER_ALL_NAMES = Uint8Array.of(0xff)

interface Asked {
  readonly name: string
  readonly resolve: (row: Row | undefined) => void
  readonly reject: (error: unknown) => void
}

export class PostgresReader {
  readonly #connections: Connections
  readonly #get: Prepared
  readonly #scanFrom: Prepared
  readonly #scanAfter: Prepared
  readonly #version: Prepared
  readonly #changes: Prepared
  readonly #audit: Prepared
  readonly #tables: Tables
  #asked: Asked[] = []

  constructor(connections: Connections, tables: Tables) {
    const { meta, rows, log } = tables
    this.#connections = connections
    this.#tables = tables
    const numberOf = (key: string): string => `(SELECT value::bigint FROM ${meta} WHERE key = '${key}')`
    this.#get = {
      name: 'keyward-get',
      text: `SELECT name, version, value, bytes FROM ${rows} WHERE name = ANY ($1::bytea[])`,
    }
    const scan = (comparison: string): string =>
      `SELECT name, version, value, bytes FROM ${rows} WHERE name ${comparison} $1 AND name < $2 ORDER BY name LIMIT $3`
    this.#scanFrom = { name: 'keyward-scan-from', text: scan('>=') }
    this.#scanAfter = { name: 'keyward-scan-after', text: scan('>') }
    this.#version = { name: 'keyward-version', text: `SELECT coalesce(max(id), 0) AS head FROM ${log}` }
    // The first line is there also where no entry is.
    this.#changes = {
      name: 'keyward-changes',
      text: `SELECT of.head, of.kept, entry.id, entry.names, entry.batch
        FROM (SELECT (SELECT coalesce(max(id), 0) FROM ${log}) AS head, ${numberOf('namesKeptAfter')} AS kept) of
        LEFT JOIN (SELECT id, names, batch FROM ${log} WHERE id >= $1 ORDER BY id LIMIT $2) entry ON true
        ORDER BY entry.id`,
    }
    this.#audit = {
      name: 'keyward-audit',
      text: `SELECT of.dropped, of.up_to, entry.id, entry.audit
        FROM (SELECT ${numberOf('auditDropped')} AS dropped, ${numberOf('auditDroppedUpTo')} AS up_to) of
        LEFT JOIN (
          SELECT id, audit FROM ${log} WHERE id >= $1 AND audit IS NOT NULL ORDER BY id LIMIT $2
        ) entry ON true
        ORDER BY entry.id`,
    }
  }

  async get(name: string): Promise<Row | undefined> {
    this.#connections.mustBeOpen()
    return new Promise((resolve, reject) => {
      this.#asked.push({ name, resolve, reject })
      if (this.#asked.length === 1) setImmediate(() => this.#getAll())
    })
  }

  async scan(prefix: string, { cursor, limit = PAGE_ROWS }: ScanOptions = {}): Promise<RowPage> {
    const prepared = cursor === undefined ? this.#scanFrom : this.#scanAfter
    const most = Math.min(limit, PAGE_ROWS)
    // One more than wanted tells whether there are more.
    const lines = await this.#connections.read(prepared, [encodeText(cursor ?? prefix), endOf(prefix), most + 1])
    const rows = lines.slice(0, most).map(rowFrom)
    return { rows, cursor: lines.length > most ? rows.at(-1)?.name : undefined }
  }

  async version(): Promise<string> {
    const [line] = await this.#connections.read(this.#version, [])
    return String(integerFrom(line?.['head']))
  }

  async changesSince(version: string, limit = PAGE_ROWS): Promise<ChangePage> {
    const { entries, head, isLost } = await this.entriesAfter(versionNumber(version), limit)
    if (isLost) return { names: [], version: String(head), more: false, lost: true }
    const names: string[] = []
    let end = Number(version)
    for (const entry of entries) {
      names.push(...namesOf(entry))
      end = entry.id
      if (names.length >= limit) break
    }
    return { names, version: String(end), more: end < head, lost: false }
  }

  /** @param mark - of the entry that is asked from: where the log has another one there, its story is another. */
  async entriesAfter(asked: number | undefined, limit: number, mark?: string): Promise<LogPage> {
    const lines = await this.#connections.read(this.#changes, this.changesValues(asked, limit))
    return this.pageFrom(lines, asked, mark)
  }

  /** For whoever asks on a connection of its own. */
  get changes(): Prepared {
    return this.#changes
  }

  changesValues(asked: number | undefined, limit: number): readonly unknown[] {
    return [asked ?? 0, limit + 1]
  }

  pageFrom(lines: readonly Line[], asked: number | undefined, mark?: string): LogPage {
    const head = integerFrom(lines[0]?.['head'])
    const kept = integerFrom(lines[0]?.['kept'])
    if (asked === undefined || asked > head || asked < kept) return { entries: [], head, mark: undefined, isLost: true }
    const entries: LogEntry[] = []
    let found: string | undefined
    let last: string | undefined
    for (const line of lines) {
      if (line['id'] === null) continue
      const id = integerFrom(line['id'])
      last = textFrom(line['batch'])
      if (id === asked) found = last
      else entries.push({ id, mark: last, text: line['names'] === null ? '' : textFrom(line['names']) })
    }
    const isLost = mark !== undefined && found !== mark
    return { entries, head, mark: last, isLost }
  }

  async auditRecords({ cursor, limit = PAGE_ROWS }: ScanOptions = {}): Promise<AuditPage> {
    const start = parseAuditCursor(cursor)
    const lines = await this.#connections.read(this.#audit, [start.entry, Math.min(limit, PAGE_ROWS) + 1])
    const [first] = lines
    const dropped = start.entry > integerFrom(first?.['up_to']) ? 0 : integerFrom(first?.['dropped']) - start.before
    const records: AuditRecord[] = []
    for (const [number, line] of lines.entries()) {
      if (line['audit'] === null) continue
      const id = integerFrom(line['id'])
      // An entry is what one commit gave; the writer made the text from records.
      const entry = JSON.parse(textFrom(line['audit'])) as readonly AuditRecord[]
      const from = id === start.entry ? start.index : 0
      for (let index = from; index < entry.length; index++) {
        if (records.length === limit || (number === PAGE_ROWS && index === from)) {
          return { records, cursor: `${id}.${index}.${start.before + dropped + records.length}`, dropped }
        }
        records.push(entry[index]!)
      }
    }
    return { records, cursor: undefined, dropped }
  }

  /** Holds on to one moment until it ends. */
  async *snapshot(): AsyncIterable<readonly SnapshotItem[]> {
    this.#connections.mustBeOpen()
    const { address } = this.#connections
    const { rows, log } = this.#tables
    let failure: unknown
    try {
      const client = await this.#connections.reader()
      try {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
        const ask = async (text: string, values: readonly unknown[]): Promise<readonly Line[]> =>
          (await client.query<Line>(text, [...values, SNAPSHOT_ROWS])).rows
        let name: Uint8Array | undefined
        for (;;) {
          const where = name === undefined ? '$1::bytea IS NULL' : 'name > $1'
          const lines = await ask(`SELECT name, value, bytes FROM ${rows} WHERE ${where} ORDER BY name LIMIT $2`, [
            name ?? null,
          ])
          if (lines.length > 0) {
            yield lines.map((line) => ({
              kind: 'row',
              name: nameFrom(line['name']),
              value: valueFrom(line['value'], line['bytes']),
            }))
          }
          const last = lines.at(-1)?.['name']
          if (lines.length < SNAPSHOT_ROWS || !(last instanceof Uint8Array)) break
          name = last
        }
        let id = 0
        for (;;) {
          const lines = await ask(
            `SELECT id, audit FROM ${log} WHERE id > $1 AND audit IS NOT NULL ORDER BY id LIMIT $2`,
            [id],
          )
          if (lines.length > 0) yield lines.flatMap(({ audit }) => itemsOf(textFrom(audit)))
          if (lines.length < SNAPSHOT_ROWS) break
          id = integerFrom(lines.at(-1)?.['id'])
        }
        await client.query('COMMIT')
      } catch (error) {
        failure = error
        throw error
      } finally {
        // Also where nobody reads to the end: the transaction ends with its connection.
        const status = client.getTransactionStatus()
        if (failure === undefined && status !== 'I') client.release(true)
        else release(client, failure)
      }
    } catch (error) {
      throw storeErrorOf(error, `\`${address.shown}\` cannot be read`, address)
    }
  }

  #getAll(): void {
    const all = this.#asked
    this.#asked = []
    for (let start = 0; start < all.length; start += MAX_TOGETHER) {
      const asked = all.slice(start, start + MAX_TOGETHER)
      this.#getTogether(asked).catch((error: unknown) => {
        for (const { reject } of asked) reject(error)
      })
    }
  }

  async #getTogether(asked: readonly Asked[]): Promise<void> {
    const names = [...new Set(asked.map(({ name }) => name))]
    const lines = await this.#connections.read(this.#get, [nameArray(names)])
    const rows = new Map(lines.map((line) => [nameFrom(line['name']), rowFrom(line)]))
    for (const { name, resolve } of asked) resolve(rows.get(name))
  }
}

export interface LogEntry {
  readonly id: number
  readonly mark: string
  /** Of the names, which `namesOf` reads; empty for none. */
  readonly text: string
}

export function namesOf({ text }: LogEntry): readonly string[] {
  // The writer made the text from names.
  return text === '' ? [] : (JSON.parse(text) as readonly string[])
}

export interface LogPage {
  readonly entries: readonly LogEntry[]
  /** The last entry that there is. */
  readonly head: number
  /** That of the last entry of this page. */
  readonly mark: string | undefined
  readonly isLost: boolean
}

function rowFrom(line: Line): Row {
  const { name, version, value, bytes } = line
  return { name: nameFrom(name), value: valueFrom(value, bytes), version: String(integerFrom(version)) }
}

function itemsOf(audit: string): readonly SnapshotItem[] {
  return (JSON.parse(audit) as readonly unknown[]).map((record) => ({ kind: 'audit', record: JSON.stringify(record) }))
}

/** The least bytes above all names with this prefix. */
function endOf(prefix: string): Uint8Array {
  const bytes = Uint8Array.from(encodeText(prefix))
  if (bytes.length === 0) return AFTER_ALL_NAMES
  bytes[bytes.length - 1]! += 1
  return bytes
}

interface AuditCursor {
  readonly entry: number
  readonly index: number
  readonly before: number
}

/** `entry.index.before`: which record of which commit comes next, and how many there were before it. */
function parseAuditCursor(cursor: string | undefined): AuditCursor {
  const [entry = 0, index = 0, before = 0] = (cursor ?? '').split('.').map((part) => versionNumber(part))
  if (entry === undefined) throw new StoreError('not a cursor of this store')
  return { entry, index, before }
}
