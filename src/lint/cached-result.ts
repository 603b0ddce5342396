/**
 * What was found in a file, as text that can be kept, and read again for the same file.
 *
 * Everything that a result hangs on is in its key, so a result is never asked whether it still counts.
 *
 * Source: docs/lint.md, "Cache".
 */
import { createHash } from 'node:crypto'
import type { FileResult } from './lint.js'
import type { Finding } from './finding.js'
import type { SuppressedFinding } from './suppress.js'
import type { Edit, Precision, Severity, Witness } from './rule.js'
import type { RuleRegistry } from './rule-set.js'
import type { PolicyKind } from '../policy/document.js'
import type { SourceText, Span } from '../text/source.js'

/** Texts by key; whoever owns it knows where they are kept. */
export interface ResultCache {
  get(key: string): string | undefined
  set(key: string, text: string): void
}

interface KeptFinding {
  readonly rule: string
  readonly severity: Severity
  readonly precision: Precision
  readonly span: Span
  readonly message: string
  readonly effect?: string
  readonly help?: string
  readonly notes: readonly string[]
  readonly witness?: Witness
  readonly fix?: {
    readonly safety: 'safe' | 'unsafe'
    readonly title: string
    readonly edits: readonly Edit[]
    readonly isRepair: boolean
    readonly policy: number
  }
  readonly related: readonly { readonly message: string; readonly span: Span }[]
  readonly path: string
  readonly fingerprint: string
}

interface KeptSuppressed {
  readonly finding: KeptFinding
  readonly rules: readonly string[]
  readonly reason?: string
  readonly span: Span
}

interface KeptResult {
  readonly findings: readonly KeptFinding[]
  readonly suppressed: readonly KeptSuppressed[]
  readonly policies: number
  readonly guessed: readonly PolicyKind[]
  readonly isEmpty: boolean
}

/** @param settings - whatever else the findings hang on. */
export function cacheKey(source: SourceText, settings: string): string {
  return createHash('sha256')
    .update(settings)
    .update('\0')
    .update(source.name)
    .update('\0')
    .update(source.text)
    .digest('base64url')
}

export function writeResult({ findings, suppressed, policies, guessed, isEmpty }: FileResult): string {
  const kept: KeptResult = {
    findings: findings.map(keptFinding),
    suppressed: suppressed.map(({ finding, suppression: { rules, reason, span } }) => ({
      finding: keptFinding(finding),
      rules,
      ...(reason === undefined ? {} : { reason }),
      span: { start: span.start, end: span.end },
    })),
    policies,
    guessed,
    isEmpty,
  }
  return JSON.stringify(kept)
}

function keptFinding({ rule, source: _source, related, span, ...rest }: Finding): KeptFinding {
  return {
    ...rest,
    rule: rule.id,
    span: { start: span.start, end: span.end },
    related: related.map((place) => ({
      message: place.message,
      span: { start: place.span.start, end: place.span.end },
    })),
  }
}

/** Undefined for a text that this version cannot have written. */
export function readResult(text: string, source: SourceText, registry: RuleRegistry): FileResult | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isKept(value)) return undefined
  const findings: Finding[] = []
  for (const kept of value.findings) {
    const finding = revived(kept, source, registry)
    if (finding === undefined) return undefined
    findings.push(finding)
  }
  const suppressed: SuppressedFinding[] = []
  for (const { finding: kept, rules, reason, span } of value.suppressed) {
    const finding = revived(kept, source, registry)
    if (finding === undefined) return undefined
    const suppression = { rules, ...(reason === undefined ? {} : { reason }), source, span, scope: span }
    suppressed.push({ finding, suppression })
  }
  const { policies, guessed, isEmpty } = value
  return { findings, suppressed, policies, guessed, isEmpty }
}

/** The key holds the version of the program that wrote the text, so its shape is known once it is one of ours. */
function isKept(value: unknown): value is KeptResult {
  return (
    typeof value === 'object' &&
    value !== null &&
    'findings' in value &&
    Array.isArray(value.findings) &&
    'suppressed' in value &&
    Array.isArray(value.suppressed) &&
    'policies' in value &&
    typeof value.policies === 'number' &&
    'guessed' in value &&
    Array.isArray(value.guessed)
  )
}

function revived(kept: KeptFinding, source: SourceText, registry: RuleRegistry): Finding | undefined {
  const rule = registry.find(kept.rule)
  if (rule === undefined) return undefined
  return { ...kept, rule, source, related: kept.related.map((place) => ({ ...place, source })) }
}
