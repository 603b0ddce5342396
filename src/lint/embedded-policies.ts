/**
 * Policies that stand in templates and plans: what a reader of such a form hands over.
 *
 * The seam between `source`, which knows CloudFormation and Terraform, and the linter, which knows neither: a reader
 * says of a text whether it is of its form, and if so which policies, grants and resources are in it.
 *
 * Source: none; the forms are those of docs/lint.md.
 */
import type { ResourceFacts, SymbolicValue } from './policy-view.js'
import type { StringFault } from './string-faults.js'
import type { TemplateNote, TemplateResource, TemplateView } from './rule.js'
import type { PolicyKind, PolicySource } from '../policy/document.js'
import type { SourceText, Span } from '../text/source.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

export interface EmbeddedPolicies {
  readonly form: TemplateView['form']
  readonly policies: readonly EmbeddedPolicy[]
  readonly grants: readonly EmbeddedGrant[]
  readonly resources: readonly EmbeddedResource[]
  readonly notes: readonly TemplateNote[]
  /** Of policies written as JSON in strings that cannot be read; places are those of the file. */
  readonly faults: readonly StringFault[]
}

export interface EmbeddedPolicy {
  /** The policy, intrinsic functions resolved or replaced by symbols (`symbols.ts`). */
  readonly root: SyntaxNode
  /** `source` is the file, or the text of the string or heredoc that the policy is written in. */
  readonly where: PolicySource
  /** Undefined where the type of the resource does not tell. */
  readonly kind?: PolicyKind
  readonly symbols: readonly SymbolicValue[]
  readonly resource?: ResourceFacts
  /** Where `where.source` is not the file: the token in the file that holds its text. */
  readonly inToken?: InToken
}

export interface InToken extends Span {
  /**
   * `string`: quoted, plain or a literal block; `lines`: a heredoc, from `linesFrom` on; `part`: that part of the file as
   * it stands, in which nothing is edited; `opaque`: no way back.
   */
  readonly written: 'string' | 'lines' | 'part' | 'opaque'
  readonly linesFrom?: number
}

export interface EmbeddedGrant {
  readonly root: SyntaxNode
  readonly key?: ResourceFacts
}

export interface EmbeddedResource extends TemplateResource {
  /** Of CloudFormation: what stands under `Metadata`, for `keyward: { ignore: [...] }`. */
  readonly metadata?: SyntaxNode
  /** The whole resource, which suppressions in its metadata speak of. */
  readonly whole: Span
}

/**
 * Undefined for a text that is not of this form. `root` is the tree of a text that is JSON or YAML; reading it is never
 * repeated. A long JSON text is shown without its tree first, so that a reader may go through it part by part.
 */
export type EmbeddedPolicyReader = (
  source: SourceText,
  format: 'json' | 'yaml' | 'other',
  root: SyntaxNode | undefined,
  given: TemplateValues,
) => EmbeddedPolicies | undefined

/** What is known of a deployment before it happens. */
export interface TemplateValues {
  /** Of parameters, variables, imports and exports, by name. */
  readonly parameters: Readonly<Record<string, string>>
  readonly account?: string
  readonly region?: string
  readonly partition?: string
  /** Other files of the same folder, where a form reads the files of a folder together. */
  readonly siblings?: readonly SourceText[]
}
