/**
 * Source: KMS API Reference, "Encapsulate"; FIPS 203; kms-behaviour 6.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { succeed, type Failure } from '../failure.js'
import { isMlKem } from '../key-specs.js'
import { STATE_ROWS } from '../key-state.js'
import { slowFailure } from '../materials.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import type { Awaitable } from '../store.js'
import { wrongAlgorithm, wrongUsage } from '../usage-check.js'

type Name = 'Encapsulate'

export const encapsulate: Operation<Name> = {
  name: 'Encapsulate',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:Encapsulate', on: 'key' }],
  usage: 'Encapsulate',
  audit: {
    readOnly: true,
    request: { KeyId: 'logged', EncapsulationAlgorithm: 'logged', GrantTokens: 'hidden', DryRun: 'logged' },
    response: 'nothing',
  },
  run,
}

function run({ key, input, services, isDryRun }: Call<Name>): Awaitable<Result<Done<Name>, Failure>> {
  const { EncapsulationAlgorithm } = input
  const wrong = wrongUsage(key, 'ENCAPSULATE_DECAPSULATE', 'Encapsulate') ?? wrongAlgorithm(key, EncapsulationAlgorithm)
  if (wrong !== undefined) return wrong
  const { materials } = services
  const { currentMaterial: material } = key
  const { keySpec: spec } = key.record
  if (material === undefined || !isMlKem(spec)) throw new Error(`${key.arn} has nothing to encapsulate with`)
  if (isDryRun) return DRY_RUN
  return after(materials.publicKeyDer(key, material), async (spki) => {
    const done = await materials.run({ kind: 'encapsulate', spec, spki })
    if (!done.ok) return slowFailure(done.error)
    const { secret, bytes } = done.value
    if (secret === undefined || bytes === undefined) throw new Error('a job that encapsulates has made nothing')
    return succeed({
      output: {
        KeyId: key.arn,
        SharedSecret: materials.handOver(secret),
        SharedSecretCiphertextBlob: bytes,
        EncapsulationAlgorithm,
      },
    })
  })
}
