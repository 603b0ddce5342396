/**
 * Signature Version 4 over a request to an external key store proxy: POST, a JSON body, no query.
 *
 * Source: IAM User Guide, "Create a signed AWS API request"; XKS proxy API specification 1.0.3, "Authentication".
 */
import { createHash, createHmac } from 'node:crypto'

export interface ProxyCredential {
  readonly accessKeyId: string
  /** Used as the text that it is, not decoded. */
  readonly secretAccessKey: string
}

export interface ProxyRequest {
  /** As in the Host header. */
  readonly host: string
  /** Already in the form in which it is sent. */
  readonly path: string
  readonly body: string
  readonly region: string
  readonly nowMs: number
}

const SERVICE = 'kms-xks-proxy'
const SIGNED_HEADERS = 'content-type;host;x-amz-date'
const CONTENT_TYPE = 'application/json'

/** The headers that make the request a signed one. */
export function signedHeaders(request: ProxyRequest, credential: ProxyCredential): Readonly<Record<string, string>> {
  // 2026-06-01T12:00:00.000Z -> 20260601T120000Z
  const timestamp = `${new Date(request.nowMs).toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`
  const date = timestamp.slice(0, 8)
  const scope = `${date}/${request.region}/${SERVICE}/aws4_request`
  const canonical = [
    'POST',
    request.path,
    '',
    `content-type:${CONTENT_TYPE}`,
    `host:${request.host}`,
    `x-amz-date:${timestamp}`,
    '',
    SIGNED_HEADERS,
    sha256(request.body),
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n')
  const key = [date, request.region, SERVICE, 'aws4_request'].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`AWS4${credential.secretAccessKey}`),
  )
  const signature = hmac(key, toSign).toString('hex')
  return {
    host: request.host,
    'content-type': CONTENT_TYPE,
    'x-amz-date': timestamp,
    authorization:
      `AWS4-HMAC-SHA256 Credential=${credential.accessKeyId}/${scope}, ` +
      `SignedHeaders=${SIGNED_HEADERS}, Signature=${signature}`,
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
