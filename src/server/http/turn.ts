/**
 * Answers that were found in one turn of the event loop, written at its end.
 *
 * Each write may wake a client that sleeps, which costs more than the answer does. Written one after the other, most find
 * their client awake already. A single answer waits for nothing: the turn ends with it.
 *
 * Source: Node.js documentation, "The Node.js Event Loop" (immediates follow the phase in which sockets are read).
 */
import type { ServerResponse } from 'node:http'
import type { ServiceAnswer } from './http-service.js'

/** Answers may hold plaintext: nobody keeps them. As KMS itself says it. */
const CACHE_CONTROL = 'no-cache, no-store, must-revalidate, private'

interface Waiting {
  readonly response: ServerResponse
  readonly answer: ServiceAnswer
  readonly length: number
  readonly isLast: boolean
}

export class Turn {
  private waiting: Waiting[] = []
  private readonly end = (): void => {
    const { waiting } = this
    this.waiting = []
    for (const each of waiting) write(each)
  }

  /**
   * @param isLast - the connection closes behind it.
   * @returns the length of its body in bytes.
   */
  add(response: ServerResponse, answer: ServiceAnswer, isLast: boolean): number {
    const length = Buffer.byteLength(answer.body)
    if (this.waiting.push({ response, answer, length, isLast }) === 1) setImmediate(this.end)
    return length
  }
}

function write({ response, answer, length, isLast }: Waiting): void {
  const { status, contentType, body, requestId } = answer
  if (isLast) response.shouldKeepAlive = false
  response.writeHead(status, [
    'x-amzn-RequestId',
    requestId,
    'Cache-Control',
    CACHE_CONTROL,
    'Content-Type',
    contentType,
    'Content-Length',
    String(length),
  ])
  response.end(body, length === body.length ? 'latin1' : 'utf8')
}
