/** A server in this process with its operations: everything but the command line. */
import { onTestFinished } from 'vitest'
import { SlowPool } from '../../../src/kms/crypto/slow.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import { createAuthorizer } from '../../../src/explain/authorizer.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { openOperations, type Operations, type OperationsOptions } from '../../../src/server/operations/operations.js'
import { watchKeyring, watchStore } from '../../../src/server/operations/taps.js'
import { testKms, type TestKms } from '../../kms/test-kms.js'
import { testServer, type TestServer } from '../http/test-server.js'

export interface OperatingServer extends TestServer {
  readonly operations: Operations
  readonly notices: string[]
  /** What stands on the metrics port, without comments: value by name and labels. */
  readonly metrics: () => Promise<ReadonlyMap<string, number>>
}

/** @param makeKms - another engine of the kind, with the parts that it is given. */
export async function operatingServer(
  options: Partial<OperationsOptions> = {},
  makeKms: (parts: Parameters<typeof testKms>[0]) => Promise<TestKms> = testKms,
): Promise<OperatingServer> {
  const notices: string[] = []
  const operations = await openOperations({
    wantsMetrics: true,
    wantsTraces: false,
    onWarning: (message) => void notices.push(message),
    ...options,
  })
  onTestFinished(() => operations.close())
  const { watch } = operations
  if (watch === undefined) throw new Error('nobody watches')
  const plain = createMemoryStore()
  const keyring = await openKeyring({ store: plain, rootKey: { kind: 'bytes', bytes: Buffer.alloc(32, 7) } })
  const authorizer = createAuthorizer({ uncomparable: 'deny' })
  watch.secrets(() => keyring.secrets.live)
  const slow = new SlowPool({ secrets: keyring.secrets })
  onTestFinished(() => slow.close())
  const { kms } = await makeKms({
    store: watchStore(plain, watch.committed),
    keyring: watchKeyring(keyring, watch.rootKeyFailed),
    authorizer,
    slow,
    onDenied: watch.denied,
  })
  watch.loadedKeys(() => kms.loadedKeys)
  const served = await testServer({ backend: { kms }, hooks: operations.hooks })
  operations.started(served.server)
  const metrics = async (): Promise<ReadonlyMap<string, number>> => readMetrics(await operations.metrics?.text())
  return { ...served, kms, operations, notices, metrics }
}

export function readMetrics(text = ''): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))] as const
    }),
  )
}
