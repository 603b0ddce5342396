/**
 * An IAM group as principal.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: Principal".
 */
import { isGroupArn } from '../facts/principal-form.js'
import type { PolicyRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const groupPrincipal: PolicyRule = {
  on: 'policy',
  id: 'PRI003',
  name: 'group-principal',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['key', 'trust', 'resource', 'vpce'],
  fix: 'no',

  docs: {
    what: 'An IAM group as principal.',
    why: 'A group is no identity that calls; AWS refuses the policy.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:group/admins"\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:user/alice"\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Delegate to the account and attach an identity-based policy to the group.',
    whenToIgnore: 'Never.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'UNSUPPORTED_PRINCIPAL' }],
    source: 'IAM User Guide, "AWS JSON policy elements: Principal"',
  },
  check({ policy }, report) {
    for (const { principal } of policy.statements) {
      for (const entry of principal?.entries ?? []) {
        if (!entry.known || !isGroupArn(entry.value)) continue
        report({
          at: entry,
          message: `${quote(entry.value)} is a group, and a group is never a principal`,
          effect: 'AWS refuses the policy',
          help: 'delegate to the account, and attach a policy to the group',
        })
      }
    }
  },
}
