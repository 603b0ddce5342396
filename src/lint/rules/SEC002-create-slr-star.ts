/**
 * An Allow of `iam:CreateServiceLinkedRole` on everything, without a condition on `iam:AWSServiceName`.
 *
 * Source: IAM User Guide, "Create a service-linked role".
 */
import { hasTestOf, mayTestMore } from '../facts/condition-tests.js'
import { broadResource, isDeniedOutright, isEverything, namedAction } from '../facts/service-actions.js'
import type { PolicyRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const createSlrStar: PolicyRule = {
  on: 'policy',
  id: 'SEC002',
  name: 'create-slr-star',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'boundary', 'session'],
  fix: 'no',

  docs: {
    what: 'An Allow of `iam:CreateServiceLinkedRole` on everything, without a condition on `iam:AWSServiceName`.',
    why: 'Its holder can make service-linked roles for every service, each of which lets that service act in the account.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "iam:CreateServiceLinkedRole",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "iam:CreateServiceLinkedRole",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "iam:AWSServiceName": "rds.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Add `iam:AWSServiceName`, or the ARN of the role.',
    whenToIgnore: 'For administrators of the account.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'CREATE_SLR_WITH_STAR_IN_RESOURCE' }],
    source: 'IAM User Guide, "Create a service-linked role"',
  },

  check({ policy }, report) {
    if (isDeniedOutright(policy, 'iam', 'createservicelinkedrole')) return
    for (const statement of policy.statements) {
      const { effect, action } = statement
      if (effect !== 'Allow' || action === undefined || action.items.some(isEverything)) continue
      const entry = namedAction(statement, 'iam', 'createservicelinkedrole')
      const resource = entry === undefined ? undefined : broadResource(statement, 'iam', 'role/*')
      if (entry === undefined || resource === undefined) continue
      if (mayTestMore(statement) || hasTestOf(statement, ['iam:awsservicename'])) continue
      report({
        at: resource,
        message: `${quote(entry.item.value)} allows to make service-linked roles for every service`,
        effect: 'each of them lets its service act in the account',
        help: 'add `iam:AWSServiceName`, or the ARN of the role',
        related: [{ message: 'allows `iam:CreateServiceLinkedRole`', at: entry.item }],
      })
    }
  },
}
