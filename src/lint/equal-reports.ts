/**
 * One report for what a rule says of one statement again and again: the same message about the same text.
 *
 * What a rule counts together itself comes here as one report already. Texts that differ stay apart, since each wants a
 * correction of its own, and a suppression of one must not keep the others quiet.
 *
 * Source: docs/lint.md, "Findings".
 */
import type { Edit, ReportedFinding } from './rule.js'

/** What is about a longer text is about a part of the policy, not about an entry of it. */
const MAX_UNITS = 1000

/** Equal for reports that say the same; undefined for one that stands for itself. */
export function causeOf(reported: ReportedFinding, text: string): string | undefined {
  const { at, message, effect = '', help = '', severity = '', precision = '', fix, witness, hides } = reported
  if (witness !== undefined || hides !== undefined || at.end - at.start > MAX_UNITS) return undefined
  const fixed = fix === undefined ? '' : `${fix.safety} ${fix.repair === true} ${fix.title}`
  return JSON.stringify([message, effect, help, severity, precision, fixed, text.slice(at.start, at.end)])
}

/** @param reports - of one cause; undefined where their fixes cannot be made together. */
export function joined(reports: readonly ReportedFinding[]): ReportedFinding | undefined {
  const [first] = reports
  if (first === undefined) return undefined
  const edits = reports.flatMap(({ fix }) => fix?.edits ?? [])
  if (haveOverlap(edits)) return undefined
  return {
    ...first,
    ...(first.fix === undefined ? {} : { fix: { ...first.fix, edits } }),
    related: reports.flatMap(({ at, related = [] }, index) => [
      ...(index === 0 ? [] : [{ message: 'the same here', at }]),
      ...related,
    ]),
  }
}

function haveOverlap(edits: readonly Edit[]): boolean {
  const sorted = edits.toSorted((a, b) => a.start - b.start || a.end - b.end)
  return sorted.some(({ start }, index) => index > 0 && start < sorted[index - 1]!.end)
}
