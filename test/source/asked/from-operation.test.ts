import { describe, expect, test } from 'vitest'
import { questionOfOperation, type OperationRequest } from '../../../src/source/asked/from-operation.js'
import { nameResolver } from '../../../src/source/asked/name-resolver.js'
import { whyUnknown, type Question } from '../../../src/source/asked/question.js'
import { A, B, KEY, KEY_ID, OTHER, OTHER_ID, SESSION } from './events.js'

const KEY_B_ID = 'aaaabbbb-1111-2222-3333-ccccddddeeee'
const KEY_B = `arn:aws:kms:us-west-2:${B}:key/${KEY_B_ID}`
const ALIAS = `arn:aws:kms:us-west-2:${A}:alias/payments`
const NAMES = nameResolver({
  principals: [],
  keys: [{ arn: KEY, aliases: ['alias/payments'] }, { arn: OTHER }, { arn: KEY_B }],
})

function request(operation: string, parameters: unknown, more: Partial<OperationRequest> = {}): OperationRequest {
  return { operation, parameters, principal: SESSION, region: 'us-west-2', name: 'input.json', ...more }
}

function ask(operation: string, parameters: unknown, more?: Partial<OperationRequest>): Question {
  const question = questionOfOperation(request(operation, parameters, more), NAMES)
  if (!question.ok) throw new Error(question.error.message)
  return question.value
}

const targets = ({ checks }: Question): readonly unknown[] => checks.map(({ action, resource }) => [action, resource])

// KMS Developer Guide, "Key identifiers"; authorization.md D6.
describe('key identifiers', () => {
  const forms: readonly (readonly [string, string, string])[] = [
    ['key id', KEY_ID, KEY],
    ['key ARN', KEY_B, KEY_B],
    ['alias name', 'alias/payments', KEY],
    ['alias ARN', ALIAS, KEY],
    ['an alias that nobody knows', 'alias/x', `arn:aws:kms:us-west-2:${A}:alias/x`],
    ['a key id of another account is one of the own', KEY_B_ID, `arn:aws:kms:us-west-2:${A}:key/${KEY_B_ID}`],
  ]
  for (const [name, KeyId, resource] of forms) {
    test(name, () =>
      expect(ask('Encrypt', { KeyId, Plaintext: '' }).checks[0]).toMatchObject({ resource, keyIdAs: KeyId }),
    )
  }

  test('Decrypt takes the bare id of a key of another account', () => {
    expect(targets(ask('Decrypt', { KeyId: KEY_B_ID }))).toEqual([['kms:Decrypt', KEY_B]])
  })

  const lacking: readonly (readonly [string, string, unknown, Partial<OperationRequest>, string])[] = [
    ['a ciphertext', 'Decrypt', { CiphertextBlob: 'AQ==' }, {}, 'the ciphertext names the key, and cannot be read'],
    ['a grant token', 'RetireGrant', { GrantToken: 'AQ==' }, {}, 'a grant token names the key, and cannot be read'],
    [
      'no service has a key of its own',
      'Encrypt',
      { KeyId: KEY_ID },
      { principal: 'logs.us-west-2.amazonaws.com' },
      `\`${KEY_ID}\` is a key of an account or Region that is not known`,
    ],
    ['an ARN of something else', 'Encrypt', { KeyId: 'arn:aws:s3:::bucket' }, {}, '`arn:aws:s3:::bucket` names no key'],
  ]
  for (const [name, operation, parameters, more, why] of lacking) {
    test(`lacks the key: ${name}`, () => {
      expect(ask(operation, parameters, more).incomplete.map(({ lacks }) => lacks)).toEqual([
        [{ part: 'resource', why }],
      ])
    })
  }

  test('without a Region a bare id is nowhere', () => {
    const { name, operation, parameters, principal } = request('Encrypt', { KeyId: KEY_ID })
    const question = questionOfOperation({ name, operation, parameters, principal })
    expect(question.ok && question.value.incomplete[0]?.lacks[0]?.part).toBe('resource')
  })
})

// authorization.md D4.
describe('operations of several checks', () => {
  const cases: readonly (readonly [string, unknown, readonly unknown[]])[] = [
    [
      'ReEncrypt',
      { SourceKeyId: KEY_ID, DestinationKeyId: OTHER_ID, CiphertextBlob: '' },
      [
        ['kms:ReEncryptFrom', KEY],
        ['kms:ReEncryptTo', OTHER],
      ],
    ],
    [
      'CreateAlias',
      { AliasName: 'alias/new', TargetKeyId: KEY_ID },
      [
        ['kms:CreateAlias', `arn:aws:kms:us-west-2:${A}:alias/new`],
        ['kms:CreateAlias', KEY],
      ],
    ],
    [
      'DeleteAlias',
      { AliasName: 'alias/payments' },
      [
        ['kms:DeleteAlias', ALIAS],
        ['kms:DeleteAlias', KEY],
      ],
    ],
    [
      'UpdateAlias',
      { AliasName: 'alias/payments', TargetKeyId: OTHER_ID },
      [
        ['kms:UpdateAlias', ALIAS],
        ['kms:UpdateAlias', KEY],
        ['kms:UpdateAlias', OTHER],
      ],
    ],
    [
      'ReplicateKey',
      { KeyId: KEY_ID, ReplicaRegion: 'eu-west-1' },
      [
        ['kms:ReplicateKey', KEY],
        ['kms:CreateKey', undefined],
      ],
    ],
    [
      'ReplicateKey',
      { KeyId: KEY_ID, ReplicaRegion: 'eu-west-1', Tags: [{ TagKey: 'a', TagValue: 'b' }] },
      [
        ['kms:ReplicateKey', KEY],
        ['kms:CreateKey', undefined],
        ['kms:TagResource', undefined],
      ],
    ],
    [
      'UpdatePrimaryRegion',
      { KeyId: KEY, PrimaryRegion: 'eu-west-1' },
      [
        ['kms:UpdatePrimaryRegion', KEY],
        ['kms:UpdatePrimaryRegion', KEY.replace('us-west-2', 'eu-west-1')],
      ],
    ],
    ['CreateKey', {}, [['kms:CreateKey', undefined]]],
    [
      'CreateKey',
      { Tags: [{ TagKey: 'a', TagValue: 'b' }] },
      [
        ['kms:CreateKey', undefined],
        ['kms:TagResource', undefined],
      ],
    ],
    [
      'ListRetirableGrants',
      { RetiringPrincipal: `arn:aws:iam::${A}:role/App` },
      [['kms:ListRetirableGrants', `arn:aws:iam::${A}:role/App`]],
    ],
  ]
  for (const [operation, parameters, expected] of cases) {
    test(`${operation} ${JSON.stringify(parameters)}`, () =>
      expect(targets(ask(operation, parameters))).toEqual(expected))
  }

  test('each end of ReEncrypt has its own encryption context', () => {
    const parameters = {
      SourceKeyId: KEY,
      DestinationKeyId: KEY,
      SourceEncryptionContext: { a: '1' },
      DestinationEncryptionContext: { b: '2' },
    }
    const { checks } = ask('ReEncrypt', parameters)
    expect(checks.map(({ encryptionContext }) => encryptionContext)).toEqual([{ a: '1' }, { b: '2' }])
    expect(checks[0]?.context).toMatchObject({ 'kms:ReEncryptOnSameKey': 'true' })
  })

  test('the key of a replica is made in the Region of the replica', () => {
    const question = ask('ReplicateKey', { KeyId: KEY, ReplicaRegion: 'eu-west-1' })
    expect(question.checks.map(({ context }) => context?.['aws:RequestedRegion'])).toEqual(['us-west-2', 'eu-west-1'])
    expect(whyUnknown(question.unknown, 'kms:KeySpec')).toMatch(/replica/)
  })
})

describe('parameters', () => {
  test('a grant to be made, with how the request comes', () => {
    const parameters = {
      KeyId: KEY,
      GranteePrincipal: SESSION,
      Operations: ['Decrypt'],
      Constraints: { EncryptionContextEquals: { a: 'b' } },
    }
    const question = ask('CreateGrant', parameters, {
      via: 's3.us-west-2.amazonaws.com',
      time: '2026-03-15T12:00:00Z',
      context: { 'aws:SourceIp': '203.0.113.10' },
    })
    expect(question.checks[0]).toMatchObject({
      via: 's3.us-west-2.amazonaws.com',
      time: '2026-03-15T12:00:00Z',
      context: { 'aws:SourceIp': '203.0.113.10' },
      createGrant: {
        granteePrincipal: SESSION,
        operations: ['Decrypt'],
        constraints: { encryptionContextEquals: { a: 'b' } },
      },
    })
    expect(whyUnknown(question.unknown, 'aws:SourceIp')).toBeUndefined()
    expect(whyUnknown(question.unknown, 'kms:GrantOperations')).toBeUndefined()
    expect(whyUnknown(question.unknown, 'aws:MultiFactorAuthPresent')).toBe('the parameters do not tell it')
  })

  test('a token that shows no grant is noted', () => {
    expect(ask('Decrypt', { KeyId: KEY, GrantTokens: ['AQ=='] }).notes).toEqual([
      'a grant token does not show which grant it is of; give the id of the grant in its place',
    ])
    expect(ask('Decrypt', { KeyId: KEY, GrantTokens: ['0'.repeat(64)] }).notes).toEqual([])
  })

  const errors: readonly (readonly [string, unknown, string])[] = [
    ['Decript', {}, 'KMS has no operation `Decript`; did you mean `Decrypt`?'],
    ['generate-data-key', {}, 'KMS has no operation `generate-data-key`; did you mean `GenerateDataKey`?'],
    ['kms:Decrypt', {}, 'KMS has no operation `kms:Decrypt`; did you mean `Decrypt`?'],
    ['GetObject', {}, 'KMS has no operation `GetObject`; expected one such as `Decrypt`'],
    ['__proto__', {}, 'KMS has no operation `__proto__`; expected one such as `Decrypt`'],
    ['Decrypt', [], 'the parameters of Decrypt are an object of its members'],
    ['Decrypt', { keyId: KEY }, 'Decrypt has no parameter `keyId`; did you mean `KeyId`?'],
    ['DisableKey', { Reason: 'x' }, 'DisableKey has no parameter `Reason`; expected KeyId'],
    ['Decrypt', { KeyId: 7 }, '`KeyId` of Decrypt is a string'],
    ['Decrypt', { EncryptionContext: { a: 1 } }, '`EncryptionContext` of Decrypt is an object of strings'],
    ['Decrypt', { GrantTokens: 'x' }, '`GrantTokens` of Decrypt is a list'],
    ['CreateGrant', { Constraints: [] }, '`Constraints` of CreateGrant is an object'],
    [
      'ScheduleKeyDeletion',
      { KeyId: 'alias/x' },
      '`KeyId` of ScheduleKeyDeletion is `alias/x`; expected a key id or a key ARN, not an alias',
    ],
  ]
  for (const [operation, parameters, message] of errors) {
    test(message, () => {
      const question = questionOfOperation(request(operation, parameters))
      expect(question).toMatchObject({ ok: false, error: { message } })
    })
  }

  test('a caller that is none', () => {
    expect(questionOfOperation(request('Decrypt', {}, { principal: 'arn:aws:iam::1:user/x' }))).toMatchObject({
      ok: false,
    })
  })
})
