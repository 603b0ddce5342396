/**
 * How long audit records stay in the durable store: all of them, unless the embedder gives a number of days or of records.
 *
 * The oldest go first, with the whole commit that they belong to; how many have gone is remembered, so that readers are
 * told. Days are counted back from the latest record, because the clock is the service's and not the store's.
 */
import { StoreError } from '../kms/store.js'
import { type Database, integerFrom, type Statement } from './sqlite-driver.js'

export interface AuditKept {
  /** Records that are more than so many days older than the latest one are removed. */
  readonly days?: number
  /** So many of the latest records stay at least, and not many more. */
  readonly records?: number
}

/** What is already gone. */
export interface AuditDropped {
  readonly records: number
  /** The last commit whose records are gone. */
  readonly upTo: number
}

const DAY_MS = 86_400_000
/** Of one transaction, so that nobody waits long; more than come in between. */
const MAX_ENTRIES = 1024

/** Throws a StoreError where it says nothing that could be done. */
export function checkAuditKept(kept: AuditKept): void {
  for (const name of ['days', 'records'] as const) {
    const value = kept[name]
    const isPossible =
      value === undefined || (value > 0 && (name === 'days' ? value < Infinity : Number.isInteger(value)))
    if (!isPossible) {
      const wanted = name === 'days' ? 'a number above 0' : 'a whole number above 0'
      throw new StoreError(`\`keepAudit.${name}\` is ${value}; expected ${wanted}`)
    }
  }
}

/** Reads, in whatever transaction is open. */
export function auditDroppedFrom(database: Database): () => AuditDropped {
  const select = database.prepare('SELECT value FROM meta WHERE key = ?')
  const number = (key: string): number => {
    const line = select.get(key)
    // A store that has never dropped anything does not say so.
    return line === undefined ? 0 : integerFrom(line['value'])
  }
  return () => ({ records: number('auditDropped'), upTo: number('auditDroppedUpTo') })
}

export class AuditRetention {
  readonly #kept: AuditKept
  readonly #database: Database
  readonly #dropped: () => AuditDropped
  readonly #oldest: Statement
  readonly #latestTime: Statement
  readonly #counted: Statement
  /** What this process knows of how many there are. */
  #known: { count: number; upTo: number; dropped: number } | undefined

  constructor(database: Database, kept: AuditKept) {
    this.#database = database
    this.#kept = kept
    this.#dropped = auditDroppedFrom(database)
    const parts = `json_array_length(audit) AS records, json_extract(audit, '$[#-1].eventTime') AS time`
    this.#oldest = database.prepare(
      `SELECT id, ${parts} FROM journal WHERE id > ? AND audit IS NOT NULL ORDER BY id LIMIT ${MAX_ENTRIES}`,
    )
    this.#latestTime = database.prepare(`SELECT ${parts} FROM journal WHERE audit IS NOT NULL ORDER BY id DESC LIMIT 1`)
    this.#counted = database.prepare(
      `SELECT coalesce(sum(json_array_length(audit)), 0) AS count, coalesce(max(id), 0) AS upTo
       FROM journal WHERE id > ? AND audit IS NOT NULL`,
    )
    // A store that is large is counted before anybody waits for a commit.
    if (kept.records !== undefined) this.#count(this.#dropped())
  }

  /** Removes what is to go, or some of it where that is much; part of the transaction that is open. */
  prune(namesKeptAfter: number): void {
    const dropped = this.#dropped()
    const earliestMs = this.#earliestMs()
    const most = this.#kept.records
    let left = most === undefined ? 0 : this.#count(dropped)
    let records = 0
    let { upTo } = dropped
    for (const line of this.#oldest.iterate(dropped.upTo)) {
      const own = integerFrom(line['records'])
      const isOld = timeOf(line) < earliestMs
      if (!isOld && (most === undefined || left - own < most)) break
      records += own
      left -= own
      upTo = integerFrom(line['id'])
    }
    if (upTo === dropped.upTo) return
    const gone = [dropped.upTo, Math.min(upTo, namesKeptAfter)] as const
    this.#database.prepare('DELETE FROM journal WHERE id > ? AND id <= ?').run(...gone)
    // Of younger commits the names of changed rows are still asked for.
    this.#database.prepare('UPDATE journal SET audit = NULL WHERE id > ? AND id <= ?').run(dropped.upTo, upTo)
    const remember = this.#database.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    )
    remember.run('auditDropped', dropped.records + records)
    remember.run('auditDroppedUpTo', upTo)
  }

  /** After a transaction that was undone: what is known may be wrong. */
  forget(): void {
    this.#known = undefined
  }

  #earliestMs(): number {
    const { days } = this.#kept
    if (days === undefined) return -Infinity
    const latest = this.#latestTime.get()
    return latest === undefined ? -Infinity : timeOf(latest) - days * DAY_MS
  }

  /** How many records there are, whichever process has written or removed them. */
  #count(dropped: AuditDropped): number {
    // What others have removed before it was counted here was never counted.
    if (this.#known !== undefined && dropped.upTo > this.#known.upTo) this.#known = undefined
    const known = (this.#known ??= { count: 0, upTo: 0, dropped: dropped.records })
    const more = this.#counted.get(known.upTo)
    known.count += integerFrom(more?.['count']) - (dropped.records - known.dropped)
    known.upTo = Math.max(known.upTo, integerFrom(more?.['upTo']))
    known.dropped = dropped.records
    return known.count
  }
}

/** In milliseconds; infinite where nothing says when: such a record is never too old. */
function timeOf(line: Readonly<Record<string, unknown>>): number {
  const { time } = line
  const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(timeMs) ? Infinity : timeMs
}
