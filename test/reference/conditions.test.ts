/** Operators, formats, variables and patterns of the interpreter, against authorization.md A and B. */
import { describe, expect, test } from 'vitest'
import { testCondition } from './conditions.js'
import type { Context, StatementJson } from './document.js'
import { actionCovered, resourceCovered } from './resources.js'

type Row = readonly [operator: string, wanted: readonly string[], got: Context[string] | undefined, result: boolean]

function holds([operator, wanted, got]: Row, context: Context = {}): boolean {
  const all = got === undefined ? context : { ...context, k: got }
  return testCondition(operator, 'K', wanted, '2012-10-17', all)
}

const TABLES: Readonly<Record<string, readonly Row[]>> = {
  'B2, absent key': [
    ['StringEquals', ['a'], undefined, false],
    ['StringNotEquals', ['a'], undefined, true],
    ['StringEqualsIfExists', ['a'], undefined, true],
    ['StringNotEqualsIfExists', ['a'], undefined, true],
    ['ForAnyValue:StringEquals', ['a'], undefined, false],
    ['ForAnyValue:StringNotEquals', ['a'], undefined, false],
    ['ForAllValues:StringEquals', ['a'], undefined, true],
    ['ForAllValues:StringNotEquals', ['a'], undefined, true],
    ['ForAnyValue:StringEqualsIfExists', ['a'], undefined, true],
    ['StringEquals', ['a'], [], false],
    ['StringNotEquals', ['a'], [], true],
  ],
  'B2, several values': [
    ['StringEquals', ['a'], ['a', 'b'], false],
    ['StringNotEquals', ['x'], ['a', 'b'], false],
    ['StringEqualsIfExists', ['a'], ['a', 'b'], false],
    ['StringEquals', ['a'], ['a'], true],
    ['ForAnyValue:StringEquals', ['a'], ['a', 'b'], true],
    ['ForAllValues:StringEquals', ['a'], ['a', 'b'], false],
    ['ForAllValues:StringNotEquals', ['c'], ['a', 'b'], true],
    ['ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'b'], false],
  ],
  'B4, Null and null data sets': [
    ['Null', ['true'], undefined, true],
    ['Null', ['false'], undefined, false],
    ['Null', ['true'], '', false],
    ['Null', ['false'], ['', ''], false],
    ['Null', ['true', 'false'], 'x', true],
    ['ForAllValues:Null', ['true'], 'x', true],
    ['ForAnyValue:Null', ['true'], undefined, false],
    ['ForAllValues:StringEquals', ['a'], ['', ''], true],
    ['ForAnyValue:StringNotEquals', ['a'], [''], false],
    ['ForAllValues:StringEquals', ['a'], ['', 'a'], false],
    ['StringNotEquals', ['a'], '', true],
  ],
  'A8, empty value lists': [
    ['StringEquals', [], 'a', false],
    ['StringEquals', [], undefined, false],
    ['StringNotEquals', [], 'a', true],
    ['ForAllValues:StringEquals', [], ['a'], false],
    ['ForAllValues:StringEquals', [], undefined, true],
    ['StringEqualsIfExists', [], 'a', false],
    ['StringEqualsIfExists', [], undefined, true],
    ['ForAnyValue:StringEquals', [], ['a'], false],
  ],
  'B3, strings': [
    ['StringEqualsIgnoreCase', ['ABC'], 'abc', true],
    ['StringNotEqualsIgnoreCase', ['ABC'], 'abc', false],
    ['StringLike', ['a*c?'], 'a/:cX', true],
    ['StringLike', ['A*'], 'abc', false],
    ['StringLike', ['*'], '', true],
    ['StringNotLike', ['a*'], 'b', true],
    ['StringEquals', ['true'], true, true],
    ['StringEquals', ['21'], 21, true],
  ],
  'B4, numbers': [
    ['NumericEquals', ['7.0'], '7', true],
    ['NumericEquals', ['-0'], '+0.00', true],
    ['NumericNotEquals', ['7'], '8', true],
    ['NumericNotEquals', ['7'], 'seven', false],
    ['NumericLessThan', ['7'], '7', false],
    ['NumericLessThanEquals', ['7'], '7', true],
    ['NumericGreaterThan', ['-7'], '-6.5', true],
    ['NumericGreaterThanEquals', ['9007199254740993'], '9007199254740992', false],
    ['NumericEquals', ['7'], '7 ', false],
    ['NumericEquals', ['abc', '7'], '7', true],
  ],
  'B4, dates': [
    ['DateEquals', ['2026-03-15T12:00:00Z'], '2026-03-15T13:00:00+01:00', true],
    ['DateEquals', ['1773576000'], '2026-03-15T12:00:00.000Z', true],
    ['DateEquals', ['2026-03-15'], '2026-03-15T00:00Z', true],
    ['DateEquals', ['2026'], '2026-01-01T00:00:00Z', true],
    ['DateNotEquals', ['2026-02-30'], '2026-01-01', false],
    ['DateNotEquals', ['2026-02-01'], '2026-01-01', true],
    ['DateLessThan', ['2026-03'], '2026-02-28', true],
    ['DateLessThanEquals', ['2026-03'], 'soon', false],
    ['DateGreaterThan', ['2026-03-15T12:00:00.5Z'], '2026-03-15T12:00:00.51Z', true],
    ['DateGreaterThanEquals', ['0'], '1970-01-01', true],
  ],
  'B4, Bool, Binary and addresses': [
    ['Bool', ['TRUE'], true, true],
    ['Bool', ['false'], 'true', false],
    ['Bool', ['true'], 'yes', false],
    ['BinaryEquals', ['QmluYXJ5'], 'QmluYXJ5', true],
    ['BinaryEquals', ['QmluYXJ5'], 'Qm', false],
    ['IpAddress', ['203.0.113.77/24'], '203.0.113.10', true],
    ['IpAddress', ['203.0.113.10'], '203.0.113.10', true],
    ['IpAddress', ['203.0.113.10'], '203.0.113.11', false],
    ['IpAddress', ['2001:db8::/32'], '2001:db8:0:0::1', true],
    ['IpAddress', ['2001:db8::1'], '2001:db8::2', false],
    ['IpAddress', ['0.0.0.0/0'], '2001:db8::1', false],
    ['NotIpAddress', ['0.0.0.0/0'], '2001:db8::1', true],
    ['NotIpAddress', ['203.0.113.0/24'], 'nowhere', false],
  ],
  'B3, ARNs': [
    ['ArnLike', ['arn:aws:iam::*:role/a?c'], 'arn:aws:iam::111122223333:role/abc', true],
    ['ArnEquals', ['arn:aws:iam::111122223333:role/*'], 'arn:aws:iam::111122223333:role/path/abc', true],
    ['ArnLike', ['arn:aws:sns:*:111122223333'], 'arn:aws:sns:us-west-2:111122223333:topic', false],
    ['ArnNotLike', ['arn:aws:iam::*:role/b'], 'arn:aws:iam::111122223333:role/abc', true],
    ['ArnNotLike', ['arn:*:role/b'], 'arn:aws:iam::111122223333:role/abc', false],
    ['ArnNotEquals', ['arn:aws:iam::*:role/b'], 'not an arn', false],
    ['ArnLike', ['arn:*', 'arn:aws:iam::*:role/a*'], 'arn:aws:iam::111122223333:role/abc', true],
    ['ArnNotLike', ['arn:*', 'arn:aws:iam::*:role/b*'], 'arn:aws:iam::111122223333:role/abc', false],
    ['ArnLike', ['arn:aws:logs:*:*:log-group:*'], 'arn:aws:logs:us-west-2:1:log-group:a:b', true],
  ],
}

for (const [name, rows] of Object.entries(TABLES)) {
  describe(`conditions, ${name}`, () => {
    for (const row of rows) {
      const [operator, wanted, got, result] = row
      test(`${operator} ${JSON.stringify(wanted)} against ${JSON.stringify(got)} is ${result}`, () =>
        expect(holds(row)).toBe(result))
    }
  })
}

// authorization.md A7, K-6, K-27; A4 for the version.
const VARIABLES: readonly [operator: string, wanted: string, got: string, result: boolean][] = [
  ['StringEquals', '${aws:username}', 'Alice', true],
  ['StringLike', 'x-${AWS:UserName}-*', 'x-Alice-1', true],
  ['StringEquals', '${no:key}', 'Alice', false],
  ['StringNotEquals', '${no:key}', 'Alice', true],
  ['StringEquals', "${no:key, 'none'}", 'none', true],
  ['StringEquals', "${aws:PrincipalTag/empty, 'none'}", 'none', true],
  ['StringNotEquals', '${aws:PrincipalTag/empty}', '', true],
  ['StringEquals', '${aws:PrincipalTag/empty}', '', false],
  ['StringEquals', '${aws:TagKeys}', 'a', false],
  ['StringLike', '${aws:PrincipalTag/star}', 'anything', false],
  ['StringLike', '${aws:PrincipalTag/star}', '*', true],
  ['StringLike', 'a${*}', 'ab', false],
  ['StringLike', 'a${*}${?}${$}', 'a*?$', true],
  ['ArnLike', 'arn:aws:iam::*:user/${aws:username}', 'arn:aws:iam::111122223333:user/Alice', true],
  ['ArnEquals', '${aws:PrincipalArn}', 'arn:aws:iam::111122223333:user/Alice', true],
  ['Bool', '${aws:SecureTransport}', 'true', true],
  ['NumericEquals', '${aws:SecureTransport}', '1', false],
]

describe('A7, variables', () => {
  const context: Context = {
    'aws:username': 'Alice',
    'aws:PrincipalArn': 'arn:aws:iam::111122223333:user/Alice',
    'aws:PrincipalTag/empty': '',
    'aws:PrincipalTag/star': '*',
    'aws:TagKeys': ['a', 'b'],
    'aws:SecureTransport': true,
  }
  for (const [operator, wanted, got, result] of VARIABLES) {
    test(`${operator} ${wanted} against ${got} is ${result}`, () =>
      expect(holds([operator, [wanted], got, result], context)).toBe(result))
  }
  test('are literal text in version 2008-10-17', () => {
    const equals = (got: string): boolean =>
      testCondition('StringEquals', 'k', ['${aws:username}'], '2008-10-17', { ...context, k: got })
    expect([equals('Alice'), equals('${aws:username}')]).toEqual([false, true])
  })
})

const KEY = 'arn:aws:kms:us-west-2:111122223333:key/k1'
const SECRET = 'arn:aws:secretsmanager:us-west-2:111122223333:secret:app-AbCdEf'

// authorization.md A5, A6, A8, D3, K-13.
const RESOURCES: readonly [name: string, element: Partial<StatementJson>, arn: string | undefined, result: boolean][] =
  [
    ['"*" covers a key', { Resource: '*' }, KEY, true],
    ['"*" covers no resource', { Resource: ['*'] }, undefined, true],
    ['an ARN pattern does not cover no resource', { Resource: 'arn:aws:kms:*:*:key/*' }, undefined, false],
    ['NotResource covers no resource', { NotResource: 'arn:aws:kms:*:*:key/*' }, undefined, true],
    ['fields are globs', { Resource: 'arn:aws:kms:us-*-?:*:key/*' }, KEY, true],
    ['case matters', { Resource: 'arn:aws:kms:us-west-2:111122223333:key/K1' }, KEY, false],
    ['a short ARN is completed', { Resource: 'arn:aws:kms' }, KEY, true],
    ['a short ARN of another service', { Resource: 'arn:aws:sqs' }, KEY, false],
    ['a star that ends a field crosses colons', { Resource: 'arn:aws:secretsmanager:*:secret:app*' }, SECRET, true],
    ['a star inside a field does not', { Resource: 'arn:aws:secretsmanager:u*t:secret:app*' }, SECRET, false],
    ['the sixth field is all the rest', { Resource: 'arn:aws:secretsmanager:*:*:secret:*' }, SECRET, true],
    ['an empty list does nothing', { Resource: [] }, KEY, false],
    ['an empty negated list does nothing', { NotResource: [] }, KEY, false],
    ['neither element does nothing', {}, KEY, false],
    ['a variable is literal', { Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/star}' }, KEY, false],
    ['a variable with a value', { Resource: 'arn:aws:kms:*:*:key/${aws:username}' }, KEY, true],
    ['a variable without a value matches nothing', { Resource: 'arn:aws:kms:*:*:key/${no:key}*' }, KEY, false],
    ['also in NotResource', { NotResource: 'arn:aws:kms:*:*:key/${no:key}*' }, KEY, true],
  ]

describe('A6, resources', () => {
  const context: Context = { 'aws:username': 'k1', 'aws:PrincipalTag/star': '*' }
  for (const [name, element, arn, result] of RESOURCES) {
    test(`${name}: ${result}`, () =>
      expect(resourceCovered({ Effect: 'Allow', ...element }, '2012-10-17', arn, context, () => undefined)).toBe(
        result,
      ))
  }
})

const ACTIONS: readonly [element: Partial<StatementJson>, result: boolean][] = [
  [{ Action: '*' }, true],
  [{ Action: 'KMS:decrypt' }, true],
  [{ Action: ['s3:*', 'kms:De?rypt'] }, true],
  [{ Action: 'kms:De' }, false],
  [{ Action: 's3:Decrypt' }, false],
  [{ NotAction: 'iam:*' }, true],
  [{ NotAction: ['iam:*', 'kms:D*'] }, false],
  [{ NotAction: [] }, false],
  [{ Action: [] }, false],
  [{}, false],
]

describe('A5 and A6, actions', () => {
  for (const [element, result] of ACTIONS) {
    test(`${JSON.stringify(element)} and kms:Decrypt is ${result}`, () =>
      expect(actionCovered({ Effect: 'Allow', ...element }, 'kms:Decrypt', () => undefined)).toBe(result))
  }
})
