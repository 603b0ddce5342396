/** A server in this process: a memory store, a port that is free, and signatures that are believed. */
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { OperationName } from '../../../src/aws/operations.js'
import type { Authenticate } from '../../../src/server/authenticator.js'
import type { ServerHooks } from '../../../src/server/http/hooks.js'
import {
  startServer,
  type RunningServer,
  type ServerBackend,
  type ServerOptions,
} from '../../../src/server/http/server.js'
import { ACCOUNT, REGION, testKms, type TestKms } from '../../kms/test-kms.js'

export const ADMIN_ARN = `arn:aws:iam::${ACCOUNT}:user/admin`

/** `Fake <principal> <region> <service>`, and `Fake !<code>` for one that is refused. */
export function fakeAuthenticate(): Authenticate {
  const callers = new Map<string, { principal: string; region: string; accessKeyId: string }>()
  return ({ headers }) => {
    const [, authorization] = headers.find(([name]) => name.toLowerCase() === 'authorization') ?? []
    const [scheme, principal, region, service] = (authorization ?? '').split(' ')
    if (scheme !== 'Fake' || principal === undefined) {
      return {
        ok: false,
        error: { code: 'MissingAuthenticationTokenException', message: 'Request is missing Authentication Token' },
      }
    }
    if (principal.startsWith('!')) {
      return { ok: false, error: { code: 'InvalidSignatureException', message: principal.slice(1) } }
    }
    const name = `${principal} ${region}`
    const caller = callers.get(name) ?? { principal, region: region ?? REGION, accessKeyId: 'AKIAFAKE' }
    callers.set(name, caller)
    return { ok: true, value: { caller, service: service === 'sts' ? 'sts' : 'kms' } }
  }
}

export interface TestServer extends TestKms {
  readonly server: RunningServer
  readonly url: string
  readonly warnings: string[]
  /** The answer to an operation in the form of awsJson. */
  readonly post: (operation: string, input?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answered>
  /** Bytes as they are, and everything that comes back until the other side ends. */
  readonly raw: (...parts: readonly (string | Buffer)[]) => Promise<string>
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

export interface TestServerOptions extends Partial<Omit<ServerOptions, 'backend'>> {
  readonly backend?: Partial<ServerBackend>
  readonly hooks?: ServerHooks
}

export async function testServer({ backend, ...options }: TestServerOptions = {}): Promise<TestServer> {
  const kms = await testKms()
  const warnings: string[] = []
  const server = await startServer({
    onWarning: (message) => void warnings.push(message),
    ...options,
    backend: { kms: kms.kms, authenticate: fakeAuthenticate(), close: () => kms.kms.close(), ...backend },
  })
  onTestFinished(() => server.close({ now: true }))
  await server.ready
  const [url = ''] = server.urls
  return {
    ...kms,
    server,
    url,
    warnings,
    post: (operation, input = {}, headers = {}) => post(url, operation, input, headers),
    raw: (...parts) => raw(url, parts),
  }
}

export const HEADERS = {
  'content-type': 'application/x-amz-json-1.1',
  authorization: `Fake ${ADMIN_ARN} ${REGION} kms`,
}

async function post(
  url: string,
  operation: string,
  input: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Answered> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...HEADERS, 'x-amz-target': `TrentService.${operation}`, ...headers },
    body: typeof input === 'string' || input instanceof Uint8Array ? input : JSON.stringify(input),
  })
  return answered(response)
}

export async function answered(response: Response): Promise<Answered> {
  const text = await response.text()
  const { status, headers } = response
  const isJson = headers.get('content-type')?.includes('json') === true && text !== ''
  return { status, headers, text, json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {} }
}

export function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

/** Everything that comes until the other side ends. */
export function untilEnd(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => (text += String(chunk)))
  return new Promise((resolve) => {
    socket.once('end', () => socket.end())
    socket.once('close', () => resolve(text))
  })
}

/** What has come once it looks like this. */
export function until(socket: Socket, form: RegExp): Promise<string> {
  let text = ''
  socket.setEncoding('latin1')
  return new Promise((resolve, reject) => {
    const take = (chunk: string | Buffer): void => {
      text += String(chunk)
      if (!form.test(text)) return
      socket.off('data', take)
      resolve(text)
    }
    socket.on('data', take)
    socket.once('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)))
  })
}

async function raw(url: string, parts: readonly (string | Buffer)[]): Promise<string> {
  const socket = await openSocket(url)
  const all = untilEnd(socket)
  for (const part of parts) socket.write(part)
  return all
}

/** A request as text, with what every request has. */
export function requestText(
  operation: OperationName,
  body: string,
  headers: readonly string[] = [],
  { length = Buffer.byteLength(body) }: { readonly length?: number | undefined } = {},
): string {
  const lines = [
    'POST / HTTP/1.1',
    'Host: localhost',
    `Content-Type: ${HEADERS['content-type']}`,
    `Authorization: ${HEADERS.authorization}`,
    `X-Amz-Target: TrentService.${operation}`,
    ...(headers.some((line) => line.startsWith('Transfer-Encoding')) ? [] : [`Content-Length: ${length}`]),
    ...headers,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
