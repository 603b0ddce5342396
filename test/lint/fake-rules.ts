/** Rules for tests of the runner, as small as a rule can be. */
import type { LintRule, PolicyRule, RuleDocs, RunRule } from '../../src/lint/rule.js'

export const NO_DOCS: RuleDocs = {
  what: 'What.',
  why: 'Why.',
  bad: [],
  good: [],
  fix: 'Fix.',
  whenToIgnore: 'Never.',
  equivalents: [{ tool: 'IAM Access Analyzer', code: 'SOME_CODE' }],
  source: 'none',
}

export function fakeRule(facts: Partial<PolicyRule> & Pick<PolicyRule, 'id' | 'check'>): PolicyRule {
  return {
    on: 'policy',
    name: `rule-${facts.id.toLowerCase()}`,
    severity: 'warning',
    precision: 'certain',
    default: 'on',
    kinds: 'all',
    fix: 'no',
    docs: NO_DOCS,
    ...facts,
  }
}

function runRule(id: string, severity: RunRule['severity']): RunRule {
  const facts = { precision: 'certain', default: 'on', kinds: 'all', fix: 'no', docs: NO_DOCS } as const
  return { on: 'run', id, name: `rule-${id.toLowerCase()}`, severity, ...facts }
}

export const SUP_RULES: readonly LintRule[] = [
  runRule('SUP001', 'warning'),
  runRule('SUP002', 'warning'),
  runRule('SUP003', 'error'),
]

/** Reports each Sid, and takes it away on request. */
export const sidRule = fakeRule({
  id: 'TST001',
  severity: 'error',
  check({ policy }, report) {
    for (const { sid } of policy.statements) if (sid !== undefined) report({ at: sid, message: `Sid \`${sid.value}\`` })
  },
})
