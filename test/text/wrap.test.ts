/** Lines no wider than a page, with whole words, and nothing that a terminal would obey. */
import { expect, test } from 'vitest'
import { listItem, wrap } from '../../src/text/wrap.js'

const page = { width: 12 }

test('breaks at spaces, inside the indent', () => {
  expect(wrap('one two three four', '', page)).toEqual(['one two', 'three four'])
  expect(wrap('one two three four', '  ', page)).toEqual(['  one two', '  three four'])
  expect(wrap('', '', page)).toEqual([])
})

test('keeps a long word whole', () => {
  expect(wrap('see arn:aws:iam::111122223333:role/App now', '', page)).toEqual([
    'see',
    'arn:aws:iam::111122223333:role/App',
    'now',
  ])
})

test('counts columns and not characters', () => {
  expect(wrap('日本語 日本語', '', page)).toEqual(['日本語', '日本語'])
  expect(wrap('日本 日本', '', page)).toEqual(['日本 日本'])
})

test('escapes control characters', () => {
  expect(wrap('a\u001b[31mb', '', { width: 40 }).join('')).not.toContain('\u001b')
})

test('an item has its dash on the first line', () => {
  expect(listItem('one two three', page)).toEqual(['  - one two', '    three'])
  expect(listItem('', page)).toEqual(['  - '])
})
