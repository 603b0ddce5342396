/**
 * The linter: texts and settings in, findings out.
 *
 * Knows no file system and no clock; who calls it has read the files and says which day it is.
 *
 * Source: docs/lint.md.
 */
import { applyBaseline, baselineOf, type Baseline, type BaselineEntry } from './baseline.js'
import { cacheKey, readResult, writeResult, type ResultCache } from './cached-result.js'
import { configSuppressions, sectionsFor, unknownRuleNames, type ConfigSection, type LintConfig } from './config.js'
import type { EmbeddedPolicyReader, TemplateValues } from './embedded-policies.js'
import { findPolicies } from './find-policies.js'
import type { Finding } from './finding.js'
import { inlineSuppressions } from './inline-suppressions.js'
import type { FileHints, LintFile, LintPolicy } from './lint-file.js'
import type { PolicyView } from './policy-view.js'
import type { LintRule } from './rule.js'
import { RuleRegistry, type ActiveRule, type RuleChoice } from './rule-set.js'
import { createRunFinding } from './run-finding.js'
import { runComparison, runRules } from './run-rules.js'
import { suppress, type Suppressed, type SuppressedFinding, type SuppressionRun } from './suppress.js'
import { isTerraformSource } from './templates/terraform-json.js'
import type { PolicyKind } from '../policy/document.js'
import { quote } from '../text/escape.js'
import type { SourceText } from '../text/source.js'
import { nodeToValue } from '../text/syntax-tree.js'

export interface LintSettings {
  readonly config: LintConfig
  /** Of the command line; wins over the configuration. */
  readonly choice: RuleChoice
  readonly kind?: PolicyKind
  readonly today: string
  readonly readers: readonly EmbeddedPolicyReader[]
  /** Files before a change, for the rules that compare. */
  readonly before?: EarlierFiles
  readonly cache?: ResultCache
  /** Of the program, for the cache. */
  readonly version?: string
}

export interface EarlierFiles {
  /** Undefined for a file that did not exist. */
  readonly textOf: (name: string) => string | undefined
  /** As the readers of today, but what they read beside a text is as it was. */
  readonly readers: readonly EmbeddedPolicyReader[]
}

/** What one file has; what concerns the settings comes at the end. */
export interface FileResult {
  readonly findings: readonly Finding[]
  readonly suppressed: readonly SuppressedFinding[]
  readonly policies: number
  /** What was told from the content alone, one for each such policy. */
  readonly guessed: readonly PolicyKind[]
  /** There was nothing to check. */
  readonly isEmpty: boolean
}

const UNUSED_SUPPRESSION = 'SUP001'

/** Lints file by file; what concerns all of them comes at the end. */
export class Linter {
  readonly registry: RuleRegistry
  private readonly given: TemplateValues
  private readonly found: Finding[] = []
  private readonly names = new Set<string>()
  private readonly ran = new Set<ActiveRule>()
  private readonly sets = new Map<string, readonly ActiveRule[]>()
  private readonly suppressed: SuppressedFinding[] = []
  /** In the cache, by source. */
  private readonly keys = new WeakMap<SourceText, string>()
  /** What came from there. */
  private readonly cached = new WeakSet<FileResult>()
  private readonly guessed = new Map<PolicyKind, number>()
  private policies = 0

  constructor(
    rules: readonly LintRule[],
    private readonly settings: LintSettings,
  ) {
    this.registry = new RuleRegistry(rules)
    const { parameters, project } = settings.config
    const { accounts, region, partition } = project
    const [account] = accounts
    this.given = {
      parameters,
      // With several accounts nobody knows which of them a template is for.
      ...(account === undefined || accounts.length > 1 ? {} : { account }),
      ...(region === undefined ? {} : { region }),
      ...(partition === undefined ? {} : { partition }),
    }
  }

  add(source: SourceText, isNamed: boolean): FileResult {
    const result = this.known(source, isNamed) ?? this.look(source, isNamed)
    this.take(source, isNamed, result)
    return result
  }

  /** What is in the cache for this text. */
  known(source: SourceText, isNamed: boolean): FileResult | undefined {
    const key = this.cacheKey(source, isNamed)
    const text = key === undefined ? undefined : this.settings.cache?.get(key)
    const result = text === undefined ? undefined : readResult(text, source, this.registry)
    if (result !== undefined) this.cached.add(result)
    return result
  }

  /**
   * What is found in one text, without keeping it.
   * @param onPart - gets the part of its policies that has been looked at, from 0 to 1.
   */
  look(source: SourceText, isNamed: boolean, onPart?: (part: number) => void): FileResult {
    const { readers, today } = this.settings
    const sections = sectionsFor(this.settings.config, source.name)
    const rules = this.rulesFor(sections.map(({ choice }) => choice))
    const file = findPolicies(source, this.hints(sections, isNamed), readers, this.given)
    const { policies, grants, faults, template } = file
    const run = { registry: this.registry, rules, today }
    const { kept, suppressed } = this.newOnes(file, run, isNamed, onPart)
    const count = policies.length + grants.length
    const isEmpty = count + faults.length === 0 && template === undefined
    const guessed = policies.flatMap(({ view }) => (view.kindIsGuessed ? [view.kind] : []))
    return { findings: kept, suppressed, policies: count, guessed, isEmpty }
  }

  /** Takes what was found in a text, by whomever. */
  take(source: SourceText, isNamed: boolean, result: FileResult): void {
    const sections = sectionsFor(this.settings.config, source.name)
    for (const rule of this.rulesFor(sections.map(({ choice }) => choice))) this.ran.add(rule)
    this.names.add(source.name)
    this.policies += result.policies
    for (const kind of result.guessed) this.guessed.set(kind, (this.guessed.get(kind) ?? 0) + 1)
    for (const finding of result.findings) this.found.push(finding)
    for (const entry of result.suppressed) this.suppressed.push(entry)
    const key = this.cacheKey(source, isNamed)
    if (key !== undefined && !this.cached.has(result)) this.settings.cache?.set(key, writeResult(result))
  }

  /** Undefined where nothing is kept: what is found hangs on an older text, or on other files. */
  private cacheKey(source: SourceText, isNamed: boolean): string | undefined {
    const { cache, before, config } = this.settings
    // What a Terraform file says depends on the others of its folder.
    if (cache === undefined || before !== undefined || isTerraformSource(source.name)) return undefined
    const known = this.keys.get(source)
    if (known !== undefined) return known
    const key = cacheKey(source, this.settingsKey(source, isNamed, sectionsFor(config, source.name)))
    this.keys.set(source, key)
    return key
  }

  /** The day matters only where something may expire. */
  private settingsKey({ text }: SourceText, isNamed: boolean, sections: readonly ConfigSection[]): string {
    const { config, choice, kind, today, version = '' } = this.settings
    const day = text.includes('keyward') ? today : ''
    return JSON.stringify([
      version,
      config.choice,
      config.project,
      config.parameters,
      sections,
      choice,
      kind,
      isNamed,
      day,
    ])
  }

  /** What is found in a text of this name, without keeping it: for whoever fixes a file. */
  check(source: SourceText, isNamed: boolean): { readonly file: LintFile; readonly findings: readonly Finding[] } {
    const { config, readers, today } = this.settings
    const sections = sectionsFor(config, source.name)
    const file = findPolicies(source, this.hints(sections, isNamed), readers, this.given)
    const rules = this.rulesFor(sections.map(({ choice }) => choice))
    const run = { registry: this.registry, rules, today }
    const { kept } = this.newOnes(file, run, isNamed)
    // Those of the configuration may cover what is found in other files; here only its findings matter.
    const inConfig = configSuppressions(config, new Set([source.name]))
    return { file, findings: suppress(kept, inConfig, { ...run, rules: [] }).kept }
  }

  /** @param prunes - whether entries of the baseline that match nothing are taken out, and need not be told of. */
  finish(baseline?: Baseline, prunes = false): LintResult {
    const { config, today, before } = this.settings
    const ran = [...new Map([...this.ran].map((active) => [active.rule, active])).values()]
    // What was there before is not here, so nobody can say that an entry for it matches nothing.
    const rules = before === undefined ? ran : ran.filter(({ rule }) => rule.id !== UNUSED_SUPPRESSION)
    const inConfig = configSuppressions(config, this.names)
    const { kept, suppressed } = suppress(this.found, inConfig, { registry: this.registry, rules, today })
    const own = this.configFindings(rules)
    const all = [...kept, ...own]
    const counts = { files: [...this.names], policies: this.policies, guessed: this.guessed }
    const quiet = [...this.suppressed, ...suppressed]
    if (baseline === undefined) return { ...counts, findings: all, suppressed: quiet, known: [], pruned: [] }
    const { fresh, known, unused, pruned } = applyBaseline(all, baseline, this.names)
    const stale = unused.flatMap(({ rule, file, count, node }) => {
      const message = `${count === 1 ? 'an entry' : `${count} entries`} of the baseline for ${quote(rule)} in ${quote(file)} ${count === 1 ? 'matches' : 'match'} nothing`
      const place = { source: baseline.source, span: { start: node.start, end: node.end } }
      return createRunFinding(rules, UNUSED_SUPPRESSION, place, { message, help: 'run with --prune-baseline' }) ?? []
    })
    return { ...counts, findings: prunes ? fresh : [...fresh, ...stale], suppressed: quiet, known, pruned }
  }

  private hints(sections: readonly ConfigSection[], isNamed: boolean): FileHints {
    const inConfig = sections.findLast(({ kind }) => kind !== undefined)?.kind
    const format = sections.findLast((section) => section.format !== undefined)?.format
    const kind = this.settings.kind ?? inConfig
    return {
      isNamed,
      ...(kind === undefined ? {} : { kind, kindOrigin: this.settings.kind === undefined ? 'config' : 'flag' }),
      ...(format === undefined ? {} : { format }),
    }
  }

  private rulesFor(sections: readonly RuleChoice[]): readonly ActiveRule[] {
    const { config, choice, before } = this.settings
    const key = JSON.stringify(sections)
    let rules = this.sets.get(key)
    if (rules === undefined) {
      const needs = { hasBaselineVersion: before !== undefined, hasAssertions: config.project.assertions.length > 0 }
      rules = this.registry.active([config.choice, ...sections, choice], needs)
      this.sets.set(key, rules)
    }
    return rules
  }

  /**
   * What the rules report and what the file keeps quiet; where there is an older text, only what that one did not have.
   * Whether a suppression is of use hangs on all that is found.
   */
  private newOnes(file: LintFile, run: SuppressionRun, isNamed: boolean, onPart?: (part: number) => void): Suppressed {
    const { before, config } = this.settings
    const { rules } = run
    const findings = runRules(file, rules, config.project, onPart)
    const { name } = file.source
    const text = before?.textOf(name)
    if (before === undefined || text === undefined) return suppress(findings, inlineSuppressions(file), run)
    const sections = sectionsFor(config, name)
    const earlier = findPolicies({ name, text }, this.hints(sections, isNamed), before.readers, this.given)
    const found = runRules(earlier, rules, config.project)
    const freshOf = (all: readonly Finding[], known: readonly Finding[]): readonly Finding[] =>
      applyBaseline(all, { source: earlier.source, entries: baselineOf(known), nodes: [] }, new Set([name])).fresh
    const all = [...findings, ...this.compared(file, earlier, rules)]
    const { kept, suppressed } = suppress(all, inlineSuppressions(file), run)
    const isNew = new Set(freshOf(all, found))
    return {
      kept: freshOf(kept, suppress(found, inlineSuppressions(earlier), run).kept),
      suppressed: suppressed.filter(({ finding }) => isNew.has(finding)),
    }
  }

  /** Policies are the same policy before and after when they stand at the same place. */
  private compared(file: LintFile, earlier: LintFile, rules: readonly ActiveRule[]): readonly Finding[] {
    // A Terraform file may come to something else by what another one says.
    if (earlier.source.text === file.source.text && !isTerraformSource(file.source.name)) return []
    const byPlace = policiesByPlace(earlier)
    return [...policiesByPlace(file)].flatMap(([place, policy]) => {
      const view = byPlace.get(place)?.view
      if (view === undefined || saysTheSame(view, policy.view)) return []
      return runComparison(file, policy, view, rules, this.settings.config.project)
    })
  }

  private configFindings(rules: readonly ActiveRule[]): readonly Finding[] {
    const { config } = this.settings
    return unknownRuleNames(config, this.registry).flatMap(({ name, span }) => {
      const meant = this.registry.suggestion(name)
      const help = meant === undefined ? 'see docs/rules' : `did you mean \`${meant}\`?`
      return (
        createRunFinding(
          rules,
          'SUP003',
          { source: config.source, span },
          { message: `no rule is called ${quote(name)}`, help },
        ) ?? []
      )
    })
  }
}

/** A resource may have several policies, of one kind or of several. */
function policiesByPlace({ policies }: LintFile): ReadonlyMap<string, LintPolicy> {
  const found = new Map<string, LintPolicy>()
  const counts = new Map<string, number>()
  for (const policy of policies) {
    const { resource, where, kind } = policy.view
    const place = `${kind} ${resource?.address ?? where.pointer}`
    const count = (counts.get(place) ?? 0) + 1
    counts.set(place, count)
    found.set(`${place} ${count}`, policy)
  }
  return found
}

function saysTheSame(before: PolicyView, after: PolicyView): boolean {
  return contentOf(before) === contentOf(after)
}

/** With what stands for the values that deployment alone can tell. */
function contentOf({ root, symbols }: PolicyView): string {
  return JSON.stringify([nodeToValue(root), symbols.map(({ expression, standIn }) => [expression, standIn])])
}

export interface LintResult {
  /** Names, in the order they came. */
  readonly files: readonly string[]
  readonly policies: number
  /** How many policies were taken for a kind from their content alone. */
  readonly guessed: ReadonlyMap<PolicyKind, number>
  readonly findings: readonly Finding[]
  readonly suppressed: readonly SuppressedFinding[]
  /** In the baseline. */
  readonly known: readonly Finding[]
  /** The baseline without what matches nothing. */
  readonly pruned: readonly BaselineEntry[]
}
