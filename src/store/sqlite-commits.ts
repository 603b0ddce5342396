/**
 * Writes commits into a database: all that wait in one transaction, and so with one wait for the disk.
 *
 * Expectations are looked at before anything of a commit is written, so a conflict leaves nothing to undo. When writing
 * fails, the whole transaction is undone and its commits are tried again one by one: one that cannot be written takes no
 * other with it.
 *
 * A commit gets the number of its journal entry while this process holds the write lock of the file, so that the numbers
 * are in the order in which commits become visible.
 *
 * Source: sqlite.org, "Isolation In SQLite"; "Write-Ahead Logging".
 */
import { decodeText } from './name-order.js'
import { type Database, integerFrom, messageOf, RESULT, resultCode, type Statement, toColumn } from './sqlite-driver.js'
import { ABSENT, ANY, type Answer, type CommitRequest, DELETE, PUT } from './sqlite-messages.js'
import { type AuditKept, AuditRetention } from './sqlite-retention.js'

/** How many journal entries back `changesSince` is sure to know all names. */
const JOURNAL_KEPT = 100_000
const PRUNED_EVERY = 4096
const AUDIT_PRUNED_EVERY = 256

export interface CommitWriterOptions {
  readonly kept?: number
  readonly prunedEvery?: number
  /** All audit records when left out. */
  readonly keepAudit?: AuditKept | undefined
  readonly auditPrunedEvery?: number
}

export class CommitWriter {
  readonly #database: Database
  readonly #lastEntry: Statement
  readonly #addEntry: Statement
  readonly #version: Statement
  readonly #put: Statement
  readonly #delete: Statement
  readonly #kept: number
  readonly #prunedEvery: number
  #entriesSincePruning: number
  readonly #retention: AuditRetention | undefined
  readonly #auditPrunedEvery: number
  #entriesSinceAuditPruning: number
  /** Since the last answers. */
  #commits: CommitRequest[] = []
  #answers: Answer[] = []
  #failure: unknown
  #isOpen = false
  #firstEntry = 0
  #entry = 0

  constructor(database: Database, options: CommitWriterOptions = {}) {
    const { kept = JOURNAL_KEPT, prunedEvery = PRUNED_EVERY, keepAudit } = options
    const { auditPrunedEvery = AUDIT_PRUNED_EVERY } = options
    this.#database = database
    this.#kept = kept
    this.#retention = keepAudit === undefined ? undefined : new AuditRetention(database, keepAudit)
    this.#auditPrunedEvery = auditPrunedEvery
    this.#entriesSinceAuditPruning = auditPrunedEvery
    this.#prunedEvery = prunedEvery
    this.#entriesSincePruning = prunedEvery
    this.#lastEntry = database.prepare('SELECT max(id) AS id FROM journal')
    this.#addEntry = database.prepare('INSERT INTO journal (id, names, audit) VALUES (?, ?, ?)')
    this.#version = database.prepare('SELECT version FROM rows WHERE name = ?')
    this.#put = database.prepare(
      `INSERT INTO rows (name, version, value) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET version = excluded.version, value = excluded.value`,
    )
    this.#delete = database.prepare('DELETE FROM rows WHERE name = ?')
  }

  /** How many commits were taken since the last answers. */
  get taken(): number {
    return this.#commits.length
  }

  /** Writes commits into the transaction, which the first of them begins. None is there for anybody yet. */
  take(commits: readonly CommitRequest[]): void {
    this.#commits.push(...commits)
    if (this.#failure !== undefined) return
    try {
      if (!this.#isOpen) this.#begin()
      for (const commit of commits) {
        const conflict = this.#conflictOf(commit)
        if (conflict === undefined) this.#writeOne(commit, ++this.#entry)
        this.#answers.push(conflict === undefined ? this.#entry : { conflict })
      }
    } catch (error) {
      this.#failure = error ?? new Error('nothing was thrown')
    }
  }

  /** Ends the transaction, and answers all commits when they are on the disk. */
  finish(): readonly Answer[] {
    const commits = this.#commits
    let answers: readonly Answer[] = this.#answers
    let failure = this.#failure
    if (failure === undefined) {
      try {
        if (this.#isOpen) this.#end()
      } catch (error) {
        failure = error
      }
    }
    this.#commits = []
    this.#answers = []
    this.#failure = undefined
    this.#isOpen = false
    if (failure !== undefined) {
      this.#undo()
      answers = this.#afterFailure(commits, failure)
    }
    return answers
  }

  write(commits: readonly CommitRequest[]): readonly Answer[] {
    this.take(commits)
    return this.finish()
  }

  #afterFailure(commits: readonly CommitRequest[], failure: unknown): readonly Answer[] {
    const code = resultCode(failure)
    // After a failed wait for the disk nobody knows what is on it, and writing again would not tell. Another process that
    // does not let go will not do so for the next of them either.
    if (commits.length === 1 || code === RESULT.ioError || code === RESULT.busy) {
      return commits.map(() => ({ failure: messageOf(failure), isBusy: code === RESULT.busy }))
    }
    return commits.flatMap((commit) => this.write([commit]))
  }

  #begin(): void {
    this.#database.exec('BEGIN IMMEDIATE')
    this.#isOpen = true
    this.#firstEntry = lastEntryOf(this.#lastEntry)
    this.#entry = this.#firstEntry
  }

  #end(): void {
    const entries = this.#entry - this.#firstEntry
    const sincePruning = this.#entriesSincePruning + entries
    const prunes = sincePruning >= this.#prunedEvery
    if (prunes) pruneJournal(this.#database, this.#entry - this.#kept)
    const sinceAuditPruning = this.#entriesSinceAuditPruning + entries
    const prunesAudit = this.#retention !== undefined && entries > 0 && sinceAuditPruning >= this.#auditPrunedEvery
    if (prunesAudit) this.#retention.prune(namesKeptAfter(this.#database))
    this.#database.exec('COMMIT')
    this.#entriesSincePruning = prunes ? 0 : sincePruning
    this.#entriesSinceAuditPruning = prunesAudit ? 0 : sinceAuditPruning
  }

  #conflictOf({ changes }: CommitRequest): string | undefined {
    for (const { name, expect } of changes) {
      if (expect === ANY) continue
      const row = this.#version.get(name)
      const isAsExpected = expect === ABSENT ? row === undefined : row?.['version'] === expect
      if (!isAsExpected) return decodeText(name)
    }
    return undefined
  }

  #writeOne({ names, audit, changes }: CommitRequest, entry: number): void {
    this.#addEntry.run(entry, names, audit)
    for (const { kind, name, value } of changes) {
      if (kind === PUT) this.#put.run(name, entry, toColumn(value))
      else if (kind === DELETE) this.#delete.run(name)
    }
  }

  #undo(): void {
    // SQLite has undone it already when the disk is full, for one.
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    this.#retention?.forget()
  }
}

export function lastEntryOf(statement: Statement): number {
  const id = statement.get()?.['id']
  return id === null || id === undefined ? 0 : integerFrom(id)
}

/**
 * Takes away old entries that hold nothing but names of changed rows; entries with audit records stay. From `meta` anybody
 * can tell how far back the names are complete.
 */
function pruneJournal(database: Database, upTo: number): void {
  const kept = namesKeptAfter(database)
  if (upTo <= kept) return
  database.prepare('DELETE FROM journal WHERE id > ? AND id <= ? AND audit IS NULL').run(kept, upTo)
  database.prepare(`UPDATE meta SET value = ? WHERE key = 'namesKeptAfter'`).run(upTo)
}

function namesKeptAfter(database: Database): number {
  return integerFrom(database.prepare(`SELECT value FROM meta WHERE key = 'namesKeptAfter'`).get()?.['value'])
}
