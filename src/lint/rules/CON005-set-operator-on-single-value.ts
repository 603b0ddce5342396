/**
 * `ForAllValues` or `ForAnyValue` on a condition key that has one value.
 *
 * Source: IAM User Guide, "Single-valued vs. multivalued context keys".
 */
import { moveTest } from '../facts/condition-edits.js'
import { isAlwaysCarried, keyFacts, keyPresence } from '../facts/condition-key-facts.js'
import type { StatementView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'

export const setOperatorOnSingleValue: PolicyRule = {
  on: 'policy',
  id: 'CON005',
  name: 'set-operator-on-single-value',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: '`ForAllValues` or `ForAnyValue` on a condition key that has one value.',
    why: '`ForAllValues` also holds for requests that do not carry the key, so an Allow is wider than it looks. `ForAnyValue` says nothing that the plain operator does not say.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "ForAnyValue:StringEquals": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Drop the set operator. `--fix` does so for keys that every request carries.',
    whenToIgnore: 'Outside KMS, where the catalogue has the key wrong.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'FORALLVALUES_WITH_SINGLE_VALUED_KEY' },
      { tool: 'IAM Policy Validator for AWS CloudFormation', code: 'set_operator_validation' },
    ],
    source: 'IAM User Guide, "Single-valued vs. multivalued context keys"',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      for (const condition of statement.conditions) {
        const { parsed, key, operator } = condition
        const facts = keyFacts(key.key)
        if (parsed?.set === undefined || parsed.base === 'Null' || facts?.multi !== false) continue
        const isOpen = parsed.set === 'ForAllValues' && statement.effect === 'Allow'
        const plain = operator.key.slice(parsed.set.length + 1)
        const isSame = keyPresence(key.key) === 'always' && (parsed.set === 'ForAnyValue' || isIn(statement, key.key))
        report({
          at: keySpan(operator),
          message: `${quote(key.key)} has one value, and \`${parsed.set}\` is for keys with several`,
          effect: isOpen
            ? 'requests that do not carry the key are let in'
            : parsed.set === 'ForAllValues'
              ? 'the test also holds for requests that do not carry the key'
              : 'it says no more than the plain operator',
          help: `write \`${plain}\``,
          severity: isOpen && !isSame ? 'security' : 'warning',
          // The pages of other services often give a set the type of a single value, and `ForAnyValue` does no harm.
          precision: facts.origin !== 'service' ? 'certain' : parsed.set === 'ForAllValues' ? 'high' : 'medium',
          fix: {
            safety: isSame ? 'safe' : 'unsafe',
            title: `write \`${plain}\``,
            edits: moveTest(policy.where, statement, condition, plain),
          },
        })
      }
    }
  },
}

/** Where there is no value `ForAllValues` holds, so each of the actions has to carry the key. */
function isIn({ action }: StatementView, key: string): boolean {
  if (action === undefined || action.negated || action.items.some(({ known }) => !known)) return false
  return isAlwaysCarried(
    key,
    action.items.map(({ value }) => value),
  )
}
