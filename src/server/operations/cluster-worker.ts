/**
 * One of several processes, as it looks from within: signals come from the first process, metrics go there.
 *
 * A terminal sends its signals to every process at once; only the first one follows them, so that all end in order. When
 * the first process has died, Node.js ends the others at once.
 */
import { EventEmitter } from 'node:events'
import { isMessage, type FromPrimary, type FromWorker } from './cluster-messages.js'
import type { MetricValues } from './metrics.js'

/** `process` of a worker, or what a test gives in its place. */
export interface WorkerChannel {
  on(event: string, listener: (message: unknown) => void): unknown
  send?(message: FromWorker, handle: undefined, options: undefined, sent: () => void): boolean
}

export interface WorkerLink {
  /** Emits SIGTERM and SIGHUP. */
  readonly signals: EventEmitter
  ready(urls: readonly string[]): void
  /** Has the first process tell it to people; resolves once it is on its way. */
  tell(kind: 'notice' | 'warning', message: string): Promise<void>
  /** Who answers when the first process asks. */
  answerMetrics(read: () => Promise<MetricValues>): void
  /** Tells what there was at the end; resolves once it is on its way. */
  leave(values: MetricValues): Promise<void>
}

export function joinCluster(channel: WorkerChannel): WorkerLink {
  const signals = new EventEmitter()
  let read = (): Promise<MetricValues> => Promise.resolve([])
  const send = (message: FromWorker): Promise<void> =>
    new Promise((resolve) => {
      // Where the channel is gone, so is whoever would read.
      if (channel.send === undefined) resolve()
      else channel.send(message, undefined, undefined, resolve)
    })
  channel.on('message', (message) => {
    if (!isMessage<FromPrimary>(message)) return
    if (message.keyward === 'signal') signals.emit(message.signal)
    else void read().then((values) => send({ keyward: 'metrics', id: message.id, values }))
  })
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR2']) channel.on(signal, () => undefined)
  channel.on('SIGTERM', () => signals.emit('SIGTERM'))
  return {
    signals,
    ready: (urls) => void send({ keyward: 'ready', urls }),
    tell: (kind, message) => send({ keyward: 'told', kind, message }),
    answerMetrics: (answer) => {
      read = answer
    },
    leave: (values) => send({ keyward: 'metrics', values }),
  }
}
