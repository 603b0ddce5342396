/** Documents in error: each says what is wrong, where, and what would be right. */
import { describe, expect, test } from 'vitest'
import { Simulator } from '../../src/source/simulate.js'
import { A, ALICE, allowAll, asked, grantTo, KEY, policyFor } from './documents.js'

interface Case {
  readonly name: string
  readonly document: object
  readonly pointer: string
  readonly message: string | RegExp
}

function errorOf(document: object): unknown {
  const text = JSON.stringify(document)
  const simulator = new Simulator()
  const answers = simulator.answer(text, 1)
  expect(simulator.answer(text, 1)).toEqual(answers)
  return answers[0]
}

function check({ document, pointer, message }: Case): void {
  const found = errorOf(document)
  expect(found).toMatchObject({ id: 1, error: { pointer, line: 1 } })
  expectMessage(found, message)
}

function expectMessage(found: unknown, message: string | RegExp): void {
  if (typeof message === 'string') expect(found).toHaveProperty('error.message', message)
  else expect(found).toHaveProperty('error.message', expect.stringMatching(message))
}

const session = { type: 'role', arn: `arn:aws:sts::${A}:assumed-role/App/i-0abc` }

// simulation.md, rule 1.
describe('members', () => {
  const CASES: readonly Case[] = [
    {
      name: 'unknown',
      document: asked({ identityPolicy: [] }),
      pointer: '/identityPolicy',
      message: 'unknown member `identityPolicy`; did you mean `identityPolicies`?',
    },
    {
      name: 'of another kind',
      document: asked({ checks: [] }),
      pointer: '/checks',
      message: /^unknown member `checks`; a simulation document has `id`, /,
    },
    {
      name: 'missing principal',
      document: asked({ principal: undefined }),
      pointer: '',
      message: 'the document lacks `principal`; expected who calls',
    },
    {
      name: 'misspelt principal',
      document: { ...asked({ principal: undefined }), prinicpal: ALICE },
      pointer: '/prinicpal',
      message: 'unknown member `prinicpal`; did you mean `principal`?',
    },
    { name: 'null principal', document: asked({ principal: null }), pointer: '', message: /lacks `principal`/ },
    {
      name: 'missing action',
      document: asked({ action: undefined }),
      pointer: '',
      message: 'the document lacks `action`; expected an action such as `kms:Decrypt`',
    },
    {
      name: 'wrong type',
      document: asked({ identityPolicies: {} }),
      pointer: '/identityPolicies',
      message: '`identityPolicies` is an object; expected a list of policies',
    },
    {
      name: 'wrong kind',
      document: asked({ kind: 'authorise' }),
      pointer: '/kind',
      message: '`kind` is `authorise`; expected `authorize`, `multi` or `lockout`',
    },
    {
      name: 'derive is no flag',
      document: asked({ derive: 'yes' }),
      pointer: '/derive',
      message: '`derive` is `yes`; expected `true` or `false`',
    },
    {
      name: 'a context object',
      document: asked({ context: { 'x:y': {} } }),
      pointer: '/context/x:y',
      message: /^`x:y` is an object; expected a string, number, boolean/,
    },
    {
      name: 'a null in a list',
      document: asked({ context: { 'x:y': ['a', null] } }),
      pointer: '/context/x:y/1',
      message: '`x:y` item 2 is `null`; expected a string, number or boolean',
    },
    {
      name: 'an account of a level',
      document: asked({ scps: { '123': [] } }),
      pointer: '/scps/123',
      message: '`123` is not an account; expected 12 digits',
    },
    {
      name: 'a level that is no list',
      document: asked({ scps: { [A]: [{}] } }),
      pointer: `/scps/${A}/0`,
      message: /expected a list of policies$/,
    },
    {
      name: 'no list of accounts',
      document: asked({ managementAccounts: [1] }),
      pointer: '/managementAccounts/0',
      message: /expected an account of 12 digits$/,
    },
    {
      name: 'time',
      document: asked({ request: { time: 'noon' } }),
      pointer: '/request/time',
      message: /expected a date such as/,
    },
    {
      name: 'via',
      document: asked({ request: { via: 's3' } }),
      pointer: '/request/via',
      message: /expected a service such as/,
    },
    {
      name: 'multi without checks',
      document: { kind: 'multi', principal: ALICE },
      pointer: '',
      message: 'the document lacks `checks`; expected a list of checks',
    },
    {
      name: 'multi with no check',
      document: { kind: 'multi', principal: ALICE, checks: [] },
      pointer: '/checks',
      message: /^`checks` is empty/,
    },
    {
      name: 'a check without action',
      document: { kind: 'multi', principal: ALICE, checks: [{}] },
      pointer: '/checks/0',
      message: /^the check lacks `action`/,
    },
    {
      name: 'a member of a check',
      document: { kind: 'multi', principal: ALICE, checks: [asked()] },
      pointer: '/checks/0/principal',
      message: /^unknown member `principal`; a check has `action`/,
    },
    {
      name: 'lockout without policy',
      document: { kind: 'lockout', principal: ALICE, resource: { type: 'key', arn: KEY } },
      pointer: '',
      message: 'the document lacks `newKeyPolicy`; expected the key policy to check',
    },
    {
      name: 'lockout of another action',
      document: {
        kind: 'lockout',
        principal: ALICE,
        action: 'kms:Decrypt',
        resource: { type: 'key', arn: KEY },
        newKeyPolicy: policyFor('*'),
      },
      pointer: '/action',
      message: 'the lockout check is about `kms:PutKeyPolicy`, not `kms:Decrypt`',
    },
  ]
  test.each(CASES)('$name', check)
})

describe('principal', () => {
  const principal = (changes: object): object => asked({ principal: { ...ALICE, ...changes } })
  const CASES: readonly Case[] = [
    {
      name: 'unknown type',
      document: principal({ type: 'rol' }),
      pointer: '/principal/type',
      message: '`type` is `rol`; did you mean `role`?',
    },
    {
      name: 'without type',
      document: principal({ type: null }),
      pointer: '/principal',
      message: '`principal` lacks `type`; expected `user`, `role`, `root`, `federated` or `service`',
    },
    {
      name: 'without arn',
      document: principal({ arn: undefined }),
      pointer: '/principal',
      message: '`principal` lacks `arn`; expected the ARN of the caller',
    },
    {
      name: 'another account',
      document: principal({ accountId: '999988887777' }),
      pointer: '/principal/accountId',
      message: `\`accountId\` is \`999988887777\`, and the ARN is of \`${A}\``,
    },
    {
      name: 'a role as user',
      document: principal({ arn: `arn:aws:iam::${A}:role/R` }),
      pointer: '/principal/arn',
      message: /is a role; expected the ARN of a user/,
    },
    {
      name: 'no ARN',
      document: principal({ arn: 'Alice' }),
      pointer: '/principal/arn',
      message: /^`Alice` is not an ARN/,
    },
    {
      name: 'a role ARN for a user',
      document: principal({ roleArn: `arn:aws:iam::${A}:role/R` }),
      pointer: '/principal/roleArn',
      message: '`roleArn` belongs to a principal of type `role`',
    },
    {
      name: 'a user ARN for a user',
      document: principal({ userArn: ALICE.arn }),
      pointer: '/principal/userArn',
      message: '`userArn` belongs to a principal of type `federated`',
    },
    {
      name: 'another role',
      document: asked({ principal: { ...session, roleArn: `arn:aws:iam::${A}:role/Other` } }),
      pointer: '/principal/roleArn',
      message: /is not the role of/,
    },
    {
      name: 'another session',
      document: asked({ principal: { ...session, sessionName: 'x' } }),
      pointer: '/principal/sessionName',
      message: '`sessionName` is `x`, and the ARN has `i-0abc`',
    },
    {
      name: 'a service with an account',
      document: asked({ principal: { type: 'service', arn: 's3.amazonaws.com', accountId: A } }),
      pointer: '/principal/accountId',
      message: 'a service principal has no account; expected `null`',
    },
    {
      name: 'a service by ARN',
      document: asked({ principal: { type: 'service', arn: ALICE.arn } }),
      pointer: '/principal/arn',
      message: /is not a service principal/,
    },
    {
      name: 'tags',
      document: principal({ tags: { a: 1 } }),
      pointer: '/principal/tags/a',
      message: '`a` is the number `1`; expected a string',
    },
  ]
  test.each(CASES)('$name', check)
})

describe('action and resource', () => {
  const CASES: readonly Case[] = [
    {
      name: 'a typing error',
      document: asked({ action: 'kms:Decript' }),
      pointer: '/action',
      message: 'unknown KMS action `kms:Decript`; did you mean `kms:Decrypt`?',
    },
    {
      name: 'ReEncrypt',
      document: asked({ action: 'kms:ReEncrypt' }),
      pointer: '/action',
      message:
        '`kms:ReEncrypt` is an API and no permission: it needs `kms:ReEncryptFrom` and `kms:ReEncryptTo`; use `"kind": "multi"` with both checks',
    },
    {
      name: 'no service',
      document: asked({ action: 'Decrypt' }),
      pointer: '/action',
      message: 'the action `Decrypt` names no service; did you mean `kms:Decrypt`?',
    },
    {
      name: 'a wildcard',
      document: asked({ action: 'kms:*' }),
      pointer: '/action',
      message: 'the action `kms:*` has a wildcard; a request is for one action',
    },
    { name: 'no action at all', document: asked({ action: ':::' }), pointer: '/action', message: /is not an action/ },
    {
      name: 'no key',
      document: asked({ resource: null }),
      pointer: '',
      message: '`kms:Decrypt` is authorised on a key; give it as `resource`',
    },
    {
      name: 'no key or alias',
      document: asked({ action: 'kms:CreateAlias', resource: { type: 'none' } }),
      pointer: '/resource',
      message: '`kms:CreateAlias` is authorised on an alias or a key; give it as `resource`',
    },
    {
      name: 'a key without ARN',
      document: asked({ resource: { type: 'key' } }),
      pointer: '/resource',
      message: '`resource` lacks `arn`; expected the ARN of the key',
    },
    {
      name: 'not a key ARN',
      document: asked({ resource: { type: 'key', arn: `arn:aws:kms:us-west-2:${A}:alias/x` } }),
      pointer: '/resource/arn',
      message: /is not the ARN of a KMS key; expected/,
    },
    {
      name: 'not an ARN',
      document: asked({ resource: { type: 'key', arn: 'alias/x' } }),
      pointer: '/resource/arn',
      message: /^`alias\/x` is not an ARN/,
    },
    {
      name: 'another account',
      document: asked({ resource: { type: 'key', arn: KEY, accountId: '999988887777' } }),
      pointer: '/resource/accountId',
      message: `\`accountId\` is \`999988887777\`, and the ARN is of \`${A}\``,
    },
    {
      name: 'an ARN where there is no resource',
      document: asked({ action: 'kms:ListKeys', resource: { type: 'none', arn: KEY } }),
      pointer: '/resource/arn',
      message: '`kms:ListKeys` has no resource; `arn` must be `null`',
    },
    {
      name: 'TagResource alone',
      document: asked({ action: 'kms:TagResource', resource: null }),
      pointer: '',
      message: /authorised on a key/,
    },
  ]
  test.each(CASES)('$name', check)
})

describe('grants', () => {
  const grants = (changes: object): object => asked({ grants: [grantTo(ALICE.arn, changes)] })
  const CASES: readonly Case[] = [
    {
      name: 'no id',
      document: grants({ GrantId: null }),
      pointer: '/grants/0',
      message: '`grants` item 1 lacks `GrantId`; expected the id of the grant',
    },
    {
      name: 'twice',
      document: asked({ grants: [grantTo(ALICE.arn), grantTo(ALICE.arn)] }),
      pointer: '/grants/1/GrantId',
      message: 'the grant `g-1` is listed twice',
    },
    {
      name: 'no grantee',
      document: grants({ GranteePrincipal: null }),
      pointer: '/grants/0',
      message: /lacks `GranteePrincipal`/,
    },
    {
      name: 'two grantees',
      document: grants({ GranteeServicePrincipal: 's3.amazonaws.com' }),
      pointer: '/grants/0/GranteeServicePrincipal',
      message: /not both$/,
    },
    {
      name: 'an operation',
      document: grants({ Operations: ['Decrpt'] }),
      pointer: '/grants/0/Operations/0',
      message: 'a grant cannot allow the operation `Decrpt`; did you mean `Decrypt`?',
    },
    {
      name: 'a permission',
      document: grants({ Operations: ['kms:Decrypt'] }),
      pointer: '/grants/0/Operations/0',
      message: 'a grant cannot allow the operation `kms:Decrypt`; did you mean `Decrypt`?',
    },
    {
      name: 'two constraints',
      document: grants({ Constraints: { EncryptionContextEquals: {}, EncryptionContextSubset: {} } }),
      pointer: '/grants/0/Constraints/EncryptionContextSubset',
      message: /not both$/,
    },
    {
      name: 'an alias',
      document: grants({ KeyId: `arn:aws:kms:us-west-2:${A}:alias/x` }),
      pointer: '/grants/0/KeyId',
      message: /is not the ARN of a KMS key$/,
    },
    {
      name: 'a group',
      document: grants({ GranteePrincipal: `arn:aws:iam::${A}:group/g` }),
      pointer: '/grants/0/GranteePrincipal',
      message: /is a group/,
    },
    {
      name: 'an issuing account',
      document: grants({ IssuingAccount: 'me' }),
      pointer: '/grants/0/IssuingAccount',
      message: /expected 12 digits or an account's root ARN$/,
    },
  ]
  test.each(CASES)('$name', check)
})

// simulation.md, rule 5.
describe('policies', () => {
  test('a policy that AWS would refuse is an error at its place', () => {
    const text = `{"principal":{"type":"user","arn":"${ALICE.arn}"},"action":"kms:Decrypt","resource":{"arn":"${KEY}"},\n"identityPolicies":[\n  {"Version":"2012-10-17",\n   "Statement":[{"Effect":"allow","Action":"*","Resource":"*"}]}]}`
    expect(new Simulator().answer(text, 10)).toMatchObject([
      { id: 10, error: { pointer: '/identityPolicies/0/Statement/0/Effect', line: 13, column: 27 } },
    ])
  })

  test('a member that was read before is an error at its own place', () => {
    const simulator = new Simulator()
    const bad = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:', Resource: '*' }] }
    const [first] = simulator.answer(JSON.stringify(asked({ identityPolicies: [allowAll, bad] })), 1)
    expect(first).toHaveProperty('error.pointer', expect.stringMatching(/^\/identityPolicies\/1\/Statement\/0/))
    expect(simulator.answer(JSON.stringify(asked({ identityPolicies: [bad] })), 1)[0]).toHaveProperty(
      'error.pointer',
      expect.stringMatching(/^\/identityPolicies\/0\/Statement\/0/),
    )
  })

  test('a key policy of another service needs a resource', () => {
    const document = asked({ action: 's3:GetObject', resource: { type: 'key', arn: 'arn:aws:s3:::b/k' } })
    const bucket = policyFor({ AWS: ALICE.arn }, { Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' })
    expect(new Simulator({ only: 'decision' }).answer(JSON.stringify({ ...document, keyPolicy: bucket }), 1)).toEqual([
      { id: 1, decision: 'allow' },
    ])
  })
})

describe('texts', () => {
  test.each([
    ['not JSON', '{"id":"a",}', { pointer: '', line: 3, column: 10 }, /^trailing `,`/],
    [
      'no object',
      '"x"',
      { pointer: '', line: 3, column: 1 },
      'the document is `x`; expected a simulation document, an object',
    ],
    [
      'duplicate key',
      '{"id":"a","id":"b"}',
      { pointer: '/id', line: 3, column: 11 },
      /^duplicate key `id`; it stands at 3:2 already$/,
    ],
    [
      'nested duplicate',
      '{"id":"a","context":{"a":1,"a":2}}',
      { pointer: '/context/a', line: 3, column: 28 },
      /^duplicate key `a`/,
    ],
    [
      'no end',
      '{"id":',
      { pointer: '', line: 3, column: 7 },
      /^the text ends inside the object that begins at 3:1; expected a value$/,
    ],
    ['empty', '', { pointer: '', line: 3, column: 1 }, /^the text is empty/],
  ])('%s', (_name, text, place, message) => {
    const [found] = new Simulator().answer(text, 3)
    expect(found).toMatchObject({ error: place })
    expectMessage(found, message)
  })

  test('the id of a document in error is echoed', () => {
    expect(new Simulator().answer(JSON.stringify(asked({ id: 'mine', kind: 'x' })), 3)).toMatchObject([
      { id: 'mine', error: { line: 3 } },
    ])
    expect(new Simulator().answer(JSON.stringify(asked({ id: {} })), 3)).toMatchObject([
      { id: 3, error: { pointer: '/id' } },
    ])
  })

  test('many faults cost little', () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`identityPolicie${index}`, 1]))
    expect(errorOf(asked(many))).toMatchObject({ error: { pointer: '/identityPolicie0' } })
    const spellings = Object.fromEntries(Array.from({ length: 4096 }, (_, bits) => [spelling(bits), ['x', 'y']]))
    expect(new Simulator({ only: 'decision' }).answer(JSON.stringify(asked({ context: spellings })), 1)).toEqual([
      { id: 1, decision: 'implicitDeny' },
    ])
  })
})

/** One of the 4096 ways to write a word of twelve letters. */
function spelling(bits: number): string {
  return 'abcdefghijkl'.replace(/./g, (letter, at: number) =>
    ((bits >> at) & 1) === 1 ? letter.toUpperCase() : letter,
  )
}
