/**
 * An Allow of `iam:PassRole` on every role, without a condition on `iam:PassedToService`.
 *
 * Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
 */
import { hasTestOf, mayTestMore } from '../facts/condition-tests.js'
import { broadResource, isDeniedOutright, namedAction } from '../facts/service-actions.js'
import type { PolicyRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const passRoleStar: PolicyRule = {
  on: 'policy',
  id: 'SEC001',
  name: 'pass-role-star',
  severity: 'security',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'boundary', 'session'],
  fix: 'no',

  docs: {
    what: 'An Allow of `iam:PassRole` on every role, without a condition on `iam:PassedToService`.',
    why: 'Whoever may pass any role to any service has what the strongest role of the account has.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "iam:PassRole",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "iam:PassRole",\n      "Resource": "arn:aws:iam::111122223333:role/App"\n    }\n  ]\n}',
      },
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "iam:PassRole",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "iam:PassedToService": "lambda.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'List the roles, or say to which service they may be passed.',
    whenToIgnore: 'For administrators of the account.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'PASS_ROLE_WITH_STAR_IN_RESOURCE' }],
    source: 'IAM User Guide, "Grant a user permissions to pass a role to an AWS service"',
  },

  check({ policy }, report) {
    if (isDeniedOutright(policy, 'iam', 'passrole')) return
    for (const statement of policy.statements) {
      const entry = statement.effect === 'Allow' ? namedAction(statement, 'iam', 'passrole') : undefined
      const resource = entry === undefined ? undefined : broadResource(statement, 'iam', 'role/*')
      if (entry === undefined || resource === undefined) continue
      if (mayTestMore(statement) || hasTestOf(statement, ['iam:passedtoservice', 'iam:associatedresourcearn'])) continue
      report({
        at: resource,
        message: `${quote(entry.item.value)} allows to pass every role to every service`,
        effect: 'whoever has the policy can have what the strongest role of the account has',
        help: 'list the roles, or add `iam:PassedToService`',
        related: [{ message: 'allows `iam:PassRole`', at: entry.item }],
      })
    }
  },
}
