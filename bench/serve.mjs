/**
 * Benchmarks of the server. Bundled from the sources into `node_modules/.cache`, from where packages and the programs of
 * the threads are found.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'

/** What takes longer hangs. */
const LONGEST_MS = 180_000

const BENCHES = {
  'serve-encrypt': [
    'Encrypt over HTTP beside a bare echo',
    '32 bytes and an encryption context; signatures verified, authorized by the graph (default key policy), audit on, memory store; 512 requests signed over 8 seconds; the echo is node:http with JSON.parse and JSON.stringify and gets the same bytes',
  ],
  'serve-describe': ['DescribeKey over HTTP beside a bare echo', 'as `serve-encrypt`'],
  'serve-moto': ["Encrypt over HTTP beside moto's server", 'as `serve-encrypt`, 32 connections'],
  'serve-latency': [
    'Latency at half of the peak load',
    'as `serve-encrypt`, 64 connections; one request every so often, whether or not those before are answered, sent at the next millisecond and measured from the moment it was due; 1.2 seconds a round',
  ],
  'serve-grants': [
    'CreateGrant over HTTP on SQLite',
    '64 keys; the bare write puts one row and one audit record of the same size, by the same server',
  ],
  'serve-grants-postgres': [
    'CreateGrant over HTTP on PostgreSQL',
    'as `serve-grants`; PostgreSQL on the same machine, durable as it is by itself',
  ],
  'serve-sign': [
    'RSA-2048 Sign by one process and by two',
    'SQLite, audit on; each process bound to a core; 32 connections',
  ],
  'serve-visible': [
    'A changed key policy in every process',
    'PostgreSQL, 4 processes, audit off; each is asked again 2 ms after its last answer until it follows the change',
  ],
  'serve-ready': [
    '`keyward serve`, from its start to ready',
    '10,000 keys with a policy, an alias and 10 grants each, SQLite',
  ],
}

export function serveBenches({ cli, folder }) {
  return Object.keys(BENCHES).map((name) => ({ name, run: () => serve({ cli, folder, name }) }))
}

async function serve({ cli, folder, name }) {
  const [title, input] = BENCHES[name]
  if (name === 'serve-ready' && !existsSync(cli)) {
    return { name, title, input, figures: [], notes: ['not run: `npm run build` first'] }
  }
  const built = await bundle('keyward-bench-serve', {
    'serve-run': 'bench/serve-run.ts',
    'serve-server': 'bench/serve-server.ts',
    'serve-client': 'bench/serve-client.ts',
    'sqlite-writer': 'src/store/sqlite-writer.ts',
    'slow-worker': 'src/kms/crypto/slow-worker.ts',
  })
  const data = mkdtempSync(join(folder, 'serve-'))
  try {
    const words = [join(built, 'serve-run.js'), name, data, cli]
    return { name, title, input, ...JSON.parse(await outputOf(words)) }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

/** Of a process whose servers and clients are of its group: all of them end with it, however it ends, and in time. */
async function outputOf(words) {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Nobody is left.
    }
  }
  const leave = () => {
    end()
    process.exit(1)
  }
  const timer = setTimeout(end, LONGEST_MS)
  process.once('exit', end).once('SIGINT', leave).once('SIGTERM', leave)
  try {
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    const [status, signal] = await once(child, 'close')
    if (status !== 0) throw new Error(`the processes of the benchmark have ended with ${status ?? signal}`)
    return output
  } finally {
    clearTimeout(timer)
    process.off('exit', end).off('SIGINT', leave).off('SIGTERM', leave)
    end()
  }
}
