/**
 * What files have stated so far, thing by thing, before it is put together.
 *
 * The first file to state something is believed; another that says otherwise makes a contradiction. Knows no file
 * format: readers of the forms call it.
 */
import type { Grant } from '../../graph/grant.js'
import type { PolicyDocument, PolicyKind } from '../../policy/document.js'
import type { SourceError } from '../../text/source.js'
import { errorAt, headOf, placeOf, type Located, type WorldPlace } from './places.js'
import { originOf, PolicyReader, type WrittenTrust } from './policy-text.js'
import type { Contradiction, GapScope, UnreadablePolicy, WorldPolicy } from './world.js'

/** Something stated at a place. */
export interface Stated<T> {
  readonly value: T
  readonly place: WorldPlace
}

export type OrganizationPolicyType = 'scp' | 'rcp'

/** A policy that a file has; `policy` is undefined where it cannot be read. */
export interface DraftPolicy {
  readonly name: string
  readonly policy: WorldPolicy | undefined
  readonly place: WorldPlace
  /** Why it cannot be read: the first of its errors. */
  readonly fault?: SourceError
}

export interface DraftPrincipal {
  readonly kind: 'user' | 'role' | 'group'
  readonly arn: string
  readonly uniqueId?: string
  readonly tags: Readonly<Record<string, string>>
  readonly inline: readonly DraftPolicy[]
  /** ARNs. */
  readonly attached: readonly string[]
  /** ARNs. */
  readonly groups: readonly string[]
  /** ARN of a managed policy, or a policy of its own. */
  readonly boundary?: string | DraftPolicy
  readonly trust?: WrittenTrust
  readonly maxSessionSeconds?: number
}

/** What was passed when a session was made. */
export interface DraftSession {
  readonly arn: string
  readonly inline: readonly DraftPolicy[]
  /** ARNs. */
  readonly attached: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

export interface DraftManagedPolicy extends DraftPolicy {
  readonly arn: string
  readonly defaultVersionId?: string
}

export interface DraftOrganization {
  readonly id?: string
  readonly managementAccountId?: string
  /** False for an organization with consolidated billing only, which has no SCPs. */
  readonly hasPolicies: boolean
}

export interface DraftNode {
  readonly id: string
  readonly kind: 'root' | 'unit'
  readonly name?: string
  /** Roots: which kinds of policy are switched on; undefined where that is not said. */
  readonly enabled?: readonly OrganizationPolicyType[]
}

export interface DraftOrganizationPolicy extends DraftPolicy {
  readonly id: string
  readonly type: OrganizationPolicyType
}

/** Where policies are attached, said of a target (its policies) or of a policy (its targets). */
export interface DraftAttachments {
  readonly place: WorldPlace
  readonly ids: Set<string>
}

export interface DraftKey {
  readonly arn: string
  readonly place: WorldPlace
  /** Properties by name. */
  readonly properties: Map<string, Stated<string | boolean>>
  policy?: Stated<DraftPolicy>
  tags?: Stated<Readonly<Record<string, string>>>
  readonly grants: Map<string, Stated<Grant>>
  hasGrants: boolean
  /** One of our own files describes it: what that leaves out is not there. */
  isOwn: boolean
}

export interface DraftEndpoint {
  readonly endpointId: string
  readonly accountId?: string
  readonly serviceName?: string
  readonly vpcId?: string
  readonly policy?: DraftPolicy
  /** Own files: no policy means AWS's default. */
  readonly hasDefaultPolicy: boolean
}

/** A list that may come in pages: complete once a page says that none follows. */
interface Pages {
  readonly about: string
  readonly accountId: string | undefined
  readonly keyArn: string | undefined
  readonly place: WorldPlace
  isComplete: boolean
}

/** More than anybody reads; the rest is counted. */
const MAX_CONTRADICTIONS = 1000

export class WorldDraft {
  readonly errors: SourceError[] = []
  readonly contradictions: Contradiction[] = []
  readonly unreadable: UnreadablePolicy[] = []
  readonly reader = new PolicyReader()

  organization: Stated<DraftOrganization> | undefined
  readonly nodes = new Map<string, Stated<DraftNode>>()
  /** Account or unit -> its root or unit. */
  readonly parents = new Map<string, Stated<string>>()
  readonly accounts = new Map<string, Stated<{ readonly name?: string }>>()
  /** By type and id. */
  readonly organizationPolicies = new Map<string, Stated<DraftOrganizationPolicy>>()
  /** By type and target id: ids or names of policies. */
  readonly policiesOfTarget = new Map<string, DraftAttachments>()
  /** By policy id: ids of targets. */
  readonly targetsOfPolicy = new Map<string, DraftAttachments>()

  readonly principals = new Map<string, Stated<DraftPrincipal>>()
  readonly sessions = new Map<string, Stated<DraftSession>>()
  readonly managedPolicies = new Map<string, Stated<DraftManagedPolicy>>()
  /** Accounts whose users and roles some file lists. */
  readonly accountsWithIdentities = new Set<string>()

  readonly keys = new Map<string, DraftKey>()
  private readonly arnsOfKeyId = new Map<string, string[]>()
  /** Alias ARN -> key ARN. */
  readonly aliases = new Map<string, Stated<string>>()
  /** `account/region` of which some file lists the aliases. */
  readonly placesWithAliases = new Set<string>()
  readonly endpoints = new Map<string, Stated<DraftEndpoint>>()
  readonly pages = new Map<string, Pages>()
  /** Of lists whose pages do not all say whom they are about: those that wait for the last one. */
  private readonly openPages = new Map<string, Set<Pages>>()

  readonly report = (error: SourceError): void => {
    this.errors.push(error)
  }

  error(located: Located, message: string, hint?: string): void {
    this.report(errorAt(located, message, hint))
  }

  /** Keeps what is stated first; a different second statement is a contradiction. */
  state<T>(
    map: Map<string, Stated<T>>,
    id: string,
    value: T,
    place: WorldPlace,
    about: string,
    same: (left: T, right: T) => boolean = sameText,
    scope?: GapScope,
  ): void {
    const first = map.get(id)
    if (first === undefined) map.set(id, { value, place })
    else if (!same(first.value, value)) this.contradict(about, first.place, place, scope)
  }

  /** @param scope - which answers it could change, where it is about one caller or key. */
  contradict(about: string, first: WorldPlace, second: WorldPlace, scope?: GapScope): void {
    if (this.contradictions.length >= MAX_CONTRADICTIONS) return
    this.contradictions.push({ about, first, second, ...(scope === undefined ? {} : { scope }) })
  }

  /**
   * Reads a policy; one that cannot be read is kept as such.
   * @param owner - whose it is, for messages: "the key policy of arn:...".
   */
  policy(located: Located, kind: PolicyKind, name: string, owner: string, arn?: string): DraftPolicy {
    const place = headOf(located)
    const read = this.reader.policyAt(located, kind)
    if (!read.ok) {
      this.unreadable.push({ owner, errors: read.error })
      const [fault] = read.error
      return { name, policy: undefined, place, ...(fault === undefined ? {} : { fault }) }
    }
    const document = read.value
    const origin = originOf(document.source)
    if (origin === undefined) throw new Error('a policy of a world was read without its origin')
    return { name, place, policy: { name, ...(arn === undefined ? {} : { arn }), document, origin } }
  }

  /** ARNs of the keys of an id: several for multi-Region keys. */
  keysOfId(keyId: string): readonly string[] {
    return this.arnsOfKeyId.get(keyId) ?? []
  }

  /** The draft of a key, begun where it is first heard of. */
  key(arn: string, place: WorldPlace): DraftKey {
    let key = this.keys.get(arn)
    if (key === undefined) {
      key = { arn, place, properties: new Map(), grants: new Map(), hasGrants: false, isOwn: false }
      this.keys.set(arn, key)
      const keyId = arn.slice(arn.lastIndexOf('/') + 1)
      const others = this.arnsOfKeyId.get(keyId)
      if (others === undefined) this.arnsOfKeyId.set(keyId, [arn])
      else others.push(arn)
    }
    return key
  }

  keyPolicy(arn: string, located: Located): void {
    const about = `the key policy of ${arn}`
    const key = this.key(arn, headOf(located))
    const policy = this.policy(located, 'key', 'key policy', about)
    if (key.policy === undefined) key.policy = { value: policy, place: policy.place }
    else if (!samePolicy(key.policy.value, policy)) this.contradict(about, key.policy.place, policy.place, ofKey(arn))
  }

  keyTags(arn: string, tags: Readonly<Record<string, string>>, place: WorldPlace): void {
    const key = this.key(arn, place)
    if (key.tags === undefined) key.tags = { value: tags, place }
    else if (!sameRecord(key.tags.value, tags)) this.contradict(`the tags of ${arn}`, key.tags.place, place, ofKey(arn))
  }

  grant(grant: Grant, place: WorldPlace): void {
    const key = this.key(grant.keyArn, place)
    key.hasGrants = true
    const about = `grant ${grant.grantId} of ${grant.keyArn}`
    this.state(key.grants, grant.grantId, grant, place, about, sameText, ofKey(grant.keyArn))
  }

  alias(aliasArn: string, keyArn: string, located: Located): void {
    this.state(this.aliases, aliasArn, keyArn, placeOf(located), `the key of ${aliasArn}`)
  }

  principal(principal: DraftPrincipal, located: Located): void {
    const { arn, kind } = principal
    const scope = { kind: 'principals', arns: [arn] } as const
    this.state(this.principals, arn, principal, headOf(located), `${kind} ${arn}`, samePrincipal, scope)
  }

  session(session: DraftSession, located: Located): void {
    this.state(this.sessions, session.arn, session, headOf(located), `session ${session.arn}`, sameSession)
  }

  /** An account, and its name where a file says it. */
  account(accountId: string, name: string | undefined, place: WorldPlace): void {
    const known = this.accounts.get(accountId)
    // Names are for people; two names of one account are no contradiction.
    if (known?.value.name !== undefined || (known !== undefined && name === undefined)) return
    this.accounts.set(accountId, { value: name === undefined ? {} : { name }, place: known?.place ?? place })
  }

  managedPolicy(policy: DraftManagedPolicy): void {
    this.state(this.managedPolicies, policy.arn, policy, policy.place, `managed policy ${policy.arn}`, samePolicy)
  }

  organizationPolicy(policy: DraftOrganizationPolicy): void {
    const about = `organization policy ${policy.id}`
    this.state(this.organizationPolicies, `${policy.type} ${policy.id}`, policy, policy.place, about, samePolicy)
  }

  endpoint(endpoint: DraftEndpoint, located: Located): void {
    const about = `endpoint ${endpoint.endpointId}`
    this.state(this.endpoints, endpoint.endpointId, endpoint, headOf(located), about, sameEndpoint)
  }

  parent(childId: string, parentId: string, place: WorldPlace): void {
    this.state(this.parents, childId, parentId, place, `the place of ${childId} in the organization`)
  }

  attach(map: Map<string, DraftAttachments>, id: string, others: Iterable<string>, place: WorldPlace): void {
    let known = map.get(id)
    if (known === undefined) {
      known = { place, ids: new Set() }
      map.set(id, known)
    }
    for (const other of others) known.ids.add(other)
  }

  /** Notes one page of a list. */
  page(
    id: string,
    isLast: boolean,
    about: string,
    place: WorldPlace,
    whose: { readonly accountId?: string; readonly keyArn?: string; readonly list?: string } = {},
  ): void {
    let known = this.pages.get(id)
    if (known === undefined) {
      known = { about, accountId: whose.accountId, keyArn: whose.keyArn, place, isComplete: isLast }
      this.pages.set(id, known)
    } else if (isLast) known.isComplete = true
    if (known.isComplete || whose.list === undefined) return
    const open = this.openPages.get(whose.list)
    if (open === undefined) this.openPages.set(whose.list, new Set([known]))
    else open.add(known)
  }

  /** The last page of a list has come, whoever the pages before it were about. */
  lastPage(list: string): void {
    for (const page of this.openPages.get(list) ?? []) page.isComplete = true
    this.openPages.delete(list)
  }
}

// ------------------------------------------------------------------------------------------------- saying the same

function ofKey(arn: string): GapScope {
  return { kind: 'keys', arns: [arn] }
}

function sameText<T>(left: T, right: T): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

function sameRecord(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  return sameText(sortedPairs(left), sortedPairs(right))
}

function sortedPairs(record: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1))
}

function samePolicy(left: DraftPolicy, right: DraftPolicy): boolean {
  // What was read from equal texts has the same statements: most dumps repeat AWS's own policies.
  const isSame = left.policy !== undefined && left.policy.document.statements === right.policy?.document.statements
  return isSame || policyText(left) === policyText(right)
}

function policyText({ policy, place }: DraftPolicy): string {
  // One that cannot be read is like itself only.
  if (policy === undefined) return `unreadable ${place.source.name} ${place.span.start}`
  const { version, statements }: PolicyDocument = policy.document
  return JSON.stringify([version, statements])
}

function samePrincipal(left: DraftPrincipal, right: DraftPrincipal): boolean {
  return principalText(left) === principalText(right)
}

function principalText({ uniqueId, tags, inline, attached, groups, boundary }: DraftPrincipal): string {
  return JSON.stringify([
    uniqueId,
    sortedPairs(tags),
    inline.map((policy) => `${policy.name} ${policyText(policy)}`).toSorted(),
    attached.toSorted(),
    groups.toSorted(),
    typeof boundary === 'object' ? policyText(boundary) : boundary,
  ])
}

function sameSession(left: DraftSession, right: DraftSession): boolean {
  return sessionText(left) === sessionText(right)
}

function sessionText({ inline, attached, tags }: DraftSession): string {
  return JSON.stringify([
    inline.map((policy) => `${policy.name} ${policyText(policy)}`).toSorted(),
    attached.toSorted(),
    sortedPairs(tags),
  ])
}

function sameEndpoint(left: DraftEndpoint, right: DraftEndpoint): boolean {
  const texts = [left, right].map(({ policy }) => (policy === undefined ? '' : policyText(policy)))
  return texts[0] === texts[1]
}
