/**
 * Findings as an editor shows them.
 *
 * Source: Language Server Protocol 3.17, "Diagnostic".
 */
import { DiagnosticSeverity, type Diagnostic, type Range } from 'vscode-languageserver/node'
import type { TextDocument } from 'vscode-languageserver-textdocument'
import type { CheckedDocument } from './checked-document.js'
import type { Finding } from '../lint/finding.js'
import { fullMessageOf } from '../lint/report/lint-report.js'
import type { Severity } from '../lint/rule.js'
import { escapeTerminal } from '../text/escape.js'
import { positionAt, type SourceError, type Span } from '../text/source.js'

/** More than anybody reads; an editor with very many gets slow. */
const MAX_DIAGNOSTICS = 1000

const SEVERITY: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  security: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
  suggestion: DiagnosticSeverity.Hint,
}

const SOURCE = 'keyward'

/** @param docs - folder of the documentation. */
export function diagnosticsOf({ document, findings }: CheckedDocument, docs: URL): Diagnostic[] {
  const shown = findings.slice(0, MAX_DIAGNOSTICS).map((finding) => diagnosticOf(document, finding, docs))
  if (findings.length > shown.length) {
    shown.push({
      range: rangeIn(document, { start: 0, end: 0 }),
      severity: DiagnosticSeverity.Information,
      source: SOURCE,
      message: `${findings.length - shown.length} more findings are not shown; \`keyward lint\` lists them`,
    })
  }
  return shown
}

function diagnosticOf(document: TextDocument, finding: Finding, docs: URL): Diagnostic {
  const { rule, severity, span, related, source } = finding
  const places = related.filter((place) => place.source === source)
  return {
    range: rangeIn(document, span),
    severity: SEVERITY[severity],
    code: rule.id,
    codeDescription: { href: new URL(`rules/${rule.id}.md`, docs).href },
    source: SOURCE,
    message: fullMessageOf(finding),
    ...(places.length === 0
      ? {}
      : {
          relatedInformation: places.map((place) => ({
            location: { uri: document.uri, range: rangeIn(document, place.span) },
            message: escapeTerminal(place.message),
          })),
        }),
  }
}

/** What is wrong with settings that cannot be read. */
export function settingsDiagnostics(errors: readonly SourceError[]): Diagnostic[] {
  return errors.map(({ message, hint, source: { text }, span }) => ({
    range: { start: zeroBased(text, span.start), end: zeroBased(text, span.end) },
    severity: DiagnosticSeverity.Error,
    source: SOURCE,
    message: escapeTerminal(hint === undefined ? message : `${message}; ${hint}`),
  }))
}

function zeroBased(text: string, offset: number): Range['start'] {
  const { line, column } = positionAt(text, offset)
  return { line: line - 1, character: column - 1 }
}

export function rangeIn(document: TextDocument, { start, end }: Span): Range {
  return { start: document.positionAt(start), end: document.positionAt(end) }
}
