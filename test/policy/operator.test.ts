/** Names of condition operators: `authorization.md` B3 and K-30, IUG Condition operators. */
import { describe, expect, test } from 'vitest'
import { parseOperator } from '../../src/policy/operator.js'

const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
  ArnNotLike: 'ArnLike',
  ArnNotEquals: 'ArnLike',
}
const POSITIVE: Readonly<Record<string, string>> = {
  ArnEquals: 'ArnLike',
  ...Object.fromEntries(
    [
      'StringEquals',
      'StringEqualsIgnoreCase',
      'StringLike',
      'ArnLike',
      'Bool',
      'BinaryEquals',
      'IpAddress',
      'Null',
      ...['Equals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].flatMap((word) => [
        `Numeric${word}`,
        `Date${word}`,
      ]),
    ].map((name) => [name, name]),
  ),
}

describe('B3: every operator', () => {
  for (const [table, negated] of [
    [POSITIVE, false],
    [NEGATED, true],
  ] as const) {
    for (const [name, base] of Object.entries(table)) {
      test(`${name}`, () => {
        for (const set of [undefined, 'ForAllValues', 'ForAnyValue'] as const) {
          const prefixed = set === undefined ? name : `${set}:${name}`
          expect(parseOperator(prefixed)).toEqual({
            ok: true,
            value: { operator: prefixed, set, base, negated, ifExists: false },
          })
          const suffixed = `${prefixed}IfExists`
          if (base === 'Null') expect(parseOperator(suffixed).ok).toBe(false)
          else
            expect(parseOperator(suffixed)).toEqual({
              ok: true,
              value: { operator: suffixed, set, base, negated, ifExists: true },
            })
        }
      })
    }
  }
})

describe('K-30: any other name is refused, with the nearest one', () => {
  for (const [name, hint] of [
    ['StringEqual', 'did you mean `StringEquals`?'],
    ['stringequals', 'did you mean `StringEquals`?'],
    ['ForAnyValues:StringLike', 'did you mean `ForAnyValue:StringLike`?'],
    ['forallvalues:StringLike', 'did you mean `ForAllValues:StringLike`?'],
    ['ForAnyValue:StringLikesIfExists', 'did you mean `ForAnyValue:StringLikeIfExists`?'],
    ['StringEqualsIfExist', 'did you mean `StringEqualsIfExists`?'],
    ['NullIfExists', 'expected `Null`'],
    ['ForAnyValue:NullIfExists', 'expected `ForAnyValue:Null`'],
    ['BoolIfExistsIfExists', undefined],
    ['IfExists', undefined],
    ['', undefined],
    ['ForAnyValue:', undefined],
    [':StringEquals', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
  ] as const) {
    test(`\`${name}\``, () => {
      const parsed = parseOperator(name)
      expect(parsed.ok).toBe(false)
      if (!parsed.ok && hint !== undefined) expect(parsed.error.hint).toBe(hint)
    })
  }
})
