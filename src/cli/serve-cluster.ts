/**
 * `keyward serve --cluster`: several processes behind the same addresses, on one store.
 *
 * What has to be made once (a store, its root key, the first access key) is made here before the others start. Nothing can
 * be asked of a person or read from standard input by each of them.
 */
import cluster from 'node:cluster'
import { insecureReason } from '../server/http/listen-safety.js'
import { MetricsPort } from '../server/http/metrics-port.js'
import { ServerError } from '../server/http/server-error.js'
import { ClusterMetrics } from '../server/operations/cluster-metrics.js'
import { Cluster } from '../server/operations/cluster-primary.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { Refusal } from './kms-store.js'
import { openBackend, type Opened } from './serve-backend.js'
import type { ServeSettings } from './serve-options.js'
import { followSignals, type Signals } from './serve-signals.js'
import { say, tellStart, warn } from './serve-words.js'
import type { ServedWorld } from './serve-world.js'

export async function serveCluster(
  settings: ServeSettings,
  world: ServedWorld | undefined,
  signals: Signals,
): Promise<ExitCode> {
  refuseUnshared(settings)
  const prepared = await prepare(settings, world)
  const metrics = settings.operations.metrics === undefined ? undefined : await ClusterMetrics.load()
  cluster.setupPrimary({ stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const processes = new Cluster({
    processes: settings.operations.processes,
    fork: () => cluster.fork(),
    metrics,
    onWarning: warn,
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
  { operations, allowInsecureListen }: ServeSettings,
  metrics: ClusterMetrics | undefined,
  processes: Cluster,
): Promise<MetricsPort | undefined> {
  const { metrics: address } = operations
  if (metrics === undefined || address === undefined) return undefined
  const { host } = address
  const reason = allowInsecureListen ? undefined : insecureReason({ host, isEncrypted: false, mode: 'metrics' })
  if (reason !== undefined) throw new Refusal(`${reason}; allow it with \`--allow-insecure-listen\``)
  const port = new MetricsPort({ ...address, source: metrics.source(() => processes.askMetrics()) }, warn)
  try {
    await port.listen()
  } catch (error) {
    throw error instanceof ServerError ? new Refusal(error.message) : error
  }
  return port
}

async function restartAll(processes: Cluster): Promise<void> {
  say('SIGUSR2: replacing the processes, one after the other')
  const areReplaced = await processes.restartAll()
  if (areReplaced) say('SIGUSR2: all processes are new')
  else warn('a new process could not be started; the others stay as they are')
}
