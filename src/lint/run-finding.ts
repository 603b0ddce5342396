/** Findings that the runner makes itself, about suppressions, settings and the baseline. */
import { createHash } from 'node:crypto'
import type { Finding, FindingFix } from './finding.js'
import type { ActiveRule } from './rule-set.js'
import type { SourceText, Span } from '../text/source.js'

export interface RunReport {
  readonly message: string
  readonly help?: string
  readonly fix?: FindingFix
}

/** Undefined when the rule does not run. */
export function createRunFinding(
  rules: readonly ActiveRule[],
  id: string,
  { source, span }: { readonly source: SourceText; readonly span: Span },
  { message, help, fix }: RunReport,
): Finding | undefined {
  const active = rules.find(({ rule }) => rule.id === id)
  if (active === undefined) return undefined
  const { rule } = active
  const text = source.text.slice(span.start, span.end)
  return {
    rule,
    severity: active.severity ?? rule.severity,
    precision: rule.precision,
    source,
    span,
    message,
    ...(help === undefined ? {} : { help }),
    notes: [],
    ...(fix === undefined ? {} : { fix }),
    related: [],
    path: '',
    fingerprint: createHash('sha256')
      .update(JSON.stringify([id, message, text]))
      .digest('hex')
      .slice(0, 32),
  }
}
