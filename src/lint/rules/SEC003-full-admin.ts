/**
 * Every action on every resource, without a condition.
 *
 * Source: IAM User Guide, "Security best practices in IAM" (apply least-privilege permissions).
 */
import { isEverything } from '../facts/service-actions.js'
import type { PolicyRule } from '../rule.js'

export const fullAdmin: PolicyRule = {
  on: 'policy',
  id: 'SEC003',
  name: 'full-admin',
  severity: 'security',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'boundary', 'session'],
  fix: 'no',

  docs: {
    what: 'Every action on every resource, without a condition.',
    why: 'Whoever has the policy has the account. What else could be said of the statement is not said.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "*",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": [\n        "s3:GetObject",\n        "s3:PutObject"\n      ],\n      "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*"\n    }\n  ]\n}',
      },
    ],
    fix: 'List the services and actions that are needed.',
    whenToIgnore:
      'For administrators, and for a permissions boundary or session policy that limits nothing on purpose.',
    equivalents: [
      { tool: 'Checkov', code: 'CKV_AWS_1' },
      { tool: 'Checkov', code: 'CKV_AWS_62' },
      { tool: 'Checkov', code: 'CKV_AWS_63' },
      { tool: 'cdk-nag', code: 'AwsSolutions-IAM5' },
    ],
    source: 'IAM User Guide, "Security best practices in IAM" (apply least-privilege permissions)',
  },

  check({ policy }, report) {
    for (const { effect, action, resource, conditions, conditionMember } of policy.statements) {
      if (effect !== 'Allow' || action === undefined || action.negated || resource === undefined || resource.negated)
        continue
      // A Condition that cannot be read is none that could be called missing.
      if (conditions.length > 0 || (conditionMember !== undefined && conditionMember.value.kind !== 'object')) continue
      const at = action.items.find(isEverything)
      const everywhere = resource.items.find(({ value }) => /^\*+$/.test(value))
      if (at === undefined || everywhere === undefined) continue
      report({
        at,
        message: 'the statement allows every action on every resource',
        effect: 'whoever has the policy has the account',
        help: 'list the services and actions that are needed',
        related: [{ message: 'every resource', at: everywhere }],
        hides: 'security',
      })
    }
  },
}
