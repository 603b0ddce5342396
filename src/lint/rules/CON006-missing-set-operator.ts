/**
 * A plain operator on a condition key that can have several values.
 *
 * Source: IAM User Guide, "Single-valued vs. multivalued context keys".
 */
import { moveTest } from '../facts/condition-edits.js'
import { keyFacts } from '../facts/condition-key-facts.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'

export const missingSetOperator: PolicyRule = {
  on: 'policy',
  id: 'CON006',
  name: 'missing-set-operator',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'A plain operator on a condition key that can have several values.',
    why: 'The test fails as soon as a request carries two values: an Allow is then lost, a Deny does not bite.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/*",\n      "Condition": {\n        "StringEquals": {\n          "kms:ResourceAliases": "alias/app"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/*",\n      "Condition": {\n        "ForAnyValue:StringEquals": {\n          "kms:ResourceAliases": "alias/app"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `ForAnyValue:` for "one of them is" and `ForAllValues:` for "all of them are". `--unsafe-fixes` writes `ForAnyValue:`.',
    whenToIgnore: 'Never.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'MISSING_QUALIFIER' }],
    source: 'IAM User Guide, "Single-valued vs. multivalued context keys"',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      for (const condition of statement.conditions) {
        const { parsed, key, operator } = condition
        if (parsed === undefined || parsed.set !== undefined || parsed.base === 'Null') continue
        const facts = keyFacts(key.key)
        if (facts?.multi !== true) continue
        const better = `ForAnyValue:${operator.key}`
        report({
          at: keySpan(operator),
          message: `${quote(key.key)} can have several values, and ${quote(operator.key)} compares one`,
          effect:
            statement.effect === 'Deny'
              ? 'the Deny does not bite for a request that carries two values'
              : 'a request that carries two values is not allowed',
          help: `write \`${better}\` or \`ForAllValues:${operator.key}\``,
          precision: facts.origin === 'service' ? 'high' : 'certain',
          // Under a negated operator, "one of them is not" is hardly what was meant.
          ...(parsed.negated
            ? {}
            : {
                fix: {
                  safety: 'unsafe',
                  title: `write \`${better}\``,
                  edits: moveTest(policy.where, statement, condition, better),
                },
              }),
        })
      }
    }
  },
}
