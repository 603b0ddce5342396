/**
 * A test of a condition key that no action of the statement ever carries.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys"; Service Authorization Reference, condition keys of each action.
 */
import { resultWithoutKey } from '../facts/absent-key.js'
import { keyFacts } from '../facts/condition-key-facts.js'
import { populationOf } from '../facts/key-population.js'
import type { ConditionView } from '../policy-view.js'
import type { PolicyRule, Severity } from '../rule.js'
import { keySpan } from '../spans.js'
import type { Effect } from '../../policy/document.js'
import { quote } from '../../text/escape.js'

export const keyNeverPopulated: PolicyRule = {
  on: 'policy',
  id: 'CON003',
  name: 'key-never-populated',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'A test of a condition key that no action of the statement ever carries.',
    why: 'In an Allow a positive test makes the statement dead, in a Deny it never bites. A negated test, `IfExists`, `ForAllValues` and `Null` with `true` always hold: the Allow is not restricted at all, the Deny always applies.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:ListKeys",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:ListKeys",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Drop the test, or move it to a statement with the actions that carry the key.',
    whenToIgnore: 'Outside KMS, where the catalogue is older than the key.',
    equivalents: [
      { tool: 'parliament', code: 'UNKNOWN_CONDITION_FOR_ACTION' },
      { tool: 'IAM Access Analyzer', code: 'UNSUPPORTED_ACTION_FOR_CONDITION_KEY' },
    ],
    source:
      'KMS Developer Guide, "AWS KMS condition keys"; Service Authorization Reference, condition keys of each action',
  },
  check({ policy }, report) {
    for (const { action, effect, conditions } of policy.statements) {
      if (action === undefined || effect === undefined) continue
      for (const condition of conditions) {
        const { key } = condition
        // A key that key policies never see has a rule of its own.
        if (policy.kind === 'key' && keyFacts(key.key)?.info?.inKeyPolicy === false) continue
        const result = resultWithoutKey(condition)
        const population = result === undefined ? undefined : populationOf(action, key.key)
        if (result === undefined || population === undefined || population.carrying > 0) continue
        const { severity, says } = meaningOf(effect, result, condition)
        report({
          at: keySpan(key),
          message: `no action of the statement carries ${quote(key.key)}`,
          effect: says,
          help: 'drop the test, or move it to the actions that carry the key',
          severity: population.isCertain ? severity : 'warning',
          precision: population.isCertain ? 'certain' : 'high',
        })
      }
    }
  },
}

interface Meaning {
  readonly severity: Severity
  readonly says: string
}

function meaningOf(effect: Effect, result: boolean, { parsed }: ConditionView): Meaning {
  if (!result) {
    return effect === 'Allow'
      ? { severity: 'error', says: 'the test never holds, so the statement allows nothing' }
      : { severity: 'error', says: 'the test never holds, so the Deny never bites' }
  }
  if (effect === 'Deny') return { severity: 'security', says: 'the test always holds, so the Deny always applies' }
  // Who writes IfExists or Null has thought of requests without the key.
  const isDeliberate = parsed?.ifExists === true || parsed?.base === 'Null'
  return { severity: isDeliberate ? 'warning' : 'security', says: 'the test always holds and restricts nothing' }
}
