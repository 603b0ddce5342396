/** Paths and pointers: RFC 6901. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../src/text/json.js'
import { memberAt, nodeAt, nodeToValue, parsePointer, toPointer } from '../../src/text/syntax-tree.js'

// The example document of RFC 6901, section 5.
const TEXT = '{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8}'

function root() {
  const result = readJson({ name: '<memory>', text: TEXT })
  if (!result.ok) throw new Error('expected a tree')
  return result.value
}

describe('RFC 6901, section 5', () => {
  const CASES: readonly (readonly [pointer: string, value: unknown])[] = [
    ['', JSON.parse(TEXT)],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
  ]
  for (const [pointer, value] of CASES) {
    test(`pointer "${pointer}"`, () => {
      const path = parsePointer(pointer)
      const node = path && nodeAt(root(), path)
      expect(node && nodeToValue(node)).toEqual(value)
      expect(path && toPointer(path)).toBe(pointer)
    })
  }

  test('what is not there', () => {
    for (const pointer of ['/foo/2', '/foo/00', '/foo/-', '/foo/0/x', '/bar', '/foo/-1', '/foo/1e0']) {
      expect(nodeAt(root(), parsePointer(pointer) ?? [])).toBeUndefined()
    }
  })

  test('what is no pointer', () => {
    expect(['foo', '/a~', '/a~2'].map(parsePointer)).toEqual([undefined, undefined, undefined])
  })
})

test('a member has the place of its key', () => {
  expect(memberAt(root(), ['a/b'])).toMatchObject({ key: 'a/b', keyStart: 26, keyEnd: 31 })
  expect(memberAt(root(), [])).toBeUndefined()
  expect(memberAt(root(), ['foo', 0])).toBeUndefined()
  expect(memberAt(root(), ['no', 'such'])).toBeUndefined()
})

test('a pointer made from a path gives the path back', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (path) => {
      expect(parsePointer(toPointer(path))).toEqual(path)
    }),
    { numRuns: 500, seed: 1 },
  )
})
