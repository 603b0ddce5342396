/**
 * A policy without `Statement`, or a statement without an element it needs: `Effect`, `Action` or `NotAction`, `Resource` or `NotResource` (identity-based policies and guardrails), `Principal` (resource-based policies).
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language"; KMS Developer Guide, "Creating a key policy".
 */
import type { StatementView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { ELEMENT_RULES, STATEMENT_ELEMENTS, type ElementRules } from '../../policy/element-rules.js'
import { headOf } from '../../policy/reading.js'
import { didYouMean } from '../../text/suggest.js'

export const missingElement: PolicyRule = {
  on: 'policy',
  id: 'SYN004',
  name: 'missing-element',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'A policy without `Statement`, or a statement without an element it needs: `Effect`, `Action` or `NotAction`, `Resource` or `NotResource` (identity-based policies and guardrails), `Principal` (resource-based policies). What a key policy statement without `Resource` or `Action` means is told by KEY004.',
    why: 'AWS refuses the policy.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Add the element. Nothing is added automatically: whether `Allow` or `Deny` was meant cannot be told.',
    whenToIgnore: 'Never.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'MISSING_STATEMENT' },
      { tool: 'IAM Access Analyzer', code: 'EFFECT' },
      { tool: 'IAM Access Analyzer', code: 'ACTION' },
      { tool: 'IAM Access Analyzer', code: 'RESOURCE' },
      { tool: 'IAM Access Analyzer', code: 'PRINCIPAL' },
    ],
    source: 'IAM User Guide, "Grammar of the IAM JSON policy language"; KMS Developer Guide, "Creating a key policy"',
  },
  check({ policy }, report) {
    const { root, where, statements } = policy
    const rules = ELEMENT_RULES[policy.kind]
    if (root.kind === 'object' && policy.statement === undefined && !isMeant('Statement', root.members)) {
      report({
        at: headOf(root, where.source.text),
        message: 'the policy has no `Statement`',
        effect: 'AWS refuses it, and it allows and denies nothing',
        help: 'add a list of statements',
      })
    }
    for (const statement of statements) {
      if (statement.node.kind !== 'object') continue
      const missing = missingElements(statement, rules)
      if (missing.length === 0) continue
      const names = missing.map(({ name }) => `\`${name}\``).join(' and no ')
      report({
        at: statement.head,
        message: `the statement has no ${names}`,
        effect: 'AWS refuses the policy',
        help: missing.map(({ help }) => help).join('; '),
        dependsOnKind: missing.every(({ ofKind }) => ofKind),
        statement: statement.index,
      })
    }
  },
}

interface MissingElement {
  readonly name: string
  readonly help: string
  readonly ofKind: boolean
}

function missingElements(statement: StatementView, rules: ElementRules): readonly MissingElement[] {
  const { members } = statement
  const missing: MissingElement[] = []
  const look = (name: string, isNeeded: boolean, ofKind: boolean, help: string): void => {
    const isThere = members.some(({ key }) => key === name || key === `Not${name}`)
    if (isNeeded && !isThere && !isMeant(name, members)) missing.push({ name, help, ofKind })
  }
  look('Effect', true, false, 'add `"Effect": "Allow"` or `"Effect": "Deny"`')
  look('Principal', rules.principal !== 'forbidden', true, `each statement of ${rules.called} names a principal`)
  look('Action', rules.action === 'required', true, 'name the actions')
  look('Resource', rules.resource === 'required', true, 'name the resources, or `"Resource": "*"`')
  return missing
}

/** An element under a name that was misspelt is there, and is reported as what it is. */
function isMeant(name: string, members: StatementView['members']): boolean {
  const known: readonly string[] = STATEMENT_ELEMENTS
  return members.some(({ key }) => !known.includes(key) && didYouMean(key, [name, `Not${name}`], 2) !== undefined)
}
