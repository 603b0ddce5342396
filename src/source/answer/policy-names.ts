/**
 * What people call the policies of a call: by the names and places that the files of a world give them.
 *
 * Finds a policy by its place in the call, which is its place in the world: identity policies in the order of
 * `policiesOf`, those of an organization level by level.
 *
 * Source: IAM User Guide, "Troubleshoot access denied error messages" (whose ARNs AWS tells); facts G1.
 */
import type { PolicyTrace, Trace } from '../../decide/trace.js'
import { quoted, type PolicyNames } from '../../explain/names.js'
import { callerEntryArn } from '../../decide/resolve.js'
import { policiesOf } from '../world/to-definition.js'
import type { AskedWorld, PolicyLevel, WorldPolicy } from '../world/world.js'
import type { KnownSessions } from './known-sessions.js'

interface NamedPolicy {
  readonly policy: WorldPolicy
  /** ` of group Engineers`, where it is not the caller's own. */
  readonly whose: string
}

export function policyNames(world: AskedWorld, sessions: KnownSessions): PolicyNames {
  return new WorldNames(world, sessions)
}

class WorldNames implements PolicyNames {
  constructor(
    private readonly world: AskedWorld,
    private readonly sessions: KnownSessions,
  ) {}

  policy(trace: Trace, placed: PolicyTrace): string | undefined {
    const found = this.find(trace, placed)
    return found === undefined ? undefined : `${quoted(found.policy.name)}${found.whose}`
  }

  arn(trace: Trace, placed: PolicyTrace): string | undefined {
    const arn = this.find(trace, placed)?.policy.arn
    // Callers of other organizations are not told of the policies of this one.
    return placed.layer === 'rcp' && !this.isOneOrganization(trace) ? undefined : arn
  }

  level(trace: Trace, layer: 'scp' | 'rcp', level: number): string | undefined {
    const at = this.levels(trace, layer)?.[level]
    return at === undefined ? undefined : this.placeName(at.nodeId)
  }

  private find(trace: Trace, { layer, level = 0, policy }: PolicyTrace): NamedPolicy | undefined {
    switch (layer) {
      case 'scp':
      case 'rcp': {
        const at = this.levels(trace, layer)?.[level]
        const known = at?.policies[policy]
        return at === undefined || known === undefined
          ? undefined
          : { policy: known, whose: ` of ${this.placeName(at.nodeId)}` }
      }
      case 'identity':
        return this.identity(trace, policy)
      case 'session': {
        const known = this.sessions.find(trace.call.subject.caller.arn)
        // Those that came with the question are others.
        const own = known?.policies === trace.call.session ? known.session.policies[policy] : undefined
        return own === undefined ? undefined : { policy: own, whose: '' }
      }
      case 'boundary': {
        const boundary = this.world.principals.get(callerEntryArn(trace.call.subject.caller))?.boundary
        return boundary?.arn === undefined ? undefined : { policy: boundary, whose: '' }
      }
      case 'keyPolicy':
      case 'vpce':
      case 'grant':
      case 'operation':
        return undefined
    }
  }

  private identity({ call }: Trace, index: number): NamedPolicy | undefined {
    const principal = this.world.principals.get(callerEntryArn(call.subject.caller))
    const policy = principal === undefined ? undefined : policiesOf(this.world, principal)[index]
    if (principal === undefined || policy === undefined) return undefined
    if (index < principal.inline.length + principal.attached.length) return { policy, whose: '' }
    const group = principal.groups.find((arn) => {
      const known = this.world.groups.get(arn)
      return known?.inline.includes(policy) === true || known?.attached.includes(policy) === true
    })
    return { policy, whose: group === undefined ? '' : ` of group ${group.slice(group.lastIndexOf('/') + 1)}` }
  }

  private levels({ call }: Trace, layer: 'scp' | 'rcp'): readonly PolicyLevel[] | undefined {
    const accountId = layer === 'scp' ? call.subject.caller.accountId : call.resource.accountId
    return accountId === undefined ? undefined : this.world.accounts.get(accountId)?.[layer === 'scp' ? 'scps' : 'rcps']
  }

  private placeName(nodeId: string): string {
    const node = this.world.organization?.nodes.get(nodeId)
    if (node === undefined) return `account ${nodeId}`
    if (node.kind === 'root') return "the organization's root"
    return `unit ${node.name === undefined ? nodeId : quoted(node.name)}`
  }

  private isOneOrganization({ call }: Trace): boolean {
    const organizationOf = (accountId: string | undefined): string | undefined =>
      accountId === undefined ? undefined : this.world.accounts.get(accountId)?.organizationId
    const own = organizationOf(call.subject.caller.accountId)
    return own !== undefined && own === organizationOf(call.resource.accountId)
  }
}
