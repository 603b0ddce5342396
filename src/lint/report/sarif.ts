/**
 * Findings as SARIF, within the limits of GitHub code scanning.
 *
 * Source: OASIS SARIF 2.1.0; GitHub documentation, "SARIF support for code scanning".
 */
import { accessAnalyzerCodes, fullMessageOf, type LintReport } from './lint-report.js'
import { rulePage } from './rule-page.js'
import { safeJson, sarifText, uriOf } from './safe-text.js'
import type { Finding, FindingPlace } from '../finding.js'
import type { LintRule, Precision, Severity } from '../rule.js'
import { escapeTerminal } from '../../text/escape.js'
import { positionAt, type SourceText, type Span } from '../../text/source.js'

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'

/** Of GitHub; what is beyond is counted in a notification. */
const MAX_RESULTS = 25_000
const MAX_RELATED = 100
const MAX_TAGS = 20

type Level = 'error' | 'warning' | 'note'

const LEVEL: Readonly<Record<Severity, Level>> = {
  error: 'error',
  security: 'error',
  warning: 'warning',
  suggestion: 'note',
  info: 'note',
}

const PRECISION: Readonly<Record<Precision, string>> = { certain: 'very-high', high: 'high', medium: 'medium' }

/** Shown by GitHub as "high": these are the rules about access. */
const SECURITY_SEVERITY = '7.5'

export function formatSarif(report: LintReport): string {
  const shown = report.findings.slice(0, MAX_RESULTS)
  const used = new Set([...shown, ...report.result.suppressed.map(({ finding }) => finding)].map(({ rule }) => rule))
  const rules = report.rules.filter((rule) => used.has(rule))
  const indexOf = new Map(rules.map((rule, index) => [rule, index]))
  const occurrences = new Map<string, number>()
  const resultOf = (finding: Finding): object => sarifResult(finding, indexOf.get(finding.rule) ?? 0, occurrences)
  const suppressed = report.result.suppressed.slice(0, MAX_RESULTS - shown.length).map(({ finding, suppression }) => ({
    ...resultOf(finding),
    suppressions: [
      {
        kind: suppression.source === finding.source ? 'inSource' : 'external',
        ...(suppression.reason === undefined ? {} : { justification: escapeTerminal(suppression.reason) }),
      },
    ],
  }))
  const left = report.findings.length - shown.length
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'keyward',
            version: report.version,
            semanticVersion: report.version,
            rules: rules.map((rule) => sarifRule(rule, report)),
          },
        },
        columnKind: 'utf16CodeUnits',
        automationDetails: { id: 'keyward/lint/' },
        ...(left === 0
          ? {}
          : {
              invocations: [
                {
                  executionSuccessful: true,
                  toolExecutionNotifications: [
                    {
                      level: 'warning',
                      message: { text: `${left} more findings are not listed: GitHub takes ${MAX_RESULTS}` },
                    },
                  ],
                },
              ],
            }),
        results: [...shown.map(resultOf), ...suppressed],
      },
    ],
  }
  return `${safeJson(log, 2)}\n`
}

function sarifRule(rule: LintRule, { codes }: LintReport): object {
  const { id, name, severity, precision, docs } = rule
  const isSecurity = severity === 'security'
  const tags = ['policy', ...(isSecurity ? ['security'] : []), ...(codes === 'aa' ? accessAnalyzerCodes(rule) : [])]
  return {
    id,
    name,
    shortDescription: { text: sarifText(firstSentence(docs.what)) },
    fullDescription: { text: sarifText(`${docs.what} ${docs.why}`) },
    help: { text: sarifText(`${docs.fix} When to ignore: ${docs.whenToIgnore}`), markdown: rulePage(rule) },
    defaultConfiguration: { level: LEVEL[severity] },
    properties: {
      tags: tags.slice(0, MAX_TAGS),
      precision: PRECISION[precision],
      'problem.severity': LEVEL[severity] === 'note' ? 'recommendation' : LEVEL[severity],
      ...(isSecurity ? { 'security-severity': SECURITY_SEVERITY } : {}),
    },
  }
}

function firstSentence(text: string): string {
  const end = text.indexOf('. ')
  return end < 0 ? text : text.slice(0, end + 1)
}

function sarifResult(finding: Finding, ruleIndex: number, occurrences: Map<string, number>): object {
  const { rule, severity, source, span, fingerprint, related, fix } = finding
  // Equal findings of one file are told apart by their order.
  const key = `${source.name} ${fingerprint}`
  const occurrence = (occurrences.get(key) ?? 0) + 1
  occurrences.set(key, occurrence)
  return {
    ruleId: rule.id,
    ruleIndex,
    level: LEVEL[severity],
    message: { text: sarifText(fullMessageOf(finding)) },
    locations: [{ physicalLocation: physicalLocation(source, span) }],
    partialFingerprints: {
      primaryLocationLineHash: `${fingerprint}:${occurrence}`,
      'keyward/v1': `${fingerprint}:${occurrence}`,
    },
    ...(related.length === 0 ? {} : { relatedLocations: related.slice(0, MAX_RELATED).map(relatedLocation) }),
    ...(fix === undefined
      ? {}
      : {
          fixes: [
            {
              description: { text: sarifText(`${fix.title} (${fix.safety})`) },
              artifactChanges: [
                {
                  artifactLocation: { uri: uriOf(source.name) },
                  replacements: fix.edits.map((edit) => ({
                    deletedRegion: regionOf(source, edit),
                    // What is taken out and nothing more has none: GitHub takes no empty texts.
                    ...(edit.text === '' ? {} : { insertedContent: { text: edit.text } }),
                  })),
                },
              ],
            },
          ],
        }),
  }
}

function relatedLocation({ message, source, span }: FindingPlace, index: number): object {
  return {
    id: index + 1,
    physicalLocation: physicalLocation(source, span),
    message: { text: sarifText(escapeTerminal(message)) },
  }
}

function physicalLocation(source: SourceText, span: Span): object {
  return { artifactLocation: { uri: uriOf(source.name) }, region: regionOf(source, span) }
}

function regionOf({ text }: SourceText, { start, end }: Span): object {
  const from = positionAt(text, start)
  const to = positionAt(text, end)
  return { startLine: from.line, startColumn: from.column, endLine: to.line, endColumn: to.column }
}
