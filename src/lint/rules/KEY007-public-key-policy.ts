/**
 * A statement by which anybody, in any AWS account, may use the key.
 *
 * Source: KMS Developer Guide, "Key policies in AWS KMS".
 */
import { asPolicyInput, foundRequest } from '../facts/key-world.js'
import { ownAccount } from '../facts/own-account.js'
import { settledStatements } from '../facts/settled-statements.js'
import { strangerAccess } from '../facts/strangers.js'
import type { PolicyRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const publicKeyPolicy: PolicyRule = {
  on: 'policy',
  id: 'KEY007',
  name: 'public-key-policy',
  severity: 'security',
  precision: 'certain',
  default: 'on',
  kinds: ['key'],
  fix: 'no',

  docs: {
    what: 'A statement by which anybody, in any AWS account, may use the key.',
    why: 'Everybody can have an AWS account and allow themselves everything in it. The statement is evaluated for a caller of an account that nothing names, so conditions that bind the caller count and others do not.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": "*",\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": "*",\n      "Action": "kms:Decrypt",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "kms:CallerAccount": "111122223333"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Name the principals, or add `kms:CallerAccount` or `aws:PrincipalOrgID`.',
    whenToIgnore: 'For a key that the whole world is to use, such as one whose public key everybody may fetch.',
    equivalents: [
      { tool: 'Checkov', code: 'CKV_AWS_33' },
      { tool: 'Prowler', code: 'kms_key_not_publicly_accessible' },
      { tool: 'IAM Access Analyzer', code: 'CheckNoPublicAccess' },
    ],
    source: 'KMS Developer Guide, "Key policies in AWS KMS"',
  },

  check({ policy, project }, report) {
    // What other statements allow, known or not, closes nothing that one of them opens.
    const settled = settledStatements(policy)
    if (settled === undefined) return
    const { document, positionOf } = settled
    for (const { index, principal } of policy.statements) {
      const position = positionOf(index)
      if (principal === undefined || position === undefined) continue
      const found = strangerAccess(document, position, ownAccount(policy, project)?.account)
      if (found === undefined) continue
      const { actions } = found.access
      const [action = 'kms:*'] = actions
      report({
        at: principal.entries.find(({ value }) => value === '*') ?? principal.member.value,
        message: `anybody in any AWS account may ${quote(action)}${actions.length > 1 ? ` and ${actions.length - 1} more` : ''}`,
        effect: 'the key is public: a stranger needs nothing but its ARN',
        help: 'name the principals, or add `kms:CallerAccount` or `aws:PrincipalOrgID`',
        witness: foundRequest(found.witness, `${found.witness.request.principal}, a stranger, may ${action}`, {
          keyPolicy: asPolicyInput(document),
        }),
      })
    }
  },
}
