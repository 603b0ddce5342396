/**
 * One value of a request against the values of a condition: 1 some value matches, 0 none does, -1 none does and one of
 * the comparisons could not be made.
 *
 * Source: authorization.md A7, A8, B3, B4, K-6, K-11, K-17, K-32.
 */
import { describe, expect, test } from 'vitest'
import { compileMatcher, type Comparison } from '../../src/graph/matcher.js'
import { KEY_POLICY_TEMPLATE, LITERAL, TEMPLATE } from '../../src/graph/template-value.js'
import type { BaseOperator } from '../../src/policy/document.js'

/** A variable `${aws:username}` in a value asks slot 0, `${aws:userid}` slot 1. */
const slotOf = (key: string): number => ['aws:username', 'aws:userid'].indexOf(key)

function marked(value: string): string {
  return (value.includes('${') ? TEMPLATE : LITERAL) + value
}

function compared(operator: BaseOperator, wanted: readonly string[], subject: string, values: readonly string[] = []) {
  return compileMatcher(operator, wanted.map(marked), slotOf).compare(subject, values)
}

type Row = readonly [operator: BaseOperator, wanted: readonly string[], subject: string, expected: Comparison]

const TEXTS: readonly Row[] = [
  ['StringEquals', ['a'], 'a', 1],
  ['StringEquals', ['a'], 'A', 0],
  ['StringEquals', ['a'], 'a ', 0],
  ['StringEquals', ['*'], 'a', 0],
  ['StringEquals', [''], '', 1],
  ['StringEquals', ['a', 'b'], 'a', 1],
  ['StringEquals', ['a', 'b'], 'b', 1],
  ['StringEquals', ['a', 'b'], 'c', 0],
  ['StringEquals', ['a', 'b', 'c'], 'c', 1],
  ['StringEquals', ['a', 'b', 'c'], 'd', 0],
  ['StringEqualsIgnoreCase', ['aB'], 'Ab', 1],
  ['StringEqualsIgnoreCase', ['aB'], 'ab ', 0],
  ['StringEqualsIgnoreCase', ['a', 'b'], 'B', 1],
  ['StringLike', ['a*'], 'abc', 1],
  ['StringLike', ['a*'], 'ba', 0],
  ['StringLike', ['a?'], 'ab', 1],
  ['StringLike', ['a?'], 'a', 0],
  ['StringLike', ['x', '*b'], 'a/b', 1],
  ['StringLike', ['a*'], 'Ab', 0],
]

const ARNS: readonly Row[] = [
  ['ArnLike', ['arn:aws:s3:::b*'], 'arn:aws:s3:::bucket', 1],
  ['ArnLike', ['arn:aws:s3:::b*'], 'arn:aws:s3:::other', 0],
  // A wildcard never leaves its field.
  ['ArnLike', ['arn:aws:*:b'], 'arn:aws:s3:::b', -1],
  ['ArnLike', ['arn:aws:s3:*:b:c'], 'arn:aws:s3:x:y:b:c', 0],
  ['ArnLike', ['arn:aws:s3:::b'], 'bucket', -1],
  ['ArnLike', ['bucket'], 'arn:aws:s3:::b', -1],
  // Of several values one that matches is enough, and one that cannot be compared is told.
  ['ArnLike', ['bucket', 'arn:aws:s3:::b'], 'arn:aws:s3:::b', 1],
  ['ArnLike', ['bucket', 'arn:aws:s3:::b'], 'arn:aws:s3:::c', -1],
  ['ArnLike', ['arn:aws:s3:::a', 'arn:aws:s3:::b'], 'arn:aws:s3:::b', 1],
]

const NUMBERS: readonly Row[] = [
  ['NumericEquals', ['7'], '7.0', 1],
  ['NumericEquals', ['7'], '8', 0],
  ['NumericEquals', ['7'], 'seven', -1],
  ['NumericEquals', ['seven'], '7', -1],
  ['NumericEquals', ['seven', '7'], '7', 1],
  ['NumericEquals', ['seven', '7'], '8', -1],
  ['NumericLessThan', ['7'], '6.9', 1],
  ['NumericLessThan', ['7'], '7', 0],
  ['NumericLessThan', ['7'], '8', 0],
  ['NumericLessThanEquals', ['7'], '6', 1],
  ['NumericLessThanEquals', ['7'], '7', 1],
  ['NumericLessThanEquals', ['7'], '7.1', 0],
  ['NumericGreaterThan', ['7'], '8', 1],
  ['NumericGreaterThan', ['7'], '7', 0],
  ['NumericGreaterThan', ['7'], '6', 0],
  ['NumericGreaterThanEquals', ['7'], '8', 1],
  ['NumericGreaterThanEquals', ['7'], '7', 1],
  ['NumericGreaterThanEquals', ['7'], '6', 0],
]

const DAY = '2026-03-01T00:00:00Z'
const BEFORE = '2026-02-28T23:59:59Z'
const AFTER = '2026-03-01T00:00:01Z'

const DATES: readonly Row[] = [
  ['DateEquals', [DAY], '2026-03-01', 1],
  ['DateEquals', [DAY], '1772323200', 1],
  ['DateEquals', [DAY], AFTER, 0],
  ['DateEquals', [DAY], BEFORE, 0],
  ['DateEquals', [DAY], 'yesterday', -1],
  ['DateEquals', ['yesterday'], DAY, -1],
  ['DateEquals', ['yesterday', DAY], DAY, 1],
  ['DateLessThan', [DAY], BEFORE, 1],
  ['DateLessThan', [DAY], DAY, 0],
  ['DateLessThan', [DAY], AFTER, 0],
  ['DateLessThanEquals', [DAY], BEFORE, 1],
  ['DateLessThanEquals', [DAY], DAY, 1],
  ['DateLessThanEquals', [DAY], AFTER, 0],
  ['DateGreaterThan', [DAY], AFTER, 1],
  ['DateGreaterThan', [DAY], DAY, 0],
  ['DateGreaterThan', [DAY], BEFORE, 0],
  ['DateGreaterThanEquals', [DAY], AFTER, 1],
  ['DateGreaterThanEquals', [DAY], DAY, 1],
  ['DateGreaterThanEquals', [DAY], BEFORE, 0],
]

const OTHERS: readonly Row[] = [
  ['Bool', ['true'], 'true', 1],
  ['Bool', ['true'], 'TRUE', 1],
  ['Bool', ['true'], 'false', 0],
  ['Bool', ['false'], 'false', 1],
  ['Bool', ['false'], 'true', 0],
  ['Bool', ['true'], 'yes', -1],
  ['Bool', ['yes'], 'true', -1],
  ['Bool', ['yes'], 'false', -1],
  ['Bool', ['yes', 'true'], 'true', 1],
  ['Bool', ['yes', 'false'], 'false', 1],
  ['Bool', ['true', 'false'], 'yes', -1],
  ['BinaryEquals', ['AAEC'], 'AAEC', 1],
  ['BinaryEquals', ['AAEC'], 'AAED', 0],
  ['BinaryEquals', ['AAEC'], '&', -1],
  ['BinaryEquals', ['&'], 'AAEC', -1],
  ['BinaryEquals', ['AAED', 'AAEC'], 'AAEC', 1],
  ['IpAddress', ['10.0.0.0/8'], '10.1.2.3', 1],
  ['IpAddress', ['10.0.0.0/8'], '11.0.0.0', 0],
  ['IpAddress', ['10.0.0.0/8'], '::1', 0],
  ['IpAddress', ['10.0.0.0/8'], 'here', -1],
  ['IpAddress', ['here'], '10.0.0.1', -1],
  ['IpAddress', ['here', '10.0.0.0/8'], '10.0.0.1', 1],
  ['IpAddress', ['here', '10.0.0.0/8'], '11.0.0.1', -1],
  // `Null` compares no values.
  ['Null', [], 'true', 0],
  ['Null', ['true'], 'true', 0],
]

const TABLES = { TEXTS, ARNS, NUMBERS, DATES, OTHERS }

for (const [name, rows] of Object.entries(TABLES)) {
  describe(name.toLowerCase(), () => {
    test.each(rows)('%s %j of %s is %i', (operator, wanted, subject, expected) => {
      expect(compared(operator, wanted, subject)).toBe(expected)
      // Without a variable nothing else is asked.
      expect(compileMatcher(operator, wanted.map(marked), slotOf).slots).toEqual([])
    })
  })
}

// A8: an empty list of values matches nothing, and that is a comparison made, whatever stands in the request.
describe('no value', () => {
  const OPERATORS: readonly BaseOperator[] = [
    'StringEquals',
    'StringEqualsIgnoreCase',
    'StringLike',
    'ArnLike',
    'NumericEquals',
    'DateLessThan',
    'Bool',
    'BinaryEquals',
    'IpAddress',
  ]
  test.each(OPERATORS)('of %s', (operator) => {
    for (const subject of ['a', 'true', 'false', '7', '', 'arn:aws:s3:::b']) {
      expect(compared(operator, [], subject)).toBe(0)
    }
  })
})

/** A7: a variable without a value equals nothing, and what it puts in is literal. */
describe('variables', () => {
  const NAME = '${aws:username}'
  const BUCKET = `arn:aws:s3:::${NAME}/*`
  const CASES: readonly (readonly [...Row, values: readonly string[]])[] = [
    ['StringEquals', [NAME], 'Alice', 1, ['Alice']],
    ['StringEquals', [NAME], 'alice', 0, ['Alice']],
    ['StringEquals', [NAME], 'Alice', 0, []],
    ['StringEquals', ['Bob', NAME], 'Bob', 1, ['Alice']],
    ['StringEquals', ['Bob', NAME], 'Alice', 1, ['Alice']],
    ['StringEquals', ['Bob', NAME], 'Eve', 0, ['Alice']],
    ['StringEquals', [NAME, '${aws:userid}'], 'id', 1, ['Alice', 'id']],
    ['StringEqualsIgnoreCase', [NAME], 'aLICE', 1, ['Alice']],
    ['StringEqualsIgnoreCase', [NAME], 'Bob', 0, ['Alice']],
    ['StringEqualsIgnoreCase', [NAME], 'undefined', 0, []],
    ['StringLike', [`${NAME}*`], 'Alice1', 1, ['Alice']],
    ['StringLike', [NAME], 'Alice', 0, ['*']],
    ['StringLike', [NAME], '*', 1, ['*']],
    ['StringLike', ['B*', NAME], 'Bob', 1, []],
    ['StringLike', ['B*', NAME], 'Alice', 0, []],
    ['StringLike', [NAME], 'Alice', 0, []],
    ['ArnLike', [BUCKET], 'arn:aws:s3:::Alice/x', 1, ['Alice']],
    ['ArnLike', [BUCKET], 'arn:aws:s3:::Bob/x', 0, ['Alice']],
    ['ArnLike', [BUCKET], 'Alice', -1, ['Alice']],
    // Nothing to compare with: also a text that is no ARN is only not equal.
    ['ArnLike', [BUCKET], 'Alice', 0, []],
    ['ArnLike', ['arn:aws:s3:::b', BUCKET], 'Alice', -1, []],
    ['ArnLike', ['arn:aws:s3:::b', BUCKET], 'arn:aws:s3:::b', 1, []],
    ['ArnLike', ['arn:aws:s3:::b', BUCKET], 'arn:aws:s3:::c', 0, []],
    ['ArnLike', [NAME], 'arn:aws:s3:::b', -1, ['bucket']],
    ['ArnLike', [NAME, BUCKET], 'arn:aws:s3:::bucket/x', 1, ['bucket']],
    ['ArnLike', ['bucket', BUCKET], 'arn:aws:s3:::x', -1, ['Alice']],
    ['ArnLike', ['bucket', BUCKET], 'arn:aws:s3:::x', -1, []],
    // K-6.
    ['Bool', [NAME], 'true', 1, ['TRUE']],
    ['Bool', [NAME], 'true', 0, ['false']],
    ['Bool', [NAME], 'true', -1, ['Alice']],
    ['Bool', [NAME], 'yes', -1, ['true']],
    ['Bool', [NAME], 'true', 0, []],
    ['Bool', [NAME], 'yes', 0, []],
    ['Bool', ['false', NAME], 'false', 1, []],
    ['Bool', ['false', NAME], 'true', 0, []],
    ['Bool', ['false', NAME], 'yes', -1, []],
    ['Bool', ['no', NAME], 'true', -1, []],
  ]
  test.each(CASES)('%s %j of %s is %i with %j', (operator, wanted, subject, expected, values) => {
    expect(compared(operator, wanted, subject, values)).toBe(expected)
  })

  test('are asked by their slots, each of them', () => {
    for (const operator of ['StringEquals', 'StringEqualsIgnoreCase', 'StringLike', 'ArnLike', 'Bool'] as const) {
      const wanted = ['x', '${aws:userid}', '${aws:username}'].map(marked)
      expect(compileMatcher(operator, wanted, slotOf).slots).toEqual([1, 0])
    }
  })

  test('that a key policy cannot see have no value', () => {
    const wanted = [`${KEY_POLICY_TEMPLATE}\${aws:ResourceTag/team}`]
    expect(compileMatcher('StringEquals', wanted, () => 0).compare('a', ['a'])).toBe(0)
  })
})
