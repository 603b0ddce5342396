/**
 * One key gets its policy from two places, such as `aws_kms_key.policy` and `aws_kms_key_policy`.
 *
 * Source: Terraform AWS provider, "aws_kms_key_policy".
 */
import type { TemplateRule } from '../rule.js'

export const policySetTwice: TemplateRule = {
  on: 'template',
  id: 'IAC004',
  name: 'policy-set-twice',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'One key gets its policy from two places, such as `aws_kms_key.policy` and `aws_kms_key_policy`.',
    why: 'Each deployment overwrites the one with the other, and which of them counts is chance.',
    bad: [
      {
        form: 'template',
        text: '{\n  "format_version": "1.2",\n  "terraform_version": "1.9.0",\n  "planned_values": {\n    "root_module": {\n      "resources": [\n        {\n          "address": "aws_kms_key.main",\n          "mode": "managed",\n          "type": "aws_kms_key",\n          "name": "main",\n          "values": {\n            "enable_key_rotation": true,\n            "policy": "{\\"Version\\": \\"2012-10-17\\", \\"Statement\\": [{\\"Effect\\": \\"Allow\\", \\"Principal\\": {\\"AWS\\": \\"arn:aws:iam::111122223333:root\\"}, \\"Action\\": \\"kms:*\\", \\"Resource\\": \\"*\\"}]}"\n          }\n        },\n        {\n          "address": "aws_kms_key_policy.main",\n          "mode": "managed",\n          "type": "aws_kms_key_policy",\n          "name": "main",\n          "values": {\n            "policy": "{\\"Version\\": \\"2012-10-17\\", \\"Statement\\": [{\\"Effect\\": \\"Allow\\", \\"Principal\\": {\\"AWS\\": \\"arn:aws:iam::111122223333:root\\"}, \\"Action\\": \\"kms:*\\", \\"Resource\\": \\"*\\"}]}"\n          }\n        }\n      ]\n    }\n  },\n  "configuration": {\n    "root_module": {\n      "resources": [\n        {\n          "address": "aws_kms_key.main",\n          "mode": "managed",\n          "type": "aws_kms_key",\n          "name": "main",\n          "expressions": {\n            "enable_key_rotation": {\n              "constant_value": true\n            },\n            "policy": {\n              "constant_value": "{\\"Version\\": \\"2012-10-17\\", \\"Statement\\": [{\\"Effect\\": \\"Allow\\", \\"Principal\\": {\\"AWS\\": \\"arn:aws:iam::111122223333:root\\"}, \\"Action\\": \\"kms:*\\", \\"Resource\\": \\"*\\"}]}"\n            }\n          }\n        },\n        {\n          "address": "aws_kms_key_policy.main",\n          "mode": "managed",\n          "type": "aws_kms_key_policy",\n          "name": "main",\n          "expressions": {\n            "key_id": {\n              "references": [\n                "aws_kms_key.main.id",\n                "aws_kms_key.main"\n              ]\n            },\n            "policy": {\n              "constant_value": "{\\"Version\\": \\"2012-10-17\\", \\"Statement\\": [{\\"Effect\\": \\"Allow\\", \\"Principal\\": {\\"AWS\\": \\"arn:aws:iam::111122223333:root\\"}, \\"Action\\": \\"kms:*\\", \\"Resource\\": \\"*\\"}]}"\n            }\n          }\n        }\n      ]\n    }\n  }\n}',
      },
    ],
    good: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Key": {\n      "Type": "AWS::KMS::Key",\n      "Properties": {\n        "EnableKeyRotation": true,\n        "KeyPolicy": {\n          "Version": "2012-10-17",\n          "Statement": [\n            {\n              "Effect": "Allow",\n              "Principal": {\n                "AWS": "arn:aws:iam::111122223333:root"\n              },\n              "Action": "kms:*",\n              "Resource": "*",\n              "Sid": "Account"\n            },\n            {\n              "Effect": "Allow",\n              "Principal": {\n                "AWS": "arn:aws:iam::111122223333:role/App"\n              },\n              "Action": "kms:Decrypt",\n              "Resource": "*"\n            }\n          ]\n        }\n      }\n    }\n  }\n}',
      },
    ],
    fix: 'Keep the policy in one place.',
    whenToIgnore: 'Never: one of them is not what is in force.',
    equivalents: [],
    source: 'Terraform AWS provider, "aws_kms_key_policy"',
  },

  check({ template }, report) {
    for (const { kind, span, detail, address, related = [] } of template.notes) {
      if (kind !== 'policySetTwice') continue
      report({
        at: span,
        message: `${address} gets its policy from two places: ${detail}`,
        effect: 'each deployment overwrites one with the other',
        help: 'keep the policy in one place',
        related,
      })
    }
  },
}
