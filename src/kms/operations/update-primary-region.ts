/**
 * UpdatePrimaryRegion: another Region's replica becomes the primary key, and the primary a replica.
 *
 * Source: KMS API Reference, "UpdatePrimaryRegion"; facts D4, kms-behaviour 10 and 15.
 */
import { after } from '../awaitable.js'
import { fail, type Failure } from '../failure.js'
import { keyNotFound } from '../identifier.js'
import { changedKey } from '../key-change.js'
import { STATE_ROWS } from '../key-state.js'
import type { LoadedKey } from '../loaded-key.js'
import { isPrimary, otherKeys, relatedPlace } from '../multi-region.js'
import type { Call, Operation } from '../operation.js'
import { keyArn } from '../row-names.js'
import { eventElsewhere } from '../service-event.js'
import type { Awaitable } from '../store.js'
import type { Result } from '../../text/source.js'

export const updatePrimaryRegion: Operation<'UpdatePrimaryRegion'> = {
  name: 'UpdatePrimaryRegion',
  targets: [
    { role: 'primary', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.updatePrimary },
    { role: 'replica', find: 'otherwise', lookUp: replicaOf, states: STATE_ROWS.updatePrimary },
  ],
  checks: [
    { action: 'kms:UpdatePrimaryRegion', on: 'primary' },
    {
      action: 'kms:UpdatePrimaryRegion',
      on: 'replica',
      details: ({ input }) => ({ context: { 'aws:RequestedRegion': input.PrimaryRegion } }),
    },
  ],
  audit: { readOnly: false, request: { KeyId: 'logged', PrimaryRegion: 'logged' }, response: 'keyArn' },
  usage: 'none',
  run: (call) => {
    const { input, nowMs, services } = call
    const [primary, replica] = call.keys
    if (primary === undefined || replica === undefined) throw new Error('a primary Region is updated without its keys')
    const { arn, record } = primary
    if (record.multiRegion === undefined || !isPrimary(record)) {
      return fail('UnsupportedOperationException', `${arn} is not a multi-Region primary key.`)
    }
    const family = {
      primaryRegion: input.PrimaryRegion,
      replicaRegions: [
        primary.place.region,
        ...record.multiRegion.replicaRegions.filter((region) => region !== input.PrimaryRegion),
      ],
    }
    return after(otherKeys(primary, services), (others) => ({
      ok: true,
      value: {
        output: {},
        changes: [primary, ...others].flatMap((key) =>
          changedKey(key, {
            ...key.record,
            multiRegion: family,
            ...(key === primary || key.arn === replica.arn
              ? { state: 'Updating' as const, transitionEndsAtMs: nowMs + services.transitionMs }
              : {}),
          }),
        ),
        events: [
          eventElsewhere(call, 'UpdatePrimaryRegion', input.PrimaryRegion, replica.arn, {
            keyId: input.KeyId,
            primaryRegion: input.PrimaryRegion,
          }),
        ],
      },
    }))
  },
}

/** The related key in the Region that is to have the primary. */
function replicaOf(call: Call<'UpdatePrimaryRegion'>): Awaitable<Result<LoadedKey, Failure>> {
  const { input, key, services } = call
  const { multiRegion } = key.record
  if (multiRegion === undefined) return fail('UnsupportedOperationException', `${key.arn} is not a multi-Region key.`)
  if (!isPrimary(key.record)) {
    return fail('UnsupportedOperationException', `${key.arn} is not a multi-Region primary key.`)
  }
  if (input.PrimaryRegion === key.place.region) {
    return fail('UnsupportedOperationException', `${key.arn} is the primary key of this Region already.`)
  }
  const place = relatedPlace(key.place, input.PrimaryRegion)
  return after(
    multiRegion.replicaRegions.includes(input.PrimaryRegion) ? services.keys.at(place) : undefined,
    (found) => (found === undefined ? keyNotFound(keyArn(place)) : { ok: true, value: found }),
  )
}
