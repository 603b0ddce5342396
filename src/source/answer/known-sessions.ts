/**
 * What a world says of a session: the session policies and tags that were passed when it was made.
 *
 * An event or a message names a session and nothing of what was passed for it, so the files of a world may say it.
 * Knows no request: whoever asks decides whether the world's word is taken.
 *
 * Source: IAM User Guide, "Session policies", "Pass session tags in AWS STS"; `docs/world.md`.
 */
import type { Authorizer } from '../../explain/authorizer.js'
import type { CompiledPolicy } from '../../graph/policy.js'
import { splitArn } from '../../text/arn.js'
import { compileGlob, type Glob } from '../../text/glob.js'
import { parsePrincipalArn } from '../../text/principal-arn.js'
import type { AskedWorld, WorldSession } from '../world/world.js'

export interface KnownSession {
  readonly session: WorldSession
  readonly policies: readonly CompiledPolicy[]
}

interface Pattern {
  readonly glob: Glob
  readonly session: WorldSession
}

export class KnownSessions {
  /** Session ARN without the session's name -> sessions by patterns, the longest first. */
  private readonly patterns = new Map<string, Pattern[]>()
  private readonly compiled = new Map<WorldSession, KnownSession>()

  constructor(
    private readonly world: AskedWorld,
    private readonly authorizer: Pick<Authorizer, 'compile'>,
  ) {
    for (const session of world.sessions.values()) {
      if (!session.arn.includes('*')) continue
      const { role, name } = parts(session.arn)
      const known = this.patterns.get(role) ?? []
      known.push({ glob: compileGlob(name), session })
      this.patterns.set(role, known)
    }
    for (const known of this.patterns.values()) known.sort((a, b) => b.session.arn.length - a.session.arn.length)
  }

  /** A role ARN stands for any of its sessions: only what is said of all of them holds for it. */
  find(principal: string): KnownSession | undefined {
    if (this.world.sessions.size === 0) return undefined
    const session = this.sessionOf(principal)
    if (session === undefined) return undefined
    let known = this.compiled.get(session)
    if (known === undefined) {
      known = { session, policies: session.policies.map(({ document }) => this.authorizer.compile(document)) }
      this.compiled.set(session, known)
    }
    return known
  }

  private sessionOf(principal: string): WorldSession | undefined {
    const exact = this.world.sessions.get(principal)
    if (exact !== undefined || this.patterns.size === 0) return exact
    // Asked for every event of many, few of which are of a role that has such sessions.
    if (principal.includes(':assumed-role/') && !this.patterns.has(parts(principal).role)) return undefined
    const parsed = parsePrincipalArn(principal)
    if (!parsed.ok) return undefined
    const { kind, partition, account } = parsed.value
    const prefix = `arn:${partition}:sts::${account}:assumed-role/`
    if (kind === 'role') {
      const all = this.patterns.get(`${prefix}${parsed.value.name}/`) ?? []
      return all.find(({ session }) => session.arn.endsWith('/*'))?.session
    }
    if (kind !== 'session') return undefined
    const { role, session: name } = parsed.value
    return this.patterns.get(`${prefix}${role}/`)?.find(({ glob }) => glob.matches(name))?.session
  }
}

function parts(arn: string): { readonly role: string; readonly name: string } {
  const slash = arn.lastIndexOf('/')
  return { role: arn.slice(0, slash + 1), name: arn.slice(slash + 1) }
}

/** Whether somebody may have session policies at all: sessions of roles, and federated users. */
export function mayHaveSessionPolicies(principal: string): boolean {
  const split = splitArn(principal)
  return split !== undefined && /^(?:role|assumed-role|federated-user)\//.test(split.resource)
}
