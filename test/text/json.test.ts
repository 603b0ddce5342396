/** `readJson` against RFC 8259 and against JSON.parse. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../src/text/json.js'
import { nodeToValue } from '../../src/text/syntax-tree.js'
import type { SyntaxNode } from '../../src/text/syntax-tree.js'

function read(text: string) {
  return readJson({ name: '<memory>', text })
}

function tree(text: string): SyntaxNode {
  const result = read(text)
  if (!result.ok) throw new Error(JSON.stringify(result.error.map((error) => error.message)))
  return result.value
}

/** Errors as `message | hint @ marked text`, with start and end where the mark is empty. */
function faults(text: string): readonly string[] {
  const result = read(text)
  if (result.ok) return []
  return result.error.map(({ message, hint, span }) => {
    const at = span.start === span.end ? `${span.start}` : text.slice(span.start, span.end)
    return `${message}${hint === undefined ? '' : ` | ${hint}`} @ ${at}`
  })
}

describe('values and their places', () => {
  test('every kind, with offsets that take in quotes and brackets', () => {
    const text = '{"a": [1.50, true, null, "x\\u0041"]}'
    expect(tree(text)).toEqual({
      kind: 'object',
      start: 0,
      end: text.length,
      members: [
        {
          key: 'a',
          keyStart: 1,
          keyEnd: 4,
          value: {
            kind: 'array',
            start: 6,
            end: 35,
            items: [
              { kind: 'number', value: 1.5, text: '1.50', start: 7, end: 11 },
              { kind: 'boolean', value: true, start: 13, end: 17 },
              { kind: 'null', start: 19, end: 23 },
              { kind: 'string', value: 'xA', start: 25, end: 34 },
            ],
          },
        },
      ],
    })
  })

  test('a byte order mark is accepted and counted', () => {
    expect(tree('\ufeff 1')).toEqual({ kind: 'number', value: 1, text: '1', start: 2, end: 3 })
  })

  test('`__proto__` is an ordinary key', () => {
    const value = nodeToValue(tree('{"__proto__": {"polluted": true}, "a": 1}'))
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":true},"a":1}')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  test('escapes may stand for NUL, line separators and lone surrogates', () => {
    expect(tree('"\\u0000\\u2028\\ud800"')).toMatchObject({ value: '\u0000\u2028\ud800' })
  })
})

describe('faults', () => {
  const CASES: readonly { readonly text: string; readonly expect: readonly string[] }[] = [
    { text: '', expect: ['the text is empty | expected a JSON value @ 0'] },
    { text: ' \n', expect: ['the text is empty | expected a JSON value @ 2'] },
    { text: '{} []', expect: ['unexpected `[` after the value | a JSON text holds one value @ ['] },
    { text: '{"a": 1,}', expect: ['trailing `,` before `}` @ ,'] },
    { text: '[1,]', expect: ['trailing `,` before `]` @ ,'] },
    { text: '[,]', expect: ['expected a value, found `,` @ ,'] },
    { text: '[1 2]', expect: ['expected `,` or `]`, found `2` @ 2'] },
    {
      text: '{"a": 1 "b": 2 "c": 3}',
      expect: ['expected `,` or `}`, found `"b"` @ "b"', 'expected `,` or `}`, found `"c"` @ "c"'],
    },
    { text: '{"a" 1}', expect: ['expected `:` after the key `a`, found `1` @ 1'] },
    { text: '{"a"', expect: ['expected `:` after the key `a`, found the end of the text @ 4'] },
    { text: '{a: 1}', expect: ['expected a key in double quotes, found `a` @ a'] },
    { text: '{"a": }', expect: ['expected a value, found `}` @ }'] },
    { text: '{"a": [1', expect: ['the text ends inside the array that begins at 1:7 | expected `]` @ 8'] },
    { text: '{"a":', expect: ['the text ends inside the object that begins at 1:1 | expected a value @ 5'] },
    { text: '[1}', expect: ['expected `,` or `]`, found `}` @ }'] },
    { text: '// x\n1', expect: ['comments are not allowed in JSON @ // x'] },
    { text: '[1 /* x */]', expect: ['comments are not allowed in JSON @ /* x */'] },
    { text: '[True]', expect: ['`True` is not a JSON value | did you mean `true`? @ True'] },
    { text: "['a']", expect: ["unexpected `'a'` | strings stand in double quotes @ 'a'"] },
    { text: '[NaN]', expect: ['`NaN` is not a JSON value | strings stand in double quotes @ NaN'] },
    {
      text: '012345678901',
      expect: [
        '`012345678901` is not a JSON number | no leading zero or plus, and a digit on each side of the point @ 012345678901',
      ],
    },
    {
      text: '[1., .5, +1, 1e, -, 0x1F]',
      expect: ['1.', '.5', '+1', '1e', '-', '0x1F'].map(
        (word) =>
          `\`${word}\` is not a JSON number | no leading zero or plus, and a digit on each side of the point @ ${word}`,
      ),
    },
    { text: '"abc', expect: ['the string `"abc` is not closed | expected `"` @ "abc'] },
    {
      text: '"a\\',
      expect: [
        'the string `"a\\` is not closed | expected `"` @ "a\\',
        'unknown escape `\\` in a string | JSON knows \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hexadecimal digits @ \\',
      ],
    },
    { text: '{"a": "x\ny"}', expect: ['the string `"x` is not closed | expected `"` @ "x'] },
    {
      text: '"a\tb\u0000"',
      expect: [
        'control character `\\t` in a string | write it as \\u0009 @ \t',
        'control character `\\u{0}` in a string | write it as \\u0000 @ \u0000',
      ],
    },
    {
      text: '["\\x", "\\u12g"]',
      expect: ['\\x', '\\u12'].map(
        (text) =>
          `unknown escape \`${text}\` in a string | JSON knows \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hexadecimal digits @ ${text}`,
      ),
    },
    { text: '{"a": 1,\n "a": 2}', expect: ['duplicate key `a` | it stands at 1:2 already @ "a"'] },
    { text: '{"\\u0061": 1, "a": 2, "A": 3}', expect: ['duplicate key `a` | it stands at 1:2 already @ "a"'] },
    {
      text: '\u00a0 1',
      expect: [
        '`\u00a0` is not a JSON value | strings stand in double quotes @ \u00a0',
        'unexpected `1` after the value | a JSON text holds one value @ 1',
      ],
    },
  ]
  for (const { text, expect: expected } of CASES) {
    test(`fault ${JSON.stringify(text)}`, () => expect(faults(text)).toEqual(expected))
  }

  test('an error names the object it stands in', () => {
    const result = read('{"Statement": [{}, {"Sid": "a", "Sid": "b"}]}')
    expect(result.ok ? [] : result.error.map((error) => error.pointer)).toEqual(['/Statement/1/Sid'])
  })

  test('duplicates are found in a large object, and three of them name the first place', () => {
    const members = Array.from({ length: 40 }, (_, index) => `"k${index}": ${index}`)
    expect(faults(`{${members.join(',')},"k0": 1,"k0": 2,"k39": 3}`)).toEqual([
      'duplicate key `k0` | it stands at 1:2 already @ "k0"',
      'duplicate key `k0` | it stands at 1:2 already @ "k0"',
      expect.stringContaining('duplicate key `k39`'),
    ])
  })

  test('at most 20 errors', () => {
    expect(faults(`[${'x,'.repeat(100)}1]`)).toHaveLength(20)
  })
})

describe('limits', () => {
  test('depth: 128 levels are read, 129 and 10,000 give one error each', () => {
    expect(read('['.repeat(128) + ']'.repeat(128)).ok).toBe(true)
    for (const depth of [129, 10_000]) {
      const result = read('['.repeat(depth) + ']'.repeat(depth))
      expect(result).toMatchObject({
        ok: false,
        error: [{ message: 'nested deeper than 128 levels', span: { start: 128, end: 129 } }],
      })
      expect(result.ok ? 0 : result.error.length).toBe(1)
    }
  })

  test('depth and length can be set', () => {
    expect(readJson({ name: 'a', text: '[[]]' }, { maxDepth: 1 }).ok).toBe(false)
    expect(readJson({ name: 'a', text: '[[]]' }, { maxLength: 3 })).toMatchObject({
      error: [{ message: 'the text has 4 characters', hint: 'at most 3 are read' }],
    })
  })

  test('ten megabytes are read', () => {
    const text = `[${Array.from({ length: 300_000 }, (_, index) => `{"key${index}": "value value value"}`).join(',\n')}]`
    expect(text.length).toBeGreaterThan(10_000_000)
    expect(tree(text)).toMatchObject({ kind: 'array', end: text.length })
  })
})

describe('beside JSON.parse', () => {
  test('the value of a JSON text is what JSON.parse gives', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 1, 4), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), null, indent)
        const result = read(text)
        // A duplicate key cannot come out of JSON.stringify.
        expect(result.ok && JSON.stringify(nodeToValue(result.value))).toBe(JSON.stringify(JSON.parse(text)))
      }),
      { numRuns: 500, seed: 1 },
    )
  })

  test('a text is accepted exactly when JSON.parse accepts it and no key stands twice', () => {
    const piece = fc.constantFrom(
      ...'{}[],:"\\\n\t 01.-eE+u/*'.split(''),
      'true',
      'null',
      '"a"',
      '"b":',
      '\\u0041',
      '1',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        const result = read(text)
        const onlyDuplicates = !result.ok && result.error.every((error) => error.message.startsWith('duplicate key'))
        expect(result.ok || onlyDuplicates).toBe(parses(text))
        if (!result.ok) {
          for (const { span } of result.error) {
            expect(span.start >= 0 && span.start <= span.end && span.end <= text.length).toBe(true)
          }
        }
      }),
      { numRuns: 5000, seed: 2 },
    )
  })
})

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
