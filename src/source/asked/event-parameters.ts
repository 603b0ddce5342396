/**
 * What a CloudTrail record tells of the call itself: its input with the member names of the API, and its resources.
 *
 * CloudTrail writes the names of members with a small first letter and leaves out plaintexts, ciphertexts and tokens.
 *
 * Source: KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail" and its log entry examples; facts G4.
 */
import { parseAliasArn, parseKeyArn } from '../../text/arn.js'
import type { AwsAnswer } from './aws-answer.js'
import { asObject, listIn, memberOf, objectIn, textIn, type Members } from './member.js'
import type { KnownResources } from './operation-checks.js'
import type { UnknownInput } from './question.js'

const MAX_DEPTH = 6

/** Members whose own member names are data, not names of the API. */
const MAPS: ReadonlySet<string> = new Set([
  'EncryptionContext',
  'SourceEncryptionContext',
  'DestinationEncryptionContext',
  'EncryptionContextEquals',
  'EncryptionContextSubset',
])

/** The input of the call; grant ids stand elsewhere in some records. */
export function parametersOfEvent(event: Members): Members {
  const parameters = withApiNames(objectIn(event, 'requestParameters') ?? {}, 0)
  const grantId = textIn(objectIn(event, 'additionalEventData'), 'grantId')
  return grantId === undefined || Object.hasOwn(parameters, 'GrantId')
    ? parameters
    : { ...parameters, GrantId: grantId }
}

function withApiNames(object: Members, depth: number): Members {
  const named: Record<string, unknown> = {}
  for (const name of Object.keys(object)) {
    const apiName = apiNameOf(name)
    const value = MAPS.has(apiName) ? object[name] : inApiNames(object[name], depth + 1)
    // Setting this one would set what the object inherits.
    if (apiName === '__proto__') Object.defineProperty(named, apiName, { ...OWN, value })
    else named[apiName] = value
  }
  return named
}

const OWN = { enumerable: true, configurable: true, writable: true } as const

/** The names of an API are few; anybody may write others. */
const MAX_NAMES = 1000
const apiNames = new Map<string, string>()

function apiNameOf(name: string): string {
  let apiName = apiNames.get(name)
  if (apiName === undefined) {
    apiName = name.charAt(0).toUpperCase() + name.slice(1)
    if (apiNames.size >= MAX_NAMES) apiNames.clear()
    apiNames.set(name, apiName)
  }
  return apiName
}

function inApiNames(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) return undefined
  if (Array.isArray(value)) return value.map((item: unknown) => inApiNames(item, depth + 1))
  const object = asObject(value)
  return object === undefined ? value : withApiNames(object, depth)
}

/** What the record says of its keys and alias, each in its part of the call. */
export function resourcesOfEvent(
  event: Members,
  operation: string,
  parameters: Members,
  said: AwsAnswer,
): KnownResources {
  const keys: string[] = []
  let alias: string | undefined
  for (const item of listIn(event, 'resources')) {
    const resource = asObject(item)
    const arn = textIn(resource, 'ARN') ?? textIn(resource, 'arn')
    if (arn === undefined) continue
    if (parseKeyArn(arn) !== undefined) keys.push(arn)
    else if (alias === undefined && parseAliasArn(arn) !== undefined) alias = arn
  }
  const named = [...keys, ...namedInError(said)]
  switch (operation) {
    case 'ReEncrypt':
      return reEncrypted(keys, parameters, said)
    case 'UpdateAlias': {
      const target = named.find((arn) => isNamed(arn, parameters, 'TargetKeyId'))
      const current = named.find((arn) => arn !== target)
      return withoutUndefined({ alias, new: target, current })
    }
    case 'CreateAlias':
    case 'DeleteAlias':
      return withoutUndefined({ alias, key: named[0] })
    case 'UpdatePrimaryRegion':
      return withoutUndefined({ primary: named[0] })
    default:
      return withoutUndefined({ key: named[0], primary: named[0] })
  }
}

/** A denial may leave `resources` empty, and names the resource in its text all the same. */
function namedInError({ resource }: AwsAnswer): readonly string[] {
  return resource !== undefined && parseKeyArn(resource) !== undefined ? [resource] : []
}

function reEncrypted(keys: readonly string[], parameters: Members, said: AwsAnswer): KnownResources {
  const [denied] = namedInError(said)
  const [first, second] = keys
  const destination =
    (said.action === 'kms:ReEncryptTo' ? denied : undefined) ??
    keys.find((arn) => isNamed(arn, parameters, 'DestinationKeyId')) ??
    second
  const source =
    (said.action === 'kms:ReEncryptFrom' ? denied : undefined) ??
    keys.find((arn) => isNamed(arn, parameters, 'SourceKeyId')) ??
    // The entries of one key stand there twice; of two, the source comes first.
    (keys.length > 1 ? (keys.find((arn) => arn !== destination) ?? first) : undefined)
  return withoutUndefined({ source, destination })
}

function isNamed(arn: string, parameters: Members, member: string): boolean {
  const given = textIn(parameters, member)
  return given !== undefined && (given === arn || parseKeyArn(arn)?.keyId === given)
}

function withoutUndefined(all: Readonly<Record<string, string | undefined>>): KnownResources {
  const known: Record<string, string> = {}
  for (const name in all) {
    const arn = all[name]
    if (arn !== undefined) known[name] = arn
  }
  return known
}

const OF_TOKENS: UnknownInput = {
  kind: 'grantTokens',
  name: 'grant tokens',
  why: 'an event does not tell the grant tokens of its request',
}
const OF_ATTESTATION: UnknownInput = {
  kind: 'conditionKey',
  name: 'kms:RecipientAttestation:{measurement}',
  why: 'an event does not tell all that the attestation document says',
}
const OF_CONTEXT: readonly UnknownInput[] = ['kms:EncryptionContext:{context-key}', 'kms:EncryptionContextKeys'].map(
  (name) => ({ kind: 'conditionKey', name, why: 'the event hides the encryption context' }),
)
const OF_PARAMETERS: UnknownInput = {
  kind: 'parameters',
  name: 'the input of the call',
  why: 'the event was too large and leaves its request parameters out',
}

/** What of the call the record keeps to itself. */
export function unknownOfEvent(event: Members, parameters: Members, takesTokens: boolean): readonly UnknownInput[] {
  let isHidden = false
  for (const name of MAPS) {
    const value = memberOf(parameters, name)
    isHidden ||= value !== undefined && value !== null && asObject(value) === undefined
  }
  const isAttested = objectIn(objectIn(event, 'additionalEventData'), 'recipient') !== undefined
  return [
    ...(takesTokens ? [OF_TOKENS] : []),
    ...(isHidden ? OF_CONTEXT : []),
    ...(isAttested || memberOf(parameters, 'Recipient') !== undefined ? [OF_ATTESTATION] : []),
    ...(memberOf(parameters, 'Omitted') === true ? [OF_PARAMETERS] : []),
  ]
}
