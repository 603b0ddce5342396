/**
 * Condition keys, worked out from what is known of a request.
 *
 * Says for each key whether the request has it: a value, known to be absent, or not known. A key exists only for the
 * actions its table names. What only the network or the session knows (an address, a VPC endpoint, MFA) is never made up.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys"; IAM User Guide, "AWS global condition context keys".
 */
import { ALIAS_RESOURCE_CONDITION_KEYS } from '../aws/actions.js'
import { conditionKeyInfo } from '../aws/condition-key.js'
import { CONDITION_KEYS, type ConditionKeyInfo } from '../aws/condition-keys.js'
import { GLOBAL_FAMILIES, GLOBAL_KEYS } from './derive-global.js'
import { KMS_FAMILIES, KMS_KEYS } from './derive-kms.js'
import type { ContextValue, RequestFacts } from './facts.js'
import { absent, unknown, type DeriveFamily, type DeriveKey, type Known } from './known.js'

const KEYS: ReadonlyMap<string, DeriveKey> = new Map(Object.entries({ ...GLOBAL_KEYS, ...KMS_KEYS }))
const FAMILIES: ReadonlyMap<string, DeriveFamily> = new Map(Object.entries({ ...GLOBAL_FAMILIES, ...KMS_FAMILIES }))

/** The value of one condition key, spelled in any case; undefined where the request lacks it or it cannot be known. */
export function deriveContextKey(key: string, facts: RequestFacts): ContextValue | undefined {
  const known = knownOf(key, facts)
  return known === absent || known === unknown ? undefined : known
}

/** Every condition key that can be known to be in the request, by its documented name. */
export function deriveContext(facts: RequestFacts): Readonly<Record<string, ContextValue>> {
  const context: [string, ContextValue][] = []
  for (const info of CONDITION_KEYS) {
    if (!existsFor(info, facts)) continue
    const family = FAMILIES.get(info.pattern)
    if (family !== undefined) {
      const prefix = prefixOf(info.pattern)
      for (const [name, value] of Object.entries(family(facts) ?? {})) context.push([prefix + name, value])
      continue
    }
    const known = KEYS.get(info.pattern)?.(facts, info) ?? unknown
    if (known !== absent && known !== unknown) context.push([info.pattern, known])
  }
  return Object.fromEntries(context)
}

/** Those of the keys that requests for this action can carry, but for which these facts do not say the value. */
export function unknownKeys(facts: RequestFacts, keys: Iterable<string>): readonly string[] {
  return [...keys].filter((key) => knownOf(key, facts) === unknown)
}

function knownOf(key: string, facts: RequestFacts): Known {
  const rule = ruleOf(key)
  // Of a key that no page tells of nothing can be known; of one of KMS that another action has, it is absent.
  if (rule === undefined) return unknown
  const { info, actions, family, wanted } = rule
  if (actions !== null && !(actions.has(facts.action) && fitsResource(info, facts))) return absent
  if (family === undefined) return rule.derive?.(facts, info) ?? unknown
  const all = family(facts)
  if (all === undefined) return unknown
  const values = Object.entries(all)
    .filter(([name]) => name.toLowerCase() === wanted)
    .map(([, value]) => value)
  // Two tags that differ by case answer to one name, which has two values then.
  return values.length === 0 ? absent : values.length === 1 ? values[0]! : values
}

/** What is to be known of one key of that spelling, whatever the request. */
interface KeyRule {
  readonly info: ConditionKeyInfo
  /** Null: every action. */
  readonly actions: ReadonlySet<string> | null
  readonly derive: DeriveKey | undefined
  readonly family: DeriveFamily | undefined
  /** Of a family: the member's name in small letters. */
  readonly wanted: string
}

/** Every request asks for every key that some policy names; policies may name any, so these are bounded. */
const MAX_RULES = 2000
const rules = new Map<string, KeyRule | undefined>()

function ruleOf(key: string): KeyRule | undefined {
  const known = rules.get(key)
  if (known !== undefined || rules.has(key)) return known
  const info = conditionKeyInfo(key)
  const rule: KeyRule | undefined = info && {
    info,
    actions: info.actions === null ? null : new Set(info.actions),
    derive: KEYS.get(info.pattern),
    family: FAMILIES.get(info.pattern),
    wanted: info.pattern.includes('{') ? key.slice(prefixOf(info.pattern).length).toLowerCase() : '',
  }
  if (rules.size >= MAX_RULES) rules.clear()
  rules.set(key, rule)
  return rule
}

/** Whether requests like this can carry the key at all. */
function existsFor(info: ConditionKeyInfo, facts: RequestFacts): boolean {
  return info.actions === null || (info.actions.includes(facts.action) && fitsResource(info, facts))
}

/** Authorised on an alias, a request has few keys of the service, and none about a key. */
function fitsResource({ pattern }: ConditionKeyInfo, { resource }: RequestFacts): boolean {
  return resource.type !== 'alias' || ALIAS_RESOURCE_CONDITION_KEYS.includes(pattern)
}

/** `aws:PrincipalTag/` of `aws:PrincipalTag/{tag-key}`. */
function prefixOf(pattern: string): string {
  return pattern.slice(0, pattern.indexOf('{'))
}
