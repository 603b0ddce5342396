/**
 * Source: KMS API Reference, "EnableKey".
 */
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'
import { customerManagedFailure } from '../customer-managed.js'
import { changedKey } from '../key-change.js'

export const enableKey: Operation<'EnableKey'> = {
  name: 'EnableKey',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.enableOrDisable }],
  checks: [{ action: 'kms:EnableKey', on: 'key' }],
  usage: 'none',
  audit: { readOnly: false, request: { KeyId: 'logged' }, response: 'keyArn' },
  run: ({ key }) => {
    const failure = customerManagedFailure(key)
    return failure === undefined
      ? { ok: true, value: { output: {}, changes: changedKey(key, { ...key.record, state: 'Enabled' }) } }
      : { ok: false, error: failure }
  },
}
