/**
 * `StringLike` with `"*"`, which only tests whether the key is there.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (Null).
 */
import { moveTest } from '../facts/condition-edits.js'
import { keyFacts } from '../facts/condition-key-facts.js'
import type { PolicyRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const equivalentToNull: PolicyRule = {
  on: 'policy',
  id: 'CON015',
  name: 'equivalent-to-null',
  severity: 'suggestion',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: '`StringLike` with `"*"`, which only tests whether the key is there.',
    why: '`Null` says so, and whoever reads `*` may think that something is compared.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/*",\n      "Condition": {\n        "StringLike": {\n          "aws:ResourceTag/App": "*"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/*",\n      "Condition": {\n        "Null": {\n          "aws:ResourceTag/App": "false"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `Null` with `false`. `--fix` does so.',
    whenToIgnore: 'Where the pattern is filled in later.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'EQUIVALENT_TO_NULL_FALSE' }],
    source: 'IAM User Guide, "IAM JSON policy elements: Condition operators" (Null)',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      for (const condition of statement.conditions) {
        const { parsed, key, values } = condition
        if (parsed?.base !== 'StringLike' || parsed.negated || parsed.ifExists || parsed.set === 'ForAllValues')
          continue
        // Without a set operator, two values are no match for `*` either.
        const facts = keyFacts(key.key)
        if (facts?.multi !== (parsed.set === 'ForAnyValue')) continue
        const all = values.find(({ value, known }) => known && /^\*+$/.test(value))
        if (all === undefined) continue
        report({
          at: all,
          message: `${quote(parsed.operator)} with \`*\` only tests whether ${quote(key.key)} is there`,
          effect: 'every value matches',
          help: `write \`"Null": { "${key.key}": "false" }\``,
          fix: {
            // A set of nothing but empty texts counts as absent, and of keys of other services it cannot be proved that
            // they have one value.
            safety: parsed.set === undefined && facts.origin !== 'service' ? 'safe' : 'unsafe',
            title: 'write `Null` with `false`',
            edits: moveTest(policy.where, statement, condition, 'Null', 'false'),
          },
        })
      }
    }
  },
}
