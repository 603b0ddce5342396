/**
 * `keyward serve --cluster`: several processes behind the same addresses, on one store.
 *
 * What has to be made once (a store, its root key, the first access key) is made here before the others start. Nothing can
 * be asked of a person or read from standard input by each of them.
 */
import cluster, { type Worker } from 'node:cluster'
import { createServer } from 'node:net'
import { insecureReason, type Listening } from '../server/http/listen-safety.js'
import { DEFAULT_HOST, whyNot } from '../server/http/listener.js'
import { MetricsPort } from '../server/http/metrics-port.js'
import { ServerError } from '../server/http/server-error.js'
import { readTlsFiles } from '../server/http/tls-files.js'
import { ClusterMetrics } from '../server/operations/cluster-metrics.js'
import { Cluster, type WorkerProcess } from '../server/operations/cluster-primary.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { Refusal } from './kms-store.js'
import { openBackend, type Opened } from './serve-backend.js'
import type { ServeSettings } from './serve-options.js'
import { tellPorts } from './serve-ports.js'
import { followSignals, type Signals } from './serve-signals.js'
import { say, tellStart, warn } from './serve-words.js'
import type { ServedWorld } from './serve-world.js'

export async function serveCluster(
  settings: ServeSettings,
  world: ServedWorld | undefined,
  signals: Signals,
): Promise<ExitCode> {
  refuseUnshared(settings)
  await refuseUnlistenable(settings)
  const prepared = await prepare(settings, world)
  const metrics = settings.operations.metrics === undefined ? undefined : await ClusterMetrics.load()
  // Each process accepts by itself. Where the first one hands connections on, as it does otherwise, it never closes those that
  // are on their way to a process that dies, and whoever has made them waits for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  cluster.setupPrimary({ stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const processes: Cluster = new Cluster({
    processes: settings.operations.processes,
    fork: () => new ReadToItsEnd(cluster.fork(tellPorts(processes.urls))),
    metrics,
    onWarning: warn,
    onTold: (kind, message) => (kind === 'warning' ? warn(message) : say(message)),
  })
  const port = await listenForMetrics(settings, metrics, processes)
  const ended = followSignals(signals, {
    end: () => processes.close(),
    cut: () => void processes.close({ now: true }),
    on: {
      SIGHUP: () => processes.reload(),
      SIGUSR2: () => void restartAll(processes),
    },
  })
  const isServing = await processes.start()
  if (isServing || prepared.firstKey !== undefined) {
    tellStart(settings, { urls: processes.urls, metricsUrl: port?.url }, prepared, world)
  }
  if (isServing) await ended
  await port?.close()
  if (isServing) say('ended')
  return isServing ? EXIT.ok : EXIT.usage
}

/** What cannot be shared by processes cannot be served by several. */
function refuseUnshared({ store, options }: ServeSettings): void {
  if (store.kind === 'memory') {
    throw new Refusal('processes cannot share a store in memory; give `--cluster` a store in a folder or a database')
  }
  if (options.passphrase === true) {
    throw new Refusal('several processes cannot ask for a passphrase; give `--passphrase-file`')
  }
  if (options.passphraseFile === '-' || options.pkcs11PinFile === '-') {
    throw new Refusal('several processes cannot read one standard input; give a file')
  }
}

/** Before anything is made: each process would find out by itself, and the secret of a first access key is shown only once. */
async function refuseUnlistenable({ listeners, mode, allowInsecureListen, operations }: ServeSettings): Promise<void> {
  const { metrics } = operations
  const all = listeners.map(({ host = DEFAULT_HOST, port = 0, tls }) => ({ host, port, tls }))
  for (const { host, tls } of all) mustBeSafe({ host, isEncrypted: tls !== undefined, mode }, allowInsecureListen)
  if (metrics !== undefined) mustBeSafe({ ...metrics, isEncrypted: false, mode: 'metrics' }, allowInsecureListen)
  try {
    for (const { tls } of all) if (tls !== undefined) readTlsFiles(tls, () => undefined)
    for (const { host, port } of metrics === undefined ? all : [...all, metrics]) await tryListening(host, port)
  } catch (error) {
    throw error instanceof ServerError ? new Refusal(error.message) : error
  }
}

function mustBeSafe(listening: Listening, isAllowed: boolean): void {
  const reason = isAllowed ? undefined : insecureReason(listening)
  if (reason !== undefined) throw new Refusal(`${reason}; allow it with \`--allow-insecure-listen\``)
}

function tryListening(host: string, port: number): Promise<void> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new ServerError(whyNot(error, host, port))))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()))
  })
}

async function prepare(
  settings: ServeSettings,
  world: ServedWorld | undefined,
): Promise<Pick<Opened, 'store' | 'isNew' | 'firstKey'>> {
  // The others tell it again.
  const opened = await openBackend(settings, world, () => undefined)
  const { store, isNew, firstKey } = opened
  await opened.close()
  return { store, isNew, firstKey }
}

async function listenForMetrics(
  { operations }: ServeSettings,
  metrics: ClusterMetrics | undefined,
  processes: Cluster,
): Promise<MetricsPort | undefined> {
  const { metrics: address } = operations
  if (metrics === undefined || address === undefined) return undefined
  const port = new MetricsPort({ ...address, source: metrics.source(() => processes.askMetrics()) }, warn)
  try {
    await port.listen()
  } catch (error) {
    throw error instanceof ServerError ? new Refusal(error.message) : error
  }
  return port
}

/** A process that has ended once all that it told before was read: Node.js may tell its end first. */
class ReadToItsEnd implements WorkerProcess {
  constructor(private readonly worker: Worker) {}

  get id(): number {
    return this.worker.id
  }

  send(...[message, sent]: Parameters<WorkerProcess['send']>): unknown {
    return this.worker.send(message, sent)
  }

  kill(signal: NodeJS.Signals): void {
    this.worker.process.kill(signal)
  }

  on(...[event, listener]: OnWorker): void {
    if (event === 'message') {
      this.worker.on('message', listener)
      return
    }
    let ended: readonly [number | null, string | null] | undefined
    const tell = (): void => {
      if (ended !== undefined && !this.worker.isConnected()) listener(...ended)
    }
    this.worker.once('exit', (code: number | null, signal: string | null) => {
      ended = [code, signal]
      tell()
    })
    this.worker.once('disconnect', tell)
  }
}

type OnWorker =
  | [event: 'message', listener: (message: unknown) => void]
  | [event: 'exit', listener: (code: number | null, signal: string | null) => void]

async function restartAll(processes: Cluster): Promise<void> {
  say('SIGUSR2: replacing the processes, one after the other')
  const areReplaced = await processes.restartAll()
  if (areReplaced) say('SIGUSR2: all processes are new')
  else warn('a new process could not be started; the others stay as they are')
}
