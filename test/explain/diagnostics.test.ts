import { describe, expect, test } from 'vitest'
import { diagnosticsOf } from '../../src/explain/diagnostics.js'
import { account, ALICE, allow, ask, delegated, deny, named, root, service, type Question } from './build.js'

const CASES: readonly (readonly [string, Question, readonly string[]])[] = [
  [
    'K-32: a Deny that fails open on a value it cannot compare',
    {
      identity: [[allow(), deny({ Condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } })]],
      context: { 'aws:SourceIp': 'not-an-address' },
    },
    ['denyNotEvaluated identity 0 1'],
  ],
  [
    'K-12: a Deny that fails open on several values',
    {
      identity: [[allow(), deny({ Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } } })]],
      context: { 'aws:PrincipalOrgID': ['o-1', 'o-2'] },
    },
    ['denyNotEvaluated identity 0 1'],
  ],
  [
    'K-32: a Deny that would not apply anyhow',
    {
      identity: [
        [allow(), deny({ Action: 'kms:Encrypt', Condition: { NumericEquals: { 'aws:MultiFactorAuthAge': '1' } } })],
      ],
      context: { 'aws:MultiFactorAuthAge': 'x' },
    },
    ['notCompared identity 0 1'],
  ],
  [
    'K-32: an Allow',
    {
      identity: [[allow({ Condition: { DateLessThan: { 'aws:CurrentTime': '2030-01-01' } } })]],
      context: { 'aws:CurrentTime': 'soon' },
    },
    ['notCompared identity 0 0'],
  ],
  [
    'K-19: a key that key policies cannot see',
    { key: [allow({ Principal: named(ALICE), Condition: { StringEquals: { 'aws:ResourceTag/team': 'a' } } })] },
    ['hiddenKey keyPolicy 0 0'],
  ],
  [
    'the root user has no identity policies',
    { caller: root, identity: [[allow()]], boundary: [allow()] },
    ['policyIgnored identity', 'policyIgnored boundary'],
  ],
  [
    'a service has no identity policies and no SCPs',
    { caller: service, identity: [[allow()]], scps: [[[allow()]]] },
    ['policyIgnored identity', 'policyIgnored scp'],
  ],
  [
    'A2: a statement without Action',
    { key: [...delegated, { Effect: 'Allow', Principal: account(), Resource: '*' }] },
    ['noEffect keyPolicy 0 1'],
  ],
  [
    'C1: a principal by its unique id',
    { key: [...delegated, allow({ Principal: named('AROAABCDEFGHIJKLMNOPQ') })] },
    ['deletedPrincipal keyPolicy 0 1'],
  ],
  [
    'K-28: ForAnyValue with IfExists',
    {
      identity: [[allow({ Condition: { 'ForAnyValue:StringEqualsIfExists': { 'kms:ResourceAliases': 'alias/x' } } })]],
    },
    ['setOperatorClash identity 0 0'],
  ],
  ['what else the reader doubts', { identity: [[allow({ Action: 'kms:Decrpt' })]] }, ['doubt identity 0 0']],
  ['nothing to say', { identity: [[allow()]] }, []],
]

describe('diagnosticsOf', () => {
  for (const [name, question, expected] of CASES) {
    test(name, () => {
      const found = diagnosticsOf(ask(question)).map(({ code, layer, policy, statement }) =>
        [code, layer, policy, statement].filter((part) => part !== undefined).join(' '),
      )
      expect(found).toEqual(expected)
    })
  }

  test('tell what was compared with what', () => {
    const [first] = diagnosticsOf(ask(CASES[0]![1]))
    expect(first?.message).toBe(
      'the Deny does not apply, because `NotIpAddress` cannot compare `aws:SourceIp` = `not-an-address` with `203.0.113.0/24`',
    )
  })

  test('the gravest come first', () => {
    const codes = diagnosticsOf(
      ask({
        key: [...delegated, { Effect: 'Allow', Principal: account(), Resource: '*' }],
        identity: [[deny({ Condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } })]],
        context: { 'aws:SourceIp': 'x' },
      }),
    ).map(({ code }) => code)
    expect(codes).toEqual(['denyNotEvaluated', 'noEffect'])
  })
})
