/**
 * The body of a request, read whole and no further than the limit. One that comes in one piece is not copied.
 *
 * Source: Node.js documentation, "HTTP", `http.IncomingMessage`.
 */
import type { IncomingMessage } from 'node:http'

const NONE = Buffer.alloc(0)

/** Undefined where the header is not there: the body is chunked, or there is none. */
export function declaredLength({ headers }: IncomingMessage): number | undefined {
  const { 'content-length': text } = headers
  return text === undefined ? undefined : Number(text)
}

/** @param done - called once: with the body, or with nothing where there is more of it than allowed. */
export function readBody(request: IncomingMessage, maxBytes: number, done: (body: Buffer | undefined) => void): void {
  const expected = declaredLength(request)
  let pieces: Buffer = NONE
  let length = 0
  const take = (chunk: Buffer): void => {
    const total = length + chunk.length
    if (total > maxBytes) {
      request.off('data', take)
      request.off('end', finish)
      done(undefined)
      return
    }
    if (length === 0) pieces = chunk
    else {
      if (total > pieces.length) pieces = grown(pieces, length, total, expected)
      chunk.copy(pieces, length)
    }
    length = total
  }
  const finish = (): void => done(pieces.length === length ? pieces : pieces.subarray(0, length))
  request.on('data', take)
  request.on('end', finish)
}

/** Room for what is to come: many small pieces must not cost an object each, nor a copy of everything each. */
function grown(pieces: Buffer, length: number, needed: number, expected: number | undefined): Buffer {
  const room = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(needed * 2, expected ?? Infinity)))
  pieces.copy(room, 0, 0, length)
  return room
}
