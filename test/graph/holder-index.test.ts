/**
 * Things found by who holds them: every version of an index answers as a plain list of its things would, whether a
 * holder has few or many.
 */
import { describe, expect, test } from 'vitest'
import { HolderIndex, type Filing } from '../../src/graph/holder-index.js'

interface Thing {
  readonly id: string
  readonly holder: string | undefined
  readonly ways: readonly string[]
}

const FILING: Filing<Thing> = { idOf: ({ id }) => id, holderOf: ({ holder }) => holder, waysOf: ({ ways }) => ways }

/** Of three holders the second has most; each fifth thing is nobody's, each seventh can be used in two ways. */
const THINGS = Array.from({ length: 5000 }, (_, number): Thing => ({
  id: `thing ${number}`,
  holder: number % 5 === 0 ? undefined : `holder ${number % 10 === 1 ? 1 : 2}`,
  ways: number % 7 === 0 ? ['odd', `way ${number % 3}`] : [`way ${number % 3}`],
}))

function of(count: number): readonly Thing[] {
  return THINGS.slice(0, count)
}

const WAYS = ['way 0', 'way 1', 'way 2', 'odd', 'none']
const HOLDERS = ['holder 1', 'holder 2', 'holder 3']

/** The things that are shown to whoever asks, in the order of asking. */
function shown(index: HolderIndex<Thing>, holder: string, ways: readonly string[]): readonly Thing[] {
  const seen: Thing[] = []
  expect(
    index.some(holder, ways, (each) => {
      seen.push(each)
      return false
    }),
  ).toBe(false)
  return seen
}

function check(index: HolderIndex<Thing>, model: readonly Thing[]): void {
  expect(index.size).toBe(model.length)
  expect(index.items()).toEqual(model)
  for (const each of model) expect(index.find(each.id)).toBe(each)
  for (const holder of HOLDERS) {
    const held = model.filter((each) => each.holder === holder)
    for (const way of WAYS) {
      const wanted = held.filter(({ ways }) => ways.includes(way))
      const seen = shown(index, holder, [way])
      // Perhaps too many, never too few, and never another's.
      expect(held).toEqual(expect.arrayContaining([...seen]))
      expect(seen).toEqual(expect.arrayContaining([...wanted]))
      expect(new Set(seen).size).toBe(seen.length)
      for (const each of [...wanted.slice(0, 2), ...wanted.slice(-2)])
        expect(index.some(holder, [way], (other) => other === each)).toBe(true)
      expect(index.some(holder, ['none', way], (other) => other === wanted[0])).toBe(wanted.length > 0)
      expect(index.some(holder, [way], (other) => other.holder !== holder)).toBe(false)
    }
    // Where it has many, only those of the way are looked at.
    if (held.length > 20) expect(shown(index, holder, ['odd'])).toEqual(held.filter(({ ways }) => ways.includes('odd')))
  }
}

const COUNTS = [0, 1, 2, 8, 12, 13, 40, 80]

describe('an index', () => {
  test.each(COUNTS)('made of %i things', (count) => {
    check(HolderIndex.of(of(count), FILING), of(count))
  })

  test.each(COUNTS)('that grew to %i things, and every version on the way', (count) => {
    const versions = [HolderIndex.of<Thing>([], FILING)]
    for (const each of of(count)) versions.push(versions.at(-1)!.with(each))
    for (const [length, version] of versions.entries()) if (length % 19 === count % 19) check(version, of(length))
  })

  test.each(COUNTS)('of %i things, taken away one by one from either end and from between', (count) => {
    const byId = of(count).toSorted((left, right) => (left.id < right.id ? -1 : 1))
    for (const order of [of(count), of(count).toReversed(), byId]) {
      let index = HolderIndex.of(of(count), FILING)
      let model = of(count)
      for (const [taken, each] of order.entries()) {
        const before = index
        index = index.without(each.id)
        expect(before.find(each.id)).toBe(each)
        expect(index.find(each.id)).toBeUndefined()
        model = model.filter((other) => other !== each)
        if (taken % 19 === 0 || (model.length > 7 && model.length < 10)) check(index, model)
      }
      check(index, [])
      // An empty one is as good as new.
      check(index.with(THINGS[3]!), [THINGS[3]!])
    }
  })

  test('has one thing of an id, the last, in the last place', () => {
    const index = HolderIndex.of(of(30), FILING)
    const moved: Thing = { id: 'thing 2', holder: 'holder 1', ways: ['odd'] }
    const changed = index.with(moved)
    check(changed, [...of(30).filter(({ id }) => id !== moved.id), moved])
    // The thing that it stands for is nobody's any more.
    expect(changed.some('holder 2', WAYS, ({ id }) => id === moved.id)).toBe(false)
    expect(index.some('holder 2', WAYS, ({ id }) => id === moved.id)).toBe(true)
  })

  test('is the same when what is taken away is not there', () => {
    const index = HolderIndex.of(of(3), FILING)
    expect(index.without('none')).toBe(index)
    expect(index.find('none')).toBeUndefined()
  })

  test('that thousands of things have passed through is of those that are left', () => {
    let index = HolderIndex.of(of(20), FILING)
    for (const each of THINGS.slice(20)) index = index.with(each).without(each.id)
    check(index, of(20))
    for (let round = 0; round < 100; round++) for (const each of of(20)) index = index.with(each)
    check(index, of(20))
  })
})
