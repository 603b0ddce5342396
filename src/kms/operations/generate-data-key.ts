/**
 * Source: KMS API Reference, "GenerateDataKey"; kms-behaviour 5, 6.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { dataKeySize, newDataKey, noDataKeys } from '../data-key.js'
import { succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import { disclose, materialAudit } from '../recipient.js'
import type { Awaitable } from '../store.js'

type Name = 'GenerateDataKey'

export const generateDataKey: Operation<Name> = {
  name: 'GenerateDataKey',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:GenerateDataKey', on: 'key' }],
  usage: 'GenerateDataKey',
  audit: {
    readOnly: true,
    request: {
      KeyId: 'logged',
      EncryptionContext: 'logged',
      NumberOfBytes: 'logged',
      KeySpec: 'logged',
      GrantTokens: 'hidden',
      Recipient: 'hidden',
      DryRun: 'logged',
    },
    response: 'nothing',
  },
  run,
}

function run(call: Call<Name>): Awaitable<Result<Done<Name>, Failure>> {
  const { key, input } = call
  const wrong = noDataKeys(key, 'GenerateDataKey')
  if (wrong !== undefined) return wrong
  const size = dataKeySize(input)
  if (!size.ok) return size
  if (call.isDryRun) return DRY_RUN
  return after(newDataKey(call, key, size.value, input.EncryptionContext), (made) => {
    if (!made.ok) return made
    const { blob, plaintext, materialId } = made.value
    const disclosed = disclose(call, 'Plaintext', plaintext)
    return succeed({
      output: {
        CiphertextBlob: blob,
        ...disclosed,
        KeyId: key.arn,
        ...(call.recipient === undefined ? { KeyMaterialId: materialId } : {}),
      },
      audit: materialAudit(call, key, materialId),
    })
  })
}
