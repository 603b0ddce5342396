/** Runs single rules on policies of tests, and says what they found in terms that JSON and YAML share. */
import { stringify } from 'yaml'
import { EMBEDDED_READERS } from '../../src/cli/lint-readers.js'
import { applyEdits } from '../../src/lint/apply-edits.js'
import { defaultConfig } from '../../src/lint/config.js'
import { findPolicies } from '../../src/lint/find-policies.js'
import type { Finding } from '../../src/lint/finding.js'
import { Linter } from '../../src/lint/lint.js'
import type { LintFile } from '../../src/lint/lint-file.js'
import type { ResourceFacts } from '../../src/lint/policy-view.js'
import type { LintRule, ProjectFacts, RuleExample, RuleOptionValue } from '../../src/lint/rule.js'
import type { ActiveRule } from '../../src/lint/rule-set.js'
import { runComparison, runRules } from '../../src/lint/run-rules.js'
import { pointerAt } from '../../src/lint/structural-path.js'
import type { PolicyKind } from '../../src/policy/document.js'
import { readJson } from '../../src/text/json.js'
import { nodeToValue } from '../../src/text/syntax-tree.js'

export interface RuleCase {
  readonly name: string
  readonly kind?: PolicyKind
  readonly policy?: unknown
  readonly text?: string
  readonly before?: unknown
  readonly format?: 'json' | 'yaml' | 'jsonc'
  readonly options?: Readonly<Record<string, RuleOptionValue>>
  readonly project?: Partial<ProjectFacts>
  readonly resource?: ResourceFacts
  readonly findings?: readonly ExpectedFinding[]
  readonly fixed?: unknown
}

export interface ExpectedFinding {
  readonly at?: string
  readonly message?: string
  readonly severity?: string
  readonly fix?: 'safe' | 'unsafe' | 'none'
}

export interface CaseFile {
  readonly firing: readonly RuleCase[]
  readonly quiet: readonly RuleCase[]
}

export function active(rule: LintRule, options: Readonly<Record<string, RuleOptionValue>> = {}): ActiveRule {
  const defaults = Object.fromEntries((rule.options ?? []).map((option) => [option.name, option.default]))
  return { rule, options: { ...defaults, ...options }, takesMedium: true }
}

export function projectFacts(given: Partial<ProjectFacts> = {}): ProjectFacts {
  return { accounts: [], assertions: [], ...given }
}

export interface Written {
  readonly text: string
  readonly format: 'json' | 'yaml' | 'jsonc'
}

/** The case as JSON and, where it is given as data, as YAML too. */
export function writings(given: Pick<RuleCase, 'policy' | 'text' | 'format'>): readonly Written[] {
  if (given.text !== undefined) return [{ text: given.text, format: given.format ?? 'json' }]
  return [
    { text: `${JSON.stringify(given.policy, null, 2)}\n`, format: 'json' },
    { text: stringify(given.policy), format: 'yaml' },
  ]
}

export function runCase(rules: readonly LintRule[], given: RuleCase, { text, format }: Written): readonly Finding[] {
  const file = fileOf(given, text, format)
  const chosen = rules.map((rule) => active(rule, given.options))
  const project = projectFacts(given.project)
  const found = runRules(file, chosen, project)
  const [policy] = file.policies
  if (given.before === undefined || policy === undefined) return found
  const before = fileOf(given, typeof given.before === 'string' ? given.before : JSON.stringify(given.before), 'json')
  const [earlier] = before.policies
  if (earlier === undefined) throw new Error('the text before holds no policy')
  return [...found, ...runComparison(file, policy, earlier.view, chosen, project)]
}

function fileOf({ kind, resource }: RuleCase, text: string, format: Written['format']): LintFile {
  const source = { name: `case.${format}`, text }
  const file = findPolicies(source, { ...(kind === undefined ? {} : { kind }), format, isNamed: true }, [])
  if (resource === undefined) return file
  return { ...file, policies: file.policies.map(({ view, places }) => ({ view: { ...view, resource }, places })) }
}

/** Where a finding is, as a JSON pointer; `#key` behind it for a key. */
export function pointerOf(finding: Finding, given: RuleCase, { text, format }: Written): string {
  const root = fileOf(given, text, format).root
  if (root === undefined) return `${finding.span.start}-${finding.span.end}`
  const { pointer, isKey } = pointerAt(root, finding.span)
  return isKey ? `${pointer}#key` : pointer
}

/**
 * Whether a place is the one expected. In block style YAML an object begins with its first key, and what is about the
 * object points there.
 */
export function isPlace(expected: string, found: string, { format }: Written): boolean {
  if (found === expected) return true
  const rest = found.startsWith(`${expected}/`) ? found.slice(expected.length + 1) : ''
  return format === 'yaml' && !expected.endsWith('#key') && rest.endsWith('#key') && !rest.includes('/')
}

/** The text after every fix of the findings. */
export function fixedText(text: string, findings: readonly Finding[]): string {
  return applyEdits(
    text,
    findings.flatMap(({ fix }) => (fix === undefined ? [] : [fix])),
  ).text
}

export function parsed(text: string): unknown {
  const read = readJson({ name: 'fixed', text })
  if (!read.ok) throw new Error(`a fix leaves no JSON: ${read.error[0]?.message ?? ''}\n${text}`)
  return nodeToValue(read.value)
}

/** An example of a page, held against all rules of the default preset and its own, as the program would. */
export function lintExample(rule: LintRule, example: RuleExample, rules: readonly LintRule[]): readonly Finding[] {
  const { format = 'json', kind, before, options = {}, project } = example
  const defaults = defaultConfig()
  const config = { ...defaults, project: { ...defaults.project, ...project } }
  const name = `example.${format === 'yaml' ? 'yaml' : 'json'}`
  const choice = { extend: [rule.id], rules: { [rule.id]: { options } } }
  const linter = new Linter(rules, {
    config,
    choice,
    ...(kind === undefined ? {} : { kind }),
    today: '2026-11-22',
    readers: EMBEDDED_READERS,
    ...(before === undefined ? {} : { before: { textOf: () => before, readers: EMBEDDED_READERS } }),
  })
  linter.add({ name, text: example.text }, true)
  return linter.finish().findings
}
