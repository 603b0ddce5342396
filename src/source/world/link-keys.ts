/**
 * From what files say of keys, aliases and endpoints to keys with all that belongs to them.
 *
 * A key of our own files has what they say and nothing else; of a key in AWS output each command that was not run leaves
 * a gap.
 */
import type { KeyProperties } from '../../graph/world.js'
import { parseKeyArn } from '../../text/arn.js'
import type { DraftEndpoint, DraftKey, Stated, WorldDraft } from './draft.js'
import { unreadableGap } from './unreadable-gap.js'
import type { Gap, GapCode, WorldEndpoint, WorldKey, WorldPolicy } from './world.js'

/** What a key is that our own files say no more of. */
const OWN_DEFAULTS: Readonly<Record<string, string | boolean>> = {
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  keyManager: 'CUSTOMER',
  state: 'Enabled',
  multiRegion: false,
}

export function linkKeys(draft: WorldDraft, gaps: Gap[]): ReadonlyMap<string, WorldKey> {
  const namesOf = new Map<string, string[]>()
  for (const [aliasArn, { value }] of draft.aliases) {
    const name = aliasArn.slice(aliasArn.indexOf(':alias/') + 1)
    const known = namesOf.get(value)
    if (known === undefined) namesOf.set(value, [name])
    else known.push(name)
  }
  const keys = new Map<string, WorldKey>()
  for (const key of draft.keys.values()) {
    const parsed = parseKeyArn(key.arn)
    if (parsed === undefined) continue
    const { account: accountId, region, keyId } = parsed
    const aliases = namesOf.get(key.arn)?.toSorted()
    const listsAliases = draft.placesWithAliases.has(`${accountId}/${region}`)
    const properties = propertiesOf(key, aliases ?? (key.isOwn || listsAliases ? [] : undefined))
    keyGaps(key, properties, gaps)
    keys.set(key.arn, {
      arn: key.arn,
      accountId,
      region,
      keyId,
      properties,
      state: textProperty(key, 'state'),
      description: textProperty(key, 'description'),
      policy: key.policy?.value.policy,
      grants: [...key.grants.values()].map(({ value }) => value),
      place: key.place,
    })
  }
  return keys
}

/** Alias ARN -> ARN of its key. */
export function aliasesOf(keys: ReadonlyMap<string, WorldKey>): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { arn, properties } of keys.values()) {
    const prefix = arn.slice(0, arn.lastIndexOf(':'))
    for (const alias of properties.aliases ?? []) found.set(`${prefix}:${alias}`, arn)
  }
  return found
}

function property(key: DraftKey, name: string): string | boolean | undefined {
  return key.properties.get(name)?.value ?? (key.isOwn ? OWN_DEFAULTS[name] : undefined)
}

function textProperty(key: DraftKey, name: string): string | undefined {
  const value = property(key, name)
  return typeof value === 'string' ? value : undefined
}

function propertiesOf(key: DraftKey, aliases: readonly string[] | undefined): KeyProperties {
  const manager = textProperty(key, 'keyManager')
  const keySpec = textProperty(key, 'keySpec')
  const keyUsage = textProperty(key, 'keyUsage')
  const origin = textProperty(key, 'origin')
  const multiRegion = property(key, 'multiRegion')
  const type = textProperty(key, 'multiRegionKeyType')
  const tags = key.tags?.value ?? (key.isOwn ? {} : undefined)
  return {
    ...(manager === 'AWS' || manager === 'CUSTOMER' ? { keyManager: manager } : {}),
    ...(keySpec === undefined ? {} : { keySpec }),
    ...(keyUsage === undefined ? {} : { keyUsage }),
    ...(origin === undefined ? {} : { origin }),
    ...(typeof multiRegion === 'boolean' ? { multiRegion } : {}),
    ...(type === 'PRIMARY' || type === 'REPLICA' ? { multiRegionKeyType: type } : {}),
    ...(aliases === undefined ? {} : { aliases }),
    ...(tags === undefined ? {} : { tags }),
  }
}

function keyGaps(key: DraftKey, properties: KeyProperties, gaps: Gap[]): void {
  const lacks = (code: GapCode, message: string): void => {
    gaps.push({ code, message, scope: { kind: 'keys', arns: [key.arn] }, place: key.place })
  }
  const { arn } = key
  if (key.policy === undefined)
    lacks('key-policy-missing', `the policy of key ${arn} was not given: taken as letting nobody in`)
  else if (key.policy.value.policy === undefined) {
    const found = unreadableGap('keyPolicy', `the policy of key ${arn}`, 'taken as letting nobody in', key.policy.value)
    gaps.push({ ...found, scope: { kind: 'keys', arns: [arn] }, place: key.place })
  }
  if (key.isOwn) return
  if (properties.keySpec === undefined) {
    lacks(
      'key-metadata-missing',
      `what kind of key ${arn} is was not given: taken as customer managed, its condition keys as absent`,
    )
  }
  if (!key.hasGrants) lacks('grants-missing', `the grants of key ${arn} were not given: taken as none`)
  if (properties.aliases === undefined)
    lacks('aliases-missing', `the aliases of key ${arn} were not given: taken as none`)
  // AWS managed keys have no tags that anybody could set.
  if (properties.tags === undefined && properties.keyManager !== 'AWS') {
    lacks('key-tags-missing', `the tags of key ${arn} were not given: taken as none`)
  }
}

export function linkEndpoints(draft: WorldDraft, gaps: Gap[]): ReadonlyMap<string, WorldEndpoint> {
  const endpoints = new Map<string, WorldEndpoint>()
  for (const stated of draft.endpoints.values()) {
    const { endpointId, accountId, serviceName, vpcId } = stated.value
    const policy = endpointPolicy(stated, gaps)
    endpoints.set(endpointId, { endpointId, accountId, serviceName, vpcId, policy, place: stated.place })
  }
  return endpoints
}

function endpointPolicy({ value, place }: Stated<DraftEndpoint>, gaps: Gap[]): WorldPolicy | undefined {
  const { endpointId, policy, hasDefaultPolicy } = value
  const scope = { kind: 'endpoint', endpointId } as const
  const taken = 'taken as allowing everything'
  if (policy === undefined && !hasDefaultPolicy) {
    const message = `the policy of endpoint ${endpointId} was not given: ${taken}`
    gaps.push({ code: 'endpoint-policy-missing', message, scope, place })
  } else if (policy !== undefined && policy.policy === undefined) {
    gaps.push({ ...unreadableGap('vpce', `the policy of endpoint ${endpointId}`, taken, policy), scope, place })
  }
  return policy?.policy
}
