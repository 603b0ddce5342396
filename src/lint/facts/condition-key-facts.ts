/**
 * What is known of a condition key, wherever it comes from: KMS, AWS as a whole, another service, an identity provider.
 *
 * Knows the tables and nothing of statements. "Unknown" means that no table has the key, which for keys of AWS may only
 * mean that the tables are older than the key.
 *
 * Source: IAM User Guide, "AWS global condition context keys" and "IAM and AWS STS condition context keys"; KMS
 * Developer Guide, "AWS KMS condition keys"; Service Authorization Reference.
 */
import { conditionKeyInfo } from '../../aws/condition-key.js'
import { CONDITION_KEYS, UNDOCUMENTED_CONDITION_KEYS, type ConditionKeyInfo } from '../../aws/condition-keys.js'
import type { ConditionKeyType } from '../../aws/condition-keys.js'
import { ALWAYS_PRESENT_KEYS, IAM_CALLER_KEYS, SERVICE_CALLER_KEYS } from '../../aws/key-presence.js'
import { isKeyPrefix, serviceKey, serviceKeysUnder, type ServiceKey } from '../../aws/service.js'
import { didYouMean } from '../../text/suggest.js'

export interface ConditionKeyFacts {
  readonly origin: 'kms' | 'global' | 'service' | 'issuer' | 'undocumented'
  /** Empty when nothing is known of its type. */
  readonly types: readonly ConditionKeyType[]
  /** Undefined when it is not known. */
  readonly multi: boolean | undefined
  /** Of KMS keys and global ones. */
  readonly info?: ConditionKeyInfo
  /** Of keys of other services. */
  readonly service?: ServiceKey
}

const undocumented: ReadonlySet<string> = new Set(UNDOCUMENTED_CONDITION_KEYS.map((key) => key.toLowerCase()))
const known = new Map<string, ConditionKeyFacts | undefined>()
const MAX_KNOWN = 5000

export function keyFacts(name: string): ConditionKeyFacts | undefined {
  const lower = name.toLowerCase()
  if (known.has(lower)) return known.get(lower)
  const facts = lookUp(lower)
  if (known.size < MAX_KNOWN) known.set(lower, facts)
  return facts
}

function lookUp(lower: string): ConditionKeyFacts | undefined {
  const info = conditionKeyInfo(lower)
  if (info !== undefined) {
    return { origin: lower.startsWith('kms:') ? 'kms' : 'global', types: info.types, multi: info.multi, info }
  }
  if (undocumented.has(lower)) return { origin: 'undocumented', types: [], multi: undefined }
  const service = serviceKey(lower)
  if (service !== undefined) return { origin: 'service', types: [service.type], multi: service.multi, service }
  return isIssuerKey(lower) ? { origin: 'issuer', types: [], multi: undefined } : undefined
}

/** `{issuer}:{claim}`: the issuer of a web identity is a host name, with a path perhaps. */
function isIssuerKey(lower: string): boolean {
  const colon = lower.lastIndexOf(':')
  const host = lower.slice(0, Math.max(0, colon)).split('/', 1)[0] ?? ''
  return colon < lower.length - 1 && host.includes('.') && !host.startsWith('.') && !host.endsWith('.')
}

/** The key that an unknown one was probably meant to be. */
export function similarKey(name: string): string | undefined {
  const prefix = name.slice(0, Math.max(0, name.indexOf(':'))).toLowerCase()
  const names = CONDITION_KEYS.map(({ pattern }) => pattern).filter((pattern) => !pattern.includes('{'))
  const others = prefix === 'aws' || prefix === 'kms' || !isKeyPrefix(prefix) ? [] : serviceKeysUnder(prefix)
  return didYouMean(name, [...names, ...others.filter((other) => !other.includes('*'))], 2)
}

const lowered = (keys: readonly string[]): ReadonlySet<string> => new Set(keys.map((key) => key.toLowerCase()))
const always = lowered(ALWAYS_PRESENT_KEYS)
const withIamCallers = lowered(IAM_CALLER_KEYS)
const withServiceCallers = lowered(SERVICE_CALLER_KEYS)

/** Whether every request of these actions carries the key, whoever calls; of KMS keys, told for actions by name alone. */
export function isAlwaysCarried(name: string, actions: readonly string[]): boolean {
  const lower = name.toLowerCase()
  if (!always.has(lower)) return false
  const { actions: those } = keyFacts(lower)?.info ?? { actions: [] }
  if (those === null) return lower !== RESOURCE_ACCOUNT || actions.every((action) => /^kms:\w+$/i.test(action))
  const carrying = new Set(those.map((action) => action.toLowerCase()))
  return actions.every((action) => carrying.has(action.toLowerCase()))
}

/** Of other services, some requests have no resource that is of an account. */
const RESOURCE_ACCOUNT = 'aws:resourceaccount'

/** `iamCaller`: always, when an IAM principal calls; `serviceCaller`: only when a service principal calls directly. */
export type KeyPresence = 'always' | 'iamCaller' | 'serviceCaller' | 'sometimes'

/** When requests whose action has this key carry it; only KMS keys and global ones are ever more than `sometimes`. */
export function keyPresence(name: string): KeyPresence {
  const lower = name.toLowerCase()
  if (always.has(lower)) return 'always'
  if (withIamCallers.has(lower)) return 'iamCaller'
  return withServiceCallers.has(lower) ? 'serviceCaller' : 'sometimes'
}
