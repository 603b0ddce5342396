/** What AWS refuses, kind by kind: the message, the place and the way out. Each row names its page. */
import { describe, expect, test } from 'vitest'
import { accept, policyText, readCases, refuse, shown } from './policies.js'
import { POLICY_KINDS } from '../../src/policy/kind.js'
import type { PolicyKind } from '../../src/policy/document.js'

const CASES = readCases('refusals.json')

describe('AWS refuses', () => {
  for (const { page, kind, policy, ...expected } of CASES) {
    test(`${page}, ${kind}: ${expected.message}`, () => {
      expect(refuse(kind, JSON.stringify(policy, null, 1)).map(shown)).toEqual([expected])
    })
  }
})

describe('A1.1: a key occurs once in an object', () => {
  for (const [name, text, pointer] of [
    ['an element', '{"Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}', '/Statement/Effect'],
    [
      'a condition key',
      '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"a":"true","a":"false"}}}}',
      '/Statement/Condition/Bool/a',
    ],
    ['an escaped key', '{"Version":"2012-10-17","Statement":[],"\\u0056ersion":"2008-10-17"}', '/Version'],
  ] as const) {
    test(`${name}`, () => {
      const errors = refuse('identity', text)
      expect(errors.map((error) => error.pointer)).toEqual([pointer])
      expect(errors[0]?.message).toMatch(/^duplicate key/)
    })
  }
})

describe('A2: a Resource that is in order', () => {
  const text = (kind: PolicyKind, Resource: string, Version: string): string => {
    const { Statement } = JSON.parse(policyText(kind, { Resource })) as { readonly Statement: readonly object[] }
    return JSON.stringify({ Version, Statement })
  }
  test('for one kind is still refused for another that completes no ARN', () => {
    accept('identity', text('identity', 'arn:aws:s3', '2012-10-17'))
    expect(refuse('session', text('session', 'arn:aws:s3', '2012-10-17')).map(({ pointer }) => pointer)).toEqual([
      '/Statement/0/Resource',
    ])
  })
  test('under one version is still refused under another that has variables', () => {
    const open = 'arn:aws:s3:::bucket/${aws:username'
    accept('identity', text('identity', open, '2008-10-17'))
    expect(refuse('identity', text('identity', open, '2012-10-17')).map(({ pointer }) => pointer)).toEqual([
      '/Statement/0/Resource',
    ])
  })
})

describe('A2: a Sid', () => {
  const two = (kind: PolicyKind, sid: string): string => {
    const { Statement } = JSON.parse(policyText(kind, { Sid: sid })) as { readonly Statement: readonly unknown[] }
    return JSON.stringify({ Version: '2012-10-17', Statement: [...Statement, ...Statement] })
  }
  for (const kind of ['identity', 'boundary', 'session', 'scp', 'rcp', 'trust'] as const) {
    test(`occurs once in a policy of kind ${kind}`, () => {
      const errors = refuse(kind, two(kind, 'One'))
      expect(errors.map(({ message, pointer }) => [message, pointer])).toEqual([
        ['Sid `One` occurs twice', '/Statement/1/Sid'],
      ])
    })
  }
  test('that is empty may occur often', () => {
    expect(accept('identity', two('identity', '')).statements.map(({ sid }) => sid)).toEqual(['', ''])
  })
  test('may repeat in a key policy, with a diagnostic', () => {
    expect(accept('key', two('key', 'Allow use of the key')).diagnostics.map(({ message }) => message)).toEqual([
      'Sid `Allow use of the key` occurs twice',
    ])
  })
})

describe('A2: RCPFullAWSAccess', () => {
  const full = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }
  const text = (statement: unknown, version = '2012-10-17'): string =>
    JSON.stringify({ Version: version, Statement: [statement] })
  for (const [name, statement] of [
    ['as published', full],
    ['with a Sid', { Sid: 'RCPFullAWSAccess', ...full }],
    ['with lists of one', { ...full, Action: ['*'], Resource: ['*'] }],
  ] as const) {
    test(`is accepted ${name}`, () => expect(accept('rcp', text(statement)).statements[0]?.effect).toBe('Allow'))
  }
  for (const [name, statement] of [
    ['another action', { ...full, Action: 's3:*' }],
    ['a condition', { ...full, Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
    ['another resource', { ...full, Resource: 'arn:aws:s3:::b/*' }],
  ] as const) {
    test(`is not one with ${name}`, () => {
      expect(refuse('rcp', text(statement)).map(({ message }) => message)).toContain(
        'the effect of a resource control policy cannot be `Allow`',
      )
    })
  }
})

test('every kind accepts its smallest policy without a diagnostic', () => {
  for (const kind of POLICY_KINDS) {
    const document = accept(kind, policyText(kind))
    expect([kind, document.kind, document.version, document.statements.length, document.diagnostics]).toEqual([
      kind,
      kind,
      '2012-10-17',
      1,
      [],
    ])
  }
})

test('independent errors are all reported, in source order', () => {
  const errors = refuse(
    'key',
    policyText(
      'key',
      { Sid: 7, Principal: 'bob', Action: '*:*', Condition: { Bool: { a: null }, Boole: {} } },
      { Version: '2013', Extra: 1 },
    ),
  )
  expect(errors.map(({ message }) => message)).toEqual([
    'unknown version `2013`',
    '`bob` is not a principal',
    'the service prefix of action `*:*` has a wildcard',
    '`Sid` cannot be the number `7`',
    'the value of condition key `a` cannot be null',
    'unknown condition operator `Boole`',
    'unknown element `Extra` in a policy',
  ])
})

test('a document that is no object is refused once', () => {
  for (const [text, message] of [
    ['[]', 'a policy cannot be a list'],
    ['"x"', 'a policy cannot be the string `x`'],
    ['null', 'a policy cannot be null'],
    ['12', 'a policy cannot be the number `12`'],
  ] as const) {
    expect(refuse('key', text).map((error) => error.message)).toEqual([message])
  }
})
