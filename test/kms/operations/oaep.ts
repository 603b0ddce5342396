/**
 * What an RSA key encrypts with each OAEP algorithm.
 *
 * Source: KMS API Reference, "Encrypt"; kms-behaviour 5.
 */
import { expect } from 'vitest'
import type { KeySpec } from '../../../src/kms/shapes.js'
import type { TestKms } from '../test-kms.js'
import { makeKey } from './samples.js'

export async function checkOaep(
  t: TestKms,
  spec: KeySpec,
  most: Readonly<Record<'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256', number>>,
): Promise<void> {
  const KeyId = await makeKey(t, 'rsa', { KeySpec: spec })
  for (const EncryptionAlgorithm of ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const) {
    const size = most[EncryptionAlgorithm]
    const Plaintext = Buffer.alloc(size, 7)
    const { CiphertextBlob } = await t.ok('Encrypt', { KeyId, Plaintext, EncryptionAlgorithm })
    const opened = await t.ok('Decrypt', { KeyId, CiphertextBlob: CiphertextBlob!, EncryptionAlgorithm })
    expect(opened).toEqual({ KeyId, Plaintext: Uint8Array.from(Plaintext), EncryptionAlgorithm })
    expect(await t.fails('Encrypt', { KeyId, Plaintext: Buffer.alloc(size + 1), EncryptionAlgorithm })).toBe(
      `ValidationException: Algorithm ${EncryptionAlgorithm} and key spec ${spec} cannot encrypt data larger than ${size} bytes.`,
    )
    const other = EncryptionAlgorithm === 'RSAES_OAEP_SHA_1' ? 'RSAES_OAEP_SHA_256' : 'RSAES_OAEP_SHA_1'
    expect(await t.fails('Decrypt', { KeyId, CiphertextBlob, EncryptionAlgorithm: other })).toBe(
      'InvalidCiphertextException',
    )
  }
}
