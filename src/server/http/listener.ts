/**
 * One address on which the server listens: sockets, what a client may do to them, and how they end.
 *
 * Slow, silent and broken clients are bounded by time, and all of them by number: the connection after the last that is
 * allowed gets an answer that says so. Knows nothing of what is asked.
 *
 * Source: Node.js documentation, "HTTP"; RFC 9112, section 9.
 */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { quote } from '../../text/escape.js'
import type { ConnectionEvent } from './hooks.js'
import { AWS_JSON } from './kms-service.js'
import type { ServerLimits } from './limits.js'
import type { Peer } from './request-facts.js'
import { ServerError } from './server-error.js'
import { readTlsFiles, type TlsFiles } from './tls-files.js'

export interface ListenerOptions {
  /** `127.0.0.1` when left out. */
  readonly host?: string
  /** 0, or left out: any that is free. */
  readonly port?: number
  /** What 0 has come to before, and must be again: clients know it. */
  readonly formerPort?: number
  readonly tls?: TlsFiles
  /** Whoever comes in here comes through this endpoint. */
  readonly vpcEndpointId?: string
}

export const DEFAULT_HOST = '127.0.0.1'

/** What the listener keeps for those who answer its requests. */
export interface Connection<T> {
  /** Made of the peer when the connection begins. */
  readonly data: T
  requests: number
}

/** What the header Expect asks for: to be told to go on, something that nobody knows, or nothing. */
export type Expectation = 'continue' | 'unknown' | undefined

export interface ListenerWork<T> {
  readonly limits: ServerLimits
  readonly connected: (peer: Peer) => T
  readonly disconnected: (data: T) => void
  readonly handle: (request: IncomingMessage, response: ServerResponse, data: T, expects: Expectation) => void
  /** Is the last request's body still coming, with no answer under way? */
  readonly isReading: (data: T) => boolean
  readonly onConnection: (event: ConnectionEvent) => void
  readonly onWarning: (message: string) => void
}

/** How often connections are looked at that take too long, unless their limits are shorter. */
const CHECK_MS = 1000
const REFUSED_LINGERS_MS = 1000
/** So many more connections than allowed are told so at a time; the others are cut off. */
const MAX_REFUSED = 100

export class Listener<T> {
  private readonly connections = new Map<Socket, Connection<T>>()
  /** Every socket, those whose TLS has not begun yet included. */
  private readonly sockets = new Set<Socket>()
  private readonly server: Server | TlsServer
  private refused = 0
  private onEmpty: (() => void) | undefined

  constructor(
    private readonly options: ListenerOptions,
    private readonly work: ListenerWork<T>,
  ) {
    const { limits } = work
    const settings: ServerOptions = {
      maxHeaderSize: limits.maxHeaderBytes,
      // Node.js would answer without a word of why; the endpoint says it.
      requireHostHeader: false,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, limits.headersTimeoutMs, limits.requestTimeoutMs),
    }
    this.server =
      options.tls === undefined
        ? createServer(settings)
        : createTlsServer({
            ...settings,
            ...readTlsFiles(options.tls, work.onWarning),
            minVersion: 'TLSv1.2',
            handshakeTimeout: limits.handshakeTimeoutMs,
          })
    this.prepare()
  }

  get size(): number {
    return this.sockets.size
  }

  get url(): string {
    const { host = DEFAULT_HOST, tls } = this.options
    const name = host.includes(':') ? `[${host}]` : host
    return `${tls === undefined ? 'http' : 'https'}://${name}:${this.port}`
  }

  /** Once it listens. */
  get port(): number {
    // A server that listens on a port has such an address.
    return (this.server.address() as AddressInfo).port
  }

  async listen(): Promise<void> {
    const { port = 0, formerPort } = this.options
    await this.listenAt(port)
    // Other processes that still listen where 0 has led them share it with whoever asks for 0, and with nobody who asks for
    // that port. So 0 is asked first; where all of them have ended, it leads elsewhere.
    if (port === 0 && formerPort !== undefined && this.port !== formerPort) {
      await new Promise((resolve) => {
        this.server.close(resolve)
        this.destroy()
      })
      await this.listenAt(formerPort)
    }
    this.server.on('error', (error) => this.work.onWarning(`the listener ${this.url}: ${error.message}`))
  }

  private listenAt(port: number): Promise<void> {
    const { host = DEFAULT_HOST } = this.options
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(new ServerError(whyNot(error, host, port)))
      this.server.once('error', failed)
      this.server.listen({ host, port }, () => {
        this.server.off('error', failed)
        resolve()
      })
    })
  }

  /** @throws ServerError and goes on with what it had. */
  reloadCertificate(): void {
    const { tls } = this.options
    if (tls === undefined || !('setSecureContext' in this.server)) return
    this.server.setSecureContext({ ...readTlsFiles(tls, this.work.onWarning), minVersion: 'TLSv1.2' })
  }

  /** Takes no more connections; resolves once those that there are have ended, and ends those without a request. */
  close(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.server.close(() => resolve())
    })
    this.endUnused()
    return ended.then(() => this.empty())
  }

  /** Sockets may tell their end a moment after the server. */
  private empty(): Promise<void> {
    if (this.sockets.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.onEmpty = resolve
    })
  }

  /** Cuts everybody off. */
  destroy(): void {
    this.server.closeAllConnections()
    for (const socket of this.sockets) socket.destroy()
  }

  private prepare(): void {
    const { server } = this
    const { limits, handle } = this.work
    server.timeout = limits.stalledTimeoutMs
    // The limit of their size is enough; one of their number would drop the rest without a word.
    server.maxHeadersCount = 0
    // A client that sends no more may still listen. Node.js has no documented way to say so.
    Object.assign(server, { httpAllowHalfOpen: true })
    this.limitConnections()
    const answer = (request: IncomingMessage, response: ServerResponse, expects: Expectation): void => {
      const connection = this.connections.get(request.socket)
      if (connection === undefined) {
        request.socket.destroy()
        return
      }
      connection.requests++
      handle(request, response, connection.data, expects)
    }
    server.on('request', (request, response) => answer(request, response, undefined))
    server.on('checkContinue', (request, response) => answer(request, response, 'continue'))
    server.on('checkExpectation', (request, response) => answer(request, response, 'unknown'))
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      refuseBroken(error, socket, this.isUnanswered(socket as Socket))
    })
  }

  /** Nothing has been sent here yet, and nothing is on its way. */
  private isUnanswered(socket: Socket): boolean {
    const connection = this.connections.get(socket)
    if (connection === undefined) return false
    const { requests, data } = connection
    return requests === 0 || (requests === 1 && this.work.isReading(data))
  }

  /** Counts sockets before anything else sees them. */
  private limitConnections(): void {
    const { server } = this
    const accept = server.listeners('connection')
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => {
      if (this.sockets.size >= this.work.limits.maxConnections) {
        this.refuse(socket)
        return
      }
      this.sockets.add(socket)
      this.work.onConnection('open')
      socket.once('close', () => {
        this.sockets.delete(socket)
        if (this.sockets.size === 0) this.onEmpty?.()
        this.work.onConnection('close')
      })
      if (this.options.tls === undefined) this.opened(socket)
      for (const each of accept) each.call(server, socket)
    })
    if (this.options.tls !== undefined) server.on('secureConnection', (socket: TLSSocket) => this.opened(socket))
  }

  private opened(socket: Socket): void {
    const data = this.work.connected({
      address: socket.remoteAddress,
      tls: tlsOf(socket),
      vpcEndpointId: this.options.vpcEndpointId,
    })
    this.connections.set(socket, { data, requests: 0 })
    socket.once('close', () => {
      this.connections.delete(socket)
      this.work.disconnected(data)
    })
  }

  private refuse(socket: Socket): void {
    this.work.onConnection('refused')
    socket.on('error', () => socket.destroy())
    if (this.refused >= MAX_REFUSED) {
      socket.destroy()
      return
    }
    this.refused++
    const timer = setTimeout(() => socket.destroy(), REFUSED_LINGERS_MS)
    socket.once('close', () => {
      clearTimeout(timer)
      this.refused--
    })
    socket.resume()
    // One that expects TLS would not understand.
    if (this.options.tls === undefined) socket.end(TOO_MANY)
    else socket.end()
    socket.once('end', () => socket.destroySoon())
  }

  /** Connections that have asked nothing yet have nothing to wait for. */
  private endUnused(): void {
    for (const [socket, { requests }] of this.connections) {
      if (requests === 0 && (socket instanceof TLSSocket || socket.bytesRead === 0)) socket.destroy()
    }
    for (const socket of this.sockets) {
      if (this.options.tls !== undefined && socket.bytesRead === 0) socket.destroy()
    }
  }
}

function tlsOf(socket: Socket): Peer['tls'] {
  if (!(socket instanceof TLSSocket)) return undefined
  return { version: socket.getProtocol() ?? 'unknown', cipherSuite: socket.getCipher().name }
}

/** What an address has against a server, one sentence. */
export function whyNot({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  const where = `cannot listen on ${quote(`${host}:${port}`, 100)}`
  switch (code) {
    case 'EADDRINUSE':
      return `${where}: another program does already; end that one, or choose another port`
    case 'EACCES':
      return `${where}: only the administrator of this machine may; choose a port above 1023`
    case 'EADDRNOTAVAIL':
      return `${where}: this machine has no such address; 0.0.0.0 is every one that it has`
    default:
      return `${where}: ${message}`
  }
}

const TOO_MANY = rawAnswer(503, 'Service Unavailable', 'ServiceUnavailable', 'Too many connections. Try again later.')
const HEADERS_TOO_LARGE = rawAnswer(431, 'Request Header Fields Too Large', 'RequestEntityTooLargeException')
const TOO_SLOW = rawAnswer(408, 'Request Timeout', 'RequestTimeout')
const BROKEN = rawAnswer(400, 'Bad Request', 'SerializationException')

/** For those whose request could not be read: there is no response to write into. */
function rawAnswer(status: number, reason: string, code: string, message?: string): string {
  const body = JSON.stringify({ __type: code, ...(message === undefined ? {} : { message }) })
  const head = `Content-Type: ${AWS_JSON}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`
  return `HTTP/1.1 ${status} ${reason}\r\n${head}\r\n\r\n${body}`
}

/** @param isUnanswered - no answer is on its way on this connection, in whose middle another one would appear. */
function refuseBroken({ code }: NodeJS.ErrnoException, socket: Duplex, isUnanswered: boolean): void {
  if (!socket.writable || !isUnanswered || code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const answer = code === 'HPE_HEADER_OVERFLOW' ? HEADERS_TOO_LARGE : code === TIMED_OUT ? TOO_SLOW : BROKEN
  socket.end(answer, () => socket.destroy())
}

const TIMED_OUT = 'ERR_HTTP_REQUEST_TIMEOUT'
