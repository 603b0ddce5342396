/**
 * Source: KMS API Reference, "GetKeyLastUsage"; kms-behaviour 9.
 */
import { succeed } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'

export const getKeyLastUsage: Operation<'GetKeyLastUsage'> = {
  name: 'GetKeyLastUsage',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.any }],
  checks: [{ action: 'kms:GetKeyLastUsage', on: 'key' }],
  usage: 'none',
  audit: { readOnly: true, request: { KeyId: 'logged' }, response: 'nothing' },
  run: ({ key, services }) => {
    const use = services.uses.last(key)
    const createdAt = new Date(key.record.createdAtMs)
    const lastUsage =
      use === undefined
        ? {}
        : {
            Operation: use.operation,
            Timestamp: new Date(use.atMs),
            CloudTrailEventId: use.eventId,
            KmsRequestId: use.requestId,
          }
    return succeed({
      output: {
        KeyId: key.arn,
        KeyLastUsage: lastUsage,
        // Uses are kept from the first day of every key.
        TrackingStartDate: createdAt,
        KeyCreationDate: createdAt,
      },
    })
  },
}
