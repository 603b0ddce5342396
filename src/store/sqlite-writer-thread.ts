/**
 * The writing thread, seen from the thread that asks: commits go out in few messages, answers come back in their order.
 *
 * All commits of one turn of the event loop travel together. A waiting commit keeps the process alive; an idle store does
 * not.
 */
import { Worker } from 'node:worker_threads'
import type { AuditRecord } from '../kms/audit-record.js'
import { type Change, type CommitResult, StoreError, StoreTimeout } from '../kms/store.js'
import { messageOf } from './sqlite-driver.js'
import { writerProgram } from './sqlite-program.js'
import type { WriterOptions } from './sqlite-writer.js'
import { type Answer, type FromWriter, type Part, type ToWriter, writeCommit } from './sqlite-messages.js'

interface Waiting {
  readonly changes: readonly Change[]
  readonly resolve: (result: CommitResult) => void
  readonly reject: (error: StoreError) => void
}

/** So many go ahead while the rest of the turn is still being put together. */
const MAX_IN_MESSAGE = 8

export class SqliteWriterThread {
  #storeId = ''
  readonly #worker: Worker
  /** In the order in which they were asked. */
  #waiting: Waiting[] = []
  #answered = 0
  #parts: Part[] = []
  #unsent = 0
  /** Whether the end of this turn has still to be told. */
  #isTurn = false
  #failure: string | undefined
  #closing: Promise<void> | undefined
  #whenClosed: (() => void) | undefined

  /** Called for every commit of this process that was written, with its journal entry. */
  onCommitted: ((entry: number, changes: readonly Change[]) => void) | undefined

  /** Rejects with a StoreError where the database cannot be opened. */
  static async open(
    path: string,
    { maxBytes, keepAudit }: Pick<WriterOptions, 'maxBytes' | 'keepAudit'>,
    program?: URL,
  ): Promise<SqliteWriterThread> {
    const file = program ?? (await writerProgram())
    if (file === undefined) {
      throw new StoreError('the program sqlite-writer.js was not found; name its place if the library is bundled')
    }
    const workerData: WriterOptions = { path, maxBytes, keepAudit, packagesFrom: import.meta.url }
    // The thread needs nothing of the environment, where a root key may stand.
    const worker = new Worker(file, { workerData, env: {}, execArgv: [] })
    return new Promise((resolve, reject) => {
      const thread = new SqliteWriterThread(worker, (outcome) => {
        if (outcome === undefined) resolve(thread)
        else reject(new StoreError(outcome))
      })
    })
  }

  /** `opened` is told once: nothing, or why it cannot be. */
  private constructor(worker: Worker, opened: (refusal?: string) => void) {
    this.#worker = worker
    worker.on('message', (message: FromWriter) => {
      switch (message.kind) {
        case 'open':
          this.#storeId = message.storeId
          worker.unref()
          opened()
          break
        case 'refused':
          opened(message.message)
          break
        case 'answers':
          this.#answers(message.answers)
          break
        case 'closed':
          this.#failure ??= 'it is closed'
          this.#whenClosed?.()
      }
    })
    worker.on('error', (error) => {
      opened(`the writing thread does not start: ${messageOf(error)}`)
      this.#fail(messageOf(error))
    })
    worker.on('exit', () => this.#fail('it has ended'))
  }

  /** Whether commits are under way. */
  get isBusy(): boolean {
    return this.#waitingCount() > 0
  }

  get storeId(): string {
    return this.#storeId
  }

  commit(changes: readonly Change[], audit: readonly AuditRecord[]): Promise<CommitResult> {
    if (this.#closing !== undefined) return Promise.reject(new StoreError('the store is closed'))
    if (this.#failure !== undefined) return Promise.reject(threadError(this.#failure))
    if (this.#waitingCount() === 0) this.#worker.ref()
    return new Promise((resolve, reject) => {
      writeCommit(this.#parts, changes, audit)
      this.#waiting.push({ changes, resolve, reject })
      if (++this.#unsent >= MAX_IN_MESSAGE) this.#flush(true)
      if (this.#isTurn) return
      this.#isTurn = true
      setImmediate(() => this.#endTurn())
    })
  }

  /** Waits for all commits under way. */
  close(): Promise<void> {
    if (this.#failure !== undefined) return Promise.resolve()
    this.#closing ??= new Promise((resolve) => {
      this.#endTurn()
      this.#whenClosed = resolve
      this.#worker.ref()
      this.#send({ kind: 'close' })
    })
    return this.#closing
  }

  #endTurn(): void {
    if (!this.#isTurn) return
    this.#isTurn = false
    this.#flush(false)
  }

  #flush(goesOn: boolean): void {
    const commits = this.#parts
    this.#parts = []
    this.#unsent = 0
    if (this.#failure === undefined) this.#send({ kind: 'commits', commits, goesOn })
  }

  #send(message: ToWriter): void {
    this.#worker.postMessage(message)
  }

  #answers(answers: readonly Answer[]): void {
    for (const answer of answers) this.#answer(answer)
    if (this.#waitingCount() === 0) this.#worker.unref()
  }

  #answer(answer: Answer): void {
    const waiting = this.#waiting[this.#answered++]
    if (typeof answer === 'number') {
      const changes = waiting?.changes ?? []
      waiting?.resolve(resultOf(changes, String(answer)))
      this.onCommitted?.(answer, changes)
    } else if ('conflict' in answer) waiting?.resolve({ ok: false, conflict: answer.conflict })
    else {
      const Kind = answer.isBusy ? StoreTimeout : StoreError
      waiting?.reject(new Kind(`the commit cannot be written: ${answer.failure}`))
    }
    // Moved only now and then: what has been answered is a prefix.
    if (this.#answered >= 1024) {
      this.#waiting = this.#waiting.slice(this.#answered)
      this.#answered = 0
    }
  }

  /** Nobody can say whether what was sent has been written. */
  #fail(reason: string): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    for (const { reject } of this.#waiting.slice(this.#answered)) reject(threadError(reason))
    this.#waiting = []
    this.#answered = 0
    this.#whenClosed?.()
  }

  #waitingCount(): number {
    return this.#waiting.length - this.#answered
  }
}

function resultOf(changes: readonly Change[], version: string): CommitResult {
  return { ok: true, version, rows: changes.map(({ kind }) => (kind === 'put' ? version : undefined)) }
}

function threadError(reason: string): StoreError {
  return new StoreError(`the writing thread of the store has failed: ${reason}`)
}
