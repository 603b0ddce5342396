/**
 * Random pairs of worlds: every difference is confirmed, and what is said to be equal stays equal under fire.
 *
 * `compareAccess` throws where the evaluator refutes a witness, so a run to the end has none.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Verdict } from '../../src/solve/access.js'
import { checkedPair } from './check-pair.js'
import { pairDrafts } from './pairs.js'

const SEED = 20260722
const PAIRS = 500
const LONG = 240_000

test(
  `${PAIRS} pairs, each under some twenty requests aimed at it`,
  () => {
    const seen: Record<Verdict, number> = { equivalent: 0, less: 0, more: 0, incomparable: 0, unknown: 0 }
    for (const draft of fc.sample(pairDrafts, { numRuns: PAIRS, seed: SEED })) seen[checkedPair(draft)] += 1
    // Every verdict comes up, and hardly anything is left open.
    for (const verdict of ['equivalent', 'less', 'more', 'incomparable'] as const)
      expect(seen[verdict]).toBeGreaterThan(50)
    expect(seen.unknown).toBeLessThan(PAIRS * 0.03)
  },
  LONG,
)
