/**
 * Reads from a database of the durable store. One statement is one moment, so every page is true in itself.
 */
import type { AuditRecord } from '../kms/audit-record.js'
import type { AuditPage, ChangePage, Row, RowPage, ScanOptions, SnapshotItem } from '../kms/store.js'
import { StoreError } from '../kms/store.js'
import { decodeText, encodeText } from './name-order.js'
import { type Column, type Database, fromColumn, integerFrom, type Statement } from './sqlite-driver.js'
import { lastEntryOf } from './sqlite-commits.js'
import { type AuditDropped, auditDroppedFrom } from './sqlite-retention.js'
import { versionNumber } from './version-number.js'

const PAGE_ROWS = 1000
/** A page ends early where its rows are large. */
const PAGE_CHARACTERS = 1 << 22
/** Of a snapshot: small, because other work waits meanwhile. */
const SNAPSHOT_ROWS = 200
const SNAPSHOT_CHARACTERS = 1 << 18

/** Above every name: no byte of theirs is 0xFF. */
const AFTER_ALL_NAMES = Uint8Array.of(0xff)

type Line = Readonly<Record<string, Column>>

export class SqliteReader {
  readonly #database: Database
  readonly #get: Statement
  readonly #scanFrom: Statement
  readonly #scanAfter: Statement
  readonly #lastEntry: Statement
  readonly #namesKeptAfter: Statement
  readonly #changes: Statement
  readonly #audit: Statement
  readonly #auditDropped: () => AuditDropped
  readonly #dataVersion: Statement
  #seenDataVersion = -1

  constructor(database: Database) {
    this.#database = database
    database.exec('PRAGMA cache_size = -16384')
    this.#get = database.prepare('SELECT version, value FROM rows WHERE name = ?')
    const scan = (comparison: string): Statement =>
      database.prepare(
        `SELECT name, version, value FROM rows WHERE name ${comparison} ? AND name < ? ORDER BY name LIMIT ?`,
      )
    this.#scanFrom = scan('>=')
    this.#scanAfter = scan('>')
    this.#lastEntry = database.prepare('SELECT max(id) AS id FROM journal')
    this.#namesKeptAfter = database.prepare(`SELECT value FROM meta WHERE key = 'namesKeptAfter'`)
    this.#changes = database.prepare('SELECT id, names FROM journal WHERE id > ? ORDER BY id LIMIT ?')
    this.#audit = database.prepare(
      'SELECT id, audit FROM journal WHERE id >= ? AND audit IS NOT NULL ORDER BY id LIMIT ?',
    )
    this.#auditDropped = auditDroppedFrom(database)
    this.#dataVersion = database.prepare('PRAGMA data_version')
  }

  get(name: string): Row | undefined {
    const line = this.#get.get(encodeText(name))
    if (line === undefined) return undefined
    return { name, value: fromColumn(line['value']), version: versionOf(line) }
  }

  scan(prefix: string, { cursor, limit = PAGE_ROWS }: ScanOptions = {}): RowPage {
    const statement = cursor === undefined ? this.#scanFrom : this.#scanAfter
    const rows: Row[] = []
    let characters = 0
    // One more than asked for tells whether there are more.
    for (const line of statement.iterate(encodeText(cursor ?? prefix), endOf(prefix), limit + 1)) {
      if (rows.length === limit || characters > PAGE_CHARACTERS) return { rows, cursor: rows.at(-1)?.name }
      const row = { name: nameOf(line), value: fromColumn(line['value']), version: versionOf(line) }
      characters += row.value.length
      rows.push(row)
    }
    return { rows, cursor: undefined }
  }

  version(): string {
    return String(lastEntryOf(this.#lastEntry))
  }

  changesSince(version: string, limit = PAGE_ROWS): ChangePage {
    const { entries: _entries, ...page } = this.changesWithEntries(version, limit)
    return page
  }

  /** With the journal entry of each name, which is the version of its row where that was put and not deleted. */
  changesWithEntries(version: string, limit = PAGE_ROWS): ChangePage & { readonly entries: readonly string[] } {
    return this.#atOneMoment(() => {
      const asked = versionNumber(version)
      const last = lastEntryOf(this.#lastEntry)
      if (asked === undefined || asked > last || asked < integerFrom(this.#namesKeptAfter.get()?.['value'])) {
        return { names: [], entries: [], version: String(last), more: false, lost: true }
      }
      const names: string[] = []
      const entries: string[] = []
      let end = asked
      for (const { id, names: text } of this.#changes.iterate(asked, limit)) {
        end = integerFrom(id)
        if (typeof text === 'string') {
          for (const name of parseNames(text)) {
            names.push(name)
            entries.push(String(end))
          }
        }
        if (names.length >= limit) break
      }
      return { names, entries, version: String(end), more: end < last, lost: false }
    })
  }

  auditRecords({ cursor, limit = PAGE_ROWS }: ScanOptions = {}): AuditPage {
    return this.#atOneMoment(() => this.#auditPage(parseAuditCursor(cursor), limit))
  }

  #auditPage(start: AuditCursor, limit: number): AuditPage {
    const gone = this.#auditDropped()
    const dropped = start.entry > gone.upTo ? 0 : gone.records - start.before
    const records: AuditRecord[] = []
    let characters = 0
    let skipped = start.index
    for (const { id, audit } of this.#audit.iterate(start.entry, limit + 1)) {
      const text = fromColumn(audit)
      // An entry is what one commit gave; this module's writer made the text from records.
      const entry = JSON.parse(text) as readonly AuditRecord[]
      const from = integerFrom(id) === start.entry ? skipped : 0
      for (let index = from; index < entry.length; index++) {
        if (records.length === limit || characters > PAGE_CHARACTERS) {
          const before = start.before + dropped + records.length
          return { records, cursor: `${integerFrom(id)}.${index}.${before}`, dropped }
        }
        records.push(entry[index]!)
        characters += text.length / entry.length
      }
      skipped = 0
    }
    return { records, cursor: undefined, dropped }
  }

  /** Whether anybody has committed since this was asked last. */
  hasChanged(): boolean {
    const version = integerFrom(this.#dataVersion.get()?.['data_version'])
    if (version === this.#seenDataVersion) return false
    this.#seenDataVersion = version
    return true
  }

  /** Needs a connection of its own: it holds on to one moment until it ends. */
  async *snapshot(): AsyncIterable<readonly SnapshotItem[]> {
    this.#database.exec('BEGIN')
    try {
      const rows = this.#database.prepare('SELECT name, value FROM rows ORDER BY name')
      yield* inParts(rows.iterate(), (line) => [{ kind: 'row', name: nameOf(line), value: fromColumn(line['value']) }])
      const entries = this.#database.prepare('SELECT audit FROM journal WHERE audit IS NOT NULL ORDER BY id')
      yield* inParts(entries.iterate(), ({ audit }) =>
        (JSON.parse(fromColumn(audit)) as readonly unknown[]).map((record) => ({
          kind: 'audit',
          record: JSON.stringify(record),
        })),
      )
    } finally {
      this.#database.exec('COMMIT')
    }
  }

  #atOneMoment<T>(read: () => T): T {
    this.#database.exec('BEGIN')
    try {
      return read()
    } finally {
      this.#database.exec('COMMIT')
    }
  }
}

async function* inParts(
  lines: Iterable<Line>,
  itemsOf: (line: Line) => readonly SnapshotItem[],
): AsyncIterable<readonly SnapshotItem[]> {
  let part: SnapshotItem[] = []
  let characters = 0
  for (const line of lines) {
    for (const item of itemsOf(line)) {
      part.push(item)
      characters += item.kind === 'row' ? item.name.length + item.value.length : item.record.length
    }
    if (part.length < SNAPSHOT_ROWS && characters < SNAPSHOT_CHARACTERS) continue
    yield part
    part = []
    characters = 0
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
  if (part.length > 0) yield part
}

/** The least bytes above all names with this prefix. */
function endOf(prefix: string): Uint8Array {
  const bytes = Uint8Array.from(encodeText(prefix))
  if (bytes.length === 0) return AFTER_ALL_NAMES
  bytes[bytes.length - 1]! += 1
  return bytes
}

function nameOf(line: Line): string {
  const name = line['name']
  if (name instanceof Uint8Array) return decodeText(name)
  throw new StoreError('the database is damaged: the name of a row is not made of bytes')
}

function versionOf(line: Line): string {
  return String(integerFrom(line['version']))
}

function parseNames(text: string): readonly string[] {
  // This module's writer made the text from names.
  return JSON.parse(text) as readonly string[]
}

interface AuditCursor {
  readonly entry: number
  readonly index: number
  readonly before: number
}

/** `entry.index.before`: which record of which commit comes next, and how many there were before it. */
function parseAuditCursor(cursor: string | undefined): AuditCursor {
  const [entry = '0', index = '0', before = '0'] = cursor?.split('.') ?? []
  return { entry: Number(entry), index: Number(index), before: Number(before) }
}
