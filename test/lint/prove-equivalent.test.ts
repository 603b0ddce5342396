/** Proofs that a fix changes no decision: of what is allowed and of what is denied. */
import { describe, expect, test } from 'vitest'
import { proverWith } from '../../src/lint/prove-equivalent.js'
import type { PolicyDocument, PolicyKind } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'

const prove = proverWith({})

function document(kind: PolicyKind, ...statements: readonly object[]): PolicyDocument {
  const parsed = parsePolicyValue({ Version: '2012-10-17', Statement: statements }, kind)
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  return parsed.value
}

const allow = (Action: unknown, rest: object = {}): object => ({ Effect: 'Allow', Action, Resource: '*', ...rest })
const deny = (Action: unknown, rest: object = {}): object => ({ Effect: 'Deny', Action, Resource: '*', ...rest })
const ROOT = { Principal: { AWS: 'arn:aws:iam::111122223333:root' } }
const ROLE = { Principal: { AWS: 'arn:aws:iam::111122223333:role/App' } }

describe('proofs', () => {
  test.each<[string, PolicyKind, readonly object[], readonly object[], string]>([
    ['an entry that another one covers', 'identity', [allow(['kms:Decrypt', 'kms:*'])], [allow(['kms:*'])], 'equal'],
    ['an entry less', 'identity', [allow(['kms:Decrypt', 'kms:Encrypt'])], [allow(['kms:Encrypt'])], 'different'],
    ['entries of another service', 'identity', [allow(['s3:Get*', 's3:GetObject'])], [allow(['s3:Get*'])], 'equal'],
    [
      'a denial less, where nothing is allowed',
      'identity',
      [deny('kms:Decrypt'), deny('kms:Encrypt')],
      [deny('kms:Encrypt')],
      'different',
    ],
    [
      'a denial that another one covers',
      'scp',
      [allow('*'), deny('kms:Decrypt'), deny('kms:*')],
      [allow('*'), deny('kms:*')],
      'equal',
    ],
    [
      'a condition that says the same',
      'identity',
      [allow('kms:Decrypt', { Condition: { StringLike: { 'kms:ViaService': '*' } } })],
      [allow('kms:Decrypt', { Condition: { Null: { 'kms:ViaService': 'false' } } })],
      'equal',
    ],
    [
      'a condition less',
      'identity',
      [allow('kms:Decrypt', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } })],
      [allow('kms:Decrypt')],
      'different',
    ],
    [
      'key policy: an action in another case',
      'key',
      [allow(['kms:Decrypt', 'kms:decrypt'], ROOT)],
      [allow('kms:Decrypt', ROOT)],
      'equal',
    ],
    [
      'key policy: a role beside its account',
      'key',
      [allow('kms:Decrypt', ROOT), allow('kms:Decrypt', ROLE)],
      [allow('kms:Decrypt', ROOT)],
      'different',
    ],
    [
      'key policy: a denial less, which grants would pass',
      'key',
      [allow('kms:Encrypt', ROLE), deny('kms:Decrypt', ROLE)],
      [allow('kms:Encrypt', ROLE)],
      'different',
    ],
    [
      'a policy of another service',
      'trust',
      [{ Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:*'], ...ROLE }],
      [{ Effect: 'Allow', Action: 'sts:*', ...ROLE }],
      'unknown',
    ],
    [
      'names alone, of whatever kind',
      'trust',
      [{ Sid: 'A', Effect: 'Allow', Action: 'sts:AssumeRole', ...ROLE }],
      [{ Sid: 'B', Effect: 'Allow', Action: 'sts:AssumeRole', ...ROLE }],
      'equal',
    ],
  ])('%s', (_name, kind, before, after, expected) => {
    expect(prove(document(kind, ...before), document(kind, ...after), kind)).toBe(expected)
  })
})
