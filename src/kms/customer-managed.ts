/**
 * What nobody may do with the keys that AWS services manage in an account, whatever a policy says.
 *
 * Source: KMS Developer Guide, "AWS managed keys"; facts D8, kms-behaviour 9, 12 and 16.
 */
import type { Failure } from './failure.js'
import type { LoadedKey } from './loaded-key.js'

/** Undefined for a customer's own key. */
export function customerManagedFailure({ arn, record }: LoadedKey): Failure | undefined {
  return record.keyManager === 'CUSTOMER'
    ? undefined
    : { code: 'UnsupportedOperationException', message: `${arn} is managed by AWS and cannot be changed.` }
}
