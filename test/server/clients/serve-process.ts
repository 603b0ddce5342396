/**
 * `keyward serve` as somebody starts it: the built command in a process of its own, on a port that is free, with a store in
 * a temporary folder.
 */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

export const MAIN = resolve('dist/cli/main.js')
const run = promisify(execFile)

export const ACCOUNT = '111122223333'
export const REGION = 'us-east-1'

export interface AccessKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** The command, and what it has told. */
export interface Serving {
  /** Of each listener. */
  readonly urls: readonly string[]
  /** Everything it has said. */
  readonly told: () => string
  /** Its exit status, once it has ended in good order. */
  readonly stop: () => Promise<number>
}

/** Started in a folder, and ready. */
export async function startServe(words: readonly string[], folder: string): Promise<Serving> {
  const child = spawn(process.execPath, ['--no-warnings', MAIN, ...words], {
    cwd: folder,
    env: cleanEnvironment(folder),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const { told, stop } = await whenServing(child)
  return {
    urls: / at (\S.*)\n/.exec(told())?.[1]?.split(', ') ?? [],
    told,
    stop: async () => (await stop()) ?? -1,
  }
}

/** Whose beginning or end takes longer on the busiest machine has come to a stop. */
const STANDS_STILL_MS = 60_000

export interface Watched {
  /** Everything that it has said. */
  readonly told: () => string
  /** Its exit status; null where a signal has ended it. */
  readonly ended: Promise<number | null>
  /** Asks it to end, and answers how it has; rejects where it does not, and then kills it. */
  readonly stop: () => Promise<number | null>
}

/** Once it serves. It goes with whoever runs the tests; rejects where it ends before, or does not get that far. */
export async function whenServing(child: ChildProcess): Promise<Watched> {
  const kill = (): unknown => child.kill('SIGKILL')
  process.once('exit', kill)
  let told = ''
  const ended = new Promise<number | null>((resolveEnded) => {
    child.once('close', (status) => {
      process.off('exit', kill)
      resolveEnded(status)
    })
  })
  const within = async <T>(work: Promise<T>, what: string): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const overdue = new Promise<never>((_resolve, fail) => {
      timer = setTimeout(() => fail(new Error(`keyward serve does not ${what}: ${told}`)), STANDS_STILL_MS)
    })
    try {
      return await Promise.race([work, overdue])
    } catch (error) {
      kill()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }
  const serving = new Promise<void>((ready, fail) => {
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      told += chunk
      if (told.includes('aws kms create-key\n')) ready()
    })
    void ended.then((status) => fail(new Error(`keyward serve has ended with ${status}: ${told}`)))
  })
  await within(serving, 'begin')
  return {
    told: () => told,
    ended,
    stop: () => {
      child.kill('SIGTERM')
      return within(ended, 'end')
    },
  }
}

/** Of a cluster, those that serve; the one that has lived longest first. */
export function childrenOf(parent: number | undefined): readonly number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid = 0, ppid]) => (ppid === parent ? [pid] : []))
}

export interface ServeProcess extends Serving {
  readonly url: string
  /** Its store, and room for what a test needs. */
  readonly folder: string
  /** Those it has made for the root of the account. */
  readonly rootKeys: AccessKeys
  /** Makes an access key while it runs, as `keyward credentials add` does. */
  readonly credentialsOf: (who: string) => Promise<AccessKeys>
  readonly revoke: (accessKeyId: string) => Promise<void>
}

export interface ServeSettings {
  /** The content of a world file. */
  readonly world?: object
  readonly config?: object
}

export async function serveProcess({ world, config }: ServeSettings = {}): Promise<ServeProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-clients-'))
  const words = ['serve', '--store', 'keys']
  if (world !== undefined) {
    mkdirSync(join(folder, 'world'))
    writeFileSync(join(folder, 'world/world.json'), JSON.stringify({ keyward: 'world/1', ...world }))
    words.push('--world', 'world')
  }
  if (config !== undefined) {
    writeFileSync(join(folder, 'serve.json'), JSON.stringify(config))
    words.push('--config', 'serve.json')
  }
  if (config === undefined || !('listen' in config)) words.push('--listen', '127.0.0.1:0')
  const serving = await startServe(words, folder)
  const text = serving.told()
  const [url] = serving.urls
  const [, accessKeyId] = /AWS_ACCESS_KEY_ID=(\S+)/.exec(text) ?? []
  const [, secretAccessKey] = /AWS_SECRET_ACCESS_KEY=(\S+)/.exec(text) ?? []
  if (url === undefined || accessKeyId === undefined || secretAccessKey === undefined) throw new Error(text)
  const keyward = async (...args: readonly string[]): Promise<string> => {
    const options = { cwd: folder, env: cleanEnvironment(folder) }
    return (await run(process.execPath, ['--no-warnings', MAIN, ...args, '--data-dir', 'keys'], options)).stdout
  }
  return {
    ...serving,
    url,
    folder,
    rootKeys: { accessKeyId, secretAccessKey },
    credentialsOf: async (who) => {
      const printed = JSON.parse(await keyward('credentials', 'add', who, '--account', ACCOUNT)) as {
        readonly AccessKey: { readonly AccessKeyId: string; readonly SecretAccessKey: string }
      }
      const { AccessKeyId, SecretAccessKey } = printed.AccessKey
      return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey }
    },
    revoke: async (id) => void (await keyward('credentials', 'revoke', id)),
    stop: async () => {
      const status = await serving.stop()
      rmSync(folder, { recursive: true, force: true })
      return status
    },
  }
}

/** Nothing of whoever runs the tests: neither their credentials nor their settings. */
export function cleanEnvironment(folder: string, more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !/^(?:AWS|KEYWARD|NODE|npm|VITEST)_/i.test(name))
  return {
    ...Object.fromEntries(others),
    XDG_DATA_HOME: join(folder, 'home'),
    AWS_CONFIG_FILE: join(folder, 'aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'aws-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    LC_ALL: 'C.UTF-8',
    ...more,
  }
}
