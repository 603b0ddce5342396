/**
 * A Deny of KMS operations outside some network that does not spare calls which services make for a principal.
 *
 * Source: IAM User Guide, "AWS: Denies access to AWS based on the source IP"; KMS Developer Guide, "Using VPC
 * endpoints to control access".
 */
import { addTest } from '../facts/add-test.js'
import { kmsActionsOf } from '../facts/kms-actions-of.js'
import { networkGuard } from '../facts/service-calls.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'

export const networkGuardBreaksServices: PolicyRule = {
  on: 'policy',
  id: 'KMS009',
  name: 'network-guard-breaks-services',
  severity: 'warning',
  precision: 'high',
  default: 'on',
  kinds: ['identity', 'key', 'scp', 'rcp'],
  fix: 'unsafe',

  docs: {
    what: 'A Deny of KMS operations outside some network that does not spare calls which services make for a principal.',
    why: "When Amazon S3 or Amazon EBS calls KMS for a user, the call comes from the service: `aws:SourceIp` is not the user's, `aws:SourceVpce` is not there at all. The Deny then breaks everything that the service encrypts.",
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    },\n    {\n      "Effect": "Deny",\n      "Action": "kms:*",\n      "Resource": "*",\n      "Condition": {\n        "NotIpAddress": {\n          "aws:SourceIp": "203.0.113.0/24"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    },\n    {\n      "Effect": "Deny",\n      "Action": "kms:*",\n      "Resource": "*",\n      "Condition": {\n        "NotIpAddress": {\n          "aws:SourceIp": "203.0.113.0/24"\n        },\n        "BoolIfExists": {\n          "aws:ViaAWSService": "false"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Add `"BoolIfExists": { "aws:ViaAWSService": "false" }`. `--unsafe-fixes` does so.',
    whenToIgnore: 'Where no service is to use the keys.',
    equivalents: [],
    source:
      'IAM User Guide, "AWS: Denies access to AWS based on the source IP"; KMS Developer Guide, "Using VPC endpoints to control access"',
  },

  check({ policy }, report) {
    for (const statement of policy.statements) {
      const actions = kmsActionsOf(statement.action)
      if (!USED_BY_SERVICES.some((name) => actions.has(name))) continue
      const guard = networkGuard(statement)
      if (guard === undefined) continue
      report({
        at: keySpan(guard.key),
        message: `the Deny by ${quote(guard.key.key)} also hits calls that services make for a principal`,
        effect: 'Amazon S3, Amazon EBS and others can no longer use the keys for those principals',
        help: 'add `"BoolIfExists": { "aws:ViaAWSService": "false" }`',
        fix: {
          safety: 'unsafe',
          title: 'spare calls through services',
          edits: addTest(policy.where, statement, 'BoolIfExists', 'aws:ViaAWSService', 'false'),
        },
      })
    }
  },
}

const USED_BY_SERVICES = [
  'kms:Decrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext',
  'kms:Encrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:CreateGrant',
  'kms:DescribeKey',
] as const
