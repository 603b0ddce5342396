/**
 * Source: KMS API Reference, "GenerateMac".
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import type { Awaitable } from '../store.js'
import { wrongAlgorithm, wrongUsage } from '../usage-check.js'

export const generateMac: Operation<'GenerateMac'> = {
  name: 'GenerateMac',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:GenerateMac', on: 'key' }],
  usage: 'GenerateMac',
  audit: {
    readOnly: true,
    request: {
      Message: 'hidden',
      KeyId: 'logged',
      MacAlgorithm: 'logged',

      GrantTokens: 'hidden',
      DryRun: 'logged',
    },
    response: 'nothing',
  },
  run,
}

function run({ key, input, services, isDryRun }: Call<'GenerateMac'>): Awaitable<Result<Done<'GenerateMac'>, Failure>> {
  const { MacAlgorithm } = input
  const wrong = wrongUsage(key, 'GENERATE_VERIFY_MAC', 'GenerateMac') ?? wrongAlgorithm(key, MacAlgorithm)
  if (wrong !== undefined) return wrong
  if (isDryRun) return DRY_RUN
  const { currentMaterial: material } = key
  if (material === undefined) throw new Error(`${key.arn} has no key material`)
  return after(services.materials.hmac(key, material), (hmac) =>
    succeed({ output: { Mac: hmac.mac(input.Message), MacAlgorithm, KeyId: key.arn } }),
  )
}
