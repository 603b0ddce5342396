/** A server that does everything over and over for ten minutes holds no more than before. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { growth, heapUnderLoad } from '../server/hostile/heap.js'
import { newFolder, removeFolder, startServing } from '../server/hostile/serving.js'

const MEGABYTE = 2 ** 20

test('memory does not grow', async () => {
  const folder = newFolder()
  const place = { folder, store: ['--store', join(folder, 'keys')] }
  const server = await startServing(place)
  const report = await heapUnderLoad(place, server, { warmMs: 60_000, parts: 9, partMs: 60_000 })
  expect(await server.stop()).toBe(0)
  removeFolder(folder)
  expect(growth(report), JSON.stringify(report.held)).toBeLessThan(12 * MEGABYTE)
})
