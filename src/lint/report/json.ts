/**
 * Findings as JSON, in one document or line by line. The form is fixed: `version` counts its changes.
 *
 * Source: docs/lint.md, "JSON".
 */
import { accessAnalyzerCodes, messageOf, rangeOf, summaryOf, type JsonRange, type LintReport } from './lint-report.js'
import { safeJson } from './safe-text.js'
import type { Finding } from '../finding.js'
import type { FixSafety, Severity, Witness } from '../rule.js'
import { escapeTerminal } from '../../text/escape.js'

const VERSION = 1

interface JsonFinding extends JsonRange {
  readonly rule: string
  readonly name: string
  readonly severity: Severity
  readonly file: string
  readonly message: string
  readonly effect?: string
  readonly witness?: Witness
  readonly fix?: {
    readonly safety: FixSafety
    readonly title: string
    readonly edits: readonly (JsonRange & { readonly text: string })[]
  }
  readonly related?: readonly (JsonRange & { readonly file: string; readonly message: string })[]
  /** With `--codes aa`. */
  readonly codes?: readonly string[]
}

export function formatJson(report: LintReport): string {
  const findings = report.findings.map((finding) => jsonFinding(finding, report))
  return `${safeJson({ version: VERSION, findings, summary: summaryOf(report) }, 2)}\n`
}

/** One finding a line; the last line holds the summary. */
export function formatJsonLines(report: LintReport): string {
  const lines = report.findings.map((finding) => safeJson(jsonFinding(finding, report)))
  return `${[...lines, safeJson({ version: VERSION, summary: summaryOf(report) })].join('\n')}\n`
}

function jsonFinding(finding: Finding, { codes }: LintReport): JsonFinding {
  const { rule, severity, source, span, effect, witness, fix, related } = finding
  return {
    rule: rule.id,
    name: rule.name,
    severity,
    file: source.name,
    ...rangeOf(source, span),
    message: messageOf(finding),
    ...(effect === undefined ? {} : { effect: escapeTerminal(effect) }),
    ...(witness === undefined ? {} : { witness }),
    ...(fix === undefined
      ? {}
      : {
          fix: {
            safety: fix.safety,
            title: fix.title,
            edits: fix.edits.map((edit) => ({ ...rangeOf(source, edit), text: edit.text })),
          },
        }),
    ...(related.length === 0
      ? {}
      : {
          related: related.map((place) => ({
            file: place.source.name,
            ...rangeOf(place.source, place.span),
            message: escapeTerminal(place.message),
          })),
        }),
    ...(codes === 'aa' ? { codes: accessAnalyzerCodes(rule) } : {}),
  }
}
