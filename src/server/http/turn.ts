/**
 * The requests of one turn of the event loop: read one after the other, then worked on one after the other, then answered.
 *
 * Reading, working and writing are each a world of code of their own. Done for one request after the other, each finds the
 * processor's caches full of what the other two need, which costs a request as much as a third of its time. And a write may
 * wake a client that sleeps, which costs more than the answer does: written one after the other, most answers find their
 * client awake already. A single request waits for nothing: the turn ends with it.
 *
 * Source: Node.js documentation, "The Node.js Event Loop" (immediates follow the phase in which sockets are read).
 */
import type { ServerResponse } from 'node:http'
import type { ServiceAnswer } from './http-service.js'

/** Answers may hold plaintext: nobody keeps them. As KMS itself says it. */
const CACHE_CONTROL = 'no-cache, no-store, must-revalidate, private'

/** So many are worked on before they are answered: the others must not keep the first of them waiting. */
const MOST_AT_ONCE = 16

interface Waiting {
  readonly response: ServerResponse
  readonly answer: ServiceAnswer
  readonly length: number
  readonly isLast: boolean
}

export class Turn {
  private work: (() => void)[] = []
  private answers: Waiting[] = []
  private isDue = false
  private readonly end = (): void => {
    try {
      this.goThrough(this.work)
    } finally {
      this.isDue = false
      if (this.work.length + this.answers.length > 0) this.schedule()
    }
  }

  /** @param work - never throws: what comes after it would be lost. */
  do(work: () => void): void {
    this.work.push(work)
    this.schedule()
  }

  /**
   * @param isLast - the connection closes behind it.
   * @returns the length of its body in bytes.
   */
  add(response: ServerResponse, answer: ServiceAnswer, isLast: boolean): number {
    const length = Buffer.byteLength(answer.body)
    this.answers.push({ response, answer, length, isLast })
    this.schedule()
    return length
  }

  private schedule(): void {
    if (this.isDue) return
    this.isDue = true
    setImmediate(this.end)
  }

  private goThrough(work: readonly (() => void)[]): void {
    if (work.length > 0) this.work = []
    let next = 0
    do {
      const stop = Math.min(next + MOST_AT_ONCE, work.length)
      while (next < stop) work[next++]!()
      this.send()
    } while (next < work.length)
  }

  private send(): void {
    const { answers } = this
    if (answers.length === 0) return
    this.answers = []
    for (const each of answers) write(each)
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
