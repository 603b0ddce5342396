/** Comparing patterns with wildcards: do two have a match in common, does one cover another? */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canCover, coveredEntries } from '../../../src/lint/facts/covered-entries.js'
import { overlaps } from '../../../src/lint/facts/pattern-overlap.js'
import { compileGlob } from '../../../src/text/glob.js'

const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 5 })
/** Every text over two letters that five places can tell apart from the others. */
const TEXTS = [''].concat(
  ...[1, 2, 3, 4, 5, 6].map((length) =>
    Array.from({ length: 2 ** length }, (_, number) =>
      number.toString(2).padStart(length, '0').replaceAll('0', 'a').replaceAll('1', 'b'),
    ),
  ),
)

describe('overlaps', () => {
  test.each([
    ['key/*', 'key/abc', true],
    ['alias/*', 'key/*', false],
    ['*/*', 'a', false],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a?c', '*b*', true],
    ['*a', 'b*', true],
    ['a*', 'b*', false],
    ['a*c', '*b', false],
    ['a*b/*c', 'a*c', true],
    ['a*bc', 'a?*c', true],
    ['a*bc', 'ac', false],
  ])('%s and %s: %s', (left, right, expected) => {
    expect(overlaps(left, right)).toBe(expected)
    expect(overlaps(right, left)).toBe(expected)
  })

  test('agrees with trying every text', () => {
    fc.assert(
      fc.property(pattern, pattern, (left, right) => {
        const [a, b] = [compileGlob(left), compileGlob(right)]
        const isFound = TEXTS.some((text) => a.matches(text) && b.matches(text))
        // A text longer than those tried may be the first in common, never the other way round.
        expect(overlaps(left, right) || !isFound).toBe(true)
        if (left.length + right.length <= 6) expect(overlaps(left, right)).toBe(isFound)
      }),
      { numRuns: 500, seed: 1 },
    )
  })
})

describe('covered entries', () => {
  const covered = (entries: readonly string[]): readonly (readonly number[])[] =>
    coveredEntries(entries, (by, entry) => {
      const [cover = '', text = ''] = [entries[by], entries[entry]]
      return canCover(cover, text) && compileGlob(cover).matches(text)
    }).map(({ entry, by }) => [entry, by])

  test.each([
    [['a', 'b'], []],
    [['a', 'a'], [[1, 0]]],
    [['a*', 'ab'], [[1, 0]]],
    [['ab', 'a*'], [[0, 1]]],
    [
      ['*', 'a', 'a'],
      [
        [1, 0],
        [2, 1],
      ],
    ],
    [['a*', 'a**'], [[1, 0]]],
    [['a?', 'a*'], [[0, 1]]],
    [['?', '*'], [[0, 1]]],
  ])('%j', (entries, expected) => {
    expect(covered(entries)).toEqual(expected)
  })

  test('what is left without the covered entries matches the same', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), (entries) => {
        const gone = new Set(covered(entries).map(([entry]) => entry))
        const kept = entries.filter((_, index) => !gone.has(index)).map((entry) => compileGlob(entry))
        const all = entries.map((entry) => compileGlob(entry))
        for (const text of TEXTS) {
          expect(kept.some((glob) => glob.matches(text))).toBe(all.some((glob) => glob.matches(text)))
        }
      }),
      { numRuns: 200, seed: 1 },
    )
  })
})
