/**
 * From what files say of an organization to its accounts, each with the policies of every level above it.
 *
 * What is not said is taken as not limiting, and a gap tells so; only a level that some file describes as empty is
 * empty. Parents that run in a circle end in a gap as well.
 *
 * Source: AWS Organizations User Guide, "SCP evaluation", "Enabling and disabling policy types"; facts C5, D1.
 */
import type { PolicyKind } from '../../policy/document.js'
import { parsePolicyValue } from '../../policy/parse.js'
import type { DraftOrganizationPolicy, DraftPolicy, OrganizationPolicyType, WorldDraft } from './draft.js'
import { unreadableGap } from './unreadable-gap.js'
import type { Gap, OrganizationNode, PolicyLevel, WorldAccount, WorldOrganization, WorldPolicy } from './world.js'

export interface LinkedOrganization {
  readonly organization: WorldOrganization | undefined
  readonly accounts: ReadonlyMap<string, WorldAccount>
}

/** Deeper than Organizations nests; what goes deeper runs in a circle. */
const MAX_DEPTH = 64

/** AWS's own policies, which `describe-policy` shows and nobody can change. */
const FULL_ACCESS = {
  scp: { id: 'p-FullAWSAccess', name: 'FullAWSAccess' },
  rcp: { id: 'p-RCPFullAWSAccess', name: 'RCPFullAWSAccess' },
} as const

const TYPES = [
  { type: 'scp', many: 'SCPs', feature: 'service control policies' },
  { type: 'rcp', many: 'RCPs', feature: 'resource control policies' },
] as const

export function linkOrganization(draft: WorldDraft, accountIds: ReadonlySet<string>, gaps: Gap[]): LinkedOrganization {
  const linker = new OrganizationLinker(draft, gaps)
  return linker.link(accountIds)
}

class OrganizationLinker {
  private readonly fullAccess: Readonly<Record<OrganizationPolicyType, WorldPolicy>> = {
    scp: fullAccessPolicy('scp'),
    rcp: fullAccessPolicy('rcp'),
  }
  /** Policies by id and, for references from our own files, by name. */
  private readonly policies = new Map<string, DraftPolicy>()
  /** `type target` -> ids or names. */
  private readonly attached = new Map<string, Set<string>>()
  private readonly stated: Readonly<Record<OrganizationPolicyType, boolean>>
  /** Ids and names of policies that some file attaches, by type. */
  private readonly mentioned = new Set<string>()
  /** Policies that are attached and not there, with the accounts below. */
  private readonly missing = new Map<
    string,
    { readonly gap: Omit<Gap, 'scope'>; readonly type: OrganizationPolicyType; readonly accountIds: Set<string> }
  >()

  constructor(
    private readonly draft: WorldDraft,
    private readonly gaps: Gap[],
  ) {
    for (const { value } of draft.organizationPolicies.values()) this.addPolicy(value.id, value)
    for (const { value } of draft.organizationPolicies.values()) {
      if (!this.policies.has(`${value.type} ${value.name}`)) this.addPolicy(value.name, value)
    }
    for (const [target, { ids }] of draft.policiesOfTarget) this.attached.set(target, new Set(ids))
    for (const [policyId, { ids }] of draft.targetsOfPolicy) {
      const type = this.typeOf(policyId)
      for (const target of ids) if (type !== undefined) this.attach(`${type} ${target}`, policyId)
    }
    for (const [target, ids] of this.attached) for (const id of ids) this.mentioned.add(`${target.slice(0, 3)} ${id}`)
    const isStated = (type: string): boolean =>
      [...this.attached.keys()].some((target) => target.startsWith(`${type} `))
    this.stated = { scp: isStated('scp'), rcp: isStated('rcp') }
  }

  private addPolicy(id: string, draft: DraftOrganizationPolicy): void {
    this.policies.set(`${draft.type} ${id}`, draft)
  }

  private attach(target: string, policyId: string): void {
    const known = this.attached.get(target)
    if (known === undefined) this.attached.set(target, new Set([policyId]))
    else known.add(policyId)
  }

  private typeOf(policyId: string): OrganizationPolicyType | undefined {
    for (const { type } of TYPES) {
      if (policyId === FULL_ACCESS[type].id || this.draft.organizationPolicies.has(`${type} ${policyId}`)) return type
    }
    // Its description is missing: an SCP far more often than not, and the gap names it.
    return this.draft.targetsOfPolicy.has(policyId) && policyId.startsWith('p-') ? 'scp' : undefined
  }

  link(accountIds: ReadonlySet<string>): LinkedOrganization {
    const { draft } = this
    const stated = draft.organization?.value
    const hasTree = draft.nodes.size > 0 || draft.parents.size > 0
    const organization: WorldOrganization | undefined =
      stated === undefined && !hasTree
        ? undefined
        : { id: stated?.id, managementAccountId: stated?.managementAccountId, nodes: this.nodes() }
    this.organizationGaps(organization)
    const accounts = new Map<string, WorldAccount>()
    const outside: string[] = []
    for (const accountId of [...accountIds].toSorted()) {
      const path = this.pathTo(accountId)
      if (path === undefined && organization !== undefined) outside.push(accountId)
      accounts.set(accountId, this.account(accountId, organization, path))
    }
    this.placeGaps(outside, organization)
    this.attachmentGaps(accounts)
    for (const { gap, type, accountIds: below } of this.missing.values()) {
      const kind = type === 'scp' ? 'callers' : 'keysOf'
      this.gaps.push({ ...gap, scope: { kind, accountIds: [...below] } })
    }
    return { organization, accounts }
  }

  private nodes(): ReadonlyMap<string, OrganizationNode> {
    const nodes = new Map<string, OrganizationNode>()
    for (const { value } of this.draft.nodes.values()) {
      const { id, kind, name } = value
      nodes.set(id, { id, kind, name, parentId: this.draft.parents.get(id)?.value })
    }
    return nodes
  }

  /** Ids from the root to the account; undefined where the way does not end at a root. */
  private pathTo(accountId: string): readonly string[] | undefined {
    const path = [accountId]
    let id = accountId
    while (path.length <= MAX_DEPTH) {
      const parent = this.draft.parents.get(id)?.value
      if (parent === undefined) break
      path.push(parent)
      id = parent
    }
    return id !== accountId && id.startsWith('r-') ? path.toReversed() : undefined
  }

  private account(
    accountId: string,
    organization: WorldOrganization | undefined,
    path: readonly string[] | undefined,
  ): WorldAccount {
    const isManagement = organization?.managementAccountId === accountId
    const isMember = path !== undefined || isManagement
    const organizationId = isMember ? organization?.id : undefined
    const units = path?.slice(0, -1)
    return {
      accountId,
      name: this.draft.accounts.get(accountId)?.value.name,
      isManagement,
      organizationId,
      organizationPath:
        organizationId === undefined || units === undefined ? undefined : `${[organizationId, ...units].join('/')}/`,
      scps: path === undefined || isManagement ? undefined : this.levels('scp', path),
      rcps: path === undefined || isManagement ? undefined : this.levels('rcp', path),
    }
  }

  private levels(type: OrganizationPolicyType, path: readonly string[]): readonly PolicyLevel[] | undefined {
    if (this.isSwitchedOff(type, path[0] ?? '')) {
      return path.map((nodeId) => ({ nodeId, policies: [this.fullAccess[type]] }))
    }
    return this.stated[type] ? path.map((nodeId) => this.level(type, nodeId, path.at(-1) ?? '')) : undefined
  }

  private isSwitchedOff(type: OrganizationPolicyType, rootId: string): boolean {
    const enabled = this.draft.nodes.get(rootId)?.value.enabled
    return (enabled !== undefined && !enabled.includes(type)) || this.draft.organization?.value.hasPolicies === false
  }

  private level(type: OrganizationPolicyType, nodeId: string, accountId: string): PolicyLevel {
    const target = `${type} ${nodeId}`
    const ids = [...(this.attached.get(target) ?? [])].toSorted()
    const policies = ids.flatMap((id) => this.attachedPolicy(type, id, nodeId, accountId) ?? [])
    if (!this.saysAll(type, nodeId) && !policies.includes(this.fullAccess[type])) policies.push(this.fullAccess[type])
    return { nodeId, policies }
  }

  /** Whether files say everything that is attached to a node. */
  private saysAll(type: OrganizationPolicyType, nodeId: string): boolean {
    return this.draft.policiesOfTarget.has(`${type} ${nodeId}`) || this.draft.targetsOfPolicy.has(FULL_ACCESS[type].id)
  }

  private attachedPolicy(
    type: OrganizationPolicyType,
    id: string,
    nodeId: string,
    accountId: string,
  ): WorldPolicy | undefined {
    const draft = this.policies.get(`${type} ${id}`)
    if (draft?.policy !== undefined) return draft.policy
    const { id: fullId, name } = FULL_ACCESS[type]
    if (draft === undefined && (id === fullId || id === name)) return this.fullAccess[type]
    this.lacks(type, id, nodeId, accountId, draft)
    return undefined
  }

  private lacks(
    type: OrganizationPolicyType,
    id: string,
    nodeId: string,
    accountId: string,
    draft: DraftPolicy | undefined,
  ): void {
    const name = `${type} ${id} ${nodeId}`
    let known = this.missing.get(name)
    if (known === undefined) {
      const policy = `${type.toUpperCase()} ${id}, which is attached to ${nodeId},`
      const gap =
        draft === undefined
          ? { code: 'organization-policy-missing' as const, message: `${policy} is in no file: taken as not there` }
          : {
              ...unreadableGap(type, `${type.toUpperCase()} ${id}`, 'taken as not there', draft),
              message: `${policy} cannot be read: taken as not there`,
            }
      known = { gap, type, accountIds: new Set() }
      this.missing.set(name, known)
    }
    known.accountIds.add(accountId)
  }

  // ------------------------------------------------------------------------------------------------------------ gaps

  private organizationGaps(organization: WorldOrganization | undefined): void {
    const scope = { kind: 'everything' } as const
    if (organization === undefined) {
      const message = 'no organization was given: condition keys such as aws:PrincipalOrgID are taken as absent'
      this.gaps.push({ code: 'organization-missing', message, scope })
    } else {
      if (organization.id === undefined) {
        const message = 'the id of the organization was not given: aws:PrincipalOrgID and its like are taken as absent'
        this.gaps.push({ code: 'organization-id-missing', message, scope })
      }
      if (organization.managementAccountId === undefined) {
        const message = 'the management account was not given: no account is taken as exempt from SCPs and RCPs'
        this.gaps.push({ code: 'management-account-missing', message, scope })
      }
    }
    const roots = [...this.draft.nodes.values()].filter(({ value }) => value.kind === 'root')
    for (const { type, many } of TYPES) {
      const isOff = roots.length > 0 && roots.every(({ value }) => this.isSwitchedOff(type, value.id))
      if (this.stated[type] || isOff) continue
      this.gaps.push({ code: `${type}s-missing`, message: `no ${many} were given: taken as not limiting`, scope })
    }
  }

  private placeGaps(outside: readonly string[], organization: WorldOrganization | undefined): void {
    for (const accountId of outside) {
      if (accountId === organization?.managementAccountId) continue
      const isListed = this.draft.parents.has(accountId)
      const problem = isListed
        ? `the way from account ${accountId} to the root of the organization is not known`
        : `account ${accountId} has no place in the organization`
      for (const kind of ['callers', 'keysOf'] as const) {
        const what =
          kind === 'callers' ? 'no SCP is taken to limit its principals' : 'no RCP is taken to limit its keys'
        this.gaps.push({
          code: isListed ? 'account-place-unknown' : 'account-not-in-organization',
          message: `${problem}: ${what}`,
          scope: { kind, accountIds: [accountId] },
        })
      }
    }
  }

  /** Policies whose attachments nobody lists, and levels of which not everything is said. */
  private attachmentGaps(accounts: ReadonlyMap<string, WorldAccount>): void {
    const { draft } = this
    for (const { value } of draft.organizationPolicies.values()) {
      const { id, name, type } = value
      const isMentioned = this.mentioned.has(`${type} ${id}`) || this.mentioned.has(`${type} ${name}`)
      // Our own files say what is attached at each target, and a policy that is nowhere is no concern of anybody.
      if (isMentioned || draft.targetsOfPolicy.has(id) || !id.startsWith('p-')) continue
      this.gaps.push({
        code: `${type}-targets-missing`,
        message: `where ${type.toUpperCase()} ${name} (${id}) is attached was not given: taken as nowhere`,
        scope: { kind: 'everything' },
        place: value.place,
      })
    }
    for (const { type, many } of TYPES) {
      if (!this.stated[type]) continue
      const open = [...new Set([...draft.nodes.keys(), ...draft.parents.keys()])]
        // Whatever is attached to the management account limits nobody.
        .filter((id) => !this.saysAll(type, id) && accounts.get(id)?.isManagement !== true)
        .toSorted()
      if (open.length === 0) continue
      const named = open.length > 5 ? `${open.slice(0, 5).join(', ')} and ${open.length - 5} more` : open.join(', ')
      const message = `not all ${many} of ${named} were given: ${FULL_ACCESS[type].name} is taken as attached there`
      this.gaps.push({ code: `${type}-targets-missing`, message, scope: this.below(type, new Set(open), accounts) })
    }
  }

  /** The accounts that what is attached to some nodes reaches: their callers by SCPs, their keys by RCPs. */
  private below(
    type: OrganizationPolicyType,
    nodes: ReadonlySet<string>,
    accounts: ReadonlyMap<string, WorldAccount>,
  ): Gap['scope'] {
    const accountIds = [...accounts.values()]
      .filter(({ isManagement, accountId }) => !isManagement && this.pathTo(accountId)?.some((id) => nodes.has(id)))
      .map(({ accountId }) => accountId)
    return { kind: type === 'scp' ? 'callers' : 'keysOf', accountIds }
  }
}

function fullAccessPolicy(type: 'scp' | 'rcp'): WorldPolicy {
  const { name } = FULL_ACCESS[type]
  const statement = { Effect: 'Allow', ...(type === 'rcp' ? { Principal: '*' } : {}), Action: '*', Resource: '*' }
  const kind: PolicyKind = type
  const parsed = parsePolicyValue({ Version: '2012-10-17', Statement: [statement] }, kind, `AWS's ${name}`)
  if (!parsed.ok) throw new Error(`${name} cannot be read`)
  const { source } = parsed.value.source
  const span = { start: 0, end: source.text.length }
  const origin = { source, span, pointer: '', encoding: 'document', format: 'json', isOnlyValue: true } as const
  return { name, document: parsed.value, origin }
}
