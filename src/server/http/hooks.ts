/**
 * Where metrics, logs, traces and limits look at requests. Types only: the endpoint works the same without any of them.
 */
import type { Awaitable } from '../../kms/store.js'
import type { SignedRequest, SignedService } from '../authenticator.js'
import type { ServiceAnswer } from './http-service.js'

/** A request whose caller is known and on which nothing has been done yet. */
export interface AdmissionRequest {
  readonly service: SignedService
  /** Undefined where no operation has the name. */
  readonly operation: string | undefined
  readonly principal: string
  readonly accessKeyId: string
  readonly region: string
  /** Requests under way on this process, this one included. */
  readonly inFlight: number
}

export interface RequestDone {
  /** Undefined where no service was found for it. */
  readonly service?: SignedService
  readonly operation?: string
  readonly status: number
  /** AWS's code, of an error. */
  readonly code?: string
  readonly requestId: string
  /** Undefined where nobody was authenticated. */
  readonly principal?: string
  readonly accessKeyId?: string
  readonly region?: string
  readonly sourceIp?: string
  readonly userAgent?: string
  readonly durationMs: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** `refused`: before a service was asked; `aborted`: nobody was there any more to take the answer. */
  readonly outcome: 'answered' | 'refused' | 'aborted'
}

export type ConnectionEvent = 'open' | 'close' | 'refused'

/** A refusal with ThrottlingException. */
export interface Refused {
  readonly message: string
  /** How long the answer waits, so that whoever tries again at once does not do it often. */
  readonly afterMs: number
}

/** One that throws is told as a warning and changes no answer; `admit` that throws admits. */
export interface ServerHooks {
  /** Undefined lets the request in; a text alone refuses it at once. */
  readonly admit?: (request: AdmissionRequest) => Refused | string | undefined
  readonly onRequest?: (done: RequestDone) => void
  readonly onConnection?: (event: ConnectionEvent) => void
  /** Around the work on one request, for spans: calls `run` once and answers what it answers. */
  readonly around?: (
    request: AdmissionRequest,
    headers: SignedRequest['headers'],
    run: () => Awaitable<ServiceAnswer>,
  ) => Awaitable<ServiceAnswer>
}

/** What stands on the metrics port under `/metrics`. */
export interface MetricsSource {
  readonly contentType: string
  text(): Awaitable<string>
}
