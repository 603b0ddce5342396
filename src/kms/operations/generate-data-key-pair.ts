/**
 * Source: KMS API Reference, "GenerateDataKeyPair"; kms-behaviour 5, 6.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { newDataKeyPair, noDataKeyPairs } from '../data-key.js'
import { succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import { disclose, materialAudit } from '../recipient.js'
import type { Awaitable } from '../store.js'

type Name = 'GenerateDataKeyPair'

export const generateDataKeyPair: Operation<Name> = {
  name: 'GenerateDataKeyPair',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:GenerateDataKeyPair', on: 'key' }],
  usage: 'GenerateDataKeyPair',
  audit: {
    readOnly: true,
    request: {
      KeyId: 'logged',
      EncryptionContext: 'logged',
      KeyPairSpec: 'logged',
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
  const wrong = noDataKeyPairs(call, key, input.KeyPairSpec)
  if (wrong !== undefined) return wrong
  if (call.isDryRun) return DRY_RUN
  return after(newDataKeyPair(call, key, input.KeyPairSpec, input.EncryptionContext), (made) => {
    if (!made.ok) return made
    const { blob, plaintext, materialId, publicKey } = made.value
    const disclosed = disclose(call, 'PrivateKeyPlaintext', plaintext)
    return succeed({
      output: {
        PrivateKeyCiphertextBlob: blob,
        PublicKey: publicKey,
        ...disclosed,
        KeyId: key.arn,
        KeyPairSpec: input.KeyPairSpec,
        KeyMaterialId: materialId,
      },
      audit: materialAudit(call, key, materialId),
    })
  })
}
