/**
 * Source: KMS API Reference, "DeriveSharedSecret"; kms-behaviour 6.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { deriveSharedSecret as agree } from '../crypto/ecdh.js'
import type { CryptoResult } from '../crypto/crypto-error.js'
import type { PrivateKey } from '../crypto/key-pair.js'
import type { SecretPool } from '../crypto/secret.js'
import { sm2Agree } from '../crypto/sm2.js'
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

function sharedSecret(privateKey: PrivateKey, peer: Uint8Array, secrets: SecretPool): CryptoResult<Buffer> {
  const { spec } = privateKey
  if (privateKey.form === 'seed' && spec === 'SM2') return sm2Agree(privateKey.seed, peer, secrets)
  const isNist = spec === 'ECC_NIST_P256' || spec === 'ECC_NIST_P384' || spec === 'ECC_NIST_P521'
  if (privateKey.form !== 'keyObject' || !isNist) throw new Error(`${spec} has no key agreement`)
  return agree(spec, privateKey.key, peer, secrets)
}

function run(call: Call<Name>): Awaitable<Result<Done<Name>, Failure>> {
  const { key, input, services } = call
  const wrong =
    wrongUsage(key, 'KEY_AGREEMENT', 'DeriveSharedSecret') ?? wrongAlgorithm(key, input.KeyAgreementAlgorithm)
  if (wrong !== undefined) return wrong
  const { keySpec, origin } = key.record
  const { currentMaterial: material } = key
  if (material === undefined) throw new Error(`${key.arn} has no key material`)
  return after(services.materials.privateKey(key, material), (privateKey) => {
    const secret = sharedSecret(privateKey, input.PublicKey, services.materials.secrets)
    if (!secret.ok) {
      return fail(
        'ValidationException',
        `The public key is not one of key spec ${keySpec} in DER SubjectPublicKeyInfo.`,
      )
    }
    if (call.isDryRun) {
      services.materials.secrets.release(secret.value)
      return DRY_RUN
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
