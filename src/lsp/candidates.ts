/**
 * The words that fit a place of a policy, best first.
 *
 * Source: IAM User Guide, "IAM JSON policy elements reference"; Service Authorization Reference.
 */
import { kmsActionDetail } from './action-words.js'
import { conditionKeyDetail } from './condition-key-words.js'
import type { PolicyPlace } from './policy-place.js'
import { KMS_ACTIONS } from '../aws/actions.js'
import { CONDITION_KEYS, type ConditionKeyType } from '../aws/condition-keys.js'
import { valuesOfKey } from '../aws/key-values.js'
import { serviceByPrefix, serviceKey, serviceKeysUnder, servicePrefixes } from '../aws/service.js'
import { DOCUMENT_ELEMENTS, PRINCIPAL_TYPES, STATEMENT_ELEMENTS } from '../policy/element-rules.js'
import { parseOperator } from '../policy/operator.js'

export interface Candidate {
  readonly text: string
  readonly role: 'key' | 'value'
  readonly detail?: string
  /** What more there is to say of it, when it is looked at. */
  readonly about?: 'action' | 'conditionKey'
  /** Goes on with something else. */
  readonly isUnfinished?: boolean
}

export interface Candidates {
  readonly candidates: readonly Candidate[]
  /** Stays right while somebody types on. */
  readonly isComplete: boolean
}

/** @param written - what stands there up to the cursor, without its quote. */
export function candidatesFor(place: PolicyPlace, written: string): Candidates {
  switch (place.is) {
    case 'documentElement':
      return complete(keys(DOCUMENT_ELEMENTS))
    case 'statementElement':
      return complete(keys(STATEMENT_ELEMENTS))
    case 'principalType':
      return complete(keys(PRINCIPAL_TYPES))
    case 'operator':
      return complete(keys(OPERATORS))
    case 'version':
      return complete(values(['2012-10-17']))
    case 'effect':
      return complete(values(['Allow', 'Deny']))
    case 'principal':
    case 'resource':
      return complete(values(['*']))
    case 'action':
      return actions(written)
    case 'conditionKey':
      return conditionKeys(place.operator, written)
    case 'conditionValue':
      return complete(values(valuesFor(place.operator, place.key)))
  }
}

function complete(candidates: readonly Candidate[]): Candidates {
  return { candidates, isComplete: true }
}

function keys(names: readonly string[]): readonly Candidate[] {
  return names.map((text) => ({ text, role: 'key' }))
}

function values(texts: readonly string[]): readonly Candidate[] {
  return texts.map((text) => ({ text, role: 'value' }))
}

// ------------------------------------------------------------------------------------------------------------ actions

/** Patterns that the documentation uses for actions that belong together. */
const KMS_PATTERNS = ['kms:GenerateDataKey*', 'kms:ReEncrypt*', 'kms:*'] as const

function actions(written: string): Candidates {
  const colon = written.indexOf(':')
  const prefix = written.slice(0, Math.max(0, colon)).toLowerCase()
  if (colon >= 0 && prefix !== 'kms') {
    const service = serviceByPrefix(prefix)
    const names = [...(service?.actions.values() ?? [])].map(({ name }) => `${prefix}:${name}`)
    return complete(names.toSorted().map((text) => ({ text, role: 'value', about: 'action' })))
  }
  const ofKms: readonly Candidate[] = [
    ...KMS_ACTIONS.map((action): Candidate => ({
      text: action.name,
      role: 'value',
      detail: kmsActionDetail(action),
      about: 'action',
    })),
    ...KMS_PATTERNS.map((text): Candidate => ({ text, role: 'value', about: 'action' })),
  ]
  if (colon >= 0) return complete(ofKms)
  const others = servicePrefixes().filter((each) => each !== 'kms')
  const started = others.map((each): Candidate => ({ text: `${each}:`, role: 'value', isUnfinished: true }))
  return { candidates: [...ofKms, ...started], isComplete: false }
}

// --------------------------------------------------------------------------------------------------------- conditions

const POSITIVE_AND_NOT = [
  'StringEquals',
  'StringNotEquals',
  'StringLike',
  'StringNotLike',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
  'ArnLike',
  'ArnNotLike',
  'ArnEquals',
  'ArnNotEquals',
  'Bool',
  'IpAddress',
  'NotIpAddress',
  'NumericEquals',
  'NumericNotEquals',
  'NumericLessThan',
  'NumericLessThanEquals',
  'NumericGreaterThan',
  'NumericGreaterThanEquals',
  'DateEquals',
  'DateNotEquals',
  'DateLessThan',
  'DateLessThanEquals',
  'DateGreaterThan',
  'DateGreaterThanEquals',
  'BinaryEquals',
] as const

/** In sets texts and ARNs are compared, and hardly ever anything else. */
const IN_SETS = POSITIVE_AND_NOT.filter((name) => name.startsWith('String') || name.startsWith('Arn'))

/** Plain ones first, then those for keys that may be missing, then those for sets. */
export const OPERATORS: readonly string[] = [
  ...POSITIVE_AND_NOT,
  'Null',
  ...POSITIVE_AND_NOT.map((name) => `${name}IfExists`),
  ...IN_SETS.flatMap((name) => [`ForAnyValue:${name}`, `ForAllValues:${name}`]),
]

const TYPE_OF_OPERATOR: readonly (readonly [beginning: string, type: ConditionKeyType])[] = [
  ['String', 'String'],
  ['Arn', 'ARN'],
  ['Bool', 'Bool'],
  ['Numeric', 'Numeric'],
  ['Date', 'Date'],
  ['IpAddress', 'IPAddress'],
]

function conditionKeys(operator: string, written: string): Candidates {
  const parsed = parseOperator(operator)
  const type = parsed.ok
    ? TYPE_OF_OPERATOR.find(([beginning]) => parsed.value.base.startsWith(beginning))?.[1]
    : undefined
  const isOfSets = parsed.ok && parsed.value.set !== undefined
  const fits = (types: readonly ConditionKeyType[], multi: boolean): boolean =>
    (type === undefined || types.includes(type)) && multi === isOfSets
  const ofKms = CONDITION_KEYS.map(({ pattern, types, multi }) => ({ pattern, types, multi }))
  const colon = written.indexOf(':')
  const prefix = written.slice(0, Math.max(0, colon)).toLowerCase()
  const known = new Set(ofKms.map(({ pattern }) => pattern.toLowerCase()))
  const ofService = ['', 'kms', 'aws'].includes(prefix)
    ? []
    : [...new Set(serviceKeysUnder(prefix))].flatMap((pattern) => {
        const key = serviceKey(pattern.replaceAll('*', 'x'))
        return key === undefined || known.has(pattern.toLowerCase()) || !pattern.startsWith(`${prefix}:`)
          ? []
          : [{ pattern: braced(pattern), types: [key.type], multi: key.multi }]
      })
  const all = [...ofService, ...ofKms]
  const best = all.filter(({ types, multi }) => fits(types, multi))
  const others = all.filter(({ types, multi }) => !fits(types, multi))
  const candidates = [...best, ...others].map(({ pattern, types, multi }): Candidate => ({
    text: pattern,
    role: 'key',
    detail: conditionKeyDetail(types, multi),
    about: 'conditionKey',
  }))
  return { candidates, isComplete: colon >= 0 }
}

/** The free part of a key as the tables of KMS write it. */
function braced(pattern: string): string {
  return pattern.replace('*', '{name}')
}

function valuesFor(operator: string, key: string): readonly string[] {
  const parsed = parseOperator(operator)
  if (parsed.ok && (parsed.value.base === 'Bool' || parsed.value.base === 'Null')) return ['true', 'false']
  return valuesOfKey(key) ?? []
}
