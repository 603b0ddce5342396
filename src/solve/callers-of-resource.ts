/**
 * Callers of one resource in groups that nothing about it tells apart: one of them is asked for all.
 *
 * A caller whom the policies and grants of other keys name is nobody in particular here. Where many keys name a
 * principal each, that is most of them.
 */
import { Likeness } from './alike.js'
import type { CallerClass } from './callers.js'
import { grantsOf, keyPoliciesOf, mentionedBy, sharedPolicies } from './relevant.js'
import type { ScopedResource } from './scope.js'
import type { Snapshot } from '../graph/world.js'

/** The first one answers for the others. */
export interface AlikeCallers {
  readonly first: CallerClass
  readonly others: readonly CallerClass[]
}

/** Callers of something in such groups. */
export function alikeCallers(
  snapshots: readonly Snapshot[],
  { callers, resource }: { readonly callers: readonly CallerClass[]; readonly resource: ScopedResource },
): readonly AlikeCallers[] {
  return new CallersOfResource(snapshots, callers).of(resource)
}

export class CallersOfResource {
  private readonly likeness: Likeness | undefined
  /** Named by guardrails and endpoints, which bear on every resource. */
  private readonly namedAnywhere: ReadonlySet<string>
  private readonly profiles = new Map<CallerClass, string>()

  constructor(
    private readonly snapshots: readonly Snapshot[],
    private readonly callers: readonly CallerClass[],
  ) {
    const [first] = snapshots
    this.likeness = first === undefined ? undefined : new Likeness(first.tables)
    this.namedAnywhere = this.named(
      (snapshot) => sharedPolicies(snapshot, []),
      () => [],
    )
    for (const caller of callers) {
      const profile = this.profileOf(caller)
      if (profile !== undefined) this.profiles.set(caller, profile)
    }
  }

  of({ type, arn }: ScopedResource): readonly AlikeCallers[] {
    const keys = type === 'key' && arn !== undefined ? [arn] : []
    const named = this.named(
      (snapshot) => keyPoliciesOf(snapshot, keys),
      (snapshot) => grantsOf(snapshot, keys),
    )
    const groups: { readonly first: CallerClass; readonly others: CallerClass[] }[] = []
    const byProfile = new Map<string, (typeof groups)[number]>()
    for (const caller of this.callers) {
      const profile = this.profiles.get(caller)
      const isNamed = named.has(ownArn(caller)) || this.namedAnywhere.has(ownArn(caller))
      const known = profile === undefined || isNamed ? undefined : byProfile.get(profile)
      if (known !== undefined) {
        known.others.push(caller)
        continue
      }
      const group = { first: caller, others: [] }
      groups.push(group)
      if (profile !== undefined && !isNamed) byProfile.set(profile, group)
    }
    return groups
  }

  private named(
    policies: (snapshot: Snapshot) => ReturnType<typeof sharedPolicies>,
    grants: (snapshot: Snapshot) => ReturnType<typeof grantsOf>,
  ): ReadonlySet<string> {
    const [first] = this.snapshots
    if (first === undefined || this.likeness === undefined) return new Set()
    return mentionedBy(first.tables, this.snapshots.flatMap(policies), this.snapshots.flatMap(grants)).arns
  }

  /** Undefined for callers that stand for others, and for sessions, which have a name of their own. */
  private profileOf(caller: CallerClass): string | undefined {
    const { kind, standing, identity, principal, userArn } = caller
    if (standing === 'stranger' || this.likeness === undefined) return undefined
    const isUser = kind === 'user' || kind === 'role'
    if (!isUser && (kind !== 'federated' || userArn === undefined)) return undefined
    const profile = this.likeness.profile(ownArn(caller), this.snapshots)
    return profile === undefined ? undefined : `${kind} ${identity} ${isUser ? '' : principal} ${profile}`
  }
}

/** The ARN that a world and its policies know a caller by. */
function ownArn({ principal, userArn }: CallerClass): string {
  return userArn ?? principal
}
