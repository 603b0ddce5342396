import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RecordSplitter, type RecordPart } from '../../../src/source/asked/record-splitter.js'

function split(text: string, size = text.length, parse?: (text: string) => unknown): readonly RecordPart[] {
  const splitter = new RecordSplitter(parse)
  const parts: RecordPart[] = []
  for (let start = 0; start < text.length; start += Math.max(size, 1)) {
    parts.push(...splitter.push(text.slice(start, start + Math.max(size, 1))))
  }
  return [...parts, ...splitter.end()]
}

const shown = (text: string): readonly string[] =>
  split(text).map((part) => ('text' in part ? part.text : `${part.line}: ${part.fault}`))

describe('broken input', () => {
  const cases: readonly { readonly name: string; readonly text: string; readonly parts: readonly string[] }[] = [
    { name: 'nothing', text: ' \n ', parts: [] },
    {
      name: 'a line cut in a string costs itself',
      text: '{"a":"b\n{"a":1}',
      parts: ['1: a string is not closed on its line', '{"a":1}'],
    },
    {
      name: 'a line cut between members costs itself',
      text: '{"a":1,\n{"b":2}',
      parts: ['1: a record is not closed before the next one begins', '{"b":2}'],
    },
    {
      name: 'a line cut in a list costs itself',
      text: '{"a":[{"c":1}\n{"b":2}',
      parts: ['1: a record is not closed before the next one begins', '{"b":2}'],
    },
    {
      name: 'a stray line',
      text: 'error: }{ no\n{"b":2}',
      parts: ['1: something that is no record stands here', '{"b":2}'],
    },
    {
      name: 'something in the list',
      text: '[{"a":1}, null,\n{"b":2}]',
      parts: ['{"a":1}', '1: something that is no record stands here', '{"b":2}'],
    },
    { name: 'an end inside a record', text: '{"a":1}\n{"b":', parts: ['{"a":1}', '2: the text ends inside a record'] },
    {
      name: 'an end inside the list',
      text: '{"Records":[{"a":1},',
      parts: ['{"a":1}', '1: the text ends inside the list of records'],
    },
    {
      name: 'a broken list is given up',
      text: '[{"a":"\n"}, {"b":2}]',
      parts: ['1: a string is not closed on its line; nothing after it can be read'],
    },
    { name: 'brackets in strings', text: '{"a":"}]\\"{"}', parts: ['{"a":"}]\\"{"}'] },
    {
      name: 'what follows the list in its wrapper is left alone',
      text: '{"Records":[{"a":1}],"x":{"y":[1]}}{"b":2}',
      parts: ['{"a":1}', '{"b":2}'],
    },
    { name: 'Records further in are no wrapper', text: '{"a":{"Records":[1]}}', parts: ['{"a":{"Records":[1]}}'] },
    {
      name: 'too deep',
      text: `${'{"a":'.repeat(70)}1${'}'.repeat(70)}\n{"b":2}`,
      parts: ['1: the record is nested deeper than 64 levels', '{"b":2}'],
    },
  ]
  for (const { name, text, parts } of cases) test(name, () => expect(shown(text)).toEqual(parts))

  test('a record that is too long is dropped, and the next one read', () => {
    const text = `{"a":"${'x'.repeat(3 * 1024 * 1024)}"}\n{"b":2}`
    expect(shown(text)).toEqual(['1: the record is longer than 2097152 characters', '{"b":2}'])
  })
})

const record = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.array(fc.string())))

test('every way to cut a list of records into pieces gives the records', () =>
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 5 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      (records, size, isWrapped) => {
        const text = JSON.stringify(isWrapped ? { Records: records } : records)
        const parts = split(text, size).map((part) => ('text' in part ? (JSON.parse(part.text) as unknown) : part))
        expect(parts).toEqual(JSON.parse(JSON.stringify(records)))
      },
    ),
    { numRuns: 200, seed: 3 },
  ))

test('any text ends in parts that do not depend on where it is cut', () =>
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', ' ', '\n', 'a'), maxLength: 80 }),
      (text) => {
        expect(split(text, 1)).toEqual(split(text))
      },
    ),
    { numRuns: 500, seed: 4 },
  ))

describe('lines that are parsed as a whole', () => {
  const parse = (text: string): unknown => {
    try {
      // `unknown` is what it is.
      return JSON.parse(text) as unknown
    } catch {
      return undefined
    }
  }
  const withValues = (text: string): readonly RecordPart[] => split(text, text.length, parse)
  const withoutValues = (parts: readonly RecordPart[]): readonly RecordPart[] =>
    parts.map((part) => ('text' in part ? { text: part.text, line: part.line } : part))

  test('come with what they are', () =>
    expect(withValues('{"a":1} \r\n{"b":[2]}\n')).toEqual([
      { text: '{"a":1}', line: 1, value: { a: 1 } },
      { text: '{"b":[2]}', line: 2, value: { b: [2] } },
    ]))

  const others: readonly (readonly [string, string])[] = [
    ['two records', '{"a":1}{"b":2}\n{"c":3}\n'],
    ['a record behind something else', ', {"a":1}\n{"b":2}\n'],
    ['a record before something that looks like a space', '{"a":1}\u00a0\n{"b":2}\n'],
    ['a wrapper', '{"Records":[{"a":1}]}\n{"b":2}\n'],
    ['too deep', `{"a":${'['.repeat(70)}${']'.repeat(70)}}\n{"b":2}\n`],
    ['too long', `{"a":"${'x'.repeat(3 * 1024 * 1024)}"}\n{"b":2}\n`],
  ]
  test.each(others)('a line that has %s is read as without', (_, text) =>
    expect(withoutValues(withValues(text))).toEqual(split(text)),
  )

  test('make no difference to the parts of any text', () => {
    const piece = fc.oneof(
      record.map((each) => JSON.stringify(each)),
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        '"',
        ',',
        ':',
        '\\',
        ' ',
        '\r',
        '\n',
        '\n',
        'a',
        '{"a":{"b":[1]}}',
        '{"Events":[',
      ),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 1, max: 60 }), (pieces, size) => {
        const text = `${pieces.join('')}\n`
        expect(withoutValues(split(text, size, parse))).toEqual(split(text))
      }),
      { numRuns: 500, seed: 5 },
    )
  })
})
