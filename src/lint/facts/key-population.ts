/**
 * Whether requests for an action can carry a condition key at all.
 *
 * Certain for KMS, whose tables say it of every action; for other services the catalogue says it of their own keys.
 * Of keys that depend on the caller or the network nothing is said here.
 *
 * Source: authorization.md E, restated from KMS Developer Guide, "AWS KMS condition keys"; Service Authorization
 * Reference.
 */
import { actionEntries } from './action-entries.js'
import { keyFacts, type ConditionKeyFacts } from './condition-key-facts.js'
import type { PatternsView, TextValue } from '../policy-view.js'
import { actionByName } from '../../aws/action.js'
import { KEY_RESOURCE_CONDITION_KEYS } from '../../aws/actions.js'
import { hasKey, type ServiceAction } from '../../aws/service.js'

export interface Population {
  readonly carrying: number
  /** Actions that never carry the key and are named one by one. */
  readonly namedWithout: readonly TextValue[]
  /** All that never carry it, named or matched by a pattern. */
  readonly without: number
  /** `certain`: about KMS alone. */
  readonly isCertain: boolean
}

const askedOf = new WeakMap<PatternsView, Map<string, Population | undefined>>()

/** Undefined where it cannot be told for every action of the list. */
export function populationOf(action: PatternsView, key: string): Population | undefined {
  if (action.negated || action.items.length === 0) return undefined
  const facts = keyFacts(key)
  if (facts === undefined || (facts.origin !== 'kms' && facts.origin !== 'service' && !isTagKey(key))) return undefined
  // Keys with a free part are asked about by their pattern, of which there are few.
  const pattern = (facts.info?.pattern ?? facts.service?.pattern ?? key).toLowerCase()
  const asked = askedOf.get(action) ?? new Map<string, Population | undefined>()
  askedOf.set(action, asked)
  if (!asked.has(pattern)) asked.set(pattern, count(action, facts, pattern))
  return asked.get(pattern)
}

function count(action: PatternsView, facts: ConditionKeyFacts, pattern: string): Population | undefined {
  let carrying = 0
  let without = 0
  const namedWithout: TextValue[] = []
  for (const { form, prefix, actions, item } of actionEntries(action)) {
    if (actions.length === 0 || (form !== 'literal' && form !== 'pattern')) return undefined
    for (const one of actions) {
      const carries = canCarry(prefix, one, facts, pattern)
      if (carries === undefined) return undefined
      if (carries) carrying++
      else {
        without++
        if (form === 'literal') namedWithout.push(item)
      }
    }
  }
  return { carrying, without, namedWithout, isCertain: facts.origin !== 'service' }
}

const REPLICATE_KEY = 'kms:ReplicateKey'

function isTagKey(key: string): boolean {
  const lower = key.toLowerCase()
  return lower.startsWith('aws:resourcetag/') || lower.startsWith('aws:requesttag/') || lower === 'aws:tagkeys'
}

function canCarry(
  prefix: string,
  action: ServiceAction,
  { info }: ConditionKeyFacts,
  pattern: string,
): boolean | undefined {
  if (info === undefined) return hasKey(action.keys, pattern)
  if (info.actions !== null) return prefix === 'kms' && info.actions.includes(`kms:${action.name}`)
  // Of tags, the tables are complete for KMS only.
  if (prefix !== 'kms') return undefined
  const kms = actionByName(`kms:${action.name}`)
  if (kms === undefined) return undefined
  if (kms.conditionKeys.includes(info.pattern)) return true
  if (info.pattern.startsWith('aws:ResourceTag/')) {
    return kms.resources.includes('key') && KEY_RESOURCE_CONDITION_KEYS.includes(info.pattern)
  }
  // A replica is created with tags of its own.
  return kms.name === REPLICATE_KEY
}
