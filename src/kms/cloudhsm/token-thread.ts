/**
 * Threads that talk to tokens: one for each PKCS #11 library in a process, because a library is one thing to a process.
 *
 * Jobs wait here and not in the thread, each for as long as it says and no longer: a token that hangs holds its own thread
 * up and nothing else. Idle threads keep no process alive.
 */
import { Worker } from 'node:worker_threads'
import type { Result } from '../../text/source.js'
import type { SecretPool } from '../crypto/secret.js'
import { threadProgram } from '../crypto/thread-program.js'
import { KeyringError } from '../keyring/keyring-error.js'
import { findPkcs11 } from '../keyring/pkcs11.js'
import type { TokenFailure, TokenFailureKind, TokenJob, TokenReply, TokenThreadData } from './token-job.js'

export interface TokenResult {
  /** Of the caller's pool. */
  readonly secret?: Buffer
  readonly bytes?: Buffer
}

export type TokenAnswered = Result<TokenResult, TokenFailure>

interface Task {
  readonly job: TokenJob
  readonly secrets: SecretPool
  readonly timer: NodeJS.Timeout
  readonly resolve: (answer: TokenAnswered) => void
  readonly reject: (error: Error) => void
  /** Whoever asked has stopped waiting. */
  isLeft: boolean
}

const MAX_WAITING = 256
const CLOSING_MS = 1000

const threads = new Map<string, TokenThread>()
const closing = new Map<string, Promise<void>>()

/** The thread for a library, which is given back with `leave`. */
export function tokenThread(library: string): TokenThread {
  let thread = threads.get(library)
  if (thread === undefined) {
    thread = new TokenThread(library, closing.get(library))
    threads.set(library, thread)
  }
  thread.users++
  return thread
}

export class TokenThread {
  users = 0
  readonly #library: string
  #before: Promise<void> | undefined
  #worker: Worker | undefined
  #isStarting = false
  #current: Task | undefined
  readonly #waiting: Task[] = []

  /** @param before - ends when an earlier thread of the same library has let go of it. */
  constructor(library: string, before: Promise<void> | undefined) {
    this.#library = library
    this.#before = before
  }

  /**
   * Does a job. What it holds stays the caller's, who keeps it until the answer is there.
   *
   * @param timeoutMs - how long it may take, waiting included; what has begun by then is finished all the same.
   */
  run(job: TokenJob, secrets: SecretPool, timeoutMs: number): Promise<TokenAnswered> {
    if (this.#waiting.length >= MAX_WAITING) return Promise.resolve(failure('busy', 'too many jobs wait for the token'))
    return new Promise((resolve, reject) => {
      const task: Task = {
        job,
        secrets,
        resolve,
        reject,
        timer: setTimeout(() => {
          this.#leave(task)
        }, timeoutMs),
        isLeft: false,
      }
      this.#waiting.push(task)
      this.#next()
    })
  }

  /** The last to leave closes it. */
  async leave(): Promise<void> {
    if (--this.users > 0) return
    threads.delete(this.#library)
    for (const task of this.#waiting.splice(0)) this.#settle(task, failure('noThread', 'it is closing'))
    const worker = this.#worker
    if (worker === undefined) return
    const gone = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        resolve()
      })
      // A token that hangs is not waited for; its thread ends with the call that it is in.
      setTimeout(() => {
        void worker.terminate()
        resolve()
      }, CLOSING_MS).unref()
    })
    worker.ref()
    worker.postMessage('close')
    closing.set(this.#library, gone)
    await gone
    worker.unref()
    if (closing.get(this.#library) === gone) closing.delete(this.#library)
  }

  #leave(task: Task): void {
    const index = this.#waiting.indexOf(task)
    if (index >= 0) this.#waiting.splice(index, 1)
    task.isLeft = true
    task.resolve(failure('timeout', 'the token has not answered in time'))
  }

  #next(): void {
    if (this.#current !== undefined || this.#isStarting || this.#waiting.length === 0) return
    const worker = this.#worker
    if (worker === undefined) {
      this.#isStarting = true
      void this.#start().then((problem) => {
        this.#isStarting = false
        if (problem === undefined) this.#next()
        else for (const task of this.#waiting.splice(0)) this.#settle(task, { ok: false, error: problem })
      })
      return
    }
    const task = this.#waiting.shift()
    if (task === undefined) return
    this.#current = task
    const { job, secrets } = task
    worker.ref()
    if (job.kind !== 'seal') {
      worker.postMessage(job)
      return
    }
    const plaintext = secrets.copyOf(job.plaintext)
    const message = { ...job, plaintext: new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length) }
    worker.postMessage(message, [secrets.surrender(plaintext)])
  }

  async #start(): Promise<TokenFailure | undefined> {
    await this.#before
    this.#before = undefined
    try {
      const program = await threadProgram(import.meta.url, 'kms/cloudhsm', 'token-worker')
      if (program === undefined) return { kind: 'noThread', detail: 'the worker program token-worker.js was not found' }
      const data: TokenThreadData = { packagePath: findPkcs11(), library: this.#library }
      if (this.users <= 0) return { kind: 'noThread', detail: 'it is closing' }
      const worker = new Worker(program, { env: {}, execArgv: [], name: 'keyward token', workerData: data })
      worker.on('message', (reply: TokenReply) => {
        this.#take(reply)
      })
      worker.on('error', () => {
        this.#lose(worker)
      })
      worker.on('exit', () => {
        this.#lose(worker)
      })
      worker.unref()
      this.#worker = worker
      return undefined
    } catch (error) {
      if (error instanceof KeyringError) return { kind: 'noLibrary', detail: error.message }
      return { kind: 'noThread', detail: 'a worker thread could not be started' }
    }
  }

  #take(reply: TokenReply): void {
    const task = this.#current
    this.#current = undefined
    this.#worker?.unref()
    if (task !== undefined) this.#settleWith(task, reply)
    this.#next()
  }

  #settleWith(task: Task, reply: TokenReply): void {
    switch (reply.kind) {
      case 'threw':
        clearTimeout(task.timer)
        task.reject(new Error(`a job of kind ${task.job.kind} for a token threw a ${reply.name}`))
        return
      case 'failed':
        this.#settle(task, { ok: false, error: reply.failure })
        return
      case 'done': {
        const { job, secrets } = task
        if (task.isLeft) {
          reply.secret?.fill(0)
          // Nobody knows of this key.
          if (job.kind === 'makeKey') void this.run({ ...job, kind: 'destroyKey' }, secrets, CLOSING_MS).catch(ignore)
          return
        }
        const secret = reply.secret && secrets.adopt(asBuffer(reply.secret))
        const bytes = reply.bytes && asBuffer(reply.bytes)
        this.#settle(task, { ok: true, value: { ...(secret && { secret }), ...(bytes && { bytes }) } })
      }
    }
  }

  #settle(task: Task, answer: TokenAnswered): void {
    clearTimeout(task.timer)
    task.resolve(answer)
  }

  /** A thread ended by itself. Its job is not tried again: it may be what ended it. */
  #lose(worker: Worker): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const task = this.#current
    this.#current = undefined
    if (task !== undefined) this.#settle(task, failure('noThread', 'the thread of the token has ended'))
    this.#next()
  }
}

function ignore(): void {
  // What could not be destroyed stays in the token.
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function failure(kind: TokenFailureKind, detail: string): { readonly ok: false; readonly error: TokenFailure } {
  return { ok: false, error: { kind, detail } }
}
