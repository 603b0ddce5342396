/**
 * What an account has in a world file of our own form: users, groups, roles, managed policies, keys and endpoints.
 *
 * What is left out is not there: a key without `grants` has none. A key without a `policy` and an account without
 * anybody in it are gaps, because no real account is like that.
 */
import { parseKeyArn } from '../../text/arn.js'
import { quote } from '../../text/escape.js'
import { grantAt } from './aws-kms.js'
import type { DraftPolicy, DraftPrincipal, WorldDraft } from './draft.js'
import { knownMembers, objectMembers, ownList, ownText } from './own-members.js'
import { headOf, memberText, placeOf, textOf, type Located } from './places.js'
import { partitionOf } from './subject.js'

const ACCOUNT_MEMBERS = ['name', 'region', 'scps', 'rcps', 'users', 'groups', 'roles', 'policies', 'keys', 'endpoints']

interface OwnAccount {
  readonly accountId: string
  readonly partition: string
  /** Of keys that name no Region. */
  readonly region: string | undefined
  /** Managed policies by the names under which the account has them. */
  readonly policyArns: ReadonlyMap<string, string>
}

export function readOwnAccount(draft: WorldDraft, accountId: string, located: Located): void {
  const members = knownMembers(draft, located, ACCOUNT_MEMBERS, 'an account')
  const name = ownText(draft, members.get('name'))
  draft.state(
    draft.accounts,
    accountId,
    name === undefined ? {} : { name },
    headOf(located),
    `account ${accountId}`,
    () => true,
  )
  readOwnAttachments(draft, members, accountId)
  const region = ownText(draft, members.get('region'))
  const partition = partitionOf(region ?? '')
  const policyArns = new Map<string, string>()
  for (const [policyName, document] of objectMembers(draft, members.get('policies'), 'policies by name')) {
    const arn = `arn:${partition}:iam::${accountId}:policy/${policyName}`
    // By its whole name and, as people say it, by the last part.
    policyArns.set(policyName, arn)
    policyArns.set(lastPart(policyName), arn)
    draft.managedPolicy({
      ...draft.policy(document, 'identity', lastPart(policyName), `managed policy ${arn}`, arn),
      arn,
    })
  }
  const account: OwnAccount = { accountId, partition, region, policyArns }
  for (const [list, kind] of [
    ['users', 'user'],
    ['groups', 'group'],
    ['roles', 'role'],
  ] as const) {
    const section = members.get(list)
    if (section !== undefined) draft.accountsWithIdentities.add(accountId)
    for (const [principalName, principal] of objectMembers(draft, section, `${list} by name`)) {
      readOwnPrincipal(draft, account, kind, principalName, principal)
    }
  }
  for (const [keyName, key] of objectMembers(draft, members.get('keys'), 'keys by id'))
    readOwnKey(draft, account, keyName, key)
  for (const [endpointId, endpoint] of objectMembers(draft, members.get('endpoints'), 'endpoints by id')) {
    readOwnEndpoint(draft, account, endpointId, endpoint)
  }
}

/** The `scps` and `rcps` of a root, a unit or an account: all that are attached there. */
export function readOwnAttachments(draft: WorldDraft, members: ReadonlyMap<string, Located>, targetId: string): void {
  for (const [name, type] of [
    ['scps', 'scp'],
    ['rcps', 'rcp'],
  ] as const) {
    const list = members.get(name)
    if (list === undefined) continue
    const names = ownList(draft, list, 'a list of policy names').flatMap((item) => ownText(draft, item) ?? [])
    draft.attach(draft.policiesOfTarget, `${type} ${targetId}`, names, headOf(list))
  }
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

// -------------------------------------------------------------------------------------------------------- principals

const PRINCIPAL_MEMBERS = {
  user: ['id', 'tags', 'groups', 'boundary', 'policies', 'attached'],
  group: ['policies', 'attached'],
  role: ['id', 'tags', 'boundary', 'policies', 'attached', 'trust'],
} as const

function readOwnPrincipal(
  draft: WorldDraft,
  account: OwnAccount,
  kind: DraftPrincipal['kind'],
  name: string,
  located: Located,
): void {
  const arn = `arn:${account.partition}:iam::${account.accountId}:${kind}/${name}`
  const members = knownMembers(draft, located, PRINCIPAL_MEMBERS[kind], `a ${kind}`)
  const uniqueId = ownText(draft, members.get('id'))
  const boundary = members.get('boundary')
  const trust = members.get('trust')
  draft.principal(
    {
      kind,
      arn,
      ...(uniqueId === undefined ? {} : { uniqueId }),
      tags: ownTags(draft, members.get('tags')),
      inline: objectMembers(draft, members.get('policies'), 'policies by name').map(([policyName, document]) =>
        draft.policy(document, 'identity', policyName, `inline policy ${policyName} of ${kind} ${arn}`),
      ),
      attached: ownList(draft, members.get('attached'), 'a list of policy names and ARNs').flatMap(
        (item) => policyArn(draft, account, item) ?? [],
      ),
      groups: ownList(draft, members.get('groups'), 'a list of group names').flatMap((item) => lastPartOf(draft, item)),
      ...optionalBoundary(draft, account, boundary, arn),
      ...(trust === undefined ? {} : { trust: headOf(trust) }),
    },
    located,
  )
}

function lastPartOf(draft: WorldDraft, item: Located): readonly string[] {
  const name = ownText(draft, item)
  return name === undefined ? [] : [lastPart(name)]
}

function optionalBoundary(
  draft: WorldDraft,
  account: OwnAccount,
  located: Located | undefined,
  owner: string,
): { readonly boundary?: string | DraftPolicy } {
  if (located === undefined) return {}
  if (located.node.kind === 'object') {
    return {
      boundary: draft.policy(located, 'boundary', 'permissions boundary', `the permissions boundary of ${owner}`),
    }
  }
  const arn = policyArn(draft, account, located)
  return arn === undefined ? {} : { boundary: arn }
}

/** A policy of the account by name, or any by ARN. */
function policyArn(draft: WorldDraft, { accountId, policyArns }: OwnAccount, located: Located): string | undefined {
  const text = ownText(draft, located)
  if (text === undefined || text.startsWith('arn:')) return text
  const arn = policyArns.get(text)
  if (arn === undefined) {
    draft.error(
      located,
      `account ${accountId} has no policy ${quote(text)} in this file`,
      'expected one of its `policies`, or an ARN',
    )
  }
  return arn
}

function ownTags(draft: WorldDraft, located: Located | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    objectMembers(draft, located, 'an object of strings').flatMap(([key, value]): [string, string][] => {
      const text = ownText(draft, value)
      return text === undefined ? [] : [[key, text]]
    }),
  )
}

// -------------------------------------------------------------------------------------------------------------- keys

const KEY_MEMBERS = [
  'region',
  'description',
  'manager',
  'spec',
  'usage',
  'origin',
  'multiRegion',
  'state',
  'aliases',
  'tags',
  'policy',
  'grants',
]

const KEY_PROPERTIES = [
  ['spec', 'keySpec'],
  ['usage', 'keyUsage'],
  ['origin', 'origin'],
  ['manager', 'keyManager'],
  ['state', 'state'],
  ['description', 'description'],
] as const

function readOwnKey(draft: WorldDraft, account: OwnAccount, name: string, located: Located): void {
  const members = knownMembers(draft, located, KEY_MEMBERS, 'a key')
  const arn = keyArnOf(draft, account, name, members.get('region'), located)
  if (arn === undefined) return
  const key = draft.key(arn, headOf(located))
  key.isOwn = true
  const state = (property: string, value: string | boolean, where: Located): void =>
    draft.state(key.properties, property, value, placeOf(where), `${property} of ${arn}`)
  for (const [from, to] of KEY_PROPERTIES) {
    const member = members.get(from)
    const text = ownText(draft, member)
    if (member !== undefined && text !== undefined) state(to, text, member)
  }
  const multiRegion = members.get('multiRegion')
  const type = textOf(multiRegion)
  if (multiRegion !== undefined && multiRegion.node.kind === 'boolean')
    state('multiRegion', multiRegion.node.value, multiRegion)
  else if (multiRegion !== undefined && (type === 'PRIMARY' || type === 'REPLICA')) {
    state('multiRegion', true, multiRegion)
    state('multiRegionKeyType', type, multiRegion)
  } else if (multiRegion !== undefined) {
    draft.error(multiRegion, 'the value of `multiRegion` is unknown', 'expected `PRIMARY`, `REPLICA` or `false`')
  }
  const policy = members.get('policy')
  if (policy !== undefined) draft.keyPolicy(arn, policy)
  const tags = members.get('tags')
  if (tags !== undefined) draft.keyTags(arn, ownTags(draft, tags), headOf(tags))
  readOwnAliases(draft, arn, members.get('aliases'))
  for (const grant of ownList(draft, members.get('grants'), 'a list of grants')) readOwnGrant(draft, arn, grant)
}

/** `region/id`, an id with `region` beside it or in the account, or an ARN. */
function keyArnOf(
  draft: WorldDraft,
  account: OwnAccount,
  name: string,
  regionMember: Located | undefined,
  located: Located,
): string | undefined {
  if (name.startsWith('arn:')) {
    if (parseKeyArn(name)?.account === account.accountId) return name
    draft.error(located, `${quote(name, 200)} is no key of account ${account.accountId}`)
    return undefined
  }
  const slash = name.indexOf('/')
  const region = slash > 0 ? name.slice(0, slash) : (ownText(draft, regionMember) ?? account.region)
  if (region === undefined) {
    draft.error(
      located,
      `key ${quote(name)} has no Region`,
      'expected `region` in the key or in its account, or `us-east-1/{id}` as its name',
    )
    return undefined
  }
  const arn = `arn:${partitionOf(region)}:kms:${region}:${account.accountId}:key/${name.slice(slash + 1)}`
  if (parseKeyArn(arn) !== undefined) return arn
  draft.error(located, `${quote(name)} is no key id`, 'expected letters, digits and dashes')
  return undefined
}

function readOwnAliases(draft: WorldDraft, keyArn: string, located: Located | undefined): void {
  if (located === undefined) return
  const prefix = keyArn.slice(0, keyArn.lastIndexOf(':key/'))
  for (const item of ownList(draft, located, 'a list of alias names')) {
    const name = ownText(draft, item)
    if (name === undefined) continue
    if (name.startsWith('alias/')) draft.alias(`${prefix}:${name}`, keyArn, item)
    else draft.error(item, `${quote(name)} is no alias`, `did you mean ${quote(`alias/${name}`)}?`)
  }
}

const GRANT_MEMBERS = [
  'GrantId',
  'Name',
  'GranteePrincipal',
  'GranteeServicePrincipal',
  'RetiringPrincipal',
  'RetiringServicePrincipal',
  'IssuingAccount',
  'Operations',
  'Constraints',
  'propagated',
]

/** By the names of the API, which people know. */
function readOwnGrant(draft: WorldDraft, keyArn: string, located: Located): void {
  knownMembers(draft, located, GRANT_MEMBERS, 'a grant')
  const grantId = memberText(located, 'GrantId')
  if (grantId === undefined) draft.error(located, 'a grant has no `GrantId`')
  else draft.grant(grantAt(draft, located, keyArn, grantId), headOf(located))
}

// ---------------------------------------------------------------------------------------------------------- endpoints

function readOwnEndpoint(draft: WorldDraft, { accountId }: OwnAccount, endpointId: string, located: Located): void {
  const members = knownMembers(draft, located, ['service', 'vpc', 'policy'], 'an endpoint')
  if (!endpointId.startsWith('vpce-')) {
    draft.error(located, `${quote(endpointId)} is no endpoint id`, 'expected `vpce-…`')
    return
  }
  const policy = members.get('policy')
  const serviceName = ownText(draft, members.get('service'))
  const vpcId = ownText(draft, members.get('vpc'))
  draft.endpoint(
    {
      endpointId,
      accountId,
      ...(serviceName === undefined ? {} : { serviceName }),
      ...(vpcId === undefined ? {} : { vpcId }),
      ...(policy === undefined
        ? {}
        : { policy: draft.policy(policy, 'vpce', 'endpoint policy', `the policy of endpoint ${endpointId}`) }),
      hasDefaultPolicy: true,
    },
    located,
  )
}
