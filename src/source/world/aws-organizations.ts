/**
 * What the Organizations and EC2 commands of the AWS CLI print: the tree, its policies and where they are attached, and
 * VPC endpoints.
 *
 * Source: AWS Organizations API Reference, "Organization", "Root", "OrganizationalUnit", "Account", "Policy",
 * "PolicyTargetSummary"; Amazon EC2 API Reference, "VpcEndpoint".
 */
import { quote } from '../../text/escape.js'
import type { OrganizationPolicyType, WorldDraft } from './draft.js'
import { saysMore } from './aws-iam.js'
import { headOf, itemsOf, member, memberText, placeOf, type Located } from './places.js'
import type { FileSubject } from './subject.js'
import type { TopValue } from './top-value.js'

export function readOrganization(draft: WorldDraft, top: TopValue): void {
  const organization = top.get('Organization')
  if (organization === undefined) return
  const id = memberText(organization, 'Id')
  const management = memberText(organization, 'MasterAccountId') ?? memberText(organization, 'ManagementAccountId')
  stateOrganization(draft, organization, {
    ...(id === undefined ? {} : { id }),
    ...(management === undefined ? {} : { managementAccountId: management }),
    hasPolicies: memberText(organization, 'FeatureSet') !== 'CONSOLIDATED_BILLING',
  })
}

export function stateOrganization(
  draft: WorldDraft,
  located: Located,
  value: { readonly id?: string; readonly managementAccountId?: string; readonly hasPolicies: boolean },
): void {
  const place = headOf(located)
  const known = draft.organization
  if (known === undefined) {
    draft.organization = { value, place }
    return
  }
  const differs = (left: string | undefined, right: string | undefined): boolean =>
    left !== undefined && right !== undefined && left !== right
  if (differs(known.value.id, value.id) || differs(known.value.managementAccountId, value.managementAccountId)) {
    draft.contradict('the organization', known.place, place)
  }
  draft.organization = { value: { ...value, ...known.value }, place: known.place }
}

const POLICY_TYPES: Readonly<Record<string, OrganizationPolicyType>> = {
  SERVICE_CONTROL_POLICY: 'scp',
  RESOURCE_CONTROL_POLICY: 'rcp',
}

export function readRoots(draft: WorldDraft, top: TopValue): void {
  for (const item of top.items('Roots')) {
    const id = memberText(item, 'Id')
    if (id === undefined) {
      draft.error(item, 'a root has no `Id`')
      continue
    }
    const types = member(item, 'PolicyTypes')
    const enabled = itemsOf(types).flatMap((entry) => {
      const type = POLICY_TYPES[memberText(entry, 'Type') ?? '']
      return type !== undefined && memberText(entry, 'Status') === 'ENABLED' ? [type] : []
    })
    const name = memberText(item, 'Name')
    stateNode(draft, item, {
      id,
      kind: 'root',
      ...(name === undefined ? {} : { name }),
      ...(types === undefined ? {} : { enabled }),
    })
  }
}

export function stateNode(
  draft: WorldDraft,
  located: Located,
  node: {
    readonly id: string
    readonly kind: 'root' | 'unit'
    readonly name?: string
    readonly enabled?: readonly OrganizationPolicyType[]
  },
): void {
  // Names are for people; two spellings of one are no contradiction.
  draft.state(draft.nodes, node.id, node, headOf(located), `the kind of ${node.id}`, (a, b) => a.kind === b.kind)
}

export function readUnits(draft: WorldDraft, top: TopValue, subject: FileSubject): void {
  for (const item of top.items('OrganizationalUnits')) {
    const id = memberText(item, 'Id')
    if (id === undefined) {
      draft.error(item, 'an organizational unit has no `Id`')
      continue
    }
    const name = memberText(item, 'Name')
    stateNode(draft, item, { id, kind: 'unit', ...(name === undefined ? {} : { name }) })
    if (subject.nodeId !== undefined) draft.parent(id, subject.nodeId, placeOf(item))
    else
      draft.error(
        item,
        `nothing tells which parent the unit ${quote(id)} has`,
        parentHint('list-organizational-units-for-parent'),
      )
  }
}

function parentHint(command: string): string {
  return `name the file \`${command}.{id of the parent}.json\``
}

/** `list-accounts`, or `list-accounts-for-parent` where the file's name tells the parent. */
export function readAccounts(draft: WorldDraft, top: TopValue, subject: FileSubject): void {
  const isOfParent = subject.command.startsWith('list-accounts-for-parent')
  const list = top.get('Accounts')
  if (isOfParent && subject.nodeId === undefined && list !== undefined) {
    draft.error(list, 'nothing tells which parent these accounts have', parentHint('list-accounts-for-parent'))
  }
  for (const item of top.items('Accounts')) {
    const id = memberText(item, 'Id')
    if (id === undefined || !/^[0-9]{12}$/.test(id)) {
      draft.error(item, 'an account has no `Id` of twelve digits')
      continue
    }
    const name = memberText(item, 'Name')
    draft.account(id, name, headOf(item))
    if (subject.nodeId !== undefined) draft.parent(id, subject.nodeId, placeOf(item))
  }
  const about = subject.nodeId === undefined ? 'the accounts of the organization' : `the accounts of ${subject.nodeId}`
  draft.page(`accounts ${subject.nodeId ?? ''}`, !saysMore(top), about, top.place)
}

export function readOrganizationPolicy(draft: WorldDraft, policy: Located): void {
  const summary = member(policy, 'PolicySummary')
  const id = summary === undefined ? undefined : memberText(summary, 'Id')
  const content = member(policy, 'Content')
  if (summary === undefined || id === undefined || content === undefined) {
    draft.error(
      policy,
      'a policy without `PolicySummary` and `Content`',
      'expected what `aws organizations describe-policy` prints',
    )
    return
  }
  const type = POLICY_TYPES[memberText(summary, 'Type') ?? '']
  // Tag, backup and other policies have no part in access.
  if (type === undefined) return
  const name = memberText(summary, 'Name') ?? id
  const arn = memberText(summary, 'Arn')
  const read = draft.policy(content, type, name, `${type.toUpperCase()} ${name} (${id})`, arn)
  draft.organizationPolicy({ ...read, id, type })
}

export function readTargets(draft: WorldDraft, top: TopValue, subject: FileSubject): void {
  const list = top.get('Targets')
  const { policyId } = subject
  if (list === undefined) return
  if (policyId === undefined) {
    const hint = 'name the file `list-targets-for-policy.{policy id}.json`'
    draft.error(list, 'nothing tells which policy has these targets', hint)
    return
  }
  const ids: string[] = []
  for (const item of top.items('Targets')) {
    const id = memberText(item, 'TargetId')
    if (id === undefined) draft.error(item, 'a target has no `TargetId`')
    else ids.push(id)
  }
  draft.attach(draft.targetsOfPolicy, policyId, ids, top.place)
  draft.page(`targets ${policyId}`, !saysMore(top), `the targets of policy ${policyId}`, top.place)
}

/** `list-policies-for-target` where the file's name tells the target; a plain `list-policies` adds nothing. */
export function readPolicySummaries(draft: WorldDraft, top: TopValue, subject: FileSubject): void {
  const target =
    subject.nodeId ?? (subject.command.startsWith('list-policies-for-target') ? subject.accountId : undefined)
  if (target === undefined) return
  for (const item of top.items('Policies')) {
    const id = memberText(item, 'Id')
    const type = POLICY_TYPES[memberText(item, 'Type') ?? '']
    if (id !== undefined && type !== undefined)
      draft.attach(draft.policiesOfTarget, `${type} ${target}`, [id], top.place)
  }
}

const KMS_SERVICE = /\.kms(-fips)?$/

export function readVpcEndpoints(draft: WorldDraft, top: TopValue): void {
  for (const item of top.items('VpcEndpoints')) {
    const endpointId = memberText(item, 'VpcEndpointId')
    const serviceName = memberText(item, 'ServiceName')
    if (endpointId === undefined) {
      draft.error(item, 'an endpoint has no `VpcEndpointId`')
      continue
    }
    // No call to KMS arrives through the endpoint of another service.
    if (serviceName !== undefined && !KMS_SERVICE.test(serviceName)) continue
    const document = member(item, 'PolicyDocument')
    const accountId = memberText(item, 'OwnerId')
    const vpcId = memberText(item, 'VpcId')
    draft.endpoint(
      {
        endpointId,
        ...(accountId === undefined ? {} : { accountId }),
        ...(serviceName === undefined ? {} : { serviceName }),
        ...(vpcId === undefined ? {} : { vpcId }),
        ...(document === undefined
          ? {}
          : { policy: draft.policy(document, 'vpce', 'endpoint policy', `the policy of endpoint ${endpointId}`) }),
        hasDefaultPolicy: false,
      },
      item,
    )
  }
}
