/**
 * Source: KMS API Reference, "DeriveSharedSecret"; kms-behaviour 6.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { deriveSharedSecret as agree } from '../crypto/ecdh.js'
import { fail, succeed, type Failure } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import { DRY_RUN, type Call, type Done, type Operation } from '../operation.js'
import { disclose, recipientAudit } from '../recipient.js'
import type { Awaitable } from '../store.js'
import { wrongAlgorithm, wrongUsage } from '../usage-check.js'

type Name = 'DeriveSharedSecret'

export const deriveSharedSecret: Operation<Name> = {
  name: 'DeriveSharedSecret',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:DeriveSharedSecret', on: 'key' }],
  usage: 'DeriveSharedSecret',
  audit: {
    readOnly: true,
    request: {
      KeyId: 'logged',
      KeyAgreementAlgorithm: 'logged',
      PublicKey: 'hidden',
      GrantTokens: 'hidden',
      DryRun: 'logged',
      Recipient: 'hidden',
    },
    response: 'nothing',
  },
  run,
}

function run(call: Call<Name>): Awaitable<Result<Done<Name>, Failure>> {
  const { key, input, services } = call
  const wrong =
    wrongUsage(key, 'KEY_AGREEMENT', 'DeriveSharedSecret') ?? wrongAlgorithm(key, input.KeyAgreementAlgorithm)
  if (wrong !== undefined) return wrong
  const { keySpec, origin } = key.record
  const { currentMaterial: material } = key
  if (keySpec !== 'ECC_NIST_P256' && keySpec !== 'ECC_NIST_P384' && keySpec !== 'ECC_NIST_P521') {
    return fail('UnsupportedOperationException', `Key spec ${keySpec} is not available here.`)
  }
  if (material === undefined) throw new Error(`${key.arn} has no key material`)
  if (call.isDryRun) return DRY_RUN
  return after(services.materials.privateKey(key, material), (privateKey) => {
    if (privateKey.form !== 'keyObject') throw new Error(`${key.arn} is no key of a curve`)
    const secret = agree(keySpec, privateKey.key, input.PublicKey, services.materials.secrets)
    if (!secret.ok) {
      return fail(
        'ValidationException',
        `The public key is not one of key spec ${keySpec} in DER SubjectPublicKeyInfo.`,
      )
    }
    return succeed({
      output: {
        KeyId: key.arn,
        ...disclose(call, 'SharedSecret', secret.value),
        KeyAgreementAlgorithm: input.KeyAgreementAlgorithm,
        KeyOrigin: origin,
      },
      ...(call.recipient === undefined ? {} : { audit: { additionalEventData: recipientAudit(call) } }),
    })
  })
}
