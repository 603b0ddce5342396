/**
 * Source: KMS API Reference, "Encrypt"; kms-behaviour 5.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { rsaEncrypt } from '../crypto/rsa.js'
import { fail, succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import { rsaKeyOf, tooLong, withoutContext } from '../rsa-work.js'
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
  if (algorithm !== 'SYMMETRIC_DEFAULT') return encryptToPublicKey(call)
  if (call.isDryRun) return DRY_RUN
  return after(sealUnder(call, key, input.Plaintext, input.EncryptionContext), (sealed) => {
    if (!sealed.ok) return sealed
    const { blob, materialId } = sealed.value
    return succeed({
      output: { CiphertextBlob: blob, KeyId: key.arn, EncryptionAlgorithm: algorithm },
      audit: { additionalEventData: { keyMaterialId: materialId } },
    })
  })
}

function encryptToPublicKey(call: Call<'Encrypt'>): Awaitable<Result<Done<'Encrypt'>, Failure>> {
  const { key, input } = call
  const { EncryptionAlgorithm: algorithm, Plaintext } = input
  if (algorithm !== 'RSAES_OAEP_SHA_1' && algorithm !== 'RSAES_OAEP_SHA_256') {
    return fail('UnsupportedOperationException', `Algorithm ${algorithm} is not available here.`)
  }
  const problem = withoutContext(input.EncryptionContext) ?? tooLong(key, algorithm, Plaintext.length)
  if (problem !== undefined) return problem
  if (call.isDryRun) return DRY_RUN
  return after(rsaKeyOf(call.services, key), (publicKey) => {
    const encrypted = rsaEncrypt(publicKey, algorithm, Plaintext)
    if (!encrypted.ok) throw new Error('a plaintext that fits has not been taken')
    return succeed({
      output: { CiphertextBlob: encrypted.value, KeyId: key.arn, EncryptionAlgorithm: algorithm },
    })
  })
}
