/**
 * What a lint rule is: its identity, its documentation and its check, in one value.
 *
 * Types only. A rule is pure: it looks at what it is given and reports; which rules run, what severity a finding has in
 * the end, where it stands in the file and how it is printed is the runner's business.
 *
 * Source: none of AWS's; the catalogue of rules is docs/rules.
 */
import type { PolicyView, ResourceFacts } from './policy-view.js'
import type { PolicyKind } from '../policy/document.js'
import type { SimulationDocument } from '../source/simulation-document.js'
import type { SourceError, SourceText, Span } from '../text/source.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

/**
 * `error`: AWS refuses it, or a part does nothing or the opposite of what it says; `security`: more access than a
 * careful author wants; `warning`: probably a mistake; `suggestion`: the same meaning, better text; `info`: worth
 * knowing.
 */
export type Severity = 'error' | 'security' | 'warning' | 'suggestion' | 'info'

/** `certain`: follows from documented semantics. Findings of `medium` precision are reported by the strict preset only. */
export type Precision = 'certain' | 'high' | 'medium'

/** `strict`: only in the strict preset; `diff`: needs an older version; `config`: needs a setting of the project. */
export type RuleDefault = 'on' | 'strict' | 'diff' | 'config'

export type FixSafety = 'safe' | 'unsafe'

export type LintRule = PolicyRule | SyntaxRule | GrantRule | TemplateRule | ComparisonRule | RunRule

interface RuleFacts {
  /** Three letters and three digits, for ever. */
  readonly id: string
  /** Accepted wherever an id is. */
  readonly name: string
  readonly severity: Severity
  readonly precision: Precision
  readonly default: RuleDefault
  /** The kinds of policy it looks at. A rule that is not for `all` depends on the kind being right. */
  readonly kinds: 'all' | readonly PolicyKind[]
  /** The best fix it may offer. */
  readonly fix: FixSafety | 'no'
  /** Ids and names it had before, which still work. */
  readonly aliases?: readonly string[]
  /** Rules whose findings are dropped where this one reports on the same statement at an overlapping place. */
  readonly supersedes?: readonly string[]
  /** Settings under `rules.<id>` of the configuration. */
  readonly options?: readonly RuleOption[]
  readonly docs: RuleDocs
}

/** Looks at one policy, also at one that AWS refuses. */
export interface PolicyRule extends RuleFacts {
  readonly on: 'policy'
  check(context: PolicyContext, report: Report): void
}

/** Looks at what is wrong with a text that cannot be read as JSON or YAML. */
export interface SyntaxRule extends RuleFacts {
  readonly on: 'syntax'
  check(context: SyntaxContext, report: Report): void
}

/** Looks at the input of CreateGrant. */
export interface GrantRule extends RuleFacts {
  readonly on: 'grant'
  check(context: GrantContext, report: Report): void
}

/** Looks at a template or plan as a whole. */
export interface TemplateRule extends RuleFacts {
  readonly on: 'template'
  check(context: TemplateContext, report: Report): void
}

/** Looks at two versions of one policy. */
export interface ComparisonRule extends RuleFacts {
  readonly on: 'comparison'
  check(context: ComparisonContext, report: Report): void
}

/** Reported by the runner itself, which alone knows of suppressions and settings. */
export interface RunRule extends RuleFacts {
  readonly on: 'run'
}

/** What a project says of itself in its configuration or on the command line. */
export interface ProjectFacts {
  /** Accounts that are the author's own, twelve digits. */
  readonly accounts: readonly string[]
  readonly organization?: string
  readonly partition?: string
  readonly region?: string
  /** Who deploys: an ARN. */
  readonly caller?: string
  readonly assertions: readonly ProjectAssertion[]
}

/** `forbidden`: nobody in `principals` may do it; `required`: everybody there must stay able to. */
export interface ProjectAssertion {
  readonly expect: 'forbidden' | 'required'
  readonly actions: readonly string[]
  readonly principals: readonly string[]
  readonly resources: readonly string[]
  readonly reason?: string
}

interface CommonContext {
  readonly project: ProjectFacts
  /** Settings of this rule, checked against the options of the rule, defaults filled in. */
  readonly options: Readonly<Record<string, RuleOptionValue>>
}

export interface PolicyContext extends CommonContext {
  readonly policy: PolicyView
  /** Every policy of the same file, this one among them. */
  readonly siblings: readonly PolicyView[]
  /** The template or plan the policy stands in. */
  readonly template?: TemplateView
}

export interface SyntaxContext extends CommonContext {
  readonly source: SourceText
  readonly format: 'json' | 'yaml'
  /** Never empty. */
  readonly errors: readonly SyntaxFault[]
}

export interface SyntaxFault extends SourceError {
  readonly fault: 'syntax' | 'duplicateKey'
  /** Where it is not the whole file that cannot be read: the string whose text it is. */
  readonly inString?: Span
}

export interface GrantContext extends CommonContext {
  readonly source: SourceText
  readonly root: SyntaxNode
  readonly key?: ResourceFacts
}

/** A template or plan: its resources that matter here, and the policies found in them. */
export interface TemplateView {
  readonly source: SourceText
  readonly form: 'cloudFormation' | 'terraformPlan' | 'terraformSource'
  readonly resources: readonly TemplateResource[]
  readonly policies: readonly PolicyView[]
  /** Strings that look like a forgotten substitution, and self-references, found while it was resolved. */
  readonly notes: readonly TemplateNote[]
}

export interface TemplateResource extends ResourceFacts {
  /** Where the resource begins: its key or block header. */
  readonly span: Span
  /** Places of its properties, by name. */
  readonly places: Readonly<Record<string, Span>>
}

export interface TemplateNote {
  readonly kind: 'unresolved' | 'substitutionMissing' | 'selfReference' | 'policySetTwice' | 'planWanted'
  readonly span: Span
  readonly address: string
  /** A sentence fragment: the expression, or what was found. */
  readonly detail: string
  readonly related?: readonly RelatedPlace[]
  readonly fix?: Fix
}

export interface TemplateContext extends CommonContext {
  readonly template: TemplateView
}

export interface ComparisonContext extends CommonContext {
  readonly before: PolicyView
  readonly after: PolicyView
}

/** Reports one finding; say it once for each cause, not once for each place. */
export type Report = (finding: ReportedFinding) => void

export interface ReportedFinding {
  /** The very token: a value, a key, or `statement.head`. In the text of the policy. */
  readonly at: Span
  /** What is wrong; lower case, offending values by `quote()`, no final stop. */
  readonly message: string
  /** What it means for access: "so nobody can decrypt with this statement". Same form. */
  readonly effect?: string
  /** What to do. Same form. */
  readonly help?: string
  /** The rule's own when left out. */
  readonly severity?: Severity
  readonly precision?: Precision
  /** Set where the finding depends on the kind of policy although the rule is for `all` kinds. */
  readonly dependsOnKind?: boolean
  readonly fix?: Fix
  readonly witness?: Witness
  readonly related?: readonly RelatedPlace[]
  /** Of the statement the finding is about; told from `at` when left out. */
  readonly statement?: number
  /** Drops other findings of the same statement; their number is said in the message. */
  readonly hides?: 'security' | readonly string[]
}

export interface RelatedPlace {
  readonly message: string
  readonly at: Span
}

/** Edits of the policy's text that belong together. `safe`: the decisions stay the same for every request. */
export interface Fix {
  readonly safety: FixSafety
  /** What it does, as an instruction: "remove the covered entry". */
  readonly title: string
  /** Anything in any order; edits that overlap are a defect of the rule. Made by `edits.ts`. */
  readonly edits: readonly Edit[]
  /** For a text that AWS refuses there is no old meaning to compare with: a repair with one possible reading. */
  readonly repair?: boolean
}

export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A request that shows the finding: what `keyward why` explains and `keyward eval` decides. */
export interface Witness {
  /** One line: "role/App of another account may kms:Decrypt". */
  readonly summary: string
  readonly document: SimulationDocument
}

export interface RuleDocs {
  /** What the rule flags, whole sentences. */
  readonly what: string
  readonly why: string
  /** Each must fire exactly this rule. */
  readonly bad: readonly RuleExample[]
  /** Each must fire nothing. */
  readonly good: readonly RuleExample[]
  /** How to fix it. */
  readonly fix: string
  readonly whenToIgnore: string
  /** What other tools call it. */
  readonly equivalents: readonly Equivalent[]
  /** Pages of AWS's documentation: "IAM User Guide, \"...\"". */
  readonly source: string
}

export interface RuleExample {
  readonly kind?: PolicyKind
  /** As text, in its own formatting: JSON, or YAML where `format` says so. */
  readonly text: string
  readonly format?: 'json' | 'yaml'
  /** A sentence above the example. */
  readonly note?: string
  readonly options?: Readonly<Record<string, RuleOptionValue>>
  readonly project?: Partial<ProjectFacts>
  /** `comparison` rules: the text before. */
  readonly before?: string
  /** What `text` is; a policy when left out. */
  readonly form?: 'policy' | 'grant' | 'template'
}

export interface Equivalent {
  readonly tool: string
  /** Of Access Analyzer, the issue code that `--codes aa` prints. */
  readonly code: string
}

export type RuleOptionValue = string | number | boolean | readonly string[]

export interface RuleOption {
  readonly name: string
  readonly type: 'string' | 'number' | 'boolean' | 'strings'
  readonly default: RuleOptionValue
  readonly description: string
}
