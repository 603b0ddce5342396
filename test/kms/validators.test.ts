/**
 * What is said of an input that breaks the API model.
 *
 * Source: kms-behaviour 1; KMS API Reference, "Common Errors".
 */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { API_OPERATIONS, type OperationName } from '../../src/aws/operations.js'
import { VALIDATORS } from '../../src/kms/validators.js'

const CONSTRAINT = 'failed to satisfy constraint: Member must'

interface Case {
  readonly operation: OperationName
  readonly input: unknown
  readonly says: string
}

const ONE = 'ValidationException: 1 validation error detected: '

const CASES: readonly Case[] = [
  { operation: 'DescribeKey', input: {}, says: `${ONE}Value null at 'keyId' ${CONSTRAINT} not be null` },
  { operation: 'DescribeKey', input: undefined, says: `${ONE}Value null at 'keyId' ${CONSTRAINT} not be null` },
  { operation: 'DescribeKey', input: { KeyId: null }, says: `${ONE}Value null at 'keyId' ${CONSTRAINT} not be null` },
  {
    operation: 'DescribeKey',
    input: { KeyId: '' },
    says: `${ONE}Value '' at 'keyId' ${CONSTRAINT} have length greater than or equal to 1`,
  },
  {
    operation: 'Encrypt',
    input: { KeyId: 'k', Plaintext: new Uint8Array(0) },
    says: `${ONE}Value at 'plaintext' ${CONSTRAINT} have length greater than or equal to 1`,
  },
  {
    operation: 'Encrypt',
    input: { KeyId: 'k', Plaintext: new Uint8Array(4097) },
    says: `${ONE}Value at 'plaintext' ${CONSTRAINT} have length less than or equal to 4096`,
  },
  {
    operation: 'Decrypt',
    input: { CiphertextBlob: new Uint8Array(6145) },
    says: `${ONE}Value at 'ciphertextBlob' ${CONSTRAINT} have length less than or equal to 6144`,
  },
  {
    operation: 'Encrypt',
    input: { KeyId: 'k', Plaintext: new Uint8Array(1), EncryptionAlgorithm: 'ROT13' },
    says:
      `${ONE}Value 'ROT13' at 'encryptionAlgorithm' ${CONSTRAINT} satisfy enum value set: ` +
      '[RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE, SYMMETRIC_DEFAULT]',
  },
  {
    operation: 'GenerateRandom',
    input: { NumberOfBytes: 1025 },
    says: `${ONE}Value '1025' at 'numberOfBytes' ${CONSTRAINT} have value less than or equal to 1024`,
  },
  {
    operation: 'GenerateRandom',
    input: { NumberOfBytes: 0 },
    says: `${ONE}Value '0' at 'numberOfBytes' ${CONSTRAINT} have value greater than or equal to 1`,
  },
  {
    operation: 'CreateAlias',
    input: { AliasName: 'alias/a b', TargetKeyId: 'k' },
    says: `${ONE}Value 'alias/a b' at 'aliasName' ${CONSTRAINT} satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$`,
  },
  {
    operation: 'PutKeyPolicy',
    input: { KeyId: 'k', Policy: 'é€' },
    says: `${ONE}Value 'é€' at 'policy' ${CONSTRAINT} satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+`,
  },
  {
    operation: 'TagResource',
    input: {
      KeyId: 'k',
      Tags: [
        { TagKey: 'ok', TagValue: '' },
        { TagKey: '', TagValue: '' },
      ],
    },
    says: `${ONE}Value '' at 'tags.2.member.tagKey' ${CONSTRAINT} have length greater than or equal to 1`,
  },
  {
    operation: 'TagResource',
    input: { KeyId: 'k', Tags: [{ TagKey: 'k'.repeat(129), TagValue: 'v'.repeat(257) }] },
    says:
      'ValidationException: 2 validation errors detected: ' +
      `Value '${'k'.repeat(129)}' at 'tags.1.member.tagKey' ${CONSTRAINT} have length less than or equal to 128; ` +
      `Value '${'v'.repeat(257)}' at 'tags.1.member.tagValue' ${CONSTRAINT} have length less than or equal to 256`,
  },
  {
    operation: 'Encrypt',
    input: { KeyId: 'k', Plaintext: new Uint8Array(1), GrantTokens: Array.from({ length: 11 }, () => 't') },
    says: `${ONE}Value '[${Array.from({ length: 11 }, () => 't').join(', ')}]' at 'grantTokens' ${CONSTRAINT} have length less than or equal to 10`,
  },
  {
    operation: 'CreateCustomKeyStore',
    input: { CustomKeyStoreName: 'n', KeyStorePassword: 'secret' },
    says: `${ONE}Value at 'keyStorePassword' ${CONSTRAINT} have length greater than or equal to 7`,
  },
  {
    operation: 'Sign',
    input: {},
    says:
      'ValidationException: 3 validation errors detected: ' +
      ['keyId', 'message', 'signingAlgorithm']
        .map((name) => `Value null at '${name}' ${CONSTRAINT} not be null`)
        .join('; '),
  },
  { operation: 'ListKeys', input: 7, says: "SerializationException: the member 'input' is not an object" },
  { operation: 'DescribeKey', input: { KeyId: 7 }, says: "SerializationException: the member 'keyId' is not a string" },
  {
    operation: 'Encrypt',
    input: { KeyId: 'k', Plaintext: 'text' },
    says:
      "SerializationException: the member 'plaintext' is not bytes, " +
      'which are base64 in JSON and a Uint8Array in a program',
  },
  {
    operation: 'Encrypt',
    input: { KeyId: 'k', Plaintext: new Uint8Array(1), EncryptionContext: { a: 1 } },
    says: "SerializationException: the member 'encryptionContext' is not a map of strings",
  },
  {
    operation: 'ImportKeyMaterial',
    input: {
      KeyId: 'k',
      ImportToken: new Uint8Array(1),
      EncryptedKeyMaterial: new Uint8Array(1),
      ValidTo: new Date(NaN),
    },
    says:
      "SerializationException: the member 'validTo' is not a point in time, " +
      'which is seconds since 1970 in JSON and a valid Date in a program',
  },
]

describe('the wording of what is wrong', () => {
  for (const { operation, input, says } of CASES) {
    test(`${operation}: ${says.slice(0, 90)}`, () => {
      const read = VALIDATORS[operation](input)
      expect(read.ok ? 'nothing' : `${read.error.code}: ${read.error.message}`).toBe(says)
    })
  }
})

test('an input is copied, and what the operation does not have is left out', () => {
  const context = { a: 'b' }
  const input = { KeyId: 'k', Plaintext: Buffer.from('p'), EncryptionContext: context, Unknown: 1 }
  const read = VALIDATORS.Encrypt(input)
  context.a = 'c'
  expect(read).toMatchObject({ ok: true, value: { KeyId: 'k', EncryptionContext: { a: 'b' } } })
  expect(read.ok && Object.keys(read.value)).not.toContain('Unknown')
})

test('a context with a key that means something to JavaScript keeps it as data', () => {
  const context: unknown = JSON.parse('{"__proto__": "x", "constructor": "y"}')
  const read = VALIDATORS.Encrypt({ KeyId: 'k', Plaintext: Buffer.from('p'), EncryptionContext: context })
  expect(read.ok && Object.entries(read.value.EncryptionContext ?? {})).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
})

test('an error is as long as a person reads, however much is wrong', () => {
  const tags = Array.from({ length: 100_000 }, () => ({ TagKey: '', TagValue: '' }))
  const read = VALIDATORS.TagResource({ KeyId: 'x'.repeat(1_000_000), Tags: tags })
  expect(read.ok).toBe(false)
  const message = read.ok ? '' : read.error.message
  expect(message).toMatch(/^100001 validation errors detected: Value 'x+\.\.\.' at 'keyId'/)
  expect(message.length).toBeLessThan(10_000)
})

test('every validator answers a value for whatever it is given', () => {
  const names = Object.keys(VALIDATORS) as readonly OperationName[]
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.anything(), fc.anything(), (name, whole, member) => {
      for (const input of [
        whole,
        Object.fromEntries(Object.keys(API_OPERATIONS[name].input).map((key) => [key, member])),
      ]) {
        const read = VALIDATORS[name](input)
        if (!read.ok) expect(['ValidationException', 'SerializationException']).toContain(read.error.code)
      }
    }),
    { numRuns: 500, seed: 1 },
  )
})
