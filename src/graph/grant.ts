/**
 * Grants: which of them permit a request, and by which class of grantee.
 *
 * A grant is a complete permission and never denies. What a boundary or session policy may still cut (K-14) and what an
 * account as grantee needs besides (K-15) follows from the class and is joined in `combine`.
 *
 * Source: KMS Developer Guide, "Grants in AWS KMS", "Creating grants", "Retiring and revoking grants"; KMS API
 * Reference, "CreateGrant", "GrantConstraints", "RetireGrant"; facts F1 to F7.
 */
import { actionBit } from '../aws/action.js'
import { KMS_ACTIONS } from '../aws/actions.js'
import { compileArnGlob } from '../text/arn-glob.js'
import { SAYS_ACCOUNT, SAYS_DIRECT, SAYS_NOTHING, SAYS_VIA } from './policy.js'
import { ownToken, viaArn, type Caller } from './subject.js'

export type EncryptionContext = Readonly<Record<string, string>>

export interface GrantConstraints {
  readonly encryptionContextEquals?: EncryptionContext
  readonly encryptionContextSubset?: EncryptionContext
  readonly sourceArn?: string
}

/** A grant as ListGrants shows it, with `propagated` for the minutes in which only its token makes it usable. */
export interface Grant {
  readonly grantId: string
  /** Key ARN. */
  readonly keyArn: string
  /** ARN of a user, role, session, federated user or account root; a service name in old grants made by services. */
  readonly granteePrincipal?: string
  readonly granteeServicePrincipal?: string
  readonly retiringPrincipal?: string
  readonly retiringServicePrincipal?: string
  /** Operation names without prefix, such as `Decrypt`. */
  readonly operations: readonly string[]
  /** Twelve digits; the key's own account when left out. */
  readonly issuingAccount?: string
  readonly constraints?: GrantConstraints
  readonly propagated: boolean
}

/** Options of K-14: which grantees the implicit denies of boundary and session policies limit. */
export type GrantBoundary = 'roleGrantees' | 'allGrantees' | 'noGrantees'
/** Options of K-15: what an account root ARN as grantee means. */
export type RootGrantee = 'delegates' | 'rootUserOnly'

export interface GrantOptions {
  readonly grantBoundary: GrantBoundary
  readonly rootGrantee: RootGrantee
  /** K-33: an identity Allow of kms:RetireGrant suffices in the key's own and the issuing account. */
  readonly retireByIdentity: boolean
}

/** What CreateGrant asks for, when a parent grant is to permit it. */
export interface ChildGrant {
  readonly operations: readonly string[]
  readonly constraints?: GrantConstraints
}

/** The part of a request that grants are compared with. */
export interface GrantInput {
  readonly caller: Caller
  readonly keyArn: string
  readonly keyAccount: string
  readonly actionBit: number
  readonly encryptionContext: EncryptionContext | undefined
  /** The request's `aws:SourceArn`. */
  readonly sourceArn: string | undefined
  /** Ids of the grants whose tokens were sent. */
  readonly grantTokens: readonly string[]
  /** RetireGrant: the grant to retire. */
  readonly grantId: string | undefined
  /** CreateGrant: the grant to make. */
  readonly createGrant: ChildGrant | undefined
}

/** Why a grant does not permit a request, first reason found. */
export type GrantMiss = 'key' | 'grantee' | 'operation' | 'notPropagated' | 'constraint' | 'child'

const CREATE_GRANT = actionBit('kms:CreateGrant') ?? -1
const RETIRE_GRANT = actionBit('kms:RetireGrant') ?? -1

/** Grants on one key, found by grantee and by id. Immutable: a change makes a new set. */
export class GrantSet {
  private readonly byGrantee = new Map<string, Grant[]>()
  private readonly byId = new Map<string, Grant>()

  constructor(readonly grants: readonly Grant[]) {
    for (const grant of grants) {
      this.byId.set(grant.grantId, grant)
      const token = granteeToken(grant)
      if (token === undefined) continue
      const list = this.byGrantee.get(token)
      if (list === undefined) this.byGrantee.set(token, [grant])
      else list.push(grant)
    }
  }

  static readonly empty = new GrantSet([])

  get size(): number {
    return this.grants.length
  }

  /** With this grant in place of the one of the same id, if any. */
  with(grant: Grant): GrantSet {
    return new GrantSet([...this.grants.filter((other) => other.grantId !== grant.grantId), grant])
  }

  without(grantId: string): GrantSet {
    return new GrantSet(this.grants.filter((other) => other.grantId !== grantId))
  }

  find(grantId: string): Grant | undefined {
    return this.byId.get(grantId)
  }

  /** SAYS_DIRECT, SAYS_VIA and SAYS_ACCOUNT for the classes of grantee by which some grant permits the request. */
  says(input: GrantInput, options: GrantOptions): number {
    if (this.grants.length === 0) return SAYS_NOTHING
    if (input.actionBit === RETIRE_GRANT) return this.saysToRetire(input, options)
    let said = SAYS_NOTHING
    for (const token of callerTokens(input.caller)) {
      for (const grant of this.byGrantee.get(token) ?? []) {
        const says = grantClass(grant, input.caller, options)
        if ((said & says) === says) continue
        if (grantMiss(grant, input) === undefined) said |= says
      }
    }
    return said
  }

  private saysToRetire(input: GrantInput, options: GrantOptions): number {
    return this.namedBy(input).reduce((said, grant) => said | retirementClass(grant, input, options), SAYS_NOTHING)
  }

  /** The grants that a RetireGrant request names, by id or by token, and that it can already see. */
  private namedBy(input: GrantInput): readonly Grant[] {
    const ids = input.grantId === undefined ? input.grantTokens : [input.grantId]
    return ids
      .map((id) => this.byId.get(id))
      .filter((grant) => grant !== undefined)
      .filter((grant) => grant.keyArn === input.keyArn && isUsable(grant, input))
  }
}

/** Undefined when the grant permits the request to its grantee. */
export function grantMiss(grant: Grant, input: GrantInput): GrantMiss | undefined {
  if (grant.keyArn !== input.keyArn) return 'key'
  const grantee = granteeToken(grant)
  if (grantee === undefined || !callerTokens(input.caller).includes(grantee)) return 'grantee'
  if (!grant.operations.includes(operationOf(input.actionBit))) return 'operation'
  if (!isUsable(grant, input)) return 'notPropagated'
  if (!sourceArnHolds(grant, input)) return 'constraint'
  if (input.actionBit === CREATE_GRANT)
    return isAllowedChild(grant, input.createGrant ?? NO_CHILD) ? undefined : 'child'
  return encryptionContextHolds(grant, input) ? undefined : 'constraint'
}

/** A request that does not say what it wants to create asks for nothing: no operation and no constraint. */
const NO_CHILD: ChildGrant = { operations: [] }

function isUsable(grant: Grant, input: GrantInput): boolean {
  return grant.propagated || input.grantTokens.includes(grant.grantId)
}

// --------------------------------------------------------------------------------------------------------- grantees

/** The token a principal of a grant answers to; undefined for what no caller can be. */
function principalOfGrant(arn: string | undefined, service: string | undefined): string | undefined {
  if (service !== undefined) return `service ${service}`
  if (arn === undefined) return undefined
  const root = /^arn:[^:]*:iam::(\d{12}):root$/.exec(arn)
  if (root !== null) return `account ${root[1]!}`
  // Grants that services made long ago show the service's name where an ARN is expected.
  return arn.startsWith('arn:') ? arn : `service ${arn}`
}

function granteeToken(grant: Grant): string | undefined {
  return principalOfGrant(grant.granteePrincipal, grant.granteeServicePrincipal)
}

/** A grantee user is the calling user, never a federated session of that user. */
function callerTokens(caller: Caller): readonly string[] {
  const tokens = [ownToken(caller), caller.type === 'role' ? viaArn(caller) : undefined]
  const account = caller.accountId === undefined ? undefined : `account ${caller.accountId}`
  return [...tokens, account].filter((token) => token !== undefined)
}

function classOf(token: string | undefined, caller: Caller): number {
  if (token === undefined) return SAYS_NOTHING
  if (token === ownToken(caller)) return SAYS_DIRECT
  if (caller.type === 'role' && token === viaArn(caller)) return SAYS_VIA
  if (caller.accountId === undefined || token !== `account ${caller.accountId}`) return SAYS_NOTHING
  return caller.type === 'root' ? SAYS_DIRECT : SAYS_ACCOUNT
}

function grantClass(grant: Grant, caller: Caller, options: GrantOptions): number {
  const said = classOf(granteeToken(grant), caller)
  switch (said) {
    case SAYS_ACCOUNT:
      return options.rootGrantee === 'delegates' ? SAYS_ACCOUNT : SAYS_NOTHING
    case SAYS_VIA:
      return options.grantBoundary === 'noGrantees' ? SAYS_DIRECT : SAYS_VIA
    case SAYS_DIRECT:
      return options.grantBoundary === 'allGrantees' ? SAYS_VIA : SAYS_DIRECT
    default:
      return SAYS_NOTHING
  }
}

// ------------------------------------------------------------------------------------------------------- retirement

/**
 * Who may retire: the retiring principal, the grantee when the grant includes RetireGrant, and the root user of the
 * issuing account, without any policy; with an identity Allow, principals of the key's account, of the issuing account
 * (K-33) and of an account that is itself the retiring principal.
 */
function retirementClass(grant: Grant, input: GrantInput, options: GrantOptions): number {
  const { caller } = input
  const issuer = grant.issuingAccount ?? input.keyAccount
  const retiring = classOf(principalOfGrant(grant.retiringPrincipal, grant.retiringServicePrincipal), caller)
  let said = retiring
  if (retiring === SAYS_DIRECT && options.grantBoundary === 'allGrantees') said = SAYS_VIA
  if (retiring === SAYS_VIA && options.grantBoundary === 'noGrantees') said = SAYS_DIRECT
  if (grant.operations.includes('RetireGrant')) said |= grantClass(grant, caller, options)
  if (caller.accountId === undefined) return said
  if (caller.type === 'root' && caller.accountId === issuer) return said | SAYS_DIRECT
  const owns = caller.accountId === input.keyAccount || caller.accountId === issuer
  return owns && options.retireByIdentity ? said | SAYS_ACCOUNT : said
}

// ------------------------------------------------------------------------------------------------------ constraints

/** A permission's name in a grant: `kms:ReEncryptFrom` is `ReEncryptFrom`. */
function operationOf(bit: number): string {
  return KMS_ACTIONS[bit]?.name.slice('kms:'.length) ?? ''
}

/** Without an aws:SourceArn in the request the constraint fails closed (K-2). */
function sourceArnHolds(grant: Grant, input: GrantInput): boolean {
  const pattern = grant.constraints?.sourceArn
  if (pattern === undefined) return true
  return input.sourceArn !== undefined && compileArnGlob(pattern, 'arn-like').matches(input.sourceArn)
}

/** Compared for cryptographic operations only; DescribeKey and other operations ignore it. */
function encryptionContextHolds(grant: Grant, input: GrantInput): boolean {
  const { encryptionContextEquals: equals, encryptionContextSubset: subset } = grant.constraints ?? {}
  const required = equals ?? subset
  if (required === undefined || KMS_ACTIONS[input.actionBit]?.cryptographic !== true) return true
  const given = input.encryptionContext ?? {}
  return containsPairs(given, required) && (equals === undefined || containsPairs(equals, given))
}

/** Every pair of `inner` is in `outer`: keys without case, values exact (K-1). */
function containsPairs(outer: EncryptionContext, inner: EncryptionContext): boolean {
  const pairs = new Set(Object.entries(outer).map(([key, value]) => JSON.stringify([key.toLowerCase(), value])))
  return Object.entries(inner).every(([key, value]) => pairs.has(JSON.stringify([key.toLowerCase(), value])))
}

/**
 * A child grant may allow no operation that its parent lacks, and its constraints must be at least as strict (facts F5).
 */
function isAllowedChild(parent: Grant, child: ChildGrant): boolean {
  if (!child.operations.every((operation) => parent.operations.includes(operation))) return false
  const wanted = parent.constraints ?? {}
  const given = child.constraints ?? {}
  if (wanted.sourceArn !== undefined && given.sourceArn !== wanted.sourceArn) return false
  if (wanted.encryptionContextEquals !== undefined) {
    const equals = given.encryptionContextEquals
    return (
      equals !== undefined &&
      containsPairs(equals, wanted.encryptionContextEquals) &&
      containsPairs(wanted.encryptionContextEquals, equals)
    )
  }
  if (wanted.encryptionContextSubset !== undefined) {
    const pairs = given.encryptionContextEquals ?? given.encryptionContextSubset
    return pairs !== undefined && containsPairs(pairs, wanted.encryptionContextSubset)
  }
  return true
}
