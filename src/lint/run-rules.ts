/**
 * Runs rules over what was found in a file, and makes findings of what they report: one for each cause, at its place in
 * the file, with the severity that counts in the end.
 *
 * Source: docs/lint.md, "Findings".
 */
import { createHash } from 'node:crypto'
import { causeOf, joined } from './equal-reports.js'
import type { Finding, FindingFix, FindingPlace } from './finding.js'
import type { LintFile, LintPolicy } from './lint-file.js'
import { SAME_TEXT, type PlaceMap } from './places.js'
import type { PolicyView, SymbolicValue } from './policy-view.js'
import type {
  Edit,
  Fix,
  LintRule,
  ProjectFacts,
  RelatedPlace,
  ReportedFinding,
  Severity,
  TemplateView,
} from './rule.js'
import type { ActiveRule } from './rule-set.js'
import { SpanIndex } from './spans.js'
import { sharedPlaces } from './shared-places.js'
import { structuralPath } from './structural-path.js'
import { writtenOut } from './symbols.js'
import type { SourceText, Span } from '../text/source.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

/**
 * Everything that rules report on one file, in the order of places.
 * @param onPart - gets the part of the policies that has been looked at, from 0 to 1.
 */
export function runRules(
  file: LintFile,
  rules: readonly ActiveRule[],
  project: ProjectFacts,
  onPart: (part: number) => void = () => undefined,
): readonly Finding[] {
  const { source, faults, format, template, grants } = file
  const findings: Finding[] = []
  const views = file.policies.map(({ view }) => view)
  if (faults.length > 0) {
    const whole = subject(file, undefined)
    for (const { rule, active } of sorted(rules).syntax) {
      const syntax = format === 'yaml' ? 'yaml' : 'json'
      rule.check(
        { source, format: syntax, errors: faults, project, options: active.options },
        collector(whole, active, findings),
      )
    }
  }
  for (const [index, policy] of file.policies.entries()) {
    for (const finding of runOnPolicy(subject(file, policy, index), policy.view, views, template, rules, project))
      findings.push(finding)
    onPart((index + 1) / views.length)
  }
  for (const grant of grants) {
    const about = { ...subject(file, undefined), root: grant.root }
    for (const { rule, active } of sorted(rules).grant) {
      const key = grant.key === undefined ? {} : { key: grant.key }
      rule.check(
        { source, root: grant.root, ...key, project, options: active.options },
        collector(about, active, findings),
      )
    }
  }
  if (template !== undefined) {
    const whole = subject(file, undefined)
    for (const { rule, active } of sorted(rules).template) {
      rule.check({ template, project, options: active.options }, collector(whole, active, findings))
    }
  }
  return findings.toSorted(byPlace)
}

/** What the rules that compare report of two versions of a policy; places are those of the later one. */
export function runComparison(
  file: LintFile,
  policy: LintPolicy,
  before: PolicyView,
  rules: readonly ActiveRule[],
  project: ProjectFacts,
): readonly Finding[] {
  const drafts: Draft[] = []
  const about = subject(file, policy, file.policies.indexOf(policy))
  const statements = statementFinder(policy.view)
  for (const { rule, active } of sorted(rules).comparison) {
    const context = { before, after: policy.view, project, options: active.options }
    rule.check(context, (reported) => {
      const draft = draftOf(active, reported, about, reported.statement ?? statements(reported.at))
      if (draft !== undefined) drafts.push(draft)
    })
  }
  return withoutWeaker(drafts).map((one) => finish(one, about))
}

/** What a report is about. */
interface Subject {
  readonly file: SourceText
  readonly places: PlaceMap
  /** The text that places of the report are places of. */
  readonly text: string
  readonly root?: SyntaxNode
  readonly view?: PolicyView
  readonly index: number
  readonly symbols: readonly SymbolicValue[]
  /** Places that YAML aliases make several values of; an edit there would change all of them. */
  readonly shared: () => SpanIndex<Span> | undefined
  /** A plan is made from something else: what is edited in it is lost with the next one. */
  readonly isDerived: boolean
}

function subject(file: LintFile, policy: LintPolicy | undefined, index = -1): Subject {
  const { source, root, format } = file
  const isDerived = file.template?.form === 'terraformPlan'
  let known: { readonly places: SpanIndex<Span> | undefined } | undefined
  const shared = (): SpanIndex<Span> | undefined => {
    known ??= { places: format === 'yaml' && root !== undefined ? sharedPlaces(root, source.text) : undefined }
    return known.places
  }
  if (policy === undefined) {
    return {
      file: source,
      places: SAME_TEXT,
      text: source.text,
      ...(root === undefined ? {} : { root }),
      index,
      symbols: [],
      shared,
      isDerived,
    }
  }
  const { view, places } = policy
  return {
    file: source,
    places,
    text: view.where.source.text,
    root: view.root,
    view,
    index,
    symbols: view.symbols,
    shared,
    isDerived,
  }
}

type RuleOn<K extends LintRule['on']> = Extract<LintRule, { readonly on: K }>

interface RuleOf<K extends LintRule['on']> {
  readonly rule: RuleOn<K>
  readonly active: ActiveRule
}

interface RulesByKind {
  readonly policy: readonly RuleOf<'policy'>[]
  readonly syntax: readonly RuleOf<'syntax'>[]
  readonly grant: readonly RuleOf<'grant'>[]
  readonly template: readonly RuleOf<'template'>[]
  readonly comparison: readonly RuleOf<'comparison'>[]
}

/** A run asks the same rules for thousands of policies. */
const byKind = new WeakMap<readonly ActiveRule[], RulesByKind>()

function sorted(rules: readonly ActiveRule[]): RulesByKind {
  let known = byKind.get(rules)
  if (known === undefined) {
    known = {
      policy: ofKind(rules, 'policy'),
      syntax: ofKind(rules, 'syntax'),
      grant: ofKind(rules, 'grant'),
      template: ofKind(rules, 'template'),
      comparison: ofKind(rules, 'comparison'),
    }
    byKind.set(rules, known)
  }
  return known
}

function ofKind<K extends LintRule['on']>(rules: readonly ActiveRule[], on: K): readonly RuleOf<K>[] {
  const isOn = (rule: LintRule): rule is RuleOn<K> => rule.on === on
  return rules.flatMap((active): RuleOf<K>[] => (isOn(active.rule) ? [{ rule: active.rule, active }] : []))
}

/** A report with what is needed to weigh it against the others. */
interface Draft {
  readonly active: ActiveRule
  readonly reported: ReportedFinding
  readonly severity: Severity
  readonly wasLowered: boolean
  /** -1 for what is about no statement. */
  readonly statement: number
}

function runOnPolicy(
  about: Subject,
  policy: PolicyView,
  siblings: readonly PolicyView[],
  template: TemplateView | undefined,
  rules: readonly ActiveRule[],
  project: ProjectFacts,
): readonly Finding[] {
  const drafts: Draft[] = []
  const statements = statementFinder(policy)
  for (const { rule, active } of sorted(rules).policy) {
    if (rule.kinds !== 'all' && !rule.kinds.includes(policy.kind)) continue
    const { options } = active
    // Written out: nearly every rule looks at every policy, and a spread would take longer than many of them.
    const context =
      template === undefined ? { policy, siblings, project, options } : { policy, siblings, template, project, options }
    rule.check(context, (reported) => {
      const draft = draftOf(active, reported, about, reported.statement ?? statements(reported.at))
      if (draft !== undefined) drafts.push(draft)
    })
  }
  return withEqualsJoined(withoutWeaker(drafts), about.text).map((one) => finish(one, about))
}

function collector(about: Subject, active: ActiveRule, findings: Finding[]): (reported: ReportedFinding) => void {
  return (reported) => {
    const draft = draftOf(active, reported, about, -1)
    if (draft !== undefined) findings.push(finish({ draft, hidden: 0 }, about))
  }
}

function draftOf(
  active: ActiveRule,
  reported: ReportedFinding,
  { view }: Subject,
  statement: number,
): Draft | undefined {
  const { rule } = active
  if ((reported.precision ?? rule.precision) === 'medium' && !active.takesMedium) return undefined
  const wanted = active.severity ?? reported.severity ?? rule.severity
  const depends = rule.kinds !== 'all' || reported.dependsOnKind === true
  const wasLowered = wanted === 'error' && depends && view?.kindIsGuessed === true && active.severity === undefined
  return { active, reported, severity: wasLowered ? 'warning' : wanted, wasLowered, statement }
}

interface Kept {
  readonly draft: Draft
  /** How many weaker ones are not shown. */
  readonly hidden: number
  /** In how many more places of the statement it is so. */
  readonly more?: number
}

/** One finding for each cause: no repetition, none that another rule says better, none that a report hides. */
function withoutWeaker(drafts: readonly Draft[]): readonly Kept[] {
  const seen = new Set<string>()
  const once = drafts.filter(({ active, reported: { at, message } }) => {
    const key = `${active.rule.id} ${at.start} ${at.end} ${message}`
    return seen.has(key) ? false : seen.add(key)
  })
  const others = new StatementDrafts(once)
  const gone = new Set<Draft>()
  const hidden = new Map<Draft, number>()
  for (const draft of once) {
    const { supersedes = [] } = draft.active.rule
    for (const id of supersedes) for (const other of others.overlapping(draft, id)) gone.add(other)
    const { hides } = draft.reported
    if (hides === undefined) continue
    let count = 0
    for (const other of others.of(draft.statement)) {
      const { id, severity } = other.active.rule
      if (other.active.rule === draft.active.rule || gone.has(other)) continue
      if (hides === 'security' ? severity !== 'security' : !hides.includes(id)) continue
      gone.add(other)
      count++
    }
    hidden.set(draft, count)
  }
  return once.filter((draft) => !gone.has(draft)).map((draft) => ({ draft, hidden: hidden.get(draft) ?? 0 }))
}

/** And what a rule says of a statement again and again is said once, with all its places. */
function withEqualsJoined(kept: readonly Kept[], text: string): readonly Kept[] {
  const causes = new Map<string, Kept[]>()
  for (const one of kept) {
    const { active, statement, reported } = one.draft
    const cause = kept.length < 2 || statement < 0 ? undefined : causeOf(reported, text)
    const key = cause === undefined ? `${causes.size}` : `${active.rule.id} ${statement} ${cause}`
    const same = causes.get(key)
    if (same === undefined) causes.set(key, [one])
    else same.push(one)
  }
  return [...causes.values()].flatMap((same): readonly Kept[] => {
    const [first] = same
    const reported = same.length < 2 ? undefined : joined(same.map(({ draft }) => draft.reported))
    if (first === undefined || reported === undefined) return same
    return [{ ...first, draft: { ...first.draft, reported }, more: same.length - 1 }]
  })
}

interface PlacedDraft extends Span {
  readonly draft: Draft
}

/** Drafts by statement, and by rule and place. */
class StatementDrafts {
  private readonly byStatement = new Map<number, Draft[]>()
  private readonly byRule = new Map<string, SpanIndex<PlacedDraft>>()

  constructor(drafts: readonly Draft[]) {
    for (const draft of drafts) {
      const same = this.byStatement.get(draft.statement)
      if (same === undefined) this.byStatement.set(draft.statement, [draft])
      else same.push(draft)
    }
  }

  of(statement: number): readonly Draft[] {
    return this.byStatement.get(statement) ?? []
  }

  /** What a rule reports on the same statement at an overlapping place. */
  overlapping({ statement, reported }: Draft, rule: string): readonly Draft[] {
    const key = `${statement} ${rule}`
    let index = this.byRule.get(key)
    if (index === undefined) {
      const drafts = this.of(statement).filter(({ active }) => active.rule.id === rule)
      index = new SpanIndex(
        drafts.map((draft) => ({ start: draft.reported.at.start, end: draft.reported.at.end, draft })),
      )
      this.byRule.set(key, index)
    }
    return index.overlapping(reported.at).map(({ draft }) => draft)
  }
}

function finish({ draft, hidden, more = 0 }: Kept, about: Subject): Finding {
  const { active, reported, severity, wasLowered } = draft
  const { rule } = active
  const { at, message, effect, help, witness, fix, related = [], precision } = reported
  const written = (text: string): string => writtenOut(text, about.symbols)
  const notes: string[] = []
  if (more > 0)
    notes.push(
      `${more} more ${more === 1 ? 'place' : 'places'} of this statement ${more === 1 ? 'has' : 'have'} the same`,
    )
  if (wasLowered && about.view !== undefined) {
    notes.push(`a warning only, since the kind of the policy (${about.view.kind}) is a guess; --kind says it`)
  }
  if (hidden > 0) notes.push(`${hidden} weaker ${hidden === 1 ? 'finding' : 'findings'} of this statement not shown`)
  const done = fix === undefined || about.isDerived ? undefined : fixInFile(fix, about)
  const path = structuralPath(about.view, about.root, at)
  const span = about.places.span(at)
  return {
    rule,
    severity,
    precision: precision ?? rule.precision,
    source: about.file,
    span,
    message: written(message),
    ...(effect === undefined ? {} : { effect: written(effect) }),
    ...(help === undefined ? {} : { help: written(help) }),
    notes,
    ...(witness === undefined ? {} : { witness }),
    ...(done === undefined ? {} : { fix: done }),
    related: placesBeside(span, related, about),
    path,
    fingerprint: fingerprintOf(rule.id, path, about.text.slice(at.start, at.end)),
  }
}

/** A value that stands for several, as a local of Terraform does, would be shown beside itself. */
function placesBeside(own: Span, related: readonly RelatedPlace[], about: Subject): readonly FindingPlace[] {
  const places = related.map(({ message, at }) => ({
    message: writtenOut(message, about.symbols),
    source: about.file,
    span: about.places.span(at),
  }))
  return places.filter(({ span }) => span.start !== own.start || span.end !== own.end)
}

function fixInFile({ safety, title, edits, repair = false }: Fix, about: Subject): FindingFix | undefined {
  const inFile: Edit[] = []
  for (const edit of edits) {
    const moved = about.places.edit(edit)
    if (moved === undefined) return undefined
    inFile.push(moved)
  }
  const shared = about.shared()
  if (shared !== undefined && inFile.some((edit) => shared.overlapping(edit).length > 0)) return undefined
  return inFile.length === 0 ? undefined : { safety, title, edits: inFile, isRepair: repair, policy: about.index }
}

/** Of the rule, the place among the elements of the policy, and the text there; never of a line. */
function fingerprintOf(rule: string, path: string, text: string): string {
  return createHash('sha256')
    .update(JSON.stringify([rule, path, text.replaceAll(/\s+/g, ' ')]))
    .digest('hex')
    .slice(0, 32)
}

/** Which statement a place belongs to. */
function statementFinder({ statements }: PolicyView): (at: Span) => number {
  return (at) => {
    let low = 0
    let high = statements.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const { start, end } = statements[middle]!.node
      if (at.start < start) high = middle - 1
      else if (at.start >= end) low = middle + 1
      else return middle
    }
    return -1
  }
}

function byPlace(a: Finding, b: Finding): number {
  return (
    a.span.start - b.span.start ||
    a.span.end - b.span.end ||
    (a.rule.id < b.rule.id ? -1 : a.rule.id > b.rule.id ? 1 : 0)
  )
}
