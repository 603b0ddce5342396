/**
 * Writes the commits of this process: all that wait in one transaction, while whatever arrives meanwhile makes the next one.
 *
 * Commits are serializable, because the log is one line at whose end all processes write. A transaction reads the last
 * entry, then the versions of the rows that it expects something of, and adds the entries that follow. An entry's number is
 * its primary key, so that of two transactions that have seen the same end only one commits: whoever commits has seen
 * everything before it, and nothing came between what it read and what it wrote. For the same reason the numbers have no
 * gaps, and are in the order in which commits become visible. READ COMMITTED is all that this needs; the row in `turn`,
 * which every writer locks first, only keeps them from getting in each other's way.
 *
 * When the connection goes while a transaction is being committed, nobody knows what became of it. Each batch has a mark of
 * its own, so the next connection looks, behind the same lock, whether its entries are there. A commit is thus neither lost
 * nor done twice, and fails only where its time is over before anybody could tell.
 *
 * Source: PostgreSQL documentation, "Transaction Isolation", 13.2.1; "Explicit Locking", 13.3.2.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { AuditRecord } from '../kms/audit-record.js'
import { type Change, type CommitResult, StoreError, StoreTimeout } from '../kms/store.js'
import { type Batch, type CommitAnswer, commitRequest, type CommitRequest } from './postgres-batch.js'
import { pauseMs } from './postgres-connections.js'
import { kindOf, storeErrorOf } from './postgres-errors.js'
import { type MarkedBatch, Transaction, type TransactionOptions } from './postgres-transaction.js'

export interface WriterOptions extends TransactionOptions {
  /** Called before the commits are acknowledged, in the order in which they were written. */
  readonly onCommitted: (batch: CommittedBatch) => void
}

export interface CommittedBatch {
  /** That its entries bear. */
  readonly mark: string
  /** In the order of their entries, which follow each other. */
  readonly commits: readonly { readonly id: number; readonly changes: readonly Change[] }[]
}

interface Waiting extends CommitRequest {
  readonly deadlineMs: number
  readonly resolve: (result: CommitResult) => void
  readonly reject: (error: StoreError) => void
}

/** Of one transaction, so that nobody waits for a thousand others. */
const MAX_COMMITS = 512
const MAX_CHARACTERS = 1 << 23
/** Commits of others that come first again and again, in spite of the lock. */
const MAX_CONFLICTS = 100
const AFTER_CONFLICT_MS = 5

export class PostgresWriter {
  readonly #options: WriterOptions
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  #isClosed = false

  constructor(options: WriterOptions) {
    this.#options = options
  }

  async commit(changes: readonly Change[], audit: readonly AuditRecord[]): Promise<CommitResult> {
    if (this.#isClosed) throw new StoreError('the store is closed')
    const request = commitRequest(changes, audit)
    const deadlineMs = performance.now() + this.#options.connections.timeoutMs
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...request, deadlineMs, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Waits for the commits under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
  }

  async #run(): Promise<void> {
    // Whatever comes in this turn of the event loop travels together.
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    while (this.#waiting.length > 0) {
      const commits = this.#next()
      try {
        await this.#write(commits)
      } catch (error) {
        this.#fail(commits, error)
      }
    }
    this.#running = undefined
  }

  #next(): readonly Waiting[] {
    let count = 0
    let characters = 0
    for (const { changes, entry } of this.#waiting) {
      characters += entry.audit?.length ?? 0
      for (const change of changes) characters += change.kind === 'put' ? change.value.length : 0
      if (count > 0 && (count === MAX_COMMITS || characters > MAX_CHARACTERS)) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  /** Until all of them have an answer; throws where they all have the same one. */
  async #write(all: readonly Waiting[]): Promise<void> {
    let commits = all
    const doubts: MarkedBatch[] = []
    let conflicts = 0
    for (let attempt = 0; ; attempt++) {
      const transaction = new Transaction(this.#options)
      try {
        this.#acknowledge(commits, await transaction.run(commits, doubts))
        return
      } catch (error) {
        const kind = kindOf(error)
        if (transaction.doubt !== undefined) doubts.push(transaction.doubt)
        if (error instanceof StoreError || kind === 'timeout') throw error
        if (kind === 'refused') {
          if (commits.length === 1 || doubts.length > 0) throw error
          await this.#oneByOne(commits)
          return
        }
        if (kind === 'conflict' && ++conflicts === MAX_CONFLICTS) {
          throw new StoreTimeout('the commit cannot be written: others were first again and again')
        }
        if (kind === 'statements') this.#options.connections.forgetStatements()
        const nowMs = performance.now()
        const isLate = ({ deadlineMs }: Waiting): boolean => deadlineMs <= nowMs
        this.#fail(commits.filter(isLate), error)
        if (commits.every(isLate)) return
        // Those whose answer is in doubt stay together: if they are in the log, then as one batch.
        if (doubts.length === 0) commits = commits.filter((each) => !isLate(each))
        await delay(kind === 'conflict' ? Math.random() * AFTER_CONFLICT_MS : pauseMs(attempt))
      }
    }
  }

  /** One that cannot be written takes no other with it. */
  async #oneByOne(commits: readonly Waiting[]): Promise<void> {
    for (const commit of commits) {
      try {
        await this.#write([commit])
      } catch (error) {
        this.#fail([commit], error)
      }
    }
  }

  #acknowledge(commits: readonly Waiting[], { mark, batch }: MarkedBatch): void {
    this.#tell(commits, batch, mark)
    commits.forEach(({ changes, resolve }, index) => resolve(resultOf(changes, batch.answers[index])))
  }

  #tell(commits: readonly Waiting[], { answers }: Batch, mark: string): void {
    const written = commits.flatMap(({ changes }, index) => {
      const answer = answers[index]
      return typeof answer === 'number' ? [{ id: answer, changes }] : []
    })
    if (written.length > 0) this.#options.onCommitted({ mark, commits: written })
  }

  #fail(commits: readonly Waiting[], error: unknown): void {
    if (commits.length === 0) return
    const told = storeErrorOf(error, 'the commit cannot be written', this.#options.connections.address)
    for (const { reject } of commits) reject(told)
  }
}

function resultOf(changes: readonly Change[], answer: CommitAnswer | undefined): CommitResult {
  if (typeof answer !== 'number') return { ok: false, conflict: answer?.conflict ?? '' }
  const version = String(answer)
  return { ok: true, version, rows: changes.map(({ kind }) => (kind === 'put' ? version : undefined)) }
}
