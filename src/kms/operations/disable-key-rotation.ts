/**
 * DisableKeyRotation: no further material by itself; what there is stays.
 *
 * Source: KMS API Reference, "DisableKeyRotation"; facts kms-behaviour 7.
 */
import { after } from '../awaitable.js'
import { changedKey } from '../key-change.js'
import { STATE_ROWS, stateFailure } from '../key-state.js'
import { otherKeys } from '../multi-region.js'
import type { Operation } from '../operation.js'
import type { KeyRecord } from '../records.js'
import { automaticRotationFailure } from '../rotation.js'

export const disableKeyRotation: Operation<'DisableKeyRotation'> = {
  name: 'DisableKeyRotation',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.notBeingMade }],
  checks: [{ action: 'kms:DisableKeyRotation', on: 'key' }],
  audit: { readOnly: false, request: { KeyId: 'logged' }, response: 'keyArn' },
  usage: 'none',
  run: ({ key, services }) => {
    const failure = automaticRotationFailure(key) ?? stateFailure(STATE_ROWS.automaticRotation, key.state, key.arn)
    if (failure !== undefined) return { ok: false, error: failure }
    return after(otherKeys(key, services), (replicas) => ({
      ok: true,
      value: { output: {}, changes: [key, ...replicas].flatMap((each) => changedKey(each, unrotated(each.record))) },
    }))
  },
}

function unrotated({ rotation: _rotation, ...record }: KeyRecord): KeyRecord {
  return record
}
