/**
 * What the KMS commands of the AWS CLI print of keys: DescribeKey, GetKeyPolicy, ListGrants, ListAliases,
 * ListResourceTags, ListKeys.
 *
 * Two of them do not name the key; the file's name or folder does then. New members that AWS adds are passed over.
 *
 * Source: KMS API Reference, "KeyMetadata", "GetKeyPolicy", "GrantListEntry", "AliasListEntry", "ListResourceTags".
 */
import type { Grant, GrantConstraints } from '../../graph/grant.js'
import { KMS_ACTIONS } from '../../aws/actions.js'
import { isAccountId, parseAliasArn, parseKeyArn } from '../../text/arn.js'
import { parseDate } from '../../text/date.js'
import { quote } from '../../text/escape.js'
import { readTags, saysMore } from './aws-iam.js'
import type { WorldDraft } from './draft.js'
import { headOf, itemsOf, member, memberText, membersOf, placeOf, type Located } from './places.js'
import { partitionOf, type FileSubject } from './subject.js'
import type { TopValue } from './top-value.js'

/** KeyMetadata member -> property of a key. */
const PROPERTIES = [
  ['KeyManager', 'keyManager'],
  ['KeySpec', 'keySpec'],
  ['KeyUsage', 'keyUsage'],
  ['Origin', 'origin'],
  ['MultiRegion', 'multiRegion'],
  ['KeyState', 'state'],
  ['Description', 'description'],
] as const

export function readKeyMetadata(draft: WorldDraft, top: TopValue): void {
  const metadata = top.get('KeyMetadata')
  if (metadata === undefined) return
  const arn = memberText(metadata, 'Arn')
  if (arn === undefined || parseKeyArn(arn) === undefined) {
    draft.error(metadata, 'the metadata of a key without its `Arn`', 'expected what `aws kms describe-key` prints')
    return
  }
  const key = draft.key(arn, headOf(metadata))
  const state = (name: string, located: Located | undefined): void => {
    const node = located?.node
    if (located === undefined || (node?.kind !== 'string' && node?.kind !== 'boolean')) return
    draft.state(key.properties, name, node.value, placeOf(located), `${name} of ${arn}`)
  }
  for (const [from, to] of PROPERTIES) state(to, member(metadata, from))
  // The name that KeySpec had until 2021.
  if (member(metadata, 'KeySpec') === undefined) state('keySpec', member(metadata, 'CustomerMasterKeySpec'))
  const configuration = member(metadata, 'MultiRegionConfiguration')
  if (configuration !== undefined) state('multiRegionKeyType', member(configuration, 'MultiRegionKeyType'))
}

export function readListKeys(draft: WorldDraft, top: TopValue): void {
  for (const item of top.items('Keys')) {
    const arn = memberText(item, 'KeyArn')
    if (arn === undefined || parseKeyArn(arn) === undefined) draft.error(item, 'a key without its `KeyArn`')
    else draft.key(arn, headOf(item))
  }
}

export function readListAliases(draft: WorldDraft, top: TopValue, subject: FileSubject): void {
  const places = new Set<string>()
  for (const item of top.items('Aliases')) {
    const arn = memberText(item, 'AliasArn')
    const alias = arn === undefined ? undefined : parseAliasArn(arn)
    if (arn === undefined || alias === undefined) {
      draft.error(item, 'an alias without a proper `AliasArn`', 'expected what `aws kms list-aliases` prints')
      continue
    }
    places.add(`${alias.account}/${alias.region}`)
    const keyId = memberText(item, 'TargetKeyId')
    // Aliases of AWS managed keys that nothing has used yet have no key.
    if (keyId === undefined) continue
    const keyArn = `arn:${alias.partition}:kms:${alias.region}:${alias.account}:key/${keyId}`
    draft.key(keyArn, headOf(item))
    draft.alias(arn, keyArn, item)
  }
  const { accountId, region } = subject
  if (places.size === 0 && accountId !== undefined && region !== undefined) places.add(`${accountId}/${region}`)
  for (const place of places) {
    // A list of one key's aliases alone does not say that others have none; such a list names the key in its file name.
    if (subject.keyId === undefined) draft.placesWithAliases.add(place)
    const [account = ''] = place.split('/')
    draft.page(`aliases ${place}`, !saysMore(top), `the aliases of ${place}`, top.place, { accountId: account })
  }
}

/** A policy in `Policy`, or the policy itself as `--output text` prints it. */
export function readKeyPolicy(draft: WorldDraft, policy: Located, subject: FileSubject): void {
  const arn = subjectKey(draft, policy, subject, 'this key policy')
  if (arn !== undefined) draft.keyPolicy(arn, policy)
}

export function readResourceTags(draft: WorldDraft, top: TopValue, subject: FileSubject): void {
  const list = top.get('Tags')
  if (list === undefined) return
  const arn = subjectKey(draft, list, subject, 'these tags')
  if (arn === undefined) return
  draft.keyTags(arn, readTags(list, 'TagKey', 'TagValue'), headOf(list))
  draft.page(`tags ${arn}`, !saysMore(top), `the tags of ${arn}`, top.place, { keyArn: arn })
}

export function readListGrants(draft: WorldDraft, top: TopValue, subject: FileSubject): void {
  const arns = new Set<string>()
  let count = 0
  for (const item of top.items('Grants')) {
    count++
    const grant = readGrant(draft, item, subject)
    if (grant === undefined) continue
    arns.add(grant.keyArn)
    draft.grant(grant, headOf(item))
  }
  const list = count === 0 ? top.get('Grants') : undefined
  if (list !== undefined) {
    const arn = subjectKey(draft, list, subject, 'this empty list of grants')
    if (arn !== undefined) arns.add(arn)
  }
  for (const arn of arns) {
    draft.key(arn, top.place).hasGrants = true
    draft.page(`grants ${arn}`, !saysMore(top), `the grants of ${arn}`, top.place, { keyArn: arn })
  }
}

function readGrant(draft: WorldDraft, item: Located, subject: FileSubject): Grant | undefined {
  const keyId = memberText(item, 'KeyId')
  const grantId = memberText(item, 'GrantId')
  if (grantId === undefined) {
    draft.error(item, 'a grant has no `GrantId`', 'expected what `aws kms list-grants` prints')
    return undefined
  }
  const keyArn =
    keyId !== undefined && parseKeyArn(keyId) !== undefined
      ? keyId
      : subjectKey(draft, item, keyId === undefined ? subject : { ...subject, keyId }, `grant ${quote(grantId)}`)
  return keyArn === undefined ? undefined : grantAt(draft, item, keyArn, grantId)
}

const PRINCIPALS = [
  ['GranteePrincipal', 'granteePrincipal'],
  ['GranteeServicePrincipal', 'granteeServicePrincipal'],
  ['RetiringPrincipal', 'retiringPrincipal'],
  ['RetiringServicePrincipal', 'retiringServicePrincipal'],
] as const

/** A grant by the member names of the API, as `list-grants` and our own files have it. */
export function grantAt(draft: WorldDraft, item: Located, keyArn: string, grantId: string): Grant {
  const constraints = member(item, 'Constraints')
  const issuer = memberText(item, 'IssuingAccount')
  const issuingAccount =
    issuer === undefined || isAccountId(issuer) ? issuer : (/:([0-9]{12}):root$/.exec(issuer)?.[1] ?? issuer)
  const propagated = member(item, 'propagated')?.node
  const createdAtMs = creationTime(item)
  const principals = PRINCIPALS.flatMap(([from, to]): [string, string][] => {
    const value = memberText(item, from)
    return value === undefined ? [] : [[to, value]]
  })
  if (!principals.some(([name]) => name.startsWith('grantee'))) {
    draft.error(
      item,
      `grant ${quote(grantId)} has no grantee`,
      'expected `GranteePrincipal` or `GranteeServicePrincipal`',
    )
  }
  return {
    grantId,
    keyArn,
    ...Object.fromEntries(principals),
    operations: readOperations(draft, item, grantId),
    ...(issuingAccount === undefined ? {} : { issuingAccount }),
    ...(constraints === undefined ? {} : { constraints: readConstraints(draft, constraints) }),
    propagated: propagated?.kind !== 'boolean' || propagated.value,
    ...(createdAtMs === undefined ? {} : { createdAtMs }),
  }
}

/** A date as AWS CLI 2 prints it, or the seconds of AWS CLI 1. */
function creationTime(item: Located): number | undefined {
  const node = member(item, 'CreationDate')?.node
  if (node?.kind === 'number') return parseDate(node.text)
  return node?.kind === 'string' ? parseDate(node.value) : undefined
}

const GRANTABLE: ReadonlySet<string> = new Set(
  KMS_ACTIONS.filter(({ grantable }) => grantable).map(({ name }) => name.slice('kms:'.length)),
)

function readOperations(draft: WorldDraft, item: Located, grantId: string): readonly string[] {
  const list = member(item, 'Operations')
  if (list?.node.kind !== 'array') {
    draft.error(list ?? item, `grant ${quote(grantId)} has no list of \`Operations\``)
    return []
  }
  return itemsOf(list).flatMap((entry) => {
    const { node } = entry
    if (node.kind === 'string' && GRANTABLE.has(node.value)) return [node.value]
    draft.error(
      entry,
      `a grant cannot allow ${node.kind === 'string' ? quote(node.value) : 'this'}`,
      'expected an operation such as `Decrypt`',
    )
    return []
  })
}

function readConstraints(draft: WorldDraft, constraints: Located): GrantConstraints {
  const found: { -readonly [Name in keyof GrantConstraints]: GrantConstraints[Name] } = {}
  for (const [name, value] of membersOf(constraints)) {
    if (value.node.kind === 'null') continue
    if (name === 'EncryptionContextEquals') found.encryptionContextEquals = readContext(draft, value)
    else if (name === 'EncryptionContextSubset') found.encryptionContextSubset = readContext(draft, value)
    else if (name === 'SourceArn' && value.node.kind === 'string') found.sourceArn = value.node.value
    // A constraint that is not understood would make the grant wider than it is.
    else draft.error(value, `unknown grant constraint ${quote(name)}`)
  }
  return found
}

function readContext(draft: WorldDraft, located: Located): Readonly<Record<string, string>> {
  if (located.node.kind !== 'object') draft.error(located, 'expected an object of strings')
  return Object.fromEntries(
    membersOf(located).flatMap(([key, value]): [string, string][] => {
      if (value.node.kind === 'string') return [[key, value.node.value]]
      draft.error(value, `the value of ${quote(key)} in an encryption context is no string`)
      return []
    }),
  )
}

/** The key that something is about which does not name it itself. */
function subjectKey(draft: WorldDraft, located: Located, subject: FileSubject, what: string): string | undefined {
  const { keyId, accountId, region } = subject
  if (keyId === undefined) {
    const hint = `name the file \`${subject.command || 'get-key-policy'}.{key id}.json\`, or put it into a folder of that name`
    draft.error(located, `nothing tells of which key ${what} is`, hint)
    return undefined
  }
  const known = draft.keysOfId(keyId).filter((arn) => {
    const key = parseKeyArn(arn)
    return key !== undefined && (accountId ?? key.account) === key.account && (region ?? key.region) === key.region
  })
  const [only] = known
  if (only !== undefined && known.length === 1) return only
  if (only === undefined && accountId !== undefined && region !== undefined) {
    return `arn:${partitionOf(region)}:kms:${region}:${accountId}:key/${keyId}`
  }
  const hint = 'put it into folders named by account and Region: `444455556666/us-east-1/`'
  const problem = only === undefined ? 'is in no other file' : `is in ${known.length} places`
  draft.error(located, `cannot tell where key ${quote(keyId)} is, of which ${what} is: it ${problem}`, hint)
  return undefined
}
