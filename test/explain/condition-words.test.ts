import { describe, expect, test } from 'vitest'
import { explainTrace } from '../../src/explain/story.js'
import { ALICE, allow, ask, named } from './build.js'
import type { RequestContext } from '../../src/decide/values.js'

const NONE = 'nothing: the request does not have this key'

/** Operator, values, what the request has, what is wanted, what it got: an Allow that hangs on one test. */
const CASES: readonly (readonly [string, string | readonly string[], unknown, string, string])[] = [
  ['StringEquals', 'a', 'b', 'K is "a"', '"b"'],
  ['StringEquals', ['a', 'c'], 'b', 'K is "a" or "c"', '"b"'],
  ['StringEquals', ['a', 'c', 'd'], 'b', 'K is "a", "c" or "d"', '"b"'],
  ['StringEquals', ['1', '2', '3', '4', '5', '6', '7'], 'b', 'K is "1", "2", "3", "4" or 3 more', '"b"'],
  ['StringEquals', 'a', undefined, 'K is "a"', NONE],
  ['StringEquals', [], 'b', 'K is compared with an empty list of values', '"b"'],
  [
    'StringEquals',
    'a',
    ['a', 'b'],
    'K is "a"',
    '"a" and "b": more values than StringEquals compares without ForAnyValue: or ForAllValues:',
  ],
  ['StringNotEquals', 'a', 'a', 'K is not "a"', '"a"'],
  ['StringNotEquals', ['a', 'b'], 'a', 'K is none of "a" or "b"', '"a"'],
  ['StringEqualsIgnoreCase', 'a', 'b', 'K is "a" in upper or lower case', '"b"'],
  ['StringEqualsIfExists', 'a', 'b', 'K, if the request has it, is "a"', '"b"'],
  ['StringLike', 'a*', 'b', 'K matches "a*"', '"b"'],
  ['StringNotLike', 'a*', 'ab', 'K does not match "a*"', '"ab"'],
  ['StringNotLike', ['a*', 'b*'], 'ab', 'K matches none of "a*" or "b*"', '"ab"'],
  ['NumericEquals', '5', '6', 'K equals 5', '6'],
  ['NumericNotEquals', '5', '5', 'K does not equal 5', '5'],
  ['NumericLessThan', '5', '6', 'K is less than 5', '6'],
  ['NumericLessThanEquals', '5', '6', 'K is at most 5', '6'],
  ['NumericGreaterThan', '5', '4', 'K is more than 5', '4'],
  ['NumericGreaterThanEquals', '5', 'four', 'K is at least 5', 'four: NumericGreaterThanEquals cannot compare the two'],
  ['DateEquals', '2026-01-01', '2026-01-02', 'K is exactly 2026-01-01', '2026-01-02'],
  ['DateNotEquals', '2026-01-01', '2026-01-01', 'K is not exactly 2026-01-01', '2026-01-01'],
  ['DateLessThan', '2026-01-01', '2026-01-02', 'K is before 2026-01-01', '2026-01-02'],
  ['DateLessThanEquals', '2026-01-01', '2026-01-02', 'K is not after 2026-01-01', '2026-01-02'],
  ['DateGreaterThan', '2026-01-01', '2025-01-02', 'K is after 2026-01-01', '2025-01-02'],
  ['DateGreaterThanEquals', '2026-01-01', '2025-01-02', 'K is not before 2026-01-01', '2025-01-02'],
  ['Bool', 'true', 'false', 'K is true', 'false'],
  ['BinaryEquals', 'QUJD', 'QUJE', 'K is "QUJD" as base64', '"QUJE"'],
  ['IpAddress', '203.0.113.0/24', '198.51.100.7', 'K is in 203.0.113.0/24', '198.51.100.7'],
  ['NotIpAddress', '203.0.113.0/24', '203.0.113.7', 'K is not in 203.0.113.0/24', '203.0.113.7'],
  [
    'ArnLike',
    'arn:aws:iam::*:role/Ad*',
    'arn:aws:iam::1:role/X',
    'K matches "arn:aws:iam::*:role/Ad*"',
    '"arn:aws:iam::1:role/X"',
  ],
  [
    'ArnNotEquals',
    'arn:aws:iam::*:role/X',
    'arn:aws:iam::1:role/X',
    'K does not match "arn:aws:iam::*:role/X"',
    '"arn:aws:iam::1:role/X"',
  ],
  ['Null', 'true', 'x', 'the request does not have K', '"x"'],
  ['Null', 'false', undefined, 'the request has K', NONE],
  ['ForAnyValue:StringEquals', ['a'], ['b', 'c'], 'at least one value of K is "a"', '"b" and "c"'],
  ['ForAnyValue:StringEquals', ['a'], undefined, 'at least one value of K is "a"', NONE],
  ['ForAnyValue:StringNotEquals', ['a'], ['a'], 'at least one value of K is not "a"', '"a"'],
  ['ForAnyValue:StringEqualsIfExists', ['a'], ['b'], 'at least one value of K, if the request has it, is "a"', '"b"'],
  ['ForAllValues:StringEquals', ['a'], ['a', 'c'], 'every value of K, if it has any, is "a"', '"a" and "c"'],
  ['ForAllValues:StringLike', ['a*'], ['b'], 'every value of K, if it has any, matches "a*"', '"b"'],
  ['StringEquals', '${aws:PrincipalTag/team}', 'b', 'K is "${aws:PrincipalTag/team}" (here "payments")', '"b"'],
  ['StringEquals', '${aws:PrincipalTag/none}', 'b', 'K is "${aws:PrincipalTag/none}" (which has no value here)', '"b"'],
  ['StringEquals', "${aws:PrincipalTag/none, 'x'}", 'b', 'K is "${aws:PrincipalTag/none, \'x\'}" (here "x")', '"b"'],
]

const KEY = 'aws:PrincipalTag/k'

describe('conditions in words', () => {
  for (const [operator, values, has, wanted, got] of CASES) {
    test(`${operator} ${JSON.stringify(values)} against ${JSON.stringify(has)}`, () => {
      const context = { 'aws:PrincipalTag/team': 'payments', [KEY]: has } as RequestContext
      const key = [allow({ Principal: named(ALICE), Condition: { [operator]: { [KEY]: values } } })]
      const [part] = explainTrace(ask({ key, context })).decisive
      const [check] = part!.checks.filter(({ holds }) => !holds)
      expect({ part: check?.part, wanted: check?.wanted.replace(KEY, 'K'), got: check?.got }).toEqual({
        part: 'condition',
        wanted,
        got,
      })
    })
  }

  test('K-19: a key that key policies cannot see', () => {
    const key = [allow({ Principal: named(ALICE), Condition: { StringEquals: { 'aws:ResourceTag/team': 'a' } } })]
    const { summary } = explainTrace(ask({ key, context: { 'aws:ResourceTag/team': 'a' } }))
    expect(summary).toBe(
      'The key policy allows kms:Decrypt only when aws:ResourceTag/team is "a"; key policies cannot see that key.',
    )
  })

  test('a value is quoted, and cut where it is long', () => {
    const key = [allow({ Principal: named(ALICE), Condition: { StringEquals: { [KEY]: `"${'x'.repeat(100)}` } } })]
    const [part] = explainTrace(ask({ key })).decisive
    expect(part?.checks.at(-1)?.wanted).toBe(`${KEY} is "\\"${'x'.repeat(79)}…"`)
  })
})
