/**
 * ScheduleKeyDeletion: the key and all of its material go when the waiting period is over; a primary key waits for its
 * replicas first.
 *
 * Source: KMS API Reference, "ScheduleKeyDeletion"; facts kms-behaviour 2, 9 and 10.
 */
import { customerManagedFailure } from '../customer-managed.js'
import { fail } from '../failure.js'
import { changedKey } from '../key-change.js'
import { STATE_ROWS } from '../key-state.js'
import { daysWithoutUse } from '../last-use.js'
import type { Operation } from '../operation.js'
import { isPrimaryWithReplicas } from '../multi-region.js'

export const DAY_MS = 86_400_000
const WINDOW_DAYS = { min: 7, max: 30 }

export const scheduleKeyDeletion: Operation<'ScheduleKeyDeletion'> = {
  name: 'ScheduleKeyDeletion',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.scheduleDeletion }],
  checks: [{ action: 'kms:ScheduleKeyDeletion', on: 'key', details: daysWithoutUse }],
  audit: {
    readOnly: false,
    request: { KeyId: 'logged', PendingWindowInDays: 'logged' },
    defaults: { PendingWindowInDays: WINDOW_DAYS.max },
    response: 'told',
  },
  usage: 'none',
  run: ({ input, key, nowMs }) => {
    const days = input.PendingWindowInDays ?? WINDOW_DAYS.max
    // The model lets more through than the service.
    if (days < WINDOW_DAYS.min || days > WINDOW_DAYS.max) {
      return fail(
        'ValidationException',
        `PendingWindowInDays must be between ${WINDOW_DAYS.min} and ${WINDOW_DAYS.max}`,
      )
    }
    const failure = customerManagedFailure(key)
    if (failure !== undefined) return { ok: false, error: failure }
    const waits = isPrimaryWithReplicas(key.record)
    const state = waits ? ('PendingReplicaDeletion' as const) : ('PendingDeletion' as const)
    const deletionAtMs = nowMs + days * DAY_MS
    const output = {
      KeyId: key.arn,
      KeyState: state,
      PendingWindowInDays: days,
      ...(waits ? {} : { DeletionDate: new Date(deletionAtMs) }),
    }
    return {
      ok: true,
      value: {
        output,
        changes: changedKey(key, {
          ...key.record,
          state,
          pendingWindowInDays: days,
          ...(waits ? {} : { deletionAtMs }),
        }),
        audit: {
          response: {
            keyId: key.arn,
            keyState: state,
            pendingWindowInDays: days,
            ...(waits ? {} : { deletionDate: new Date(deletionAtMs).toISOString() }),
          },
        },
      },
    }
  },
}
