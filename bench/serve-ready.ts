/**
 * From the start of `keyward serve` to the moment at which it says that it is ready, on a store with many keys.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { rootKeyPath } from '../src/cli/kms-root-key.js'
import { openSqliteStore } from '../src/store/sqlite.js'
import { fillKeys } from './kms-fill.js'
import type { Report } from './serve-figures.js'

const COUNT = 10_000
const STARTS = 7
const BETWEEN_PROBES_MS = 2
const PROBE = 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

/** @param cli - the program of the command. */
export async function startToReady(report: Report, folder: string, cli: string): Promise<void> {
  const data = join(folder, 'ready')
  // Makes the store and its root key.
  await start(cli, data)
  const store = await openSqliteStore({ folder: data })
  const rootKey = { kind: 'file', path: rootKeyPath(data) } as const
  await fillKeys(store, { rootKey, account: '111122223333', region: 'us-east-1', count: COUNT })
  await store.close()
  const [times, bares]: [number[], number[]] = [[], []]
  for (let round = 0; round < STARTS; round++) {
    bares.push(await bareMs())
    times.push(await start(cli, data))
  }
  report.add('node -e 0', 'ms wall', bares)
  report.add('keyward serve, to ready', 'ms wall', times, { text: '<= 1,000', atMost: 1000 })
}

async function bareMs(): Promise<number> {
  const startedAtMs = performance.now()
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit')
  return performance.now() - startedAtMs
}

/** Milliseconds until it was ready; it is ended again. */
async function start(cli: string, data: string): Promise<number> {
  const port = await freePort()
  const words = [cli, 'serve', '--data-dir', data, '--listen', `127.0.0.1:${port}`]
  const startedAtMs = performance.now()
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString()
  })
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error(`keyward serve has ended: ${said}`)
    await new Promise((resolve) => {
      setTimeout(resolve, BETWEEN_PROBES_MS)
    })
  }
  const ms = performance.now() - startedAtMs
  await end(child)
  return ms
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => resolve(false))
    socket.once('data', (bytes) => {
      resolve(bytes.toString('latin1', 9, 12) === '200')
      socket.destroy()
    })
    socket.on('close', () => resolve(false))
    socket.write(PROBE)
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
