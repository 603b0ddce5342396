/**
 * Source: KMS API Reference, "GenerateDataKeyPairWithoutPlaintext"; kms-behaviour 5, 6.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { newDataKeyPair, noDataKeyPairs } from '../data-key.js'
import { succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import type { Awaitable } from '../store.js'

type Name = 'GenerateDataKeyPairWithoutPlaintext'

export const generateDataKeyPairWithoutPlaintext: Operation<Name> = {
  name: 'GenerateDataKeyPairWithoutPlaintext',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:GenerateDataKeyPairWithoutPlaintext', on: 'key' }],
  usage: 'GenerateDataKeyPairWithoutPlaintext',
  audit: {
    readOnly: true,
    request: {
      KeyId: 'logged',
      EncryptionContext: 'logged',
      KeyPairSpec: 'logged',
      GrantTokens: 'hidden',
      DryRun: 'logged',
    },
    response: 'nothing',
  },
  run,
}

function run(call: Call<Name>): Awaitable<Result<Done<Name>, Failure>> {
  const { key, input, services } = call
  const wrong = noDataKeyPairs(call, key, input.KeyPairSpec)
  if (wrong !== undefined) return wrong
  if (call.isDryRun) return DRY_RUN
  return after(newDataKeyPair(call, key, input.KeyPairSpec, input.EncryptionContext), (made) => {
    if (!made.ok) return made
    const { blob, plaintext, materialId, publicKey } = made.value
    services.materials.secrets.release(plaintext)
    return succeed({
      output: {
        PrivateKeyCiphertextBlob: blob,
        PublicKey: publicKey,
        KeyId: key.arn,
        KeyPairSpec: input.KeyPairSpec,
        KeyMaterialId: materialId,
      },
      audit: key.usedMaterial(materialId),
    })
  })
}
