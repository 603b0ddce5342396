/**
 * A world: what is known of an organization, its accounts, principals, keys and endpoints, each with its file.
 *
 * Types only. What files disagree about and what none of them says is part of it, because both change what an answer
 * is worth.
 */
import type { Grant } from '../../graph/grant.js'
import type { KeyProperties } from '../../graph/world.js'
import type { PolicyDocument } from '../../policy/document.js'
import type { SourceError } from '../../text/source.js'
import type { WorldPlace } from './places.js'
import type { PolicyOrigin, WrittenTrust } from './policy-text.js'

/** What answers are made from. A map may read an entry when it is asked for it: whoever walks all values reads them all. */
export interface AskedWorld {
  readonly organization: WorldOrganization | undefined
  /** By account id. */
  readonly accounts: ReadonlyMap<string, WorldAccount>
  /** Users and roles by ARN. */
  readonly principals: ReadonlyMap<string, WorldPrincipal>
  /** By ARN. */
  readonly groups: ReadonlyMap<string, WorldGroup>
  /** Sessions of which the files say what was passed when they were made; by ARN, as `WorldSession` has it. */
  readonly sessions: ReadonlyMap<string, WorldSession>
  /** By ARN, AWS's own included. */
  readonly managedPolicies: ReadonlyMap<string, WorldManagedPolicy>
  /** By ARN. */
  readonly keys: ReadonlyMap<string, WorldKey>
  /** Alias ARN -> ARN of its key. */
  readonly aliases: ReadonlyMap<string, string>
  /** By id. */
  readonly endpoints: ReadonlyMap<string, WorldEndpoint>
  readonly gaps: readonly Gap[]
}

export interface World extends AskedWorld {
  readonly contradictions: readonly Contradiction[]
  readonly files: readonly WorldFile[]
  /** Policies that cannot be read; each is a gap as well. */
  readonly unreadable: readonly UnreadablePolicy[]
}

export interface WorldPolicy {
  /** As people call it: the name of an inline or managed policy, the id of an organization policy, `key policy`. */
  readonly name: string
  /** Managed policies only. */
  readonly arn?: string
  readonly document: PolicyDocument
  readonly origin: PolicyOrigin
}

export interface WorldManagedPolicy {
  readonly arn: string
  readonly name: string
  readonly defaultVersionId?: string
  /** The default version; undefined where it is not known or cannot be read. */
  readonly policy: WorldPolicy | undefined
}

export interface WorldOrganization {
  readonly id: string | undefined
  readonly managementAccountId: string | undefined
  /** Roots and organizational units by id. */
  readonly nodes: ReadonlyMap<string, OrganizationNode>
}

export interface OrganizationNode {
  readonly id: string
  readonly kind: 'root' | 'unit'
  readonly name: string | undefined
  readonly parentId: string | undefined
}

/** The policies attached at one level on the way from the root to an account. */
export interface PolicyLevel {
  /** Id of a root, an organizational unit or an account. */
  readonly nodeId: string
  readonly policies: readonly WorldPolicy[]
}

export interface WorldAccount {
  readonly accountId: string
  readonly name: string | undefined
  readonly isManagement: boolean
  readonly organizationId: string | undefined
  /** As in aws:PrincipalOrgPaths; undefined where the way to the root is not known. */
  readonly organizationPath: string | undefined
  /** From the root to the account; undefined where none apply or none are known, and then a gap says so. */
  readonly scps: readonly PolicyLevel[] | undefined
  readonly rcps: readonly PolicyLevel[] | undefined
}

export interface WorldPrincipal {
  readonly kind: 'user' | 'role'
  readonly arn: string
  readonly accountId: string
  /** Begins and ends with `/`. */
  readonly path: string
  readonly name: string
  readonly uniqueId: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly inline: readonly WorldPolicy[]
  readonly attached: readonly WorldPolicy[]
  /** ARNs. */
  readonly groups: readonly string[]
  readonly boundary: WorldPolicy | undefined
  /** Roles: the trust policy as it is written. Who may assume a role is no question of KMS: it is read when one is. */
  readonly trust: WrittenTrust | undefined
  /** Roles: MaxSessionDuration in seconds, where a file says it. */
  readonly maxSessionSeconds: number | undefined
  readonly place: WorldPlace
}

/** A session with what was passed when it was made: nothing else limits it but what limits its role or user. */
export interface WorldSession {
  /** Of a role's session or a federated user. In the name of a session `*` stands for any text. */
  readonly arn: string
  readonly accountId: string
  /** All of its session policies; none were passed where there are none. */
  readonly policies: readonly WorldPolicy[]
  readonly tags: Readonly<Record<string, string>>
  readonly place: WorldPlace
}

export interface WorldGroup {
  readonly arn: string
  readonly accountId: string
  readonly inline: readonly WorldPolicy[]
  readonly attached: readonly WorldPolicy[]
  readonly place: WorldPlace
}

export interface WorldKey {
  readonly arn: string
  readonly accountId: string
  readonly region: string
  readonly keyId: string
  readonly properties: KeyProperties
  /** `Enabled`, `Disabled`, `PendingDeletion`, ... as DescribeKey has it. */
  readonly state: string | undefined
  readonly description: string | undefined
  readonly policy: WorldPolicy | undefined
  readonly grants: readonly Grant[]
  readonly place: WorldPlace
}

export interface WorldEndpoint {
  readonly endpointId: string
  readonly accountId: string | undefined
  readonly serviceName: string | undefined
  readonly vpcId: string | undefined
  /** Undefined: AWS's default, which allows everything, or not known; then a gap says so. */
  readonly policy: WorldPolicy | undefined
  readonly place: WorldPlace
}

// -------------------------------------------------------------------------------------- what the files do not settle

export type GapCode =
  | 'organization-missing'
  | 'organization-id-missing'
  | 'management-account-missing'
  | 'account-not-in-organization'
  | 'account-place-unknown'
  | 'scps-missing'
  | 'rcps-missing'
  | 'scp-targets-missing'
  | 'rcp-targets-missing'
  | 'organization-policy-missing'
  | 'identities-missing'
  | 'principal-missing'
  | 'managed-policy-missing'
  | 'group-missing'
  | 'key-missing'
  | 'key-metadata-missing'
  | 'key-policy-missing'
  | 'grants-missing'
  | 'aliases-missing'
  | 'key-tags-missing'
  | 'endpoint-missing'
  | 'endpoint-policy-missing'
  | 'list-incomplete'
  | 'contradicted'
  | 'policy-unreadable'

/** Which answers a gap could change: every one, or those about certain callers, keys or endpoints. */
export type GapScope =
  | { readonly kind: 'everything' }
  /** Callers of these accounts. */
  | { readonly kind: 'callers'; readonly accountIds: readonly string[] }
  /** Keys of these accounts. */
  | { readonly kind: 'keysOf'; readonly accountIds: readonly string[] }
  | { readonly kind: 'principals'; readonly arns: readonly string[] }
  | { readonly kind: 'keys'; readonly arns: readonly string[] }
  | { readonly kind: 'endpoint'; readonly endpointId: string }

export interface Gap {
  readonly code: GapCode
  /** What is missing and how it is taken: "no SCPs were given: taken as not limiting". */
  readonly message: string
  readonly scope: GapScope
  /** What refers to the missing thing, where something does. */
  readonly place?: WorldPlace
  /** Of `policy-unreadable` alone. */
  readonly unreadable?: UnreadableAt
}

/** What a policy that cannot be read would be in a decision. */
export type UnreadPart = 'scp' | 'rcp' | 'vpce' | 'keyPolicy' | 'identity' | 'boundary' | 'session'

/** A policy that cannot be read, where it stands, and what is wrong with it. */
export interface UnreadableAt {
  readonly part: UnreadPart
  /** As a sentence names it: `the policy of key arn:...`. */
  readonly policy: string
  /** As the folder of the world calls it. */
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  /** The first of its errors. */
  readonly problem?: string
}

export interface Contradiction {
  /** What two files say differently, such as "the key policy of arn:...". */
  readonly about: string
  /** The one that is taken: of the file that comes first by name. */
  readonly first: WorldPlace
  readonly second: WorldPlace
  /** The answers that it could change, where it is about one caller or key. */
  readonly scope?: GapScope
}

export interface WorldFile {
  readonly name: string
  /** What it was taken as, such as `aws kms list-grants`; several where it holds several values. */
  readonly takenAs: readonly string[]
}

export interface UnreadablePolicy {
  /** Whose, such as "the key policy of arn:...". */
  readonly owner: string
  readonly errors: readonly SourceError[]
}
