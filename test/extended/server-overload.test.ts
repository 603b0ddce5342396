/**
 * Ten times as much as a server can do: it goes on doing what it can, and tells the others so. Each is compared with the
 * same server under just enough load, and gets a second chance where the machine was busy with something else.
 */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { overload, type OverloadOptions } from '../server/hostile/overload.js'
import { firstKeys, newFolder, removeFolder, startServing, type Serving } from '../server/hostile/serving.js'
import { operation, signedBytes, WireClient } from '../server/hostile/wire.js'

const MEGABYTE = 2 ** 20
/** Four fifths are what is wanted of a machine that does nothing else; this one runs other tests. */
const LEAST = 0.5
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

let folder: string
let server: Serving | undefined
beforeEach(() => {
  folder = newFolder()
})
afterEach(async () => {
  const status = await server?.stop()
  removeFolder(folder)
  expect(status).toBe(0)
})

async function started(config: object): Promise<Serving> {
  server = await startServing({ folder, store: ['--store', join(folder, 'keys')] }, config)
  return server
}

/** Once more, before anybody is told that too little was done. */
async function enoughIsKept(serving: Serving, options: OverloadOptions): Promise<void> {
  const first = await overload(serving, options)
  const report = first.kept >= LEAST ? first : await overload(serving, options)
  expect(report.kept, JSON.stringify(report)).toBeGreaterThanOrEqual(LEAST)
  expect(report.heldMore).toBeLessThan(32 * MEGABYTE)
  expect(report.mostMore).toBeLessThan(256 * MEGABYTE)
}

test('a rate that is configured is reached whatever else is asked for', async () => {
  const serving = await started({
    admission: { principalRate: { perSecond: 40, burst: 4 }, maxLoopDelayMs: 3_600_000 },
  })
  await enoughIsKept(serving, {
    request: () => signedBytes(serving.url, firstKeys(serving), operation('ListKeys')),
    enough: 5,
    turns: 3,
    turnMs: 2000,
    // Five clients ask for twice as much as they get, fifty for ten times as much.
    everyMs: 62,
  })
})

test('slow signatures are made at the same pace however many want one', async () => {
  const serving = await started({ admission: { maxWaiting: 32, maxWaitMs: 100 } })
  const keys = firstKeys(serving)
  const client = new WireClient(serving.url)
  const spec = operation('CreateKey', { KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' })
  const { KeyMetadata } = JSON.parse((await client.ask(signedBytes(serving.url, keys, spec))).body) as {
    readonly KeyMetadata: { readonly KeyId: string }
  }
  client.close()
  const { KeyId } = KeyMetadata
  const sign = operation('Sign', { KeyId, Message: 'aGVsbG8=', SigningAlgorithm: 'RSASSA_PSS_SHA_256' })
  await enoughIsKept(serving, {
    request: () => signedBytes(serving.url, keys, sign),
    enough: 12,
    turns: 3,
    turnMs: 2000,
  })
})
