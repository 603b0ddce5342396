/** The persistent array: every version answers for good as a plain map from places did when it was made. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PersistentArray } from '../../src/graph/persistent-array.js'

const PLACES = [0, 1, 31, 32, 1023, 1024, 1025, 32_767, 32_768, 2 ** 30, 2 ** 31 - 1]

test('versions are independent of each other', () => {
  const change = fc.record({
    from: fc.nat(),
    place: fc.constantFrom(...PLACES),
    value: fc.option(fc.string({ maxLength: 2 }), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
      const versions: { readonly array: PersistentArray<string>; readonly model: ReadonlyMap<number, string> }[] = [
        { array: PersistentArray.empty(), model: new Map() },
      ]
      for (const { from, place, value } of changes) {
        const { array, model } = versions[from % versions.length]!
        const changed = new Map(model)
        if (value === undefined) changed.delete(place)
        else changed.set(place, value)
        versions.push({ array: array.with(place, value), model: changed })
      }
      for (const { array, model } of versions) {
        const sorted = [...model].toSorted(([left], [right]) => left - right).map(([, value]) => value)
        expect(array.size).toBe(model.size)
        expect([...array.values()]).toEqual(sorted)
        expect(PLACES.map((place) => array.get(place))).toEqual(PLACES.map((place) => model.get(place)))
        expect(array.some((value) => value === 'a')).toBe(sorted.includes('a'))
      }
    }),
    { numRuns: 200, seed: 5 },
  )
})

test('what changes nothing is the same array', () => {
  const array = PersistentArray.empty<string>().with(40, 'a')
  expect(array.with(40, 'a')).toBe(array)
  expect(array.with(41, undefined)).toBe(array)
  expect(array.get(2 ** 31)).toBeUndefined()
})

test('the first value by place is tried first', () => {
  const array = [70, 3, 2000].reduce((made, place) => made.with(place, place), PersistentArray.empty<number>())
  const tried: number[] = []
  expect(array.some((value) => tried.push(value) === 2)).toBe(true)
  expect(tried).toEqual([3, 70])
})
