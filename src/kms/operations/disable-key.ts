/**
 * Source: KMS API Reference, "DisableKey".
 */
import { customerManagedFailure } from '../customer-managed.js'
import { changedKey } from '../key-change.js'
import { STATE_ROWS } from '../key-state.js'
import { daysWithoutUse } from '../last-use.js'
import type { Operation } from '../operation.js'

export const disableKey: Operation<'DisableKey'> = {
  name: 'DisableKey',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.enableOrDisable }],
  checks: [{ action: 'kms:DisableKey', on: 'key', details: daysWithoutUse }],
  usage: 'none',
  audit: { readOnly: false, request: { KeyId: 'logged' }, response: 'keyArn' },
  run: ({ key }) => {
    const failure = customerManagedFailure(key)
    return failure === undefined
      ? { ok: true, value: { output: {}, changes: changedKey(key, { ...key.record, state: 'Disabled' }) } }
      : { ok: false, error: failure }
  },
}
