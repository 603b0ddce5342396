/**
 * EnableKeyRotation: new material every period, for symmetric encryption keys whose material the service made. Called
 * again it changes the period.
 *
 * Source: KMS API Reference, "EnableKeyRotation"; facts kms-behaviour 7.
 */
import { changedKey } from '../key-change.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'
import { automaticRotationFailure } from '../rotation.js'
import { DAY_MS } from './schedule-key-deletion.js'

const DEFAULT_PERIOD_DAYS = 365

export const enableKeyRotation: Operation<'EnableKeyRotation'> = {
  name: 'EnableKeyRotation',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.automaticRotation }],
  checks: [{ action: 'kms:EnableKeyRotation', on: 'key' }],
  audit: { readOnly: false, request: { KeyId: 'logged', RotationPeriodInDays: 'logged' }, response: 'keyArn' },
  usage: 'none',
  run: ({ input, key, nowMs }) => {
    const failure = automaticRotationFailure(key)
    if (failure !== undefined) return { ok: false, error: failure }
    const periodInDays = input.RotationPeriodInDays ?? DEFAULT_PERIOD_DAYS
    const rotation = { periodInDays, nextAtMs: nowMs + periodInDays * DAY_MS }
    return { ok: true, value: { output: {}, changes: changedKey(key, { ...key.record, rotation }) } }
  },
}
