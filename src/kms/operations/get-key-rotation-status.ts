/**
 * GetKeyRotationStatus: whether a key rotates by itself, how often and when next.
 *
 * Source: KMS API Reference, "GetKeyRotationStatus"; facts kms-behaviour 7 and 2 ("Conflict to know").
 */
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'
import { rotatableFailure } from '../rotation.js'

export const getKeyRotationStatus: Operation<'GetKeyRotationStatus'> = {
  name: 'GetKeyRotationStatus',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.any }],
  checks: [{ action: 'kms:GetKeyRotationStatus', on: 'key' }],
  audit: { readOnly: true, request: { KeyId: 'logged' }, response: 'nothing' },
  usage: 'none',
  run: ({ key }) => {
    const failure = rotatableFailure(key)
    if (failure !== undefined) return { ok: false, error: failure }
    const { rotation, state } = key.record
    // A key that waits for its deletion does not rotate, and does again if that is cancelled.
    const isOn = rotation !== undefined && state !== 'PendingDeletion' && state !== 'PendingReplicaDeletion'
    return {
      ok: true,
      value: {
        output: {
          KeyId: key.arn,
          KeyRotationEnabled: isOn,
          ...(isOn
            ? { RotationPeriodInDays: rotation.periodInDays, NextRotationDate: new Date(rotation.nextAtMs) }
            : {}),
        },
      },
    }
  },
}
