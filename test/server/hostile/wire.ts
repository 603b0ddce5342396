/** Requests as the bytes that a signer makes of them, and clients that send any bytes and read one answer after the other. */
import aws4, { type Keys } from 'aws4'
import { connect, type Socket } from 'node:net'
import { ACCOUNT, REGION } from '../clients/serve-process.js'

export const JSON_TYPE = 'application/x-amz-json-1.1'
export const FORM_TYPE = 'application/x-www-form-urlencoded'
export const userArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:user/${name}`

export interface Unsigned {
  readonly service?: 'kms' | 'sts'
  readonly method?: string
  readonly path?: string
  readonly region?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** @param date - as `X-Amz-Date` has it; now, when left out. */
export function signedBytes(url: string, keys: Keys, request: Unsigned, date?: string): Buffer {
  const { service = 'kms', method = 'POST', path = '/', region = REGION, headers = {} } = request
  const body = Buffer.from(request.body)
  const signed = aws4.sign(
    {
      service,
      region,
      method,
      path,
      body,
      host: new URL(url).host,
      headers: { ...headers, 'Content-Length': body.length, ...(date !== undefined && { 'X-Amz-Date': date }) },
    },
    { accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretAccessKey },
  )
  const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${signed.path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), body])
}

/** An operation of KMS. */
export function operation(name: string, input: object | string | Buffer = {}): Unsigned {
  const body = typeof input === 'string' || Buffer.isBuffer(input) ? input : JSON.stringify(input)
  return { headers: { 'Content-Type': JSON_TYPE, 'X-Amz-Target': `TrentService.${name}` }, body }
}

export interface WireAnswer {
  /** 0 where the connection has ended before an answer was whole. */
  readonly status: number
  readonly body: string
}

const NO_ANSWER: WireAnswer = { status: 0, body: '' }
const HEAD = /^HTTP\/1\.1 (\d{3}) [^]*?\r\n\r\n/
const LENGTH = /\r\nContent-Length: (\d+)\r\n/i

/** One connection after the other, each for as many requests as the server takes. */
export class WireClient {
  private socket: Socket | undefined
  private text = ''
  private take: ((answer: WireAnswer) => void) | undefined

  constructor(private readonly url: string) {}

  ask(request: Buffer): Promise<WireAnswer> {
    return new Promise((resolve) => {
      this.take = resolve
      this.socket ??= this.open()
      this.socket.write(request)
    })
  }

  close(): void {
    this.socket?.destroy()
    this.socket = undefined
  }

  private open(): Socket {
    const { hostname, port } = new URL(this.url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    this.text = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      this.text += String(chunk)
      this.read(socket)
    })
    socket.on('error', () => undefined)
    socket.once('close', () => {
      if (this.socket !== socket) return
      this.socket = undefined
      this.answer(NO_ANSWER)
    })
    return socket
  }

  private read(socket: Socket): void {
    const [head, status] = HEAD.exec(this.text) ?? []
    if (head === undefined) return
    const end = head.length + Number(LENGTH.exec(head)?.[1] ?? 0)
    if (this.text.length < end) return
    const body = this.text.slice(head.length, end)
    this.text = this.text.slice(end)
    if (/\r\nConnection: close\r\n/i.test(head) && this.socket === socket) this.close()
    this.answer({ status: Number(status), body })
  }

  private answer(answer: WireAnswer): void {
    const { take } = this
    this.take = undefined
    take?.(answer)
  }
}

/** However it ends. */
export function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
  })
}

/** The code of an error, of either service. */
export function codeOf({ body }: WireAnswer): string {
  return /"__type":"([^"]*)"/.exec(body)?.[1] ?? /<Code>([^<]*)<\/Code>/.exec(body)?.[1] ?? ''
}

/** xorshift32: the same numbers for the same seed, from 0 to below 1. */
export function diceOf(seed: number): () => number {
  let state = Math.imul(seed + 1, 2_654_435_761) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
