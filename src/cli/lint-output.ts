/**
 * A report of `keyward lint` in the form that is asked for.
 */
import { formatGithub, formatGitlab, formatJunit, formatMarkdown } from '../lint/report/ci.js'
import { formatJson, formatJsonLines } from '../lint/report/json.js'
import type { LintReport } from '../lint/report/lint-report.js'
import { formatSarif } from '../lint/report/sarif.js'
import { formatConcise, formatPretty, formatStatistics, type TextOptions } from '../lint/report/text.js'

export type LintFormat = 'pretty' | 'concise' | 'json' | 'jsonl' | 'sarif' | 'junit' | 'github' | 'gitlab' | 'markdown'

export function formatReport(report: LintReport, format: LintFormat, text: TextOptions): string {
  switch (format) {
    case 'pretty':
      return formatPretty(report, text)
    case 'concise':
      return formatConcise(report)
    case 'json':
      return formatJson(report)
    case 'jsonl':
      return formatJsonLines(report)
    case 'sarif':
      return formatSarif(report)
    case 'junit':
      return formatJunit(report)
    case 'github':
      return formatGithub(report)
    case 'gitlab':
      return formatGitlab(report)
    case 'markdown':
      return formatMarkdown(report)
  }
}

export { formatStatistics }
