/**
 * Tells listeners of this process what was committed, by itself or by others.
 *
 * The log is the truth. It is looked at every `pollMs`; a notice of another process is a hint, and nothing depends on its
 * coming: poolers and some clusters have none. What it names is told at once, without a question to the server; the log passes
 * over it where it says the very same. Own commits are told as soon as they are acknowledged, with the versions that their
 * rows have now: whoever has written one knows it already. The log then passes over them.
 *
 * A process that has not managed to look for `maxLagMs` no longer knows what it may rely on: it tells that everything may have
 * changed, and again until it can look. The log is also lost where it is not the one that was read before, as after a change
 * to a replica that had not got everything; rows that a notice has named and the log does not are told once more.
 *
 * Source: PostgreSQL documentation, "NOTIFY", "LISTEN".
 */
import type { Client } from 'pg'
import type { RowVersion, StoreListener } from '../kms/store.js'
import { Listeners } from './listeners.js'
import { type Connections, type Line, pauseMs } from './postgres-connections.js'
import { kindOf } from './postgres-errors.js'
import { type NoticedEntry, readNotice } from './postgres-notice.js'
import { type LogEntry, type LogPage, namesOf, type PostgresReader } from './postgres-reader.js'
import type { CommittedBatch } from './postgres-writer.js'

export interface FollowerOptions {
  readonly connections: Connections
  readonly reader: PostgresReader
  /** Undefined where nobody notifies. */
  readonly channel: string | undefined
  /** What the marks of this process begin with: its own notices tell it nothing. */
  readonly ownMark: string
  readonly pollMs: number
  readonly maxLagMs: number
  /** The end of the log when the store was opened. */
  readonly position: number
}

type Noticed = NoticedEntry & { readonly mark: string }

const PAGE = 1000
/** Commits that the log has still to pass over; beyond it they are told once more. */
const MAX_TOLD = 10_000

export class Follower {
  readonly #options: FollowerOptions
  readonly #listeners = new Listeners()
  /** Everything up to this entry was told, and the mark of that entry where it is known. */
  #position: number
  #mark: string | undefined
  /** Entries after it that were told already, with the marks of their batches. */
  readonly #own = new Map<number, string>()
  /** The same of notices, with what they have said of each. */
  readonly #noticed = new Map<number, Noticed>()
  /** Own commits that nobody was told of yet. */
  readonly #untold: CommittedBatch['commits'][number][] = []
  #isTelling = false
  #client: Client | undefined
  #isConnecting = false
  #attempts = 0
  #timer: NodeJS.Timeout | undefined
  /** A look is about to begin. */
  #isDue = false
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

  /** Of this process; called right before they are acknowledged. */
  committed({ mark, commits }: CommittedBatch): void {
    const first = commits[0]?.id ?? 0
    const last = commits.at(-1)?.id ?? 0
    // The log may have been quicker.
    const untold = commits.filter(({ id }) => id > this.#position)
    if (first === this.#position + 1) this.#moveTo(last, mark)
    else for (const { id } of untold) this.#own.set(id, mark)
    if (this.#own.size > MAX_TOLD) this.#own.clear()
    this.#tellLater(untold)
  }

  /** Once for all commits of a turn, and after whoever waits for them: who has written a row knows it by then. */
  #tellLater(commits: CommittedBatch['commits']): void {
    if (this.#listeners.size === 0) return
    this.#untold.push(...commits)
    if (this.#untold.length === 0 || this.#isTelling) return
    this.#isTelling = true
    setImmediate(() => {
      const untold = this.#untold.splice(0)
      this.#isTelling = false
      const names: string[] = []
      const versions: (RowVersion | undefined)[] = []
      for (const { id, changes } of untold) {
        for (const { kind, name } of changes) {
          if (kind === 'check') continue
          names.push(name)
          versions.push(kind === 'put' ? String(id) : undefined)
        }
      }
      if (names.length > 0) this.#listeners.tellAll(names, String(untold.at(-1)?.id), false, versions)
    })
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
    client.on('notification', ({ payload = '' }) => this.#heard(payload))
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

  /** A notice, or what pretends to be one: listeners read again what it names, and that is all that comes of it. */
  #heard(payload: string): void {
    const notice = readNotice(payload)
    if (notice === undefined || notice.last <= this.#position || notice.mark.startsWith(this.#options.ownMark)) return
    const { mark, entries } = notice
    if (entries === undefined) {
      this.#lookSoon()
      return
    }
    const untold = entries.filter(({ id }) => id > this.#position && !this.#own.has(id) && !this.#noticed.has(id))
    if (this.#noticed.size + untold.length > MAX_TOLD) this.#noticed.clear()
    for (const entry of untold) this.#noticed.set(entry.id, { ...entry, mark })
    const names = untold.flatMap((entry) => entry.names)
    // What came before it may still be untold.
    if (names.length > 0) this.#listeners.tellAll(names, String(this.#position), false)
  }

  /** What arrives in this turn of the event loop is one look. */
  #lookSoon(): void {
    if (this.#isLooking) this.#looksAgain = true
    else if (!this.#isDue) {
      this.#isDue = true
      clearTimeout(this.#timer)
      setImmediate(() => {
        this.#isDue = false
        if (this.#isWanted) void this.#look()
      })
    }
  }

  #lookIn(ms: number): void {
    if (!this.#isWanted || this.#isLooking || this.#isDue) return
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
    } else if (this.#looksAgain) this.#lookSoon()
    else this.#lookIn(this.#options.pollMs)
  }

  async #readOn(client: Client): Promise<void> {
    const { connections, reader } = this.#options
    for (let more = true; more && this.#isWanted;) {
      const sinceMs = performance.now()
      const asked = this.#position
      const mark = this.#mark
      const noticed = [...this.#noticed.values()]
      const query = connections.query(reader.changes, reader.changesValues(asked, PAGE))
      const { rows } = await client.query<Line>(query)
      const page = reader.pageFrom(rows, asked, mark)
      const isLost = page.isLost || page.entries.some((entry) => this.#wasReplaced(entry))
      if (isLost) {
        this.#moveTo(page.head, undefined)
        this.#own.clear()
        this.#noticed.clear()
        this.#listeners.tellAll([], String(page.head), true)
      } else {
        // While this was read, own commits may have been told.
        const fresh = page.entries.filter(({ id }) => id > this.#position)
        const names = fresh.flatMap((entry) => (this.#wasTold(entry) ? [] : namesOf(entry)))
        for (const untrue of refuted(noticed, page, asked)) {
          this.#noticed.delete(untrue.id)
          names.push(...untrue.names)
        }
        const end = fresh.at(-1)?.id
        if (end !== undefined) this.#moveTo(end, page.mark)
        if (names.length > 0) this.#listeners.tellAll(names, String(this.#position), false)
      }
      more = !isLost && page.entries.length > 0 && this.#position < page.head
      if (!more) this.#confirm(sinceMs)
    }
  }

  /** Where a commit of this process stood once, there is another. */
  #wasReplaced({ id, mark }: LogEntry): boolean {
    const own = this.#own.get(id)
    return own !== undefined && own !== mark
  }

  #wasTold(entry: LogEntry): boolean {
    return this.#own.has(entry.id) || isSame(this.#noticed.get(entry.id), entry)
  }

  #moveTo(position: number, mark: string | undefined): void {
    this.#position = position
    this.#mark = mark
    for (const id of this.#own.keys()) if (id <= position) this.#own.delete(id)
    for (const id of this.#noticed.keys()) if (id <= position) this.#noticed.delete(id)
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

/** Whether a notice was no forged one: nobody knows the mark of a batch before it is committed. */
function isSame(noticed: Noticed | undefined, { mark, text }: LogEntry): boolean {
  return noticed?.mark === mark && noticed.text === text
}

/**
 * Notices that the log does not bear out though it was read after they had come: forged, or of commits that are no more. What
 * was read because of them may be what those commits have written, so their rows are to be read again.
 */
function refuted(noticed: readonly Noticed[], { entries, head }: LogPage, asked: number): readonly Noticed[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  const last = entries.at(-1)?.id ?? asked
  const through = last >= head ? Infinity : last
  return noticed.filter((each) => {
    const entry = byId.get(each.id)
    return entry === undefined ? each.id > asked && each.id <= through : !isSame(each, entry)
  })
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
