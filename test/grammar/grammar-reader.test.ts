import moo from 'moo'
import type { CompiledRules } from 'nearley'
import { describe, expect, test } from 'vitest'
import { fromChain, type Chain } from '../../src/text/chain.js'
import { endingLexer, type GrammarToken } from '../../src/text/grammar-lexer.js'
import { expects, grammarReader, prefixReader } from '../../src/text/grammar-reader.js'

const lexer = endingLexer(moo.compile({ blank: / +/, word: /[a-z]+/, comma: ',', unknown: moo.error }))

/** Words between commas. `last` makes the result of the first rule. */
function rulesOf(last: (words: unknown) => unknown, more: CompiledRules['ParserRules'] = []): CompiledRules {
  return {
    Lexer: lexer,
    ParserStart: 'list',
    ParserRules: [
      { name: 'list', symbols: ['words', { type: 'end' }], postprocess: (parts: readonly unknown[]) => last(parts[0]) },
      {
        name: 'words',
        symbols: [{ type: 'word' }],
        postprocess: (parts: readonly unknown[]) => ({ before: undefined, last: textOf(parts[0]) }),
      },
      {
        name: 'words',
        symbols: ['words', { literal: ',' }, { type: 'word' }],
        postprocess: (parts: readonly unknown[]) => ({ before: parts[0], last: textOf(parts[2]) }),
      },
      ...more,
    ],
  }
}

const textOf = (token: unknown): string => (token as GrammarToken).text
const arrayOf = (words: unknown): string[] => fromChain(words as Chain<string>)

describe('endingLexer', () => {
  test('leaves out blanks and says `end` once', () => {
    lexer.reset('a  b ')
    const tokens = [lexer.next(), lexer.next(), lexer.next(), lexer.next()]
    expect(tokens.map((token) => token && [token.type, token.text, token.offset])).toEqual([
      ['word', 'a', 0],
      ['word', 'b', 3],
      ['end', '', 5],
      undefined,
    ])
  })
})

describe('grammarReader', () => {
  const read = grammarReader<string[]>(rulesOf(arrayOf))

  test('reads a text', () => expect(read('a, b,c')).toEqual({ ok: true, value: ['a', 'b', 'c'] }))

  test('a list may be long', () => {
    const words = read('a,'.repeat(16_383) + 'b')
    expect(words.ok && words.value.length).toBe(16_384)
  })

  const refused: readonly {
    readonly text: string
    readonly offset: number
    readonly found: string
    readonly expected: readonly object[]
  }[] = [
    { text: '', offset: 0, found: 'end', expected: [{ terminal: 'word', rule: 'words' }] },
    { text: 'a,', offset: 2, found: 'end', expected: [{ terminal: 'word', rule: 'words' }] },
    {
      text: 'a b',
      offset: 2,
      found: 'word',
      expected: [
        { terminal: ',', rule: 'words' },
        { terminal: 'end', rule: 'list' },
      ],
    },
    { text: 'a,!b', offset: 2, found: 'unknown', expected: [{ terminal: 'word', rule: 'words' }] },
  ]
  for (const { text, offset, found, expected } of refused) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      const result = read(text)
      if (result.ok) throw new Error('not refused')
      expect(result.error.found).toMatchObject({ type: found, offset })
      expect(result.error.expected).toEqual(expected)
      expect(expects(result.error, 'word')).toBe(found !== 'word')
    })
  }

  test('two parses are a mistake of the grammar', () => {
    const ambiguous = grammarReader(rulesOf(arrayOf, [{ name: 'list', symbols: ['words', { type: 'end' }] }]))
    expect(() => ambiguous('a')).toThrow(/^the grammar gives 2 parses of "a"$/)
  })

  test('what a postprocessor throws is not taken for a refusal', () => {
    const broken = grammarReader(
      rulesOf(() => {
        throw new RangeError('a mistake of ours')
      }),
    )
    expect(() => broken('a')).toThrow(RangeError)
  })
})

describe('prefixReader', () => {
  const read = prefixReader<Chain<string>>(rulesOf(arrayOf), lexer, 'words')
  const cases: readonly (readonly [string, readonly string[] | undefined, number])[] = [
    ['a', ['a'], 1],
    ['a, b c', ['a', 'b'], 4],
    ['a, b, !', ['a', 'b'], 4],
    ['a,', ['a'], 1],
    [', a', undefined, 0],
    ['', undefined, 0],
  ]
  for (const [text, words, end] of cases) {
    test(JSON.stringify(text), () => {
      const prefix = read(text)
      expect(prefix && { words: fromChain(prefix.value), end: prefix.end }).toEqual(words && { words, end })
    })
  }
})
