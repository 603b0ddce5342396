/**
 * Key spec, usage, algorithm and message type: what goes together works, and nothing else does.
 *
 * Source: KMS Developer Guide, "Key spec reference"; kms-behaviour 6.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ENUMS } from '../../../src/aws/operations.js'
import { ADMIN, keyId, policyOf, testKms, type TestKms } from '../test-kms.js'
import { expectAll, expectPair } from './algorithms.js'
import { QUICK_SPECS, SLOW_SPECS } from './key-spec-table.js'

let t: TestKms
beforeAll(async () => {
  t = await testKms()
})
afterAll(() => t.kms.close())

test('the table has every key spec', () => {
  const known = [...QUICK_SPECS, ...SLOW_SPECS].map(({ spec }) => spec)
  expect([...known, 'SM2'].toSorted()).toEqual(ENUMS.KeySpec.toSorted())
})

for (const row of QUICK_SPECS) {
  describe(row.spec, () => {
    for (const usage of row.usages) {
      test(`${usage}: its own algorithms and no others`, async () => {
        expect(await expectAll(t, row, usage)).toBeGreaterThan(90)
      })
    }

    for (const usage of ENUMS.KeyUsageType.filter((one) => !row.usages.includes(one))) {
      test(`${usage} is refused`, async () => {
        const answer = await t.fails('CreateKey', { KeySpec: row.spec, KeyUsage: usage })
        expect(answer).toBe(`ValidationException: KeyUsage ${usage} is not compatible with KeySpec ${row.spec}`)
      })
    }

    test('its usage may be left out of symmetric encryption keys alone', async () => {
      const answer = await t.fails('CreateKey', { KeySpec: row.spec })
      expect(answer.split(':')[0]).toBe(row.spec === 'SYMMETRIC_DEFAULT' ? 'succeeded' : 'ValidationException')
    })
  })
}

describe('what is of some Regions alone', () => {
  const CHINA = { ...ADMIN, principal: 'arn:aws-cn:iam::111122223333:user/admin', region: 'cn-north-1' }

  test('SM2 is for China, ML-KEM for everywhere else', async () => {
    const all = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }
    t.kms.identities.putPrincipal({ arn: CHINA.principal, policies: [policyOf('identity', all)] })
    for (const KeyUsage of ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'KEY_AGREEMENT']) {
      expect(await t.fails('CreateKey', { KeySpec: 'SM2', KeyUsage })).toMatch(/^UnsupportedOperation/)
      expect(await t.fails('CreateKey', { KeySpec: 'SM2', KeyUsage }, CHINA)).toBe('succeeded')
    }
    const lattice = { KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' }
    expect(await t.fails('CreateKey', lattice, CHINA)).toMatch(/^UnsupportedOperationException/)
  })
})

describe('data key pairs', () => {
  let KeyId: string
  beforeAll(async () => {
    KeyId = (await t.ok('CreateKey', {})).KeyMetadata!.KeyId!
  })

  // Large RSA keys take long, and have tests of their own.
  const elsewhere: readonly string[] = ['SM2', 'RSA_3072', 'RSA_4096']
  for (const spec of ENUMS.DataKeyPairSpec.filter((one) => !elsewhere.includes(one))) {
    test(spec, () => expectPair(t, KeyId, spec))
  }

  test('SM2 is for China', async () => {
    const answer = await t.fails('GenerateDataKeyPair', { KeyId, KeyPairSpec: 'SM2' })
    expect(answer).toBe('UnsupportedOperationException: KeyPairSpec SM2 is not supported in this Region.')
  })
})

/** Own words of KMS API Reference, Encrypt: key bytes less twice the hash and two. */
describe('how much fits under RSA', () => {
  for (const [algorithm, most] of [
    ['RSAES_OAEP_SHA_1', 214],
    ['RSAES_OAEP_SHA_256', 190],
  ] as const) {
    test(`${algorithm}: ${most} bytes`, async () => {
      const made = await t.ok('CreateKey', { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })
      const input = { KeyId: keyId(made), EncryptionAlgorithm: algorithm }
      await t.ok('Encrypt', { ...input, Plaintext: Buffer.alloc(most, 1) })
      const answer = await t.fails('Encrypt', { ...input, Plaintext: Buffer.alloc(most + 1, 1) })
      expect(answer).toMatch(/^ValidationException/)
    })
  }
})
