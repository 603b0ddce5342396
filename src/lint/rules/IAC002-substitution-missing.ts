/**
 * `${AWS::AccountId}` or the like in a string that is not inside of `Fn::Sub`, or `$${...}` in Terraform.
 *
 * Source: CloudFormation User Guide, "Fn::Sub".
 */
import type { TemplateRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const substitutionMissing: TemplateRule = {
  on: 'template',
  id: 'IAC002',
  name: 'substitution-missing',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: '`${AWS::AccountId}` or the like in a string that is not inside of `Fn::Sub`, or `$${...}` in Terraform.',
    why: 'The text is deployed as it stands: IAM takes it for a policy variable, or KMS for a part of an ARN, and it matches nothing.',
    bad: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Policy": {\n      "Type": "AWS::IAM::ManagedPolicy",\n      "Properties": {\n        "PolicyDocument": {\n          "Version": "2012-10-17",\n          "Statement": [\n            {\n              "Effect": "Allow",\n              "Action": "s3:GetObject",\n              "Resource": "arn:aws:s3:::amzn-s3-demo-bucket-${AWS::AccountId}/*"\n            }\n          ]\n        }\n      }\n    }\n  }\n}',
      },
    ],
    good: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Policy": {\n      "Type": "AWS::IAM::ManagedPolicy",\n      "Properties": {\n        "PolicyDocument": {\n          "Version": "2012-10-17",\n          "Statement": [\n            {\n              "Effect": "Allow",\n              "Action": "s3:GetObject",\n              "Resource": {\n                "Fn::Sub": "arn:aws:s3:::amzn-s3-demo-bucket-${AWS::AccountId}/*"\n              }\n            }\n          ]\n        }\n      }\n    }\n  }\n}',
      },
    ],
    fix: 'Wrap the string in `Fn::Sub`.',
    whenToIgnore: 'Where another program fills the text in before deployment.',
    equivalents: [{ tool: 'cfn-lint', code: 'E1029' }],
    source: 'CloudFormation User Guide, "Fn::Sub"',
  },

  check({ template }, report) {
    for (const { kind, span, detail, fix, related = [] } of template.notes) {
      if (kind !== 'substitutionMissing') continue
      report({
        at: span,
        message: `${quote(detail)} is deployed as it stands: nothing puts a value in its place`,
        effect: 'the text matches no account, Region or resource',
        help: template.form === 'cloudFormation' ? 'wrap the string in `Fn::Sub`' : 'write `${...}` with one `$`',
        related,
        ...(fix === undefined ? {} : { fix }),
      })
    }
  },
}
