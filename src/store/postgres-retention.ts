/**
 * How long names of changed rows and audit records stay in a store in PostgreSQL; the same rules as on disk.
 *
 * What is to go is removed behind the commits, by whichever process has written much since it looked last, and by one at a
 * time. The last entry of the log always stays: it says where the log ends.
 */
import type { PoolClient } from 'pg'
import { integerFrom } from './postgres-columns.js'
import { type Connections, type Line, release } from './postgres-connections.js'
import { inTransaction, type Tables } from './postgres-schema.js'
import type { AuditDropped, AuditKept } from './sqlite-retention.js'

export interface RetentionOptions {
  readonly connections: Connections
  readonly tables: Tables
  /** What the server is told at the beginning of each transaction. */
  readonly settings?: readonly string[]
  /** All audit records when left out. */
  readonly keepAudit?: AuditKept | undefined
  /** How many entries back the names of changed rows are sure to be known. */
  readonly kept?: number | undefined
  /** How many entries of this process lie between two looks. */
  readonly prunedEvery?: number | undefined
  readonly auditPrunedEvery?: number | undefined
}

const ENTRIES_KEPT = 100_000
const PRUNED_EVERY = 4096
const AUDIT_PRUNED_EVERY = 256
const DAY_MS = 86_400_000
/** Of one transaction; more than come in between. */
const MAX_ENTRIES = 8192

interface State {
  readonly head: number
  readonly namesKeptAfter: number
  readonly dropped: AuditDropped
}

export class PostgresRetention {
  readonly #options: RetentionOptions
  readonly #every: number
  #entriesSince: number
  #running: Promise<void> | undefined
  /** What this process knows of how many records there are. */
  #known: { count: number; upTo: number; dropped: number } | undefined

  constructor(options: RetentionOptions) {
    this.#options = options
    const { keepAudit, prunedEvery = PRUNED_EVERY, auditPrunedEvery = AUDIT_PRUNED_EVERY } = options
    this.#every = keepAudit === undefined ? prunedEvery : Math.min(prunedEvery, auditPrunedEvery)
    // A store that is large is looked at with the first commit.
    this.#entriesSince = this.#every
  }

  /** After commits of this process. */
  wrote(entries: number): void {
    this.#entriesSince += entries
    if (this.#entriesSince < this.#every || this.#running !== undefined) return
    this.#entriesSince = 0
    // What cannot be removed now is removed the next time.
    this.#running = this.#prune()
      .catch(() => undefined)
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Waits for what is under way. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #prune(): Promise<void> {
    const client = await this.#options.connections.reader()
    let failure: unknown
    try {
      await inTransaction(client, () => this.#remove(client), this.#options.settings)
    } catch (error) {
      failure = error
      this.#known = undefined
      throw error
    } finally {
      release(client, failure)
    }
  }

  async #remove(client: PoolClient): Promise<void> {
    const { tables, keepAudit, kept = ENTRIES_KEPT } = this.#options
    const { meta, log } = tables
    const own = await client.query(`SELECT key FROM ${meta} WHERE key = 'namesKeptAfter' FOR UPDATE SKIP LOCKED`)
    // Somebody else is at it.
    if (own.rows.length === 0) return
    const state = await this.#state(client)
    const keptAfter = Math.max(state.namesKeptAfter, Math.min(state.head - kept, state.namesKeptAfter + MAX_ENTRIES))
    if (keptAfter > state.namesKeptAfter) {
      await client.query(`DELETE FROM ${log} WHERE id > $1 AND id <= $2 AND audit IS NULL`, [
        state.namesKeptAfter,
        keptAfter,
      ])
      await this.#remember(client, 'namesKeptAfter', keptAfter)
    }
    if (keepAudit !== undefined) await this.#removeAudit(client, { ...state, namesKeptAfter: keptAfter }, keepAudit)
  }

  async #removeAudit(client: PoolClient, { dropped, head, namesKeptAfter }: State, kept: AuditKept): Promise<void> {
    const { log } = this.#options.tables
    const oldest = await client.query<Line>(
      `SELECT id, records, at_ms FROM ${log} WHERE id > $1 AND audit IS NOT NULL ORDER BY id LIMIT ${MAX_ENTRIES}`,
      [dropped.upTo],
    )
    const earliestMs = await this.#earliestMs(client, kept)
    let left = kept.records === undefined ? 0 : await this.#count(client, dropped)
    let records = 0
    let { upTo } = dropped
    for (const { id, records: count, at_ms: atMs } of oldest.rows) {
      const own = integerFrom(count)
      const isOld = atMs !== null && integerFrom(atMs) < earliestMs
      if (!isOld && (kept.records === undefined || left - own < kept.records)) break
      records += own
      left -= own
      upTo = integerFrom(id)
    }
    if (upTo === dropped.upTo) return
    const entriesGone = Math.min(upTo, namesKeptAfter, head - 1)
    await client.query(`DELETE FROM ${log} WHERE id > $1 AND id <= $2`, [dropped.upTo, entriesGone])
    // Of younger commits the names of changed rows are still asked for.
    await client.query(
      `UPDATE ${log} SET audit = NULL, records = NULL, at_ms = NULL WHERE id > $1 AND id <= $2 AND audit IS NOT NULL`,
      [dropped.upTo, upTo],
    )
    await this.#remember(client, 'auditDropped', dropped.records + records)
    await this.#remember(client, 'auditDroppedUpTo', upTo)
  }

  async #state(client: PoolClient): Promise<State> {
    const { meta, log } = this.#options.tables
    const { rows } = await client.query<Line>(`
      SELECT key, value FROM ${meta} WHERE key IN ('namesKeptAfter', 'auditDropped', 'auditDroppedUpTo')
      UNION ALL SELECT 'head', coalesce(max(id), 0)::text FROM ${log}`)
    const numbers = new Map(rows.map(({ key, value }) => [key, integerFrom(value)]))
    const number = (key: string): number => numbers.get(key) ?? 0
    return {
      head: number('head'),
      namesKeptAfter: number('namesKeptAfter'),
      dropped: { records: number('auditDropped'), upTo: number('auditDroppedUpTo') },
    }
  }

  async #earliestMs(client: PoolClient, { days }: AuditKept): Promise<number> {
    if (days === undefined) return -Infinity
    const { rows } = await client.query<Line>(
      `SELECT at_ms FROM ${this.#options.tables.log} WHERE audit IS NOT NULL ORDER BY id DESC LIMIT 1`,
    )
    const atMs = rows[0]?.['at_ms'] ?? null
    return atMs === null ? -Infinity : integerFrom(atMs) - days * DAY_MS
  }

  /** How many records there are, whichever process has written or removed them. */
  async #count(client: PoolClient, dropped: AuditDropped): Promise<number> {
    // What others have removed before it was counted here was never counted.
    if (this.#known !== undefined && dropped.upTo > this.#known.upTo) this.#known = undefined
    const known = (this.#known ??= { count: 0, upTo: 0, dropped: dropped.records })
    const { rows } = await client.query<Line>(
      `SELECT coalesce(sum(records), 0)::bigint AS count, coalesce(max(id), 0) AS up_to
       FROM ${this.#options.tables.log} WHERE id > $1 AND audit IS NOT NULL`,
      [known.upTo],
    )
    known.count += integerFrom(rows[0]?.['count']) - (dropped.records - known.dropped)
    known.upTo = Math.max(known.upTo, integerFrom(rows[0]?.['up_to']))
    known.dropped = dropped.records
    return known.count
  }

  async #remember(client: PoolClient, key: string, value: number): Promise<void> {
    await client.query(`UPDATE ${this.#options.tables.meta} SET value = $2 WHERE key = $1`, [key, String(value)])
  }
}
