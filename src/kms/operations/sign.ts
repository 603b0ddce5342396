/**
 * Source: KMS API Reference, "Sign".
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import { signingWork, signWith } from '../signing-work.js'
import type { Awaitable } from '../store.js'

export const sign: Operation<'Sign'> = {
  name: 'Sign',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:Sign', on: 'key' }],
  usage: 'Sign',
  audit: {
    readOnly: true,
    request: {
      KeyId: 'logged',
      Message: 'hidden',
      MessageType: 'logged',
      GrantTokens: 'hidden',
      SigningAlgorithm: 'logged',
      DryRun: 'logged',
    },
    defaults: { MessageType: 'RAW' },
    response: 'nothing',
  },
  run,
}

function run(call: Call<'Sign'>): Awaitable<Result<Done<'Sign'>, Failure>> {
  const { key, input, services } = call
  const work = signingWork(key, 'Sign', input)
  if (!work.ok) return work
  if (call.isDryRun) return DRY_RUN
  return after(signWith(services, key, work.value), (signature) =>
    signature.ok
      ? succeed({
          output: { KeyId: key.arn, Signature: signature.value, SigningAlgorithm: input.SigningAlgorithm },
        })
      : signature,
  )
}
