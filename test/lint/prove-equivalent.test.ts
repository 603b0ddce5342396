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

describe('versions', () => {
  const versioned = (Version: string, Resource: string): PolicyDocument => {
    const policy = { Version, Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource, ...ROLE }] }
    const parsed = parsePolicyValue(policy, 'resource')
    if (!parsed.ok) throw new Error(parsed.error[0]?.message)
    return parsed.value
  }
  test.each([
    ['say the same without variables', 'arn:aws:s3:::b/*', 'equal'],
    ['differ where there is one', 'arn:aws:s3:::b/${aws:username}', 'unknown'],
  ])('%s', (_name, resource, expected) =>
    expect(prove(versioned('2008-10-17', resource), versioned('2012-10-17', resource), 'resource')).toBe(expected),
  )
})

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
      'equal',
    ],
    [
      'a policy of another service that matches less',
      'resource',
      [allow(['s3:GetObject', 's3:PutObject'], ROLE)],
      [allow(['s3:GetObject'], ROLE)],
      'different',
    ],
    [
      'a policy of another service with another principal',
      'resource',
      [allow('s3:GetObject', ROLE)],
      [allow('s3:GetObject', ROOT)],
      'unknown',
    ],
    [
      'a policy of another service with another condition',
      'resource',
      [allow('s3:GetObject', { ...ROLE, Condition: { StringLike: { 'aws:PrincipalArn': 'a*' } } })],
      [allow('s3:GetObject', { ...ROLE, Condition: { Null: { 'aws:PrincipalArn': 'false' } } })],
      'unknown',
    ],
    [
      'a policy of another service with a condition that says the same, in another order',
      'resource',
      [
        allow('s3:GetObject', {
          ...ROLE,
          Condition: { StringLike: { 'aws:RequestTag/a': '*' }, StringEquals: { 'aws:PrincipalTag/b': 'c' } },
        }),
      ],
      [
        allow('s3:GetObject', {
          ...ROLE,
          Condition: { StringEquals: { 'aws:PrincipalTag/b': 'c' }, Null: { 'aws:RequestTag/a': 'false' } },
        }),
      ],
      'equal',
    ],
    [
      'a policy of another service with a statement less',
      'resource',
      [allow('s3:GetObject', ROLE), allow('s3:GetObject', ROLE)],
      [allow('s3:GetObject', ROLE)],
      'unknown',
    ],
    [
      'a key by the name that replaces its own',
      'identity',
      [allow('kms:Encrypt', { Condition: { StringEquals: { 'KMS:CustomerMasterKeySpec': 'RSA_2048' } } })],
      [allow('kms:Encrypt', { Condition: { StringEquals: { 'kms:KeySpec': 'RSA_2048' } } })],
      'equal',
    ],
    [
      'a key by the name of another',
      'identity',
      [allow('kms:Encrypt', { Condition: { StringEquals: { 'kms:CustomerMasterKeySpec': 'RSA_2048' } } })],
      [allow('kms:Encrypt', { Condition: { StringEquals: { 'kms:KeyUsage': 'RSA_2048' } } })],
      'different',
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
