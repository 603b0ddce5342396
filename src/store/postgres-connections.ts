/**
 * Connections to the database of a store: some that read, one that writes, one that follows the log. `pg` is loaded only
 * when a store is opened.
 *
 * What has failed on the way is done again on another connection until the time for it is over: reads by `read`, commits by
 * the writer, which alone knows what became of one. A connection on which anything but the server's own refusal was met is
 * never used again.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Client, ClientConfig, Pool, PoolClient, QueryResult } from 'pg'
import { StoreError } from '../kms/store.js'
import type { PostgresAddress } from './postgres-address.js'
import { kindOf, sqlStateOf, storeErrorOf } from './postgres-errors.js'

export interface ConnectionOptions {
  /** How many read at once. */
  readonly connections: number
  /** How long an answer may take, and how long a read is tried again. */
  readonly timeoutMs: number
}

export type Line = Readonly<Record<string, unknown>>

/** A statement that is prepared once for each connection. */
export interface Prepared {
  readonly name: string
  readonly text: string
}

const SHORTEST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 500
const KEEP_ALIVE_MS = 5000

export class Connections {
  readonly address: PostgresAddress
  readonly timeoutMs: number
  readonly #config: ClientConfig
  readonly #newClient: (config: ClientConfig) => Client
  readonly #readers: Pool
  /** The one that writes; its queries may be sent before the answers to those before them. */
  readonly writer: Pool
  /** Whether the server remembers what was prepared; behind some poolers it does not. */
  #prepares = true
  #isClosed = false

  static async load(address: PostgresAddress, options: ConnectionOptions): Promise<Connections> {
    const { default: pg } = await import('pg')
    return new Connections(address, options, pg)
  }

  private constructor(
    address: PostgresAddress,
    { connections, timeoutMs }: ConnectionOptions,
    pg: { readonly Client: typeof Client; readonly Pool: typeof Pool },
  ) {
    this.address = address
    this.timeoutMs = timeoutMs
    this.#config = {
      connectionString: address.connectionString,
      fallback_application_name: 'keyward',
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
    }
    this.#newClient = (config) => new pg.Client(config)
    try {
      // One stays: whoever asks after a quiet time does not wait for a handshake.
      this.#readers = this.#pool(new pg.Pool({ ...this.#config, min: 1, max: connections, allowExitOnIdle: true }))
      this.writer = this.#pool(
        new pg.Pool({ ...this.#config, max: 1, allowExitOnIdle: true, idleTimeoutMillis: 0, pipeline: true }),
      )
    } catch (error) {
      throw storeErrorOf(error, `\`${address.shown}\` cannot be opened`, address)
    }
  }

  /** One that nobody else has. It must be given an `error` listener before it is used. */
  single(config: ClientConfig = {}): Client {
    return this.#newClient({ ...this.#config, ...config })
  }

  /** A connection that reads, held by the caller until it is released. */
  reader(): Promise<PoolClient> {
    return this.#readers.connect()
  }

  /** Reads in one statement; again and again until the database is there or the time is over. */
  async read(prepared: Prepared, values: readonly unknown[]): Promise<readonly Line[]> {
    this.mustBeOpen()
    const deadlineMs = performance.now() + this.timeoutMs
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#readOnce(prepared, values)
      } catch (error) {
        const isLast = this.#isClosed || performance.now() >= deadlineMs || !this.#isWorthAnother(error)
        if (isLast) throw storeErrorOf(error, `\`${this.address.shown}\` cannot be read`, this.address)
      }
      await delay(pauseMs(attempt))
    }
  }

  /** What `pg` is asked; unprepared where the server does not remember. */
  query({ name, text }: Prepared, values: readonly unknown[]): { name?: string; text: string; values: unknown[] } {
    return { ...(this.#prepares && { name }), text, values: [...values] }
  }

  /** After an error: whether the same may succeed soon. */
  #isWorthAnother(error: unknown): boolean {
    const kind = kindOf(error)
    if (kind === 'statements') this.forgetStatements()
    return kind === 'away' || kind === 'conflict' || kind === 'statements'
  }

  forgetStatements(): void {
    this.#prepares = false
  }

  mustBeOpen(): void {
    if (this.#isClosed) throw new StoreError('the store is closed')
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([this.#readers.end(), this.writer.end()])
  }

  async #readOnce(prepared: Prepared, values: readonly unknown[]): Promise<readonly Line[]> {
    const client = await this.#readers.connect()
    let failure: unknown
    try {
      const result: QueryResult<Line> = await client.query(this.query(prepared, values))
      return result.rows
    } catch (error) {
      failure = error
      throw error
    } finally {
      release(client, failure)
    }
  }

  /**
   * What drops while nobody uses it is no concern of anybody's: the pool makes another one. Whoever uses it learns of that by
   * the query that fails; the event comes besides, and would end the process.
   */
  #pool(pool: Pool): Pool {
    pool.on('error', () => undefined)
    pool.on('connect', (client) => client.on('error', () => undefined))
    return pool
  }
}

/** Gives a connection back, unless it is of no more use. */
export function release(client: PoolClient, failure: unknown): void {
  client.release(failure !== undefined && (sqlStateOf(failure) === undefined || kindOf(failure) !== 'refused'))
}

/** Longer from time to time, and never the same for two who wait. */
export function pauseMs(attempt: number): number {
  return Math.min(SHORTEST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2)
}
