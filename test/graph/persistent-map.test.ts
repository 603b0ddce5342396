/** The persistent map: every version answers for good as a plain map did when it was made. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PersistentMap } from '../../src/graph/persistent-map.js'

const KEYS = ['a', 'b', '__proto__', 'constructor', '', ...Array.from({ length: 300 }, (_, index) => `key ${index}`)]

const changes = fc.array(
  fc.record({
    /** Which of the versions made so far is changed: branches grow from old ones too. */
    from: fc.nat(),
    key: fc.constantFrom(...KEYS),
    value: fc.option(fc.nat(), { nil: undefined }),
  }),
  { maxLength: 200 },
)

test('versions are independent of each other', () => {
  fc.assert(
    fc.property(changes, (list) => {
      const versions: { readonly map: PersistentMap<number>; readonly model: ReadonlyMap<string, number> }[] = [
        { map: PersistentMap.empty(), model: new Map() },
      ]
      for (const { from, key, value } of list) {
        const { map, model } = versions[from % versions.length]!
        const changed = new Map(model)
        if (value === undefined) changed.delete(key)
        else changed.set(key, value)
        versions.push({ map: value === undefined ? map.without(key) : map.with(key, value), model: changed })
      }
      for (const { map, model } of versions) {
        expect(map.size).toBe(model.size)
        expect(new Map(map.entries())).toEqual(model)
        for (const key of ['a', '__proto__', 'constructor', 'toString']) expect(map.get(key)).toBe(model.get(key))
      }
    }),
    { numRuns: 200, seed: 3 },
  )
})

test('10,000 keys, and back to none', () => {
  let map = PersistentMap.empty<number>()
  for (let index = 0; index < 10_000; index++) map = map.with(`k${index}`, index)
  const full = map
  for (let index = 0; index < 10_000; index++) map = map.without(`k${index}`)
  expect([full.size, map.size]).toEqual([10_000, 0])
  expect([...map.entries()]).toEqual([])
  expect([full.get('k0'), full.get('k9999'), full.get('k10000')]).toEqual([0, 9999, undefined])
  expect([...full.entries()].slice(0, 3)).toEqual([
    ['k0', 0],
    ['k1', 1],
    ['k2', 2],
  ])
})

test('taking away what is not there changes nothing', () => {
  const map = PersistentMap.empty<number>().with('a', 1)
  expect(map.without('b')).toBe(map)
  const emptied = map.without('a')
  expect(emptied.without('a').size).toBe(0)
})

test('keys that come and go leave the others in their order', () => {
  let map = PersistentMap.empty<number>().with('first', 1).with('second', 2)
  const old = map
  for (let index = 0; index < 5000; index++) map = map.with(`k${index}`, index).without(`k${index}`)
  map = map.with('third', 3).without('second')
  expect([...map.entries()]).toEqual([
    ['first', 1],
    ['third', 3],
  ])
  expect([...old.entries()]).toEqual([
    ['first', 1],
    ['second', 2],
  ])
})
