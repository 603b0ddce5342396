/** Every part of a document is found again where it was written. */
import { describe, expect, test } from 'vitest'
import { locate, type PolicyPart } from '../../src/policy/locate.js'
import { parsePolicy, parsePolicyNode } from '../../src/policy/parse.js'
import { readJson } from '../../src/text/json.js'
import { nodeAt } from '../../src/text/syntax-tree.js'
import { accept } from './policies.js'

const TEXT = `{
  "Version": "2012-10-17", "Id": "k",
  "Statement": [
    { "Sid": "First", "Effect": "Allow", "Principal": "*", "Action": "kms:Sign", "Resource": "*" },
    { "Sid": "Second", "Effect": "Deny", "NotPrincipal": { "Service": "a.amazonaws.com", "AWS": ["111122223333", "*"] },
      "NotAction": ["kms:Get*", "kms:List*"], "NotResource": ["*"],
      "Condition": { "Bool": { "a": true, "b": ["x", 21] }, "Null": { "c/d": "true" } } }
  ]
}`

const CASES: readonly (readonly [PolicyPart, text: string, pointer: string])[] = [
  [{ part: 'version' }, '"2012-10-17"', '/Version'],
  [{ part: 'id' }, '"k"', '/Id'],
  [{ part: 'sid', statement: 1 }, '"Second"', '/Statement/1/Sid'],
  [{ part: 'effect', statement: 1 }, '"Deny"', '/Statement/1/Effect'],
  [{ part: 'principal', statement: 0 }, '"*"', '/Statement/0/Principal'],
  [{ part: 'principal', statement: 0, entry: 0 }, '"*"', '/Statement/0/Principal'],
  [{ part: 'principal', statement: 1, entry: 0 }, '"a.amazonaws.com"', '/Statement/1/NotPrincipal/Service'],
  [{ part: 'principal', statement: 1, entry: 2 }, '"*"', '/Statement/1/NotPrincipal/AWS/1'],
  [{ part: 'action', statement: 0 }, '"kms:Sign"', '/Statement/0/Action'],
  [{ part: 'action', statement: 0, pattern: 0 }, '"kms:Sign"', '/Statement/0/Action'],
  [{ part: 'action', statement: 1, pattern: 1 }, '"kms:List*"', '/Statement/1/NotAction/1'],
  [{ part: 'resource', statement: 1, pattern: 0 }, '"*"', '/Statement/1/NotResource/0'],
  [
    { part: 'condition', statement: 1 },
    '{ "Bool": { "a": true, "b": ["x", 21] }, "Null": { "c/d": "true" } }',
    '/Statement/1/Condition',
  ],
  [{ part: 'operator', statement: 1, condition: 1 }, '"Bool"', '/Statement/1/Condition/Bool'],
  [{ part: 'conditionKey', statement: 1, condition: 2 }, '"c/d"', '/Statement/1/Condition/Null/c~1d'],
  [{ part: 'conditionValue', statement: 1, condition: 0, value: 0 }, 'true', '/Statement/1/Condition/Bool/a'],
  [{ part: 'conditionValue', statement: 1, condition: 1, value: 1 }, '21', '/Statement/1/Condition/Bool/b/1'],
  [{ part: 'conditionValue', statement: 1, condition: 1 }, '["x", 21]', '/Statement/1/Condition/Bool/b'],
]

describe('locate', () => {
  const document = accept('key', TEXT)
  for (const [part, text, pointer] of CASES) {
    test(`${JSON.stringify(part)}`, () => {
      const found = locate(document, part)
      expect([TEXT.slice(found?.span.start, found?.span.end), found?.pointer]).toEqual([text, pointer])
    })
  }
  test('the document and a whole statement', () => {
    expect(locate(document, { part: 'document' })).toEqual({ span: { start: 0, end: TEXT.length }, pointer: '' })
    const second = locate(document, { part: 'statement', statement: 1 })
    expect(TEXT.slice(second?.span.start, second?.span.end)).toMatch(/^\{ "Sid": "Second".*\}$/s)
  })
  test('what is not there is undefined', () => {
    const absent: readonly PolicyPart[] = [
      { part: 'statement', statement: 2 },
      { part: 'condition', statement: 0 },
      { part: 'action', statement: 1, pattern: 2 },
      { part: 'principal', statement: 1, entry: 3 },
      { part: 'conditionKey', statement: 1, condition: 3 },
      { part: 'conditionValue', statement: 1, condition: 0, value: 1 },
    ]
    expect(absent.map((part) => locate(document, part))).toEqual(absent.map(() => undefined))
  })
})

test('a single statement is statement 0', () => {
  const text = '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
  expect(locate(accept('identity', text), { part: 'effect', statement: 0 })?.pointer).toBe('/Statement/Effect')
})

test('a policy inside a larger text is located in that text, and so are its errors', () => {
  const source = {
    name: 'world.json',
    text: '{"keys":[{"policy":{"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:Decypt","Resource":"*"}}}]}',
  }
  const world = readJson(source)
  const node = world.ok ? nodeAt(world.value, ['keys', 0, 'policy']) : undefined
  if (node === undefined) throw new Error('no node')
  const where = { source, format: 'json', pointer: '/keys/0/policy' } as const
  const parsed = parsePolicyNode(node, where, 'key')
  if (!parsed.ok) throw new Error('refused')
  const found = locate(parsed.value, { part: 'action', statement: 0, pattern: 0 })
  expect([source.text.slice(found?.span.start, found?.span.end), found?.pointer]).toEqual([
    '"kms:Decypt"',
    '/keys/0/policy/Statement/Action',
  ])
  expect(parsed.value.diagnostics).toMatchObject([{ pointer: '/keys/0/policy/Statement/Action', span: found?.span }])
  const refused = parsePolicyNode(node, where, 'identity')
  expect(refused.ok ? [] : refused.error).toMatchObject([{ pointer: '/keys/0/policy/Statement/Principal' }])
})

test('YAML', () => {
  const text = [
    'Version: 2012-10-17',
    'Statement:',
    '- Effect: Allow',
    '  Action: [kms:Sign, kms:Verify]',
    '  Resource: "*"',
    '  Condition: {Bool: {aws:SecureTransport: true}}',
    '',
  ].join('\n')
  const parsed = parsePolicy({ source: { name: 'p.yaml', text }, format: 'yaml', kind: 'identity' })
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  expect(parsed.value.version).toBe('2012-10-17')
  expect(parsed.value.statements[0]?.conditions[0]?.values).toEqual(['true'])
  const found = locate(parsed.value, { part: 'action', statement: 0, pattern: 1 })
  expect(text.slice(found?.span.start, found?.span.end)).toBe('kms:Verify')
})
