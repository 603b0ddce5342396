/**
 * What stands among the events and was asked of nobody: why, how often and where first. Who looks for an event of theirs
 * and does not find it among the denials finds here what became of it.
 *
 * Knows no list and no keys; the denials hold these lines as their last ones.
 */
import { counted } from '../app/counted.js'
import { withWords } from '../frame/find.js'
import { firstLines, padLine, span, wrapText, type Line } from '../frame/span.js'
import type { CountedReason, GroupedQuestions } from '../../source/answer/grouped-questions.js'

export interface PassedOver {
  /** No request of KMS, or none that can be read; otherwise a request that lacks something. */
  readonly isNoRequest: boolean
  readonly reason: CountedReason
}

export const PASSED_OVER_TITLE = 'not asked, or no request of KMS'

/** Requests first, as they could be asked if more were known; those alone that have all the words. */
export function passedOverIn(grouped: GroupedQuestions | undefined, filter: string): readonly PassedOver[] {
  if (grouped === undefined) return []
  const all = [
    ...grouped.notAsked.map((reason): PassedOver => ({ isNoRequest: false, reason })),
    ...grouped.notUnderstood.map((reason): PassedOver => ({ isNoRequest: true, reason })),
  ]
  if (filter === '') return all
  const names = all.map((each) => `${wordOf(each)} ${each.reason.reason} ${placeOf(each.reason)}`)
  return withWords(names, filter).map((index) => all[index]!)
}

function wordOf({ isNoRequest }: PassedOver): string {
  return isNoRequest ? 'no request' : 'not asked'
}

export function placeOf({ example: { name, line } }: CountedReason): string {
  return line === undefined ? name : `${name}:${line}`
}

function oftenWords({ count }: CountedReason): string {
  return count === 1 ? 'once' : `${counted(count)} times`
}

const WORD_COLUMNS = 11

/** @param countColumns - what the counts of the rows above take. */
export function drawPassedOver(passed: PassedOver, countColumns: number): Line {
  return [
    span(counted(passed.reason.count).padStart(countColumns - 1), 'faint'),
    span('     '),
    ...padLine([span(wordOf(passed), 'faint')], WORD_COLUMNS),
    span(passed.reason.reason),
  ]
}

/** The reason as a whole, and where to look. */
export function passedOverPreview(
  passed: PassedOver,
  { columns, rows, ellipsis }: { readonly columns: number; readonly rows: number; readonly ellipsis: string },
): readonly Line[] {
  const { reason } = passed
  return [
    ...firstLines(wrapText(reason.reason, columns - 2, 'strong', ' '), rows, columns - 1, ellipsis),
    [span(` ${wordOf(passed)}, ${oftenWords(reason)}, first at `, 'faint'), span(placeOf(reason), 'place')],
  ]
}
