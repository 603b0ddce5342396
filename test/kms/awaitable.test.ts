/** Steps that wait only where they have to. */
import { expect, test } from 'vitest'
import { together } from '../../src/kms/awaitable.js'

test('answers that are there make no promise', () => {
  expect(together([1, 2, 3], (item) => item * 2)).toEqual([2, 4, 6])
  expect(together([], (item) => item)).toEqual([])
})

test('answers that have to be waited for are asked for at once and come in order', async () => {
  const answer: ((value: string) => void)[] = []
  const all = together([0, 1, 2, 3], (item) =>
    item === 0
      ? 'at once'
      : new Promise<string>((resolve) => {
          answer[item] = resolve
        }),
  )
  expect(answer.filter((each) => each !== undefined)).toHaveLength(3)
  answer[3]?.('c')
  answer[1]?.('a')
  answer[2]?.('b')
  expect(await all).toEqual(['at once', 'a', 'b', 'c'])
})

test('one that fails, sooner or later, fails them all and leaves no rejection behind', async () => {
  const fails = together([0, 1, 2], (item) => {
    if (item === 2) throw new Error('at once')
    return item === 1 ? Promise.reject(new Error('later')) : Promise.resolve(item)
  })
  await expect(fails).rejects.toThrow(/at once|later/)
})
