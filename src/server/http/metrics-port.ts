/**
 * The port of the metrics: `/metrics` and nothing else, apart from the service, so that it needs no way past its firewall.
 *
 * Source: Prometheus documentation, "Exposition formats".
 */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MetricsSource } from './hooks.js'
import { DEFAULT_HOST, whyNot } from './listener.js'
import { ServerError } from './server-error.js'

export interface MetricsPortOptions {
  /** `127.0.0.1` when left out. */
  readonly host?: string
  /** 0, or left out: any that is free. */
  readonly port?: number
  readonly source: MetricsSource
}

const MAX_CONNECTIONS = 100
const TIMEOUT_MS = 10_000

export class MetricsPort {
  private readonly server: Server

  constructor(
    private readonly options: MetricsPortOptions,
    private readonly onWarning: (message: string) => void,
  ) {
    this.server = createServer({ headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS }, (request, response) => {
      const isAsked = request.url === '/metrics' && (request.method === 'GET' || request.method === 'HEAD')
      if (isAsked) void this.answer(response)
      else send(response, 404, 'text/plain', 'there is only /metrics\n')
    })
    this.server.maxConnections = MAX_CONNECTIONS
  }

  get url(): string {
    const { host = DEFAULT_HOST } = this.options
    // A server that listens on a port has such an address.
    const { port } = this.server.address() as AddressInfo
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}/metrics`
  }

  listen(): Promise<void> {
    const { host = DEFAULT_HOST, port = 0 } = this.options
    return new Promise((resolve, reject) => {
      this.server.once('error', (error) => reject(new ServerError(whyNot(error, host, port))))
      this.server.listen({ host, port }, resolve)
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      this.server.closeAllConnections()
    })
  }

  private async answer(response: ServerResponse): Promise<void> {
    const { source } = this.options
    try {
      send(response, 200, source.contentType, await source.text())
    } catch (error) {
      this.onWarning(`metrics cannot be told: ${error instanceof Error ? error.message : String(error)}`)
      send(response, 500, 'text/plain', 'metrics cannot be told\n')
    }
  }
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}
