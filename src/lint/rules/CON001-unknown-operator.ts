/**
 * A condition operator that does not exist, or in another case than it is written.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */
import { renameKey } from '../edits.js'
import { isNullForm } from '../facts/null-form.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { firstSymbol } from '../symbols.js'
import { parseOperator } from '../../policy/operator.js'

export const unknownOperator: PolicyRule = {
  on: 'policy',
  id: 'CON001',
  name: 'unknown-operator',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'A condition operator that does not exist, or in another case than it is written.',
    why: 'AWS refuses the policy.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEqual": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Use the documented name. `--unsafe-fixes` writes the nearest one.',
    whenToIgnore: 'Never.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'INVALID_CONDITION_OPERATOR' },
      { tool: 'parliament', code: 'UNKNOWN_OPERATOR' },
    ],
    source: 'IAM User Guide, "IAM JSON policy elements: Condition operators"',
  },
  check({ policy }, report) {
    for (const { conditionMember } of policy.statements) {
      if (conditionMember?.value.kind !== 'object') continue
      const operators = conditionMember.value.members
      for (const member of operators) {
        if (firstSymbol(member.key) >= 0 || isNullForm(member.key)) continue
        const parsed = parseOperator(member.key)
        if (parsed.ok) continue
        const { message, hint } = parsed.error
        const meant = hint === undefined ? undefined : /`([A-Za-z:]+)`/.exec(hint)?.[1]
        const isFree = meant !== undefined && operators.every(({ key }) => key !== meant)
        report({
          at: keySpan(member),
          message,
          effect: 'AWS refuses the policy',
          help: hint ?? 'use an operator such as `StringEquals`',
          ...(isFree
            ? {
                fix: {
                  safety: 'unsafe',
                  title: `write \`${meant}\``,
                  edits: renameKey(policy.where, member, meant),
                  repair: true,
                },
              }
            : {}),
        })
      }
    }
  },
}
