/**
 * The first process of a cluster: starts the others, starts them again when they end by themselves, and ends them in order.
 * It serves no requests.
 *
 * A process that keeps ending is started again after longer and longer pauses. One that cannot start at all when the cluster
 * begins ends the cluster, since waiting would not help. Replacing all of them, one after the other, starts each before the
 * one in whose place it comes is asked to end.
 *
 * Source: Node.js documentation, "Cluster".
 */
import { isMessage, type FromPrimary, type FromWorker } from './cluster-messages.js'
import type { ClusterMetrics } from './cluster-metrics.js'

/** A process, as `node:cluster` has it. */
export interface WorkerProcess {
  readonly id: number
  send(message: FromPrimary, sent: (error: Error | null) => void): unknown
  kill(signal: NodeJS.Signals): void
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'exit', listener: (code: number | null, signal: string | null) => void): unknown
}

export interface ClusterOptions {
  readonly processes: number
  readonly fork: () => WorkerProcess
  readonly metrics: ClusterMetrics | undefined
  readonly onWarning: (message: string) => void
  /** What a process wants people to know. The same from several of them is told once. */
  readonly onTold?: (kind: 'notice' | 'warning', message: string) => void
  /** Never goes back. */
  readonly nowMs?: () => number
  /** Calls back later; answers how to have it not called. */
  readonly later?: (call: () => void, ms: number) => () => void
}

interface Slot {
  worker: Worker | undefined
  /** Ends in a row of which each came soon after its start. */
  failures: number
  cancelRestart: (() => void) | undefined
}

interface Worker {
  readonly process: WorkerProcess
  readonly startedAtMs: number
  isReady: boolean
  /** It was asked to end. */
  isLeaving: boolean
  /** Once it has ended. */
  readonly ended: Promise<void>
  /** True once it serves, false where it has ended before. */
  readonly settled: Promise<boolean>
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000
/** Whatever lived for so long was started well. */
const LIVED_MS = 60_000
const METRICS_WAIT_MS = 2000
/** What one process says within this time of another one is of the same cause. */
const SAME_CAUSE_MS = 60_000

export class Cluster {
  /** Of the listeners, once a process serves. */
  urls: readonly string[] = []
  private readonly slots: readonly Slot[]
  private readonly living = new Set<Worker>()
  private readonly nowMs: () => number
  private readonly later: NonNullable<ClusterOptions['later']>
  private readonly questions = new Map<number, (worker: number) => void>()
  private asked = 0
  /** What was told of late, and when. */
  private readonly told = new Map<string, { readonly from: number; readonly atMs: number }>()
  private isClosing = false
  private hasServed = false
  private rolling: Promise<boolean> | undefined

  constructor(private readonly options: ClusterOptions) {
    const { nowMs = () => performance.now(), later = timer } = options
    this.nowMs = nowMs
    this.later = later
    this.slots = Array.from({ length: options.processes }, () => ({
      worker: undefined,
      failures: 0,
      cancelRestart: undefined,
    }))
  }

  /** Resolves with true once all of them serve; with false where one could not be started, and all have ended. */
  async start(): Promise<boolean> {
    const all = await Promise.all(this.slots.map((slot) => this.fill(slot).settled))
    this.hasServed = all.every(Boolean)
    if (!this.hasServed) await this.close()
    return this.hasServed
  }

  /** Has each read again what may have changed. */
  reload(): void {
    for (const worker of this.workers()) send(worker, { keyward: 'signal', signal: 'SIGHUP' })
  }

  /** Replaces each by a new one. Answers false where a new one could not be started: the others stay as they are. */
  restartAll(): Promise<boolean> {
    this.rolling ??= this.roll().finally(() => {
      this.rolling = undefined
    })
    return this.rolling
  }

  /** Has all finish what is under way and end. Again with `now`: cuts it off. */
  async close({ now = false }: { readonly now?: boolean } = {}): Promise<void> {
    this.isClosing = true
    const workers = this.workers()
    for (const slot of this.slots) slot.cancelRestart?.()
    for (const worker of workers) {
      if (now) worker.process.kill('SIGKILL')
      else this.end(worker)
    }
    await Promise.all(workers.map(({ ended }) => ended))
  }

  /** Has each tell its metrics, and waits for those that do. */
  async askMetrics(): Promise<void> {
    const waiting = new Set(this.workers().filter(({ isReady }) => isReady))
    if (waiting.size === 0) return
    const id = ++this.asked
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel()
        this.questions.delete(id)
        resolve()
      }
      const answered = (worker: Worker): void => {
        waiting.delete(worker)
        if (waiting.size === 0) done()
      }
      const cancel = this.later(done, METRICS_WAIT_MS)
      const asked = [...waiting]
      this.questions.set(id, (from) => {
        const worker = asked.find(({ process }) => process.id === from)
        if (worker !== undefined) answered(worker)
      })
      for (const worker of asked) {
        void worker.ended.then(() => answered(worker))
        send(worker, { keyward: 'metrics', id })
      }
    })
  }

  private workers(): readonly Worker[] {
    return [...this.living]
  }

  private fill(slot: Slot): Worker {
    const worker = this.begin((hasServed, how) => {
      if (slot.worker === worker) this.lost(slot, worker, hasServed, how)
    })
    slot.worker = worker
    return worker
  }

  private begin(onEnd: (hasServed: boolean, how: string) => void): Worker {
    const process = this.options.fork()
    let settle: (isReady: boolean) => void = () => undefined
    let end: () => void = () => undefined
    const worker: Worker = {
      process,
      startedAtMs: this.nowMs(),
      isReady: false,
      isLeaving: false,
      settled: new Promise((resolve) => {
        settle = resolve
      }),
      ended: new Promise((resolve) => {
        end = resolve
      }),
    }
    this.living.add(worker)
    process.on('message', (message) => {
      if (!isMessage<FromWorker>(message)) return
      if (message.keyward === 'ready') {
        worker.isReady = true
        this.urls = message.urls
        settle(true)
        return
      }
      if (message.keyward === 'told') {
        this.tell(process.id, message.kind, message.message)
        return
      }
      this.options.metrics?.told(process.id, message.values)
      if (message.id !== undefined) this.questions.get(message.id)?.(process.id)
    })
    process.on('exit', (code, signal) => {
      const hasServed = worker.isReady
      worker.isReady = false
      this.living.delete(worker)
      this.options.metrics?.hasEnded(process.id)
      settle(false)
      end()
      onEnd(hasServed, signal ?? `status ${code}`)
    })
    return worker
  }

  /** One process may say the same again: then it has happened again. */
  private tell(from: number, kind: 'notice' | 'warning', message: string): void {
    const atMs = this.nowMs()
    for (const [known, { atMs: toldMs }] of this.told) if (atMs - toldMs > SAME_CAUSE_MS) this.told.delete(known)
    const before = this.told.get(message)
    if (before !== undefined && before.from !== from) return
    this.told.set(message, { from, atMs })
    this.options.onTold?.(kind, message)
  }

  /** Nobody has asked it to end, or somebody else than this process has. */
  private lost(slot: Slot, { startedAtMs }: Worker, hasServed: boolean, how: string): void {
    slot.worker = undefined
    if (this.isClosing || !(this.hasServed || hasServed)) return
    if (this.nowMs() - startedAtMs >= LIVED_MS) slot.failures = 0
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** slot.failures, LONGEST_PAUSE_MS)
    slot.failures++
    this.options.onWarning(`a process has ended by itself (${how}); another one is started in ${pauseMs} ms`)
    slot.cancelRestart = this.later(() => {
      slot.cancelRestart = undefined
      this.options.metrics?.hasRestarted()
      this.fill(slot)
    }, pauseMs)
  }

  private async roll(): Promise<boolean> {
    for (const slot of this.slots) {
      const before = slot.worker
      // One that is about to be started again is new by itself.
      if (before === undefined || this.isClosing) continue
      const worker = this.begin((hasServed, how) => {
        if (slot.worker === worker) this.lost(slot, worker, hasServed, how)
      })
      if (!(await worker.settled)) return false
      slot.worker = worker
      slot.failures = 0
      this.end(before)
      await before.ended
    }
    return !this.isClosing
  }

  private end(worker: Worker): void {
    if (worker.isLeaving) return
    worker.isLeaving = true
    send(worker, { keyward: 'signal', signal: 'SIGTERM' })
  }
}

function send({ process }: Worker, message: FromPrimary): void {
  // Where the channel is closed, the process is about to end.
  process.send(message, () => undefined)
}

function timer(call: () => void, ms: number): () => void {
  const timeout = setTimeout(call, ms)
  return () => clearTimeout(timeout)
}
