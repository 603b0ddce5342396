/**
 * The processes of the server benchmarks: servers and the client, asked and ended.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import aws4 from 'aws4'
import type { AccessKey, ClientAnswer, ClientTask, Made, Place, ServerSetup, Started } from './serve-messages.js'

export const ROOT_KEY = randomBytes(32).toString('hex')

export interface Server {
  readonly place: Place
  readonly made: Made | undefined
  /** Of the process, user and system, in microseconds. */
  readonly cpuUs: () => Promise<number>
  readonly close: () => Promise<void>
}

export interface Client {
  readonly prepare: (id: string, texts: readonly string[]) => Promise<void>
  readonly run: (task: Exclude<ClientTask, { kind: 'requests' }>) => Promise<ClientAnswer>
  readonly close: () => Promise<void>
}

/** @param core - the one that the process may use; any when left out. */
export async function startServerProcess(setup: ServerSetup, core?: number): Promise<Server> {
  const child = start('serve-server.js', [JSON.stringify(setup)], core)
  const { host, port, made } = (await reply(child)) as Started
  return {
    place: { host, port },
    made,
    cpuUs: async () => {
      child.send({})
      const { user, system } = (await reply(child)) as NodeJS.CpuUsage
      return user + system
    },
    close: () => end(child),
  }
}

export function startClient(): Client {
  const child = start('serve-client.js', [], undefined)
  const ask = (task: ClientTask): Promise<unknown> => {
    child.send(task)
    return reply(child)
  }
  return {
    prepare: async (id, texts) => {
      await ask({ kind: 'requests', id, texts })
    },
    run: async (task) => {
      const answer = (await ask(task)) as ClientAnswer | { readonly error: string }
      if ('error' in answer) throw new Error(answer.error)
      return answer
    },
    close: () => end(child),
  }
}

function start(program: string, words: readonly string[], core: number | undefined): ChildProcess {
  const path = fileURLToPath(new URL(program, import.meta.url))
  const command = [process.execPath, ...profiling(program), path, ...words]
  const pinned = core === undefined ? command : ['taskset', '-c', String(core), ...command]
  // Standard output is for figures.
  return spawn(pinned[0]!, pinned.slice(1), { stdio: ['ignore', 2, 2, 'ipc'] })
}

function profiling(program: string): readonly string[] {
  const folder = process.env['KEYWARD_BENCH_PROFILES']
  return folder === undefined || program !== 'serve-server.js' ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
}

async function reply(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  const exited = once(child, 'exit', ended).then(([status]) => {
    throw new Error(`a process of the benchmark has ended with ${status}`)
  })
  exited.catch(() => undefined)
  const message = once(child, 'message', ended).then(([value]: readonly unknown[]) => value)
  message.catch(() => undefined)
  try {
    return await Promise.race([message, exited])
  } finally {
    ended.abort()
  }
}

/** How long a process has to end by itself once nobody asks it any more. */
const ENDS_WITHIN_MS = 10_000

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS)
  child.disconnect()
  await exited
  clearTimeout(timer)
}

const REGION = 'us-east-1'
const AGENT = 'aws-sdk-js/3.1162.0 ua/2.1 os/linux lang/js md/nodejs#24.0.0 api/kms#3.1162.0'
/** Signed over so many seconds, as requests of a busy client are; each is right for 5 minutes. */
const SECONDS = 8

/** One request for each input, as they go over the wire. */
export function signed(
  { host, port }: Place,
  { accessKeyId, secretAccessKey }: AccessKey,
  operation: string,
  inputs: readonly object[],
): readonly string[] {
  const nowMs = Date.now()
  return inputs.map((input, index) => {
    const body = JSON.stringify(input)
    const date = new Date(nowMs - (index % SECONDS) * 1000).toISOString().replaceAll(/[-:]|\.\d+/g, '')
    const { headers } = aws4.sign(
      {
        host: `${host}:${port}`,
        method: 'POST',
        path: '/',
        service: 'kms',
        region: REGION,
        headers: {
          'Content-Type': 'application/x-amz-json-1.1',
          'X-Amz-Target': `TrentService.${operation}`,
          'X-Amz-Date': date,
          'User-Agent': AGENT,
        },
        body,
      },
      { accessKeyId, secretAccessKey },
    )
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
    return `POST / HTTP/1.1\r\n${lines.join('')}\r\n${body}`
  })
}
