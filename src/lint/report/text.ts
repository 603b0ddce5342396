/**
 * Findings for people: with the code around them, or one line each.
 *
 * Source: docs/lint.md, "Output".
 */
import {
  accessAnalyzerCodes,
  fullMessageOf,
  guessesOf,
  summaryOf,
  SEVERITIES,
  type LintReport,
  type Summary,
} from './lint-report.js'
import type { Finding } from '../finding.js'
import type { Severity } from '../rule.js'
import { codeFrame } from '../../text/code-frame.js'
import { escapeTerminal } from '../../text/escape.js'
import type { Palette } from '../../text/palette.js'
import { positionAt } from '../../text/source.js'
import { wrap } from '../../text/wrap.js'

export interface TextOptions {
  readonly width: number
  readonly color: Palette
}

/** More places than this are counted. */
const MAX_RELATED = 3

export function formatPretty(report: LintReport, options: TextOptions): string {
  const blocks = report.findings.map((finding) => prettyFinding(finding, report, options))
  return `${[...blocks, summaryLine(report)].join('\n\n')}\n`
}

function prettyFinding(finding: Finding, report: LintReport, { width, color }: TextOptions): string {
  const { source, span, effect, help, notes, fix, witness, related } = finding
  const title = `${paintOf(finding.severity, color)(`${finding.severity}[${codesOf(finding, report)}]`)} ${color.strong(escapeTerminal(finding.message))}`
  const frame = codeFrame(source, span, { width, color, contextLines: 1 })
  const gutter = ' '.repeat(frame.indexOf('|') > 0 ? gutterOf(frame) : 1)
  const line = (label: string, text: string): string => {
    const indent = `${gutter}   ${' '.repeat(label.length + 2)}`
    const [first = '', ...rest] = wrap(text, indent, { width })
    return [`${gutter} ${color.hint('=')} ${color.strong(`${label}:`)} ${first.trimStart()}`, ...rest].join('\n')
  }
  const places = related.slice(0, MAX_RELATED).map((place) => {
    const { line: row, column } = positionAt(place.source.text, place.span.start)
    return line('see', `${place.source.name}:${row}:${column} ${place.message}`)
  })
  if (related.length > MAX_RELATED) places.push(line('see', `${related.length - MAX_RELATED} more places`))
  return [
    title,
    frame,
    ...places,
    ...(effect === undefined ? [] : [line('effect', effect)]),
    ...(witness === undefined ? [] : [line('witness', witness.summary)]),
    ...(help === undefined ? [] : [line('help', help)]),
    ...(fix === undefined ? [] : [line('fix', `${fix.title} (${fix.safety === 'safe' ? '--fix' : '--unsafe-fixes'})`)]),
    ...notes.map((note) => line('note', note)),
  ].join('\n')
}

/** Columns before the bar of a code frame: those of its first line up to the arrow. */
function gutterOf(frame: string): number {
  const first = frame.slice(0, frame.indexOf('\n'))
  let width = 0
  while (first[width] === ' ') width++
  return width
}

function paintOf(severity: Severity, color: Palette): (text: string) => string {
  return severity === 'error' || severity === 'security' ? color.error : color.hint
}

function codesOf({ rule }: Finding, { codes }: LintReport): string {
  const others = codes === 'aa' ? accessAnalyzerCodes(rule) : []
  return [`${rule.id} ${rule.name}`, ...others].join(', ')
}

/** `file:line:column: severity RULE name: message`. */
export function formatConcise(report: LintReport): string {
  const lines = report.findings.map((finding) => {
    const { source, span, severity } = finding
    const { line, column } = positionAt(source.text, span.start)
    return `${lineStart(source.name)}:${line}:${column}: ${severity} ${codesOf(finding, report)}: ${fullMessageOf(finding)}`
  })
  return [...lines, summaryLine(report)].join('\n') + '\n'
}

/** A name at the beginning of a line of a CI log must not be taken for a command. */
function lineStart(name: string): string {
  const shown = escapeTerminal(name)
  return shown.startsWith('::') || shown.startsWith('##[') ? `./${shown}` : shown
}

/** One line, and another one where something was guessed. */
function summaryLine(report: LintReport): string {
  const summary = summaryOf(report)
  const guesses = guessesOf(summary)
  return guesses === undefined ? countsOf(summary) : `${countsOf(summary)}\n${guesses}`
}

function countsOf({
  files,
  policies,
  findings,
  bySeverity,
  suppressed,
  baseline,
  hidden = 0,
  fixable,
}: Summary): string {
  const looked = `${counted(policies, 'policy', 'policies')} in ${counted(files, 'file')}`
  const quiet = [
    ...(suppressed > 0 ? [`${suppressed} suppressed`] : []),
    ...(baseline > 0 ? [`${baseline} in the baseline`] : []),
    ...(hidden > 0 ? [`${hidden} not shown`] : []),
  ]
  const also = quiet.length === 0 ? '' : ` (${quiet.join(', ')})`
  if (files === 0) return 'no file was checked'
  if (findings === 0) return `nothing ${hidden > 0 ? 'that fails the run' : 'found'} in ${looked}${also}`
  const kinds = SEVERITIES.filter((severity) => bySeverity[severity] > 0)
  const fixes = [
    ...(fixable.safe > 0 ? [`${fixable.safe} with --fix`] : []),
    ...(fixable.unsafe > 0 ? [`${fixable.unsafe} with --unsafe-fixes`] : []),
  ]
  const detail = kinds.map((severity) => `${bySeverity[severity]} ${severity}`).join(', ')
  const mended = fixes.length === 0 ? '' : `; fixable: ${fixes.join(', ')}`
  return `${counted(findings, 'finding')} (${detail}) in ${looked}${also}${mended}`
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** How often each rule reported, the most frequent first. */
export function formatStatistics({ findings }: LintReport): string {
  const counts = new Map<string, { count: number; fixable: number; finding: Finding }>()
  for (const finding of findings) {
    const entry = counts.get(finding.rule.id) ?? { count: 0, fixable: 0, finding }
    entry.count++
    if (finding.fix?.safety === 'safe') entry.fixable++
    counts.set(finding.rule.id, entry)
  }
  const rows = [...counts.values()].toSorted(
    (a, b) => b.count - a.count || (a.finding.rule.id < b.finding.rule.id ? -1 : 1),
  )
  const wide = String(rows[0]?.count ?? 0).length
  return rows
    .map(({ count, fixable, finding: { rule } }) => {
      const mark = fixable > 0 ? '[*]' : '[ ]'
      return `${String(count).padStart(wide)}  ${mark}  ${rule.id}  ${rule.name}\n`
    })
    .join('')
}
