/**
 * Findings for what runs in CI: JUnit XML, GitHub workflow commands, GitLab code quality, a Markdown summary.
 *
 * Source: GitHub documentation, "Workflow commands for GitHub Actions"; GitLab documentation, "Code Quality";
 * testmoapp/junitxml for the elements that readers of JUnit XML share; GitHub Flavored Markdown Spec, 2.4 and 6.
 */
import { createHash } from 'node:crypto'
import { fullMessageOf, guessesOf, rangeOf, summaryOf, SEVERITIES, type LintReport } from './lint-report.js'
import { safeJson, xmlText } from './safe-text.js'
import type { Finding } from '../finding.js'
import type { Severity } from '../rule.js'
import { escapeTerminal } from '../../text/escape.js'
import { positionAt } from '../../text/source.js'

// ------------------------------------------------------------------------------------------------------------- JUnit

/** A suite for each file, a case for each finding; a file without findings is one case that passes. */
export function formatJunit(report: LintReport): string {
  const byFile = new Map<string, Finding[]>(report.result.files.map((name) => [name, []]))
  for (const finding of report.findings) {
    const findings = byFile.get(finding.source.name)
    if (findings === undefined) byFile.set(finding.source.name, [finding])
    else findings.push(finding)
  }
  const suites = [...byFile].map(([name, findings]) => {
    const cases =
      findings.length === 0
        ? [`    <testcase name="keyward lint" classname="${xmlText(name)}"/>`]
        : findings.map((finding) => junitCase(finding, report))
    const failures = findings.filter(report.isFailing).length
    return `  <testsuite name="${xmlText(name)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0">\n${cases.join('\n')}\n  </testsuite>\n`
  })
  const tests = [...byFile.values()].reduce((sum, findings) => sum + Math.max(1, findings.length), 0)
  const failures = report.findings.filter(report.isFailing).length
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="keyward lint" tests="${tests}" failures="${failures}" errors="0">\n${suites.join('')}</testsuites>\n`
}

function junitCase(finding: Finding, { isFailing }: LintReport): string {
  const { rule, source, span, severity } = finding
  const { line, column } = positionAt(source.text, span.start)
  const message = xmlText(fullMessageOf(finding))
  const place = `${xmlText(source.name)}:${line}:${column}`
  const head = `    <testcase name="${rule.id} ${rule.name} ${line}:${column}" classname="${xmlText(source.name)}" file="${xmlText(source.name)}" line="${line}">`
  const body = isFailing(finding)
    ? `      <failure type="${severity}" message="${message}">${place}: ${message}</failure>`
    : `      <system-out>${place}: ${severity}: ${message}</system-out>`
  return `${head}\n${body}\n    </testcase>`
}

// ------------------------------------------------------------------------------------------------------------ GitHub

const COMMAND: Readonly<Record<Severity, 'error' | 'warning' | 'notice'>> = {
  error: 'error',
  security: 'error',
  warning: 'warning',
  suggestion: 'notice',
  info: 'notice',
}

export function formatGithub({ findings }: LintReport): string {
  return findings
    .map((finding) => {
      const { rule, source, span, severity } = finding
      const { start, end } = rangeOf(source, span)
      const place = [
        `file=${githubProperty(source.name)}`,
        `line=${start.line}`,
        `endLine=${end.line}`,
        // Columns are of the first line, and an annotation of several lines may have none.
        ...(start.line === end.line ? [`col=${start.column}`, `endColumn=${end.column}`] : []),
        `title=${githubProperty(`${rule.id} ${rule.name}`)}`,
      ]
      return `::${COMMAND[severity]} ${place.join(',')}::${githubData(fullMessageOf(finding))}\n`
    })
    .join('')
}

function githubData(text: string): string {
  return escapeTerminal(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function githubProperty(text: string): string {
  return githubData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

// ------------------------------------------------------------------------------------------------------------ GitLab

const GITLAB: Readonly<Record<Severity, string>> = {
  error: 'critical',
  security: 'critical',
  warning: 'major',
  suggestion: 'minor',
  info: 'info',
}

export function formatGitlab({ findings }: LintReport): string {
  const seen = new Map<string, number>()
  const issues = findings.map((finding) => {
    const { rule, source, span, severity, fingerprint } = finding
    const { start, end } = rangeOf(source, span)
    const key = `${source.name} ${fingerprint}`
    const occurrence = (seen.get(key) ?? 0) + 1
    seen.set(key, occurrence)
    return {
      description: fullMessageOf(finding),
      check_name: `${rule.id} ${rule.name}`,
      fingerprint: createHash('sha256')
        .update(JSON.stringify([key, occurrence]))
        .digest('hex')
        .slice(0, 40),
      severity: GITLAB[severity],
      location: {
        path: source.name,
        positions: {
          begin: { line: start.line, column: start.column },
          end: { line: end.line, column: end.column },
        },
        lines: { begin: start.line, end: end.line },
      },
    }
  })
  return `${safeJson(issues, 2)}\n`
}

// ---------------------------------------------------------------------------------------------------------- Markdown

/** More rows than fit a summary; the rest is counted. */
const MAX_ROWS = 200

export function formatMarkdown(report: LintReport): string {
  const summary = summaryOf(report)
  const { files, policies, bySeverity, suppressed, baseline, hidden = 0 } = summary
  const guesses = guessesOf(summary)
  const counts = SEVERITIES.filter((severity) => bySeverity[severity] > 0).map(
    (severity) => `${bySeverity[severity]} ${severity}`,
  )
  const quiet = [
    ...(suppressed > 0 ? [`${suppressed} suppressed`] : []),
    ...(baseline > 0 ? [`${baseline} in the baseline`] : []),
    ...(hidden > 0 ? [`${hidden} not shown`] : []),
  ]
  const none = hidden > 0 ? 'Nothing that fails the run' : 'Nothing found'
  const head = `## keyward lint\n\n${[counts.length === 0 ? none : counts.join(', '), ...quiet].join(', ')}; files: ${files}, policies: ${policies}.${guesses === undefined ? '' : ` ${capitalized(guesses)}.`}\n`
  if (report.findings.length === 0) return head
  const rows = report.findings.slice(0, MAX_ROWS).map((finding) => {
    const { rule, source, span, severity } = finding
    const { line, column } = positionAt(source.text, span.start)
    return `| ${severity} | ${rule.id} ${rule.name} | ${markdown(source.name)}:${line}:${column} | ${markdown(fullMessageOf(finding))} |`
  })
  const left = report.findings.length - rows.length
  const more = left > 0 ? `\n${left} more findings are not listed.\n` : ''
  return `${head}\n| Severity | Rule | Place | Finding |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n${more}`
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** Characters that begin something in Markdown, in HTML or in what GitHub makes of text. */
const MARKDOWN = /[\\`*_{}[\]<>()#+!|&@~$^=]/g

function markdown(text: string): string {
  return escapeTerminal(text)
    .replaceAll(MARKDOWN, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll('://', '&#58;//')
    .replaceAll(/www\./gi, (word) => `${word.slice(0, 3)}&#46;`)
}
