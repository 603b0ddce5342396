/**
 * The counts above the denials: how many requests there are, and what became of them.
 *
 * Knows no rows; what is wrong with the events is told by the view.
 */
import { counted } from '../app/counted.js'
import type { Feed } from '../app/view.js'
import { lineWidth, span, type Line, type Role } from '../frame/span.js'
import type { GroupKind, QuestionGroup } from '../../source/answer/grouped-questions.js'

export function headline({ grouped, read }: Feed, columns: number): Line {
  if (grouped === undefined) return [span(`${counted(read)} events`, 'faint')]
  const of = countsOf(grouped.groups)
  const sum = (some: readonly { readonly count: number }[]): number => some.reduce((all, { count }) => all + count, 0)
  const refusals = grouped.otherRefusals
  const strangers = sum(grouped.notUnderstood)
  const parts: readonly Count[] = [
    [of.denied + grouped.uncounted, 'denied', 'bad'],
    [of.onlyAwsDenies + of.onlyWorldDenies, 'not as AWS', 'warn'],
    [grouped.allowed, 'allowed', 'good'],
    [refusals, refusals === 1 ? 'other refusal' : 'other refusals', 'faint'],
    [sum(grouped.notAsked), 'not asked', 'faint'],
    [strangers, strangers === 1 ? 'no KMS request' : 'no KMS requests', 'faint'],
  ]
  const total = span(`${counted(grouped.total)} ${grouped.total === 1 ? 'request' : 'requests'}`, 'strong')
  return fitted(
    total,
    parts.filter(([count], index) => count > 0 || index === 0),
    columns,
  )
}

type Count = readonly [number, string, Role]

/** Counts for which there is no room are one: none is cut in the middle. The first is always told. */
function fitted(total: Line[number], parts: readonly Count[], columns: number): Line {
  const lineOf = (told: readonly Count[]): Line => [
    total,
    ...told.flatMap(([count, word, role]) => [
      span('   '),
      span(counted(count), role),
      span(` ${word}`, role === 'faint' ? 'faint' : 'plain'),
    ]),
  ]
  for (let shown = parts.length; shown > 0; shown--) {
    const others = parts.slice(shown).reduce((sum, [count]) => sum + count, 0)
    const more: readonly Count[] = others === 0 ? [] : [[others, 'more', 'faint']]
    const line = lineOf([...parts.slice(0, shown), ...more])
    if (lineWidth(line) <= columns) return line
  }
  return lineOf(parts.slice(0, 1))
}

const knownCounts = new WeakMap<readonly QuestionGroup[], Readonly<Record<GroupKind, number>>>()

/** The headline stands in every frame, and there may be thousands of groups. */
function countsOf(groups: readonly QuestionGroup[]): Readonly<Record<GroupKind, number>> {
  let counts = knownCounts.get(groups)
  if (counts === undefined) {
    const sums = { denied: 0, onlyAwsDenies: 0, onlyWorldDenies: 0 }
    for (const { kind, count } of groups) sums[kind] += count
    knownCounts.set(groups, sums)
    counts = sums
  }
  return counts
}
