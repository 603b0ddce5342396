/**
 * A policy as lint rules look at it: every element with its place, also when the document is one that AWS refuses.
 *
 * Types only; `read-policy-view.ts` makes it. Beside it stands the `PolicyDocument`, which exists only when the policy
 * is accepted and which whatever evaluates works on.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 */
import type { PolicyDocument, PolicyKind, PolicySource, PrincipalEntry } from '../policy/document.js'
import type { ParsedOperator } from '../policy/operator.js'
import type { SourceError, Span } from '../text/source.js'
import type { Member, SyntaxNode } from '../text/syntax-tree.js'

/** How it is known what kind of policy this is; `content` is a guess. */
export type KindOrigin = 'flag' | 'config' | 'template' | 'world' | 'content'

export interface PolicyView {
  readonly kind: PolicyKind
  readonly kindOrigin: KindOrigin
  /** True when `kind` was told from the content alone. The runner lowers errors that depend on the kind. */
  readonly kindIsGuessed: boolean
  /** The policy and the text it stands in; every span below is one of `where.source.text`. */
  readonly where: PolicySource
  readonly root: SyntaxNode
  /** The first line of the policy: where findings point that are about all of it. */
  readonly head: Span
  readonly version?: TextValue
  readonly id?: TextValue
  /** The `Statement` element; `value` may be one statement, a list, or something wrong. */
  readonly statement?: Member
  /** Whatever stands in the place of a statement, in order. */
  readonly statements: readonly StatementView[]
  /**
   * The policy as everything that evaluates wants it; absent when it is refused, or not all of it is known. Statements,
   * patterns, entries, conditions and values have the same indexes as here; places are told by the view, not by
   * `locate`, since a stand-in may be in the place of a symbol.
   */
  readonly document?: PolicyDocument
  /** Why AWS would not take the policy; empty when it would, or when not all of it is known. */
  readonly refusals: readonly SourceError[]
  /** What is not known before deployment, by number; see `TextValue.known`. */
  readonly symbols: readonly SymbolicValue[]
  /** Where the policy belongs, when it was found in a template, a plan or a world. */
  readonly resource?: ResourceFacts
}

/** A part of a template that has no value yet, such as `{ "Ref": "AWS::AccountId" }`. */
export interface SymbolicValue {
  /** As a person would write it: `${AWS::AccountId}`, `aws_iam_role.app.arn`. */
  readonly expression: string
  /** Of the expression in the text of the view. */
  readonly span: Span
  /** What evaluation puts in its place. A policy has a `document` only when each of its symbols has one. */
  readonly standIn?: string
}

/** The key, role or bucket that a policy belongs to, as its template says. */
export interface ResourceFacts {
  /** `AWS::KMS::Key`, `aws_kms_key`. */
  readonly type: string
  /** `Resources/Key`, `module.a.aws_kms_key.main[0]`. */
  readonly address: string
  readonly account?: string
  readonly region?: string
  /** The other properties of the resource, as plain data under the names of its API (`KeySpec`, `EnableKeyRotation`). */
  readonly properties: Readonly<Record<string, unknown>>
}

export interface StatementView {
  readonly index: number
  readonly node: SyntaxNode
  /** The first line of the statement: where findings point that are about all of it. */
  readonly head: Span
  /** Empty when the statement is no object. */
  readonly members: readonly Member[]
  readonly sid?: TextValue
  /** Defined only for exactly `Allow` and `Deny`. */
  readonly effect?: 'Allow' | 'Deny'
  readonly effectMember?: Member
  /** Principal, or NotPrincipal where Principal is missing; the same for the other two. */
  readonly principal?: PrincipalView
  readonly action?: PatternsView
  readonly resource?: PatternsView
  /** The Condition element. */
  readonly conditionMember?: Member
  readonly conditions: readonly ConditionView[]
}

/** Action, NotAction, Resource or NotResource. */
export interface PatternsView {
  readonly name: 'Action' | 'NotAction' | 'Resource' | 'NotResource'
  readonly negated: boolean
  readonly member: Member
  /** A single string is a list of one; what is no string is left out. */
  readonly items: readonly TextValue[]
}

export interface PrincipalView {
  readonly name: 'Principal' | 'NotPrincipal'
  readonly negated: boolean
  readonly member: Member
  readonly entries: readonly PrincipalEntryView[]
}

export interface PrincipalEntryView extends TextValue {
  /** `*` for `"Principal": "*"`, else the key the value stands under, whatever it is. */
  readonly type: string
  /** The member of that key. */
  readonly typeMember?: Member
  /** What the entry is, when it has a valid form and is known. */
  readonly entry?: PrincipalEntry
}

export interface ConditionView {
  /** The member of the operator: `key` is its name, `value` the block. */
  readonly operator: Member
  /** Absent when there is no such operator. */
  readonly parsed?: ParsedOperator
  /** The member of the condition key: `value` holds the values. */
  readonly key: Member
  /** Numbers and booleans as text; what is neither text, number nor boolean is left out. */
  readonly values: readonly TextValue[]
}

/** A string of a policy with its place; it may be used as a `Span`. */
export interface TextValue {
  readonly value: string
  /** False when a part is a symbol: one character U+E000 plus the number of the symbol stands for it. */
  readonly known: boolean
  readonly node: SyntaxNode
  readonly start: number
  readonly end: number
  /** The list the value stands in; absent when it stands alone. */
  readonly list?: SyntaxNode & { readonly kind: 'array' }
  /** Its place in `list`, counting items of every type; 0 when it stands alone. */
  readonly index: number
}
