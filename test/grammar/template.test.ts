import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  hasVariable,
  MAX_VALUE_LENGTH,
  parseTemplate,
  splitWildcards,
  type Template,
  type TemplatePart,
} from '../../src/text/template.js'

const text = (value: string): TemplatePart => ({ kind: 'text', text: value })
const star: TemplatePart = { kind: 'wild', wild: '*' }
const question: TemplatePart = { kind: 'wild', wild: '?' }

// authorization.md A6, A7: IAM User Guide, "IAM policy elements: Variables and tags".
const READ: readonly { readonly value: string; readonly parts: Template }[] = [
  { value: '', parts: [] },
  { value: 'plain', parts: [text('plain')] },
  { value: 'a*b?', parts: [text('a'), star, text('b'), question] },
  { value: '**', parts: [star, star] },
  { value: '$ { } $a {$}', parts: [text('$ { } $a {$}')] },
  { value: '${aws:username}', parts: [{ kind: 'variable', key: 'aws:username', start: 0, end: 15 }] },
  {
    value: 'home/${aws:username}/*',
    parts: [text('home/'), { kind: 'variable', key: 'aws:username', start: 5, end: 20 }, text('/'), star],
  },
  {
    value: "${aws:PrincipalTag/team, 'company-wide'}",
    parts: [{ kind: 'variable', key: 'aws:PrincipalTag/team', default: 'company-wide', start: 0, end: 40 }],
  },
  { value: "${k, ''}", parts: [{ kind: 'variable', key: 'k', default: '', start: 0, end: 8 }] },
  { value: "${k, '${*} } \"*'}", parts: [{ kind: 'variable', key: 'k', default: '${*} } "*', start: 0, end: 17 }] },
  { value: '${*}${?}${$}', parts: [text('*?$')] },
  { value: 'a${*}b*c${$}', parts: [text('a*b'), star, text('c$')] },
  {
    value: '${a}${b}',
    parts: [
      { kind: 'variable', key: 'a', start: 0, end: 4 },
      { kind: 'variable', key: 'b', start: 4, end: 8 },
    ],
  },
  { value: '$${a}$', parts: [text('$'), { kind: 'variable', key: 'a', start: 1, end: 5 }, text('$')] },
  { value: 'a:b:${c:d}', parts: [text('a:b:'), { kind: 'variable', key: 'c:d', start: 4, end: 10 }] },
  { value: 'line\n${a}\n', parts: [text('line\n'), { kind: 'variable', key: 'a', start: 5, end: 9 }, text('\n')] },
]

describe('parseTemplate', () => {
  for (const { value, parts } of READ)
    test(JSON.stringify(value), () => expect(parseTemplate(value)).toEqual({ ok: true, value: parts }))

  // The place in the text, and what would be right there.
  const REFUSED: readonly {
    readonly value: string
    readonly at: readonly [number, number]
    readonly message: string
    readonly hint: string
  }[] = [
    { value: 'ab${', at: [2, 4], message: 'the variable `${` is never closed', hint: 'expected `}`' },
    {
      value: 'ab${aws:username',
      at: [2, 16],
      message: 'the variable `${aws:username` is never closed',
      hint: 'expected `}`',
    },
    { value: "${a}${b, 'c'", at: [4, 12], message: "the variable `${b, 'c'` is never closed", hint: 'expected `}`' },
    { value: "${b, '${c'", at: [0, 10], message: "the variable `${b, '${c'` is never closed", hint: 'expected `}`' },
    {
      value: 'x${}',
      at: [1, 4],
      message: 'the variable `${}` has no key',
      hint: 'expected a condition key such as `aws:username`',
    },
    {
      value: '${ a}',
      at: [2, 3],
      message: 'unexpected ` ` before the key of a variable',
      hint: 'expected a condition key such as `aws:username`',
    },
    {
      value: '${**}',
      at: [2, 3],
      message: 'unexpected `*` before the key of a variable',
      hint: 'expected a condition key such as `aws:username`',
    },
    {
      value: '${a b}',
      at: [3, 4],
      message: 'unexpected ` ` in the key of a variable',
      hint: 'expected `}`, or a comma, a space and a default in single quotes',
    },
    {
      value: '${a${b}}',
      at: [3, 4],
      message: 'unexpected `$` in the key of a variable',
      hint: 'expected `}`, or a comma, a space and a default in single quotes',
    },
    {
      value: "${a,'b'}",
      at: [4, 7],
      message: "unexpected `'b'` after the comma of a variable",
      hint: 'expected exactly one space',
    },
    {
      value: '${a,b}',
      at: [4, 5],
      message: 'unexpected `b` after the comma of a variable',
      hint: 'expected exactly one space',
    },
    {
      value: "${a,  'b'}",
      at: [5, 6],
      message: 'there is more than one space before the default of a variable',
      hint: "expected a default in single quotes, such as `'none'`",
    },
    {
      value: '${a, b}',
      at: [5, 6],
      message: 'unexpected `b` in place of the default of a variable',
      hint: "expected a default in single quotes, such as `'none'`",
    },
    {
      value: '${a, "b"}',
      at: [5, 6],
      message: 'unexpected `"` in place of the default of a variable',
      hint: "expected a default in single quotes, such as `'none'`",
    },
    {
      value: '${a, }',
      at: [5, 6],
      message: 'the default of a variable is missing',
      hint: "expected a default in single quotes, such as `'none'`",
    },
    {
      value: "${a, 'b}",
      at: [5, 6],
      message: 'the default of a variable has no closing quote',
      hint: "expected a default in single quotes, such as `'none'`",
    },
    {
      value: "${a, 'b' }",
      at: [8, 9],
      message: 'unexpected ` ` after the default of a variable',
      hint: 'expected `}`',
    },
  ]
  for (const { value, at, message, hint } of REFUSED) {
    test(`refuses ${JSON.stringify(value)}`, () =>
      expect(parseTemplate(value)).toEqual({ ok: false, error: { message, start: at[0], end: at[1], hint } }))
  }

  test('reads a value as long as a key policy may be, and refuses a longer one', () => {
    const many = '${a}'.repeat(MAX_VALUE_LENGTH / 4)
    const read = parseTemplate(many)
    expect(read.ok && read.value.length).toBe(MAX_VALUE_LENGTH / 4)
    const longer = parseTemplate(`${many}x`)
    expect(!longer.ok && longer.error.message).toBe('a value of 32769 characters is longer than any policy may be')
  })

  test('a text without a variable has the parts of splitWildcards', () =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '*', '?', ':', '$', '}', "'") }), (value) => {
        expect(hasVariable(value)).toBe(false)
        expect(parseTemplate(value)).toEqual({ ok: true, value: splitWildcards(value) })
      }),
      { numRuns: 200, seed: 1 },
    ))

  const part = fc.oneof(
    fc.constantFrom<TemplatePart>(star, question),
    fc.string({ unit: fc.constantFrom('a', ':', '/', '*', '?', '$', '{', '}', ' ', 'é'), minLength: 1 }).map(text),
    fc
      .record({
        key: fc.stringMatching(/^[a-zA-Z:/+=.@_-]{1,12}$/),
        fallback: fc.option(fc.stringMatching(/^[^']{0,12}$/)),
      })
      .map(({ key, fallback }): TemplatePart => ({
        kind: 'variable',
        key,
        ...(fallback === null ? {} : { default: fallback }),
        start: 0,
        end: 0,
      })),
  )
  test('every template, printed with its special characters escaped, reads as itself', () =>
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const read = parseTemplate(parts.map(printPart).join(''))
        expect(read.ok && read.value.map(printPart).join('')).toBe(parts.map(printPart).join(''))
        expect(read.ok && read.value.filter(({ kind }) => kind !== 'text').length).toBe(
          parts.filter(({ kind }) => kind !== 'text').length,
        )
      }),
      { numRuns: 300, seed: 2 },
    ))
})

function printPart(part: TemplatePart): string {
  switch (part.kind) {
    case 'text':
      return part.text.replace(/[*?$]/g, (char) => `\${${char}}`)
    case 'wild':
      return part.wild
    case 'variable':
      return part.default === undefined ? `\${${part.key}}` : `\${${part.key}, '${part.default}'}`
  }
}
