/**
 * An empty list or object: `Statement`, `Action`, `Resource`, `Principal`, the values of a condition key, an operator block or the whole `Condition`.
 *
 * Source: IAM User Guide, "Access Analyzer policy check reference".
 */
import { removeStatements } from '../edits.js'
import { resultWithoutKey } from '../facts/absent-key.js'
import type { ConditionView, PolicyView, StatementView } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { ELEMENT_RULES } from '../../policy/element-rules.js'
import { headOf } from '../../policy/reading.js'
import { quote } from '../../text/escape.js'
import type { SyntaxNode } from '../../text/syntax-tree.js'

export const emptyCollection: PolicyRule = {
  on: 'policy',
  id: 'SYN011',
  name: 'empty-collection',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'An empty list or object: `Statement`, `Action`, `Resource`, `Principal`, the values of a condition key, an operator block or the whole `Condition`.',
    why: 'A statement without actions, resources or principals does nothing. A test with an empty list of values never matches, or matches only requests without the key. An empty `Condition` is the opposite: the statement applies without any condition.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    },\n    {\n      "Effect": "Allow",\n      "Action": [],\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Write what was meant, or remove the statement.',
    whenToIgnore: 'Where a template fills the list in before deployment.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'EMPTY_ARRAY_ACTION' },
      { tool: 'IAM Access Analyzer', code: 'EMPTY_ARRAY_RESOURCE' },
      { tool: 'IAM Access Analyzer', code: 'EMPTY_ARRAY_PRINCIPAL' },
      { tool: 'IAM Access Analyzer', code: 'EMPTY_ARRAY_CONDITION' },
      { tool: 'IAM Access Analyzer', code: 'EMPTY_OBJECT_CONDITION' },
      { tool: 'IAM Access Analyzer', code: 'EMPTY_OBJECT_PRINCIPAL' },
    ],
    source: 'IAM User Guide, "Access Analyzer policy check reference"',
  },
  check({ policy }, report) {
    const list = policy.statement?.value
    if (list?.kind === 'array' && list.items.length === 0) {
      report({
        at: list,
        message: '`Statement` is empty',
        effect: 'AWS refuses the policy, and it allows and denies nothing',
        help: 'add a statement',
        severity: 'error',
      })
    }
    for (const statement of policy.statements) {
      checkElements(statement, policy, report)
      checkCondition(statement, policy, report)
    }
  },
}

function checkElements(statement: StatementView, policy: PolicyView, report: Report): void {
  for (const { key, value } of statement.members) {
    if (!ELEMENTS.has(key)) continue
    const empty = emptyPart(key, value)
    if (empty === undefined) continue
    const isRefused = key === 'Principal' && ELEMENT_RULES[policy.kind].called === 'a key policy'
    report({
      at: empty,
      message: `\`${key}\` is empty`,
      effect: isRefused ? 'KMS refuses the policy' : 'the statement does nothing',
      help: 'write what was meant, or remove the statement',
      fix: { safety: 'unsafe', title: 'remove the statement', edits: removeStatements(policy, [statement.index]) },
    })
  }
}

const ELEMENTS: ReadonlySet<string> = new Set([
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'NotPrincipal',
])

function emptyPart(key: string, value: SyntaxNode): SyntaxNode | undefined {
  if (value.kind === 'array') return value.items.length === 0 ? value : undefined
  if (value.kind !== 'object' || !key.endsWith('Principal')) return undefined
  const isEmpty = value.members.every((member) => member.value.kind === 'array' && member.value.items.length === 0)
  return isEmpty ? value : undefined
}

function checkCondition({ conditionMember, conditions }: StatementView, policy: PolicyView, report: Report): void {
  const condition = conditionMember?.value
  if (condition?.kind !== 'object') return
  const { text } = policy.where.source
  if (condition.members.length === 0) {
    report({
      at: headOf(condition, text),
      message: 'the `Condition` is empty',
      effect: 'the statement applies to every request it names, without any condition',
      help: 'write the condition, or remove the element',
    })
  }
  for (const { key, value } of condition.members) {
    if (value.kind !== 'object' || value.members.length > 0) continue
    report({
      at: headOf(value, text),
      message: `the block of ${quote(key)} is empty`,
      effect: 'it restricts nothing',
      help: 'write the test, or remove the block',
    })
  }
  for (const test of conditions) {
    if (test.key.value.kind !== 'array' || test.key.value.items.length > 0) continue
    report({
      at: test.key.value,
      message: `${quote(test.key.key)} has no values`,
      effect: effectOf(test),
      help: 'write the values, or remove the test',
    })
  }
}

function effectOf(test: ConditionView): string {
  if (resultWithoutKey(test) === true && test.parsed?.negated !== true) {
    return 'the test holds only for requests that do not carry the key'
  }
  return test.parsed?.negated === true
    ? 'the test excludes nothing'
    : 'the test never holds, so the statement never applies'
}
