import { expect, test } from 'vitest'
import { StoreError } from '../../../src/kms/store.js'
import { tellFailedCommits } from '../../../src/server/operations/commit-failures.js'
import { createMemoryStore } from '../../../src/store/memory.js'

test.each([
  ['at once', false],
  ['later', true],
])('a store that fails %s is told when it begins, once a minute, and when it is over', async (_name, isLater) => {
  const store = createMemoryStore()
  const working = store.commit.bind(store)
  let fault: Error | undefined
  store.commit = (changes, audit) => {
    if (isLater) return fault === undefined ? Promise.resolve(working(changes, audit)) : Promise.reject(fault)
    if (fault !== undefined) throw fault
    return working(changes, audit)
  }
  const told: string[] = []
  const clock = { nowMs: 0 }
  tellFailedCommits(store, { onNotice: (message) => void told.push(message), nowMs: () => clock.nowMs })
  const commit = async (): Promise<boolean> => {
    try {
      return (await store.commit([], [])).ok
    } catch (error) {
      expect(error).toBe(fault)
      return false
    }
  }
  expect(await commit()).toBe(true)
  expect(told).toEqual([])
  fault = new StoreError('the disk is full')
  for (let count = 0; count < 5; count++) expect(await commit()).toBe(false)
  const expected = ['the store takes no changes, so requests fail: the disk is full']
  expect(told).toEqual(expected)
  clock.nowMs += 60_000
  await commit()
  expect(told).toEqual([...expected, ...expected])
  fault = undefined
  expect(await commit()).toBe(true)
  await commit()
  expect(told.slice(2)).toEqual(['the store takes changes again'])
  // A defect is told elsewhere, with its stack.
  fault = new TypeError('a defect')
  expect(await commit()).toBe(false)
  expect(told).toHaveLength(3)
})
