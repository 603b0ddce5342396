/**
 * A key policy in a template refers to its own key.
 *
 * Source: CloudFormation User Guide, "DependsOn attribute" (circular dependencies); KMS Developer Guide, "Creating a
 * key policy".
 */
import type { TemplateRule } from '../rule.js'

export const selfReference: TemplateRule = {
  on: 'template',
  id: 'IAC003',
  name: 'self-reference',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: 'A key policy in a template refers to its own key.',
    why: 'The key cannot be made before its policy is known, and the policy not before the key: the deployment fails with a circular dependency.',
    bad: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Key": {\n      "Type": "AWS::KMS::Key",\n      "Properties": {\n        "EnableKeyRotation": true,\n        "KeyPolicy": {\n          "Version": "2012-10-17",\n          "Statement": [\n            {\n              "Effect": "Allow",\n              "Principal": {\n                "AWS": "arn:aws:iam::111122223333:root"\n              },\n              "Action": "kms:*",\n              "Resource": "*",\n              "Sid": "Account"\n            },\n            {\n              "Effect": "Allow",\n              "Principal": {\n                "AWS": "arn:aws:iam::111122223333:role/App"\n              },\n              "Action": "kms:Decrypt",\n              "Resource": {\n                "Fn::GetAtt": [\n                  "Key",\n                  "Arn"\n                ]\n              }\n            }\n          ]\n        }\n      }\n    }\n  }\n}',
      },
    ],
    good: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Key": {\n      "Type": "AWS::KMS::Key",\n      "Properties": {\n        "EnableKeyRotation": true,\n        "KeyPolicy": {\n          "Version": "2012-10-17",\n          "Statement": [\n            {\n              "Effect": "Allow",\n              "Principal": {\n                "AWS": "arn:aws:iam::111122223333:root"\n              },\n              "Action": "kms:*",\n              "Resource": "*",\n              "Sid": "Account"\n            },\n            {\n              "Effect": "Allow",\n              "Principal": {\n                "AWS": "arn:aws:iam::111122223333:role/App"\n              },\n              "Action": "kms:Decrypt",\n              "Resource": "*"\n            }\n          ]\n        }\n      }\n    }\n  }\n}',
      },
    ],
    fix: 'Write `"*"`, which in a key policy means this key.',
    whenToIgnore: 'Never: the deployment fails.',
    equivalents: [{ tool: 'cfn-lint', code: 'E3004' }],
    source:
      'CloudFormation User Guide, "DependsOn attribute" (circular dependencies); KMS Developer Guide, "Creating a key policy"',
  },

  check({ template }, report) {
    for (const { kind, span, detail, address, fix, related = [] } of template.notes) {
      if (kind !== 'selfReference') continue
      report({
        at: span,
        message: `the policy of ${address} refers to its own resource: ${detail}`,
        effect: 'the deployment fails with a circular dependency',
        help: 'write `"*"`, which in a key policy means this key',
        related,
        ...(fix === undefined ? {} : { fix }),
      })
    }
  },
}
