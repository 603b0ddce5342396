/**
 * Who made the request of a CloudTrail record, through whom and from where, as condition keys.
 *
 * What the record leaves out is not made up: it is listed as unknown with the reason.
 *
 * Source: CloudTrail User Guide, "CloudTrail userIdentity element"; IAM User Guide, "AWS global condition context
 * keys"; facts E, G4, K-7.
 */
import type { ContextScalar } from '../../decide/values.js'
import { parseIpAddress } from '../../text/ip.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'
import { quote } from '../../text/escape.js'
import { objectIn, textIn, type Members } from './member.js'
import type { CallerDetails, UnknownInput } from './question.js'

export interface EventCaller {
  /** ARN or service name. */
  readonly principal?: string
  /** Why there is no principal. */
  readonly why?: string
  readonly details: CallerDetails
  /** The service that called for the principal. */
  readonly via?: string
  /** Null: known not to be there. */
  readonly context: Readonly<Record<string, ContextScalar | null>>
  readonly unknown: readonly UnknownInput[]
}

const SERVICE_NAME = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/
const SERVICE_LINKED = ':role/aws-service-role/'
const INTERNAL = 'AWS Internal'

export function callerOfEvent(event: Members): EventCaller {
  const identity = objectIn(event, 'userIdentity')
  const session = objectIn(identity, 'sessionContext')
  const issuer = objectIn(session, 'sessionIssuer')
  const type = textIn(identity, 'type')
  const who = whoIs(type, identity)
  const details = detailsOf(type, identity, issuer)
  const context: Keys = {}
  putIdentity(context, type, identity, details)
  putSession(context, session)
  const path = putPath(context, event, identity, type === 'AWSService', details.roleArn)
  return {
    ...who,
    details,
    ...(path.via === undefined ? {} : { via: path.via }),
    context,
    unknown: unknownOf(type, path, context),
  }
}

// --------------------------------------------------------------------------------------------------------- identity

function whoIs(type: string | undefined, identity: Members | undefined): Pick<EventCaller, 'principal' | 'why'> {
  const invokedBy = textIn(identity, 'invokedBy')
  switch (type) {
    case 'AWSService':
      if (invokedBy !== undefined && SERVICE_NAME.test(invokedBy)) return { principal: invokedBy }
      return { why: 'a service of AWS called, and the event does not say which' }
    case 'AWSAccount':
      return { why: `the caller is of another account, ${accountName(identity)}, and only its own events name it` }
    default: {
      const arn = textIn(identity, 'arn')
      if (arn === undefined) {
        return {
          why: `the event has no ARN of its caller${type === undefined ? '' : `, which is of type ${quote(type)}`}`,
        }
      }
      return isPrincipal(arn) ? { principal: arn } : { why: `${quote(arn, 120)} is no ARN of a principal` }
    }
  }
}

/** Sessions come again and again, and anybody may make new ones. */
const MAX_KNOWN = 10_000
const knownPrincipals = new Set<string>()

function isPrincipal(arn: string): boolean {
  if (knownPrincipals.has(arn)) return true
  if (!parsePrincipalArn(arn).ok) return false
  if (knownPrincipals.size >= MAX_KNOWN) knownPrincipals.clear()
  knownPrincipals.add(arn)
  return true
}

function accountName(identity: Members | undefined): string {
  return quote(textIn(identity, 'accountId') ?? 'not named')
}

function detailsOf(
  type: string | undefined,
  identity: Members | undefined,
  issuer: Members | undefined,
): CallerDetails {
  const accountId = textIn(identity, 'accountId')
  const issuerArn = textIn(issuer, 'arn')
  const details: { -readonly [Member in keyof CallerDetails]: CallerDetails[Member] } = {}
  if (accountId !== undefined) details.accountId = accountId
  // `AROA…:session`; a user has no session, and the root user its account.
  const uniqueId = textIn(identity, 'principalId')?.split(':', 1)[0]
  if (uniqueId !== undefined && /^A[A-Z0-9]{3,127}$/.test(uniqueId)) details.uniqueId = uniqueId
  if (type === 'AssumedRole' && issuerArn?.includes(':role/') === true) details.roleArn = issuerArn
  if (type === 'FederatedUser' && issuerArn?.includes(':user/') === true) details.userArn = issuerArn
  return details
}

type Keys = Record<string, ContextScalar | null>

function put(keys: Keys, key: string, value: string | undefined): void {
  if (value !== undefined) keys[key] = value
}

function putIdentity(
  keys: Keys,
  type: string | undefined,
  identity: Members | undefined,
  { roleArn }: CallerDetails,
): void {
  if (type !== 'AWSService') put(keys, 'aws:userid', textIn(identity, 'principalId'))
  if (type === 'IAMUser') put(keys, 'aws:username', textIn(identity, 'userName'))
  // A session's ARN has no path, and a world need not know the role.
  put(keys, 'aws:PrincipalArn', roleArn)
}

function putSession(keys: Keys, session: Members | undefined): void {
  if (session === undefined) return
  const attributes = objectIn(session, 'attributes')
  const provider = textIn(objectIn(session, 'webIdFederationData'), 'federatedProvider')
  put(keys, 'aws:TokenIssueTime', textIn(attributes, 'creationDate'))
  // Sessions of web identities do not have the key, though the event says false.
  if (provider === undefined) put(keys, 'aws:MultiFactorAuthPresent', textIn(attributes, 'mfaAuthenticated'))
  put(keys, 'aws:FederatedProvider', provider)
  put(keys, 'aws:SourceIdentity', textIn(session, 'sourceIdentity'))
  put(keys, 'ec2:RoleDelivery', textIn(session, 'ec2RoleDelivery'))
  put(keys, 'aws:AssumedRoot', textIn(session, 'assumedRoot'))
}

// ------------------------------------------------------------------------------------------------------------- path

interface Path {
  readonly via: string | undefined
  /** A service stands between, and the event hides which. */
  readonly isInternal: boolean
  readonly endpoint: string | undefined
}

function putPath(
  keys: Keys,
  event: Members,
  identity: Members | undefined,
  isService: boolean,
  roleArn: string | undefined,
): Path {
  const invokedBy = textIn(identity, 'invokedBy')
  const address = textIn(event, 'sourceIPAddress')
  // A role of the service's own is no forwarded identity (facts E).
  const isOwn = isService || roleArn?.includes(SERVICE_LINKED) === true
  const service = isService ? undefined : (serviceIn(invokedBy) ?? serviceIn(address))
  const via = isOwn ? undefined : service
  const isInternal = !isOwn && service === undefined && (invokedBy === INTERNAL || address === INTERNAL)
  const endpoint = textIn(event, 'vpcEndpointId')
  put(keys, 'aws:RequestedRegion', textIn(event, 'awsRegion'))
  if (via === undefined && !isService && !isInternal) {
    put(keys, 'aws:UserAgent', textIn(event, 'userAgent'))
    putNetwork(keys, event, address, endpoint)
  }
  if (textIn(objectIn(event, 'tlsDetails'), 'tlsVersion') !== undefined) keys['aws:SecureTransport'] = 'true'
  return { isInternal, via, endpoint }
}

function putNetwork(keys: Keys, event: Members, address: string | undefined, endpoint: string | undefined): void {
  keys['aws:SourceVpce'] = endpoint ?? null
  if (endpoint === undefined) keys['aws:SourceVpc'] = null
  else put(keys, 'aws:VpceAccount', textIn(event, 'vpcEndpointAccountId'))
  if (address !== undefined && isAddress(address)) {
    // What comes through an endpoint has a private address, which is another key.
    keys[endpoint === undefined ? 'aws:SourceIp' : 'aws:VpcSourceIp'] = address
  }
}

/** Most addresses are four plain numbers, of which nobody here needs to know more. */
const PLAIN_ADDRESS =
  /^(?:(?:[1-9]?[0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\.){3}(?:[1-9]?[0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])$/

function isAddress(text: string): boolean {
  return PLAIN_ADDRESS.test(text) || parseIpAddress(text) !== undefined
}

function serviceIn(name: string | undefined): string | undefined {
  return name !== undefined && SERVICE_NAME.test(name) ? name : undefined
}

// ---------------------------------------------------------------------------------------------------------- unknown

function because(why: string, ...names: readonly string[]): readonly UnknownInput[] {
  return names.map((name) => ({ kind: 'conditionKey', name, why }))
}

const OF_SESSION: readonly UnknownInput[] = [
  {
    kind: 'sessionPolicies',
    name: 'session policies',
    why: 'an event does not tell the session policies of its caller',
  },
  ...because('an event does not tell session tags', 'aws:PrincipalTag/{tag-key}'),
]
const OF_ENDPOINT = because(
  'an event names the VPC endpoint, not its VPC or its organization',
  'aws:SourceVpc',
  'aws:VpceOrgID',
  'aws:VpceOrgPaths',
)
const OF_FORWARDED = [
  ...because('a service called, and no page settles whether the first address is kept', 'aws:SourceIp'),
  ...because('an event names the last service only', 'aws:CalledVia', 'aws:CalledViaFirst'),
  ...because('an event tells the user agent of the service that called', 'aws:UserAgent'),
]
const OF_INTERNAL = because(
  'AWS called for the principal, and the event does not say which service',
  'kms:ViaService',
  'aws:ViaAWSService',
  'aws:CalledVia',
  'aws:CalledViaFirst',
  'aws:CalledViaLast',
  'kms:GrantIsForAWSResource',
  'aws:SourceIp',
)
const OF_SERVICE = because(
  'an event does not tell for which resource a service called',
  'aws:SourceArn',
  'aws:SourceAccount',
  'aws:SourceOrgID',
  'aws:SourceOrgPaths',
)
const OF_MFA = because('an event does not tell when MFA was used', 'aws:MultiFactorAuthAge')
const OF_PLAIN_TRANSPORT = because('the event has no details of TLS', 'aws:SecureTransport')

/** What is unknown of events that hide the same: one list for all of them. */
const unknownByHidden = new Map<number, readonly UnknownInput[]>()

function unknownOf(type: string | undefined, { isInternal, via, endpoint }: Path, keys: Keys): readonly UnknownInput[] {
  const parts: readonly (readonly [boolean, readonly UnknownInput[]])[] = [
    [type === 'AssumedRole' || type === 'FederatedUser', OF_SESSION],
    [type === 'AWSService', OF_SERVICE],
    [via !== undefined, OF_FORWARDED],
    [isInternal, OF_INTERNAL],
    [endpoint !== undefined && via === undefined, OF_ENDPOINT],
    [keys['aws:SecureTransport'] === undefined, OF_PLAIN_TRANSPORT],
    [keys['aws:MultiFactorAuthPresent'] === 'true', OF_MFA],
  ]
  const hidden = parts.reduce((bits, [isSo], bit) => (isSo ? bits | (1 << bit) : bits), 0)
  let unknown = unknownByHidden.get(hidden)
  if (unknown === undefined) {
    unknown = parts.flatMap(([isSo, inputs]) => (isSo ? inputs : []))
    unknownByHidden.set(hidden, unknown)
  }
  return unknown
}
