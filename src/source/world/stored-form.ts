/**
 * How a stored world writes down what it has: one JSON text for each thing, and a head that says which is which.
 *
 * Types only. A policy, a principal and so on is an entry of its own; lists of names are entries as well, so that a
 * question that names its caller by its ARN need not read those of all others. Places of things are kept, places of
 * gaps are not: nothing that answers shows them.
 */
import type { Grant } from '../../graph/grant.js'
import type { KeyProperties } from '../../graph/world.js'
import type { PolicyKind } from '../../policy/document.js'
import type { Position } from '../../text/source.js'
import type { Gap, OrganizationNode } from './world.js'
import type { PolicyOrigin } from './policy-text.js'

/** Raised whenever something below means something else. */
export const STORED_FORM = 4

/** Entry numbers of things of one kind: those of `names`, a list of texts, begin at `first`. */
export interface StoredList {
  readonly names: number
  readonly first: number
  readonly count: number
}

export interface StoredHead {
  readonly form: number
  /** What it was made from: see `world-cache.ts`. */
  readonly key: string
  /** Parts of the files that cannot be used. */
  readonly unusable: number
  readonly contradictions: number
  readonly organization: {
    readonly id: string | null
    readonly managementAccountId: string | null
    readonly nodes: readonly StoredNode[]
  } | null
  readonly accounts: StoredList
  readonly principals: StoredList
  readonly groups: StoredList
  readonly sessions: StoredList
  readonly managedPolicies: StoredList
  readonly keys: StoredList
  readonly endpoints: StoredList
  /** `[alias name, number of its key]`. */
  readonly aliases: number
  readonly gaps: number
}

export interface StoredNode {
  readonly id: string
  readonly kind: OrganizationNode['kind']
  readonly name: string | null
  readonly parentId: string | null
}

/** Number of the file among those of the folder, or the text itself where it is no file's. */
type StoredSource = number | { readonly name: string; readonly text: string }

export type StoredPlace = readonly [source: StoredSource, start: number, end: number, pointer: string]

export interface StoredPolicy {
  readonly name: string
  readonly arn?: string
  readonly kind: PolicyKind
  readonly text: string
  readonly place: StoredPlace
  readonly encoding: PolicyOrigin['encoding']
  readonly format: PolicyOrigin['format']
  readonly isOnlyValue: boolean
  readonly fileLength: number
  /** Where it begins. */
  readonly position: Position
}

/** Node id and entries of policies. */
export type StoredLevels = readonly (readonly [nodeId: string, policies: readonly number[]])[]

export interface StoredAccount {
  readonly name: string | null
  readonly isManagement: boolean
  readonly organizationId: string | null
  readonly organizationPath: string | null
  readonly scps: StoredLevels | null
  readonly rcps: StoredLevels | null
}

/** A policy that is read when somebody asks. */
export interface StoredTrust {
  readonly text: string
  readonly place: StoredPlace
  readonly encoding: PolicyOrigin['encoding']
  readonly format: PolicyOrigin['format']
  readonly isOnlyValue: boolean
}

export interface StoredPrincipal {
  readonly kind: 'user' | 'role'
  readonly accountId: string
  readonly path: string
  readonly name: string
  readonly uniqueId: string | null
  readonly tags: Readonly<Record<string, string>>
  readonly inline: readonly number[]
  readonly attached: readonly number[]
  readonly groups: readonly string[]
  readonly boundary: number | null
  readonly trust: StoredTrust | null
  readonly maxSessionSeconds: number | null
  readonly place: StoredPlace
}

export interface StoredGroup {
  readonly accountId: string
  readonly inline: readonly number[]
  readonly attached: readonly number[]
  readonly place: StoredPlace
}

export interface StoredSession {
  readonly accountId: string
  readonly policies: readonly number[]
  readonly tags: Readonly<Record<string, string>>
  readonly place: StoredPlace
}

export interface StoredManagedPolicy {
  readonly name: string
  readonly defaultVersionId: string | null
  readonly policy: number | null
}

export interface StoredKey {
  readonly accountId: string
  readonly region: string
  readonly keyId: string
  readonly properties: KeyProperties
  readonly state: string | null
  readonly description: string | null
  readonly policy: number | null
  readonly grants: readonly Grant[]
  readonly place: StoredPlace
}

export interface StoredEndpoint {
  readonly accountId: string | null
  readonly serviceName: string | null
  readonly vpcId: string | null
  readonly policy: number | null
  readonly place: StoredPlace
}

export type StoredGap = Omit<Gap, 'place'>
