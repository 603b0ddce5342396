/**
 * A client of `keyward serve` as the clients of a cluster want one: over one connection that is never replaced by another
 * one unnoticed, as that could lead to another process; requests signed with SigV4.
 *
 * A status of the 500s says that the server does not know either what became of the request. In the model time stands still,
 * so that all moments of a run are one to it, and dates lie whole days after it.
 */
import aws4 from 'aws4'
import { Agent, request as send, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { OperationName } from '../../../src/aws/operations.js'
import type { KmsCaller } from '../../../src/kms/caller.js'
import { START_MS } from '../../kms/test-kms.js'
import type { AnyAnswer, ServiceConnection } from '../../store/cluster-process.js'
import { REGION, type AccessKeys } from '../clients/serve-process.js'

export interface HttpTarget {
  readonly url: string
  /** Of each principal. */
  readonly keys: ReadonlyMap<string, AccessKeys>
  /** Before anything of the run; what the model calls its beginning. */
  readonly beganAtMs: number
}

interface HttpAnswer {
  readonly status: number
  readonly requestId: string
  readonly body: string
}

const DAY_MS = 86_400_000
/** What has no answer by then will have none, however busy the machine is; the server itself gives up long before. */
const ANSWER_WITHIN_MS = 90_000
const JSON_TYPE = 'application/x-amz-json-1.1'
const BLOBS: ReadonlySet<string> = new Set(['CiphertextBlob', 'Plaintext', 'Mac', 'PublicKey', 'ImportToken'])
const DATES: ReadonlySet<string> = new Set(['DeletionDate', 'NextRotationDate'])

export class HttpConnection implements ServiceConnection {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 })
  private socket: Socket | undefined

  constructor(private readonly target: HttpTarget) {}

  async ask(name: OperationName, input: unknown, caller: KmsCaller): Promise<AnyAnswer | undefined> {
    const answer = await this.post(name, JSON.stringify(this.encoded(input)), caller)
    if (answer === undefined || answer.status >= 500) return undefined
    const { status, requestId, body } = answer
    const value: unknown = body === '' ? {} : JSON.parse(body, (member, each: unknown) => this.decoded(member, each))
    // An operation answers what its page says; the model looks at it.
    if (status === 200) return { ok: true, requestId, value: value as never }
    const { __type: code, message } = value as { readonly __type: never; readonly message?: string }
    return { ok: false, requestId, error: { code, ...(message !== undefined && { message }) } }
  }

  close(): void {
    this.agent.destroy()
  }

  private post(name: OperationName, body: string, caller: KmsCaller): Promise<HttpAnswer | undefined> {
    const { url, keys } = this.target
    const { hostname, port, host } = new URL(url)
    const credential = keys.get(caller.principal)
    if (credential === undefined) throw new Error(`${caller.principal} has no access key`)
    const signed = aws4.sign(
      {
        service: 'kms',
        region: caller.region ?? REGION,
        method: 'POST',
        host,
        path: '/',
        body,
        headers: {
          'Content-Type': JSON_TYPE,
          'X-Amz-Target': `TrentService.${name}`,
          'User-Agent': caller.userAgent ?? 'fleet',
        },
      },
      credential,
    )
    const headers = Object.fromEntries(Object.entries(signed.headers).map(([header, value]) => [header, String(value)]))
    return new Promise((resolve, reject) => {
      const asked = send({ agent: this.agent, method: 'POST', hostname, port, path: '/', headers }, (response) => {
        void wholeOf(response).then(resolve)
      })
      const overdue = setTimeout(() => {
        reject(new Error(`${host} has not answered ${name} of ${caller.userAgent ?? 'fleet'}: ${body}`))
        asked.destroy()
      }, ANSWER_WITHIN_MS)
      asked.on('close', () => clearTimeout(overdue))
      asked.on('socket', (socket) => {
        this.socket ??= socket
        if (socket !== this.socket) asked.destroy()
      })
      asked.on('error', () => resolve(undefined))
      asked.end(body)
    })
  }

  private encoded(value: unknown): unknown {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
    if (value instanceof Date) return (value.getTime() - START_MS + this.target.beganAtMs) / 1000
    if (Array.isArray(value)) return value.map((each) => this.encoded(each))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([member, each]) => [member, this.encoded(each)]))
  }

  private decoded(member: string, value: unknown): unknown {
    if (BLOBS.has(member) && typeof value === 'string') return Buffer.from(value, 'base64')
    if (DATES.has(member) && typeof value === 'number') {
      const days = Math.floor((value * 1000 - this.target.beganAtMs) / DAY_MS)
      return new Date(START_MS + days * DAY_MS)
    }
    return value
  }
}

/** Undefined of one that breaks off. */
function wholeOf(response: IncomingMessage): Promise<HttpAnswer | undefined> {
  return new Promise((resolve) => {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => (body += part))
    response.on('end', () => {
      const requestId = String(response.headers['x-amzn-requestid'])
      resolve({ status: response.statusCode ?? 0, requestId, body })
    })
    response.on('error', () => resolve(undefined))
    response.on('close', () => resolve(undefined))
  })
}
