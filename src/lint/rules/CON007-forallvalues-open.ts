/**
 * An Allow under `ForAllValues` on a key that requests may lack.
 *
 * Source: IAM User Guide, "Single-valued vs. multivalued context keys".
 */
import { actionEntries } from '../facts/action-entries.js'
import { requireKey } from '../facts/condition-edits.js'
import { keyFacts, keyPresence } from '../facts/condition-key-facts.js'
import { isKeyRequired } from '../facts/required-key.js'
import type { StatementView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'

export const forallvaluesOpen: PolicyRule = {
  on: 'policy',
  id: 'CON007',
  name: 'forallvalues-open',
  severity: 'security',
  precision: 'high',
  default: 'on',
  kinds: ['identity', 'key', 'resource', 'vpce', 'rcp'],
  fix: 'unsafe',

  docs: {
    what: 'An Allow under `ForAllValues` on a key that requests may lack.',
    why: 'The test holds when the key is not there. With `kms:EncryptionContextKeys`, calls without any encryption context get in.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "ForAllValues:StringEquals": {\n          "kms:EncryptionContextKeys": [\n            "team",\n            "app"\n          ]\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "ForAllValues:StringEquals": {\n          "kms:EncryptionContextKeys": [\n            "team",\n            "app"\n          ]\n        },\n        "Null": {\n          "kms:EncryptionContextKeys": "false"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Add `Null` with `false` for the key. `--unsafe-fixes` does so.',
    whenToIgnore: 'Where requests without the key are meant to be allowed, as for untagged creations.',
    equivalents: [],
    source: 'IAM User Guide, "Single-valued vs. multivalued context keys"',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      if (statement.effect !== 'Allow') continue
      for (const condition of statement.conditions) {
        const { parsed, key, operator } = condition
        if (parsed?.set !== 'ForAllValues' || parsed.base === 'Null') continue
        // A set operator on a key with one value is told as that.
        if (keyFacts(key.key)?.multi !== true || keyPresence(key.key) !== 'sometimes') continue
        if (isKeyRequired(key.key, statement) || alwaysCarry(statement, key.key)) continue
        report({
          at: keySpan(operator),
          message: `\`ForAllValues\` holds for requests that do not carry ${quote(key.key)}`,
          effect: 'they are let in without the test',
          help: `add \`"Null": { "${key.key}": "false" }\``,
          fix: { safety: 'unsafe', title: 'require the key', edits: requireKey(policy.where, statement, key.key) },
        })
      }
    }
  },
}

/** Tagging and untagging name tags always; `CreateTags`, `AddTagsToResource`, `UntagResource` ... */
const TAGGING = /^(?:un)?tag|^(?:add|create|delete|remove)tags/

function alwaysCarry({ action }: StatementView, key: string): boolean {
  if (action === undefined || action.negated || key.toLowerCase() !== 'aws:tagkeys') return false
  return actionEntries(action).every(
    ({ actions }) => actions.length > 0 && actions.every(({ name }) => TAGGING.test(name.toLowerCase())),
  )
}
