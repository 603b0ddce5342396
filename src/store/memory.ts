/**
 * A store in memory: answers at once, and forgets everything with its process. For tests, for emulation, and wherever
 * keys need not outlive the program.
 *
 * A commit costs a look-up and an entry in the map for each row: no copy, no promise. Whoever holds a row keeps what was
 * read, because a change makes a new one. The change log and the audit records are bounded; what fell out is told.
 */
import { randomBytes } from 'node:crypto'
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
import { Listeners } from './listeners.js'
import { hasPrefix } from './name-order.js'
import { Recent } from './recent.js'
import { SortedNames } from './sorted-names.js'
import { versionNumber } from './version-number.js'

export interface MemoryStoreOptions {
  /** Made at random when left out. Wrapped key material opens only in the store with the id it was wrapped for. */
  readonly id?: string
  /** Rows to begin with, from another store's snapshot, say. */
  readonly rows?: Iterable<{ readonly name: string; readonly value: string }>
  /** How many audit records are kept; 10,000 when left out, and 0 keeps none. */
  readonly maxAuditRecords?: number
  /** How many changed names `changesSince` can look back on; 100,000 when left out. */
  readonly maxChanges?: number
  /** Gets every audit record in the order of the commits, whether or not it is kept as well. */
  readonly onAudit?: (record: AuditRecord) => void
}

const PAGE_ROWS = 1000

export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(options)
}

class MemoryStore implements Store {
  readonly id: string
  readonly #rows = new Map<string, Row>()
  readonly #names = new SortedNames()
  readonly #audit: Recent<AuditRecord>
  readonly #log: Recent<LoggedChange>
  readonly #onAudit: ((record: AuditRecord) => void) | undefined
  readonly #listeners = new Listeners()
  /** Of the last commit. */
  #version = '0'
  #commits = 0
  #isClosed = false

  constructor({ id, rows = [], maxAuditRecords = 10_000, maxChanges = 100_000, onAudit }: MemoryStoreOptions) {
    this.id = id ?? randomBytes(16).toString('hex')
    this.#audit = new Recent(maxAuditRecords)
    this.#log = new Recent(maxChanges)
    this.#onAudit = onAudit
    for (const { name, value } of rows) {
      if (!this.#rows.has(name)) this.#names.add(name)
      this.#rows.set(name, { name, value, version: this.#version })
    }
  }

  get(name: string): Row | undefined {
    this.#mustBeOpen()
    return this.#rows.get(name)
  }

  scan(prefix: string, { cursor, limit = PAGE_ROWS }: ScanOptions = {}): RowPage {
    this.#mustBeOpen()
    const rows: Row[] = []
    for (const name of this.#names.from(cursor ?? prefix)) {
      if (name === cursor) continue
      if (!hasPrefix(name, prefix)) break
      if (rows.length === limit) return { rows, cursor: rows.at(-1)?.name }
      rows.push(this.#rows.get(name)!)
    }
    return { rows, cursor: undefined }
  }

  commit(changes: readonly Change[], audit: readonly AuditRecord[]): CommitResult {
    this.#mustBeOpen()
    for (const change of changes) if (!this.#isAsExpected(change)) return { ok: false, conflict: change.name }

    const version = String(++this.#commits)
    this.#version = version
    const versions: (string | undefined)[] = []
    for (const change of changes) versions.push(this.#apply(change, version))
    for (const record of audit) {
      this.#audit.push(record)
      this.#onAudit?.(record)
    }
    return { ok: true, version, rows: versions }
  }

  changesSince(version: string, limit = PAGE_ROWS): ChangePage {
    this.#mustBeOpen()
    const asked = versionNumber(version)
    const log = this.#log
    if (asked === undefined || asked > this.#commits || asked < this.#lostUpTo()) {
      return { names: [], version: this.#version, more: false, lost: true }
    }
    const names: string[] = []
    let last = asked
    for (let index = log.firstWhere((change) => change.commit > asked); index < log.end; index++) {
      const change = log.at(index)!
      // A commit is told as a whole, or its rest would be lost to whoever asks from its version.
      if (names.length >= limit && change.commit !== last) {
        return { names, version: String(last), more: true, lost: false }
      }
      names.push(change.name)
      last = change.commit
    }
    return { names, version: this.#version, more: false, lost: false }
  }

  version(): string {
    this.#mustBeOpen()
    return this.#version
  }

  subscribe(listener: StoreListener): () => void {
    this.#mustBeOpen()
    return this.#listeners.add(listener)
  }

  auditRecords({ cursor, limit = PAGE_ROWS }: ScanOptions = {}): AuditPage {
    this.#mustBeOpen()
    const asked = cursor === undefined ? 0 : Number(cursor)
    const start = Math.max(asked, this.#audit.start)
    const end = Math.min(start + limit, this.#audit.end)
    const records = Array.from({ length: Math.max(end - start, 0) }, (_, offset) => this.#audit.at(start + offset)!)
    return { records, cursor: end < this.#audit.end ? String(end) : undefined, dropped: start - asked }
  }

  async *snapshot(): AsyncIterable<readonly SnapshotItem[]> {
    this.#mustBeOpen()
    // Rows never change, so that holding them all is a copy.
    const rows = Array.from(this.#names.from(''), (name) => this.#rows.get(name)!)
    const records = this.auditRecords({ limit: Infinity }).records
    for (let start = 0; start < rows.length; start += PAGE_ROWS) {
      yield rows.slice(start, start + PAGE_ROWS).map(({ name, value }) => ({ kind: 'row', name, value }))
    }
    for (let start = 0; start < records.length; start += PAGE_ROWS) {
      const page = records.slice(start, start + PAGE_ROWS)
      yield page.map((record) => ({ kind: 'audit', record: JSON.stringify(record) }))
    }
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#listeners.clear()
    return Promise.resolve()
  }

  #isAsExpected({ name, expect }: Change): boolean {
    if (expect === 'any') return true
    const row = this.#rows.get(name)
    return expect === 'absent' ? row === undefined : row?.version === expect.version
  }

  #apply(change: Change, version: string): string | undefined {
    const { kind, name } = change
    if (kind === 'check') return undefined
    if (kind === 'put') {
      const before = this.#rows.size
      this.#rows.set(name, { name, value: change.value, version })
      if (this.#rows.size > before) this.#names.add(name)
    } else if (this.#rows.delete(name)) this.#names.remove(name)
    this.#log.push({ commit: this.#commits, name })
    const rowVersion = kind === 'put' ? version : undefined
    if (this.#listeners.size > 0) this.#listeners.tell(name, version, rowVersion)
    return rowVersion
  }

  /** The last commit of which a name has fallen out of the log; whoever asks from there on misses nothing. */
  #lostUpTo(): number {
    return this.#log.lastDropped?.commit ?? 0
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new StoreError('the store is closed')
  }
}

interface LoggedChange {
  readonly commit: number
  readonly name: string
}
