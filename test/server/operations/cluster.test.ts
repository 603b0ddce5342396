/** `keyward serve --cluster` as somebody starts it: real processes, one store, one address. */
import { CreateKeyCommand, DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { childrenOf } from '../clients/serve-process.js'
import { readMetrics } from './operating-server.js'

const MAIN = 'dist/cli/main.js'
const SLOW = { timeout: 50_000, interval: 100 }

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-cluster-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Running {
  readonly child: ChildProcess
  readonly told: () => string
  /** Its status, once it has ended. */
  readonly ended: Promise<number | null>
}

function serve(...words: string[]): Running {
  const child = spawn(process.execPath, [MAIN, 'serve', '--listen', '127.0.0.1:0', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: folder },
  })
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text))
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (status) => resolve(status))
  })
  onTestFinished(async () => {
    // A first process that is killed takes the others with it.
    child.kill('SIGKILL')
    await ended
  })
  return { child, told: () => told, ended }
}

test('several processes answer as one, are replaced one after the other, and end together', async () => {
  const log = join(folder, 'keyward.log')
  const { child, told, ended } = serve(
    '--store',
    join(folder, 'keys'),
    '--cluster',
    '2',
    '--metrics',
    '127.0.0.1:0',
    '--log-file',
    log,
  )
  await expect.poll(told, SLOW).toContain('aws kms create-key')
  expect(told()).toContain('serving with 2 processes')
  const find = (form: RegExp): string => form.exec(told())?.[1] ?? ''
  const metrics = async () => readMetrics(await (await fetch(find(/metrics at (\S+)/))).text())
  const kms = new KMSClient({
    endpoint: find(/ at (\S+)\n/),
    region: 'us-east-1',
    credentials: { accessKeyId: find(/KEY_ID=(\S+)/), secretAccessKey: find(/SECRET_ACCESS_KEY=(\S+)/) },
  })
  onTestFinished(() => kms.destroy())
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const describe = () => kms.send(new DescribeKeyCommand({ KeyId: KeyMetadata?.KeyId }))
  await Promise.all(Array.from({ length: 20 }, describe))
  const described = 'keyward_requests_total{service="kms",operation="DescribeKey",code="ok"}'
  const before = await metrics()
  expect([before.get(described), before.get('keyward_processes'), before.get('keyward_ready')]).toEqual([20, 2, 1])

  child.kill('SIGUSR2')
  await expect.poll(told, SLOW).toContain('SIGUSR2: all processes are new')
  await describe()
  const after = await metrics()
  expect([after.get(described), after.get('keyward_processes')]).toEqual([21, 2])
  const lines = () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { readonly pid: number; readonly message: string })
  await expect.poll(() => new Set(lines().map(({ pid }) => pid)).size, SLOW).toBe(4)

  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  expect(told()).toMatch(/ended\n$/)
  expect(lines().filter(({ message }) => message === 'ended')).toHaveLength(4)
})

async function listening(): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return server
}

async function freePort(): Promise<number> {
  const server = await listening()
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return port
}

/** How often one was answered, broken off, or left without either. */
type Ends = Record<'answered' | 'broken' | 'left', number>

/** On a connection of its own. */
function askAnew(url: string): Promise<keyof Ends> {
  return new Promise((resolve) => {
    const asked = get(url, { agent: false, timeout: SLOW.timeout }, (response) => {
      response.on('end', () => resolve('answered')).resume()
    })
    asked.on('timeout', () => {
      resolve('left')
      asked.destroy()
    })
    asked.on('close', () => resolve('broken'))
    asked.on('error', () => resolve('broken'))
  })
}

test('whoever connects while a process dies is answered or broken off, never left waiting', async () => {
  // One that the system chooses is another one when all have died.
  const address = `127.0.0.1:${await freePort()}`
  const { child, told } = serve('--store', join(folder, 'keys'), '--cluster', '2', '--listen', address)
  await expect.poll(told, SLOW).toContain('aws kms create-key')
  const url = `http://${address}/healthz`
  const ends: Ends = { answered: 0, broken: 0, left: 0 }
  const over = new AbortController()
  const asking = Array.from({ length: 64 }, async () => {
    while (!over.signal.aborted) {
      const end = await askAnew(url)
      ends[end]++
      if (end === 'broken') await setTimeout(10)
    }
  })
  const answered = async (): Promise<void> => {
    const before = ends.answered
    await expect.poll(() => ends.answered, { ...SLOW, interval: 5 }).toBeGreaterThan(before + 100)
  }
  for (let kills = 0; kills < 6; kills++) {
    await expect.poll(() => childrenOf(child.pid), SLOW).toHaveLength(2)
    await answered()
    const [oldest = 0] = childrenOf(child.pid)
    process.kill(oldest, 'SIGKILL')
  }
  await answered()
  over.abort()
  await Promise.all(asking)
  expect(ends).toMatchObject({ left: 0 })
  expect(ends.broken).toBeGreaterThan(0)
})

test.each(['one after the other', 'all at once'])(
  'a port that the system chose outlives processes that die %s',
  async (how) => {
    const words = ['--cluster', '2', '--listen', '127.0.0.1:0']
    const { child, told, ended } = serve('--store', join(folder, 'keys'), ...words)
    await expect.poll(told, SLOW).toContain('aws kms create-key')
    const urls = / at (\S+), (\S+)\n/.exec(told())?.slice(1) ?? []
    expect(new Set(urls).size).toBe(2)
    const areServed = async () => (await Promise.all(urls.map((url) => askAnew(`${url}/healthz`)))).join()
    for (let round = 0; round < 2; round++) {
      const before = childrenOf(child.pid)
      expect(before).toHaveLength(2)
      for (const pid of before) {
        process.kill(pid, 'SIGKILL')
        const isNew = (each: number) => !before.includes(each)
        if (how === 'one after the other') {
          await expect.poll(() => childrenOf(child.pid).filter(isNew).length, SLOW).toBe(1 + before.indexOf(pid))
        }
      }
      await expect.poll(() => childrenOf(child.pid).filter((pid) => !before.includes(pid)).length, SLOW).toBe(2)
      await expect.poll(areServed, SLOW).toBe('answered,answered')
    }
    // Those that come after ones that have come back share their port as well.
    child.kill('SIGUSR2')
    await expect.poll(told, SLOW).toMatch(/SIGUSR2: (all processes are new|a new process could not)/)
    expect(told()).toContain('all processes are new')
    expect(await areServed()).toBe('answered,answered')
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  },
)

test('what all of them warn of is told once, also when they read again', async () => {
  const world = join(folder, 'world')
  mkdirSync(world)
  writeFileSync(join(world, 'acme.json'), JSON.stringify({ keyward: 'world/1', accounts: { '111122223333': {} } }))
  const words = ['--cluster', '2', '--mode', 'audit', '--world', world]
  const { child, told, ended } = serve('--store', join(folder, 'keys'), ...words)
  await expect.poll(told, SLOW).toContain('aws kms create-key')
  expect(told().match(/^keyward: .*audit/gm)).toHaveLength(1)
  child.kill('SIGHUP')
  await expect.poll(told, SLOW).toContain('SIGHUP: read again')
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  expect(told().match(/SIGHUP: read again/g)).toHaveLength(1)
  expect(told().match(/; 0 changed/g)).toHaveLength(1)
})

test.each([
  [['--store', 'memory'], 'processes cannot share a store in memory'],
  [['--store', 'keys', '--passphrase'], 'several processes cannot ask for a passphrase'],
  [['--store', 'keys', '--passphrase-file', '-'], 'several processes cannot read one standard input'],
  [['--store', 'memory', '--cluster', 'many'], '`many` is no number of processes'],
])('what cannot be shared is refused: %j', async (words, expected) => {
  const { told, ended } = serve('--cluster', '2', ...words)
  expect(await ended).toBe(2)
  await expect.poll(told, SLOW).toContain(expected)
})

test.each(['--listen', '--metrics'])('a cluster whose address of %s is taken makes nothing', async (option) => {
  const taken = await listening()
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as AddressInfo
  const { told, ended } = serve('--store', join(folder, 'keys'), '--cluster', '2', option, `127.0.0.1:${port}`)
  expect(await ended).toBe(2)
  expect(told()).toBe(
    `keyward: cannot listen on \`127.0.0.1:${port}\`: another program does already; end that one, or choose another port\n`,
  )
  expect(existsSync(join(folder, 'keys'))).toBe(false)
})

test('a cluster that cannot start ends', async () => {
  const { told, ended } = serve('--store', join(folder, 'keys'), '--cluster', '2', '--listen', '192.0.2.1:0')
  expect(await ended).toBe(2)
  expect(told().match(/allow it with `--allow-insecure-listen`/g)).toHaveLength(1)
})
