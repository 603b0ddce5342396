/** A server that does everything over and over for a minute holds no more than before. Ten minutes: test/soak. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { growth, heapUnderLoad } from '../server/hostile/heap.js'
import { newFolder, removeFolder, startServing } from '../server/hostile/serving.js'

const MEGABYTE = 2 ** 20

test('memory does not grow', { timeout: 240_000 }, async () => {
  const folder = newFolder()
  const place = { folder, store: ['--store', join(folder, 'keys')] }
  const server = await startServing(place)
  const report = await heapUnderLoad(place, server, { warmMs: 15_000, parts: 3, partMs: 15_000 })
  expect(await server.stop()).toBe(0)
  removeFolder(folder)
  expect(growth(report), JSON.stringify(report.held)).toBeLessThan(12 * MEGABYTE)
  expect([...report.answers.keys()].toSorted()).toEqual([
    '200',
    'AccessDeniedException',
    'InvalidCiphertextException',
    'InvalidSignatureException',
    'NotFoundException',
    'SerializationException',
    'SignatureDoesNotMatch',
    'UnknownOperationException',
  ])
})
