/**
 * Source: KMS API Reference, "VerifyMac".
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { fail, succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import type { Call, Done, Operation } from '../operation.js'
import type { Awaitable } from '../store.js'
import { wrongAlgorithm, wrongUsage } from '../usage-check.js'

export const verifyMac: Operation<'VerifyMac'> = {
  name: 'VerifyMac',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:VerifyMac', on: 'key' }],
  usage: 'VerifyMac',
  audit: {
    readOnly: true,
    request: {
      Message: 'hidden',
      KeyId: 'logged',
      MacAlgorithm: 'logged',
      Mac: 'hidden',
      GrantTokens: 'hidden',
      DryRun: 'logged',
    },
    response: 'nothing',
  },
  run,
}

function run({ key, input, services }: Call<'VerifyMac'>): Awaitable<Result<Done<'VerifyMac'>, Failure>> {
  const { MacAlgorithm } = input
  const wrong = wrongUsage(key, 'GENERATE_VERIFY_MAC', 'VerifyMac') ?? wrongAlgorithm(key, MacAlgorithm)
  if (wrong !== undefined) return wrong
  const { currentMaterial: material } = key
  if (material === undefined) throw new Error(`${key.arn} has no key material`)
  return after(services.materials.hmac(key, material), (hmac) =>
    hmac.verify(input.Message, input.Mac).ok
      ? succeed({ output: { KeyId: key.arn, MacValid: true, MacAlgorithm } })
      : fail('KMSInvalidMacException'),
  )
}
