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
import { HolderIndex, type Filing } from './holder-index.js'
import { SAYS_ACCOUNT, SAYS_ALLOW, SAYS_DIRECT, SAYS_NOTHING, SAYS_VIA } from './policy.js'
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
  /** Milliseconds since the epoch; no decision depends on it. */
  readonly createdAtMs?: number
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

/** Up to this many grants on a key are looked through one by one; most keys have fewer. */
const FEW = 8

/**
 * Grants on one key, found by grantee and by id. Immutable: a change makes a new set. An id stands for one grant: of
 * several in a list the last one counts.
 */
export class GrantSet {
  private listed: readonly Grant[] | undefined
  private filed: HolderIndex<Grant> | undefined

  constructor(grants: readonly Grant[]) {
    this.listed = isWithoutRepeats(grants) ? grants : lastOfEach(grants)
  }

  static readonly empty = new GrantSet([])

  private static of(index: HolderIndex<Grant>): GrantSet {
    const set = new GrantSet([])
    set.listed = undefined
    set.filed = index
    return set
  }

  get size(): number {
    return this.listed?.length ?? this.index.size
  }

  /** In the order in which they came. */
  get grants(): readonly Grant[] {
    this.listed ??= this.index.items()
    return this.listed
  }

  private get index(): HolderIndex<Grant> {
    this.filed ??= HolderIndex.of(this.listed ?? [], FILING)
    return this.filed
  }

  private get isSmall(): boolean {
    return this.size <= FEW
  }

  /** With this grant in place of the one of the same id, if any. */
  with(grant: Grant): GrantSet {
    return this.isSmall ? new GrantSet([...this.grants, grant]) : GrantSet.of(this.index.with(grant))
  }

  without(grantId: string): GrantSet {
    if (this.find(grantId) === undefined) return this
    return this.isSmall
      ? new GrantSet(this.grants.filter((other) => other.grantId !== grantId))
      : GrantSet.of(this.index.without(grantId))
  }

  find(grantId: string): Grant | undefined {
    return this.isSmall ? this.grants.find((grant) => grant.grantId === grantId) : this.index.find(grantId)
  }

  /**
   * SAYS_DIRECT, SAYS_VIA and SAYS_ACCOUNT for the classes of grantee by which some grant permits the request.
   * @param wanted - the bits that are asked for; what is said of others may be missing.
   */
  says(input: GrantInput, options: GrantOptions, wanted: number = SAYS_ALLOW): number {
    if (this.size === 0) return SAYS_NOTHING
    if (input.actionBit === RETIRE_GRANT) return this.saysToRetire(input, options)
    let said = SAYS_NOTHING
    for (const token of callerTokens(input.caller)) {
      const says = granteeClass(token, input.caller, options)
      if ((says & wanted & ~said) !== 0 && this.somePermits(token, input)) said |= says
    }
    return said
  }

  private somePermits(grantee: string, input: GrantInput): boolean {
    const permits = (grant: Grant): boolean => missOfGrantee(grant, input) === undefined
    if (this.isSmall) return this.grants.some((grant) => granteeToken(grant) === grantee && permits(grant))
    return this.index.some(grantee, waysOfRequest(input), permits)
  }

  private saysToRetire(input: GrantInput, options: GrantOptions): number {
    return this.namedBy(input).reduce((said, grant) => said | retirementClass(grant, input, options), SAYS_NOTHING)
  }

  /** The grants that a RetireGrant request names, by id or by token, and that it can already see. */
  private namedBy(input: GrantInput): readonly Grant[] {
    const ids = input.grantId === undefined ? input.grantTokens : [input.grantId]
    return ids
      .map((id) => this.find(id))
      .filter((grant) => grant !== undefined)
      .filter((grant) => grant.keyArn === input.keyArn && isUsable(grant, input))
  }
}

function isWithoutRepeats(grants: readonly Grant[]): boolean {
  return grants.length < 2 || new Set(grants.map(({ grantId }) => grantId)).size === grants.length
}

function lastOfEach(grants: readonly Grant[]): readonly Grant[] {
  const byId = new Map<string, Grant>()
  for (const grant of grants) {
    byId.delete(grant.grantId)
    byId.set(grant.grantId, grant)
  }
  return [...byId.values()]
}

/** Undefined when the grant permits the request to its grantee. */
export function grantMiss(grant: Grant, input: GrantInput): GrantMiss | undefined {
  if (grant.keyArn !== input.keyArn) return 'key'
  const grantee = granteeToken(grant)
  if (grantee === undefined || !callerTokens(input.caller).includes(grantee)) return 'grantee'
  return missOfGrantee(grant, input)
}

/** The same when it is known that the caller is the grantee. */
function missOfGrantee(grant: Grant, input: GrantInput): GrantMiss | undefined {
  if (grant.keyArn !== input.keyArn) return 'key'
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
  const root = arn.endsWith(':root') ? /^arn:[^:]*:iam::(\d{12}):root$/.exec(arn) : null
  if (root !== null) return `account ${root[1]!}`
  // Grants that services made long ago show the service's name where an ARN is expected.
  return arn.startsWith('arn:') ? arn : `service ${arn}`
}

function granteeToken(grant: Grant): string | undefined {
  return principalOfGrant(grant.granteePrincipal, grant.granteeServicePrincipal)
}

// Every grant of a key is compared with the one caller.
const tokensOf = new WeakMap<Caller, readonly string[]>()

/** A grantee user is the calling user, never a federated session of that user. */
function callerTokens(caller: Caller): readonly string[] {
  let tokens = tokensOf.get(caller)
  if (tokens === undefined) {
    tokens = makeCallerTokens(caller)
    tokensOf.set(caller, tokens)
  }
  return tokens
}

function makeCallerTokens(caller: Caller): readonly string[] {
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

function granteeClass(grantee: string | undefined, caller: Caller, options: GrantOptions): number {
  switch (classOf(grantee, caller)) {
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
  if (grant.operations.includes('RetireGrant')) said |= granteeClass(granteeToken(grant), caller, options)
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

function encryptionContextHolds(grant: Grant, input: GrantInput): boolean {
  const { encryptionContextEquals: equals, encryptionContextSubset: subset } = grant.constraints ?? {}
  const required = equals ?? subset
  if (required === undefined || !comparesContext(input.actionBit)) return true
  const given = input.encryptionContext ?? {}
  return containsPairs(given, required) && (equals === undefined || containsPairs(equals, given))
}

/** Compared for cryptographic operations only; DescribeKey and other operations ignore it. */
function comparesContext(bit: number): boolean {
  return KMS_ACTIONS[bit]?.cryptographic === true
}

/** Every pair of `inner` is in `outer`: keys without case, values exact (K-1). */
function containsPairs(outer: EncryptionContext, inner: EncryptionContext): boolean {
  let pairs: ReadonlySet<string> | undefined
  for (const [key, value] of Object.entries(inner)) {
    // Keys are spelled alike as a rule.
    if (Object.hasOwn(outer, key) && outer[key] === value) continue
    pairs ??= new Set(pairsOf(outer))
    if (!pairs.has(pairOf(key, value))) return false
  }
  return true
}

/** The pairs in a form that is equal for pairs that compare equal. */
function pairsOf(context: EncryptionContext): readonly string[] {
  return Object.keys(context).map((key) => pairOf(key, context[key]!))
}

function pairOf(key: string, value: string): string {
  const name = key.toLowerCase()
  // The length tells where the value begins.
  return `${name.length} ${name} ${value}`
}

// ------------------------------------------------------------------------------------------- many grants to a grantee

const FILING: Filing<Grant> = { idOf: ({ grantId }) => grantId, holderOf: granteeToken, waysOf: waysOfGrant }

/** By the operations for which its encryption context is not compared, and by that context where there is one. */
function waysOfGrant({ operations, constraints = {} }: Grant): readonly string[] {
  const { encryptionContextEquals: equals, encryptionContextSubset: subset } = constraints
  // A subset is found by one of its pairs, and one without any is in every context.
  const [pair] = pairsOf(subset ?? {}).toSorted()
  const byContext =
    equals !== undefined ? wayOfExact(pairsOf(equals)) : pair === undefined ? undefined : wayOfPair(pair)
  if (byContext === undefined) return [...new Set(operations)].map(wayOfOperation)
  const free = operations.filter((operation) => !comparesContext(actionBit(`kms:${operation}`) ?? -1))
  return [byContext, ...new Set(free.map(wayOfOperation))]
}

/** The cheapest to tell first. */
function* waysOfRequest({ actionBit: bit, encryptionContext = {} }: GrantInput): IterableIterator<string> {
  yield wayOfOperation(operationOf(bit))
  if (!comparesContext(bit)) return
  const pairs = pairsOf(encryptionContext)
  yield wayOfExact(pairs)
  for (const pair of pairs) yield wayOfPair(pair)
}

function wayOfExact(pairs: readonly string[]): string {
  let way = 'exactly'
  let last = ''
  for (const pair of pairs.length > 1 ? pairs.toSorted() : pairs) {
    if (pair !== last) way += ` ${pair}`
    last = pair
  }
  return way
}

function wayOfPair(pair: string): string {
  return `with ${pair}`
}

function wayOfOperation(operation: string): string {
  return `for ${operation}`
}

// ----------------------------------------------------------------------------------------------------- child grants

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
