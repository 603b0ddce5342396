/**
 * What an account has in a world file of our own form: users, groups, roles, managed policies, keys and endpoints.
 *
 * `own-shape.ts` has looked at the shape. What is left out is not there: a key without `grants` has none. A key without a `policy` and an account without
 * anybody in it are gaps, because no real account is like that.
 */
import { parseKeyArn } from '../../text/arn.js'
import { quote } from '../../text/escape.js'
import { grantAt } from './aws-kms.js'
import type { DraftPolicy, DraftPrincipal, WorldDraft } from './draft.js'
import { givenMembers } from './own-members.js'
import { headOf, itemsOf, memberText, placeOf, textOf, type Located } from './places.js'
import { writtenTrust } from './policy-text.js'
import { partitionOf } from './subject.js'

interface OwnAccount {
  readonly accountId: string
  readonly partition: string
  /** Of keys that name no Region. */
  readonly region: string | undefined
  /** Managed policies by the names under which the account has them. */
  readonly policyArns: ReadonlyMap<string, string>
}

export function readOwnAccount(draft: WorldDraft, accountId: string, located: Located): void {
  const members = new Map(givenMembers(located))
  draft.account(accountId, textOf(members.get('name')), headOf(located))
  readOwnAttachments(draft, members, accountId)
  const region = textOf(members.get('region'))
  const partition = partitionOf(region ?? '')
  const policyArns = new Map<string, string>()
  for (const [policyName, document] of givenMembers(members.get('policies'))) {
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
    for (const [principalName, principal] of givenMembers(section)) {
      readOwnPrincipal(draft, account, kind, principalName, principal)
    }
  }
  for (const [sessionName, session] of givenMembers(members.get('sessions')))
    readOwnSession(draft, account, sessionName, session)
  for (const [keyName, key] of givenMembers(members.get('keys'))) readOwnKey(draft, account, keyName, key)
  for (const [endpointId, endpoint] of givenMembers(members.get('endpoints'))) {
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
    const names = itemsOf(list).flatMap((item) => textOf(item) ?? [])
    draft.attach(draft.policiesOfTarget, `${type} ${targetId}`, names, headOf(list))
  }
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

// -------------------------------------------------------------------------------------------------------- principals

function readOwnPrincipal(
  draft: WorldDraft,
  account: OwnAccount,
  kind: DraftPrincipal['kind'],
  name: string,
  located: Located,
): void {
  const arn = `arn:${account.partition}:iam::${account.accountId}:${kind}/${name}`
  const members = new Map(givenMembers(located))
  const uniqueId = textOf(members.get('id'))
  const boundary = members.get('boundary')
  const trust = members.get('trust')
  const maxSession = members.get('maxSessionSeconds')
  draft.principal(
    {
      kind,
      arn,
      ...(uniqueId === undefined ? {} : { uniqueId }),
      tags: ownTags(members.get('tags')),
      inline: givenMembers(members.get('policies')).map(([policyName, document]) =>
        draft.policy(document, 'identity', policyName, `inline policy ${policyName} of ${kind} ${arn}`),
      ),
      attached: itemsOf(members.get('attached')).flatMap((item) => policyArn(draft, account, item) ?? []),
      groups: itemsOf(members.get('groups')).flatMap(lastPartOf),
      ...optionalBoundary(draft, account, boundary, arn),
      ...(trust === undefined ? {} : { trust: writtenTrust(trust) }),
      ...(maxSession?.node.kind === 'number' ? { maxSessionSeconds: Number(maxSession.node.text) } : {}),
    },
    located,
  )
}

function lastPartOf(item: Located): readonly string[] {
  const name = textOf(item)
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
  const text = textOf(located)
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

function ownTags(located: Located | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    givenMembers(located).flatMap(([key, value]): [string, string][] => {
      const text = textOf(value)
      return text === undefined ? [] : [[key, text]]
    }),
  )
}

// ---------------------------------------------------------------------------------------------------------- sessions

/** `assumed-role/Role/session`, where `*` in the last part stands for any text, or `federated-user/name`. */
const SESSION_NAME = /^(?:assumed-role\/[\w+=,.@-]{1,64}\/[\w+=,.@*-]{1,64}|federated-user\/[\w+=,.@-]{2,32})$/

function readOwnSession(draft: WorldDraft, account: OwnAccount, name: string, located: Located): void {
  const members = new Map(givenMembers(located))
  if (!SESSION_NAME.test(name)) {
    const hint = 'expected `assumed-role/{role}/{session}`, the role without its path, or `federated-user/{name}`'
    draft.error(located, `${quote(name, 200)} is no session`, hint)
    return
  }
  const arn = `arn:${account.partition}:sts::${account.accountId}:${name}`
  draft.session(
    {
      arn,
      inline: givenMembers(members.get('policies')).map(([policyName, document]) =>
        draft.policy(document, 'session', policyName, `session policy ${policyName} of ${arn}`),
      ),
      attached: itemsOf(members.get('attached')).flatMap((item) => policyArn(draft, account, item) ?? []),
      tags: ownTags(members.get('tags')),
    },
    located,
  )
}

// -------------------------------------------------------------------------------------------------------------- keys

const KEY_PROPERTIES = [
  ['spec', 'keySpec'],
  ['usage', 'keyUsage'],
  ['origin', 'origin'],
  ['manager', 'keyManager'],
  ['state', 'state'],
  ['description', 'description'],
] as const

function readOwnKey(draft: WorldDraft, account: OwnAccount, name: string, located: Located): void {
  const members = new Map(givenMembers(located))
  const arn = keyArnOf(draft, account, name, members.get('region'), located)
  if (arn === undefined) return
  const key = draft.key(arn, headOf(located))
  key.isOwn = true
  const state = (property: string, value: string | boolean, where: Located): void =>
    draft.state(key.properties, property, value, placeOf(where), `${property} of ${arn}`)
  for (const [from, to] of KEY_PROPERTIES) {
    const member = members.get(from)
    const text = textOf(member)
    if (member !== undefined && text !== undefined) state(to, text, member)
  }
  const multiRegion = members.get('multiRegion')
  const type = textOf(multiRegion)
  if (multiRegion !== undefined && multiRegion.node.kind === 'boolean')
    state('multiRegion', multiRegion.node.value, multiRegion)
  else if (multiRegion !== undefined && (type === 'PRIMARY' || type === 'REPLICA')) {
    state('multiRegion', true, multiRegion)
    state('multiRegionKeyType', type, multiRegion)
  }
  const policy = members.get('policy')
  if (policy !== undefined) draft.keyPolicy(arn, policy)
  const tags = members.get('tags')
  if (tags !== undefined) draft.keyTags(arn, ownTags(tags), headOf(tags))
  readOwnAliases(draft, arn, members.get('aliases'))
  for (const grant of itemsOf(members.get('grants'))) readOwnGrant(draft, arn, grant)
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
  const region = slash > 0 ? name.slice(0, slash) : (textOf(regionMember) ?? account.region)
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
  for (const item of itemsOf(located)) {
    const name = textOf(item)
    if (name === undefined) continue
    if (name.startsWith('alias/')) draft.alias(`${prefix}:${name}`, keyArn, item)
    else draft.error(item, `${quote(name)} is no alias`, `did you mean ${quote(`alias/${name}`)}?`)
  }
}

/** By the names of the API, which people know. */
function readOwnGrant(draft: WorldDraft, keyArn: string, located: Located): void {
  const grantId = memberText(located, 'GrantId')
  if (grantId === undefined) draft.error(located, 'a grant has no `GrantId`')
  else draft.grant(grantAt(draft, located, keyArn, grantId), headOf(located))
}

// ---------------------------------------------------------------------------------------------------------- endpoints

function readOwnEndpoint(draft: WorldDraft, { accountId }: OwnAccount, endpointId: string, located: Located): void {
  const members = new Map(givenMembers(located))
  if (!endpointId.startsWith('vpce-')) {
    draft.error(located, `${quote(endpointId)} is no endpoint id`, 'expected `vpce-…`')
    return
  }
  const policy = members.get('policy')
  const serviceName = textOf(members.get('service'))
  const vpcId = textOf(members.get('vpc'))
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
