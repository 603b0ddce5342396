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
import { isTold, orRefuse, Refusal, runCommandLine } from './kms-store.js'
import { openBackend, type Opened } from './serve-backend.js'
import { serveCluster } from './serve-cluster.js'
import { readServeSettings, serveCommand, type ServeOptions, type ServeSettings } from './serve-options.js'
import { withToldPorts } from './serve-ports.js'
import { followSignals, OF_PROCESS, type Signals } from './serve-signals.js'
import { say, TELLING, tellStart, type Telling } from './serve-words.js'
import { ServedWorld } from './serve-world.js'

export function runServe(words: readonly string[], signals: Signals = OF_PROCESS): Promise<ExitCode> {
  return runCommandLine<ServeOptions>(serveCommand(), words, async (options) => {
    const settings = readServeSettings(options)
    if (cluster.worker !== undefined) {
      return serveInCluster({ ...settings, listeners: withToldPorts(settings.listeners) }, cluster.worker)
    }
    const world = openWorld(settings, TELLING)
    return settings.operations.processes > 1 ? serveCluster(settings, world, signals) : serve(settings, world, signals)
  })
}

function openWorld({ world, mode }: ServeSettings, { warn }: Telling): ServedWorld | undefined {
  return world === undefined ? undefined : orRefuse(ServedWorld.open(world, { mode, warn }))
}

/** One process, alone. Listens before it can serve, so that whoever asks learns that it is not ready yet. */
async function serve(settings: ServeSettings, world: ServedWorld | undefined, signals: Signals): Promise<ExitCode> {
  let opened: Opened | undefined
  const operations = await operate(settings, TELLING)
  try {
    const notice = noticeIn(operations, TELLING)
    const open = async (): Promise<Opened> => {
      opened = await openBackend(settings, world, notice, operations.watch)
      return opened
    }
    const server = await start(settings, world, { operations, notice }, open)
    const ended = followSignals(signals, {
      end: () => server.close(),
      on: {
        SIGHUP: () => reload({ server, world, opened, operations, telling: TELLING }),
        // Nobody who takes it for a cluster should end it.
        SIGUSR2: () => say('SIGUSR2: there is one process, which goes on; processes are replaced with `--cluster`'),
      },
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
  } catch (error) {
    // All of them may fail for the same reason, which people want to read once.
    if (!isTold(error)) throw error
    await link.tell('warning', error.message)
    return EXIT.usage
  } finally {
    // What is left keeps the process alive no longer.
    worker.disconnect()
  }
}

async function serveLinked(settings: ServeSettings, link: WorkerLink): Promise<ExitCode> {
  const telling: Telling = {
    warn: (message) => void link.tell('warning', message),
    say: (message) => void link.tell('notice', message),
  }
  const world = openWorld(settings, telling)
  const operations = await operate(settings, telling)
  link.answerMetrics(() => operations.metricValues())
  try {
    const own = { ...settings, makesFirstKey: false }
    const notice = noticeIn(operations, telling)
    const opened = await openBackend(own, world, notice, operations.watch)
    const server = await start(settings, world, { operations, notice }, opened)
    const ended = followSignals(
      { source: link.signals, exit: OF_PROCESS.exit },
      {
        onEnd: () => undefined,
        end: () => server.close(),
        on: { SIGHUP: () => reload({ server, world, opened, operations, telling }) },
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

async function operate({ operations }: ServeSettings, { warn: onWarning }: Telling): Promise<Operations> {
  const { metrics, log, traces, limits } = operations
  try {
    return await openOperations({
      limits,
      wantsMetrics: metrics !== undefined,
      ...(log === undefined ? {} : { log }),
      wantsTraces: traces,
      onWarning,
    })
  } catch (error) {
    throw asRefusal(error)
  }
}

/** People read it here, programs in the log. */
function noticeIn({ log }: Operations, telling: Telling): (message: string) => void {
  return (message) => {
    telling.warn(message)
    log?.event('warn', message)
  }
}

async function start(
  settings: ServeSettings,
  world: ServedWorld | undefined,
  { operations, notice }: { readonly operations: Operations; readonly notice: (message: string) => void },
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
      onWarning: notice,
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

interface Reloaded {
  readonly server: RunningServer
  readonly world: ServedWorld | undefined
  readonly opened: Opened | undefined
  readonly operations: Operations
  readonly telling: Telling
}

function reload({ server, world, opened, operations, telling }: Reloaded): void {
  operations.log?.reopen()
  try {
    server.reloadCertificates()
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    telling.warn(`${error.message}; the certificates stay as they were`)
  }
  if (world !== undefined && opened !== undefined) {
    const reloaded = world.reload(opened.kms.identities)
    server.factsChanged()
    if (!reloaded.ok) telling.warn(`${reloaded.error}; the world stays as it was`)
    else telling.say(`world ${reloaded.value}`)
  }
  telling.say('SIGHUP: read again')
}
