/** What is legal and looks wrong: accepted, read as it stands, and said. `authorization.md` A4, A8, B4 and K. */
import { describe, expect, test } from 'vitest'
import type { PolicyKind } from '../../src/policy/document.js'
import { accept, policyText, readCases, shown } from './policies.js'

const CASES = readCases('diagnostics.json')

describe('AWS accepts, and a diagnostic says', () => {
  for (const { page, kind, policy, ...expected } of CASES) {
    test(`${page}: ${expected.message}`, () => {
      expect(accept(kind, JSON.stringify(policy, null, 1)).diagnostics.map(shown)).toEqual([expected])
    })
  }
})

const oneTest = (operator: string, key: string, value: unknown): { readonly Condition: unknown } => ({
  Condition: { [operator]: { [key]: value } },
})

describe('no diagnostic for', () => {
  const CLEAN: readonly (readonly [page: string, kind: PolicyKind, change: Readonly<Record<string, unknown>>])[] = [
    [
      'B4 dates',
      'identity',
      oneTest('DateLessThan', 'aws:CurrentTime', [
        '2026',
        '2026-03',
        '2026-03-15',
        '2026-03-15T12:00Z',
        '2026-03-15T12:00:00+01:00',
        '1773576000',
      ]),
    ],
    ['B4 numbers', 'identity', oneTest('NumericLessThan', 'kms:RotationPeriodInDays', ['90', '-1', '+2.50', 21])],
    [
      'B4 addresses',
      'identity',
      oneTest('NotIpAddress', 'aws:SourceIp', ['203.0.113.0/24', '203.0.113.7', '2001:db8::/32', '2001:DB8::1']),
    ],
    ['B4 Bool', 'identity', oneTest('Bool', 'aws:SecureTransport', [true, 'FALSE'])],
    ['B5 row 16', 'key', oneTest('ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam::*:role/Ad*')],
    ['ARN with a variable', 'identity', oneTest('ArnLike', 'aws:PrincipalArn', '${aws:PrincipalTag/arn}')],
    [
      'B5 row 7',
      'key',
      {
        Condition: {
          'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': 'App' },
          Null: { 'kms:EncryptionContextKeys': 'false' },
        },
      },
    ],
    ['A5 case of an action', 'identity', { Action: ['KMS:decrypt', 'kms:*', 'kms:Get*', 'kms:*Key', 'kms:?ign'] }],
    [
      'K-10 the full language in an SCP',
      'scp',
      {
        Action: undefined,
        NotAction: 'iam:*',
        Resource: undefined,
        NotResource: 'arn:aws:kms:*:*:key/*',
        Condition: { Bool: { 'aws:SecureTransport': 'true' } },
      },
    ],
    ['A6 a short ARN', 'identity', { Resource: ['arn:aws:kms', 'arn:aws:s3:::b', 'arn:*'] }],
    ['A7 fixed variables', 'identity', { Resource: "arn:aws:s3:::b/${*}${?}${$}/${aws:PrincipalTag/t, 'a:b'}" }],
  ]
  for (const [page, kind, change] of CLEAN) {
    test(`${page}`, () => expect(accept(kind, policyText(kind, change)).diagnostics).toEqual([]))
  }
})
