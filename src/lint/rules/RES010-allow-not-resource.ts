/**
 * An Allow with `NotResource`.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: NotResource".
 */
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'

export const allowNotResource: PolicyRule = {
  on: 'policy',
  id: 'RES010',
  name: 'allow-not-resource',
  severity: 'security',
  precision: 'high',
  default: 'on',
  kinds: ['identity', 'boundary', 'session', 'resource', 'vpce'],
  fix: 'no',

  docs: {
    what: 'An Allow with `NotResource`.',
    why: 'It allows the actions on every resource that is not listed, also those of other accounts and those that do not exist yet.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "NotResource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'List the resources, or allow all and deny the exceptions.',
    whenToIgnore: 'For an administrator policy that is meant so.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'PASS_ROLE_WITH_NOTRESOURCE' },
      { tool: 'AWS CloudFormation Guard', code: 'iam_role_or_policy_no_allow_plus_not_resource' },
    ],
    source: 'IAM User Guide, "IAM JSON policy elements: NotResource"',
  },
  check({ policy }, report) {
    for (const { resource, effect } of policy.statements) {
      if (effect !== 'Allow' || resource?.negated !== true || resource.items.length === 0) continue
      report({
        at: keySpan(resource.member),
        message: 'an Allow with `NotResource`',
        effect: 'the actions are allowed on every resource that is not listed, of any account that lets the caller in',
        help: 'list the resources that are wanted, or deny the exceptions',
      })
    }
  },
}
