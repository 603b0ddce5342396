/**
 * A Deny for callers of other organizations or accounts that does not spare service principals.
 *
 * Source: IAM User Guide, "aws:PrincipalIsAWSService"; Organizations User Guide, "Resource control policies".
 */
import { addTest } from '../facts/add-test.js'
import { kmsActionsOf } from '../facts/kms-actions-of.js'
import { callerGuard } from '../facts/service-calls.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'

export const orgGuardBreaksServices: PolicyRule = {
  on: 'policy',
  id: 'KMS010',
  name: 'org-guard-breaks-services',
  severity: 'warning',
  precision: 'high',
  default: 'on',
  kinds: ['key', 'rcp'],
  fix: 'unsafe',

  docs: {
    what: 'A Deny for callers of other organizations or accounts that does not spare service principals.',
    why: 'A service that calls by itself has no organization and no account, so the negated test holds and the call is denied: logs, queues and backups with this key break.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Deny",\n      "Principal": "*",\n      "Action": "kms:*",\n      "Resource": "*",\n      "Condition": {\n        "StringNotEquals": {\n          "aws:PrincipalOrgID": "o-exampleorg1"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Deny",\n      "Principal": "*",\n      "Action": "kms:*",\n      "Resource": "*",\n      "Condition": {\n        "StringNotEquals": {\n          "aws:PrincipalOrgID": "o-exampleorg1"\n        },\n        "BoolIfExists": {\n          "aws:PrincipalIsAWSService": "false"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Add `"BoolIfExists": { "aws:PrincipalIsAWSService": "false" }`. `--unsafe-fixes` does so.',
    whenToIgnore: 'Where no service principal is to use the key.',
    equivalents: [],
    source: 'IAM User Guide, "aws:PrincipalIsAWSService"; Organizations User Guide, "Resource control policies"',
  },

  check({ policy }, report) {
    for (const statement of policy.statements) {
      if (kmsActionsOf(statement.action).size === 0) continue
      const guard = callerGuard(statement)
      if (guard === undefined) continue
      report({
        at: keySpan(guard.key),
        message: `the Deny by ${quote(guard.key.key)} also hits services that call by themselves`,
        effect: 'service principals have no such key, so they can no longer use the key',
        help: 'add `"BoolIfExists": { "aws:PrincipalIsAWSService": "false" }`',
        fix: {
          safety: 'unsafe',
          title: 'spare service principals',
          edits: addTest(policy.where, statement, 'BoolIfExists', 'aws:PrincipalIsAWSService', 'false'),
        },
      })
    }
  },
}
