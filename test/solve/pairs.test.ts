/**
 * Random pairs of worlds: every difference is confirmed, and what is said to be equal stays equal under fire.
 *
 * `compareAccess` throws where the evaluator refutes a witness, so a run to the end has none.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareAccess, type Verdict } from '../../src/solve/access.js'
import { describeDocument } from '../reference/describe.js'
import { isAllowed, pairDrafts, pairOf, type PairDraft } from './pairs.js'

const SEED = 20260722
const PAIRS = 500
const LONG = 240_000

/** Verdicts under which the new world allows nothing new, and those under which it still allows everything. */
const NOTHING_MORE: readonly Verdict[] = ['equivalent', 'less']
const NOTHING_LESS: readonly Verdict[] = ['equivalent', 'more']

test(
  `${PAIRS} pairs, each under some twenty requests aimed at it`,
  () => {
    const seen: Record<Verdict, number> = { equivalent: 0, less: 0, more: 0, incomparable: 0, unknown: 0 }
    for (const draft of fc.sample(pairDrafts, { numRuns: PAIRS, seed: SEED })) seen[checked(draft)] += 1
    // Every verdict comes up, and hardly anything is left open.
    for (const verdict of ['equivalent', 'less', 'more', 'incomparable'] as const)
      expect(seen[verdict]).toBeGreaterThan(50)
    expect(seen.unknown).toBeLessThan(PAIRS * 0.03)
  },
  LONG,
)

function checked(draft: PairDraft): Verdict {
  const { before, after, requests } = pairOf(draft)
  const { verdict, more, less } = compareAccess({ snapshot: before }, { snapshot: after })
  for (const { witness } of [...more, ...less]) {
    if (witness === undefined || witness.assumed.identity === true) continue
    const allowed = [isAllowed(before, witness.request), isAllowed(after, witness.request)]
    expect(allowed, JSON.stringify(witness.request)).toEqual(
      witness.outcomes.map(({ decision }) => decision === 'allow'),
    )
  }
  for (const request of requests) {
    const [old, now] = [isAllowed(before, request), isAllowed(after, request)]
    const isMissed = (now && !old && NOTHING_MORE.includes(verdict)) || (old && !now && NOTHING_LESS.includes(verdict))
    if (isMissed) {
      expect.fail(
        `${verdict}, but not for ${JSON.stringify(request)}\n${draft.changed.join(' ')}\n${draft.documents.map(describeDocument).join('\n')}`,
      )
    }
  }
  return verdict
}
