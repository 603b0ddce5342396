/**
 * Tells listeners of this process what was committed, by itself or by others.
 *
 * The log is the truth. It is looked at every `pollMs`; a notification of the server's is a hint to look sooner, and
 * nothing depends on its coming: poolers and some clusters have none. Own commits are told before they are acknowledged, so
 * that whoever waited for one finds nothing old in memory; the log then passes over them.
 *
 * A process that has not managed to look for `maxLagMs` no longer knows what it may rely on: it tells that everything may have
 * changed, and again until it can look. The log is also lost where it is not the one that was read before, as after a change
 * to a replica that had not got everything.
 *
 * Source: PostgreSQL documentation, "NOTIFY", "LISTEN".
 */
import type { Client } from 'pg'
import type { StoreListener } from '../kms/store.js'
import { Listeners } from './listeners.js'
import { type Connections, type Line, pauseMs } from './postgres-connections.js'
import { kindOf } from './postgres-errors.js'
import type { PostgresReader } from './postgres-reader.js'
import type { CommittedBatch } from './postgres-writer.js'

export interface FollowerOptions {
  readonly connections: Connections
  readonly reader: PostgresReader
  /** Undefined where nobody notifies. */
  readonly channel: string | undefined
  readonly pollMs: number
  readonly maxLagMs: number
  /** The end of the log when the store was opened. */
  readonly position: number
}

const PAGE = 1000
/** Several notifications are one look. */
const AFTER_HINT_MS = 1
/** Own commits that the log has still to pass over; beyond it they are told once more. */
const MAX_OWN = 10_000

export class Follower {
  readonly #options: FollowerOptions
  readonly #listeners = new Listeners()
  /** Everything up to this entry was told, and the mark of that entry where it is known. */
  #position: number
  #mark: string | undefined
  /** Entries after it that were told already. */
  readonly #own = new Set<number>()
  #client: Client | undefined
  #isConnecting = false
  #attempts = 0
  #timer: NodeJS.Timeout | undefined
  #isLooking = false
  #looksAgain = false
  /** Beyond it, nothing is known any more. */
  #staleTimer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#position = options.position
  }

  add(listener: StoreListener): () => void {
    const isFirst = this.#listeners.size === 0
    const remove = this.#listeners.add(listener)
    if (isFirst) this.#start()
    return () => {
      remove()
      if (this.#listeners.size === 0) this.#stop()
    }
  }

  /** Of this process; called before they are acknowledged. */
  committed({ mark, commits }: CommittedBatch): void {
    const first = commits[0]?.id ?? 0
    const last = commits.at(-1)?.id ?? 0
    // The log may have been quicker.
    const untold = commits.filter(({ id }) => id > this.#position)
    const names = untold.flatMap(({ changes }) => changes.flatMap(({ kind, name }) => (kind === 'check' ? [] : [name])))
    if (first === this.#position + 1) this.#moveTo(last, mark)
    else for (const { id } of untold) this.#own.add(id)
    if (this.#own.size > MAX_OWN) this.#own.clear()
    if (names.length > 0) this.#listeners.tellAll(names, String(last), false)
  }

  close(): void {
    this.#isClosed = true
    this.#listeners.clear()
    this.#stop()
  }

  #start(): void {
    this.#confirm()
    void this.#connect()
  }

  #stop(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#staleTimer)
    this.#drop()
  }

  get #isWanted(): boolean {
    return !this.#isClosed && this.#listeners.size > 0
  }

  /** A connection of its own, which keeps no process alive. */
  async #connect(): Promise<void> {
    if (this.#isConnecting || !this.#isWanted) return
    this.#isConnecting = true
    const { connections, channel, maxLagMs } = this.#options
    const client = connections.single({ query_timeout: maxLagMs, connectionTimeoutMillis: maxLagMs })
    const gone = (): void => {
      if (this.#client !== client) return
      this.#drop()
      this.#lookIn(pauseMs(this.#attempts++))
    }
    client.on('error', gone)
    client.on('end', gone)
    client.on('notification', ({ payload = '' }) => {
      if (Number(payload) > this.#position) this.#lookIn(AFTER_HINT_MS)
    })
    try {
      await client.connect()
      letProcessEnd(client)
      if (channel !== undefined) await listen(client, channel)
      this.#client = client
    } catch {
      void client.end().catch(() => undefined)
    } finally {
      this.#isConnecting = false
    }
    if (!this.#isWanted) this.#drop()
    else if (this.#client === undefined) this.#lookIn(pauseMs(this.#attempts++))
    else this.#lookIn(0)
  }

  #drop(): void {
    const client = this.#client
    this.#client = undefined
    // One that does not answer must not be waited for.
    void client?.end().catch(() => undefined)
  }

  #lookIn(ms: number): void {
    if (!this.#isWanted) return
    if (this.#isLooking) {
      this.#looksAgain ||= ms <= AFTER_HINT_MS
      return
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#look(), ms).unref()
  }

  async #look(): Promise<void> {
    const client = this.#client
    if (client === undefined) {
      await this.#connect()
      return
    }
    this.#isLooking = true
    this.#looksAgain = false
    let failure: unknown
    try {
      await this.#readOn(client)
      this.#attempts = 0
    } catch (error) {
      failure = error
    }
    this.#isLooking = false
    if (failure !== undefined) {
      if (kindOf(failure) === 'statements') this.#options.connections.forgetStatements()
      if (this.#client === client) this.#drop()
      this.#lookIn(pauseMs(this.#attempts++))
    } else this.#lookIn(this.#looksAgain ? 0 : this.#options.pollMs)
  }

  async #readOn(client: Client): Promise<void> {
    const { connections, reader } = this.#options
    for (let more = true; more && this.#isWanted;) {
      const sinceMs = performance.now()
      const asked = this.#position
      const mark = this.#mark
      const query = connections.query(reader.changes, reader.changesValues(asked, PAGE))
      const { rows } = await client.query<Line>(query)
      const page = reader.pageFrom(rows, asked, mark)
      if (page.isLost) {
        this.#moveTo(page.head, undefined)
        this.#own.clear()
        this.#listeners.tellAll([], String(page.head), true)
      } else {
        // While this was read, own commits may have been told.
        const fresh = page.entries.filter(({ id }) => id > this.#position)
        const names = fresh.flatMap((entry) => (this.#own.has(entry.id) ? [] : entry.names))
        const end = fresh.at(-1)?.id
        if (end !== undefined) this.#moveTo(end, page.mark)
        if (names.length > 0 && end !== undefined) this.#listeners.tellAll(names, String(end), false)
      }
      more = !page.isLost && page.entries.length > 0 && this.#position < page.head
      if (!more) this.#confirm(sinceMs)
    }
  }

  #moveTo(position: number, mark: string | undefined): void {
    this.#position = position
    this.#mark = mark
    for (const id of this.#own) if (id <= position) this.#own.delete(id)
  }

  /** Everything that was committed before that moment was told. */
  #confirm(sinceMs = performance.now()): void {
    clearTimeout(this.#staleTimer)
    const { maxLagMs, pollMs } = this.#options
    const stale = (): void => {
      // What is read from the database meanwhile is true for a moment only.
      this.#listeners.tellAll([], String(this.#position), true)
      this.#staleTimer = setTimeout(stale, pollMs).unref()
    }
    this.#staleTimer = setTimeout(stale, Math.max(0, sinceMs + maxLagMs - performance.now())).unref()
  }
}

/** Whoever only waits for others keeps no process alive. */
function letProcessEnd(client: Client): void {
  // The types of `pg` do not tell of it.
  if ('unref' in client && typeof client.unref === 'function') (client as { readonly unref: () => void }).unref()
}

/** Where the server knows nothing of it, the log is looked at all the same. */
async function listen(client: Client, channel: string): Promise<void> {
  try {
    await client.query(`LISTEN ${channel}`)
  } catch (error) {
    if (kindOf(error) !== 'refused') throw error
  }
}
