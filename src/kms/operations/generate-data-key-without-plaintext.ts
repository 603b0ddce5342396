/**
 * Source: KMS API Reference, "GenerateDataKeyWithoutPlaintext"; kms-behaviour 5, 6.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { dataKeySize, newDataKey, noDataKeys } from '../data-key.js'
import { succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import type { Awaitable } from '../store.js'

type Name = 'GenerateDataKeyWithoutPlaintext'

export const generateDataKeyWithoutPlaintext: Operation<Name> = {
  name: 'GenerateDataKeyWithoutPlaintext',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:GenerateDataKeyWithoutPlaintext', on: 'key' }],
  usage: 'GenerateDataKeyWithoutPlaintext',
  audit: {
    readOnly: true,
    request: {
      KeyId: 'logged',
      EncryptionContext: 'logged',
      NumberOfBytes: 'logged',
      KeySpec: 'logged',
      GrantTokens: 'hidden',
      DryRun: 'logged',
    },
    response: 'nothing',
  },
  run,
}

function run(call: Call<Name>): Awaitable<Result<Done<Name>, Failure>> {
  const { key, input, services } = call
  const wrong = noDataKeys(key, 'GenerateDataKeyWithoutPlaintext')
  if (wrong !== undefined) return wrong
  const size = dataKeySize(input)
  if (!size.ok) return size
  if (call.isDryRun) return DRY_RUN
  return after(newDataKey(call, key, size.value, input.EncryptionContext), (made) => {
    if (!made.ok) return made
    const { blob, plaintext, materialId } = made.value
    services.materials.secrets.release(plaintext)
    return succeed({
      output: { CiphertextBlob: blob, KeyId: key.arn, KeyMaterialId: materialId },
      audit: key.usedMaterial(materialId),
    })
  })
}
