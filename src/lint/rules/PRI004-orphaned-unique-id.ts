/**
 * A unique ID (`AROA...`, `AIDA...`) in place of a principal.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: Principal".
 */
import { removeValues } from '../edits.js'
import type { PolicyRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const orphanedUniqueId: PolicyRule = {
  on: 'policy',
  id: 'PRI004',
  name: 'orphaned-unique-id',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: ['key', 'trust', 'resource'],
  fix: 'safe',

  docs: {
    what: 'A unique ID (`AROA...`, `AIDA...`) in place of a principal.',
    why: 'AWS shows it where the user or role that was named has been deleted. It matches nobody, also not a new principal of the same name, and the policy cannot be written again as it is.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": [\n          "arn:aws:iam::111122223333:role/App",\n          "AROAEXAMPLEID12345"\n        ]\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": [\n          "arn:aws:iam::111122223333:role/App"\n        ]\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Name the ARN of the principal again, or remove the entry. `--fix` removes it where others remain.',
    whenToIgnore: 'Never.',
    equivalents: [{ tool: 'parliament', code: 'UNKNOWN_PRINCIPAL' }],
    source: 'IAM User Guide, "AWS JSON policy elements: Principal"',
  },
  check({ policy }, report) {
    for (const { principal } of policy.statements) {
      const left = principal?.entries.filter(({ entry }) => entry?.kind === 'uniqueId') ?? []
      const [first, ...others] = left
      if (first === undefined) continue
      const member = first.typeMember
      const ofMember = left.filter(({ typeMember }) => typeMember === member)
      report({
        at: first,
        message: `${quote(first.value)} is what remains of a deleted principal`,
        effect: 'it matches nobody, and the policy cannot be deployed again as it is',
        help: 'name the ARN of the principal again, or remove the entry',
        related: others.map((at) => ({ message: `${quote(at.value)} as well`, at })),
        ...(member === undefined
          ? {}
          : {
              fix: {
                safety: 'safe',
                title: 'remove what matches nobody',
                edits: removeValues(policy.where, member, ofMember),
              },
            }),
      })
    }
  },
}
