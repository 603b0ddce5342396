/**
 * One random pair of worlds compared: its differences confirmed, and its verdict held against the requests aimed at it.
 */
import { expect } from 'vitest'
import { compareAccess, type Verdict } from '../../src/solve/access.js'
import { describeDocument } from '../reference/describe.js'
import { isAllowed, pairOf, type PairDraft } from './pairs.js'

/** Verdicts under which the new world allows nothing new, and those under which it still allows everything. */
const NOTHING_MORE: readonly Verdict[] = ['equivalent', 'less']
const NOTHING_LESS: readonly Verdict[] = ['equivalent', 'more']

/** Fails where a witness is refuted or a request shows that the verdict is wrong. */
export function checkedPair(draft: PairDraft): Verdict {
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
