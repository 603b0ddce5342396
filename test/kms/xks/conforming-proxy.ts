/**
 * A small external key store proxy that does what the specification asks of one: it checks signatures, encrypts with
 * AES-256-GCM and authenticates its own metadata. A test may make it misbehave.
 *
 * Source: XKS proxy API specification 1.0.3.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { issue } from '../attestation/authority.js'

export const CREDENTIAL = { accessKeyId: 'A2B3C4D5E6F7A2B3C4D5', secretAccessKey: `${'s/e+c=r0t'.repeat(5)}` }
const CLOCK_SKEW_MS = 300_000

export interface ProxyRecord {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface Misbehaviour {
  /** Answers this in place of what would be right; undefined lets the right answer through. */
  answer?: (path: string, right: Answer) => Answer | 'hang' | 'break' | undefined
}

export interface Answer {
  readonly status: number
  readonly body: string
}

/** How a proxy is that is well. */
export const HEALTHY: Answer = {
  status: 200,
  body: JSON.stringify({
    xksProxyFleetSize: 1,
    xksProxyVendor: 'test',
    xksProxyModel: 'conforming',
    ekmVendor: 'test',
    ekmFleetDetails: [{ id: 'one', model: 'm', healthStatus: 'ACTIVE' }],
  }),
}

export class ConformingProxy {
  readonly records: ProxyRecord[] = []
  readonly misbehaviour: Misbehaviour = {}
  private readonly keys = new Map<string, Buffer>()

  private constructor(
    private readonly server: Server,
    readonly ca: string,
    private readonly nowMs: () => number,
  ) {}

  static async start(nowMs: () => number = () => Date.now()): Promise<ConformingProxy> {
    const day = 86_400_000
    const certificate = issue({
      name: 'localhost',
      isCa: true,
      keyUsage: 0x84,
      fromMs: Date.now() - day,
      toMs: Date.now() + day,
    })
    const ca = `-----BEGIN CERTIFICATE-----\n${certificate.der.toString('base64')}\n-----END CERTIFICATE-----\n`
    const server = createServer({ cert: ca, key: certificate.key.export({ format: 'pem', type: 'pkcs8' }) })
    const proxy = new ConformingProxy(server, ca, nowMs)
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8')
        const path = request.url ?? ''
        const right = proxy.answer(path, body, request.headers)
        const answer = proxy.misbehaviour.answer?.(path, right) ?? right
        if (answer === 'hang') return
        if (answer === 'break') request.socket.destroy()
        else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
      })
    })
    await new Promise<void>((resolve) => {
      server.listen(0, 'localhost', resolve)
    })
    return proxy
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  addKey(id: string): void {
    this.keys.set(id, randomBytes(32))
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => {
      this.server.close(resolve)
    })
  }

  private answer(path: string, text: string, headers: Readonly<Record<string, unknown>>): Answer {
    if (!this.isSigned(path, text, headers)) return failure(401, 'AuthenticationFailedException')
    const body = JSON.parse(text) as Record<string, string>
    this.records.push({ path, body })
    if (path === '/kms/xks/v1/health') return HEALTHY
    const match = /^\/kms\/xks\/v1\/keys\/([a-zA-Z0-9-_.]{1,128})\/(metadata|encrypt|decrypt)$/.exec(path)
    if (match === null) return failure(404, 'InvalidUriPathException')
    const key = this.keys.get(match[1]!)
    if (key === undefined) return failure(404, 'KeyNotFoundException')
    if (match[2] === 'metadata') {
      return ok({ keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'ENABLED' })
    }
    return match[2] === 'encrypt' ? encrypt(key, body) : decrypt(key, body)
  }

  private isSigned(path: string, body: string, headers: Readonly<Record<string, unknown>>): boolean {
    const match =
      /^AWS4-HMAC-SHA256 Credential=([A-Z2-7]+)\/(\d{8})\/([a-z0-9-]+)\/kms-xks-proxy\/aws4_request, SignedHeaders=([a-z;-]+), Signature=([0-9a-f]{64})$/.exec(
        String(headers.authorization),
      )
    if (match === null || match[1] !== CREDENTIAL.accessKeyId) return false
    const [, , date, region, names, signature] = match
    const at = String(headers['x-amz-date'])
    const iso = at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
    if (Math.abs(Date.parse(iso) - this.nowMs()) > CLOCK_SKEW_MS || !at.startsWith(date!)) return false
    const hash = (value: string): string => createHash('sha256').update(value).digest('hex')
    const list = names!.split(';').map((name) => `${name}:${String(headers[name])}\n`)
    const canonical = `POST\n${path}\n\n${list.join('')}\n${names!}\n${hash(body)}`
    const toSign = `AWS4-HMAC-SHA256\n${at}\n${date!}/${region!}/kms-xks-proxy/aws4_request\n${hash(canonical)}`
    let key = Buffer.from(`AWS4${CREDENTIAL.secretAccessKey}`)
    for (const part of [date!, region!, 'kms-xks-proxy', 'aws4_request', toSign]) {
      key = createHmac('sha256', key).update(part).digest()
    }
    return timingSafeEqual(key, Buffer.from(signature!, 'hex'))
  }
}

const METADATA = Buffer.from('v=1')

function encrypt(key: Buffer, body: Readonly<Record<string, string>>): Answer {
  const aad = Buffer.from(body.additionalAuthenticatedData ?? '', 'base64')
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(framed(aad, METADATA))
  const ciphertext = Buffer.concat([cipher.update(body.plaintext!, 'base64'), cipher.final()])
  const tag = cipher.getAuthTag()
  const integrity = createHash('sha256')
    .update(Buffer.concat([aad, METADATA, iv, ciphertext, tag]))
    .digest('base64')
  return ok({
    ciphertext: ciphertext.toString('base64'),
    initializationVector: iv.toString('base64'),
    authenticationTag: tag.toString('base64'),
    ciphertextMetadata: METADATA.toString('base64'),
    ...(body.ciphertextDataIntegrityValueAlgorithm === 'SHA_256' ? { ciphertextDataIntegrityValue: integrity } : {}),
  })
}

function decrypt(key: Buffer, body: Readonly<Record<string, string>>): Answer {
  const aad = Buffer.from(body.additionalAuthenticatedData ?? '', 'base64')
  const metadata = Buffer.from(body.ciphertextMetadata ?? '', 'base64')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(body.initializationVector!, 'base64'))
      .setAAD(framed(aad, metadata))
      .setAuthTag(Buffer.from(body.authenticationTag!, 'base64'))
    const plaintext = Buffer.concat([decipher.update(body.ciphertext!, 'base64'), decipher.final()])
    return ok({ plaintext: plaintext.toString('base64') })
  } catch {
    return failure(400, 'InvalidCiphertextException')
  }
}

function framed(aad: Buffer, metadata: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(aad.length)
  return Buffer.concat([length, aad, Buffer.of(metadata.length), metadata])
}

function ok(body: Readonly<Record<string, unknown>>): Answer {
  return { status: 200, body: JSON.stringify(body) }
}

export function failure(status: number, errorName: string, errorMessage = 'as the test wants it'): Answer {
  return { status, body: JSON.stringify({ errorName, errorMessage }) }
}
