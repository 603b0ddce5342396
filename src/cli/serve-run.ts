/**
 * The work of `keyward serve`: start, say where it is and how it is used, follow signals, end in good order.
 *
 * Several processes are each a server of this kind; `serve-cluster.ts` starts them and watches over them.
 */
import cluster from 'node:cluster'
import { ServerError } from '../server/http/server-error.js'
import { startServer, type RunningServer, type ServerBackend } from '../server/http/server.js'
import { joinCluster, type WorkerLink } from '../server/operations/cluster-worker.js'
import { openOperations, type Operations } from '../server/operations/operations.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { orRefuse, Refusal, runCommandLine } from './kms-store.js'
import { openBackend, type Opened } from './serve-backend.js'
import { serveCluster } from './serve-cluster.js'
import { readServeSettings, serveCommand, type ServeOptions, type ServeSettings } from './serve-options.js'
import { followSignals, OF_PROCESS, type Signals } from './serve-signals.js'
import { say, tellStart, warn } from './serve-words.js'
import { ServedWorld } from './serve-world.js'

export function runServe(words: readonly string[], signals: Signals = OF_PROCESS): Promise<ExitCode> {
  return runCommandLine<ServeOptions>(serveCommand(), words, async (options) => {
    const settings = readServeSettings(options)
    if (cluster.worker !== undefined) return serveInCluster(settings, cluster.worker)
    const world = openWorld(settings)
    return settings.operations.processes > 1 ? serveCluster(settings, world, signals) : serve(settings, world, signals)
  })
}

function openWorld({ world }: ServeSettings): ServedWorld | undefined {
  return world === undefined ? undefined : orRefuse(ServedWorld.open(world, warn))
}

/** One process, alone. Listens before it can serve, so that whoever asks learns that it is not ready yet. */
async function serve(settings: ServeSettings, world: ServedWorld | undefined, signals: Signals): Promise<ExitCode> {
  let opened: Opened | undefined
  const operations = await operate(settings)
  try {
    const notice = noticeIn(operations)
    const server = await start(settings, world, operations, async () => {
      opened = await openBackend(settings, world, notice, operations.watch)
      return opened
    })
    const ended = followSignals(signals, {
      end: () => server.close(),
      on: { SIGHUP: () => reload(server, world, opened, operations) },
    })
    try {
      await server.ready
    } catch (error) {
      await server.close()
      throw error
    } finally {
      if (opened !== undefined) tellStart(settings, server, opened, world)
    }
    operations.log?.event('info', 'ready')
    await ended
    operations.log?.event('info', 'ended')
    say('ended')
    return EXIT.ok
  } finally {
    await operations.close()
  }
}

/** One of several. Listens once it can serve, since the others answer meanwhile. */
async function serveInCluster(settings: ServeSettings, worker: NonNullable<typeof cluster.worker>): Promise<ExitCode> {
  const link = joinCluster(process)
  try {
    return await serveLinked(settings, link)
  } finally {
    // What is left keeps the process alive no longer.
    worker.disconnect()
  }
}

async function serveLinked(settings: ServeSettings, link: WorkerLink): Promise<ExitCode> {
  const world = openWorld(settings)
  const operations = await operate(settings)
  link.answerMetrics(() => operations.metricValues())
  try {
    const own = { ...settings, makesFirstKey: false }
    const opened = await openBackend(own, world, noticeIn(operations), operations.watch)
    const server = await start(settings, world, operations, opened)
    const ended = followSignals(
      { source: link.signals, exit: OF_PROCESS.exit },
      {
        onEnd: () => undefined,
        end: () => server.close(),
        on: { SIGHUP: () => reload(server, world, opened, operations) },
      },
    )
    await server.ready
    operations.log?.event('info', 'ready')
    link.ready(server.urls)
    await ended
    operations.log?.event('info', 'ended')
    await link.leave(await operations.metricValues())
    return EXIT.ok
  } finally {
    await operations.close()
  }
}

async function operate({ operations }: ServeSettings): Promise<Operations> {
  const { metrics, log, traces, limits } = operations
  try {
    return await openOperations({
      limits,
      wantsMetrics: metrics !== undefined,
      ...(log === undefined ? {} : { log }),
      wantsTraces: traces,
      onWarning: warn,
    })
  } catch (error) {
    throw asRefusal(error)
  }
}

/** People read it here, programs in the log. */
function noticeIn({ log }: Operations): (message: string) => void {
  return (message) => {
    warn(message)
    log?.event('warn', message)
  }
}

async function start(
  settings: ServeSettings,
  world: ServedWorld | undefined,
  operations: Operations,
  backend: ServerBackend | (() => Promise<ServerBackend>),
): Promise<RunningServer> {
  const { mode, listeners, allowInsecureListen, trustedProxies, vpcEndpoints, callingServices, limits } = settings
  const configured = new Map(vpcEndpoints.map((endpoint) => [endpoint.id, endpoint]))
  const { metrics: address } = settings.operations
  const { metrics: source, hooks } = operations
  const hasPort = address !== undefined && source !== undefined && !cluster.isWorker
  try {
    const server = await startServer({
      backend,
      mode,
      listeners,
      allowInsecureListen,
      facts: { trustedProxies, vpcEndpoint: (id) => configured.get(id) ?? world?.endpoint(id) },
      callingServices,
      limits,
      hooks,
      ...(hasPort && { metrics: { ...address, source } }),
      onWarning: noticeIn(operations),
    })
    operations.started(server)
    return server
  } catch (error) {
    throw asRefusal(error)
  }
}

function asRefusal(error: unknown): unknown {
  return error instanceof ServerError ? new Refusal(error.message) : error
}

function reload(
  server: RunningServer,
  world: ServedWorld | undefined,
  opened: Opened | undefined,
  { log }: Operations,
): void {
  log?.reopen()
  try {
    server.reloadCertificates()
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    warn(`${error.message}; the certificates stay as they were`)
  }
  if (world !== undefined && opened !== undefined) {
    const reloaded = world.reload(opened.kms.identities)
    server.factsChanged()
    if (!reloaded.ok) warn(`${reloaded.error}; the world stays as it was`)
    else say(`world ${reloaded.value}`)
  }
  say('SIGHUP: read again')
}
