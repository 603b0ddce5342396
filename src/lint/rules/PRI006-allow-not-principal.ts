/**
 * An Allow with `NotPrincipal`.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal".
 */
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'

export const allowNotPrincipal: PolicyRule = {
  on: 'policy',
  id: 'PRI006',
  name: 'allow-not-principal',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['key', 'trust', 'resource', 'vpce'],
  fix: 'no',

  docs: {
    what: 'An Allow with `NotPrincipal`.',
    why: 'It would allow everybody who is not listed, anonymous callers and other accounts among them. IAM supports `NotPrincipal` with `Deny` only, and KMS refuses it.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "NotPrincipal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Name the principals that are allowed.',
    whenToIgnore: 'Never.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'ALLOW_WITH_NOT_PRINCIPAL' },
      { tool: 'AWS CloudFormation Guard', code: 'iam_role_or_policy_no_allow_plus_not_principal' },
    ],
    source: 'IAM User Guide, "AWS JSON policy elements: NotPrincipal"',
  },
  check({ policy }, report) {
    for (const { principal, effect } of policy.statements) {
      if (effect !== 'Allow' || principal?.negated !== true) continue
      report({
        at: keySpan(principal.member),
        message: '`NotPrincipal` stands with `Allow`',
        effect: 'AWS refuses the policy; it would let in everybody who is not listed',
        help: 'name the principals that are allowed, or write `Deny`',
      })
    }
  },
}
