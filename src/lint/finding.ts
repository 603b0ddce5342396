/**
 * A finding as it leaves the rules: its rule, where it stands in its file, and what is to be said. Types only; lines and
 * columns are told when it is printed.
 */
import type { LintRule, Precision, Edit, FixSafety, Severity, Witness } from './rule.js'
import type { SourceText, Span } from '../text/source.js'

export interface Finding {
  readonly rule: LintRule
  readonly severity: Severity
  readonly precision: Precision
  /** The file; `span` is a place in it. */
  readonly source: SourceText
  readonly span: Span
  readonly message: string
  readonly effect?: string
  readonly help?: string
  /** Further sentences of the runner, such as that the kind of policy was guessed. */
  readonly notes: readonly string[]
  readonly witness?: Witness
  readonly fix?: FindingFix
  readonly related: readonly FindingPlace[]
  /** JSON pointer, with the address of its resource in front where there is one; the same while statements move about. */
  readonly path: string
  /** Tells a finding again in another version of the file. */
  readonly fingerprint: string
}

export interface FindingPlace {
  readonly message: string
  readonly source: SourceText
  readonly span: Span
}

export interface FindingFix {
  readonly safety: FixSafety
  readonly title: string
  /** In the text of the file. */
  readonly edits: readonly Edit[]
  readonly isRepair: boolean
  /** Which policy of its file. */
  readonly policy: number
}
