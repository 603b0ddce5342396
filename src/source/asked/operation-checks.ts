/**
 * From an API call to the checks that it makes: which permission on which resource, with what the input says for each.
 *
 * Knows neither the caller nor where the input came from. A bare key id or alias name is one of the caller's own
 * account in the Region that was called.
 *
 * Source: KMS API Reference; KMS Developer Guide, "Key identifiers"; facts D4, D6.
 */
import { KMS_ACTIONS, MULTI_RESOURCE_APIS, type ApiCheck } from '../../aws/actions.js'
import { OPERATION_PARAMETERS } from '../../aws/operation-parameters.js'
import { requestedGrant } from '../../decide/facts.js'
import { parseAliasArn, parseKeyArn } from '../../text/arn.js'
import { quote } from '../../text/escape.js'
import { listIn, pairsIn, textIn, type Members } from './member.js'
import type { DraftCheck, DraftRequest, UnknownInput } from './question.js'

export interface ApiCall {
  readonly operation: string
  /** With the member names of the API. */
  readonly parameters: Members
  readonly home: Home
  readonly names: KeyNames
  /** ARNs that are known better than from the input. */
  readonly known?: KnownResources
}

export type CheckRole = ApiCheck['role']

export type KnownResources = Partial<Record<CheckRole, string>>

/** Where ids and alias names are looked up. */
export interface Home {
  readonly partition?: string
  readonly region?: string
  readonly accountId?: string
}

/** What a world knows of keys by their other names. */
export interface KeyNames {
  /** The ARN of the key that an alias points to. */
  keyOfAlias(aliasArn: string): string | undefined
  /** ARNs of the keys with this id, in any account. */
  keysOfId(keyId: string): readonly string[]
}

export const NO_KEY_NAMES: KeyNames = { keyOfAlias: () => undefined, keysOfId: () => [] }

/** The permission asked for by every operation that needs one check alone; the internal permission has none. */
const SINGLE_CHECKS: ReadonlyMap<string, ApiCheck> = new Map(
  KMS_ACTIONS.flatMap(({ name, operations, resources }) =>
    operations
      .filter((operation) => !Object.hasOwn(MULTI_RESOURCE_APIS, operation))
      .map((operation): [string, ApiCheck] => [
        operation,
        { action: name, resource: resources.includes('key') ? 'key' : 'none', role: 'key', onlyWithTags: false },
      ]),
  ),
)

/** Whether there is such an operation. */
export function isOperation(name: string): boolean {
  return SINGLE_CHECKS.has(name) || Object.hasOwn(MULTI_RESOURCE_APIS, name)
}

/** The permissions of an operation, without repetition. */
export function actionsOfOperation(name: string): readonly string[] {
  return [...new Set(apiChecks(name).map(({ action }) => action))]
}

/** Without the caller; empty for an operation that is none. */
export function checksOfCall(call: ApiCall): readonly DraftCheck[] {
  const tagged = listIn(call.parameters, 'Tags').length > 0
  const drafts: DraftCheck[] = []
  for (const check of apiChecks(call.operation)) {
    if (check.onlyWithTags && !tagged) continue
    const { resource, keyIdAs, why } = targetOf(call, check)
    const request: DraftRequest = { action: check.action }
    if (resource !== undefined) request.resource = resource
    if (keyIdAs !== undefined) request.keyIdAs = keyIdAs
    putDetails(request, call)
    const region = check.role === 'replicaRegion' ? textIn(call.parameters, 'ReplicaRegion') : undefined
    if (region !== undefined) request.context = { 'aws:RequestedRegion': region }
    drafts.push({ request, lacks: why === undefined ? [] : [{ part: 'resource', why }] })
  }
  if (call.operation === 'ReEncrypt') putSameKey(drafts)
  return drafts
}

/** Of the key that ReplicateKey makes; it takes after its primary, whose properties the check does not see. */
export function unknownOfCall(operation: string): readonly UnknownInput[] {
  return operation === 'ReplicateKey' ? UNKNOWN_OF_REPLICA : []
}

const UNKNOWN_OF_REPLICA: readonly UnknownInput[] = [
  'kms:KeySpec',
  'kms:KeyUsage',
  'kms:KeyOrigin',
  'kms:MultiRegion',
  'kms:MultiRegionKeyType',
].map((name) => ({
  kind: 'conditionKey',
  name,
  why: 'no page says what kms:CreateKey sees of the replica that is to be made',
}))

function apiChecks(operation: string): readonly ApiCheck[] {
  if (Object.hasOwn(MULTI_RESOURCE_APIS, operation)) return MULTI_RESOURCE_APIS[operation] ?? []
  const single = SINGLE_CHECKS.get(operation)
  return single === undefined ? [] : [single]
}

// --------------------------------------------------------------------------------------------------------- resources

interface Target {
  readonly resource?: string
  readonly keyIdAs?: string
  /** Why there is no resource where one is needed. */
  readonly why?: string
}

const NO_RESOURCE: Target = {}

function targetOf(call: ApiCall, { resource, role }: ApiCheck): Target {
  const { operation, parameters, known } = call
  if (operation === 'ListRetirableGrants') {
    // Authorised on the principal that it asks about (facts D3).
    const retiring = textIn(parameters, 'RetiringPrincipal')
    return retiring?.startsWith('arn:') === true ? { resource: retiring } : NO_RESOURCE
  }
  if (resource === 'none') return NO_RESOURCE
  const arn = known?.[role]
  const member = memberOfRole(operation, role)
  const given = member === undefined ? undefined : textIn(parameters, member)
  if (arn !== undefined) return given === undefined ? { resource: arn } : { resource: arn, keyIdAs: given }
  if (resource === 'alias') return aliasTarget(call)
  if (role === 'current' || (operation === 'DeleteAlias' && role === 'key')) return keyBehindAlias(call)
  if (given === undefined) return { why: whyNotNamed(operation, role) }
  const key = resolveKey(call, given, role)
  if (!('arn' in key)) return key
  return { resource: role === 'replica' ? inRegion(key.arn, parameters) : key.arn, keyIdAs: given }
}

function whyNotNamed(operation: string, role: CheckRole): string {
  if (operation === 'Decrypt' || role === 'source') return 'the ciphertext names the key, and cannot be read'
  if (operation === 'RetireGrant') return 'a grant token names the key, and cannot be read'
  return 'the request does not name the key'
}

function memberOfRole(operation: string, role: CheckRole): string | undefined {
  switch (role) {
    case 'source':
      return 'SourceKeyId'
    case 'destination':
      return 'DestinationKeyId'
    case 'new':
      return 'TargetKeyId'
    case 'key':
    case 'primary':
    case 'replica':
      return OPERATION_PARAMETERS[operation]?.keyMembers[0]
    case 'alias':
    case 'current':
    case 'created':
    case 'replicaRegion':
      return undefined
  }
}

type Resolved = { readonly arn: string } | { readonly why: string }

function resolveKey({ operation, home, names }: ApiCall, given: string, role: CheckRole): Resolved {
  if (parseKeyArn(given) !== undefined) return { arn: given }
  if (given.startsWith('arn:') || given.startsWith('alias/')) {
    const alias = given.startsWith('arn:') ? given : homeArn(home, given)
    if (alias === undefined) return { why: `${quote(given)} is an alias of an account or Region that is not known` }
    if (parseAliasArn(alias) === undefined) return { why: `${quote(given)} names no key` }
    return { arn: names.keyOfAlias(alias) ?? alias }
  }
  if (operation === 'Decrypt' || role === 'source') {
    // The blob names the key, so the id may be one of another account (facts D6).
    const [only, ...others] = names.keysOfId(given).filter((arn) => isIn(arn, home.region))
    if (only !== undefined && others.length === 0) return { arn: only }
  }
  const arn = homeArn(home, `key/${given}`)
  if (arn === undefined) return { why: `${quote(given)} is a key of an account or Region that is not known` }
  return parseKeyArn(arn) === undefined ? { why: `${quote(given)} names no key` } : { arn }
}

function isIn(arn: string, region: string | undefined): boolean {
  return region === undefined || parseKeyArn(arn)?.region === region
}

function homeArn({ partition, region, accountId }: Home, resource: string): string | undefined {
  if (region === undefined || accountId === undefined) return undefined
  return `arn:${partition ?? partitionOf(region)}:kms:${region}:${accountId}:${resource}`
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

function aliasArnOf({ parameters, home, known }: ApiCall): Resolved {
  if (known?.alias !== undefined) return { arn: known.alias }
  const name = textIn(parameters, 'AliasName')
  if (name === undefined) return { why: 'the request does not name the alias' }
  const arn = name.startsWith('arn:') ? name : homeArn(home, name)
  if (arn === undefined) return { why: `${quote(name)} is an alias of an account or Region that is not known` }
  return parseAliasArn(arn) === undefined ? { why: `${quote(name)} is not the name of an alias` } : { arn }
}

function aliasTarget(call: ApiCall): Target {
  const alias = aliasArnOf(call)
  return 'arn' in alias ? { resource: alias.arn } : alias
}

function keyBehindAlias(call: ApiCall): Target {
  const alias = aliasArnOf(call)
  if (!('arn' in alias)) return alias
  const key = call.names.keyOfAlias(alias.arn)
  return key === undefined ? { why: `no key is known that ${quote(alias.arn, 120)} points to` } : { resource: key }
}

/** The related key in the Region that is to become the primary. */
function inRegion(arn: string, parameters: Members): string {
  const key = parseKeyArn(arn)
  const region = textIn(parameters, 'PrimaryRegion')
  if (key === undefined || region === undefined) return arn
  return `arn:${key.partition}:kms:${region}:${key.account}:key/${key.keyId}`
}

// ----------------------------------------------------------------------------------------------- what the input says

const CONTEXT_MEMBERS: Readonly<Record<string, string>> = {
  'kms:ReEncryptFrom': 'SourceEncryptionContext',
  'kms:ReEncryptTo': 'DestinationEncryptionContext',
}

function putDetails(request: DraftRequest, { operation, parameters }: ApiCall): void {
  request.parameters = parameters
  const encryptionContext = pairsIn(parameters, CONTEXT_MEMBERS[request.action ?? ''] ?? 'EncryptionContext')
  if (encryptionContext !== undefined) request.encryptionContext = encryptionContext
  const createGrant = operation === 'CreateGrant' ? requestedGrant({ parameters }) : undefined
  if (createGrant !== undefined) request.createGrant = createGrant
  const grantId = textIn(parameters, 'GrantId')
  if (grantId !== undefined) request.grantId = grantId
  const tokens = [...listIn(parameters, 'GrantTokens'), textIn(parameters, 'GrantToken')]
  const grantTokens = tokens.filter((token) => typeof token === 'string')
  if (grantTokens.length > 0) request.grantTokens = grantTokens
  const bypass = parameters['BypassPolicyLockoutSafetyCheck']
  if (typeof bypass === 'boolean') request.bypassPolicyLockoutSafetyCheck = bypass
}

/** Whether both ends are one key; not known where an alias says nothing of the key behind it. */
function putSameKey(drafts: readonly DraftCheck[]): void {
  const [source, destination] = drafts.map(({ request }) => request.resource)
  if (source === undefined || destination === undefined) return
  if (parseKeyArn(source) === undefined || parseKeyArn(destination) === undefined) return
  for (const { request } of drafts) request.context = { 'kms:ReEncryptOnSameKey': String(source === destination) }
}
