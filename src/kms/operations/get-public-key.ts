/**
 * Source: KMS API Reference, "GetPublicKey"; kms-behaviour 6.
 */
import { after } from '../awaitable.js'
import { fail, succeed } from '../failure.js'
import { algorithmsOf } from '../key-specs.js'
import { STATE_ROWS } from '../key-state.js'
import { isAsymmetric } from '../materials.js'
import type { Operation } from '../operation.js'
import type { CustomerMasterKeySpec } from '../shapes.js'

export const getPublicKey: Operation<'GetPublicKey'> = {
  name: 'GetPublicKey',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.cryptographic }],
  checks: [{ action: 'kms:GetPublicKey', on: 'key' }],
  usage: 'none',
  audit: { readOnly: true, request: { KeyId: 'logged', GrantTokens: 'hidden' }, response: 'nothing' },
  run: ({ key, services }) => {
    const { keySpec, keyUsage } = key.record
    if (!isAsymmetric(keySpec)) {
      return fail(
        'UnsupportedOperationException',
        `${key.arn} key spec is ${keySpec} which is not valid for GetPublicKey.`,
      )
    }
    const { currentMaterial: material } = key
    if (material === undefined) throw new Error(`${key.arn} has no key material`)
    return after(services.materials.publicKeyDer(key, material), (publicKey) =>
      succeed({
        output: {
          KeyId: key.arn,
          PublicKey: publicKey,
          // The older member repeats the spec, also where its enum has no such value.
          CustomerMasterKeySpec: keySpec as CustomerMasterKeySpec,
          KeySpec: keySpec,
          KeyUsage: keyUsage,
          ...algorithmsOf(keySpec, keyUsage),
        },
      }),
    )
  },
}
