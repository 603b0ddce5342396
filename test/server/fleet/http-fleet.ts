/**
 * `keyward serve`, as it is released, several times on one database: what the clients of a cluster talk to over HTTP.
 *
 * Each place is a process of its own, or the address of several that `--cluster` has started. There, one of those is killed,
 * and another one comes by itself.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import { initRootKey, type RootKeySource } from '../../../src/kms/keyring/root-key-source.js'
import { openCredentials } from '../../../src/server/auth/credentials.js'
import { openPostgresStore } from '../../../src/store/postgres.js'
import type { ServiceProcess } from '../../store/cluster-process.js'
import { lagOf, type Fleet } from '../../store/cluster.js'
import { ACCOUNT, childrenOf, cleanEnvironment, MAIN, whenServing, type AccessKeys } from '../clients/serve-process.js'
import { HttpConnection, type HttpTarget } from './http-connection.js'

export interface HttpFleetOptions {
  readonly places: number
  /** Of each place. */
  readonly processes: number
}

/** As docs/store.md promises it of a store that is opened without options. */
const PROMISED = { pollMs: 200, maxLagMs: 2000 }
/** Before the first moment that any process of the run may tell. */
const BEFORE_MS = 3_600_000

const ALL = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*' } }
const WORLD = {
  keyward: 'world/1',
  accounts: { [ACCOUNT]: { users: { admin: { policies: { All: ALL } }, nobody: {}, named: {} } } },
}
/** A machine that is busy with everything at once makes every thread late, which is no reason to refuse anybody here. */
const ADMITTED = { maxWaiting: 100_000, maxWaitMs: 3_600_000, maxLoopDelayMs: 3_600_000 }

export function httpFleet({ places, processes }: HttpFleetOptions): (url: string) => Promise<Fleet> {
  return async (url) => {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-fleet-'))
    try {
      const rootKeyFile = join(folder, 'root.key')
      const rootKey = { kind: 'file', path: rootKeyFile } as const
      initRootKey(rootKey)
      mkdirSync(join(folder, 'world'))
      writeFileSync(join(folder, 'world/world.json'), JSON.stringify(WORLD))
      const config = join(folder, 'serve.json')
      writeFileSync(config, JSON.stringify({ admission: ADMITTED }))
      const beganAtMs = Date.now() - BEFORE_MS
      const keys = await makeStore(url, rootKey)
      const words = ['--store', url, '--root-key-file', rootKeyFile, '--listen', '127.0.0.1:0']
      words.push('--config', config, '--world', join(folder, 'world'))
      if (processes > 1) words.push('--cluster', String(processes))
      const start = (): Promise<ServiceProcess> =>
        startServing(words, folder, {
          processes,
          target: (served) => ({ url: served, keys, beganAtMs }),
        })
      const close = (): void => rmSync(folder, { recursive: true, force: true })
      return { places, lagMs: lagOf(PROMISED), storeOptions: { url, timeoutMs: 60_000 }, start, close }
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }
}

/** With an access key for each user. */
async function makeStore(url: string, rootKey: RootKeySource): Promise<ReadonlyMap<string, AccessKeys>> {
  const store = await openPostgresStore({ url })
  const keyring = await openKeyring({ store, rootKey })
  const credentials = await openCredentials({ store, keyring })
  const keys = new Map<string, AccessKeys>()
  for (const user of Object.keys(WORLD.accounts[ACCOUNT].users)) {
    const principal = `arn:aws:iam::${ACCOUNT}:user/${user}`
    const added = await credentials.add({ principal })
    if (!added.ok) throw new Error(added.error)
    keys.set(principal, added.value)
  }
  credentials.close()
  keyring.close()
  await store.close()
  return keys
}

interface Served {
  readonly processes: number
  readonly target: (url: string) => HttpTarget
}

/** Ready. */
async function startServing(
  words: readonly string[],
  folder: string,
  { processes, target }: Served,
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, ['--no-warnings', MAIN, 'serve', ...words], {
    cwd: folder,
    env: cleanEnvironment(folder),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const { told, ended, stop } = await whenServing(child)
  const [, url] = / at (http\S*)\n/.exec(told()) ?? []
  if (url === undefined) throw new Error(`there is no address in ${told()}`)
  const to = target(url)
  return {
    connect: () => new HttpConnection(to),
    kill: async () => {
      const [one] = processes > 1 ? childrenOf(child.pid) : []
      if (one !== undefined) {
        process.kill(one, 'SIGKILL')
        return 'replaced'
      }
      child.kill('SIGKILL')
      await ended
      return 'ended'
    },
    end: async () => {
      expect([await stop(), told()]).toEqual([0, told()])
    },
  }
}
