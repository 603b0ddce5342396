/**
 * Source: KMS API Reference, "Decapsulate"; FIPS 203; kms-behaviour 6.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { CIPHERTEXT_SIZE } from '../crypto/ml-kem.js'
import { succeed, type Failure } from '../failure.js'
import { isMlKem } from '../key-specs.js'
import { STATE_ROWS } from '../key-state.js'
import { slowFailure } from '../materials.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import type { Awaitable } from '../store.js'
import { INVALID_CIPHERTEXT } from '../symmetric-work.js'
import { wrongAlgorithm, wrongUsage } from '../usage-check.js'

type Name = 'Decapsulate'

export const decapsulate: Operation<Name> = {
  name: 'Decapsulate',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:Decapsulate', on: 'key' }],
  usage: 'Decapsulate',
  audit: {
    readOnly: true,
    request: {
      KeyId: 'logged',
      SharedSecretCiphertextBlob: 'hidden',
      EncapsulationAlgorithm: 'logged',
      GrantTokens: 'hidden',
      DryRun: 'logged',
    },
    response: 'nothing',
  },
  run,
}

function run({ key, input, services, isDryRun }: Call<Name>): Awaitable<Result<Done<Name>, Failure>> {
  const { EncapsulationAlgorithm, SharedSecretCiphertextBlob: blob } = input
  const wrong = wrongUsage(key, 'ENCAPSULATE_DECAPSULATE', 'Decapsulate') ?? wrongAlgorithm(key, EncapsulationAlgorithm)
  if (wrong !== undefined) return wrong
  const { materials } = services
  const { currentMaterial: material } = key
  const { keySpec: spec } = key.record
  if (material === undefined || !isMlKem(spec)) throw new Error(`${key.arn} has nothing to decapsulate with`)
  // Any other wrong ciphertext is answered like a right one.
  if (blob.length !== CIPHERTEXT_SIZE[spec]) return INVALID_CIPHERTEXT
  if (isDryRun) return DRY_RUN
  return after(materials.privateKey(key, material), async (privateKey) => {
    if (privateKey.form !== 'seed') throw new Error(`${key.arn} is kept in a form that is no seed`)
    const seed = materials.secrets.copyOf(privateKey.seed)
    const done = await materials.run({ kind: 'decapsulate', spec, seed, ciphertext: Buffer.from(blob) })
    if (!done.ok) return done.error.kind === 'invalidCiphertext' ? INVALID_CIPHERTEXT : slowFailure(done.error)
    if (done.value.secret === undefined) throw new Error('a job that decapsulates has made nothing')
    const secret = materials.handOver(done.value.secret)
    return succeed({ output: { KeyId: key.arn, SharedSecret: secret, EncapsulationAlgorithm } })
  })
}
