/**
 * Source: KMS API Reference, "UpdateKeyDescription".
 */
import { succeed } from '../failure.js'
import { customerManagedFailure } from '../customer-managed.js'
import { changedKey } from '../key-change.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'

export const updateKeyDescription: Operation<'UpdateKeyDescription'> = {
  name: 'UpdateKeyDescription',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.notPendingDeletion }],
  checks: [{ action: 'kms:UpdateKeyDescription', on: 'key' }],
  usage: 'none',
  audit: { readOnly: false, request: { KeyId: 'logged', Description: 'logged' }, response: 'keyArn' },
  run: ({ key, input }) => {
    const foreign = customerManagedFailure(key)
    if (foreign !== undefined) return { ok: false, error: foreign }
    return succeed({ output: {}, changes: changedKey(key, { ...key.record, description: input.Description }) })
  },
}
