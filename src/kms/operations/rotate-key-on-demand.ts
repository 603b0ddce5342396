/**
 * RotateKeyOnDemand: new material now, whatever the schedule; for imported keys, the material that was imported for it.
 *
 * Source: KMS API Reference, "RotateKeyOnDemand"; facts kms-behaviour 7 and 8.
 */
import { after } from '../awaitable.js'
import { customerManagedFailure } from '../customer-managed.js'
import { fail } from '../failure.js'
import { changedKey } from '../key-change.js'
import { STATE_ROWS, stateFailure } from '../key-state.js'
import { isPrimary, otherKeys } from '../multi-region.js'
import type { Operation } from '../operation.js'
import { rotatableFailure, rotatedRecord, rotatedToFresh, rotationEvents } from '../rotation.js'

/** An automatic rotation as near as this is one that runs. */
const CONFLICT_MS = 20 * 60_000

export const rotateKeyOnDemand: Operation<'RotateKeyOnDemand'> = {
  name: 'RotateKeyOnDemand',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.notInTransition }],
  checks: [{ action: 'kms:RotateKeyOnDemand', on: 'key' }],
  audit: { readOnly: false, request: { KeyId: 'logged' }, response: 'keyArn' },
  usage: 'none',
  run: ({ key, nowMs, services }) => {
    const { arn, record } = key
    const failure =
      customerManagedFailure(key) ?? stateFailure(STATE_ROWS.rotation, key.state, arn) ?? rotatableFailure(key)
    if (failure !== undefined) return { ok: false, error: failure }
    if (!isPrimary(record))
      return fail('UnsupportedOperationException', `${arn} is a replica: its primary key is rotated.`)
    if ((record.onDemandRotations ?? 0) >= services.quotas.onDemandRotations) {
      return fail('LimitExceededException', `${arn} has been rotated on demand as often as a key may be.`)
    }
    const nextAtMs = record.rotation?.nextAtMs ?? Infinity
    if (nextAtMs - nowMs <= CONFLICT_MS) {
      return fail('ConflictException', `${arn} is about to be rotated automatically.`)
    }
    const pending = record.materials.find(({ state }) => state === 'PENDING_ROTATION')
    if (record.origin === 'EXTERNAL' && pending === undefined) {
      return fail('KMSInvalidStateException', `${arn} has no imported key material that is pending rotation.`)
    }
    return after(otherKeys(key, services), (replicas) => {
      const family = [key, ...replicas]
      return {
        ok: true,
        value: {
          output: { KeyId: arn },
          changes:
            pending === undefined
              ? rotatedToFresh(family, 'ON_DEMAND', nowMs, services)
              : family.flatMap((each) =>
                  changedKey(each, rotatedRecord(each.record, pending.materialId, 'ON_DEMAND', nowMs)),
                ),
          events: rotationEvents(key, 'ON_DEMAND', nowMs, services),
        },
      }
    })
  },
}
