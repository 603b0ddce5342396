/**
 * What an operator sees and sets of a server, put together: admission, metrics, log and traces, each only where it is wanted.
 * What nobody wants costs nothing, and is not loaded.
 */
import type { MetricsSource, ServerHooks } from '../http/hooks.js'
import { Admission, type AdmissionLimits } from './admission.js'
import { joinHooks } from './join-hooks.js'
import { createMetrics, type Metrics, type MetricValues } from './metrics.js'
import { openRequestLog, type LogOptions, type RequestLog } from './request-log.js'
import { RequestNotes } from './request-notes.js'
import type { AnyDenied, Watch } from './taps.js'
import { openTraces } from './traces.js'

export interface OperationsOptions {
  readonly limits?: Partial<AdmissionLimits>
  readonly wantsMetrics: boolean
  /** None when left out. */
  readonly log?: LogOptions
  readonly wantsTraces: boolean
  readonly onWarning: (message: string) => void
}

/** What can be asked of the running server. */
export interface RunningParts {
  load(): { readonly connections: number; readonly inFlight: number }
  isReady(): Promise<boolean>
}

export interface Operations {
  readonly hooks: ServerHooks
  /** Undefined where nobody wants to know what happens inside. */
  readonly watch: Watch | undefined
  readonly metrics: MetricsSource | undefined
  readonly log: RequestLog | undefined
  /** For whoever reads the metrics of several processes together. */
  metricValues(): Promise<MetricValues>
  /** Once the server is there. */
  started(server: RunningParts): void
  close(): Promise<void>
}

/** @throws ServerError where the log cannot be written. */
export async function openOperations(options: OperationsOptions): Promise<Operations> {
  const { limits, wantsMetrics, log: logOptions, wantsTraces, onWarning } = options
  const metrics = wantsMetrics ? await createMetrics() : undefined
  const log = logOptions === undefined ? undefined : await openRequestLog(logOptions)
  const notes = new RequestNotes()
  const traces = wantsTraces ? await openTraces(notes) : undefined
  if (traces?.hasSdk === false) {
    onWarning('no OpenTelemetry SDK is loaded, so nobody takes the traces; load one with `node --import`')
  }
  const admission = new Admission({
    ...(limits === undefined ? {} : { limits }),
    ...(metrics === undefined ? {} : { onThrottled: (reason) => metrics.wasThrottled(reason) }),
  })
  const wantsNotes = log !== undefined || traces !== undefined
  const observers: ServerHooks = {
    ...(metrics === undefined ? {} : { onConnection: (event) => metrics.connection(event) }),
    ...(metrics === undefined && !wantsNotes
      ? {}
      : {
          onRequest: (done) => {
            metrics?.requestEnded(done)
            log?.request(done, notes.get(done.requestId))
            if (wantsNotes) notes.ended(done.requestId)
          },
        }),
    ...(traces === undefined ? {} : { around: traces.around }),
  }
  return {
    hooks: joinHooks([observers, admission.hooks]),
    watch: metrics === undefined && !wantsNotes ? undefined : watchFor(metrics, wantsNotes ? notes : undefined),
    metrics: metrics?.source(),
    log,
    metricValues: () => metrics?.values() ?? Promise.resolve([]),
    started: (server) => {
      if (metrics === undefined) return
      metrics.readings = {
        ...metrics.readings,
        inFlight: () => server.load().inFlight,
        connections: () => server.load().connections,
        isReady: () => server.isReady(),
        waiting: () => admission.waiting,
        loopDelayMs: () => admission.takeWorstDelayMs(),
        droppedLogLines: () => log?.dropped ?? 0,
      }
    },
    close: async () => {
      admission.close()
      await log?.close()
    },
  }
}

function watchFor(metrics: Metrics | undefined, notes: RequestNotes | undefined): Watch {
  return {
    committed: (records, outcome, durationMs) => {
      metrics?.committed(records, outcome, durationMs)
      notes?.committed(records)
    },
    rootKeyFailed: () => metrics?.rootKeyFailed(),
    denied: (denied) => {
      metrics?.denied(denied)
      notes?.denied(denied.requestId, denialOf(denied))
    },
    loadedKeys: (loadedKeys) => {
      if (metrics !== undefined) metrics.readings = { ...metrics.readings, loadedKeys }
    },
    secrets: (secrets) => {
      if (metrics !== undefined) metrics.readings = { ...metrics.readings, secrets }
    },
  }
}

function denialOf({ explanation, isRefused }: AnyDenied): Parameters<RequestNotes['denied']>[1] {
  return {
    layer: explanation?.layer ?? 'unknown',
    cause: explanation?.cause?.code ?? 'unknown',
    verdict: explanation?.verdict,
    isRefused,
  }
}
