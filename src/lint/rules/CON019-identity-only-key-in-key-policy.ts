/**
 * `aws:ResourceTag` or `kms:ResourceAliases` in a key policy.
 *
 * Source: KMS Developer Guide, "ABAC for AWS KMS".
 */
import { resultWithoutKey } from '../facts/absent-key.js'
import { keyFacts } from '../facts/condition-key-facts.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'

export const identityOnlyKeyInKeyPolicy: PolicyRule = {
  on: 'policy',
  id: 'CON019',
  name: 'identity-only-key-in-key-policy',
  severity: 'error',
  precision: 'high',
  default: 'on',
  kinds: ['key'],
  fix: 'no',

  docs: {
    what: '`aws:ResourceTag` or `kms:ResourceAliases` in a key policy.',
    why: 'KMS does not show a key its own tags and aliases when it asks the key policy. A positive test never holds, a negated one always does.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "aws:ResourceTag/Team": "core"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "aws:PrincipalTag/Team": "core"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Move the test to an identity-based policy.',
    whenToIgnore: 'Never.',
    equivalents: [],
    source: 'KMS Developer Guide, "ABAC for AWS KMS"',
  },
  check({ policy }, report) {
    for (const { effect, conditions } of policy.statements) {
      for (const condition of conditions) {
        const { key } = condition
        const result = keyFacts(key.key)?.info?.inKeyPolicy === false ? resultWithoutKey(condition) : undefined
        if (result === undefined || effect === undefined) continue
        const isDeny = effect === 'Deny'
        report({
          at: keySpan(key),
          message: `a key policy never sees ${quote(key.key)}`,
          effect: result
            ? `the test always holds${isDeny ? ', so the Deny always applies' : ' and restricts nothing'}`
            : `the test never holds, so the ${isDeny ? 'Deny never bites' : 'statement allows nothing'}`,
          help: 'test it in an identity-based policy',
          severity: result ? 'security' : 'error',
        })
      }
    }
  },
}
