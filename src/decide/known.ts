/**
 * What can be known of one condition key: its value, that the request does not have it, or nothing.
 */
import type { ConditionKeyInfo } from '../aws/condition-keys.js'
import type { ContextValue, RequestFacts } from './facts.js'

/** The request certainly lacks the key. */
export const absent = Symbol('absent')
/** The facts do not say. */
export const unknown = Symbol('unknown')

export type Known = ContextValue | typeof absent | typeof unknown

export type DeriveKey = (facts: RequestFacts, info: ConditionKeyInfo) => Known

/** The keys of a pattern such as `aws:PrincipalTag/{tag-key}`, by their free part; undefined where nothing is known. */
export type DeriveFamily = (facts: RequestFacts) => Readonly<Record<string, string>> | undefined

export function orAbsent(value: string | undefined): Known {
  return value ?? absent
}

export function orUnknown(value: string | undefined): Known {
  return value ?? unknown
}

/** A set without members is a key that is not there. */
export function listOrAbsent(values: readonly string[]): Known {
  return values.length === 0 ? absent : values
}
