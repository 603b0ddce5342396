/** What a process tells the others of a commit, and what they make of texts that nobody of them has written. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { noticeText, readNotice } from '../../src/store/postgres-notice.js'

interface Entry {
  readonly id: number
  readonly names: string | null
  readonly audit: null
  readonly records: null
  readonly atMs: null
}

function entries(first: number, ...names: readonly (readonly string[] | null)[]): readonly Entry[] {
  return names.map((each, index) => ({
    id: first + index,
    names: each === null ? null : JSON.stringify(each),
    audit: null,
    records: null,
    atMs: null,
  }))
}

const MARK = 'a-mark_of_24_characters0'

test('a notice says what was written, whatever the names are', () => {
  const names = fc.option(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }), { nil: null })
  fc.assert(
    fc.property(fc.nat(), fc.array(names, { minLength: 1, maxLength: 5 }), (first, each) => {
      const written = entries(first, ...each)
      const read = readNotice(noticeText(MARK, written))
      expect([read?.mark, read?.last]).toEqual([MARK, first + each.length - 1])
      expect(read?.entries).toEqual(
        written.map(({ id, names: text }, index) => ({ id, text: text ?? '', names: each[index] ?? [] })),
      )
    }),
    { seed: 7, numRuns: 40 },
  )
})

test('names that have no room are left out', () => {
  for (const name of ['x'.repeat(8000), 'é'.repeat(4000)]) {
    const text = noticeText(MARK, entries(7, ['key/1'], [name]))
    expect(text).toBe(`7 8 ${MARK}`)
    expect(readNotice(text)).toEqual({ mark: MARK, last: 8, entries: undefined })
  }
  const most = noticeText(MARK, entries(7, ['y'.repeat(7850)]))
  expect(Buffer.byteLength(most)).toBeLessThan(8000)
  expect(readNotice(most)?.entries?.[0]?.names[0]).toHaveLength(7850)
})

test.each([
  ['', undefined],
  ['12', undefined],
  ['1 2', undefined],
  ['1 99999999999999999999 mark', undefined],
  ['1 2 mark with blanks', undefined],
  ['1 2 mark\n["a"]', { mark: 'mark', last: 2, entries: undefined }],
  ['2 1 mark\n["a"]', { mark: 'mark', last: 1, entries: undefined }],
  ['1 1 mark\n["a"', { mark: 'mark', last: 1, entries: undefined }],
  ['1 1 mark\n{"a":1}', { mark: 'mark', last: 1, entries: undefined }],
  ['1 1 mark\n[1]', { mark: 'mark', last: 1, entries: undefined }],
])('%j is read as what it is', (text, notice) => {
  expect(readNotice(text)).toEqual(notice)
})
