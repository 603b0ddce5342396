/**
 * One signed HTTPS request to an external key store proxy, within the time that KMS allows.
 *
 * Source: XKS proxy API specification 1.0.3, "Transport", "Timeouts"; facts xks 1.
 */
import { request as httpsRequest, type Agent } from 'node:https'
import type { Result } from '../../text/source.js'
import type { XksFailure } from './failure.js'
import { signedHeaders, type ProxyCredential } from './sign.js'

export interface TransportOptions {
  /** Of the whole call, the connection included; 250 ms unless told otherwise. */
  readonly timeoutMs?: number
  /** 443 unless told otherwise. */
  readonly port?: number
  /** Certificates that are trusted in place of the public ones: PEM. */
  readonly ca?: readonly string[]
  /** Keeps connections. */
  readonly agent?: Agent
}

export interface ProxyCall {
  /** `https://host` */
  readonly endpoint: string
  readonly path: string
  readonly body: string
  readonly region: string
  readonly credential: ProxyCredential
  readonly nowMs: number
}

export interface ProxyAnswer {
  readonly status: number
  readonly body: string
}

const TIMEOUT_MS = 250
/** An answer to Encrypt has 4,300 bytes in base64 and a few members more. */
const MAX_ANSWER_BYTES = 65_536

/**
 * Asks once, and once more where the network was too slow, or where a connection that was kept open turned out to have
 * been closed by the proxy meanwhile: that one was closed is seen when it is used.
 */
export async function callProxy(
  call: ProxyCall,
  options: TransportOptions = {},
): Promise<Result<ProxyAnswer, XksFailure>> {
  const first = await callOnce(call, options)
  const { answer } = first
  const isWorthAnother = first.wasClosed || (!answer.ok && answer.error.kind === 'timeout')
  return isWorthAnother ? (await callOnce(call, options)).answer : answer
}

interface Attempt {
  readonly answer: Result<ProxyAnswer, XksFailure>
  /** A connection of an earlier call, that the proxy had closed. */
  readonly wasClosed: boolean
}

function callOnce(call: ProxyCall, options: TransportOptions): Promise<Attempt> {
  const { hostname } = new URL(call.endpoint)
  const { port = 443, agent } = options
  const host = port === 443 ? hostname : `${hostname}:${port}`
  const headers = signedHeaders(
    { host, path: call.path, body: call.body, region: call.region, nowMs: call.nowMs },
    call.credential,
  )
  return new Promise((resolve) => {
    let isDone = false
    let hasAnswer = false
    const finish = (result: Result<ProxyAnswer, XksFailure>, wasClosed = false): void => {
      if (isDone) return
      isDone = true
      clearTimeout(timer)
      resolve({ answer: result, wasClosed })
      if (!result.ok) sent.destroy()
    }
    const fail = (kind: XksFailure['kind'], detail: string, wasClosed = false): void =>
      finish({ ok: false, error: { kind, detail } }, wasClosed)
    const sent = httpsRequest(
      {
        hostname,
        port,
        path: call.path,
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(call.body)) },
        minVersion: 'TLSv1.2',
        ...(options.ca === undefined ? {} : { ca: [...options.ca] }),
        ...(agent === undefined ? {} : { agent }),
      },
      (response) => {
        hasAnswer = true
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > MAX_ANSWER_BYTES) fail('malformedResponse', 'the answer is larger than 64 KB')
          else chunks.push(chunk)
        })
        response.on('end', () => {
          finish({
            ok: true,
            value: { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') },
          })
        })
        response.on('error', () => fail('notReachable', 'the connection broke'))
      },
    )
    const timer = setTimeout(
      () => fail('timeout', 'no answer within the time allowed'),
      options.timeoutMs ?? TIMEOUT_MS,
    )
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? ''
      const wasClosed = sent.reusedSocket && !hasAnswer && (code === 'ECONNRESET' || code === 'EPIPE')
      fail(isTlsError(code) ? 'tls' : 'notReachable', code === '' ? 'the connection failed' : code, wasClosed)
    })
    sent.end(call.body)
  })
}

/** Node.js names what is wrong with a certificate by OpenSSL's own words. */
function isTlsError(code: string): boolean {
  return (
    code.startsWith('ERR_TLS') ||
    code.startsWith('ERR_SSL') ||
    code === 'EPROTO' ||
    /^(?:UNABLE_TO|DEPTH_ZERO_|SELF_SIGNED_|CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/.test(code)
  )
}
