/** boto3, the AWS SDK for Python, in a process of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isRecord } from './records.js'
import { cleanEnvironment, REGION, type AccessKeys } from './serve-process.js'

const BRIDGE = fileURLToPath(new URL('bridge.py', import.meta.url))

/** A Python that has boto3, the first of those that are there. */
export const PYTHON = ['python3', '/usr/bin/python3'].find(
  (python) => spawnSync(python, ['-c', 'import boto3'], { stdio: 'ignore' }).status === 0,
)

export interface BotoClient {
  readonly service: 'kms' | 'sts'
  readonly url: string
  readonly keys: AccessKeys
  readonly region?: string
  /** File of the certificates that are trusted. */
  readonly ca?: string
  /** The first one included; 1 when left out. */
  readonly attempts?: number
}

export interface BotoFailure {
  readonly class: string
  readonly text: string
  /** Of an error that the service has answered. */
  readonly isModeled?: boolean
  readonly code?: string
  readonly message?: string
  readonly status?: number
  readonly requestId?: string
}

export class BotoError extends Error {
  constructor(readonly failure: BotoFailure) {
    super(`${failure.class}: ${failure.text}`)
  }
}

export interface KnownOperation {
  readonly method: string
  readonly input: readonly string[]
  readonly output: readonly string[]
}

/** As boto3 gives it; bytes are Buffers and points in time Dates again. */
export type BotoAnswer = Readonly<Record<string, unknown>> & { readonly ResponseMetadata: BotoMetadata }

interface BotoMetadata {
  readonly RequestId: string
  readonly HTTPStatusCode: number
  readonly RetryAttempts: number
}

export class Boto3 {
  private readonly waiting: ((line: string) => void)[] = []
  private said = ''

  private constructor(private readonly child: ChildProcess) {
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (this.said += chunk))
    createInterface({ input: child.stdout! }).on('line', (line) => this.waiting.shift()?.(line))
    child.once('close', () => {
      for (const each of this.waiting.splice(0)) each(JSON.stringify({ error: { class: 'ended', text: this.said } }))
    })
  }

  static start(folder: string): Boto3 {
    if (PYTHON === undefined) throw new Error('there is no Python with boto3')
    return new Boto3(spawn(PYTHON, [BRIDGE], { env: cleanEnvironment(folder), stdio: 'pipe' }))
  }

  /** @param method - such as `create_key`. */
  async call(client: BotoClient, method: string, input: object = {}): Promise<BotoAnswer> {
    return (await this.ask({ do: 'call', client, method, input })) as BotoAnswer
  }

  async pages(client: BotoClient, method: string, size: number, input: object = {}): Promise<readonly BotoAnswer[]> {
    return (await this.ask({ do: 'pages', client, method, size, input })) as readonly BotoAnswer[]
  }

  /** A URL that asks once it is opened. */
  async presigned(client: BotoClient, method: string, seconds: number): Promise<string> {
    return String(await this.ask({ do: 'presign', client, method, seconds }))
  }

  async known(client: BotoClient): Promise<{
    readonly version: string
    readonly operations: Readonly<Record<string, KnownOperation>>
  }> {
    return (await this.ask({ do: 'known', client })) as Awaited<ReturnType<Boto3['known']>>
  }

  stop(): Promise<unknown> {
    const closed = new Promise((resolve) => {
      this.child.once('close', resolve)
    })
    this.child.stdin?.end()
    return closed
  }

  private async ask({ client, ...request }: { readonly client: BotoClient; readonly [name: string]: unknown }) {
    const line = JSON.stringify(plain({ client: { region: REGION, ...client }, ...request }))
    const reply = await new Promise<string>((resolve) => {
      this.waiting.push(resolve)
      this.child.stdin?.write(`${line}\n`)
    })
    const { ok, error } = JSON.parse(reply) as { readonly ok?: unknown; readonly error?: BotoFailure }
    if (error !== undefined) throw new BotoError(error)
    return native(ok)
  }
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (value instanceof Date) return { $timeMs: value.getTime() }
  if (Array.isArray(value)) return value.map(plain)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]))
}

function native(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(native)
  if (!isRecord(value)) return value
  if (typeof value['$bytes'] === 'string') return Buffer.from(value['$bytes'], 'base64')
  if (typeof value['$timeMs'] === 'number') return new Date(value['$timeMs'])
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, native(each)]))
}
