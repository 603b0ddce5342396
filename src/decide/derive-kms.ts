/**
 * The condition keys of KMS itself, from the key and from the parameters of the call.
 *
 * A parameter that is left out has its default where the key's table gives one; where the key tells of the parameter's
 * presence, it is then absent; and where the API requires it, nothing is known.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys"; KMS API Reference.
 */
import { actionByName } from '../aws/action.js'
import type { ConditionKeyInfo } from '../aws/condition-keys.js'
import type { EncryptionContext, GrantConstraints } from '../graph/grant.js'
import { parseKeyArn } from '../text/arn.js'
import { parseDate } from '../text/date.js'
import { accountOf, regionOf, viaParts } from './derive-global.js'
import { requestedGrant, requestEncryptionContext, type GrantRequest, type RequestFacts } from './facts.js'
import {
  absent,
  listOrAbsent,
  orAbsent,
  orUnknown,
  unknown,
  type DeriveFamily,
  type DeriveKey,
  type Known,
} from './known.js'

export const KMS_KEYS: Readonly<Record<string, DeriveKey>> = {
  'kms:CallerAccount': ({ principal }) => accountOf(principal),
  'kms:ViaService': viaService,
  'kms:GrantIsForAWSResource': ({ request }) => String(request.via !== undefined),

  'kms:KeySpec': keySpec,
  'kms:CustomerMasterKeySpec': keySpec,
  'kms:KeyUsage': keyUsage,
  'kms:CustomerMasterKeyUsage': keyUsage,
  'kms:KeyOrigin': (facts, info) =>
    isCreateKey(facts) ? (parameter(facts, 'Origin') ?? defaultOf(info)) : orUnknown(facts.resource.origin),
  'kms:MultiRegion': (facts, info) =>
    isCreateKey(facts) ? (parameter(facts, 'MultiRegion') ?? defaultOf(info)) : asText(isMultiRegion(facts)),
  'kms:MultiRegionKeyType': multiRegionKeyType,
  'kms:ResourceAliases': ({ resource }) =>
    resource.aliases === undefined ? unknown : listOrAbsent(resource.aliases.map((alias) => aliasName(alias) ?? alias)),
  'kms:TrailingDaysWithoutKeyUsage': ({ resource }) => asText(resource.trailingDaysWithoutKeyUsage),
  'kms:RequestAlias': requestAlias,
  'kms:ReEncryptOnSameKey': reEncryptOnSameKey,

  'kms:EncryptionContextKeys': (facts) => {
    const pairs = encryptionContextOf(facts)
    return pairs === undefined ? unknown : listOrAbsent(Object.keys(pairs))
  },
  'kms:EncryptionAlgorithm': (facts, info) => {
    const name = ALGORITHM_PARAMETERS[facts.action]
    return (name === undefined ? undefined : parameter(facts, name)) ?? defaultOf(info)
  },
  'kms:BypassPolicyLockoutSafetyCheck': (facts) => {
    const given = facts.request.bypassPolicyLockoutSafetyCheck
    return orAbsent(given === undefined ? parameter(facts, 'BypassPolicyLockoutSafetyCheck') : String(given))
  },
  'kms:ExpirationModel': (facts) => orAbsent(parameter(facts, 'ExpirationModel')),
  'kms:ValidTo': (facts) => orAbsent(epochSeconds(parameter(facts, 'ValidTo'))),
  'kms:MessageType': withDefault('MessageType'),
  'kms:RotationPeriodInDays': withDefault('RotationPeriodInDays'),
  'kms:ScheduleKeyDeletionPendingWindowInDays': withDefault('PendingWindowInDays'),
  'kms:DataKeyPairSpec': required('KeyPairSpec'),
  'kms:KeyAgreementAlgorithm': required('KeyAgreementAlgorithm'),
  'kms:MacAlgorithm': required('MacAlgorithm'),
  'kms:PrimaryRegion': required('PrimaryRegion'),
  'kms:ReplicaRegion': required('ReplicaRegion'),
  'kms:SigningAlgorithm': required('SigningAlgorithm'),
  'kms:WrappingAlgorithm': required('WrappingAlgorithm'),
  'kms:WrappingKeySpec': required('WrappingKeySpec'),

  'kms:GrantOperations': ofGrant(({ operations }) => listOrAbsent(operations)),
  'kms:GranteePrincipal': ofGrant(({ granteePrincipal }) => orAbsent(granteePrincipal)),
  'kms:GranteeServicePrincipal': ofGrant(({ granteeServicePrincipal }) => orAbsent(granteeServicePrincipal)),
  'kms:RetiringPrincipal': ofGrant(({ retiringPrincipal }) => orAbsent(retiringPrincipal)),
  'kms:RetiringServicePrincipal': ofGrant(({ retiringServicePrincipal }) => orAbsent(retiringServicePrincipal)),
  'kms:GrantConstraintSourceArn': ofGrant(({ constraints }) => orAbsent(constraints?.sourceArn)),
  'kms:GrantConstraintType': (facts) => {
    const constraints = grantConstraints(facts)
    if (constraints === undefined) return unknown
    if (constraints.encryptionContextEquals !== undefined) return 'EncryptionContextEquals'
    return constraints.encryptionContextSubset === undefined ? absent : 'EncryptionContextSubset'
  },

  'kms:RecipientAttestation:ImageSha384': attested,
  'kms:RecipientAttestation:PCR{0..31}': attested,
  'kms:RecipientAttestation:NitroTPMPCR{0..23}': attested,
}

export const KMS_FAMILIES: Readonly<Record<string, DeriveFamily>> = {
  'kms:EncryptionContext:{context-key}': encryptionContextOf,
}

/** Which parameter chooses the algorithm; the data-key operations have none and always take the default. */
const ALGORITHM_PARAMETERS: Readonly<Record<string, string>> = {
  'kms:Decrypt': 'EncryptionAlgorithm',
  'kms:Encrypt': 'EncryptionAlgorithm',
  'kms:ReEncryptFrom': 'SourceEncryptionAlgorithm',
  'kms:ReEncryptTo': 'DestinationEncryptionAlgorithm',
}

// ------------------------------------------------------------------------------------------------------- parameters

/** A parameter in text form; undefined where the request leaves it out. */
function parameter({ request }: RequestFacts, name: string): string | undefined {
  const value = request.parameters?.[name]
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

function required(name: string): DeriveKey {
  return (facts) => orUnknown(parameter(facts, name))
}

function withDefault(name: string): DeriveKey {
  return (facts, info) => parameter(facts, name) ?? defaultOf(info)
}

function defaultOf({ default: given }: ConditionKeyInfo): Known {
  return given === null ? absent : given.value
}

function asText(value: number | boolean | undefined): Known {
  return value === undefined ? unknown : String(value)
}

/** As the key has it; a date that cannot be read stays what it was, so that a comparison can say so. */
function epochSeconds(text: string | undefined): string | undefined {
  if (text === undefined || /^[0-9]+(?:\.[0-9]+)?$/.test(text)) return text
  const atMs = parseDate(text)
  return atMs === undefined ? text : String(atMs / 1000)
}

// --------------------------------------------------------------------------------------------------------- the key

function isCreateKey({ action }: RequestFacts): boolean {
  return action === 'kms:CreateKey'
}

function keySpec(facts: RequestFacts, info: ConditionKeyInfo): Known {
  if (!isCreateKey(facts)) return orUnknown(facts.resource.keySpec)
  return parameter(facts, 'KeySpec') ?? parameter(facts, 'CustomerMasterKeySpec') ?? defaultOf(info)
}

function keyUsage(facts: RequestFacts, info: ConditionKeyInfo): Known {
  if (!isCreateKey(facts)) return orUnknown(facts.resource.keyUsage)
  const given = parameter(facts, 'KeyUsage')
  if (given !== undefined) return given
  // Only symmetric encryption keys have a usage by default; CreateKey refuses to make any other without one.
  const spec = parameter(facts, 'KeySpec') ?? parameter(facts, 'CustomerMasterKeySpec')
  return spec === undefined || spec === 'SYMMETRIC_DEFAULT' ? defaultOf(info) : unknown
}

/** The id of a multi-Region key, and of no other, begins `mrk-`. */
function isMultiRegion({ resource }: RequestFacts): boolean | undefined {
  if (resource.multiRegion !== undefined) return resource.multiRegion
  return resource.arn === undefined ? undefined : parseKeyArn(resource.arn)?.isMultiRegion
}

function multiRegionKeyType(facts: RequestFacts): Known {
  // What CreateKey makes is a primary; replicas come from ReplicateKey.
  if (isCreateKey(facts)) return parameter(facts, 'MultiRegion') === 'true' ? 'PRIMARY' : absent
  if (facts.resource.multiRegionKeyType !== undefined) return facts.resource.multiRegionKeyType
  return isMultiRegion(facts) === false ? absent : unknown
}

/** `alias/x` of an alias name or an alias ARN. */
function aliasName(text: string): string | undefined {
  if (text.startsWith('alias/')) return text
  const at = text.startsWith('arn:') ? text.indexOf(':alias/') : -1
  return at < 0 ? undefined : text.slice(at + 1)
}

/** The parameter by which a request names the key that the check is about. */
function keyParameter(action: string): string {
  if (action === 'kms:ReEncryptFrom') return 'SourceKeyId'
  return action === 'kms:ReEncryptTo' ? 'DestinationKeyId' : 'KeyId'
}

function requestAlias(facts: RequestFacts): Known {
  const named = facts.request.keyIdAs ?? parameter(facts, keyParameter(facts.action))
  return named === undefined ? unknown : orAbsent(aliasName(named))
}

function reEncryptOnSameKey(facts: RequestFacts): Known {
  const here = facts.resource.arn === undefined ? undefined : parseKeyArn(facts.resource.arn)
  const other =
    facts.otherKeyArn ?? parameter(facts, facts.action === 'kms:ReEncryptFrom' ? 'DestinationKeyId' : 'SourceKeyId')
  // An alias says nothing of the key behind it.
  if (here === undefined || other === undefined || aliasName(other) !== undefined) return unknown
  return String(other.startsWith('arn:') ? other === facts.resource.arn : other === here.keyId)
}

function viaService(facts: RequestFacts): Known {
  const { via } = facts.request
  if (via === undefined) return absent
  const { service, region } = viaParts(via)
  const calledIn = region ?? regionOf(facts)
  return calledIn === undefined ? unknown : `${service}.${calledIn}.amazonaws.com`
}

// ----------------------------------------------------------------------------------------------------------- grants

/** The pairs that the encryption context keys tell of: of the request, or of the grant that it is about. */
function encryptionContextOf(facts: RequestFacts): EncryptionContext | undefined {
  switch (actionByName(facts.action)?.encryptionContext ?? null) {
    case 'request':
      return requestEncryptionContext(facts) ?? {}
    case 'grantConstraint': {
      const constraints = grantConstraints(facts)
      if (constraints === undefined) return undefined
      return constraints.encryptionContextEquals ?? constraints.encryptionContextSubset ?? {}
    }
    case null:
      return {}
  }
}

/** Of the grant to make or to retire; undefined where the facts do not say which that is. */
function grantConstraints(facts: RequestFacts): GrantConstraints | undefined {
  if (facts.action === 'kms:RetireGrant') return facts.retiredConstraints
  const made = requestedGrant(facts.request)
  return made === undefined ? undefined : (made.constraints ?? {})
}

function ofGrant(read: (grant: GrantRequest) => Known): DeriveKey {
  return (facts) => {
    const grant = requestedGrant(facts.request)
    return grant === undefined ? unknown : read(grant)
  }
}

/** Whether an attestation document came with the request is known, what it says is not. */
function attested({ request }: RequestFacts): Known {
  return request.parameters?.['Recipient'] === undefined ? absent : unknown
}
