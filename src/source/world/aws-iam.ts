/**
 * `aws iam get-account-authorization-details` and `aws sts get-caller-identity`, as the AWS CLI prints them.
 *
 * Source: IAM API Reference, "GetAccountAuthorizationDetails", "UserDetail", "GroupDetail", "RoleDetail",
 * "ManagedPolicyDetail"; AWS STS API Reference, "GetCallerIdentity".
 */
import { splitArn } from '../../text/arn.js'
import { quote } from '../../text/escape.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'
import type { DraftPolicy, DraftPrincipal, WorldDraft } from './draft.js'
import { itemsOf, member, memberText, type Located } from './places.js'
import { writtenTrust } from './policy-text.js'
import type { TopValue } from './top-value.js'

type PrincipalKind = DraftPrincipal['kind']

const LISTS = [
  { list: 'UserDetailList', kind: 'user', inline: 'UserPolicyList' },
  { list: 'GroupDetailList', kind: 'group', inline: 'GroupPolicyList' },
  { list: 'RoleDetailList', kind: 'role', inline: 'RolePolicyList' },
] as const

/**
 * One step for each principal and each policy, told by where it begins in the file.
 *
 * @param folder - the folder of the file, to tell whose page it is where a page has nobody in it.
 */
export function* readAuthorizationDetails(draft: WorldDraft, top: TopValue, folder: string): Iterable<number> {
  const accounts = new Set<string>()
  for (const { list, kind, inline } of LISTS) {
    for (const item of top.items(list)) {
      const account = readPrincipal(draft, item, kind, inline)
      if (account !== undefined) accounts.add(account)
      yield startOf(item)
    }
  }
  for (const item of top.items('Policies')) {
    readManagedPolicy(draft, item)
    yield startOf(item)
  }
  const isLast = !saysMore(top)
  for (const accountId of accounts) {
    draft.accountsWithIdentities.add(accountId)
    const about = `the users, groups, roles and policies of account ${accountId}`
    draft.page(`iam ${folder} ${accountId}`, isLast, about, top.place, { accountId, list: folder })
  }
  // The last page may hold nothing but policies, which do not name the account when AWS made them.
  if (isLast) draft.lastPage(folder)
}

function startOf({ slice, node }: Located): number {
  return slice.offset + node.start
}

/** Whether a page says that another follows. */
export function saysMore(top: TopValue): boolean {
  const isTrue = (key: string): boolean => {
    const node = top.get(key)?.node
    return node?.kind === 'boolean' && node.value
  }
  return (
    isTrue('IsTruncated') ||
    isTrue('Truncated') ||
    top.get('NextToken') !== undefined ||
    top.get('NextMarker') !== undefined
  )
}

/** Answers the account. */
function readPrincipal(draft: WorldDraft, item: Located, kind: PrincipalKind, inlineList: string): string | undefined {
  const arn = memberText(item, 'Arn')
  const account = arn === undefined ? undefined : accountOf(arn, kind)
  if (arn === undefined || account === undefined) {
    const found = arn === undefined ? 'no `Arn`' : `the \`Arn\` ${quote(arn, 200)}`
    draft.error(item, `a ${kind} with ${found}`, `expected \`arn:aws:iam::{account}:${kind}/{name}\``)
    return undefined
  }
  const uniqueId = memberText(item, kind === 'user' ? 'UserId' : kind === 'role' ? 'RoleId' : 'GroupId')
  const boundaryNode = member(item, 'PermissionsBoundary')
  const boundary = boundaryNode === undefined ? undefined : memberText(boundaryNode, 'PermissionsBoundaryArn')
  if (boundaryNode !== undefined && boundary === undefined) {
    draft.error(
      boundaryNode,
      `the permissions boundary of ${kind} ${quote(arn, 200)} has no \`PermissionsBoundaryArn\``,
    )
  }
  const trust = member(item, 'AssumeRolePolicyDocument')
  const maxSession = member(item, 'MaxSessionDuration')
  draft.principal(
    {
      kind,
      arn,
      ...(uniqueId === undefined ? {} : { uniqueId }),
      tags: readTags(member(item, 'Tags'), 'Key', 'Value'),
      inline: itemsOf(member(item, inlineList)).flatMap((entry) => inlinePolicy(draft, entry, kind, arn)),
      attached: attachedArns(draft, item),
      groups: itemsOf(member(item, 'GroupList')).flatMap(({ node }) => (node.kind === 'string' ? [node.value] : [])),
      ...(boundary === undefined ? {} : { boundary }),
      ...(trust === undefined ? {} : { trust: writtenTrust(trust) }),
      // The dump of an account lacks it; one that somebody has added is taken.
      ...(maxSession?.node.kind === 'number' ? { maxSessionSeconds: Number(maxSession.node.text) } : {}),
    },
    item,
  )
  return account
}

/** The account of a user, group or role ARN; undefined for anything else. */
function accountOf(arn: string, kind: PrincipalKind): string | undefined {
  if (kind === 'group') {
    const split = splitArn(arn)
    return split?.service === 'iam' && /^[0-9]{12}$/.test(split.account) && /^group\/./.test(split.resource)
      ? split.account
      : undefined
  }
  const parsed = parsePrincipalArn(arn)
  return parsed.ok && parsed.value.kind === kind ? parsed.value.account : undefined
}

function inlinePolicy(draft: WorldDraft, entry: Located, kind: PrincipalKind, arn: string): readonly DraftPolicy[] {
  const name = memberText(entry, 'PolicyName') ?? 'unnamed'
  const document = member(entry, 'PolicyDocument')
  const owner = `inline policy ${name} of ${kind} ${arn}`
  if (document === undefined) {
    draft.error(entry, `${owner} has no \`PolicyDocument\``)
    return []
  }
  return [draft.policy(document, 'identity', name, owner)]
}

function attachedArns(draft: WorldDraft, item: Located): readonly string[] {
  return itemsOf(member(item, 'AttachedManagedPolicies')).flatMap((entry) => {
    const arn = memberText(entry, 'PolicyArn')
    if (arn === undefined) draft.error(entry, 'an attached policy has no `PolicyArn`')
    return arn === undefined ? [] : [arn]
  })
}

/** A list of pairs such as `{"Key": ..., "Value": ...}`. */
export function readTags(list: Located | undefined, key: string, value: string): Readonly<Record<string, string>> {
  const pairs = itemsOf(list).flatMap((entry): [string, string][] => {
    const name = memberText(entry, key)
    return name === undefined ? [] : [[name, memberText(entry, value) ?? '']]
  })
  return Object.fromEntries(pairs)
}

function readManagedPolicy(draft: WorldDraft, item: Located): void {
  const arn = memberText(item, 'Arn')
  if (arn === undefined) {
    draft.error(item, 'a managed policy has no `Arn`')
    return
  }
  const name = memberText(item, 'PolicyName') ?? arn.slice(arn.lastIndexOf('/') + 1)
  const defaultVersionId = memberText(item, 'DefaultVersionId')
  const version = itemsOf(member(item, 'PolicyVersionList')).find((entry) => {
    const isDefault = member(entry, 'IsDefaultVersion')?.node
    return isDefault?.kind === 'boolean' ? isDefault.value : memberText(entry, 'VersionId') === defaultVersionId
  })
  const document = version === undefined ? undefined : member(version, 'Document')
  if (document === undefined) {
    draft.error(item, `managed policy ${quote(arn, 200)} has no default version with a document`)
    return
  }
  const read = draft.policy(document, 'identity', name, `managed policy ${arn}`, arn)
  draft.managedPolicy({ ...read, arn, ...(defaultVersionId === undefined ? {} : { defaultVersionId }) })
}
