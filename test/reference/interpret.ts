/**
 * The slow interpreter: reads a simulation document and decides it, step by step as the pages tell it.
 *
 * It shares no code with the program it checks, keeps nothing between two calls, and is written to be read beside
 * authorization.md rather than to be quick.
 *
 * Source: IAM User Guide, "How enforcement code logic evaluates requests"; authorization.md D1 to D6, F6, G3, H.
 */
import { worksAcrossAccounts } from './action-facts.js'
import type { Observe } from './conditions.js'
import type { AuthorizeDocument, LockoutDocument, MultiDocument } from './document.js'
import { matchingGrants, retirementClasses, type GrantMatch, type GrantQuestion } from './grants.js'
import {
  layersOf,
  questionOf,
  type Applied,
  type Layer,
  type PolicyLayer,
  type Question,
  type StatementRef,
} from './layers.js'
import type { NotPrincipalReading, PrincipalClass } from './principals.js'

export type Decision = 'allow' | 'implicitDeny' | 'explicitDeny'
export type LayerName = PolicyLayer | 'grant' | 'operation'
export type Reference = StatementRef | { readonly layer: 'grant'; readonly grantId: string }

export interface Interpretation {
  readonly decision: Decision
  readonly layer: LayerName
  readonly by: readonly Reference[]
  /** Every layer that took part, with its own verdict. */
  readonly layers: Readonly<Partial<Record<LayerName, Decision>>>
}

/** The decisions that a user may take otherwise (section K); each default is the recommended one. */
export interface Options {
  /** K-14: a boundary or session policy that merely fails to allow cuts a grant `byClass` of its grantee, or never, or always. */
  readonly grantUnderImplicitDeny?: 'byClass' | 'never' | 'always'
  /** K-15: a grant to an account delegates to its identity policies, or is complete for all its principals. */
  readonly accountGrantee?: 'delegation' | 'complete'
  /** K-26: who is exempt from a Deny with NotPrincipal. */
  readonly notPrincipal?: NotPrincipalReading
  /** K-33: does an identity Allow of kms:RetireGrant suffice in the key-owner and issuing accounts? */
  readonly retireByIdentity?: boolean
  /** Told of every rule on the way, for measuring what a batch of documents reaches. */
  readonly observe?: Observe
}

type Outcome = Omit<Interpretation, 'layers'>

/** What the identity side of the request says, implicit denies only: explicit ones were found before. */
interface IdentitySide {
  readonly identityAllows: boolean
  readonly boundaryAllows: boolean
  readonly sessionAllows: boolean
  readonly by: readonly Reference[]
}

const OPERATION_DENIED: Outcome = { decision: 'implicitDeny', layer: 'operation', by: [] }

function implicitDeny(layer: LayerName): Outcome {
  return { decision: 'implicitDeny', layer, by: [] }
}

function allow(layer: LayerName, by: readonly Reference[]): Outcome {
  return { decision: 'allow', layer, by }
}

function allowsIn(layer: Layer | undefined): readonly Applied[] {
  return layer ? layer.applied.filter(({ effect }) => effect === 'Allow') : []
}

function identitySideOf(layers: readonly Layer[], question: Question): IdentitySide {
  const named = (name: PolicyLayer): Layer | undefined => layers.find((layer) => layer.name === name)
  return {
    // The root user needs no identity policy and has no boundary or session; a service has no identity side at all.
    identityAllows: question.caller.type === 'root' || (named('identity')?.allows ?? false),
    boundaryAllows: named('boundary')?.allows ?? true,
    sessionAllows: named('session')?.allows ?? true,
    by: allowsIn(named('identity')).map(({ ref }) => ref),
  }
}

function firstFailing(
  side: IdentitySide,
  order: readonly ('identity' | 'boundary' | 'session')[],
): LayerName | undefined {
  return order.find((name) =>
    name === 'identity' ? !side.identityAllows : name === 'boundary' ? !side.boundaryAllows : !side.sessionAllows,
  )
}

const WHOLE_SIDE = ['identity', 'boundary', 'session'] as const
const LIMITS_ONLY = ['boundary', 'session'] as const

/** What still has to allow when the caller is named in this class (C3). */
function needsOf(found: PrincipalClass): readonly ('identity' | 'boundary' | 'session')[] {
  switch (found) {
    case 'direct':
      return []
    case 'viaRole':
    case 'viaUser':
      return LIMITS_ONLY
    case 'account':
      return WHOLE_SIDE
  }
}

/** What a grant to a grantee of this class still needs (K-14, K-15). */
function grantNeeds(found: PrincipalClass, options: Options): readonly ('identity' | 'boundary' | 'session')[] {
  if (found === 'account') return options.accountGrantee === 'complete' ? [] : WHOLE_SIDE
  switch (options.grantUnderImplicitDeny ?? 'byClass') {
    case 'never':
      return []
    case 'always':
      return LIMITS_ONLY
    case 'byClass':
      return needsOf(found)
  }
}

function grantQuestion(question: Question): GrantQuestion {
  const { caller, action, context, document, observe } = question
  return { caller, action, context, observe, keyArn: question.resourceArn ?? '', request: document.request ?? {} }
}

function grantRefs(matches: readonly GrantMatch[]): readonly Reference[] {
  return matches.map(({ grantId }) => ({ layer: 'grant', grantId }))
}

/** Actions without a resource and alias checks: the identity side alone decides (D3, D4). */
function identityOnly(side: IdentitySide): Outcome {
  const failing = firstFailing(side, WHOLE_SIDE)
  return failing === undefined ? allow('identity', side.by) : implicitDeny(failing)
}

function retireGrant(question: Question, side: IdentitySide, options: Options): Outcome {
  const matches = retirementClasses(
    question.document.grants ?? [],
    grantQuestion(question),
    options.retireByIdentity ?? true,
  )
  const passing = matches.filter(({ class: found }) => firstFailing(side, grantNeeds(found, options)) === undefined)
  const withoutPolicy = passing.filter(({ class: found }) => found !== 'account')
  const [best] = withoutPolicy
  if (best) return allow('grant', grantRefs([best]))
  if (passing.length > 0) return allow('identity', side.by)
  // A caller that needs no identity policy is told of the boundary or session that stopped it, not of identity.
  const [nearest] = [...matches].sort((a, b) => Number(a.class === 'account') - Number(b.class === 'account'))
  if (!nearest) return implicitDeny('grant')
  return implicitDeny(firstFailing(side, grantNeeds(nearest.class, options)) ?? 'grant')
}

/** D1 steps 6 and 7, for a KMS key. */
function keyPermission(question: Question, layers: readonly Layer[], side: IdentitySide, options: Options): Outcome {
  const { caller, resourceAccount, document, observe } = question
  const named = allowsIn(layers.find(({ name }) => name === 'keyPolicy'))
  const ofClass = (...classes: readonly PrincipalClass[]): readonly Reference[] =>
    named.filter((each) => each.classes.some((found) => classes.includes(found))).map(({ ref }) => ref)
  const direct = ofClass('direct')
  const via = ofClass('viaRole', 'viaUser')
  const account = ofClass('account')
  const isCrossAccount = caller.account !== undefined && caller.account !== resourceAccount
  const fails = (...order: readonly ('identity' | 'boundary' | 'session')[]): LayerName | undefined =>
    firstFailing(side, order)

  if (!isCrossAccount) {
    if (direct.length > 0) return allow('keyPolicy', direct)
    if (via.length > 0 && !fails(...LIMITS_ONLY)) return allow('keyPolicy', via)
    if (account.length > 0 && !fails(...WHOLE_SIDE)) return allow('identity', side.by)
  } else if (named.length > 0 && !fails(...WHOLE_SIDE)) {
    // The root user of another account has no identity policy: what completes its allow is the key policy.
    return caller.type === 'root' ? allow('keyPolicy', direct) : allow('identity', side.by)
  }

  const grants = matchingGrants(document.grants ?? [], grantQuestion(question))
  const enough = grants.filter((grant) => firstFailing(side, grantNeeds(grant.class, options)) === undefined)
  if (enough.length > 0) return allow('grant', grantRefs(enough))
  if (grants.length > 0) observe('grant cut by the identity side')

  if (named.length === 0) return implicitDeny('keyPolicy')
  const needsIdentity = isCrossAccount || via.length === 0
  return implicitDeny(firstFailing(side, needsIdentity ? WHOLE_SIDE : LIMITS_ONLY) ?? 'keyPolicy')
}

/** sts.md 3: the trust policy must itself allow; what else is needed hangs on how it names the caller, and on accounts. */
function rolePermission(question: Question, layers: readonly Layer[], side: IdentitySide): Outcome {
  const { caller, resourceAccount } = question
  // 3.5: whoever trusts the account does not trust its root user.
  if (caller.type === 'root') return OPERATION_DENIED
  const trusts = allowsIn(layers.find(({ name }) => name === 'keyPolicy'))
  const ofClass = (...classes: readonly PrincipalClass[]): readonly Reference[] =>
    trusts.filter((each) => each.classes.some((found) => classes.includes(found))).map(({ ref }) => ref)
  // 3.2: an identity policy alone is never enough.
  if (trusts.length === 0) return implicitDeny('keyPolicy')
  // 3.4: in another account all of the caller's own side must allow, however it is named.
  if (caller.account !== undefined && caller.account !== resourceAccount) {
    const failing = firstFailing(side, WHOLE_SIDE)
    return failing === undefined ? allow('identity', side.by) : implicitDeny(failing)
  }
  // 3.3: in one account the nearest way of naming the caller decides what it needs.
  const direct = ofClass('direct')
  if (direct.length > 0) return allow('keyPolicy', direct)
  const via = ofClass('viaRole', 'viaUser')
  if (via.length > 0) {
    if (firstFailing(side, LIMITS_ONLY) === undefined) return allow('keyPolicy', via)
    return implicitDeny(firstFailing(side, LIMITS_ONLY) ?? 'keyPolicy')
  }
  return identityOnly(side)
}

/** A service other than KMS: its resource-based policy and the identity side are alternatives in one account. */
function otherPermission(question: Question, layers: readonly Layer[], side: IdentitySide): Outcome {
  const { caller, resourceAccount } = question
  const named = allowsIn(layers.find(({ name }) => name === 'keyPolicy'))
  const ofClass = (...classes: readonly PrincipalClass[]): readonly Reference[] =>
    named.filter((each) => each.classes.some((found) => classes.includes(found))).map(({ ref }) => ref)
  const isCrossAccount = caller.account !== undefined && caller.account !== resourceAccount
  if (isCrossAccount) {
    if (named.length === 0) return implicitDeny('keyPolicy')
    const failing = firstFailing(side, WHOLE_SIDE)
    if (failing !== undefined) return implicitDeny(failing)
    return caller.type === 'root' ? allow('keyPolicy', ofClass('direct')) : allow('identity', side.by)
  }
  const direct = ofClass('direct')
  if (direct.length > 0) return allow('keyPolicy', direct)
  if (caller.type === 'service') return implicitDeny('keyPolicy')
  const via = ofClass('viaRole', 'viaUser')
  if (via.length > 0) {
    const failing = firstFailing(side, LIMITS_ONLY)
    return failing === undefined ? allow('keyPolicy', via) : implicitDeny(failing)
  }
  return identityOnly(side)
}

function decide(question: Question, layers: readonly Layer[], options: Options): Outcome {
  const { caller, kind, action, resourceAccount } = question
  const denies = layers
    .flatMap(({ applied }) => applied.filter(({ effect }) => effect === 'Deny'))
    .map(({ ref }) => ref)
  const [firstDeny] = denies
  if (firstDeny) return { decision: 'explicitDeny', layer: firstDeny.layer, by: denies }

  for (const name of ['scp', 'vpce'] as const) {
    if (layers.some((layer) => layer.name === name && !layer.allows)) return implicitDeny(name)
  }

  const isCrossAccount =
    caller.account !== undefined && resourceAccount !== undefined && caller.account !== resourceAccount
  const isOfKms = kind !== 'other' && kind !== 'role'
  if (isCrossAccount && isOfKms && !worksAcrossAccounts(action)) return OPERATION_DENIED

  const side = identitySideOf(layers, question)
  switch (kind) {
    case 'noResource':
    case 'alias':
      return identityOnly(side)
    case 'notOnAliases':
      return OPERATION_DENIED
    case 'retireGrant':
      return retireGrant(question, side, options)
    case 'key':
      return keyPermission(question, layers, side, options)
    case 'other':
      return otherPermission(question, layers, side)
    case 'role':
      return rolePermission(question, layers, side)
  }
}

export function interpret(document: AuthorizeDocument, options: Options = {}): Interpretation {
  const observe = options.observe ?? (() => undefined)
  const question = questionOf(document, options.notPrincipal ?? 'ancestors', observe)
  const layers = layersOf(question)
  const outcome = decide(question, layers, options)
  const verdicts: Partial<Record<LayerName, Decision>> = {}
  for (const { name, applied, allows } of layers) {
    const isDenied = applied.some(({ effect }) => effect === 'Deny')
    verdicts[name] = isDenied ? 'explicitDeny' : allows ? 'allow' : 'implicitDeny'
  }
  if (outcome.layer === 'grant' || outcome.layer === 'operation') verdicts[outcome.layer] = outcome.decision
  observe(`kind ${question.kind}`)
  observe(`caller ${question.caller.type}`)
  observe(`decision ${outcome.decision} ${outcome.layer}`)
  return { ...outcome, layers: verdicts }
}

export interface MultiInterpretation extends Interpretation {
  readonly failingCheck: number | null
}

/** One API call that needs several checks: the first that fails speaks, the last one when all allow (D4). */
export function interpretMulti(document: MultiDocument, options: Options = {}): MultiInterpretation {
  const { kind: _kind, api: _api, checks, derive: _derive, ...shared } = document
  let last: Interpretation | undefined
  for (const [index, check] of checks.entries()) {
    last = interpret({ ...shared, ...check }, options)
    if (last.decision !== 'allow') return { ...last, failingCheck: index }
  }
  if (!last) throw new Error('a multi document without checks')
  return { ...last, failingCheck: null }
}

/** Would this caller still be allowed to change the key policy under the new one? (H, K-23) */
export function interpretLockout(document: LockoutDocument, options: Options = {}): 'pass' | 'fail' {
  if (document.request?.bypassPolicyLockoutSafetyCheck ?? false) return 'pass'
  const { kind: _kind, newKeyPolicy, derive: _derive, ...rest } = document
  const asked: AuthorizeDocument = { ...rest, action: 'kms:PutKeyPolicy', keyPolicy: newKeyPolicy }
  return interpret(asked, options).decision === 'allow' ? 'pass' : 'fail'
}
