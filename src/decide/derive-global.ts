/**
 * The global condition keys (`aws:…`) of a request, from what is known of its caller, its resource and the call.
 *
 * A service principal has no account, type or id (K-34). Keys that only the network or the session knows are known here
 * only where they cannot be there: a call that a service makes for somebody carries no VPC keys.
 *
 * Source: IAM User Guide, "AWS global condition context keys"; facts section E.
 */
import { splitArn } from '../text/arn.js'
import { parseDate } from '../text/date.js'
import { lastField, sessionNameOf, type PrincipalFacts, type RequestFacts, type Tags } from './facts.js'
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

export const GLOBAL_KEYS: Readonly<Record<string, DeriveKey>> = {
  'aws:PrincipalArn': ({ principal }) => principalArn(principal),
  'aws:PrincipalAccount': ({ principal }) => accountOf(principal),
  'aws:PrincipalOrgID': ({ principal, organization }) =>
    ofPrincipal(principal, organization === undefined ? unknown : orAbsent(organization.callerOrgId)),
  'aws:PrincipalOrgPaths': ({ principal, organization }) =>
    ofPrincipal(principal, organization === undefined ? unknown : pathList(organization.callerOrgPath)),
  'aws:PrincipalIsAWSService': ({ principal }) => String(principal.type === 'service'),
  'aws:PrincipalServiceName': ({ principal }) => (principal.type === 'service' ? principal.arn : absent),
  'aws:PrincipalServiceNamesList': ({ principal }) => (principal.type === 'service' ? [principal.arn] : absent),
  'aws:PrincipalType': ({ principal }) => PRINCIPAL_TYPES[principal.type],
  'aws:userid': ({ principal }) => userId(principal),
  'aws:username': ({ principal }) =>
    principal.type === 'user' ? (principal.userName ?? lastField(principal.arn).split('/').at(-1) ?? unknown) : absent,

  'aws:ResourceAccount': ({ resource }) => orAbsent(resource.accountId),
  'aws:ResourceOrgID': ({ resource, organization }) =>
    resource.accountId === undefined
      ? absent
      : organization === undefined
        ? unknown
        : orAbsent(organization.resourceOrgId),
  'aws:ResourceOrgPaths': ({ resource, organization }) =>
    resource.accountId === undefined
      ? absent
      : organization === undefined
        ? unknown
        : pathList(organization.resourceOrgPath),

  'aws:ViaAWSService': ({ request }) => String(request.via !== undefined),
  'aws:CalledVia': ({ request }) => (request.via === undefined ? absent : [servicePrincipal(request.via)]),
  'aws:CalledViaFirst': ({ request }) => (request.via === undefined ? absent : servicePrincipal(request.via)),
  'aws:CalledViaLast': ({ request }) => (request.via === undefined ? absent : servicePrincipal(request.via)),
  'aws:CurrentTime': ({ request }) =>
    timeKey(request.time, (atMs) => new Date(atMs).toISOString().replace('.000Z', 'Z')),
  'aws:EpochTime': ({ request }) => timeKey(request.time, (atMs) => String(Math.floor(atMs / 1000))),
  'aws:RequestedRegion': (facts) => orUnknown(regionOf(facts)),
  'aws:TagKeys': (facts) => {
    const tags = requestTags(facts)
    return listOrAbsent(tags === undefined ? untaggedKeys(facts) : Object.keys(tags))
  },

  'aws:SourceArn': ({ principal }) => (principal.type === 'service' ? unknown : absent),
  'aws:SourceAccount': ({ principal }) => (principal.type === 'service' ? unknown : absent),
  'aws:SourceOrgID': ({ principal }) => (principal.type === 'service' ? unknown : absent),
  'aws:SourceOrgPaths': ({ principal }) => (principal.type === 'service' ? unknown : absent),

  'aws:SourceVpc': throughEndpoint,
  'aws:SourceVpce': throughEndpoint,
  'aws:VpcSourceIp': throughEndpoint,
  'aws:VpceAccount': throughEndpoint,
  'aws:VpceOrgID': throughEndpoint,
  'aws:VpceOrgPaths': throughEndpoint,

  'aws:ViaAWSMCPService': () => absent,
  'aws:CalledViaAWSMCP': () => absent,
}

export const GLOBAL_FAMILIES: Readonly<Record<string, DeriveFamily>> = {
  'aws:PrincipalTag/{tag-key}': ({ principal }) => (principal.type === 'service' ? {} : principal.tags),
  'aws:ResourceTag/{tag-key}': (facts) => {
    // The tags of a new key are those that the request gives it.
    if (facts.action === 'kms:CreateKey') return requestTags(facts) ?? {}
    const { type, tags } = facts.resource
    return type === 'key' || type === 'other' || type === 'role' ? tags : {}
  },
  'aws:RequestTag/{tag-key}': (facts) => requestTags(facts) ?? {},
}

/** `s3.us-west-2.amazonaws.com` in its parts; the Region is undefined where the name has none. */
export function viaParts(via: string): { readonly service: string; readonly region: string | undefined } {
  const name = via.replace(/\.amazonaws\.com(?:\.cn)?$/, '')
  const dot = name.lastIndexOf('.')
  const last = name.slice(dot + 1)
  if (dot > 0 && /^[a-z]+(?:-[a-z]+)+-[0-9]+$/.test(last)) return { service: name.slice(0, dot), region: last }
  return { service: name, region: undefined }
}

/** The Region whose endpoint was called: a key is called where it is. */
export function regionOf({ resource, request }: RequestFacts): string | undefined {
  const region = resource.arn === undefined ? undefined : splitArn(resource.arn)?.region
  if (region !== undefined && region !== '') return region
  return request.via === undefined ? undefined : viaParts(request.via).region
}

const PRINCIPAL_TYPES: Readonly<Record<PrincipalFacts['type'], Known>> = {
  root: 'Account',
  user: 'User',
  federated: 'FederatedUser',
  role: 'AssumedRole',
  service: absent,
}

export function accountOf(principal: PrincipalFacts): Known {
  return ofPrincipal(principal, orUnknown(principal.accountId))
}

function ofPrincipal(principal: PrincipalFacts, known: Known): Known {
  return principal.type === 'service' ? absent : known
}

/** Of a session the ARN of its role, never its own. */
function principalArn({ type, arn, roleArn }: PrincipalFacts): Known {
  switch (type) {
    case 'role':
      return roleArn ?? (lastField(arn).startsWith('role/') ? arn : unknown)
    case 'user':
    case 'root':
    case 'federated':
      return arn
    case 'service':
      return absent
  }
}

function userId(principal: PrincipalFacts): Known {
  switch (principal.type) {
    case 'root':
      return orUnknown(principal.accountId)
    case 'user':
      return orUnknown(principal.userId)
    case 'role': {
      const session = sessionNameOf(principal)
      const made =
        principal.roleId === undefined || session === undefined ? undefined : `${principal.roleId}:${session}`
      return orUnknown(made ?? principal.userId)
    }
    case 'federated': {
      const [, name] = lastField(principal.arn).split('/')
      return principal.accountId === undefined || name === undefined ? unknown : `${principal.accountId}:${name}`
    }
    case 'service':
      return absent
  }
}

function pathList(path: string | undefined): Known {
  return path === undefined ? absent : [path]
}

/** The name in aws:CalledVia has no Region. */
function servicePrincipal(via: string): string {
  return `${viaParts(via).service}.amazonaws.com`
}

function timeKey(time: string | undefined, write: (atMs: number) => string): Known {
  const atMs = time === undefined ? undefined : parseDate(time)
  return atMs === undefined ? unknown : write(atMs)
}

/** A call that a service makes does not pass through the caller's endpoint. */
function throughEndpoint({ request, principal }: RequestFacts): Known {
  return request.via !== undefined || principal.type === 'service' ? absent : unknown
}

/** Tags that the request puts on a key; undefined where it puts none. */
function requestTags({ request }: RequestFacts): Tags | undefined {
  const list = request.parameters?.['Tags']
  if (!Array.isArray(list)) return undefined
  const tags: [string, string][] = []
  for (const item of list as readonly unknown[]) {
    if (typeof item !== 'object' || item === null || !('TagKey' in item) || typeof item.TagKey !== 'string') continue
    const value = 'TagValue' in item && typeof item.TagValue === 'string' ? item.TagValue : ''
    tags.push([item.TagKey, value])
  }
  return Object.fromEntries(tags)
}

/** UntagResource names keys alone. */
function untaggedKeys({ request }: RequestFacts): readonly string[] {
  const list = request.parameters?.['TagKeys']
  return Array.isArray(list) ? list.filter((key) => typeof key === 'string') : []
}
