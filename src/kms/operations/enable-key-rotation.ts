/**
 * EnableKeyRotation: new material every period, for symmetric encryption keys whose material the service made. Called
 * again it changes the period. Replicas have what their primary has.
 *
 * Source: KMS API Reference, "EnableKeyRotation"; facts kms-behaviour 7.
 */
import { after } from '../awaitable.js'
import { changedKey } from '../key-change.js'
import { STATE_ROWS, stateFailure } from '../key-state.js'
import { otherKeys } from '../multi-region.js'
import type { Operation } from '../operation.js'
import { automaticRotationFailure } from '../rotation.js'
import { DAY_MS } from './schedule-key-deletion.js'

const DEFAULT_PERIOD_DAYS = 365

export const enableKeyRotation: Operation<'EnableKeyRotation'> = {
  name: 'EnableKeyRotation',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.notBeingMade }],
  checks: [{ action: 'kms:EnableKeyRotation', on: 'key' }],
  audit: { readOnly: false, request: { KeyId: 'logged', RotationPeriodInDays: 'logged' }, response: 'keyArn' },
  usage: 'none',
  run: ({ input, key, nowMs, services }) => {
    const failure = automaticRotationFailure(key) ?? stateFailure(STATE_ROWS.automaticRotation, key.state, key.arn)
    if (failure !== undefined) return { ok: false, error: failure }
    const periodInDays = input.RotationPeriodInDays ?? DEFAULT_PERIOD_DAYS
    const rotation = { periodInDays, nextAtMs: nowMs + periodInDays * DAY_MS }
    return after(otherKeys(key, services), (replicas) => ({
      ok: true,
      value: {
        output: {},
        changes: [key, ...replicas].flatMap((each) => changedKey(each, { ...each.record, rotation })),
      },
    }))
  },
}
