/**
 * `keyward serve` as it is released, in a process that can be asked for its load and its memory, and that can be killed.
 */
import { execFile, fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ACCOUNT, cleanEnvironment, MAIN, whenServing, type AccessKeys } from '../clients/serve-process.js'

/** Told over the channel to whoever asks; alone it keeps no process alive, and whose test has died goes with it. */
const PROBE = `process.on('message', (asked) => {
  if (asked === 'cpu') {
    const { user, system } = process.cpuUsage()
    process.send((user + system) / 1000)
    return
  }
  gc(); gc()
  const { heapUsed, external } = process.memoryUsage()
  process.send({ held: heapUsed + external, most: process.resourceUsage().maxRSS * 1024 })
})
process.on('disconnect', () => process.exit(1))
process.channel.unref()`

export interface Memory {
  /** In bytes, of objects and buffers, once what is garbage is gone. */
  readonly held: number
  /** The most that the process has ever had, in bytes, in whatever form. */
  readonly most: number
}

export interface ServedLoad {
  readonly connections: number
  readonly inFlight: number
}

export interface Serving {
  readonly url: string
  readonly told: () => string
  readonly load: () => Promise<ServedLoad>
  readonly memory: () => Promise<Memory>
  /** Of processor time that it has used, all of its threads together. */
  readonly cpuMs: () => Promise<number>
  /** As a machine does that loses its power. */
  readonly kill: () => Promise<void>
  /** Its exit status after SIGTERM. */
  readonly stop: () => Promise<number | null>
}

export interface Place {
  readonly folder: string
  /** Options that say where store and root key are. */
  readonly store: readonly string[]
}

/** A folder that the test takes away. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'keyward-hostile-'))
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

/** A machine that is busy with other tests makes every thread late, which is no reason to refuse anybody here. */
const ADMITTED = { maxWaiting: 100_000, maxWaitMs: 3_600_000, maxLoopDelayMs: 3_600_000 }

/** Ready. Refuses nobody for overload, unless the configuration says when. */
export async function startServing({ folder, store }: Place, config: object = {}): Promise<Serving> {
  const file = join(mkdtempSync(join(folder, 'process-')), 'serve.json')
  writeFileSync(file, JSON.stringify({ admission: ADMITTED, ...config }))
  const child = fork(
    MAIN,
    ['serve', ...store, '--config', file, '--listen', '127.0.0.1:0', '--metrics', '127.0.0.1:0'],
    {
      cwd: folder,
      env: cleanEnvironment(folder),
      execArgv: ['--no-warnings', '--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(PROBE)}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  )
  const { told, ended, stop } = await whenServing(child)
  const url = found(told(), / at (http\S*)\n/)
  const metricsUrl = found(told(), /metrics at (\S+)/)
  return {
    url,
    told,
    load: async () => {
      const text = await (await fetch(metricsUrl)).text()
      return {
        connections: Number(found(text, /^keyward_connections (\d+)$/m)),
        inFlight: Number(found(text, /^keyward_requests_in_flight (\d+)$/m)),
      }
    },
    memory: async () => (await asked(child, 'memory')) as Memory,
    cpuMs: async () => (await asked(child, 'cpu')) as number,
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    stop,
  }
}

/** In a store that is new. */
export function firstKeys({ told }: Serving): AccessKeys {
  return {
    accessKeyId: found(told(), /AWS_ACCESS_KEY_ID=(\S+)/),
    secretAccessKey: found(told(), /AWS_SECRET_ACCESS_KEY=(\S+)/),
  }
}

const run = promisify(execFile)

async function keyward({ folder, store }: Place, words: readonly string[]): Promise<string> {
  const options = { cwd: folder, env: cleanEnvironment(folder) }
  return (await run(process.execPath, ['--no-warnings', MAIN, ...words, ...store], options)).stdout
}

export async function addCredentials(place: Place, who: string): Promise<AccessKeys> {
  const printed = await keyward(place, ['credentials', 'add', who, '--account', ACCOUNT])
  return {
    accessKeyId: found(printed, /"AccessKeyId": "([^"]+)"/),
    secretAccessKey: found(printed, /"SecretAccessKey": "([^"]+)"/),
  }
}

export async function revokeCredentials({ folder, store }: Place, accessKeyId: string): Promise<void> {
  // It needs no root key.
  const [option = '', where = ''] = store
  await keyward({ folder, store: [option, where] }, ['credentials', 'revoke', accessKeyId])
}

/** What `PROBE` answers to this. */
function asked(child: ChildProcess, what: 'cpu' | 'memory'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.send(what, (error) => {
      if (error !== null) reject(error)
    })
  })
}

function found(text: string, form: RegExp): string {
  const [, part] = form.exec(text) ?? []
  if (part === undefined) throw new Error(`there is no ${form.source} in ${text}`)
  return part
}
