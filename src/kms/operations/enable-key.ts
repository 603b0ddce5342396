/**
 * Source: KMS API Reference, "EnableKey".
 */
import type { Failure } from '../failure.js'
import { isComplete } from '../imported.js'
import { STATE_ROWS, stateFailure } from '../key-state.js'
import type { LoadedKey } from '../loaded-key.js'
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
    const failure = customerManagedFailure(key) ?? materialFailure(key)
    return failure === undefined
      ? { ok: true, value: { output: {}, changes: changedKey(key, { ...key.record, state: 'Enabled' }) } }
      : { ok: false, error: failure }
  },
}

/** A deletion that was cancelled leaves a key disabled, whether or not it has its imported material. */
function materialFailure({ arn, record }: LoadedKey): Failure | undefined {
  return record.origin === 'EXTERNAL' && !isComplete(record)
    ? stateFailure(STATE_ROWS.enableOrDisable, 'PendingImport', arn)
    : undefined
}
