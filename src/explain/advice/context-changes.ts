/**
 * Which condition values of a request a person can change, how, and what that costs beside a change of policies.
 *
 * What tells who calls on what (the caller's ARN, account and organization, the Region and kind of the key) is no
 * value to be changed: that would be another request.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys"; IAM User Guide, "AWS global condition context keys".
 */
import { conditionKeyInfo, isNeverCarried } from '../../aws/condition-key.js'
import { SERVICE_CALLER_KEYS } from '../../aws/key-presence.js'
import type { Caller } from '../../graph/subject.js'
import { quoted } from '../names.js'

export interface ChangeableKey {
  readonly cost: number
  /** What to do, as a clause that begins with a verb; undefined value: so that the request lacks the key, whose name is spelled. */
  readonly words: (value: string | undefined, name: string) => string
}

const ENCRYPTION_CONTEXT = 'kms:encryptioncontext:'
const PRINCIPAL_TAG = 'aws:principaltag/'
const RESOURCE_TAG = 'aws:resourcetag/'
const REQUEST_TAG = 'aws:requesttag/'

/** Chosen by whoever makes the request. */
const PARAMETER = 1
/** Where the request comes from or through. */
const WAY = 3
/** What somebody must change elsewhere first. */
const ELSEWHERE = 4

/** @param key - in lower case. */
export function changeableKey(key: string): ChangeableKey | undefined {
  if (key.startsWith(ENCRYPTION_CONTEXT)) return encryptionContext()
  if (key.startsWith(PRINCIPAL_TAG))
    return tag('give the caller the tag', 'take from the caller the tag', PRINCIPAL_TAG)
  if (key.startsWith(RESOURCE_TAG)) return tag('give the key the tag', 'take from the key the tag', RESOURCE_TAG)
  if (key.startsWith(REQUEST_TAG)) return { ...tag('send the tag', 'leave out the tag', REQUEST_TAG), cost: PARAMETER }
  const own = OWN.get(key)
  if (own !== undefined) return own
  const info = conditionKeyInfo(key)
  if (info === undefined || FIXED.has(key)) return undefined
  const name = info.pattern.includes('{') ? key : info.pattern
  switch (info.group) {
    case 'kms':
      return { cost: PARAMETER, words: (value) => setWords(name, value) }
    case 'session':
    case 'network':
    case 'request':
      return { cost: WAY, words: (value) => setWords(name, value) }
    case 'principal':
    case 'resource':
      return undefined
  }
}

/** Only in calls that a service makes with its own principal. */
const OF_SERVICES = new Set(SERVICE_CALLER_KEYS.map((key) => key.toLowerCase()))
const VIA_SERVICE = 'kms:viaservice'

/**
 * Whether a request of such a caller for this permission can carry the key at all.
 * @param key - in lower case.
 */
export function canCarry(key: string, action: string, caller: Caller['type']): boolean {
  if (isNeverCarried(key, action)) return false
  if (caller !== 'service') return !OF_SERVICES.has(key)
  // What only a principal of IAM has: tags, a session, a network of its own, somebody who calls for it.
  if (key.startsWith(PRINCIPAL_TAG) || key === VIA_SERVICE) return false
  const group = conditionKeyInfo(key)?.group
  return group !== 'session' && group !== 'network'
}

function setWords(name: string, value: string | undefined): string {
  return value === undefined ? `make the request without ${name}` : `make the request with ${name} ${quoted(value)}`
}

function encryptionContext(): ChangeableKey {
  return {
    cost: PARAMETER,
    words: (value, key) => {
      const name = key.slice(ENCRYPTION_CONTEXT.length)
      return value === undefined
        ? `leave ${name} out of the encryption context`
        : `use the encryption context ${name}=${quoted(value)}`
    },
  }
}

function tag(give: string, take: string, prefix: string): ChangeableKey {
  return {
    cost: ELSEWHERE,
    words: (value, key) => {
      const name = key.slice(prefix.length)
      return value === undefined ? `${take} ${name}` : `${give} ${name}=${quoted(value)}`
    },
  }
}

const OWN: ReadonlyMap<string, ChangeableKey> = new Map([
  [
    'kms:viaservice',
    {
      cost: WAY,
      words: (value: string | undefined) =>
        value === undefined ? 'call KMS directly, not through a service' : `call through ${value}`,
    },
  ],
  [
    'kms:requestalias',
    {
      cost: PARAMETER,
      words: (value) =>
        value === undefined ? 'name the key by its id, not by an alias' : `name the key by its alias ${value}`,
    },
  ],
  [
    'kms:resourcealiases',
    {
      cost: ELSEWHERE,
      words: (value) => (value === undefined ? 'take the aliases from the key' : `give the key the alias ${value}`),
    },
  ],
  [
    'aws:sourceip',
    {
      cost: WAY,
      words: (value) =>
        value === undefined
          ? 'make the request from inside a VPC'
          : `make the request from an address such as ${value}`,
    },
  ],
  [
    'aws:securetransport',
    { cost: PARAMETER, words: (value) => (value === 'true' ? 'use TLS' : setWords('aws:SecureTransport', value)) },
  ],
  [
    'aws:multifactorauthpresent',
    {
      cost: WAY,
      words: (value) => (value === 'true' ? 'sign in with MFA' : setWords('aws:MultiFactorAuthPresent', value)),
    },
  ],
  [
    'aws:currenttime',
    {
      cost: WAY,
      words: (value) =>
        value === undefined ? setWords('aws:CurrentTime', value) : `make the request at a time such as ${value}`,
    },
  ],
  [
    'aws:sourcevpce',
    {
      cost: WAY,
      words: (value) =>
        value === undefined
          ? 'make the request without a VPC endpoint'
          : `make the request through the VPC endpoint ${value}`,
    },
  ],
] satisfies readonly (readonly [string, ChangeableKey])[])

/** What follows from the parties of the request, or from other keys. */
const FIXED: ReadonlySet<string> = new Set([
  'kms:calleraccount',
  'kms:keyspec',
  'kms:customermasterkeyspec',
  'kms:keyusage',
  'kms:customermasterkeyusage',
  'kms:keyorigin',
  'kms:multiregion',
  'kms:multiregionkeytype',
  'kms:encryptioncontextkeys',
  'kms:trailingdayswithoutkeyusage',
  'aws:requestedregion',
  'aws:viaawsservice',
  'aws:viaawsmcpservice',
  'aws:calledvia',
  'aws:calledviafirst',
  'aws:calledvialast',
  'aws:calledviaawsmcp',
  'aws:assumedroot',
  'aws:federatedprovider',
  'aws:tokenissuetime',
  'aws:epochtime',
  'aws:vpceaccount',
  'aws:vpceorgid',
  'aws:vpceorgpaths',
  'aws:sourceaccount',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
])
