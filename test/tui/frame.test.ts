/**
 * Lines, widths, lists, policies and themes: what every view is made of.
 *
 * Source: Unicode Standard Annexes #9, #11 and #29; no-color.org.
 */
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Finder, withWords } from '../../src/tui/frame/find.js'
import { UNICODE } from '../../src/tui/frame/glyphs.js'
import { AT_FIRST, drawList, listAt, moveInList } from '../../src/tui/frame/list.js'
import { drawPolicy, policyRows, rowAt } from '../../src/tui/frame/policy-lines.js'
import { cutLine, lineWidth, padLine, plainText, span, spread, wrapText } from '../../src/tui/frame/span.js'
import { drawInput, typeInto } from '../../src/tui/frame/text-input.js'
import { paintLine, THEMES } from '../../src/tui/frame/theme.js'
import { cutStartToWidth, cutToWidth, textWidth } from '../../src/tui/frame/width.js'

describe('widths', () => {
  test.each([
    ['abc', 3],
    ['漢字', 4],
    ['e\u0301', 1],
    ['🇩🇪', 2],
    ['👍🏽', 2],
    ['한', 2],
    ['ｱ', 1],
  ])('%s takes %i columns', (text, width) => {
    expect(textWidth(text)).toBe(width)
  })

  test('what belongs together is never parted', () => {
    expect(cutToWidth('ae\u0301b', 2)).toBe('ae\u0301')
    expect(cutToWidth('漢字', 3)).toBe('漢')
    expect(cutStartToWidth('漢字', 3)).toBe('字')
  })

  test('a cut text fits, and is a part of the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.integer({ min: 0, max: 20 }), (text, columns) => {
        expect(textWidth(cutToWidth(text, columns))).toBeLessThanOrEqual(columns)
        expect(text.startsWith(cutToWidth(text, columns))).toBe(true)
        expect(text.endsWith(cutStartToWidth(text, columns))).toBe(true)
      }),
      { seed: 3, numRuns: 200 },
    )
  })
})

describe('lines', () => {
  test.each([
    ['\u001b[2Jgone', '\\u{1b}[2Jgone'],
    ['a\rb', 'a\\rb'],
    ['\u202edeny', '\\u{202e}deny'],
    ['role\u200b', 'role\\u{200b}'],
    ['\u009b31m', '\\u{9b}31m'],
    ['\u0301e\u0301', '\\u{301}e\u0301'],
    [`e${'\u0301'.repeat(6)}`, `e${'\u0301'.repeat(4)}\\u{301}\\u{301}`],
  ])('%j is written out', (text, shown) => {
    expect(span(text).text).toBe(shown)
  })

  test('a line is cut with an ellipsis and filled up with spaces', () => {
    expect(plainText(cutLine([span('abc'), span('defg')], 5))).toBe('abcd…')
    expect(plainText(cutLine([span('abc'), span('漢字')], 5))).toBe('abc…')
    expect(plainText(padLine([span('ab')], 4))).toBe('ab  ')
    expect(plainText(spread([span('left')], [span('right')], 12))).toBe('left   right')
    expect(plainText(spread([span('left')], [span('right')], 6))).toBe('left')
  })

  test('whatever its parts, a cut line fits and a filled one is as wide as it should be', () => {
    const line = fc.array(
      fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => span(text)),
      { maxLength: 5 },
    )
    fc.assert(
      fc.property(line, fc.integer({ min: 1, max: 30 }), (spans, columns) => {
        expect(lineWidth(cutLine(spans, columns))).toBeLessThanOrEqual(columns)
        expect(lineWidth(padLine(spans, columns))).toBe(columns)
      }),
      { seed: 4, numRuns: 200 },
    )
  })

  test('text is broken at spaces, and a long word at its joints', () => {
    const lines = wrapText('denied: arn:aws:iam::444455556666:role/service/PaymentsApi here', 25, 'plain', ' ')
    expect(lines.map(plainText)).toEqual([
      ' denied:',
      ' arn:aws:iam::',
      ' 444455556666:role/',
      ' service/PaymentsApi here',
    ])
  })
})

describe('themes', () => {
  const line = [span('ALLOWED', 'allowBadge'), span(' row', 'bad', 'selected'), span(' plain')]

  test('every line takes back what it sets', () => {
    for (const theme of Object.values(THEMES)) {
      const painted = paintLine(line, theme)
      expect(stripVTControlCharacters(painted)).toBe('ALLOWED row plain')
      expect(painted.split('\u001b[0m')).toHaveLength(3)
    }
  })

  test('without colours no colour is asked for', () => {
    const { roles, marks } = THEMES.mono
    const parameters = [...Object.values(roles), ...Object.values(marks)].flatMap((sgr) => sgr.split(';'))
    // Bold, faint, underlined, reversed; colours begin at 30.
    expect(parameters.filter((parameter) => Number(parameter) >= 30)).toEqual([])
  })
})

describe('lists', () => {
  const room = { count: 5000, rows: 10 }
  const command = (name: string): Parameters<typeof moveInList>[1] => ({ kind: 'command', command: name })

  test.each([
    ['down', { cursor: 1, top: 0 }],
    ['up', { cursor: 0, top: 0 }],
    ['pageDown', { cursor: 10, top: 1 }],
    ['last', { cursor: 4999, top: 4990 }],
  ])('%s', (name, expected) => {
    expect(moveInList(AT_FIRST, command(name), room)).toEqual(expected)
  })

  test('the cursor is in view wherever it goes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -10, max: 6000 }),
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 1, max: 60 }),
        (to, top, rows) => {
          const { cursor, top: first } = listAt({ cursor: 0, top }, to, { count: 5000, rows })
          expect(cursor).toBeGreaterThanOrEqual(first)
          expect(cursor).toBeLessThan(first + rows)
          expect(first + rows).toBeLessThanOrEqual(Math.max(5000, rows))
        },
      ),
      { seed: 5, numRuns: 200 },
    )
  })

  test('only what is in view is drawn', () => {
    const drawn: number[] = []
    const lines = drawList({ cursor: 2500, top: 2495 }, { ...room, columns: 20 }, (index) => {
      drawn.push(index)
      return [[span(`row ${index}`)]]
    })
    expect(drawn).toEqual([2495, 2496, 2497, 2498, 2499, 2500, 2501, 2502, 2503, 2504])
    expect(plainText(lines[5] ?? [])).toBe('row 2500'.padEnd(20))
    expect(lines[5]?.every(({ mark }) => mark === 'selected')).toBe(true)
  })

  test.each([
    [0, 3, ['row 0', 'row 1', 'row 2                    4,997 below']],
    [4997, 3, ['row 4997                 4,997 above', 'row 4998', 'row 4999']],
    [7, 1, ['row 7           7 above, 4,992 below']],
  ] as const)('what is not in view is counted: from %i, %i rows', (top, rows, expected) => {
    const lines = drawList({ cursor: top, top }, { count: 5000, rows, columns: 36 }, (index) => [
      [span(`row ${index}`)],
    ])
    expect(lines.map((line) => plainText(line).trimEnd())).toEqual(expected)
  })

  test('an empty list is drawn as nothing', () => {
    expect(drawList(AT_FIRST, { count: 0, rows: 5, columns: 20 }, () => [])).toEqual([])
    expect(moveInList(AT_FIRST, command('down'), { count: 0, rows: 5 })).toEqual(AT_FIRST)
  })
})

describe('typed text', () => {
  test.each([
    ['ab', { kind: 'text', text: 'c' }, 'abc'],
    ['ab', { kind: 'text', text: 'c\nd' }, 'abc d'],
    ['ae\u0301', { kind: 'command', command: 'eraseLetter' }, 'a'],
    ['one two', { kind: 'command', command: 'eraseWord' }, 'one '],
    ['role/App', { kind: 'command', command: 'eraseWord' }, 'role/'],
    ['one two', { kind: 'command', command: 'eraseAll' }, ''],
  ] as const)('%j and %j is %j', (text, action, expected) => {
    expect(typeInto(text, action)).toBe(expected)
  })

  test('of a long text the end is shown', () => {
    expect(plainText(drawInput('x'.repeat(50) + 'end', { columns: 10, isFocused: true }))).toBe('…xxxxend ')
  })
})

describe('finding', () => {
  const names = ['role/PaymentsApi', 'role/TenantService', 'alias/payments', 'alias/tenant-data']

  test('by words, in the order of the list', () => {
    expect(withWords(names, 'PAY')).toEqual([0, 2])
    expect(withWords(names, 'alias ten')).toEqual([3])
    expect(withWords(names, '  ')).toEqual([0, 1, 2, 3])
  })

  test('by likeness, the best first', () => {
    const finder = new Finder(names)
    expect(finder.find('tenserv')[0]).toBe(1)
    expect(finder.find('')).toEqual([0, 1, 2, 3])
    expect(finder.find('zzz')).toEqual([])
  })
})

describe('policies', () => {
  const source = (text: string): { readonly name: string; readonly text: string } => ({ name: 'policy.json', text })
  const page = { top: 0, rows: 40, columns: 60, glyphs: UNICODE, marks: [] }

  test('a text on short lines stays as it is, with its line numbers', () => {
    const policy = source('\n\n{\n  "Sid": "A"\n}\n')
    expect(drawPolicy(policy, page).map(plainText)).toEqual(['3  {', '4    "Sid": "A"', '5  }'])
  })

  test('a long line is broken where JSON may be', () => {
    const statement = { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:Encrypt'], Resource: 'a,b{c}' }
    const policy = source(JSON.stringify({ Version: '2012-10-17', Statement: [statement, statement] }))
    const lines = drawPolicy(policy, page).map(plainText)
    expect(lines.slice(0, 10)).toEqual([
      '1  {',
      '     "Version":"2012-10-17",',
      '     "Statement":[',
      '       {',
      '         "Effect":"Allow",',
      '         "Action":[',
      '           "kms:Decrypt",',
      '           "kms:Encrypt"',
      '         ],',
      '         "Resource":"a,b{c}"',
    ])
  })

  test('the part that is told of is marked, and a bar stands beside its statement', () => {
    const text = '{\n  "tenant": "green"\n}'
    const start = text.indexOf('"tenant"')
    const marks = [
      { start: 0, end: text.length, mark: 'around' as const },
      { start, end: text.indexOf('\n}'), mark: 'point' as const },
    ]
    const policy = source(text)
    const lines = drawPolicy(policy, { ...page, marks })
    const marked = lines[1]?.filter(({ mark }) => mark === 'point').map(({ text: part }) => String(part))
    expect(marked?.join('')).toBe('"tenant": "green"')
    expect(lines.every((line) => line[1]?.text === UNICODE.bar)).toBe(true)
  })

  test('a line that is wider than the page goes on in the next', () => {
    const policy = source(`{ "AWS": "arn:aws:iam::444455556666:role/${'service/'.repeat(6)}TenantService" }`)
    const rows = policyRows(policy, 40)
    expect(rows.length).toBeGreaterThan(2)
    expect(rows.map(({ start, end }) => policy.text.slice(start, end)).join('')).toBe(policy.text)
    expect(rowAt(rows, policy.text.length - 1)).toBe(rows.length - 1)
    for (const line of drawPolicy(policy, { ...page, columns: 40 })) expect(lineWidth(line)).toBeLessThanOrEqual(40)
  })

  test('every character of any text has its row', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.integer({ min: 20, max: 90 }), (text, columns) => {
        const rows = policyRows(source(text), columns)
        const shown = rows.map(({ start, end }) => text.slice(start, end)).join('')
        expect(shown.replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''))
      }),
      { seed: 6, numRuns: 200 },
    )
  })
})
