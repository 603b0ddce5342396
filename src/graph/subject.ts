/**
 * The caller, and how it answers to the `Principal` element of a statement.
 *
 * A class says how a statement reaches the caller: `direct` (it names the caller itself, or everybody), `via` (it names
 * the caller's role, or the user that asked for the federation token), `account` (it names the caller's account).
 *
 * Source: IAM User Guide, "AWS JSON policy elements: Principal", "NotPrincipal"; facts C1 to C4.
 */
import { SPEC_FIRST, type GraphTables } from './tables.js'
import { ANY_PRINCIPAL } from './lower.js'

export type CallerType = 'user' | 'role' | 'root' | 'federated' | 'service'

/** Who calls, resolved: every ARN and account spelled out. */
export interface Caller {
  readonly type: CallerType
  /** The ARN AWS would name: the session's for a role, the service name for a service. */
  readonly arn: string
  /** Undefined for a service principal. */
  readonly accountId: string | undefined
  /** The role itself, path included, for `role`. */
  readonly roleArn?: string
  /** The user that called GetFederationToken, for `federated`. */
  readonly userArn?: string
  readonly isServiceLinkedRole: boolean
}

export const CLASS_NONE = 0
export const CLASS_ACCOUNT = 1
export const CLASS_VIA = 2
export const CLASS_DIRECT = 3

export type PrincipalClass = 0 | 1 | 2 | 3

/** Options of K-26: which entries exempt a caller from a NotPrincipal Deny. */
export type NotPrincipalAncestors = 'required' | 'ignored'

/** A caller's own names as string ids of one graph; -1 where it has none or no policy has named it. */
export class Subject {
  private direct: number
  private via: number
  private account: number
  private readonly any: number
  private stringCount: number

  constructor(
    readonly tables: GraphTables,
    readonly caller: Caller,
  ) {
    this.any = tables.strings.intern(ANY_PRINCIPAL)
    this.direct = -1
    this.via = -1
    this.account = -1
    this.stringCount = -1
    this.refresh()
  }

  /** A name that no policy had used may have been interned since; look again when the table has grown. */
  refresh(): void {
    const { strings } = this.tables
    if (strings.size === this.stringCount) return
    this.stringCount = strings.size
    const { caller } = this
    const own = ownToken(caller)
    const via = viaArn(caller)
    this.direct = own === undefined ? -1 : strings.find(own)
    this.via = via === undefined ? -1 : strings.find(via)
    this.account = caller.accountId === undefined ? -1 : strings.find(`account ${caller.accountId}`)
  }

  /** String ids under which an index may hold statements that reach this caller. */
  get tokens(): readonly [any: number, direct: number, via: number, account: number] {
    return [this.any, this.direct, this.via, this.account]
  }

  /** How a Principal element reaches this caller; for a NotPrincipal, whether it applies is `isDeniedByOthers`. */
  classIn(spec: number): PrincipalClass {
    const { principals } = this.tables
    const { data } = principals
    const start = principals.start(spec)
    const end = start + principals.length(spec)
    let best: PrincipalClass = CLASS_NONE
    for (let index = start + SPEC_FIRST; index < end; index++) {
      const token = data[index]!
      if (token === this.any || token === this.direct) return CLASS_DIRECT
      if (token === this.via) best = CLASS_VIA
      else if (token === this.account) {
        // The root user is the account: what names the account names it.
        if (this.caller.type === 'root') return CLASS_DIRECT
        if (best === CLASS_NONE) best = CLASS_ACCOUNT
      }
    }
    return best
  }

  /**
   * Does a Deny with this NotPrincipal apply? To be exempt the caller itself must be listed and, by K-26, its ancestors:
   * its account, and for a role's session the role too. A caller with a permissions boundary is never exempt.
   */
  isDeniedByOthers(spec: number, hasBoundary: boolean, ancestors: NotPrincipalAncestors): boolean {
    if (hasBoundary) return true
    // A name that the caller has not is -1, which nobody lists.
    const listed = new Set(this.tables.principals.tuple(spec).slice(SPEC_FIRST))
    if (listed.has(this.any)) return false
    switch (this.caller.type) {
      case 'service':
        return !listed.has(this.direct)
      case 'root':
        return !listed.has(this.account)
      case 'user':
      case 'federated':
        return !(listed.has(this.direct) && (ancestors === 'ignored' || listed.has(this.account)))
      case 'role':
        return !(
          listed.has(this.direct) &&
          (ancestors === 'ignored' || (listed.has(this.via) && listed.has(this.account)))
        )
    }
  }
}

/** The token of the caller itself. A role given by its role ARN is "any session of it" and has none. */
export function ownToken(caller: Caller): string | undefined {
  if (caller.type === 'service') return `service ${caller.arn}`
  return caller.arn === viaArn(caller) ? undefined : caller.arn
}

/** The ARN of what a session stands for: the role, or the user behind a federation token. */
export function viaArn(caller: Caller): string | undefined {
  switch (caller.type) {
    case 'role':
      return caller.roleArn
    case 'federated':
      return caller.userArn
    case 'user':
    case 'root':
    case 'service':
      return undefined
  }
}
