/**
 * Variables of a template that nothing substitutes: told by IAC002, and no policy variables that somebody misspelt.
 */
import type { Report, TemplateView } from '../rule.js'

/** The report without what is said of such a variable. */
export function besidesSubstitutions(template: TemplateView | undefined, report: Report): Report {
  const spans = (template?.notes ?? []).filter(({ kind }) => kind === 'substitutionMissing').map(({ span }) => span)
  if (spans.length === 0) return report
  return (finding) => {
    const { start, end } = finding.at
    if (!spans.some((span) => span.start < end && start < span.end)) report(finding)
  }
}
