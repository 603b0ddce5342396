/**
 * The condition key kms:TrailingDaysWithoutKeyUsage: whole days since the key was last used for cryptography, or since
 * it was made when it never was.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys".
 */
import type { OperationName } from '../aws/operations.js'
import type { Call, CheckDetails } from './operation.js'

const DAY_MS = 86_400_000

export function daysWithoutUse<N extends OperationName>({ key, nowMs, services }: Call<N>): CheckDetails {
  const sinceMs = services.uses.last(key)?.atMs ?? key.record.createdAtMs
  const days = Math.max(0, Math.floor((nowMs - sinceMs) / DAY_MS))
  return { context: { 'kms:TrailingDaysWithoutKeyUsage': days } }
}
