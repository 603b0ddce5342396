/**
 * The work of `keyward serve`: start, say where it is and how it is used, follow signals, end in good order.
 *
 * Everything it says goes to standard error; the first secret is among it, once.
 */
import type { EventEmitter } from 'node:events'
import { ServerError } from '../server/http/server-error.js'
import { startServer, type RunningServer } from '../server/http/server.js'
import { escapeTerminal } from '../text/escape.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { orRefuse, Refusal, runCommandLine } from './kms-store.js'
import { openBackend, type Opened } from './serve-backend.js'
import { readServeSettings, serveCommand, type ServeOptions, type ServeSettings } from './serve-options.js'
import { ServedWorld } from './serve-world.js'
import { writeError } from './terminal.js'

/** What a signal does besides telling: the process, or what a test gives in its place. */
export interface Signals {
  readonly source: EventEmitter
  /** Ends at once. */
  readonly exit: (status: number) => void
}

const OF_PROCESS: Signals = { source: process, exit: (status) => process.exit(status) }
const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const
const ENDING = ['SIGINT', 'SIGTERM'] as const

export function runServe(words: readonly string[], signals: Signals = OF_PROCESS): Promise<ExitCode> {
  return runCommandLine<ServeOptions>(serveCommand(), words, (options) => serve(options, signals))
}

async function serve(options: ServeOptions, signals: Signals): Promise<ExitCode> {
  const settings = readServeSettings(options)
  const world = settings.world === undefined ? undefined : orRefuse(ServedWorld.open(settings.world, warn))
  let opened: Opened | undefined
  const server = await start(settings, world, async () => {
    opened = await openBackend(settings, world, warn)
    return opened
  })
  const ended = followSignals(signals, server, () => {
    reload(server, world, opened)
  })
  try {
    await server.ready
  } catch (error) {
    await server.close()
    throw error
  } finally {
    if (opened !== undefined) tell(settings, server, opened, world)
  }
  await ended
  return EXIT.ok
}

async function start(
  settings: ServeSettings,
  world: ServedWorld | undefined,
  backend: () => Promise<Opened>,
): Promise<RunningServer> {
  const { mode, listeners, allowInsecureListen, trustedProxies, vpcEndpoints, callingServices, limits } = settings
  const configured = new Map(vpcEndpoints.map((endpoint) => [endpoint.id, endpoint]))
  try {
    return await startServer({
      backend,
      mode,
      listeners,
      allowInsecureListen,
      facts: { trustedProxies, vpcEndpoint: (id) => configured.get(id) ?? world?.endpoint(id) },
      callingServices,
      limits,
      onWarning: warn,
    })
  } catch (error) {
    if (error instanceof ServerError) throw new Refusal(error.message)
    throw error
  }
}

/** Resolves once the server has ended. */
function followSignals({ source, exit }: Signals, server: RunningServer, onReload: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let isEnding = false
    const listeners = ENDING.map((signal) => {
      const end = (): void => {
        if (isEnding) {
          exit(128 + SIGNAL_NUMBERS[signal])
          return
        }
        isEnding = true
        say(`${signal}: finishing what is under way; once more ends at once`)
        server.close().then(finished, reject)
      }
      source.on(signal, end)
      return [signal, end] as const
    })
    source.on('SIGHUP', onReload)
    const finished = (): void => {
      for (const [signal, end] of listeners) source.off(signal, end)
      source.off('SIGHUP', onReload)
      say('ended')
      resolve()
    }
  })
}

function reload(server: RunningServer, world: ServedWorld | undefined, opened: Opened | undefined): void {
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

// -------------------------------------------------------------------------------------------------------------- words

function warn(message: string): void {
  writeError(`keyward: ${escapeTerminal(message, { multiline: true })}\n`)
}

function say(message: string): void {
  writeError(`${escapeTerminal(message)}\n`)
}

function tell(
  { mode, region }: ServeSettings,
  server: RunningServer,
  opened: Opened,
  world: ServedWorld | undefined,
): void {
  const [url = ''] = server.urls
  const { firstKey } = opened
  const lines = [
    `keyward serves KMS and STS at ${server.urls.join(', ')}`,
    `  store  ${opened.store}${opened.isNew ? ', new' : ''}`,
    `  world  ${world === undefined ? 'none: key policies and grants alone' : world.summary()}`,
    `  mode   ${mode}`,
    '',
    ...(firstKey === undefined
      ? ['Sign with an access key of `keyward credentials add`.', '']
      : [
          `The first access key, of ${firstKey.principal}; its secret is shown this once:`,
          `  export AWS_ACCESS_KEY_ID=${firstKey.accessKeyId}`,
          `  export AWS_SECRET_ACCESS_KEY=${firstKey.secretAccessKey}`,
          '',
        ]),
    'Clients of AWS need to know where it is:',
    `  export AWS_ENDPOINT_URL_KMS=${url} AWS_ENDPOINT_URL_STS=${url} AWS_REGION=${region}`,
    `  export AWS_DEFAULT_REGION=${region}  # AWS CLI 1 and boto3 read this one`,
    '  aws kms create-key',
    '',
  ]
  writeError(escapeTerminal(`${lines.join('\n')}\n`, { multiline: true }))
}
