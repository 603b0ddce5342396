/** A layout that is remembered says what one worked out anew would say. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeaderLayout, layoutOf } from '../../../src/server/auth/header-layout.js'

const NAMES = ['Host', 'host', 'X-Amz-Date', 'x-amz-date', 'X-Amz-Target', 'Content-Type', 'x-amz-content-sha256']
const pairs = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.string({ maxLength: 3 })), { maxLength: 5 })
const lists = fc.constantFrom(
  'host',
  'host;x-amz-date',
  'content-type;host;x-amz-date;x-amz-target',
  'x-amz-date;host',
  '',
)

test('whatever other clients send in between', () => {
  fc.assert(
    fc.property(pairs, lists, (headers, list) => {
      const known = layoutOf(headers)
      const anew = new HeaderLayout(headers.map(([name]) => name))
      expect(known.signed(list)).toEqual(anew.signed(list))
      expect(known.length).toBe(anew.length)
      for (const name of NAMES) expect(known.placeOf(name.toLowerCase())).toEqual(anew.placeOf(name.toLowerCase()))
    }),
    { seed: 7, numRuns: 400 },
  )
})

test('the same names in another order, or one more, are another layout', () => {
  const one = layoutOf([
    ['Host', 'a'],
    ['X-Amz-Date', 'b'],
  ])
  expect(
    layoutOf([
      ['Host', 'c'],
      ['X-Amz-Date', 'd'],
    ]),
  ).toBe(one)
  expect(
    layoutOf([
      ['X-Amz-Date', 'b'],
      ['Host', 'a'],
    ]).placeOf('host'),
  ).toBe(1)
  expect(
    layoutOf([
      ['Host', 'a'],
      ['X-Amz-Date', 'b'],
      ['host', 'c'],
    ]).placeOf('host'),
  ).toEqual([0, 2])
  expect(one.placeOf('host')).toBe(0)
})

test('what no client of AWS sends is not kept', () => {
  const many = Array.from({ length: 65 }, (_, index) => [`h${index}`, ''] as const)
  expect(layoutOf(many)).not.toBe(layoutOf(many))
  const long = [['x'.repeat(2049), '']] as const
  expect(layoutOf(long)).not.toBe(layoutOf(long))
})
