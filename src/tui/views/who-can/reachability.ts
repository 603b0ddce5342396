/**
 * Which statements change nothing, proved: as `keyward redundant` finds them, for the policies that bear on one caller
 * and one key.
 *
 * In a world of many principals the whole of it would take too long while somebody waits. There only this caller and this
 * key are looked at, and of the identity policies of everybody else anything is taken to be possible.
 */
import { documentOf } from '../../../graph/documents.js'
import type { CompiledPolicy } from '../../../graph/policy.js'
import type { Snapshot } from '../../../graph/world.js'
import type { SolveOptions } from '../../../solve/access.js'
import { redundantStatements, type RedundancyReason } from '../../../solve/redundant.js'
import type { SolveScope } from '../../../solve/scope.js'
import { snapshotOf } from '../../../solve/world.js'
import {
  accountDefinition,
  keyDefinition,
  principalDefinition,
  worldDefinition,
} from '../../../source/world/to-definition.js'
import type { AskedWorld } from '../../../source/world/world.js'
import { splitArn } from '../../../text/arn.js'

export type Reach =
  /** It says something that nothing else says. */
  | 'needed'
  /** None of its actions is one of KMS: only these are asked about. */
  | 'other'
  | RedundancyReason

/** Of one policy, by the place of the statement; undefined where it could not be judged, with the reason. */
export interface PolicyReach {
  readonly reaches: readonly Reach[] | undefined
  readonly reason?: string
}

export interface Reachability {
  readonly keyPolicy: PolicyReach | undefined
  /** In the order of the caller's policies. */
  readonly identity: readonly PolicyReach[]
  /** Not all of the world was looked at. */
  readonly isNarrow: boolean
}

/** Larger worlds are looked at in part. */
const WHOLE_PRINCIPALS = 200
const WHOLE_KEYS = 100
const BUDGET: SolveOptions = { budget: { maxSteps: 2_000_000, maxCells: 200_000 } }

/** In slices, policy by policy. */
export function* reachabilityOf(world: AskedWorld, caller: string, key: string): Generator<void, Reachability> {
  yield
  const isNarrow = world.principals.size > WHOLE_PRINCIPALS || world.keys.size > WHOLE_KEYS
  const snapshot = snapshotOf(isNarrow ? partOf(world, caller, key) : worldDefinition(world))
  const narrow: SolveScope = isNarrow ? { unknownIdentity: 'any', resources: [key] } : {}
  yield
  const policy = snapshot.keys.get(key)?.policy
  const scope: SolveScope = { sessionPolicies: 'none', ...narrow }
  const keyPolicy = policy === undefined ? undefined : reachOf(snapshot, policy, { ...scope, resources: [key] })
  const identity: PolicyReach[] = []
  for (const own of snapshot.principals.get(caller)?.policies ?? []) {
    yield
    identity.push(reachOf(snapshot, own, { ...scope, principals: [caller] }))
  }
  return { keyPolicy, identity, isNarrow }
}

function partOf(world: AskedWorld, caller: string, key: string): Parameters<typeof snapshotOf>[0] {
  const accounts = new Set([splitArn(caller)?.account ?? '', splitArn(key)?.account ?? ''])
  const [principal, own] = [principalDefinition(world, caller), keyDefinition(world, key)]
  return {
    accounts: [...accounts].flatMap((id) => accountDefinition(world, id) ?? []),
    principals: principal === undefined ? [] : [{ ...principal }],
    keys: own === undefined ? [] : [own],
  }
}

function reachOf(snapshot: Snapshot, policy: CompiledPolicy, scope: SolveScope): PolicyReach {
  const found = redundantStatements({ snapshot }, [policy], scope, BUDGET)
  if (found.answer === 'unknown') return { reaches: undefined, reason: found.reason }
  const reasons = new Map(found.redundant.map(({ statement, reason }) => [statement, reason]))
  const reaches = documentOf(policy).parts.map(({ actionLow, actionHigh }, index): Reach =>
    (actionLow | actionHigh) === 0 ? 'other' : (reasons.get(index) ?? 'needed'),
  )
  return { reaches }
}
