/**
 * What a run has to say, before it is put into a format; and how each format asks for the same things: the words of a
 * finding, its lines and columns, its codes.
 *
 * Source: docs/lint.md, "Output".
 */
import type { Finding } from '../finding.js'
import type { LintResult } from '../lint.js'
import type { LintRule, Severity } from '../rule.js'
import type { PolicyKind } from '../../policy/document.js'
import { escapeTerminal } from '../../text/escape.js'
import { positionAt, type SourceText, type Span } from '../../text/source.js'

export interface LintReport {
  readonly result: LintResult
  /** In the order of files and places. */
  readonly findings: readonly Finding[]
  readonly rules: readonly LintRule[]
  /** Of this program. */
  readonly version: string
  /** Whether a finding makes the run fail. */
  readonly isFailing: (finding: Finding) => boolean
  /** `aa`: the codes of IAM Access Analyzer are shown too. */
  readonly codes: 'own' | 'aa'
}

export const SEVERITIES: readonly Severity[] = ['error', 'security', 'warning', 'suggestion', 'info']

export interface JsonPosition {
  readonly line: number
  readonly column: number
  readonly offset: number
}

export interface JsonRange {
  readonly start: JsonPosition
  readonly end: JsonPosition
}

export function rangeOf({ text }: SourceText, { start, end }: Span): JsonRange {
  return { start: { ...positionAt(text, start), offset: start }, end: { ...positionAt(text, end), offset: end } }
}

/** What is wrong and what to do; safe to show. */
export function messageOf({ message, help, notes }: Finding): string {
  return escapeTerminal([message, ...(help === undefined ? [] : [help]), ...notes].join('; '))
}

/** As `messageOf`, with what it means for access. */
export function fullMessageOf({ message, effect, help, notes }: Finding): string {
  const parts = [message, ...(effect === undefined ? [] : [effect]), ...(help === undefined ? [] : [help]), ...notes]
  return escapeTerminal(parts.join('; '))
}

const ACCESS_ANALYZER = 'IAM Access Analyzer'

export function accessAnalyzerCodes({ docs }: LintRule): readonly string[] {
  return docs.equivalents.flatMap(({ tool, code }) => (tool === ACCESS_ANALYZER ? [code] : []))
}

export interface Summary {
  readonly files: number
  readonly policies: number
  /** How many policies were taken for a kind from their content alone. */
  readonly guessed: Readonly<Partial<Record<PolicyKind, number>>>
  readonly findings: number
  readonly bySeverity: Readonly<Record<Severity, number>>
  readonly suppressed: number
  readonly baseline: number
  /** Findings that are left out since they fail nothing. */
  readonly hidden?: number
  /** Findings with a fix. */
  readonly fixable: { readonly safe: number; readonly unsafe: number }
}

export function summaryOf({ result, findings }: LintReport): Summary {
  const bySeverity: Record<Severity, number> = { error: 0, security: 0, warning: 0, suggestion: 0, info: 0 }
  const fixable = { safe: 0, unsafe: 0 }
  const hidden = result.findings.length - findings.length
  for (const { severity, fix } of findings) {
    bySeverity[severity]++
    if (fix !== undefined) fixable[fix.safety]++
  }
  return {
    files: result.files.length,
    policies: result.policies,
    guessed: Object.fromEntries(result.guessed),
    findings: findings.length,
    bySeverity,
    suppressed: result.suppressed.length,
    baseline: result.known.length,
    ...(hidden === 0 ? {} : { hidden }),
    fixable,
  }
}

/** Undefined where nothing was guessed. */
export function guessesOf({ guessed }: Summary): string | undefined {
  const kinds = Object.entries(guessed).toSorted(([, a], [, b]) => b - a)
  if (kinds.length === 0) return undefined
  return `kinds guessed from the content: ${kinds.map(([kind, count]) => `${count} ${kind}`).join(', ')}; --kind says what they are`
}
