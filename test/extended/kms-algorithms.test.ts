/** Key specs that are slow to make, held against every operation, algorithm and message type. Source: kms-behaviour 6. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectAll, expectPair } from '../kms/table/algorithms.js'
import { SLOW_SPECS } from '../kms/table/key-spec-table.js'
import { keyId, testKms, type TestKms } from '../kms/test-kms.js'

let t: TestKms
beforeAll(async () => {
  t = await testKms()
})
afterAll(() => t.kms.close())

for (const row of SLOW_SPECS) {
  for (const usage of row.usages) {
    test(`${row.spec} ${usage}`, async () => {
      expect(await expectAll(t, row, usage)).toBeGreaterThan(90)
    })
  }

  test(`a data key pair of ${row.spec}`, async () => {
    await expectPair(t, keyId(await t.ok('CreateKey', {})), row.spec as 'RSA_3072')
  })
}

/** KMS API Reference, Encrypt; kms-behaviour 5. */
for (const [KeySpec, EncryptionAlgorithm, most] of [
  ['RSA_3072', 'RSAES_OAEP_SHA_1', 342],
  ['RSA_3072', 'RSAES_OAEP_SHA_256', 318],
  ['RSA_4096', 'RSAES_OAEP_SHA_1', 470],
  ['RSA_4096', 'RSAES_OAEP_SHA_256', 446],
] as const) {
  test(`${KeySpec} ${EncryptionAlgorithm}: ${most} bytes`, async () => {
    const KeyId = keyId(await t.ok('CreateKey', { KeySpec, KeyUsage: 'ENCRYPT_DECRYPT' }))
    await t.ok('Encrypt', { KeyId, EncryptionAlgorithm, Plaintext: Buffer.alloc(most, 1) })
    const answer = await t.fails('Encrypt', { KeyId, EncryptionAlgorithm, Plaintext: Buffer.alloc(most + 1, 1) })
    expect(answer).toMatch(/^ValidationException/)
  })
}
