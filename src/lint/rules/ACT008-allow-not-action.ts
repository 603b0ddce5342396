/**
 * An Allow with `NotAction`.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: NotAction".
 */
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'

export const allowNotAction: PolicyRule = {
  on: 'policy',
  id: 'ACT008',
  name: 'allow-not-action',
  severity: 'security',
  precision: 'high',
  default: 'on',
  kinds: ['identity', 'boundary', 'session', 'key', 'resource', 'vpce'],
  fix: 'no',

  docs: {
    what: 'An Allow with `NotAction`.',
    why: 'It gives every action that is not listed, of every service the resource fits, also those that AWS adds later. Service control policies use it as an allow-list filter and are not reported.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "NotAction": "kms:ScheduleKeyDeletion",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'List the actions, or keep the broad Allow and deny the exceptions.',
    whenToIgnore: 'For an administrator policy that is meant so, next to Deny statements for the rest.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'PASS_ROLE_WITH_NOTACTION_AND_STAR_IN_RESOURCE' },
      { tool: 'AWS CloudFormation Guard', code: 'iam_role_or_policy_no_allow_plus_not_action' },
    ],
    source: 'IAM User Guide, "IAM JSON policy elements: NotAction"',
  },
  check({ policy }, report) {
    for (const { action, effect } of policy.statements) {
      if (effect !== 'Allow' || action?.negated !== true || action.items.length === 0) continue
      report({
        at: keySpan(action.member),
        message: 'an Allow with `NotAction`',
        effect: `every action but the ${action.items.length === 1 ? 'one' : action.items.length} listed is allowed, future ones among them`,
        help: 'list the actions that are wanted',
      })
    }
  },
}
