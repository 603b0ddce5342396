/**
 * What a server counts and measures, for Prometheus: every metric there is, by name.
 *
 * Labels come from closed sets: operations, codes, layers, causes. Never a principal, a key or an address: those are for
 * logs. `prom-client` is loaded when metrics are wanted.
 *
 * Source: Prometheus documentation, "Metric and label naming"; npm `prom-client`.
 */
import type { Counter, Gauge } from 'prom-client'
import type { AuditRecord } from '../../kms/audit-record.js'
import type { ConnectionEvent, MetricsSource, RequestDone } from '../http/hooks.js'
import type { ThrottleReason } from './admission.js'
import { Tally } from './tally.js'
import type { AnyDenied, CommitOutcome } from './taps.js'

type PromClient = typeof import('prom-client')
type Registry = InstanceType<PromClient['Registry']>
export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>
type Observe = (seconds: number) => void

/** What a server can be asked when metrics are read. */
export interface Readings {
  inFlight(): number
  connections(): number
  /** Requests that wait for something else than the thread. */
  waiting(): number
  /** The worst since the last reading, in milliseconds. */
  loopDelayMs(): number
  isReady(): Promise<boolean>
  loadedKeys(): number
  secrets(): number
  droppedLogLines(): number
}

const NO_READINGS: Readings = {
  inFlight: () => 0,
  connections: () => 0,
  waiting: () => 0,
  loopDelayMs: () => 0,
  isReady: () => Promise.resolve(false),
  loadedKeys: () => 0,
  secrets: () => 0,
  droppedLogLines: () => 0,
}

const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const COMMIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const UNAUTHENTICATED: ReadonlySet<string> = new Set([
  'MissingAuthenticationTokenException',
  'IncompleteSignatureException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'ExpiredTokenException',
  'MissingAuthenticationToken',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
])
const THROTTLED: ReadonlySet<string> = new Set(['ThrottlingException', 'Throttling'])
const PENDING_DELETION = ' is pending deletion'
const UNKNOWN = 'unknown'

export async function createMetrics(): Promise<Metrics> {
  const { default: client } = await import('prom-client')
  return new Metrics(client)
}

export class Metrics {
  readonly registry: Registry
  /** Set once the server is there. */
  readings: Partial<Readings> = {}
  private readonly requests = new Tally(['service', 'operation', 'code'])
  private readonly denials = new Tally(['layer', 'cause'])
  private readonly wouldBeDenials = new Tally(['layer', 'cause'])
  private readonly throttled = new Tally(['reason'])
  private readonly unauthenticated = new Tally(['code'])
  private readonly refusedConnections = new Tally([])
  private readonly rootKeyFailures = new Tally([])
  private readonly pendingDeletionUses = new Tally([])
  private readonly commits = new Tally(['outcome'])
  private readonly durations = new Map<string, Observe>()
  private readonly observeDuration: (service: string, operation: string) => Observe
  private readonly observeCommit: Observe

  constructor(private readonly client: PromClient) {
    const registry = new client.Registry()
    this.registry = registry
    client.collectDefaultMetrics({ register: registry })
    this.counter('requests_total', 'Requests answered, by their result.', this.requests, [
      'service',
      'operation',
      'code',
    ])
    const duration = new client.Histogram({
      name: 'keyward_request_duration_seconds',
      help: 'From the headers of a request to its answer.',
      labelNames: ['service', 'operation'],
      buckets: REQUEST_SECONDS,
      registers: [registry],
    })
    this.observeDuration = (service, operation) => {
      const bound = duration.labels(service, operation)
      return (seconds) => bound.observe(seconds)
    }
    this.counter('denied_total', 'Requests refused by policies, by the layer that decided and why.', this.denials, [
      'layer',
      'cause',
    ])
    this.counter(
      'would_be_denied_total',
      'Requests let through in mode audit that policies refuse.',
      this.wouldBeDenials,
      ['layer', 'cause'],
    )
    this.counter(
      'throttled_total',
      'Requests answered with ThrottlingException, by what was too much.',
      this.throttled,
      ['reason'],
    )
    this.counter(
      'authentication_failures_total',
      'Requests whose signature or credentials were refused.',
      this.unauthenticated,
      ['code'],
    )
    this.counter('connections_refused_total', 'Connections beyond the limit.', this.refusedConnections, [])
    this.counter(
      'root_key_failures_total',
      'Times the root key did not open, or could not wrap, what it should.',
      this.rootKeyFailures,
      [],
    )
    this.counter(
      'pending_deletion_use_total',
      'Attempts to use a key that is pending deletion, all refused.',
      this.pendingDeletionUses,
      [],
    )
    this.counter('store_commits_total', 'Commits to the store, by their result.', this.commits, ['outcome'])
    const commit = new client.Histogram({
      name: 'keyward_store_commit_duration_seconds',
      help: 'From a commit to its acknowledgement, where the store is not in memory.',
      buckets: COMMIT_SECONDS,
      registers: [registry],
    })
    this.observeCommit = (seconds) => commit.observe(seconds)
    this.readingsIn(registry)
    // What appears with its first count is not seen to grow.
    for (const each of [this.rootKeyFailures, this.refusedConnections, this.pendingDeletionUses]) each.start()
    for (const reason of REASONS) this.throttled.start(reason)
  }

  /** For the metrics port. */
  source(): MetricsSource {
    return { contentType: this.registry.contentType, text: () => this.registry.metrics() }
  }

  values(): Promise<MetricValues> {
    return this.registry.getMetricsAsJSON()
  }

  requestEnded({ service, operation = UNKNOWN, code, status, outcome, durationMs }: RequestDone): void {
    const name = service ?? UNKNOWN
    const result = outcome === 'aborted' ? 'aborted' : status < 400 ? 'ok' : (code ?? UNKNOWN)
    this.requests.add(name, operation, result)
    if (code !== undefined && outcome === 'refused' && UNAUTHENTICATED.has(code)) this.unauthenticated.add(code)
    // Those that were refused before are counted with their reason.
    if (code !== undefined && outcome !== 'refused' && THROTTLED.has(code)) this.throttled.add('service')
    this.durationOf(name, operation)(durationMs / 1000)
  }

  connection(event: ConnectionEvent): void {
    if (event === 'refused') this.refusedConnections.add()
  }

  wasThrottled(reason: ThrottleReason): void {
    this.throttled.add(reason)
  }

  denied({ explanation, isRefused }: AnyDenied): void {
    const tally = isRefused ? this.denials : this.wouldBeDenials
    tally.add(explanation?.layer ?? UNKNOWN, explanation?.cause?.code ?? UNKNOWN)
  }

  rootKeyFailed(): void {
    this.rootKeyFailures.add()
  }

  committed(records: readonly AuditRecord[], outcome: CommitOutcome, durationMs: number | undefined): void {
    this.commits.add(outcome)
    if (durationMs !== undefined) this.observeCommit(durationMs / 1000)
    for (const { errorCode, errorMessage } of records) {
      if (errorCode === 'KMSInvalidStateException' && errorMessage?.includes(PENDING_DELETION) === true) {
        this.pendingDeletionUses.add()
      }
    }
  }

  private durationOf(service: string, operation: string): Observe {
    const name = `${service} ${operation}`
    let observe = this.durations.get(name)
    if (observe === undefined) {
      observe = this.observeDuration(service, operation)
      this.durations.set(name, observe)
    }
    return observe
  }

  private counter<L extends string>(name: string, help: string, tally: Tally<L>, labelNames: readonly L[]): void {
    const counter: Counter<L> = new this.client.Counter({
      name: `keyward_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      collect: () => tally.writeTo(counter),
    })
  }

  private readingsIn(registry: Registry): void {
    const { client } = this
    const reading = (): Readings => ({ ...NO_READINGS, ...this.readings })
    const gauge = (
      name: string,
      help: string,
      read: (now: Readings) => number | Promise<number>,
      aggregator: 'sum' | 'max' | 'min' = 'sum',
    ): void => {
      const each: Gauge = new client.Gauge({
        name: `keyward_${name}`,
        help,
        aggregator,
        registers: [registry],
        collect: async () => each.set(await read(reading())),
      })
    }
    gauge('ready', '1 while every process can serve, else 0.', async (now) => ((await now.isReady()) ? 1 : 0), 'min')
    gauge('processes', 'Processes that serve.', () => 1)
    gauge('requests_in_flight', 'Requests that have begun and not ended.', (now) => now.inFlight())
    gauge('requests_waiting', 'Requests that wait for the store or for slow keys.', (now) => now.waiting())
    gauge('connections', 'Open connections of clients.', (now) => now.connections())
    gauge('loaded_keys', 'Keys in memory with their policies and grants.', (now) => now.loadedKeys())
    gauge('secrets_in_memory', 'Plain secrets that are held in memory.', (now) => now.secrets())
    gauge(
      'event_loop_delay_seconds',
      'The longest delay of the thread that answers since the last reading.',
      (now) => now.loopDelayMs() / 1000,
      'max',
    )
    const dropped: Counter = new client.Counter({
      name: 'keyward_log_lines_dropped_total',
      help: 'Lines of the log that were lost because nobody took them.',
      registers: [registry],
      collect: () => {
        dropped.reset()
        dropped.inc(reading().droppedLogLines())
      },
    })
  }
}

/** `service`: by the engine, for the rate quotas of an account and for slow work beyond its queue. */
const REASONS: readonly (ThrottleReason | 'service')[] = ['principal', 'waiting', 'loop', 'service']
