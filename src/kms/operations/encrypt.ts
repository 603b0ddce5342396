/**
 * Source: KMS API Reference, "Encrypt"; kms-behaviour 5.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import { encryptToPublicKey, tooLong, withoutContext, type PublicKeyAlgorithm } from '../public-key-work.js'
import type { Awaitable } from '../store.js'
import { sealUnder } from '../symmetric-work.js'
import { wrongAlgorithm, wrongUsage } from '../usage-check.js'

export const encrypt: Operation<'Encrypt'> = {
  name: 'Encrypt',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:Encrypt', on: 'key' }],
  usage: 'Encrypt',
  audit: {
    readOnly: true,
    request: {
      KeyId: 'logged',
      Plaintext: 'hidden',
      EncryptionContext: 'logged',
      GrantTokens: 'hidden',
      EncryptionAlgorithm: 'logged',
      DryRun: 'logged',
    },
    defaults: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
    response: 'nothing',
  },
  run,
}

function run(call: Call<'Encrypt'>): Awaitable<Result<Done<'Encrypt'>, Failure>> {
  const { key, input } = call
  const { EncryptionAlgorithm: algorithm = 'SYMMETRIC_DEFAULT' } = input
  const wrong = wrongUsage(key, 'ENCRYPT_DECRYPT', 'Encrypt') ?? wrongAlgorithm(key, algorithm)
  if (wrong !== undefined) return wrong
  if (algorithm !== 'SYMMETRIC_DEFAULT') return encryptAsymmetric(call, algorithm)
  if (call.isDryRun) return DRY_RUN
  return after(sealUnder(call, key, input.Plaintext, input.EncryptionContext), (sealed) => {
    if (!sealed.ok) return sealed
    const { blob, materialId } = sealed.value
    return succeed({
      output: { CiphertextBlob: blob, KeyId: key.arn, EncryptionAlgorithm: algorithm },
      audit: key.usedMaterial(materialId),
    })
  })
}

function encryptAsymmetric(
  call: Call<'Encrypt'>,
  algorithm: PublicKeyAlgorithm,
): Awaitable<Result<Done<'Encrypt'>, Failure>> {
  const { key, input } = call
  const { Plaintext } = input
  const problem = withoutContext(input.EncryptionContext) ?? tooLong(key, algorithm, Plaintext.length)
  if (problem !== undefined) return problem
  if (call.isDryRun) return DRY_RUN
  return after(encryptToPublicKey(call.services, key, algorithm, Plaintext), (ciphertext) =>
    succeed({ output: { CiphertextBlob: ciphertext, KeyId: key.arn, EncryptionAlgorithm: algorithm } }),
  )
}
