/**
 * CancelKeyDeletion: the key stays, disabled.
 *
 * Source: KMS API Reference, "CancelKeyDeletion"; facts kms-behaviour 2 and 16.
 */
import { changedKey } from '../key-change.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'

export const cancelKeyDeletion: Operation<'CancelKeyDeletion'> = {
  name: 'CancelKeyDeletion',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.cancelDeletion }],
  checks: [{ action: 'kms:CancelKeyDeletion', on: 'key' }],
  audit: { readOnly: false, request: { KeyId: 'logged' }, response: 'keyArn' },
  usage: 'none',
  run: ({ key }) => {
    const { deletionAtMs: _deletion, pendingWindowInDays: _window, ...rest } = key.record
    return {
      ok: true,
      value: { output: { KeyId: key.arn }, changes: changedKey(key, { ...rest, state: 'Disabled' }) },
    }
  },
}
