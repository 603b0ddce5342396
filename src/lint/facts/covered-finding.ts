/**
 * What is said of the entries of one list that others cover: one finding for all of them, whatever list it is.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Action" and "IAM JSON policy elements: Resource".
 */
import type { Covered } from './covered-entries.js'
import { removeValues } from '../edits.js'
import type { PatternsView, TextValue } from '../policy-view.js'
import type { ReportedFinding } from '../rule.js'
import type { PolicySource } from '../../policy/document.js'
import { quote } from '../../text/escape.js'

/** @param items - the entries that `covered` counts. */
export function coveredFinding(
  where: PolicySource,
  { member }: PatternsView,
  items: readonly TextValue[],
  covered: readonly Covered[],
): ReportedFinding | undefined {
  const [first, ...others] = covered.map(({ entry, by, isRepeated }) => ({
    item: items[entry]!,
    by: items[by]!,
    isRepeated,
  }))
  if (first === undefined) return undefined
  const removed = [first, ...others].map(({ item }) => item)
  const more = others.length === 1 ? 'so is one more entry' : `so are ${others.length} more entries`
  return {
    at: first.item,
    message: `${quote(first.item.value)} is ${first.isRepeated ? 'repeated' : `covered by ${quote(first.by.value)}`}${others.length === 0 ? '' : `; ${more}`}`,
    effect: covered.length === 1 ? 'it changes nothing' : 'they change nothing',
    help: covered.length === 1 ? 'remove it' : 'remove them',
    related: [
      { message: first.isRepeated ? 'where it stands first' : 'what covers it', at: first.by },
      ...others.map(({ item, by }) => ({ message: `covered by ${quote(by.value)}`, at: item })),
    ],
    fix: {
      safety: 'safe',
      title: covered.length === 1 ? 'remove the covered entry' : `remove the ${covered.length} covered entries`,
      edits: removeValues(where, member, removed),
    },
  }
}
