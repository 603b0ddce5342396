/**
 * Tracing one condition: whether it holds for a call, what the request has, and why it fails.
 *
 * Knows nothing of the statement that the condition stands in.
 */
import type { SlotValues } from '../graph/atom.js'
import type { LoweredTest } from '../graph/lower.js'
import type { CompiledPolicy } from '../graph/policy.js'
import type { GraphTables } from '../graph/tables.js'
import type { ConditionTest } from '../policy/document.js'
import type { Call } from './call.js'

export interface ConditionTrace {
  readonly test: ConditionTest
  readonly holds: boolean
  /** The request's value or values of the key; undefined when it has none. */
  readonly got: string | readonly string[] | undefined
  /** Why a test that does not hold fails, and why one that is about something else does. */
  readonly miss: ConditionMiss | undefined
}

/**
 * `absent`: the key is not in the request. `hidden`: key policies cannot see the key (K-19). `severalValues`: a list
 * without a set operator (K-12). `uncomparable`: a value that the operator cannot read (K-32). `value`: another value.
 */
export type ConditionMiss = 'absent' | 'hidden' | 'severalValues' | 'uncomparable' | 'value'

export function traceCondition(
  compiled: CompiledPolicy,
  test: ConditionTest,
  lowered: LoweredTest,
  slot: number,
  call: Call,
): ConditionTrace {
  const got = slot < 0 ? undefined : call.values[slot]
  const holds = testHolds(compiled.tables, lowered, call.values)
  return { test, holds, got, miss: holds ? undefined : conditionMiss(compiled, test, lowered, got, slot < 0, call) }
}

/** Whether a lowered test holds for these values. */
export function testHolds(tables: GraphTables, lowered: LoweredTest, values: SlotValues): boolean {
  if (lowered === 'never') return false
  for (const literal of lowered) {
    if (tables.atom(literal >> 1).holds(values) === ((literal & 1) === 1)) return false
  }
  return true
}

function conditionMiss(
  compiled: CompiledPolicy,
  test: ConditionTest,
  lowered: LoweredTest,
  got: string | readonly string[] | undefined,
  hidden: boolean,
  call: Call,
): ConditionMiss {
  if (hidden) return 'hidden'
  if (got === undefined) return 'absent'
  if (test.set === undefined && test.base !== 'Null' && typeof got !== 'string' && got.length !== 1) {
    return 'severalValues'
  }
  if (lowered === 'never') return 'value'
  const values = typeof got === 'string' ? [got] : got
  for (const literal of lowered) {
    const atom = compiled.tables.atom(literal >> 1)
    for (const value of values) if (!atom.canCompare(value, call.values)) return 'uncomparable'
  }
  return 'value'
}
