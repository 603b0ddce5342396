/**
 * DisableKeyRotation: no further material by itself; what there is stays.
 *
 * Source: KMS API Reference, "DisableKeyRotation"; facts kms-behaviour 7.
 */
import { changedKey } from '../key-change.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'
import { automaticRotationFailure } from '../rotation.js'

export const disableKeyRotation: Operation<'DisableKeyRotation'> = {
  name: 'DisableKeyRotation',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.automaticRotation }],
  checks: [{ action: 'kms:DisableKeyRotation', on: 'key' }],
  audit: { readOnly: false, request: { KeyId: 'logged' }, response: 'keyArn' },
  usage: 'none',
  run: ({ key }) => {
    const failure = automaticRotationFailure(key)
    if (failure !== undefined) return { ok: false, error: failure }
    const { rotation: _rotation, ...record } = key.record
    return { ok: true, value: { output: {}, changes: changedKey(key, record) } }
  },
}
