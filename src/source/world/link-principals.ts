/**
 * From what files say of users, groups, roles and managed policies to principals with their policies.
 *
 * A managed policy or a group that no file has leaves a gap for each principal that it would have given something.
 */
import { splitArn } from '../../text/arn.js'
import type { DraftPolicy, DraftPrincipal, DraftSession, Stated, WorldDraft } from './draft.js'
import { unreadableGap } from './unreadable-gap.js'
import type { Steps } from './world-progress.js'
import type {
  Gap,
  GapCode,
  UnreadPart,
  WorldGroup,
  WorldManagedPolicy,
  WorldPolicy,
  WorldPrincipal,
  WorldSession,
} from './world.js'

export interface LinkedPrincipals {
  readonly principals: ReadonlyMap<string, WorldPrincipal>
  readonly groups: ReadonlyMap<string, WorldGroup>
  readonly sessions: ReadonlyMap<string, WorldSession>
  readonly managedPolicies: ReadonlyMap<string, WorldManagedPolicy>
}

/** A step for each principal. */
export function linkPrincipals(draft: WorldDraft, gaps: Gap[]): Steps<void, LinkedPrincipals> {
  return new PrincipalLinker(draft, gaps).link()
}

/** A thing that is not there, and for whom. */
interface Missing {
  readonly gap: Pick<Gap, 'code' | 'message' | 'unreadable'>
  readonly arns: Set<string>
  readonly place: Stated<DraftPrincipal>['place']
}

/** Whoever has a policy. */
type Owner = Stated<DraftPrincipal> | Stated<DraftSession>

class PrincipalLinker {
  private readonly managed = new Map<string, WorldManagedPolicy>()
  private readonly missing = new Map<string, Missing>()
  /** Boundaries made of managed policies, so that many roles share one. */
  private readonly boundaries = new Map<string, WorldPolicy>()
  /** `account/name` -> group ARN. */
  private readonly groupArns = new Map<string, string>()
  /** Group ARN -> its members, whom its gaps concern. */
  private readonly members = new Map<string, Set<string>>()

  constructor(
    private readonly draft: WorldDraft,
    private readonly gaps: Gap[],
  ) {
    for (const { value } of draft.managedPolicies.values()) {
      const { arn, name, policy, defaultVersionId } = value
      this.managed.set(arn, { arn, name, policy, ...(defaultVersionId === undefined ? {} : { defaultVersionId }) })
    }
    for (const { value } of draft.principals.values()) {
      if (value.kind === 'group') this.groupArns.set(`${accountOf(value.arn)}/${lastPart(value.arn)}`, value.arn)
    }
  }

  *link(): Steps<void, LinkedPrincipals> {
    const principals = new Map<string, WorldPrincipal>()
    const groups = new Map<string, WorldGroup>()
    for (const stated of this.draft.principals.values()) {
      if (stated.value.kind !== 'group') principals.set(stated.value.arn, this.principal(stated))
      yield
    }
    for (const stated of this.draft.principals.values()) {
      if (stated.value.kind === 'group') groups.set(stated.value.arn, this.group(stated))
    }
    const sessions = this.sessions(principals.values())
    for (const { gap, arns, place } of this.missing.values()) {
      this.gaps.push({ ...gap, scope: { kind: 'principals', arns: [...arns].toSorted() }, place })
    }
    return { principals, groups, sessions, managedPolicies: this.managed }
  }

  private principal(stated: Stated<DraftPrincipal>): WorldPrincipal {
    const { value, place } = stated
    const { arn, uniqueId, tags, trust, maxSessionSeconds } = value
    const resource = splitArn(arn)?.resource ?? ''
    const name = lastPart(arn)
    const affected = [arn]
    const groups = value.groups.flatMap((group) => {
      const groupArn = this.groupArns.get(`${accountOf(arn)}/${group}`)
      if (groupArn === undefined)
        this.lacks(
          'group-missing',
          `group ${group} of account ${accountOf(arn)} is in no file: taken as giving nothing`,
          affected,
          stated,
        )
      else this.joins(groupArn, arn)
      return groupArn ?? []
    })
    return {
      kind: value.kind === 'user' ? 'user' : 'role',
      arn,
      accountId: accountOf(arn),
      path: resource.slice(resource.indexOf('/'), resource.length - name.length),
      name,
      uniqueId,
      tags,
      inline: this.readable(value.inline, affected, stated),
      attached: this.attached(value.attached, affected, stated),
      groups,
      boundary: this.boundary(value.boundary, affected, stated),
      trust,
      maxSessionSeconds,
      place,
    }
  }

  private sessions(principals: Iterable<WorldPrincipal>): ReadonlyMap<string, WorldSession> {
    const sessions = new Map<string, WorldSession>()
    if (this.draft.sessions.size === 0) return sessions
    const roles = new Map<string, string>()
    for (const { kind, accountId, name, arn } of principals) if (kind === 'role') roles.set(`${accountId}/${name}`, arn)
    for (const stated of this.draft.sessions.values()) {
      const { arn, tags, inline, attached } = stated.value
      const accountId = accountOf(arn)
      const [type, name = ''] = (splitArn(arn)?.resource ?? '').split('/')
      // What is missing concerns every session of the role: which ones there are, nobody knows.
      const whose = type === 'assumed-role' ? roles.get(`${accountId}/${name}`) : arn
      const affected = whose === undefined ? [] : [whose]
      const taken = 'as a session policy it is taken as not there'
      const managed = attached.flatMap((policy) => this.managedPolicy(policy, taken, affected, stated, 'session') ?? [])
      sessions.set(arn, {
        arn,
        accountId,
        policies: [
          ...this.readable(inline, affected, stated, 'session'),
          // The same text in another part: session policies and identity policies have one grammar.
          ...managed.map((policy) => ({ ...policy, document: { ...policy.document, kind: 'session' as const } })),
        ],
        tags,
        place: stated.place,
      })
    }
    return sessions
  }

  private group(stated: Stated<DraftPrincipal>): WorldGroup {
    const { value, place } = stated
    const affected = [...(this.members.get(value.arn) ?? [])]
    return {
      arn: value.arn,
      accountId: accountOf(value.arn),
      inline: this.readable(value.inline, affected, stated),
      attached: this.attached(value.attached, affected, stated),
      place,
    }
  }

  private joins(groupArn: string, member: string): void {
    const known = this.members.get(groupArn)
    if (known === undefined) this.members.set(groupArn, new Set([member]))
    else known.add(member)
  }

  private readable(
    policies: readonly DraftPolicy[],
    affected: readonly string[],
    stated: Owner,
    part: UnreadPart = 'identity',
  ): readonly WorldPolicy[] {
    return policies.flatMap((each) => {
      const { name, policy } = each
      if (policy === undefined) {
        const whose = `policy ${name} of ${stated.value.arn}`
        this.lacksPart(unreadableGap(part, whose, 'taken as not there', each), affected, stated)
      }
      return policy ?? []
    })
  }

  private attached(arns: readonly string[], affected: readonly string[], stated: Owner): readonly WorldPolicy[] {
    return arns.flatMap((arn) => this.managedPolicy(arn, 'taken as giving nothing', affected, stated) ?? [])
  }

  private managedPolicy(
    arn: string,
    taken: string,
    affected: readonly string[],
    stated: Owner,
    part: UnreadPart = 'identity',
  ): WorldPolicy | undefined {
    const known = this.managed.get(arn)
    if (known?.policy !== undefined) return known.policy
    if (known === undefined)
      this.lacks('managed-policy-missing', `managed policy ${arn} is in no file: ${taken}`, affected, stated)
    else {
      const draft = this.draft.managedPolicies.get(arn)?.value ?? stated
      this.lacksPart(unreadableGap(part, `managed policy ${arn}`, taken, draft), affected, stated)
    }
    return undefined
  }

  private boundary(
    boundary: DraftPrincipal['boundary'],
    affected: readonly string[],
    stated: Owner,
  ): WorldPolicy | undefined {
    if (typeof boundary !== 'string')
      return boundary === undefined ? undefined : this.readable([boundary], affected, stated, 'boundary')[0]
    const known = this.boundaries.get(boundary)
    if (known !== undefined) return known
    const taken = 'as a permissions boundary it is taken as not limiting'
    const policy = this.managedPolicy(boundary, taken, affected, stated, 'boundary')
    if (policy === undefined) return undefined
    // The same text in another part: boundaries and identity policies have one grammar.
    const asBoundary: WorldPolicy = { ...policy, document: { ...policy.document, kind: 'boundary' } }
    this.boundaries.set(boundary, asBoundary)
    return asBoundary
  }

  private lacks(code: GapCode, message: string, arns: readonly string[], owner: Owner): void {
    this.lacksPart({ code, message }, arns, owner)
  }

  private lacksPart(gap: Missing['gap'], arns: readonly string[], { place }: Owner): void {
    const known = this.missing.get(gap.message)
    if (known === undefined) this.missing.set(gap.message, { gap, arns: new Set(arns), place })
    else for (const arn of arns) known.arns.add(arn)
  }
}

function accountOf(arn: string): string {
  return splitArn(arn)?.account ?? ''
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}
