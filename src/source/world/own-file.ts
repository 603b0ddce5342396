/**
 * World files of our own form: an organization and its accounts as a person would write them down, in YAML or JSON.
 *
 * `own-account.ts` reads what an account has. Every member is known or refused: a mistyped one would silently be a
 * policy less. `docs/world.md` describes the form.
 */
import { isAccountId } from '../../text/arn.js'
import { quote } from '../../text/escape.js'
import { stateNode, stateOrganization } from './aws-organizations.js'
import type { OrganizationPolicyType, WorldDraft } from './draft.js'
import { readOwnAccount, readOwnAttachments } from './own-account.js'
import { knownMembers, objectMembers, ownAccountId, ownList, ownText, suggestion } from './own-members.js'
import { headOf, placeOf, textOf, type Located } from './places.js'
import type { TopValue } from './top-value.js'

/** The value of `keyward` in a world file. */
const WORLD_FORM = 'world/1'

const TOP_MEMBERS = ['keyward', 'organization', 'scps', 'rcps', 'accounts', 'awsManagedPolicies']

export function readOwnFile(draft: WorldDraft, top: TopValue): void {
  const form = top.get('keyward')
  if (form !== undefined && textOf(form) !== WORLD_FORM) {
    draft.error(form, 'unknown form of a world file', `expected \`keyward: ${WORLD_FORM}\``)
    return
  }
  for (const key of top.keys) {
    const located = top.get(key)
    if (located !== undefined && !TOP_MEMBERS.includes(key)) {
      draft.error(located, `unknown member ${quote(key)} of a world file`, suggestion(key, TOP_MEMBERS))
    }
  }
  readOwnPolicies(draft, top.get('scps'), 'scp')
  readOwnPolicies(draft, top.get('rcps'), 'rcp')
  const organization = top.get('organization')
  if (organization !== undefined) readOwnOrganization(draft, organization)
  for (const [arn, document] of objectMembers(draft, top.get('awsManagedPolicies'), 'policies by ARN')) {
    const name = arn.slice(arn.lastIndexOf('/') + 1)
    draft.managedPolicy({ ...draft.policy(document, 'identity', name, `managed policy ${arn}`, arn), arn })
  }
  for (const [accountId, account] of objectMembers(draft, top.get('accounts'), 'accounts by their twelve digits')) {
    if (isAccountId(accountId)) readOwnAccount(draft, accountId, account)
    else draft.error(account, `${quote(accountId)} is no account id`, 'expected twelve digits, in quotes')
  }
}

function readOwnPolicies(draft: WorldDraft, policies: Located | undefined, type: OrganizationPolicyType): void {
  for (const [name, document] of objectMembers(draft, policies, 'policies by name')) {
    const read = draft.policy(document, type, name, `${type.toUpperCase()} ${name}`)
    draft.organizationPolicy({ ...read, id: name, type })
  }
}

// ------------------------------------------------------------------------------------------------- the organization

const NODE_MEMBERS = ['id', 'name', 'scps', 'rcps', 'units', 'accounts']

function readOwnOrganization(draft: WorldDraft, located: Located): void {
  const members = knownMembers(draft, located, ['id', 'managementAccount', 'root'], 'an organization')
  const id = ownText(draft, members.get('id'))
  const managementAccountId = ownAccountId(draft, members.get('managementAccount'))
  stateOrganization(draft, located, {
    ...(id === undefined ? {} : { id }),
    ...(managementAccountId === undefined ? {} : { managementAccountId }),
    hasPolicies: true,
  })
  const root = members.get('root')
  if (root === undefined) return
  // Depth is bounded by how deep a file may nest.
  readOwnNode(draft, root, 'root', undefined)
}

function readOwnNode(draft: WorldDraft, located: Located, kind: 'root' | 'unit', parentId: string | undefined): void {
  const members = knownMembers(draft, located, NODE_MEMBERS, kind === 'root' ? 'a root' : 'a unit')
  const id = ownText(draft, members.get('id'))
  if (id === undefined) {
    draft.error(
      located,
      `a ${kind === 'root' ? 'root' : 'unit'} has no \`id\``,
      kind === 'root' ? 'such as `r-a1b2`' : 'such as `ou-a1b2-11111111`',
    )
    return
  }
  const name = ownText(draft, members.get('name'))
  stateNode(draft, located, { id, kind, ...(name === undefined ? {} : { name }) })
  if (parentId !== undefined) draft.parent(id, parentId, headOf(located))
  readOwnAttachments(draft, members, id)
  for (const account of ownList(draft, members.get('accounts'), 'a list of account ids')) {
    const accountId = ownAccountId(draft, account)
    if (accountId === undefined) continue
    draft.state(draft.accounts, accountId, {}, placeOf(account), `account ${accountId}`, () => true)
    draft.parent(accountId, id, placeOf(account))
  }
  for (const unit of ownList(draft, members.get('units'), 'a list of units')) readOwnNode(draft, unit, 'unit', id)
}
