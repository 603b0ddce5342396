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
/** What is wanted of a rate that is configured, which no other program on the machine can change. */
const FOUR_FIFTHS = 0.8
/** Where other programs take the processor from the thread that signs, and make everything else dearer. */
const HALF = 0.5
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

/** Once more, before anybody is told that too little was done. Refusing costs less than half a core, even of a busy machine. */
async function enoughIsKept(serving: Serving, least: number, options: OverloadOptions): Promise<void> {
  const first = await overload(serving, options)
  const isEnough = first.kept >= least && first.overhead <= HALF
  const report = isEnough ? first : await overload(serving, options)
  expect(report.kept, JSON.stringify(report)).toBeGreaterThanOrEqual(least)
  expect(report.overhead, JSON.stringify(report)).toBeLessThanOrEqual(HALF)
  expect(report.refused, JSON.stringify(report)).toBeGreaterThan(0)
  expect(report.heldMore).toBeLessThan(32 * MEGABYTE)
  expect(report.mostMore).toBeLessThan(256 * MEGABYTE)
}

test('a rate that is configured is reached whatever else is asked for', async () => {
  const serving = await started({
    admission: { principalRate: { perSecond: 40, burst: 4 }, maxLoopDelayMs: 3_600_000 },
  })
  await enoughIsKept(serving, FOUR_FIFTHS, {
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
  await enoughIsKept(serving, HALF, {
    request: () => signedBytes(serving.url, keys, sign),
    enough: 12,
    turns: 3,
    turnMs: 2000,
  })
})
