/**
 * A world written down again: as the AWS CLI would print it, and as files of our own form.
 */
import { stringify } from 'yaml'
import type { Grant } from '../../../src/graph/grant.js'
import type { SourceText } from '../../../src/text/source.js'
import { splitArn } from '../../../src/text/arn.js'
import type {
  World,
  WorldAccount,
  WorldGroup,
  WorldKey,
  WorldPolicy,
  WorldPrincipal,
} from '../../../src/source/world/world.js'

type Json = Readonly<Record<string, unknown>>

function documentOf(policy: WorldPolicy): Json {
  return JSON.parse(policy.document.source.source.text) as Json
}

function afterSlash(arn: string): string {
  const { resource } = splitArn(arn)!
  return resource.slice(resource.indexOf('/') + 1)
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}

function file(name: string, value: unknown): SourceText {
  return { name, text: `${JSON.stringify(value, null, 4)}\n` }
}

/** Node id -> policies, as the levels above the accounts have them. */
function attachments(world: World, type: 'scps' | 'rcps'): ReadonlyMap<string, readonly WorldPolicy[]> {
  const nodes = new Map<string, readonly WorldPolicy[]>()
  for (const account of world.accounts.values()) {
    for (const { nodeId, policies } of account[type] ?? []) nodes.set(nodeId, policies)
  }
  return nodes
}

function parentOf(world: World, { organizationPath, accountId }: WorldAccount): string {
  const parent = organizationPath?.split('/').at(-2)
  if (parent === undefined) throw new Error(`account ${accountId} has no place`)
  return parent
}

// --------------------------------------------------------------------------------------------------------- AWS output

/** What was passed for sessions no command tells: it stands in a file of our own form beside the others. */
export function asAwsFiles(world: World): readonly SourceText[] {
  const sessions = [...world.accounts.keys()].flatMap((id): [string, Json][] => {
    const ofAccount = ownSessions(world, id)
    return Object.keys(ofAccount).length === 0 ? [] : [[id, { sessions: ofAccount }]]
  })
  return [
    ...organizationOutput(world),
    ...[...world.accounts.keys()].flatMap((id) => accountOutput(world, id)),
    file('sessions.json', { keyward: 'world/1', accounts: Object.fromEntries(sessions) }),
  ]
}

function ownSessions(world: World, accountId: string): Json {
  const sessions = [...world.sessions.values()].filter((session) => session.accountId === accountId)
  return Object.fromEntries(
    sessions.map(({ arn, policies, tags }) => [
      splitArn(arn)!.resource,
      {
        policies: Object.fromEntries(
          policies.filter((policy) => policy.arn === undefined).map((policy) => [policy.name, documentOf(policy)]),
        ),
        attached: policies.flatMap((policy) => policy.arn ?? []),
        tags,
      },
    ]),
  )
}

function organizationOutput(world: World): readonly SourceText[] {
  const organization = world.organization!
  const files = [
    file('organization/describe-organization.json', {
      Organization: { Id: organization.id, MasterAccountId: organization.managementAccountId, FeatureSet: 'ALL' },
    }),
  ]
  const nodes = [...organization.nodes.values()]
  files.push(
    file('organization/list-roots.json', {
      Roots: nodes.filter(({ kind }) => kind === 'root').map(({ id, name }) => ({ Id: id, Name: name })),
    }),
  )
  for (const { id } of nodes) {
    const units = nodes.filter(({ parentId }) => parentId === id).map((unit) => ({ Id: unit.id, Name: unit.name }))
    const accounts = [...world.accounts.values()].filter((account) => parentOf(world, account) === id)
    files.push(
      file(`organization/list-organizational-units-for-parent.${id}.json`, { OrganizationalUnits: units }),
      file(`organization/list-accounts-for-parent.${id}.json`, {
        Accounts: accounts.map(({ accountId, name }) => ({ Id: accountId, Name: name })),
      }),
    )
  }
  for (const [type, awsType] of [
    ['scps', 'SERVICE_CONTROL_POLICY'],
    ['rcps', 'RESOURCE_CONTROL_POLICY'],
  ] as const) {
    const targets = new Map<string, { readonly policy: WorldPolicy; readonly ids: string[] }>()
    for (const [nodeId, policies] of attachments(world, type)) {
      for (const policy of policies) {
        const known = targets.get(policy.name)
        if (known === undefined) targets.set(policy.name, { policy, ids: [nodeId] })
        else known.ids.push(nodeId)
      }
    }
    for (const [name, { policy, ids }] of targets) {
      const id = `p-${name}`
      const summary = { Id: id, Name: name, Type: awsType }
      files.push(
        file(`organization/describe-policy.${id}.json`, {
          Policy: { PolicySummary: summary, Content: JSON.stringify(documentOf(policy)) },
        }),
        file(`organization/list-targets-for-policy.${id}.json`, {
          Targets: ids.map((target) => ({ TargetId: target })),
        }),
      )
    }
  }
  return files
}

function accountOutput(world: World, accountId: string): readonly SourceText[] {
  const principals = [...world.principals.values()].filter((principal) => principal.accountId === accountId)
  const policies = [...world.managedPolicies.values()].filter(
    ({ arn }) => splitArn(arn)?.account === accountId || splitArn(arn)?.account === 'aws',
  )
  const details = (list: readonly WorldPrincipal[], kind: 'User' | 'Role'): readonly Json[] =>
    list.map((principal) => ({
      Arn: principal.arn,
      [`${kind}Name`]: principal.name,
      [`${kind}Id`]: principal.uniqueId,
      [`${kind}PolicyList`]: inlineList(principal),
      AttachedManagedPolicies: principal.attached.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })),
      GroupList: principal.groups.map(lastPart),
      Tags: Object.entries(principal.tags).map(([Key, Value]) => ({ Key, Value })),
      ...(principal.boundary === undefined
        ? {}
        : { PermissionsBoundary: { PermissionsBoundaryArn: principal.boundary.arn } }),
    }))
  const authorization = file(`${accountId}/get-account-authorization-details.json`, {
    UserDetailList: details(
      principals.filter(({ kind }) => kind === 'user'),
      'User',
    ),
    RoleDetailList: details(
      principals.filter(({ kind }) => kind === 'role'),
      'Role',
    ),
    GroupDetailList: [...world.groups.values()]
      .filter((group) => group.accountId === accountId)
      .map((group) => ({
        Arn: group.arn,
        GroupPolicyList: inlineList(group),
        AttachedManagedPolicies: group.attached.map(({ arn }) => ({ PolicyArn: arn })),
      })),
    Policies: policies.flatMap(({ arn, name, policy }) =>
      policy === undefined
        ? []
        : [
            {
              Arn: arn,
              PolicyName: name,
              PolicyVersionList: [{ IsDefaultVersion: true, Document: documentOf(policy) }],
            },
          ],
    ),
  })
  const keys = [...world.keys.values()].filter((key) => key.accountId === accountId)
  const endpoints = [...world.endpoints.values()].filter((endpoint) => endpoint.accountId === accountId)
  return [
    authorization,
    ...keys.flatMap(keyOutput),
    file(`${accountId}/describe-vpc-endpoints.json`, {
      VpcEndpoints: endpoints.map(({ endpointId, serviceName, policy }) => ({
        VpcEndpointId: endpointId,
        ServiceName: serviceName,
        ...(policy === undefined ? {} : { PolicyDocument: encodeURIComponent(JSON.stringify(documentOf(policy))) }),
      })),
    }),
  ]
}

function inlineList({ inline }: WorldPrincipal | WorldGroup): readonly Json[] {
  // URL-encoded, as the API has them and some other clients leave them.
  return inline.map((policy) => ({
    PolicyName: policy.name,
    PolicyDocument: encodeURIComponent(JSON.stringify(documentOf(policy))),
  }))
}

function keyOutput(key: WorldKey): readonly SourceText[] {
  const { arn, keyId, accountId, region, properties, policy, grants } = key
  const folder = `${accountId}/${region}`
  const type = properties.multiRegionKeyType
  return [
    file(`${folder}/describe-key.${keyId}.json`, {
      KeyMetadata: {
        Arn: arn,
        KeyManager: properties.keyManager,
        KeySpec: properties.keySpec,
        KeyUsage: properties.keyUsage,
        Origin: properties.origin,
        MultiRegion: properties.multiRegion,
        ...(type === undefined ? {} : { MultiRegionConfiguration: { MultiRegionKeyType: type } }),
      },
    }),
    ...(policy === undefined
      ? []
      : [file(`${folder}/get-key-policy.${keyId}.json`, { Policy: JSON.stringify(documentOf(policy), null, 2) })]),
    file(`${folder}/list-grants.${keyId}.json`, {
      Grants: grants.map((grant) => ({ KeyId: arn, ...grantOutput(grant) })),
    }),
    file(`${folder}/list-aliases.${keyId}.json`, {
      Aliases: (properties.aliases ?? []).map((name) => ({
        AliasArn: `${arn.slice(0, arn.lastIndexOf(':'))}:${name}`,
        TargetKeyId: keyId,
      })),
    }),
    file(`${folder}/list-resource-tags.${keyId}.json`, {
      Tags: Object.entries(properties.tags ?? {}).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
    }),
  ]
}

function grantOutput(grant: Grant): Json {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = grant.constraints ?? {}
  return {
    GrantId: grant.grantId,
    GranteePrincipal: grant.granteePrincipal,
    GranteeServicePrincipal: grant.granteeServicePrincipal,
    RetiringPrincipal: grant.retiringPrincipal,
    RetiringServicePrincipal: grant.retiringServicePrincipal,
    IssuingAccount: grant.issuingAccount,
    Operations: grant.operations,
    propagated: grant.propagated,
    ...(grant.constraints === undefined
      ? {}
      : {
          Constraints: {
            EncryptionContextEquals: encryptionContextEquals,
            EncryptionContextSubset: encryptionContextSubset,
            SourceArn: sourceArn,
          },
        }),
  }
}

// ------------------------------------------------------------------------------------------------------------ our own

/** One file for the organization and one for each account. */
export function asOwnFiles(world: World, format: 'json' | 'yaml'): readonly SourceText[] {
  const write = (name: string, value: Json): SourceText => {
    const whole = { keyward: 'world/1', ...value }
    if (format === 'json') return file(`${name}.json`, whole)
    return {
      name: `${name}.yaml`,
      text: stringify(JSON.parse(JSON.stringify(whole)), { aliasDuplicateObjects: false }),
    }
  }
  const scps = attachments(world, 'scps')
  const rcps = attachments(world, 'rcps')
  const organization = world.organization!
  const policiesByName = (nodes: ReadonlyMap<string, readonly WorldPolicy[]>): Json =>
    Object.fromEntries([...nodes.values()].flat().map((policy) => [policy.name, documentOf(policy)]))
  const attachedTo = (id: string): Json => ({
    ...(scps.has(id) ? { scps: scps.get(id)!.map(({ name }) => name) } : {}),
    ...(rcps.has(id) ? { rcps: rcps.get(id)!.map(({ name }) => name) } : {}),
  })
  const node = (id: string): Json => ({
    id,
    name: organization.nodes.get(id)?.name,
    ...attachedTo(id),
    accounts: [...world.accounts.values()]
      .filter((account) => parentOf(world, account) === id)
      .map(({ accountId }) => accountId),
    units: [...organization.nodes.values()].filter(({ parentId }) => parentId === id).map((unit) => node(unit.id)),
  })
  const root = [...organization.nodes.values()].find(({ kind }) => kind === 'root')!
  const awsPolicies = [...world.managedPolicies.values()].filter(({ arn }) => splitArn(arn)?.account === 'aws')
  return [
    write('organization', {
      organization: { id: organization.id, managementAccount: organization.managementAccountId, root: node(root.id) },
      scps: policiesByName(scps),
      rcps: policiesByName(rcps),
      awsManagedPolicies: Object.fromEntries(awsPolicies.map(({ arn, policy }) => [arn, documentOf(policy!)])),
    }),
    ...[...world.accounts.values()].map(({ accountId, name }) =>
      write(accountId, {
        accounts: { [accountId]: { name, ...attachedTo(accountId), ...ownAccount(world, accountId) } },
      }),
    ),
  ]
}

function ownAccount(world: World, accountId: string): Json {
  const principals = [...world.principals.values()].filter((principal) => principal.accountId === accountId)
  const own = ({ inline, attached }: WorldPrincipal | WorldGroup): Json => ({
    policies: Object.fromEntries(inline.map((policy) => [policy.name, documentOf(policy)])),
    attached: attached.map(({ arn }) => arn),
  })
  const principal = (each: WorldPrincipal): [string, Json] => [
    afterSlash(each.arn),
    { id: each.uniqueId, tags: each.tags, boundary: each.boundary?.arn, ...own(each) },
  ]
  const ofKind = (kind: string): readonly WorldPrincipal[] => principals.filter((each) => each.kind === kind)
  return {
    users: Object.fromEntries(
      ofKind('user').map((user) => {
        const [name, value] = principal(user)
        return [name, { ...value, groups: user.groups.map(lastPart) }]
      }),
    ),
    roles: Object.fromEntries(ofKind('role').map(principal)),
    groups: Object.fromEntries(
      [...world.groups.values()]
        .filter((group) => group.accountId === accountId)
        .map((group) => [afterSlash(group.arn), own(group)]),
    ),
    policies: Object.fromEntries(
      [...world.managedPolicies.values()]
        .filter(({ arn }) => splitArn(arn)?.account === accountId)
        .map(({ arn, policy }) => [afterSlash(arn), documentOf(policy!)]),
    ),
    keys: Object.fromEntries(
      [...world.keys.values()]
        .filter((key) => key.accountId === accountId)
        .map((key) => [`${key.region}/${key.keyId}`, ownKey(key)]),
    ),
    sessions: ownSessions(world, accountId),
    endpoints: Object.fromEntries(
      [...world.endpoints.values()]
        .filter((endpoint) => endpoint.accountId === accountId)
        .map(({ endpointId, serviceName, policy }) => [
          endpointId,
          { service: serviceName, policy: policy === undefined ? undefined : documentOf(policy) },
        ]),
    ),
  }
}

function ownKey({ properties, policy, grants }: WorldKey): Json {
  return {
    manager: properties.keyManager,
    spec: properties.keySpec,
    usage: properties.keyUsage,
    origin: properties.origin,
    multiRegion: properties.multiRegionKeyType ?? properties.multiRegion,
    aliases: properties.aliases,
    tags: properties.tags,
    grants: grants.map(grantOutput),
    policy: policy === undefined ? undefined : documentOf(policy),
  }
}
