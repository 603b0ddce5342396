/** A sparse array that grows over far places holds what was put into it, and nothing between. */
import { expect, test } from 'vitest'
import { PersistentArray } from '../../src/graph/persistent-array.js'

const PLACES = [0, 31, 32, 1023, 1024, 40_000, 2 ** 20, 2 ** 30, 2 ** 31 - 1]

test.each(PLACES)('from the first places to %i at once', (far) => {
  const near = PersistentArray.empty<string>().with(3, 'near')
  const array = near.with(far, 'far')
  expect([...array.values()]).toEqual(far < 3 ? ['far', 'near'] : ['near', 'far'])
  expect([array.get(3), array.get(far), array.get(far + 1), array.size]).toEqual(['near', 'far', undefined, 2])
  expect(array.some((value) => value !== 'near' && value !== 'far')).toBe(false)
  expect([...array.with(3, undefined).values()]).toEqual(['far'])
  expect([...array.with(far, undefined).values()]).toEqual(['near'])
  expect([...array.with(far, undefined).with(3, undefined).values()]).toEqual([])
  expect([...near.values()]).toEqual(['near'])
})

test('place after place', () => {
  let array = PersistentArray.empty<number>()
  for (let place = 0; place < 3000; place++) array = array.with(place, place)
  expect([...array.values()]).toEqual(Array.from({ length: 3000 }, (_, place) => place))
  for (let place = 0; place < 3000; place += 2) array = array.with(place, undefined)
  expect([...array.values()]).toEqual(Array.from({ length: 1500 }, (_, index) => 2 * index + 1))
})
