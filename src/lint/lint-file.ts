/**
 * A file as the linter works on it: its text and everything to be checked that was found in it. Types only.
 */
import type { EmbeddedResource } from './embedded-policies.js'
import type { PlaceMap } from './places.js'
import type { PolicyView, ResourceFacts } from './policy-view.js'
import type { SyntaxFault, TemplateView } from './rule.js'
import type { PolicyKind } from '../policy/document.js'
import type { SourceText, Span } from '../text/source.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

/** `jsonc` is JSON with comments; `other` is read by readers of templates alone. */
export type FileFormat = 'json' | 'jsonc' | 'yaml' | 'other'

export interface LintFile {
  readonly source: SourceText
  readonly format: FileFormat
  /** The tree of the whole text, where it is JSON or YAML without a fault. */
  readonly root?: SyntaxNode
  readonly policies: readonly LintPolicy[]
  readonly grants: readonly LintGrant[]
  readonly template?: TemplateView
  readonly resources: readonly EmbeddedResource[]
  /** Why the text cannot be read, and then there is nothing else, or a policy in a string of it. */
  readonly faults: readonly SyntaxFault[]
  readonly comments: readonly Span[]
}

export interface LintPolicy {
  readonly view: PolicyView
  readonly places: PlaceMap
}

export interface LintGrant {
  readonly root: SyntaxNode
  readonly key?: ResourceFacts
}

/** What somebody has said about a file, before it is opened. */
export interface FileHints {
  readonly kind?: PolicyKind
  readonly kindOrigin?: 'flag' | 'config'
  readonly format?: FileFormat
  /** Named by a person: a fault in its syntax is reported, whatever the text looks like. */
  readonly isNamed: boolean
}
