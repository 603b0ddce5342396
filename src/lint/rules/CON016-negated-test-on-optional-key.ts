/**
 * An Allow under a negated operator on a key that requests may lack.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */
import { resultWithoutKey } from '../facts/absent-key.js'
import { requireKey } from '../facts/condition-edits.js'
import { keyFacts, keyPresence } from '../facts/condition-key-facts.js'
import { isKeyRequired } from '../facts/required-key.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'

export const negatedTestOnOptionalKey: PolicyRule = {
  on: 'policy',
  id: 'CON016',
  name: 'negated-test-on-optional-key',
  severity: 'security',
  precision: 'medium',
  default: 'strict',
  kinds: ['identity', 'key', 'resource', 'vpce'],
  fix: 'unsafe',

  docs: {
    what: 'An Allow under a negated operator on a key that requests may lack.',
    why: 'A negated test holds when the key is not there, so requests without it are let in.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringNotEquals": {\n          "kms:EncryptionContext:env": "prod"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringNotEquals": {\n          "kms:EncryptionContext:env": "prod"\n        },\n        "Null": {\n          "kms:EncryptionContext:env": "false"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Add `Null` with `false` for the key. `--unsafe-fixes` does so.',
    whenToIgnore: 'Where requests without the key are meant to be allowed.',
    equivalents: [],
    source: 'IAM User Guide, "IAM JSON policy elements: Condition operators"',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      if (statement.effect !== 'Allow') continue
      for (const condition of statement.conditions) {
        const { parsed, key } = condition
        // Set operators, and IfExists, which says that absence is fine, are other matters.
        if (parsed?.negated !== true || parsed.set !== undefined || parsed.ifExists) continue
        const presence = keyPresence(key.key)
        if (resultWithoutKey(condition) !== true || presence === 'always' || presence === 'iamCaller') continue
        if (keyFacts(key.key) === undefined || isKeyRequired(key.key, statement)) continue
        report({
          at: keySpan(key),
          message: `requests that do not carry ${quote(key.key)} pass the negated test`,
          effect: 'they are let in',
          help: `add \`"Null": { "${key.key}": "false" }\``,
          fix: { safety: 'unsafe', title: 'require the key', edits: requireKey(policy.where, statement, key.key) },
        })
      }
    }
  },
}
