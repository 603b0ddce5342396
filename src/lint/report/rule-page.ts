/**
 * The documentation page of a rule, made from the rule: `docs/rules/<ID>.md` is this text, and `keyward explain` prints
 * it.
 */
import type { LintRule, RuleExample } from '../rule.js'
import type { PolicyKind } from '../../policy/document.js'
import { ELEMENT_RULES } from '../../policy/element-rules.js'

export function rulePage(rule: LintRule): string {
  const { id, name, severity, precision, docs, options = [], aliases = [] } = rule
  const sections = [
    `# ${id}: ${name}`,
    [
      `- Severity: ${severity}`,
      `- Precision: ${precision}`,
      `- Runs: ${RUNS[rule.default]}`,
      `- Looks at: ${kindsOf(rule)}`,
      `- Fix: ${FIX[rule.fix]}`,
      ...(aliases.length === 0 ? [] : [`- Also called: ${aliases.join(', ')}`]),
    ].join('\n'),
    `## What it flags\n\n${docs.what}`,
    `## Why\n\n${docs.why}`,
    ...examples('Bad', docs.bad),
    ...examples('Good', docs.good),
    `## How to fix it\n\n${docs.fix}`,
    `## When to ignore it\n\n${docs.whenToIgnore}`,
    ...(options.length === 0
      ? []
      : [
          `## Options\n\n${options.map((option) => `- \`${option.name}\` (${option.type}, \`${JSON.stringify(option.default)}\` when left out): ${option.description}`).join('\n')}`,
        ]),
    `## Elsewhere\n\n${docs.equivalents.length === 0 ? 'No other tool reports it.' : docs.equivalents.map(({ tool, code }) => `- ${tool}: ${code}`).join('\n')}`,
    `Source: ${docs.source}`,
  ]
  return `${sections.join('\n\n')}\n`
}

const RUNS: Readonly<Record<LintRule['default'], string>> = {
  on: 'by default',
  strict: 'in the strict preset',
  diff: 'with `--against`',
  config: 'when the configuration has assertions',
}

const FIX: Readonly<Record<LintRule['fix'], string>> = {
  safe: '`--fix` (proved not to change any decision)',
  unsafe: '`--unsafe-fixes`',
  no: 'by hand',
}

const LOOKS_AT: Readonly<Record<LintRule['on'], string>> = {
  policy: 'policies',
  syntax: 'texts that cannot be read',
  grant: 'inputs of CreateGrant',
  template: 'templates and plans',
  comparison: 'two versions of a policy',
  run: 'suppressions and settings',
}

function kindsOf({ kinds, on }: LintRule): string {
  if (on !== 'policy' && on !== 'comparison') return LOOKS_AT[on]
  if (kinds === 'all') return on === 'policy' ? 'policies of every kind' : `${LOOKS_AT[on]}, of every kind`
  return kinds.map((kind: PolicyKind) => ELEMENT_RULES[kind].called).join(', ')
}

function examples(title: string, list: readonly RuleExample[]): readonly string[] {
  if (list.length === 0) return []
  const written = list.map(({ note, text, format = 'json', kind, before }) => {
    const about = note ?? (kind === undefined ? undefined : `In ${ELEMENT_RULES[kind].called}:`)
    return [
      ...(about === undefined ? [] : [about]),
      ...(before === undefined ? [] : [`Before:\n\n${fenced(before, format)}\n\nAfter:`]),
      fenced(text, format),
    ].join('\n\n')
  })
  return [`## ${title}\n\n${written.join('\n\n')}`]
}

/** The fence is longer than any run of backticks inside. */
function fenced(text: string, format: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${format}\n${text.trimEnd()}\n${fence}`
}

const FAMILIES: readonly (readonly [prefix: string, title: string])[] = [
  ['SYN', 'Document and grammar'],
  ['ACT', 'Actions'],
  ['RES', 'Resources'],
  ['PRI', 'Principals'],
  ['CON', 'Conditions'],
  ['VAR', 'Policy variables'],
  ['KEY', 'Key policies'],
  ['KMS', 'What KMS makes of a policy'],
  ['GRT', 'Grants'],
  ['SEC', 'Broad access and escalation'],
  ['LOG', 'Logic'],
  ['ORG', 'Guardrails of an organization'],
  ['IAC', 'Templates and plans'],
  ['DIF', 'Comparison with an older version'],
  ['ASR', 'Assertions of a project'],
  ['SUP', 'Suppressions'],
]

/** All rules by family, each with a link to its page. */
export function ruleList(rules: readonly LintRule[]): string {
  const sections = FAMILIES.flatMap(([prefix, title]) => {
    const family = rules.filter(({ id }) => id.startsWith(prefix))
    if (family.length === 0) return []
    const rows = family.map((rule) => {
      const { id, name, severity, fix } = rule
      return `| [${id}](${id}.md) | ${name} | ${severity} | ${RUNS[rule.default]} | ${fix} |`
    })
    return [
      `## ${prefix}: ${title}\n\n| Id | Name | Severity | Runs | Fix |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}`,
    ]
  })
  return `# Lint rules\n\n\`keyward explain ID\` prints the page of a rule. [docs/lint.md](../lint.md) tells how rules are chosen.\n\n${sections.join('\n\n')}\n`
}
