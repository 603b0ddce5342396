/**
 * The store of a key service: rows by name, changed in whole operations, and the audit records of those changes.
 *
 * One commit is one operation: all of its changes, their lines in the change log and its audit records, or nothing. What
 * a commit has acknowledged survives the death of the process. The store knows nothing of keys, grants or policies: a
 * row is a text under a name. Any string is a name and a value; names sort by their UTF-8 bytes (a surrogate without its
 * partner by the three bytes that UTF-8 would give its number), and a prefix is one of those bytes.
 *
 * No number that counts commits stands for their order: a version is opaque, and only `changesSince` says what follows.
 */
import type { AuditRecord } from './audit-record.js'

/** At once where the store has it in memory, else later: a caller that asks for memory pays for no promise. */
export type Awaitable<T> = T | Promise<T>

/** Of one row; opaque, and another one after every change of the row. */
export type RowVersion = string

/** Of the whole store; opaque. */
export type StoreVersion = string

export interface Row {
  readonly name: string
  /** JSON. */
  readonly value: string
  readonly version: RowVersion
}

/**
 * What a change expects of its row: this version, no row, or whatever there is. All expectations of a commit speak of the
 * rows as they were before it; several changes of one row then happen in their order.
 */
export type Expectation = { readonly version: RowVersion } | 'absent' | 'any'

export type Change =
  | { readonly kind: 'put'; readonly name: string; readonly value: string; readonly expect: Expectation }
  | { readonly kind: 'delete'; readonly name: string; readonly expect: Expectation }
  /** Changes nothing: the commit holds only if a row that was read is still the same. */
  | { readonly kind: 'check'; readonly name: string; readonly expect: Expectation }

export type CommitResult =
  | {
      readonly ok: true
      readonly version: StoreVersion
      /** New versions of the rows that were put, in the order of the changes; undefined for every other change. */
      readonly rows: readonly (RowVersion | undefined)[]
    }
  /** Nothing was changed: the row is not as expected. */
  | { readonly ok: false; readonly conflict: string }

export interface RowPage {
  readonly rows: readonly Row[]
  /** Where the next page starts; undefined after the last. */
  readonly cursor: string | undefined
}

export interface ScanOptions {
  /** From a page before. */
  readonly cursor?: string
  /** At least 1; the store may return fewer. */
  readonly limit?: number
}

export interface ChangePage {
  /** Names of rows that were put or deleted, in the order of their commits; a name may come more than once. */
  readonly names: readonly string[]
  /** Where this page ends: ask from here next. */
  readonly version: StoreVersion
  /** Whether there are more already. */
  readonly more: boolean
  /** The log does not reach back to the version asked from: any row may have changed, and no names are given. */
  readonly lost: boolean
}

export interface AuditPage {
  readonly records: readonly AuditRecord[]
  /** Where the next page starts; undefined after the last. */
  readonly cursor: string | undefined
  /** How many records before the first of this page, and after the cursor asked from, are no longer kept. */
  readonly dropped: number
}

/** What a store does when it cannot: full disk, lost connection, closed. Never for a conflict. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

/** Somebody else has held on to the store for too long: the same may well succeed the next time. */
export class StoreTimeout extends StoreError {}

/**
 * `lost`: any row may have changed, and no names are given. `versions`: of each name the version of its row after that
 * change, so that whoever has this version already, its own writer above all, need not read it again; undefined for a row
 * that is gone, and the whole list is left out where the store does not know.
 */
export type StoreListener = (
  names: readonly string[],
  version: StoreVersion,
  lost: boolean,
  versions?: readonly (RowVersion | undefined)[],
) => void

/** A row or an audit record, as a copy of a whole store holds it; the record is JSON. */
export type SnapshotItem =
  | { readonly kind: 'row'; readonly name: string; readonly value: string }
  | { readonly kind: 'audit'; readonly record: string }

export interface Store {
  /** Made once with the store, and never the same for two: wrapped key material is bound to it. */
  readonly id: string
  get(name: string): Awaitable<Row | undefined>
  /**
   * Rows whose names start with the prefix, in the order of their names. A page shows one moment; a row that is there
   * from the first page to the last comes exactly once.
   */
  scan(prefix: string, options?: ScanOptions): Awaitable<RowPage>
  /** Durable when it answers, as far as this store is durable. A StoreError leaves open whether it will be there. */
  commit(changes: readonly Change[], audit: readonly AuditRecord[]): Awaitable<CommitResult>
  /** What was committed after that version, by whichever process. */
  changesSince(version: StoreVersion, limit?: number): Awaitable<ChangePage>
  /** The version of the last commit that this process can see. */
  version(): Awaitable<StoreVersion>
  /**
   * Calls back after commits, those of other processes included, with the names of changed rows; may come late, and tell
   * several commits at once. Answers a function that ends it.
   */
  subscribe(listener: StoreListener): () => void
  /** Audit records in the order of their commits. */
  auditRecords(options?: ScanOptions): Awaitable<AuditPage>
  /** Everything as it is at one moment, while the store is written: the rows, then the audit records in their order. */
  snapshot(): AsyncIterable<readonly SnapshotItem[]>
  /** Ends the commits under way first. Whoever asks anything afterwards gets a StoreError. */
  close(): Promise<void>
}
