/**
 * Symbolic questions about worlds given as documents: what changed, who can, and checks that pass or fail.
 *
 * Answers are proofs or have a confirmed witness; where neither could be had in the budget, they say so.
 *
 * Source: IAM User Guide, "IAM Access Analyzer custom policy checks" (the meaning of the checks).
 */
import {
  accessOf,
  anyAccess,
  compareAccess,
  type Access,
  type AccessList,
  type Comparison,
  type SolveOptions,
} from '../solve/access.js'
import type { CallerClass } from '../solve/callers.js'
import type { SolveScope } from '../solve/scope.js'
import { snapshotOf, type WorldDefinition } from '../solve/world.js'
import { GraphTables } from '../graph/tables.js'
import type { Snapshot } from '../graph/world.js'
import { splitArn } from '../text/arn.js'

/** What of a question is the same for every kind of it. */
export type QuestionScope = SolveScope

/** How two worlds differ in what they allow, both ways. */
export function diff(
  oldWorld: WorldDefinition,
  newWorld: WorldDefinition,
  scope: QuestionScope = {},
  options: SolveOptions = {},
): Comparison {
  const tables = new GraphTables()
  const [before, after] = [snapshotOf(oldWorld, tables), snapshotOf(newWorld, tables)]
  return compareAccess({ snapshot: before }, { snapshot: after }, scope, options)
}

/** Everybody who is allowed one of these actions on one of these keys, strangers included, by the reason. */
export function whoCan(world: WorldDefinition, scope: QuestionScope, options: SolveOptions = {}): AccessList {
  return whoCanIn(snapshotOf(world), scope, options)
}

/** The same of a world that is lowered already. */
export function whoCanIn(snapshot: Snapshot, scope: QuestionScope, options: SolveOptions = {}): AccessList {
  return accessOf({ snapshot }, { sessionPolicies: 'none', ...scope }, options)
}

/** Everything that one principal is allowed on the keys of a world. */
export function whatCan(
  world: WorldDefinition,
  principal: string,
  scope: Omit<QuestionScope, 'principals'> = {},
  options: SolveOptions = {},
): AccessList {
  return whoCan(world, { ...scope, principals: [principal] }, options)
}

export type Check =
  | { readonly check: 'no-new-access' | 'equivalent'; readonly old: WorldDefinition; readonly new: WorldDefinition }
  /** Nobody of the scope may have any access. */
  | { readonly check: 'access-not-granted'; readonly world: WorldDefinition }
  /** Nobody outside the accounts of the world may. */
  | { readonly check: 'no-public-access'; readonly world: WorldDefinition }
  /** Somebody known must be able to change the policy of each key. */
  | { readonly check: 'lockout'; readonly world: WorldDefinition }

export interface CheckResult {
  readonly outcome: 'pass' | 'fail' | 'unknown'
  /** What makes the check fail, each with its witness. Of `lockout`, the keys whose policy nobody can change. */
  readonly found: readonly Access[]
  readonly lockedOut: readonly string[]
  /** Why the outcome is unknown. */
  readonly reason?: string
}

export function check(question: Check, scope: QuestionScope = {}, options: SolveOptions = {}): CheckResult {
  switch (question.check) {
    case 'no-new-access': {
      const { verdict, more, reason } = diff(question.old, question.new, scope, options)
      const grows = verdict === 'more' || verdict === 'incomparable'
      return result(grows ? 'fail' : verdict === 'unknown' ? 'unknown' : 'pass', more, reason)
    }
    case 'equivalent': {
      const { verdict, more, less, reason } = diff(question.old, question.new, scope, options)
      const outcome = verdict === 'equivalent' ? 'pass' : verdict === 'unknown' ? 'unknown' : 'fail'
      return result(outcome, [...more, ...less], reason)
    }
    case 'access-not-granted':
      return nobody(question.world, scope, options)
    case 'no-public-access':
      return nobody(question.world, { ...scope, standing: ['stranger'] }, options, outsiders(question.world))
    case 'lockout':
      return lockout(question.world, scope, options)
  }
}

function result(outcome: CheckResult['outcome'], found: readonly Access[], reason: string | undefined): CheckResult {
  return { outcome, found, lockedOut: [], ...(reason === undefined ? {} : { reason }) }
}

function nobody(
  world: WorldDefinition,
  scope: QuestionScope,
  options: SolveOptions,
  isMeant: (caller: CallerClass) => boolean = () => true,
): CheckResult {
  const listed = accessOf({ snapshot: snapshotOf(world) }, { sessionPolicies: 'none', ...scope }, options)
  if (listed.answer === 'unknown') return result('unknown', [], listed.reason)
  const meant = listed.access.flatMap((access) => {
    const callers = access.callers.filter(isMeant)
    return callers.length === 0 ? [] : [{ ...access, callers }]
  })
  const shown = meant.filter(({ witness }) => witness !== undefined)
  if (shown.length > 0) return result('fail', shown, listed.reason)
  return listed.answer === 'complete' && meant.length === 0
    ? result('pass', [], undefined)
    : result('unknown', [], listed.reason ?? 'no request could be made of what is left')
}

const ACCOUNT_ID = /(?<![0-9])[0-9]{12}(?![0-9])/g

/** Callers of accounts that neither the world nor one of its key policies and grants has ever heard of. */
function outsiders(world: WorldDefinition): (caller: CallerClass) => boolean {
  const heardOf = new Set([
    ...(world.accounts ?? []).map(({ accountId }) => accountId),
    ...(world.principals ?? []).map(({ arn }) => splitArn(arn)?.account ?? ''),
    ...(world.keys ?? []).flatMap(({ arn, policy, grants = [] }) => [
      splitArn(arn)?.account ?? '',
      ...(JSON.stringify([policy?.statements, grants]).match(ACCOUNT_ID) ?? []),
    ]),
  ])
  return ({ kind, accountId }) => kind !== 'service' && accountId !== undefined && !heardOf.has(accountId)
}

const PUT_KEY_POLICY = 'kms:PutKeyPolicy'

/** Key by key: one that somebody can change says nothing of the next. */
function lockout(world: WorldDefinition, scope: QuestionScope, options: SolveOptions): CheckResult {
  const snapshot = snapshotOf(world)
  const keys =
    scope.resources ?? (world.keys ?? []).filter(({ keyManager }) => keyManager !== 'AWS').map(({ arn }) => arn)
  const lockedOut: string[] = []
  let reason: string | undefined
  for (const key of keys) {
    const found = anyAccess(
      { snapshot },
      { sessionPolicies: 'none', ...scope, resources: [key], actions: [PUT_KEY_POLICY], standing: ['known', 'named'] },
      options,
    )
    if (found.answer === 'no') lockedOut.push(key)
    if (found.answer === 'unknown') reason ??= found.reason
  }
  const outcome = lockedOut.length > 0 ? 'fail' : reason === undefined ? 'pass' : 'unknown'
  return { outcome, found: [], lockedOut, ...(reason === undefined ? {} : { reason }) }
}
