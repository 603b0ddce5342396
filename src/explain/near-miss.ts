/**
 * Near misses: the Allow statements and grants that came close to permitting a denied request, best first.
 *
 * Only layers that lacked an allow are searched: elsewhere nothing was missing. What would have to change is not asked
 * here.
 */
import type { GrantTrace, LayerTrace, PolicyTrace, StatementPart, StatementTrace, Trace } from '../decide/trace.js'
import type { GrantMiss } from '../graph/grant.js'
import { KMS_ACTIONS } from '../aws/actions.js'
import type { PatternElement } from '../policy/document.js'
import { fittingGrants } from './decisive.js'
import { grantRef, statementRef, type GrantRef, type PlacedStatement, type StatementRef } from './reference.js'

export type NearMiss =
  | (StatementRef & { readonly failed: readonly StatementPart[] })
  | (GrantRef & { readonly failed: readonly GrantMiss[] })

/** More than a person compares, and a bound for answers on policies of any size. */
export const MAX_NEAR_MISSES = 10

export function nearMisses(trace: Trace): readonly NearMiss[] {
  return rankedMisses(trace)
    .slice(0, MAX_NEAR_MISSES)
    .map((miss): NearMiss => {
      if (miss.kind === 'grant') return { ...grantRef(miss.traced.grant), failed: [miss.miss] }
      return { ...statementRef(miss.policy, miss.traced), failed: miss.traced.failed }
    })
}

export type RankedMiss =
  | ({ readonly kind: 'statement'; readonly rank: number } & PlacedStatement)
  | { readonly kind: 'grant'; readonly rank: number; readonly traced: GrantTrace; readonly miss: GrantMiss }

/** All near misses of an implicit denial: the decisive layer first, then fewest failed parts, the mildest part first. */
export function rankedMisses(trace: Trace): readonly RankedMiss[] {
  if (trace.outcome.decision !== 'implicitDeny') return []
  const ranked: RankedMiss[] = []
  for (const layer of trace.layers) {
    if (layer.verdict !== 'implicitDeny') continue
    const least = layer.layer === trace.outcome.layer ? 0 : MAX_RANK
    if (layer.layer === 'grant') addGrants(ranked, trace, layer, least)
    else addStatements(ranked, trace, layer, least)
  }
  sortByRank(ranked)
  return ranked
}

const FEW = 16

/** Of equals the first comes first. */
function sortByRank(misses: RankedMiss[]): void {
  if (misses.length > FEW) {
    misses.sort((left, right) => left.rank - right.rank)
    return
  }
  // A few are sorted faster by hand.
  for (let index = 1; index < misses.length; index++) {
    const miss = misses[index]!
    let place = index
    for (; place > 0 && misses[place - 1]!.rank > miss.rank; place--) misses[place] = misses[place - 1]!
    misses[place] = miss
  }
}

// ------------------------------------------------------------------------------------------------------- candidates

function addStatements(found: RankedMiss[], trace: Trace, layer: LayerTrace, least: number): void {
  const service = serviceOf(trace.call.action)
  for (const policy of lackingPolicies(trace, layer)) {
    for (const traced of policy.statements) {
      if (isNear(traced)) found.push({ kind: 'statement', rank: least + missRank(traced, service), policy, traced })
    }
  }
}

/** SCPs must allow at every level, so only the levels without an Allow lack something. */
export function lackingPolicies(trace: Trace, layer: LayerTrace): readonly PolicyTrace[] {
  if (layer.layer !== 'scp') return layer.policies
  const lacking = new Set(lackingLevels(trace, layer))
  return layer.policies.filter(({ level }) => level !== undefined && lacking.has(level))
}

/** Levels of the organization at which no service control policy allows, the root's first. */
export function lackingLevels(trace: Trace, layer: LayerTrace): readonly number[] {
  const allowing = new Set(layer.policies.filter(allowsSomething).map(({ level }) => level))
  return [...(trace.call.scps ?? []).keys()].filter((level) => !allowing.has(level))
}

function allowsSomething({ statements }: PolicyTrace): boolean {
  return statements.some(({ applies, statement }) => applies && statement.effect === 'Allow')
}

/** An Allow that is about this action, or about everything else in the request but the action. */
function isNear(traced: StatementTrace): boolean {
  const { statement, failed } = traced
  if (statement.effect !== 'Allow' || hasNoEffect(traced)) return false
  return failed.length === 1 || (failed.length === 2 && !failed.includes('action'))
}

/** A statement that no request could ever fit: an element is missing or empty. */
export function hasNoEffect({ statement }: StatementTrace): boolean {
  const { action, resource, principal } = statement
  return (
    action === undefined ||
    action.patterns.length === 0 ||
    resource === undefined ||
    resource.patterns.length === 0 ||
    principal?.entries.length === 0
  )
}

function addGrants(found: RankedMiss[], trace: Trace, layer: LayerTrace, least: number): void {
  const retired = trace.kind.retire ? fittingGrants(trace) : undefined
  for (const traced of layer.grants) {
    const { miss, grant } = traced
    if (miss === undefined || miss === 'key') continue
    if (retired?.includes(grant) === false) continue
    // To somebody else, and for something else: that is no near miss.
    if (miss === 'grantee' && !grant.operations.includes(operationName(trace))) continue
    found.push({ kind: 'grant', rank: least + rankFrom(1, GRANT_RANK[miss], false, 1, false), traced, miss })
  }
}

/** The permission of the call as grants write it. */
export function operationName({ call }: Trace): string {
  return KMS_ACTIONS[call.actionBit]?.name.slice('kms:'.length) ?? ''
}

// ---------------------------------------------------------------------------------------------------------- ranking

const PART_RANK: Readonly<Record<StatementPart, number>> = { condition: 0, principal: 1, action: 2, resource: 2 }
const GRANT_RANK: Readonly<Record<GrantMiss, number>> = {
  constraint: 0,
  notPropagated: 0,
  child: 0,
  grantee: 1,
  operation: 2,
  key: 3,
}

// A rank is one number, the graver part in the higher place, so that ranks are compared as numbers.
const MAX_TESTS = 100_000
const MAX_RANK = 1000 * 2 * MAX_TESTS

function rankFrom(failed: number, worst: number, foreign: boolean, tests: number, lacksKeys: boolean): number {
  const coarse = failed * 100 + worst * 10 + (foreign ? 1 : 0)
  return (coarse * MAX_TESTS + Math.min(tests, MAX_TESTS - 1)) * 2 + (lacksKeys ? 1 : 0)
}

/**
 * How far a statement is from applying: fewest failed parts first, then the mildest, then fewest failed tests.
 *
 * @param service - that of the action asked about, as `serviceOf` has it.
 */
function missRank({ failed, statement, conditions }: StatementTrace, service: string): number {
  let worst = 0
  // An Allow of other KMS actions is nearer than one that is about another service.
  let foreign = false
  for (const part of failed) {
    const rank = PART_RANK[part]
    if (rank > worst) worst = rank
    if (part === 'action') foreign = !namesService(statement.action, service)
  }
  let tests = 0
  // A request that has the key at all was meant for this statement more likely than one that has not.
  let lacksKeys = false
  for (let index = 0; index < conditions.length; index++) {
    const { holds, miss } = conditions[index]!
    if (holds) continue
    tests++
    lacksKeys ||= miss === 'absent' || miss === 'hidden'
  }
  return rankFrom(failed.length, worst, foreign, tests, lacksKeys)
}

/** The statement that came closest to applying, the first of equals. */
export function nearestStatement(statements: readonly StatementTrace[], action: string): StatementTrace | undefined {
  const service = serviceOf(action)
  let nearest: StatementTrace | undefined
  let least = Infinity
  for (const traced of statements) {
    // One more failed part outweighs all else.
    if (rankFrom(traced.failed.length, 0, false, 0, false) > least) continue
    const rank = missRank(traced, service)
    if (rank >= least) continue
    nearest = traced
    least = rank
  }
  return nearest
}

/** `kms:` */
function serviceOf(action: string): string {
  return action.slice(0, action.indexOf(':') + 1).toLowerCase()
}

function namesService(element: PatternElement | undefined, service: string): boolean {
  if (element === undefined) return false
  for (const pattern of element.patterns) if (beginsWith(pattern, service)) return true
  return false
}

/** In any case of letters. */
function beginsWith(pattern: string, prefix: string): boolean {
  // Most patterns that are about another service differ in the first letter; folding costs many times as much.
  const first = pattern.charCodeAt(0)
  if (first < 128 && prefix !== '' && (first | 32) !== (prefix.charCodeAt(0) | 32)) return false
  return pattern.startsWith(prefix) || pattern.toLowerCase().startsWith(prefix)
}
