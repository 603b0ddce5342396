/**
 * How much of the process a client can hold, and for how long.
 *
 * Source: Node.js documentation, "HTTP", `server.headersTimeout` and its neighbours.
 */

export interface ServerLimits {
  /** KMS's own limits end far below it. */
  readonly maxBodyBytes: number
  readonly maxHeaderBytes: number
  /** Of each listener. */
  readonly maxConnections: number
  /** From the connection, or from the first byte of a further request, to the end of its headers. */
  readonly headersTimeoutMs: number
  /** The same to the end of its body. */
  readonly requestTimeoutMs: number
  /** Between two requests of a connection. */
  readonly idleTimeoutMs: number
  /** A connection with a request under way on which nothing moves. */
  readonly stalledTimeoutMs: number
  readonly handshakeTimeoutMs: number
  /** How long requests under way have to end once the server closes. */
  readonly drainMs: number
  /** How long the server still takes requests, and says that it is not ready, before it closes. */
  readonly drainDelayMs: number
}

export const SERVER_LIMITS: ServerLimits = {
  maxBodyBytes: 1024 * 1024,
  maxHeaderBytes: 16 * 1024,
  maxConnections: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  stalledTimeoutMs: 120_000,
  handshakeTimeoutMs: 10_000,
  drainMs: 30_000,
  drainDelayMs: 0,
}
