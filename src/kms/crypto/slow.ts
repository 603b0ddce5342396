/**
 * Slow work beside the request loop: worker threads, a bounded queue, cancellation.
 *
 * There are at most as many threads as cores less one, started when first needed; idle ones keep no process alive.
 * Secrets are moved between threads, never copied. What the work is, `slow-job.ts` knows.
 *
 * Every failure that is not a bug is a value: of the job (`CryptoError`), or of the way to it (`SlowError`).
 */

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Result } from '../../text/source.js'
import type { CryptoError } from './crypto-error.js'
import type { SecretPool } from './secret.js'
import { mapBuffers, releaseJob, type SlowAnswer, type SlowJob } from './slow-job.js'
import { slowProgram } from './slow-program.js'
import type { SlowReply } from './slow-worker.js'

export interface SlowError {
  readonly kind: 'busy' | 'cancelled' | 'closed' | 'unavailable'
  readonly message: string
}

export type SlowResult = Result<SlowAnswer, CryptoError | SlowError>

export interface SlowPoolOptions {
  readonly secrets: SecretPool
  /** Cores less one, and at least one, when left out; never more. */
  readonly threads?: number
  /** How many jobs may wait for a thread; 256 when left out. */
  readonly queueLimit?: number
  /** The program of the threads, for those who bundle the library: `dist/kms/crypto/slow-worker.js`. */
  readonly program?: URL
}

interface Task {
  readonly job: SlowJob
  readonly resolve: (result: SlowResult) => void
  readonly reject: (error: Error) => void
  isCancelled: boolean
}

interface Thread {
  readonly worker: Worker
  task: Task | undefined
}

const BUSY = refusal('busy', 'too much slow work is waiting')
const CANCELLED = refusal('cancelled', 'the work was cancelled')
const CLOSED = refusal('closed', 'the engine is closing')
const NO_PROGRAM = refusal(
  'unavailable',
  'the worker program slow-worker.js was not found; name its place if the library is bundled',
)
const NO_THREAD = refusal('unavailable', 'a worker thread could not be started, or ended before its work was done')

function refusal(kind: SlowError['kind'], message: string): { readonly ok: false; readonly error: SlowError } {
  return { ok: false, error: { kind, message } }
}

export class SlowPool {
  readonly #secrets: SecretPool
  readonly #limit: number
  readonly #queueLimit: number
  readonly #program: URL | undefined
  readonly #threads = new Set<Thread>()
  readonly #waiting: Task[] = []
  #isClosed = false
  #starting = 0
  #idle: (() => void) | undefined

  constructor({ secrets, threads, queueLimit = 256, program }: SlowPoolOptions) {
    const most = Math.max(1, availableParallelism() - 1)
    this.#secrets = secrets
    this.#limit = Math.min(Math.max(1, threads ?? most), most)
    this.#queueLimit = queueLimit
    this.#program = program
  }

  /** How many threads there may be. */
  get limit(): number {
    return this.#limit
  }

  /**
   * Does a job elsewhere. The job's secrets belong to it from here on; the secret of the answer is the caller's.
   * A job that was cancelled while it ran is finished by its thread, and what comes of it is wiped.
   */
  run(job: SlowJob, signal?: AbortSignal): Promise<SlowResult> {
    const refused = this.#isClosed ? CLOSED : signal?.aborted ? CANCELLED : this.#isFull() ? BUSY : undefined
    if (refused !== undefined) {
      releaseJob(job, this.#secrets)
      return Promise.resolve(refused)
    }
    return new Promise((resolve, reject) => {
      const task: Task = { job, isCancelled: false, resolve: finish, reject: fail }
      const cancel = (): void => {
        this.#cancel(task)
      }
      function finish(result: SlowResult): void {
        signal?.removeEventListener('abort', cancel)
        resolve(result)
      }
      function fail(error: Error): void {
        signal?.removeEventListener('abort', cancel)
        reject(error)
      }
      signal?.addEventListener('abort', cancel, { once: true })
      this.#waiting.push(task)
      this.#dispatch()
    })
  }

  /** Refuses what waits, lets what runs end, and ends the threads. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#refuseWaiting(CLOSED)
    await this.#whenIdle()
    const threads = [...this.#threads]
    this.#threads.clear()
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }

  /** A thread that is free, or may still be started, takes a job without its waiting. */
  #isFull(): boolean {
    const free = this.#limit - [...this.#threads].filter(({ task }) => task !== undefined).length
    return this.#waiting.length >= this.#queueLimit + free
  }

  #cancel(task: Task): void {
    task.isCancelled = true
    const index = this.#waiting.indexOf(task)
    if (index >= 0) {
      this.#waiting.splice(index, 1)
      releaseJob(task.job, this.#secrets)
    }
    task.resolve(CANCELLED)
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      const task = thread.task === undefined ? this.#waiting.shift() : undefined
      if (task !== undefined) this.#give(thread, task)
    }
    const wanted = Math.min(this.#waiting.length, this.#limit - this.#threads.size) - this.#starting
    for (let index = 0; index < wanted; index++) void this.#start()
    if (this.#isIdle()) this.#idle?.()
  }

  async #start(): Promise<void> {
    this.#starting++
    const program = this.#program ?? (await slowProgram().catch(() => undefined))
    this.#starting--
    if (this.#waiting.length === 0) this.#dispatch()
    else if (program === undefined) this.#refuseWaiting(NO_PROGRAM)
    else this.#startThread(program)
  }

  #startThread(program: URL): void {
    let worker: Worker
    try {
      worker = new Worker(program, { env: {}, execArgv: [], name: 'keyward slow work' })
    } catch {
      this.#refuseWaiting(NO_THREAD)
      return
    }
    const thread: Thread = { worker, task: undefined }
    worker.on('message', (reply: SlowReply) => {
      this.#take(thread, reply)
    })
    worker.on('error', () => {
      this.#lose(thread)
    })
    worker.on('exit', () => {
      this.#lose(thread)
    })
    worker.unref()
    this.#threads.add(thread)
    this.#dispatch()
  }

  #give(thread: Thread, task: Task): void {
    thread.task = task
    // Held alive only while somebody waits for it.
    thread.worker.ref()
    const transfer: ArrayBuffer[] = []
    const message = mapBuffers(
      task.job,
      (bytes) => {
        // What shares its memory with other buffers would take all of it along.
        const copy = Buffer.from(new ArrayBuffer(bytes.length))
        copy.set(bytes)
        transfer.push(copy.buffer)
        return copy
      },
      (secret) => {
        transfer.push(this.#secrets.surrender(secret))
        return secret
      },
    )
    thread.worker.postMessage(message, transfer)
  }

  #take(thread: Thread, reply: SlowReply): void {
    const task = thread.task
    thread.task = undefined
    thread.worker.unref()
    if (task !== undefined) this.#settle(task, reply)
    this.#dispatch()
  }

  #settle(task: Task, reply: SlowReply): void {
    if (reply.kind === 'threw') {
      task.reject(new Error(`slow work of kind ${task.job.kind} threw a ${reply.name}`))
      return
    }
    if (reply.kind === 'refused') {
      task.resolve({ ok: false, error: reply.error })
      return
    }
    const secret = reply.secret && this.#secrets.adopt(asBuffer(reply.secret))
    const bytes = reply.bytes && asBuffer(reply.bytes)
    if (task.isCancelled) {
      if (secret !== undefined) this.#secrets.release(secret)
      return
    }
    task.resolve({ ok: true, value: { ...(secret && { secret }), ...(bytes && { bytes }) } })
  }

  /** A thread ended by itself. Its job is not tried again: it may be what ended it. */
  #lose(thread: Thread): void {
    if (!this.#threads.delete(thread)) return
    thread.task?.resolve(NO_THREAD)
    this.#dispatch()
  }

  #refuseWaiting(refused: { readonly ok: false; readonly error: SlowError }): void {
    for (const task of this.#waiting.splice(0)) {
      releaseJob(task.job, this.#secrets)
      task.resolve(refused)
    }
    if (this.#isIdle()) this.#idle?.()
  }

  #isIdle(): boolean {
    return this.#starting === 0 && [...this.#threads].every(({ task }) => task === undefined)
  }

  #whenIdle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#idle = resolve
    })
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
