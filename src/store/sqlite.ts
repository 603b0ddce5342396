/**
 * The durable store: one SQLite database in a folder of its own. What it has acknowledged survives the death of the
 * process and the loss of power, as far as the disk keeps its word.
 *
 * One thread writes (`sqlite-writer.ts`); reads are answered at once from a connection of this thread, and see at least
 * what this process was acknowledged. Several processes on one machine may open the same folder.
 */
import type { AuditRecord } from '../kms/audit-record.js'
import {
  type AuditPage,
  type Change,
  type ChangePage,
  type CommitResult,
  type Row,
  type RowPage,
  type RowVersion,
  type ScanOptions,
  type SnapshotItem,
  type Store,
  StoreError,
  type StoreListener,
} from '../kms/store.js'
import { randomBytes } from 'node:crypto'
import { Listeners } from './listeners.js'
import { type Database, openDatabase } from './sqlite-driver.js'
import { asStoreError, createDatabaseFile, databaseExists, databasePath, prepareFolder } from './sqlite-files.js'
import { fillDatabase } from './sqlite-fill.js'
import { SqliteReader } from './sqlite-reader.js'
import { type AuditKept, checkAuditKept } from './sqlite-retention.js'
import { SqliteWriterThread } from './sqlite-writer-thread.js'
import { versionNumber } from './version-number.js'

export interface SqliteStoreOptions {
  /** Of the store alone, mode 0700. Made where it is not there, with an empty store in it. */
  readonly folder: string
  /** The database grows no larger; beyond that a commit fails as on a full disk. */
  readonly maxBytes?: number
  /** How many audit records stay, by their age or by their number; all when left out. */
  readonly keepAudit?: AuditKept
  /** The program of the writing thread, for those who bundle the library: `dist/store/sqlite-writer.js`. */
  readonly program?: URL
}

/** Half as long as the listeners here may have to wait after a commit of another process. */
const POLL_MS = 50

/** Opens the store in a folder, or makes one. Rejects with a StoreError where that cannot be. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { folder, maxBytes, keepAudit, program } = options
  if (keepAudit !== undefined) checkAuditKept(keepAudit)
  prepareFolder(folder)
  const path = databasePath(folder)
  // Where another process makes one in the same moment, that one is opened.
  if (!databaseExists(path)) {
    createDatabaseFile(path, (draft) => fillDatabase(draft, randomBytes(16).toString('hex')))
  }
  const thread = await SqliteWriterThread.open(path, { maxBytes, keepAudit }, program)
  try {
    return new SqliteStore(path, thread)
  } catch (error) {
    await thread.close()
    throw asStoreError(error, `\`${path}\` cannot be read`)
  }
}

class SqliteStore implements Store {
  readonly id: string
  readonly #path: string
  readonly #writer: SqliteWriterThread
  readonly #database: Database
  readonly #reader: SqliteReader
  readonly #listeners = new Listeners()
  #timer: NodeJS.Timeout | undefined
  #toldVersion = ''
  /** Of this process, by their journal entries, not told yet. */
  #own: (readonly [number, readonly Change[]])[] = []
  #hasSkipped = false
  #isClosed = false

  constructor(path: string, writer: SqliteWriterThread) {
    this.id = writer.storeId
    this.#path = path
    this.#writer = writer
    writer.onCommitted = (entry, changes) => {
      if (this.#listeners.size > 0) this.#tellLater(entry, changes)
    }
    this.#database = openDatabase(path, { readOnly: true })
    this.#reader = new SqliteReader(this.#database)
  }

  get(name: string): Row | undefined {
    return this.#read((reader) => reader.get(name))
  }

  scan(prefix: string, options?: ScanOptions): RowPage {
    return this.#read((reader) => reader.scan(prefix, options))
  }

  commit(changes: readonly Change[], audit: readonly AuditRecord[]): Promise<CommitResult> {
    return this.#writer.commit(changes, audit)
  }

  changesSince(version: string, limit?: number): ChangePage {
    return this.#read((reader) => reader.changesSince(version, limit))
  }

  version(): string {
    return this.#read((reader) => reader.version())
  }

  subscribe(listener: StoreListener): () => void {
    if (this.#listeners.size === 0) {
      this.#toldVersion = this.version()
      this.#timer = setInterval(() => this.#poll(), POLL_MS).unref()
    }
    const remove = this.#listeners.add(listener)
    return () => {
      remove()
      if (this.#listeners.size === 0) clearInterval(this.#timer)
    }
  }

  auditRecords(options?: ScanOptions): AuditPage {
    return this.#read((reader) => reader.auditRecords(options))
  }

  async *snapshot(): AsyncIterable<readonly SnapshotItem[]> {
    this.#mustBeOpen()
    const database = openDatabase(this.#path, { readOnly: true })
    try {
      yield* new SqliteReader(database).snapshot()
    } catch (error) {
      throw asStoreError(error, `\`${this.#path}\` cannot be read`)
    } finally {
      database.close()
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#timer)
    this.#listeners.clear()
    this.#database.close()
    await this.#writer.close()
  }

  #read<T>(read: (reader: SqliteReader) => T): T {
    this.#mustBeOpen()
    try {
      return read(this.#reader)
    } catch (error) {
      throw asStoreError(error, `\`${this.#path}\` cannot be read`)
    }
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new StoreError('the store is closed')
  }

  /** Once for all commits of a turn, and after whoever waits for them: who has written a row knows it by then. */
  #tellLater(entry: number, changes: readonly Change[]): void {
    if (this.#own.push([entry, changes]) === 1) setImmediate(() => this.#tellOwn())
  }

  /** Without a look at the log, where nobody else has committed in between. */
  #tellOwn(): void {
    const own = this.#own
    this.#own = []
    this.#hasSkipped = false
    if (this.#isClosed) return
    const first = versionNumber(this.#toldVersion)
    if (first === undefined || own.some(([entry], index) => entry !== first + 1 + index)) {
      this.#tell()
      return
    }
    const names: string[] = []
    const versions: (RowVersion | undefined)[] = []
    for (const [entry, changes] of own) {
      for (const { kind, name } of changes) {
        if (kind === 'check') continue
        names.push(name)
        versions.push(kind === 'put' ? String(entry) : undefined)
      }
    }
    this.#toldVersion = String(first + own.length)
    if (names.length > 0) this.#listeners.tellAll(names, this.#toldVersion, false, versions)
  }

  /**
   * Lets commits of this process that are on their way come first, once: they show whether others have committed between
   * them, and who has written them knows them then.
   */
  #poll(): void {
    this.#hasSkipped = !this.#hasSkipped && this.#writer.isBusy
    if (!this.#hasSkipped) this.#tell()
  }

  /** Commits of this process and of others alike, from the log. */
  #tell(): void {
    if (this.#isClosed || !this.#reader.hasChanged()) return
    try {
      for (let more = true; more;) {
        const { names, entries, version, lost, ...page } = this.#read((reader) =>
          reader.changesWithEntries(this.#toldVersion),
        )
        this.#toldVersion = version
        more = page.more
        if (names.length > 0 || lost) this.#listeners.tellAll(names, version, lost, entries)
      }
    } catch (error) {
      // The next time tells what this one has not; whoever reads meets the error too.
      if (!(error instanceof StoreError)) throw error
    }
  }
}
