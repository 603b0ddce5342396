/**
 * What becomes of a request: read, dispatched to its service, its signature verified, its network looked at, answered.
 *
 * Where everything is in memory, all of it happens without a promise. Knows no operation and no policy.
 *
 * Source: facts kms-behaviour 1.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { after } from '../../kms/awaitable.js'
import { StoreError, type Awaitable } from '../../kms/store.js'
import type { Result } from '../../text/source.js'
import type { Authenticate, Authenticated, AuthenticationFailure, SignedService } from '../authenticator.js'
import { declaredLength, readBody } from './body.js'
import type { Callers } from './callers.js'
import { mediaType, serviceOf } from './dispatch.js'
import { Exchange, type Outcome } from './exchange.js'
import type { Health } from './health.js'
import type { AdmissionRequest, Refused, ServerHooks } from './hooks.js'
import type { HttpService, ServiceAnswer, ServiceRefusal, ServiceRequest } from './http-service.js'
import { refuseInJson } from './kms-service.js'
import type { Expectation } from './listener.js'
import type { ConnectionFacts } from './request-facts.js'
import { Turn } from './turn.js'

/** One connection, and the request whose body it is sending. */
export interface ClientConnection {
  readonly facts: ConnectionFacts
  reading: Exchange | undefined
}

/** What answers requests, once it is open. */
export interface Answering {
  readonly services: Readonly<Record<SignedService, HttpService | undefined>>
  readonly authenticate: Authenticate
}

export interface EndpointOptions {
  readonly health: Health
  readonly callers: Callers
  readonly hooks: ServerHooks
  readonly maxBodyBytes: number
  readonly onWarning: (message: string) => void
}

/** Who sees one of these has told a client a wrong address, or looks with a browser. */
const NOT_FOUND: ServiceRefusal = {
  status: 404,
  code: 'UnknownOperationException',
  message: 'Requests of KMS and STS have the path /. Give clients the address of the server without a path.',
}
const NO_SERVICE: ServiceRefusal = { status: 404, code: 'UnknownOperationException' }
const WRONG_METHOD: ServiceRefusal = {
  status: 405,
  code: 'UnknownOperationException',
  message:
    'Requests of KMS and STS are POST, as clients of AWS send them. GET /healthz and GET /readyz tell how the server is.',
}
/** A client that goes round its library, or a probe: RFC 9112, section 3.2, has it refused whatever it asks. */
const NO_HOST: ServiceRefusal = {
  status: 400,
  code: 'ValidationException',
  message: 'A request has the header Host once.',
}
const UNKNOWN_EXPECTATION: ServiceRefusal = {
  status: 417,
  code: 'ValidationException',
  message: 'The header Expect can ask for 100-continue and for nothing else.',
}
/** Nobody can be authenticated while the store does not answer. */
const AWAY: ServiceRefusal = {
  status: 503,
  code: 'ServiceUnavailable',
  message: 'The service cannot answer now. Try again later.',
}

const INTERNAL: ServiceRefusal = { status: 500, code: 'InternalFailure', message: 'An internal failure occurred.' }

export class Endpoint {
  /** Undefined while nothing is open yet. */
  answering: Answering | undefined
  /** Connections close after their answers. */
  isDraining = false
  inFlight = 0
  private onIdle: (() => void) | undefined
  private readonly turn = new Turn()

  constructor(private readonly options: EndpointOptions) {}

  /** Resolves once nothing is under way. */
  idle(): Promise<void> {
    if (this.inFlight === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.onIdle = resolve
    })
  }

  /** @param expects - `continue`: the client sends its body only when it is told to. */
  handle(request: IncomingMessage, response: ServerResponse, client: ClientConnection, expects: Expectation): void {
    const { url = '', method = '' } = request
    const question = url.indexOf('?')
    const path = question === -1 ? url : url.slice(0, question)
    const malformed = whyMalformed(request, expects)
    const isRead = method === 'GET' || method === 'HEAD'
    if (malformed === undefined && path !== '/' && isRead && this.answersHealth(path, response)) return
    const exchange = new Exchange(request, response)
    this.inFlight++
    const query = question === -1 ? '' : url.slice(question)
    const refusal = malformed ?? this.refusalBeforeBody(request, path, method, query)
    if (refusal !== undefined) {
      if (refusal === WRONG_METHOD) response.setHeader('Allow', 'POST')
      this.refuseUnread(exchange, refuseInJson(refusal))
      return
    }
    if (expects === 'continue') response.writeContinue()
    client.reading = exchange
    readBody(request, this.options.maxBodyBytes, (body) => {
      client.reading = undefined
      if (body === undefined) this.refuseUnread(exchange, refuseInJson(this.tooLarge()))
      else this.turn.do(() => this.guarded(exchange, () => this.work(exchange, client.facts, query, body)))
    })
  }

  /** Work that has begun goes on, as it does when an answer is lost. */
  disconnected({ reading }: ClientConnection): void {
    if (reading !== undefined) this.end(reading, GONE, 0, 'aborted')
  }

  private refusalBeforeBody(
    request: IncomingMessage,
    path: string,
    method: string,
    query: string,
  ): ServiceRefusal | undefined {
    if (path !== '/') return NOT_FOUND
    if (method !== 'POST' && !(method === 'GET' && ACTION.test(query))) return WRONG_METHOD
    if (this.answering === undefined) {
      return { status: 503, code: 'ServiceUnavailable', message: 'The service is not ready. Try again later.' }
    }
    return (declaredLength(request) ?? 0) > this.options.maxBodyBytes ? this.tooLarge() : undefined
  }

  private tooLarge(): ServiceRefusal {
    const message = `The request is larger than ${this.options.maxBodyBytes} bytes.`
    return { status: 413, code: 'RequestEntityTooLargeException', message }
  }

  private work(exchange: Exchange, network: ConnectionFacts, query: string, body: Buffer): Awaitable<void> {
    const { request } = exchange
    const { headers, method = '', url = '' } = request
    const { answering } = this
    exchange.bytesIn = body.length
    const contentType = mediaType(headers['content-type'])
    const name = serviceOf({ method, query, contentType, authorization: headers.authorization })
    const service = answering?.services[name]
    if (answering === undefined || service === undefined) {
      return this.refuse(exchange, undefined, NO_SERVICE)
    }
    exchange.service = name
    const facts = network.of(headers)
    if (!facts.ok) {
      return this.refuse(exchange, service, { status: 400, code: 'ValidationException', message: facts.error })
    }
    exchange.facts = facts.value
    const target = headers['x-amz-target']
    const asked: ServiceRequest = {
      method,
      target: url,
      contentType,
      amzTarget: Array.isArray(target) ? target[0] : target,
      body,
    }
    const pairs = pairsOf(request.rawHeaders)
    const signed = answering.authenticate({ method, target: url, headers: pairs, body })
    return after(signed, (who) => this.authenticated(exchange, service, asked, pairs, who))
  }

  private authenticated(
    exchange: Exchange,
    service: HttpService,
    asked: ServiceRequest,
    headers: readonly (readonly [string, string])[],
    who: Result<Authenticated, AuthenticationFailure>,
  ): Awaitable<void> {
    if (!who.ok) return this.refuse(exchange, service, { status: 400, ...who.error })
    const { caller: signed, service: scope, session } = who.value
    if (scope !== service.name) {
      const message = `Credential should be scoped to correct service: '${service.name}'.`
      return this.refuse(exchange, service, { status: 400, code: 'InvalidSignatureException', message })
    }
    const { hooks, callers } = this.options
    const admission: AdmissionRequest = {
      service: service.name,
      operation: service.operationOf(asked),
      principal: signed.principal,
      accessKeyId: signed.accessKeyId,
      region: signed.region,
      inFlight: this.inFlight,
    }
    exchange.admission = admission
    const throttled = hooks.admit === undefined ? undefined : this.hooked(() => hooks.admit?.(admission))
    if (throttled !== undefined) return this.throttle(exchange, service, throttled)
    // The facts were read before the signature was looked at.
    const caller = callers.of(signed, exchange.facts!)
    const run = (): Awaitable<ServiceAnswer> => service.answer(asked, caller, session)
    const answer = hooks.around === undefined ? run() : hooks.around(admission, headers, run)
    return after(answer, (done) => this.finish(exchange, done, 'answered'))
  }

  private refuse(exchange: Exchange, service: HttpService | undefined, refusal: ServiceRefusal): void {
    const answer = service === undefined ? refuseInJson(refusal) : service.refuse(refusal)
    this.finish(exchange, answer, 'refused')
  }

  private throttle(exchange: Exchange, service: HttpService, refused: Refused | string): void {
    const { message, afterMs } = typeof refused === 'string' ? { message: refused, afterMs: 0 } : refused
    const refuse = (): void => this.refuse(exchange, service, { status: 400, code: 'ThrottlingException', message })
    // A timer waits a whole millisecond at least.
    if (afterMs < 1) refuse()
    else setTimeout(refuse, afterMs)
  }

  private finish(exchange: Exchange, answer: ServiceAnswer, outcome: Outcome): void {
    if (exchange.isGone) this.end(exchange, answer, 0, 'aborted')
    else this.end(exchange, answer, this.turn.add(exchange.response, answer, this.isDraining), outcome)
  }

  private refuseUnread(exchange: Exchange, answer: ServiceAnswer): void {
    this.end(exchange, answer, exchange.sendUnread(answer), 'refused')
  }

  /** A defect of ours must not take the process with it, nor leave a client waiting. */
  private guarded(exchange: Exchange, work: () => Awaitable<void>): void {
    const failed = (error: unknown): void => {
      if (exchange.isOver) return
      const isAway = error instanceof StoreError
      if (!isAway) this.options.onWarning(`internal error: ${error instanceof Error ? error.stack : String(error)}`)
      const { service } = exchange
      this.refuse(exchange, service && this.answering?.services[service], isAway ? AWAY : INTERNAL)
    }
    try {
      const working = work()
      if (working instanceof Promise) working.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  private end(
    exchange: Exchange,
    answer: Pick<ServiceAnswer, 'status' | 'requestId' | 'code'>,
    bytesOut: number,
    outcome: Outcome,
  ): void {
    if (exchange.isOver) return
    exchange.isOver = true
    this.inFlight--
    if (this.inFlight === 0) this.onIdle?.()
    const { onRequest } = this.options.hooks
    if (onRequest !== undefined) this.hooked(() => onRequest(exchange.done(answer, bytesOut, outcome)))
  }

  private hooked<T>(call: () => T): T | undefined {
    try {
      return call()
    } catch (error) {
      this.options.onWarning(`a hook has thrown: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }

  private answersHealth(path: string, response: ServerResponse): boolean {
    if (this.isDraining) response.shouldKeepAlive = false
    if (path === '/healthz') sendJson(response, 200, { status: 'ok' })
    else if (path === '/readyz') {
      void this.options.health.readiness().then(({ isReady, reasons }) => {
        if (isReady) sendJson(response, 200, { status: 'ready' })
        else sendJson(response, 503, { status: 'not ready', reasons })
      })
    } else return false
    return true
  }
}

const ACTION = /[?&]Action=/
const GONE = { status: 0, requestId: '' }

/** What HTTP itself does not allow, of what Node.js hands on. */
function whyMalformed({ rawHeaders, httpVersion }: IncomingMessage, expects: Expectation): ServiceRefusal | undefined {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === HOST.length && name.toLowerCase() === HOST) hosts++
  }
  if (hosts > 1 || (hosts === 0 && httpVersion !== '1.0')) return NO_HOST
  return expects === 'unknown' ? UNKNOWN_EXPECTATION : undefined
}

const HOST = 'host'

function sendJson(response: ServerResponse, status: number, value: object): void {
  const text = `${JSON.stringify(value)}\n`
  response.writeHead(status, [
    'Content-Type',
    'application/json',
    'Cache-Control',
    'no-store',
    'Content-Length',
    String(Buffer.byteLength(text)),
  ])
  response.end(text)
}

function pairsOf(raw: readonly string[]): readonly (readonly [string, string])[] {
  const pairs = new Array<readonly [string, string]>(raw.length >> 1)
  for (let index = 0; index < pairs.length; index++) pairs[index] = [raw[2 * index]!, raw[2 * index + 1]!]
  return pairs
}
