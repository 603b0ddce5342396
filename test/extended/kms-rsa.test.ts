/**
 * RSA keys of every size through the operations: making them takes too long for every run.
 *
 * Source: KMS API Reference, "Encrypt", "Sign"; kms-behaviour 5.
 */
import { expect, test } from 'vitest'
import { checkOaep } from '../kms/operations/oaep.js'
import { keyArnOf, testKms } from '../kms/test-kms.js'

const OAEP = {
  RSA_3072: { RSAES_OAEP_SHA_1: 342, RSAES_OAEP_SHA_256: 318 },
  RSA_4096: { RSAES_OAEP_SHA_1: 470, RSAES_OAEP_SHA_256: 446 },
} as const

for (const spec of ['RSA_3072', 'RSA_4096'] as const) {
  test(`${spec} encrypts`, async () => {
    const t = await testKms()
    await checkOaep(t, spec, OAEP[spec])
    await t.kms.close()
    expect(t.secrets.live).toBe(0)
  })

  test(`${spec} signs`, async () => {
    const t = await testKms()
    const KeyId = keyArnOf(await t.ok('CreateKey', { KeySpec: spec, KeyUsage: 'SIGN_VERIFY' }))
    const { SigningAlgorithms } = await t.ok('GetPublicKey', { KeyId })
    expect(SigningAlgorithms).toHaveLength(6)
    for (const SigningAlgorithm of SigningAlgorithms!) {
      const input = { KeyId, Message: Buffer.from('message'), SigningAlgorithm }
      const { Signature } = await t.ok('Sign', input)
      expect(Signature).toHaveLength(Number(spec.slice(4)) / 8)
      expect(await t.ok('Verify', { ...input, Signature: Signature! })).toMatchObject({ SignatureValid: true })
    }
    await t.kms.close()
    expect(t.secrets.live).toBe(0)
  })
}
