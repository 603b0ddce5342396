/**
 * A server from its parts: listeners, the endpoint behind them, readiness, metrics, and an end in good order.
 *
 * Listens before its backend is open, so that whoever asks learns that it is not ready yet. Knows no files but those of
 * certificates, no environment and no signals: the command line does.
 */
import type { Mode } from '../../kms/services.js'
import type { Kms } from '../../kms/engine.js'
import type { Authenticate } from '../authenticator.js'
import { Callers, type CallingService } from './callers.js'
import { collectOnThisThread } from './collections.js'
import { Endpoint, type ClientConnection } from './endpoint.js'
import { Health, type ReadinessCheck } from './health.js'
import type { HttpService } from './http-service.js'
import type { ServerHooks } from './hooks.js'
import { createKmsService } from './kms-service.js'
import { SERVER_LIMITS, type ServerLimits } from './limits.js'
import { insecureReason } from './listen-safety.js'
import { DEFAULT_HOST, Listener, type ListenerOptions } from './listener.js'
import { MetricsPort, type MetricsPortOptions } from './metrics-port.js'
import { FactReader, parseRanges, type FactsOptions } from './request-facts.js'
import { ServerError } from './server-error.js'

/** What answers; the server closes it at its own end. */
export interface ServerBackend {
  readonly kms: Kms
  readonly authenticate: Authenticate
  readonly sts?: HttpService
  /** What has to be well for the server to be ready, besides its being open. */
  readonly readiness?: readonly ReadinessCheck[]
  /** Engine and store. */
  close?(): Promise<void>
}

export interface ServerOptions {
  /** Requests are refused until it is there. A function is called once the server listens, and only then. */
  readonly backend: ServerBackend | Promise<ServerBackend> | (() => Promise<ServerBackend>)
  /** One on any free port of this machine when left out. */
  readonly listeners?: readonly ListenerOptions[]
  /** That of the engine; decides where it is safe to listen. `enforce` when left out. */
  readonly mode?: Mode
  /** Listens also where others could read along or do everything. */
  readonly allowInsecureListen?: boolean
  readonly facts?: FactsOptions
  /** Callers that are services of somebody's own. */
  readonly callingServices?: readonly CallingService[]
  readonly limits?: Partial<ServerLimits>
  readonly hooks?: ServerHooks
  readonly metrics?: MetricsPortOptions
  /** Told of what should not go unnoticed, one sentence; `process.emitWarning` when left out. */
  readonly onWarning?: (message: string) => void
}

export interface ServerLoad {
  readonly connections: number
  readonly inFlight: number
}

export interface RunningServer {
  /** Of the listeners, in their order. */
  readonly urls: readonly string[]
  readonly metricsUrl: string | undefined
  /** Settles with the opening of the backend. */
  readonly ready: Promise<void>
  load(): ServerLoad
  /** As `/readyz` tells it. */
  isReady(): Promise<boolean>
  /** @throws ServerError and goes on with the certificates it had. */
  reloadCertificates(): void
  /** What is known of VPC endpoints has changed. */
  factsChanged(): void
  /**
   * Ends: takes no more requests, finishes what is under way within the limit, closes the backend. Again with `now`: cuts off
   * what is still under way.
   */
  close(how?: { readonly now?: boolean }): Promise<void>
}

/**
 * The process is the server's: how it collects garbage is set for all of it.
 * @throws ServerError where it cannot listen, or should not.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = new KeyServer(options)
  await server.start()
  return server
}

class KeyServer implements RunningServer {
  ready: Promise<void> = Promise.resolve()
  private backend: Promise<ServerBackend> | undefined
  private readonly limits: ServerLimits
  private readonly health = new Health()
  private readonly facts: FactReader
  private readonly endpoint: Endpoint
  private readonly listeners: readonly Listener<ClientConnection>[]
  private readonly metrics: MetricsPort | undefined
  private readonly onWarning: (message: string) => void
  private readonly cut: Promise<void>
  private cutNow: () => void = () => undefined
  private closing: Promise<void> | undefined

  constructor(private readonly options: ServerOptions) {
    const { facts, hooks = {}, metrics, onWarning = emitWarning } = options
    this.onWarning = onWarning
    this.limits = { ...SERVER_LIMITS, ...options.limits }
    this.refuseInsecure()
    const proxies = parseRanges(facts?.trustedProxies ?? [])
    if (!proxies.ok) throw new ServerError(`the trusted proxies cannot be read: ${proxies.error}`)
    this.facts = new FactReader(proxies.value, facts?.vpcEndpoint)
    this.endpoint = new Endpoint({
      health: this.health,
      callers: new Callers(options.callingServices),
      hooks,
      maxBodyBytes: this.limits.maxBodyBytes,
      onWarning,
    })
    this.listeners = this.listenerOptions().map((listener) => this.listenerOf(listener, hooks))
    this.metrics = metrics === undefined ? undefined : new MetricsPort(metrics, onWarning)
    this.cut = new Promise((resolve) => {
      this.cutNow = resolve
    })
    if (typeof options.backend !== 'function') this.backend = Promise.resolve(options.backend)
  }

  get urls(): readonly string[] {
    return this.listeners.map(({ url }) => url)
  }

  get metricsUrl(): string | undefined {
    return this.metrics?.url
  }

  load(): ServerLoad {
    const connections = this.listeners.reduce((sum, { size }) => sum + size, 0)
    return { connections, inFlight: this.endpoint.inFlight }
  }

  async isReady(): Promise<boolean> {
    return (await this.health.readiness()).isReady
  }

  reloadCertificates(): void {
    for (const listener of this.listeners) listener.reloadCertificate()
  }

  factsChanged(): void {
    this.facts.changed()
  }

  async start(): Promise<void> {
    await this.listen()
    const { backend } = this.options
    this.backend ??= typeof backend === 'function' ? backend() : Promise.resolve(backend)
    this.ready = this.open(this.backend)
    // Whoever does not wait for it learns it from `readyz`.
    this.ready.catch(() => undefined)
  }

  /** At every address, or at none. */
  private async listen(): Promise<void> {
    try {
      for (const listener of this.listeners) await listener.listen()
      await this.metrics?.listen()
    } catch (error) {
      await this.close({ now: true }).catch(() => undefined)
      throw error
    }
  }

  close({ now = false }: { readonly now?: boolean } = {}): Promise<void> {
    if (now) this.cutNow()
    this.closing ??= this.drain()
    return this.closing
  }

  private async drain(): Promise<void> {
    const { drainMs, drainDelayMs } = this.limits
    this.health.notReady('the server is closing')
    this.endpoint.isDraining = true
    await this.orCut(Promise.resolve(), drainDelayMs, true)
    const ended = Promise.all(this.listeners.map((listener) => listener.close()))
    await this.orCut(Promise.all([ended, this.endpoint.idle()]), drainMs, false)
    for (const listener of this.listeners) listener.destroy()
    await ended
    await this.metrics?.close()
    // One that could not be opened has told `ready`.
    const backend = await this.backend?.catch(() => undefined)
    await backend?.close?.()
  }

  /** Until the work is done, the time is over, or nobody wants to wait any more. */
  private async orCut(work: Promise<unknown>, limitMs: number, isPause: boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, limitMs)
    })
    await Promise.race(isPause ? [late, this.cut] : [work, late, this.cut])
    clearTimeout(timer)
  }

  private async open(backend: Promise<ServerBackend>): Promise<void> {
    const { kms, sts, authenticate, readiness = [] } = await backend
    if (this.closing !== undefined) return
    // Only now that all is loaded: compiled code that lies beside a program is for one set of options.
    collectOnThisThread()
    this.endpoint.answering = { services: { kms: createKmsService(kms), sts }, authenticate }
    this.health.opened(readiness)
  }

  private listenerOptions(): readonly ListenerOptions[] {
    return this.options.listeners ?? [{}]
  }

  private listenerOf(listener: ListenerOptions, { onConnection }: ServerHooks): Listener<ClientConnection> {
    return new Listener(listener, {
      limits: this.limits,
      connected: (peer): ClientConnection => ({ facts: this.facts.connection(peer), reading: undefined }),
      disconnected: (client) => this.endpoint.disconnected(client),
      handle: (request, response, data, expects) => this.endpoint.handle(request, response, data, expects),
      isReading: ({ reading }) => reading !== undefined,
      onConnection: (event) => {
        try {
          onConnection?.(event)
        } catch (error) {
          this.onWarning(`a hook has thrown: ${error instanceof Error ? error.message : String(error)}`)
        }
      },
      onWarning: this.onWarning,
    })
  }

  private refuseInsecure(): void {
    const { mode = 'enforce', metrics, allowInsecureListen } = this.options
    if (allowInsecureListen === true) return
    const listening = this.listenerOptions().map(({ host = DEFAULT_HOST, tls }) => ({
      host,
      isEncrypted: tls !== undefined,
      mode,
    }))
    const all = metrics === undefined ? listening : [...listening, metricsListening(metrics)]
    for (const each of all) {
      const reason = insecureReason(each)
      if (reason !== undefined) throw new ServerError(`${reason}; allow it with \`--allow-insecure-listen\``)
    }
  }
}

function metricsListening({ host = DEFAULT_HOST }: MetricsPortOptions): Parameters<typeof insecureReason>[0] {
  return { host, isEncrypted: false, mode: 'metrics' }
}

function emitWarning(message: string): void {
  process.emitWarning(message, 'KeywardWarning')
}
