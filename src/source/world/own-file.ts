/**
 * World files of our own form: an organization and its accounts as a person would write them down, in YAML or JSON.
 *
 * `own-shape.ts` holds it against the schema, and `own-account.ts` reads what an account has. Every member is known or
 * refused: a mistyped one would silently be a policy less. `docs/world.md` describes the form.
 */
import { isAccountId } from '../../text/arn.js'
import { quote } from '../../text/escape.js'
import { stateNode, stateOrganization } from './aws-organizations.js'
import type { OrganizationPolicyType, WorldDraft } from './draft.js'
import { readOwnAccount, readOwnAttachments } from './own-account.js'
import { givenMembers, ownAccountId } from './own-members.js'
import { checkOwnShape, OWN_PARTS, suggestion } from './own-shape.js'
import { headOf, itemsOf, placeOf, textOf, type Located } from './places.js'
import type { TopValue } from './top-value.js'

/** The value of `keyward` in a world file. */
const WORLD_FORM = 'world/1'

const PARTS: ReadonlySet<string> = new Set(OWN_PARTS)

export function readOwnFile(draft: WorldDraft, top: TopValue): void {
  const form = top.get('keyward')
  if (form !== undefined && textOf(form) !== WORLD_FORM) {
    draft.error(form, 'unknown form of a world file', `expected \`keyward: ${WORLD_FORM}\``)
    return
  }
  for (const key of top.keys) {
    const located = key === 'keyward' ? undefined : top.get(key)
    if (located === undefined) continue
    if (PARTS.has(key)) checkOwnShape(draft, key, located)
    else draft.error(located, `unknown member ${quote(key)} of a world file`, suggestion(key, OWN_PARTS))
  }
  readOwnPolicies(draft, top.get('scps'), 'scp')
  readOwnPolicies(draft, top.get('rcps'), 'rcp')
  const organization = top.get('organization')
  if (organization !== undefined) readOwnOrganization(draft, organization)
  for (const [arn, document] of givenMembers(top.get('awsManagedPolicies'))) {
    const name = arn.slice(arn.lastIndexOf('/') + 1)
    draft.managedPolicy({ ...draft.policy(document, 'identity', name, `managed policy ${arn}`, arn), arn })
  }
  for (const [accountId, account] of givenMembers(top.get('accounts'))) {
    if (isAccountId(accountId)) readOwnAccount(draft, accountId, account)
    else draft.error(account, `${quote(accountId)} is no account id`, 'expected twelve digits, in quotes')
  }
}

function readOwnPolicies(draft: WorldDraft, policies: Located | undefined, type: OrganizationPolicyType): void {
  for (const [name, document] of givenMembers(policies)) {
    const read = draft.policy(document, type, name, `${type.toUpperCase()} ${name}`)
    draft.organizationPolicy({ ...read, id: name, type })
  }
}

// ------------------------------------------------------------------------------------------------- the organization

function readOwnOrganization(draft: WorldDraft, located: Located): void {
  const members = new Map(givenMembers(located))
  const id = textOf(members.get('id'))
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
  const members = new Map(givenMembers(located))
  const id = textOf(members.get('id'))
  if (id === undefined) return
  const name = textOf(members.get('name'))
  stateNode(draft, located, { id, kind, ...(name === undefined ? {} : { name }) })
  if (parentId !== undefined) draft.parent(id, parentId, headOf(located))
  readOwnAttachments(draft, members, id)
  for (const account of itemsOf(members.get('accounts'))) {
    const accountId = ownAccountId(draft, account)
    if (accountId === undefined) continue
    draft.account(accountId, undefined, placeOf(account))
    draft.parent(accountId, id, placeOf(account))
  }
  for (const unit of itemsOf(members.get('units'))) readOwnNode(draft, unit, 'unit', id)
}
