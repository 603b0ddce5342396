/**
 * Source: KMS API Reference, "Decrypt"; kms-behaviour 3, 5.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import { ignoresCiphertext } from '../locate.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import { decryptWithPrivateKey, withoutContext, type PublicKeyAlgorithm } from '../public-key-work.js'
import { disclose, materialAudit, recipientAudit } from '../recipient.js'
import type { Awaitable } from '../store.js'
import { incorrectKey, INVALID_CIPHERTEXT, openUnder } from '../symmetric-work.js'
import { wrongAlgorithm, wrongUsage } from '../usage-check.js'

export const decrypt: Operation<'Decrypt'> = {
  name: 'Decrypt',
  targets: [
    {
      role: 'key',
      find: 'ciphertext',
      member: 'KeyId',
      blob: 'CiphertextBlob',
      algorithm: 'EncryptionAlgorithm',
      states: STATE_ROWS.cryptographic,
    },
  ],
  checks: [{ action: 'kms:Decrypt', on: 'key' }],
  usage: 'Decrypt',
  audit: {
    readOnly: true,
    request: {
      CiphertextBlob: 'hidden',
      EncryptionContext: 'logged',
      GrantTokens: 'hidden',
      KeyId: 'logged',
      EncryptionAlgorithm: 'logged',
      Recipient: 'hidden',
      DryRun: 'logged',
      DryRunModifiers: 'logged',
    },
    defaults: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
    response: 'nothing',
  },
  run,
}

function run(call: Call<'Decrypt'>): Awaitable<Result<Done<'Decrypt'>, Failure>> {
  const { key, input, services } = call
  const { EncryptionAlgorithm: algorithm = 'SYMMETRIC_DEFAULT', EncryptionContext: context } = input
  const wrong =
    incorrectKey(key, call.ciphertexts[0]) ??
    wrongUsage(key, 'ENCRYPT_DECRYPT', 'Decrypt') ??
    wrongAlgorithm(key, algorithm)
  if (wrong !== undefined) return wrong
  if (ignoresCiphertext(call)) return DRY_RUN
  if (algorithm !== 'SYMMETRIC_DEFAULT') return decryptAsymmetric(call, algorithm)
  return after(openUnder(call, key, call.ciphertexts[0], context), (opened) => {
    if (!opened.ok) return opened
    const { plaintext, materialId } = opened.value
    if (call.isDryRun) {
      services.materials.secrets.release(plaintext)
      return DRY_RUN
    }
    const disclosed = disclose(call, 'Plaintext', plaintext)
    return succeed({
      output: {
        KeyId: key.arn,
        ...disclosed,
        EncryptionAlgorithm: algorithm,
        ...(call.recipient === undefined ? { KeyMaterialId: materialId } : {}),
      },
      audit: materialAudit(call, key, materialId),
    })
  })
}

function decryptAsymmetric(
  call: Call<'Decrypt'>,
  algorithm: PublicKeyAlgorithm,
): Awaitable<Result<Done<'Decrypt'>, Failure>> {
  const { key, input, services } = call
  const { CiphertextBlob: ciphertext } = input
  const problem = withoutContext(input.EncryptionContext)
  if (problem !== undefined) return problem
  if (ciphertext === undefined) return INVALID_CIPHERTEXT
  return after(decryptWithPrivateKey(services, key, algorithm, ciphertext), (plaintext) => {
    if (!plaintext.ok) return plaintext
    if (call.isDryRun) {
      services.materials.secrets.release(plaintext.value)
      return DRY_RUN
    }
    return succeed({
      output: { KeyId: key.arn, ...disclose(call, 'Plaintext', plaintext.value), EncryptionAlgorithm: algorithm },
      ...(call.recipient === undefined ? {} : { audit: { additionalEventData: recipientAudit(call) } }),
    })
  })
}
