/**
 * What values a condition key can have in a real request: its domain, and whether it can have several.
 *
 * Source: IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "AWS KMS condition keys".
 */
import { conditionKeyInfo } from '../aws/condition-key.js'
import type { ConditionKeyType } from '../aws/condition-keys.js'
import type { ValueDomain } from './region.js'
import type { SlotShape } from './space.js'

const DOMAINS: ReadonlyMap<string, ValueDomain> = new Map<string, ValueDomain>([
  ['aws:principalarn', { kind: 'principal', forms: ['role', 'user', 'federatedUser', 'root'] }],
  ['aws:principalaccount', { kind: 'account' }],
  ['kms:calleraccount', { kind: 'account' }],
  ['aws:resourceaccount', { kind: 'account' }],
  ['aws:principalorgid', { kind: 'organization' }],
  ['aws:resourceorgid', { kind: 'organization' }],
  ['aws:sourceorgid', { kind: 'organization' }],
  ['aws:vpceorgid', { kind: 'organization' }],
  ['aws:sourceaccount', { kind: 'account' }],
  ['aws:vpceaccount', { kind: 'account' }],
  ['aws:sourcearn', { kind: 'arn' }],
  ['aws:requestedregion', { kind: 'region' }],
  ['kms:primaryregion', { kind: 'region' }],
  ['kms:replicaregion', { kind: 'region' }],
  ['kms:viaservice', { kind: 'viaService' }],
  ['aws:calledvia', { kind: 'servicePrincipal' }],
  ['aws:calledviafirst', { kind: 'servicePrincipal' }],
  ['aws:calledvialast', { kind: 'servicePrincipal' }],
  ['kms:granteeserviceprincipal', { kind: 'servicePrincipal' }],
  ['kms:retiringserviceprincipal', { kind: 'servicePrincipal' }],
  ['kms:requestalias', { kind: 'aliasName' }],
  ['kms:resourcealiases', { kind: 'aliasName' }],
  ['aws:sourcevpce', { kind: 'text', words: ['vpce-0a1b2c3d4e5f67890', 'vpce-1b2c3d4e5f67890a1'] }],
  ['aws:sourcevpc', { kind: 'text', words: ['vpc-0a1b2c3d4e5f67890', 'vpc-1b2c3d4e5f67890a1'] }],
])

const TYPES: Readonly<Record<ConditionKeyType, ValueDomain>> = {
  String: { kind: 'text' },
  ARN: { kind: 'arn' },
  Bool: { kind: 'boolean' },
  Numeric: { kind: 'number', whole: false },
  Date: { kind: 'date' },
  IPAddress: { kind: 'address' },
}

export function shapeOfKey(name: string): SlotShape {
  const info = conditionKeyInfo(name)
  // Of a key that no page tells of anything may be.
  if (info === undefined) return { domain: { kind: 'text' }, lists: true }
  return { domain: domainOf(name, info.values, info.types), lists: info.multi }
}

function domainOf(name: string, values: readonly string[] | null, types: readonly ConditionKeyType[]): ValueDomain {
  const known = DOMAINS.get(name)
  if (known !== undefined) return known
  if (values !== null) return { kind: 'oneOf', values }
  const [only, another] = types
  return only === undefined || another !== undefined ? { kind: 'text' } : TYPES[only]
}
