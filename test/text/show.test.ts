/** What people are shown: escapes, widths, suggestions, frames. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeFrame, describeError } from '../../src/text/code-frame.js'
import type { CodeFrameOptions } from '../../src/text/code-frame.js'
import { displayWidth, truncateToWidth } from '../../src/text/display-width.js'
import { escapeTerminal, quote } from '../../src/text/escape.js'
import { readJson } from '../../src/text/json.js'
import { ansiPalette } from '../../src/text/palette.js'
import { didYouMean } from '../../src/text/suggest.js'

describe('escapes', () => {
  const CASES: readonly (readonly [name: string, text: string, escaped: string])[] = [
    ['plain text', 'arn:aws:kms é ł 語 😀', 'arn:aws:kms é ł 語 😀'],
    ['colour', '\u001b[31mred', '\\u{1b}[31mred'],
    ['C1 introducer', '\u009b31m', '\\u{9b}31m'],
    ['bell, backspace, delete', '\u0007\b\u007f', '\\u{7}\\u{8}\\u{7f}'],
    ['line breaks and tab', 'a\r\n\tb', 'a\\r\\n\\tb'],
    ['right-to-left override', 'a\u202eb', 'a\\u{202e}b'],
    ['isolates', '\u2066\u2069', '\\u{2066}\\u{2069}'],
    ['zero width', 'a\u200bb\ufeff', 'a\\u{200b}b\\u{feff}'],
    ['line and paragraph separator', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['tag characters', 'a\u{e0041}', 'a\\u{e0041}'],
    ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
  ]
  for (const [name, text, escaped] of CASES) test(`${name}`, () => expect(escapeTerminal(text)).toBe(escaped))

  test('multiline keeps line feeds and tabs, not carriage returns', () => {
    expect(escapeTerminal('a\n\tb\rc', { multiline: true })).toBe('a\n\tb\\rc')
  })

  test('escaping twice changes nothing more, and nothing dangerous is left', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = escapeTerminal(text)
        expect(escapeTerminal(once)).toBe(once)
        expect(once).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u200b-\u200f\u2028\u2029\ufeff]/u)
      }),
      { numRuns: 1000, seed: 1 },
    )
  })

  test('a quoted value is cut without parting a pair', () => {
    expect(quote('abc')).toBe('`abc`')
    expect(quote('abcdef', 3)).toBe('`abc…`')
    expect(quote('ab😀def', 3)).toBe('`ab…`')
    expect(quote('a\u001b')).toBe('`a\\u{1b}`')
  })
})

describe('widths', () => {
  const CASES: readonly (readonly [text: string, width: number])[] = [
    ['', 0],
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['ｆｕ', 4],
    ['ﾊ', 1],
    ['한', 2],
    ['😀', 2],
    ['→…', 2],
    ['𠀀', 2],
  ]
  for (const [text, width] of CASES)
    test(`${JSON.stringify(text)} takes ${width}`, () => expect(displayWidth(text)).toBe(width))

  test('cutting', () => {
    expect(truncateToWidth('abcdef', 6)).toBe('abcdef')
    expect(truncateToWidth('abcdef', 5)).toBe('abcd…')
    expect(truncateToWidth('日本語', 5)).toBe('日本…')
    expect(truncateToWidth('日本語', 4)).toBe('日…')
    expect(truncateToWidth('abc', 0)).toBe('')
    expect(truncateToWidth('abcdef', 4, '...')).toBe('a...')
  })

  test('a cut text fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 12 }), (text, width) => {
        const cut = truncateToWidth(text, width)
        expect(displayWidth(cut)).toBeLessThanOrEqual(width)
        expect(cut === text).toBe(displayWidth(text) <= width)
      }),
      { numRuns: 500, seed: 1 },
    )
  })
})

describe('suggestions', () => {
  const WORDS = ['StringEquals', 'StringLike', 'Bool', 'Effect', 'Version', 'Sid', 'Id']
  const CASES: readonly (readonly [word: string, max: number, suggestion: string | undefined])[] = [
    ['StringEqual', 1, 'StringEquals'],
    ['stringequals', 1, 'StringEquals'],
    ['SrtingLike', 1, 'StringLike'],
    ['Efect', 1, 'Effect'],
    ['Efct', 1, undefined],
    ['Efct', 2, undefined],
    ['Efcet', 2, 'Effect'],
    ['Verzion', 1, 'Version'],
    ['Bool', 1, undefined],
    ['Xd', 1, undefined],
    ['sid', 1, 'Sid'],
    ['', 1, undefined],
    ['x'.repeat(1000), 5, undefined],
  ]
  for (const [word, max, suggestion] of CASES) {
    test(`${word.slice(0, 20)} within ${max}`, () => expect(didYouMean(word, WORDS, max)).toBe(suggestion))
  }
})

describe('frames', () => {
  const POLICY =
    '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "a",\n      "Sid": "b"\n    }\n  ]\n}\n'

  function frame(text: string, marked: string, options: CodeFrameOptions = {}, name = 'policy.json'): string {
    const start = text.lastIndexOf(marked)
    return `\n${codeFrame({ name, text }, { start, end: start + marked.length }, options)}\n`
  }

  test('a token, with message, hint and context', () => {
    expect(frame(POLICY, '"Sid"', { message: 'duplicate key `Sid`', hint: 'it stands at 5:7 already' })).toBe(`
duplicate key \`Sid\`
 --> policy.json:6:7
  |
4 |     {
5 |       "Sid": "a",
6 |       "Sid": "b"
  |       ^^^^^
7 |     }
8 |   ]
  = it stands at 5:7 already
`)
  })

  test('an error of the reader', () => {
    const result = readJson({ name: 'a.json', text: '[1,]\n' })
    expect(result.ok ? [] : result.error.map((error) => describeError(error))).toEqual([
      'trailing `,` before `]`\n --> a.json:1:3\n  |\n1 | [1,]\n  |   ^',
    ])
  })

  test('the end of the text', () => {
    expect(`\n${codeFrame({ name: 'a', text: '[1,\n' }, { start: 4, end: 4 }, { message: 'm' })}\n`).toBe(`
m
 --> a:2:1
  |
1 | [1,
2 |
  | ^
`)
  })

  test('an empty text', () => {
    expect(codeFrame({ name: 'a', text: '' }, { start: 0, end: 0 })).toBe(' --> a:1:1\n  |\n1 |\n  | ^')
  })

  test('several lines, the middle left out', () => {
    expect(frame('a: [\n  1,\n  2,\n  3\n]\nb', '[\n  1,\n  2,\n  3\n]', { contextLines: 1 })).toBe(`
 --> policy.json:1:4
  |
1 | a: [
  |    ^
  …
5 | ]
  | ^
6 | b
`)
  })

  test('a long line is shown around the place', () => {
    const text = `{"a": "${'x'.repeat(5000)}", "b": 012, "c": "${'y'.repeat(5000)}"}`
    expect(frame(text, '012', { width: 60 })).toBe(`
 --> policy.json:1:5016
  |
1 | …xxxxxxxxxx", "b": 012, "c": "yyyyyyyyyyyyyyyyyyyyyyyyy…
  |                    ^^^
`)
  })

  test('tabs, wide characters and escapes keep the mark under its token', () => {
    expect(frame('\t"日本": "\u001b[31m" bad', 'bad')).toBe(`
 --> policy.json:1:16
  |
1 |     "日本": "\\u{1b}[31m" bad
  |                          ^^^
`)
    expect(frame('"日本" 語', '語')).toContain('\n1 | "日本" 語\n  |        ^^\n')
  })

  test('CR LF and CR end lines', () => {
    expect(frame('a\r\nb\rc', 'c', { contextLines: 5 })).toBe(`
 --> policy.json:3:1
  |
1 | a
2 | b
3 | c
  | ^
`)
  })

  test('the gutter grows with the numbers', () => {
    expect(frame('\n'.repeat(98) + 'x\ny\nz', 'x', { contextLines: 1 })).toBe(`
   --> policy.json:99:1
    |
 98 |
 99 | x
    | ^
100 | y
`)
  })

  test('names and messages are made safe, and colours come from the palette', () => {
    const colored = codeFrame(
      { name: 'a\u001b[2J', text: 'x' },
      { start: 0, end: 1 },
      { message: 'bad \u202e', color: ansiPalette },
    )
    expect(colored).toBe(
      [
        '\u001b[1mbad \\u{202e}\u001b[22m',
        ' \u001b[2m-->\u001b[22m \u001b[34ma\\u{1b}[2J:1:1\u001b[39m',
        '\u001b[2m  |\u001b[22m',
        '\u001b[2m1 |\u001b[22m x',
        '\u001b[2m  |\u001b[22m \u001b[31m^\u001b[39m',
      ].join('\n'),
    )
  })

  test('any place in any text: no line too wide, nothing unsafe, one mark at least', () => {
    const text = fc
      .array(fc.constantFrom('a', '\n', '\r', '\t', '語', '😀', '\u001b', '\u202e', 'abcdefghijklmnop', '\ud800'))
      .map((all) => all.join(''))
    fc.assert(
      fc.property(text, fc.nat(60), fc.nat(60), (source, start, length) => {
        const output = codeFrame({ name: 'a', text: source }, { start, end: start + length }, { width: 40 })
        expect(output).toContain('^')
        for (const line of output.split('\n')) {
          expect(displayWidth(line)).toBeLessThanOrEqual(41)
          expect(escapeTerminal(line)).toBe(line)
        }
      }),
      { numRuns: 1000, seed: 1 },
    )
  })
})
