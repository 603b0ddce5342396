/**
 * Source: KMS API Reference, "Verify".
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import type { Call, Done, Operation } from '../operation.js'
import { signingWork, verifyWith } from '../signing-work.js'
import type { Awaitable } from '../store.js'

export const verify: Operation<'Verify'> = {
  name: 'Verify',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:Verify', on: 'key' }],
  usage: 'Verify',
  audit: {
    readOnly: true,
    request: {
      KeyId: 'logged',
      Message: 'hidden',
      MessageType: 'logged',
      Signature: 'hidden',
      SigningAlgorithm: 'logged',
      GrantTokens: 'hidden',
      DryRun: 'logged',
    },
    defaults: { MessageType: 'RAW' },
    response: 'nothing',
  },
  run,
}

function run(call: Call<'Verify'>): Awaitable<Result<Done<'Verify'>, Failure>> {
  const { key, input, services } = call
  const work = signingWork(key, 'Verify', input)
  if (!work.ok) return work
  const { Signature: bytes } = input
  const signature = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return after(
    verifyWith(services, key, work.value, signature),
    (failed) =>
      failed ?? succeed({ output: { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: input.SigningAlgorithm } }),
  )
}
