/**
 * The thread of `keyward lsp` that looks at texts with every rule, so that nobody who types waits for proofs.
 *
 * It does one thing after the other. Of several texts of one document only the newest waits; a thread that is long at
 * one that nobody wants any more is ended, and another one is started.
 */
import { Worker } from 'node:worker_threads'
import type { ThoroughAnswer, ThoroughRequest } from '../lsp/environment.js'
import { sentSettings, type SentCheck, type SentChecked } from './lint-thread.js'

interface Task {
  readonly request: ThoroughRequest
  readonly resolve: (answer: ThoroughAnswer) => void
  readonly reject: (error: Error) => void
  readonly startedMs?: number
}

const OVERTAKEN: ThoroughAnswer = { found: undefined, costMs: 0 }
/** Starting a thread and warming it up takes less. */
const PATIENCE_MS = 1000

export class CheckThread {
  private worker: Worker | undefined
  private running: Task | undefined
  private readonly waiting = new Map<string, Task>()

  constructor(private readonly program: URL) {}

  look(request: ThoroughRequest): Promise<ThoroughAnswer> {
    return new Promise((resolve, reject) => {
      this.waiting.get(request.uri)?.resolve(OVERTAKEN)
      this.waiting.set(request.uri, { request, resolve, reject })
      if (this.running?.request.uri === request.uri && isLate(this.running)) this.restart()
      this.next()
    })
  }

  private restart(): void {
    this.running?.resolve(OVERTAKEN)
    this.running = undefined
    void this.worker?.terminate()
    this.worker = undefined
  }

  private next(): void {
    if (this.running !== undefined) return
    for (const [uri, task] of this.waiting) {
      this.waiting.delete(uri)
      this.running = { ...task, startedMs: performance.now() }
      const { folder, name, text, settings } = task.request
      const check: SentCheck = { folder, name, text, settings: sentSettings(settings.lint) }
      this.worker ??= this.start()
      this.worker.postMessage(check)
      return
    }
  }

  private start(): Worker {
    const worker = new Worker(this.program, { env: {}, execArgv: [], name: 'keyward lsp' })
    worker.on('message', (answer: SentChecked) => {
      if (worker === this.worker) this.heard(answer)
    })
    worker.on('error', (error) => {
      this.lost(worker, new Error('the thread that checks has failed', { cause: error }))
    })
    worker.on('exit', () => {
      this.lost(worker, new Error('the thread that checks has ended'))
    })
    // An editor that goes away ends the server, whatever is still being checked.
    worker.unref()
    return worker
  }

  private heard(answer: SentChecked): void {
    const task = this.running
    this.running = undefined
    if ('failed' in answer) task?.reject(new Error(answer.failed))
    else task?.resolve(answer)
    this.next()
  }

  /** The next text gets a new thread. */
  private lost(worker: Worker, error: Error): void {
    if (worker !== this.worker) return
    this.worker = undefined
    this.running?.reject(error)
    this.running = undefined
    this.next()
  }
}

function isLate({ startedMs }: Task): boolean {
  return startedMs !== undefined && performance.now() - startedMs > PATIENCE_MS
}
