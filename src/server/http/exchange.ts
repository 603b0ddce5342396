/**
 * One request and its answer on a connection: what has come, what has gone out, and how it ended.
 *
 * Source: RFC 9112, sections 9.3 and 9.6 (a server that closes goes on reading for a while, or its answer may be lost).
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AdmissionRequest, RequestDone } from './hooks.js'
import type { ServiceAnswer } from './http-service.js'
import type { RequestFacts } from './request-facts.js'

const LINGER_BYTES = 16 * 1024 * 1024
const LINGER_MS = 2000

export type Outcome = RequestDone['outcome']

export class Exchange {
  readonly startedAtMs = performance.now()
  bytesIn = 0
  admission: AdmissionRequest | undefined
  facts: RequestFacts | undefined
  service: RequestDone['service']
  isOver = false

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
  ) {}

  get isGone(): boolean {
    return this.response.destroyed || this.response.writableEnded
  }

  /**
   * Answers a request whose body has not been read, and closes the connection behind it. What still comes is thrown away
   * for a while, since closing at once could take the answer away from a client that is still sending.
   */
  sendUnread(answer: ServiceAnswer): number {
    const { request, response } = this
    const length = Buffer.byteLength(answer.body)
    response.writeHead(answer.status, [
      'x-amzn-RequestId',
      answer.requestId,
      'Content-Type',
      answer.contentType,
      'Content-Length',
      String(length),
      'Connection',
      'close',
    ])
    response.write(answer.body)
    let thrownAway = 0
    const finish = (): void => {
      clearTimeout(timer)
      response.end()
    }
    const timer = setTimeout(finish, LINGER_MS)
    response.once('close', () => clearTimeout(timer))
    request.on('data', (chunk: Buffer) => {
      thrownAway += chunk.length
      if (thrownAway > LINGER_BYTES) finish()
    })
    request.once('end', finish)
    // Nothing comes where everything was read before.
    if (request.readableEnded) finish()
    return length
  }

  done(answer: Pick<ServiceAnswer, 'status' | 'requestId' | 'code'>, bytesOut: number, outcome: Outcome): RequestDone {
    const { admission, facts, service, bytesIn } = this
    return {
      ...(service === undefined ? {} : { service }),
      ...(admission?.operation === undefined ? {} : { operation: admission.operation }),
      status: answer.status,
      ...(answer.code === undefined ? {} : { code: answer.code }),
      requestId: answer.requestId,
      ...(admission === undefined
        ? {}
        : { principal: admission.principal, accessKeyId: admission.accessKeyId, region: admission.region }),
      ...(facts?.network.sourceIp === undefined ? {} : { sourceIp: facts.network.sourceIp }),
      ...(facts?.network.userAgent === undefined ? {} : { userAgent: facts.network.userAgent }),
      durationMs: performance.now() - this.startedAtMs,
      bytesIn,
      bytesOut,
      outcome,
    }
  }
}
