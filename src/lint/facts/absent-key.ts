/**
 * What a condition test comes to when the request does not carry its key.
 *
 * Source: authorization.md B2, K-28, restated from IAM User Guide, "IAM JSON policy elements: Condition operators" and
 * "Single-valued vs. multivalued context keys".
 */
import type { ConditionView } from '../policy-view.js'
import { parseBool } from '../../text/bool.js'

/** Undefined where it cannot be said: an unknown operator, or `Null` with anything but one plain value. */
export function resultWithoutKey({ parsed, values }: ConditionView): boolean | undefined {
  if (parsed === undefined) return undefined
  const { base, set, ifExists, negated } = parsed
  if (base === 'Null') {
    const [value, ...more] = values
    if (set !== undefined || value === undefined || more.length > 0) return undefined
    return parseBool(value.value)
  }
  if (ifExists || set === 'ForAllValues') return true
  return set === 'ForAnyValue' ? false : negated
}
