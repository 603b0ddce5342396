/**
 * What a value of a file is, told by its shape: one of the outputs of the AWS CLI, or a file of our own form.
 *
 * A name decides nothing but whom an output is about. What is not known is described, so that its owner sees what went
 * into the folder.
 */
import { quote } from '../../text/escape.js'
import { readAuthorizationDetails } from './aws-iam.js'
import {
  readKeyMetadata,
  readKeyPolicy,
  readListAliases,
  readListGrants,
  readListKeys,
  readResourceTags,
} from './aws-kms.js'
import {
  readAccounts,
  readOrganization,
  readOrganizationPolicy,
  readPolicySummaries,
  readRoots,
  readTargets,
  readUnits,
  readVpcEndpoints,
} from './aws-organizations.js'
import type { WorldDraft } from './draft.js'
import { readOwnFile } from './own-file.js'
import { member, memberText, type Located } from './places.js'
import type { FileSubject } from './subject.js'
import type { TopValue } from './top-value.js'

/** A value that was recognised. */
export interface Form {
  /** What a summary calls it. */
  readonly label: string
  /** `named` ones are about what their file name says and are read last, when every key is known. */
  readonly order: 'first' | 'named'
  /** What may be long is read in steps, which tell where in the file they are; nothing is read unless they are taken. */
  readonly read: (draft: WorldDraft, top: TopValue, subject: FileSubject, folder: string) => Iterable<number> | void
}

/** Members that only one output has. */
const BY_MEMBER: readonly (readonly [member: string, form: Form])[] = [
  ['keyward', { label: 'world file', order: 'first', read: readOwnFile }],
  ['KeyMetadata', { label: 'aws kms describe-key', order: 'first', read: readKeyMetadata }],
  ['Grants', { label: 'aws kms list-grants', order: 'named', read: readListGrants }],
  ['Aliases', { label: 'aws kms list-aliases', order: 'first', read: readListAliases }],
  ['Organization', { label: 'aws organizations describe-organization', order: 'first', read: readOrganization }],
  ['Roots', { label: 'aws organizations list-roots', order: 'first', read: readRoots }],
  [
    'OrganizationalUnits',
    { label: 'aws organizations list-organizational-units-for-parent', order: 'first', read: readUnits },
  ],
  ['Targets', { label: 'aws organizations list-targets-for-policy', order: 'first', read: readTargets }],
  ['VpcEndpoints', { label: 'aws ec2 describe-vpc-endpoints', order: 'first', read: readVpcEndpoints }],
]

const DETAIL_LISTS = ['UserDetailList', 'RoleDetailList', 'GroupDetailList']

const AUTHORIZATION_DETAILS: Form = {
  label: 'aws iam get-account-authorization-details',
  order: 'first',
  read: (draft, top, _subject, folder) => readAuthorizationDetails(draft, top, folder),
}

const LIST_KEYS: Form = { label: 'aws kms list-keys', order: 'first', read: readListKeys }
const RESOURCE_TAGS: Form = { label: 'aws kms list-resource-tags', order: 'named', read: readResourceTags }
/** Which account a folder is of is read from names; who collected it has no say in an answer. */
const CALLER_IDENTITY: Form = { label: 'aws sts get-caller-identity', order: 'first', read: () => undefined }

/** Values that may well lie in the same folder and are no part of a world. */
const NO_PART: Form = { label: 'CloudTrail events (no part of a world)', order: 'first', read: () => undefined }

export function recognise(top: TopValue, subject: FileSubject): Form | undefined {
  for (const [name, form] of BY_MEMBER) if (top.has(name)) return form
  if (DETAIL_LISTS.some((list) => top.has(list))) return AUTHORIZATION_DETAILS
  if (top.has('Accounts')) return accountsForm(subject)
  if (top.has('Policies')) return policiesForm(top)
  if (top.has('Keys')) return itemHas(top, 'Keys', 'KeyArn') ? LIST_KEYS : undefined
  if (top.has('Tags')) return itemHas(top, 'Tags', 'TagKey') ? RESOURCE_TAGS : undefined
  if (top.has('Policy')) return policyForm(top)
  if (top.has('Statement')) return barePolicyForm(subject)
  if (['UserId', 'Account', 'Arn'].every((name) => top.has(name))) return CALLER_IDENTITY
  if (top.has('eventSource') || top.has('eventVersion') || itemHas(top, 'Records', 'eventSource', false)) return NO_PART
  return undefined
}

function accountsForm({ nodeId }: FileSubject): Form {
  const command = nodeId === undefined ? 'list-accounts' : 'list-accounts-for-parent'
  return { label: `aws organizations ${command}`, order: 'first', read: readAccounts }
}

function policiesForm(top: TopValue): Form {
  for (const item of top.items('Policies')) {
    if (member(item, 'PolicyVersionList') !== undefined) return AUTHORIZATION_DETAILS
    break
  }
  return { label: 'aws organizations list-policies', order: 'first', read: readPolicySummaries }
}

function policyForm(top: TopValue): Form | undefined {
  const policy = top.get('Policy')
  if (policy === undefined) return undefined
  if (policy.node.kind === 'object' && member(policy, 'PolicySummary') !== undefined) {
    return {
      label: 'aws organizations describe-policy',
      order: 'first',
      read: (draft, value) => withMember(value, 'Policy', (located) => readOrganizationPolicy(draft, located)),
    }
  }
  if (policy.node.kind !== 'string' && member(policy, 'Statement') === undefined) return undefined
  return {
    label: 'aws kms get-key-policy',
    order: 'named',
    read: (draft, value, subject) => withMember(value, 'Policy', (located) => readKeyPolicy(draft, located, subject)),
  }
}

/** What `aws kms get-key-policy --query Policy --output text` prints; other policies do not say whose they are. */
function barePolicyForm({ command, keyId }: FileSubject): Form | undefined {
  if (command !== 'get-key-policy' && keyId === undefined) return undefined
  return {
    label: 'aws kms get-key-policy --output text',
    order: 'named',
    read(draft, top, subject) {
      const policy = top.root()
      if (policy !== undefined) readKeyPolicy(draft, policy, subject)
    },
  }
}

function withMember(top: TopValue, name: string, read: (located: Located) => void): void {
  const located = top.get(name)
  if (located !== undefined) read(located)
}

/** Whether the first item of a list has a member; what an empty list is follows from `whenEmpty`. */
function itemHas(top: TopValue, list: string, name: string, whenEmpty = true): boolean {
  if (!top.has(list)) return false
  for (const item of top.items(list)) return memberText(item, name) !== undefined
  return whenEmpty
}

const MAX_NAMED = 6

/** Outputs of one thing each, by what only they have; the dump of the account has all of them. */
const PARTIAL: readonly (readonly [members: readonly string[], command: string])[] = [
  [['PolicyVersion'], 'get-policy-version'],
  [['RoleName', 'PolicyDocument'], 'get-role-policy'],
  [['UserName', 'PolicyDocument'], 'get-user-policy'],
  [['GroupName', 'PolicyDocument'], 'get-group-policy'],
  [['Role'], 'get-role'],
  [['User'], 'get-user'],
  [['Roles'], 'list-roles'],
  [['Users'], 'list-users'],
  [['AttachedPolicies'], 'list-attached-role-policies'],
  [['PolicyNames', 'IsTruncated'], 'list-role-policies'],
]

/** Whether a value is the output of a command of IAM that tells of one thing alone. */
export function isPartialIdentity(top: TopValue): boolean {
  return PARTIAL.some(([names]) => names.every((name) => top.has(name)))
}

/** What a value that is not known looks like. */
export function looksLike(top: TopValue): string {
  const { keys } = top
  if (top.has('Statement')) return 'a policy document that does not say whose it is'
  if (top.has('Resources') && top.has('AWSTemplateFormatVersion')) return 'a CloudFormation template'
  if (top.has('planned_values') || top.has('terraform_version')) return 'a Terraform plan or state'
  if (top.has('action') && top.has('principal')) return 'a simulation document'
  const partial = PARTIAL.find(([names]) => names.every((name) => top.has(name)))
  if (partial !== undefined) return `the output of \`aws iam ${partial[1]}\``
  if (keys.length === 0) return 'an empty object'
  const named = keys.slice(0, MAX_NAMED).map((key) => quote(key, 40))
  return `an object of ${named.join(', ')}${keys.length > MAX_NAMED ? ` and ${keys.length - MAX_NAMED} more members` : ''}`
}

/** An output with whom it is about beside it: `{"about": "...", "output": {...}}`. */
export function collectedOutput(top: TopValue): { readonly about: string; readonly output: Located } | undefined {
  const output = top.get('output')
  const about = top.get('about')
  return output?.node.kind === 'object' && about?.node.kind === 'string'
    ? { about: about.node.value, output }
    : undefined
}
