/**
 * A statement for everybody whose conditions do not bind the caller, so that anybody in any AWS account may use the
 * key.
 *
 * Source: KMS Developer Guide, "kms:ViaService" and "kms:CallerAccount".
 */
import { addTest } from '../facts/add-test.js'
import { asPolicyInput, foundRequest } from '../facts/key-world.js'
import { ownAccount } from '../facts/own-account.js'
import { settledStatements } from '../facts/settled-statements.js'
import { strangerAccess } from '../facts/strangers.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'

export const ineffectiveGuard: PolicyRule = {
  on: 'policy',
  id: 'KEY008',
  name: 'ineffective-guard',
  severity: 'security',
  precision: 'certain',
  default: 'on',
  kinds: ['key'],
  fix: 'unsafe',
  supersedes: ['KEY007'],

  docs: {
    what: 'A statement for everybody whose conditions do not bind the caller, so that anybody in any AWS account may use the key.',
    why: "A call through S3 in a stranger's account carries the same `kms:ViaService`; the encryption context, TLS and tags of the caller are the caller's own choice. Tools that take any condition for a guard miss this.",
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": "*",\n      "Action": "kms:Decrypt",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": "*",\n      "Action": "kms:Decrypt",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com",\n          "kms:CallerAccount": "111122223333"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Add `"kms:CallerAccount"` with your account, or `aws:PrincipalOrgID`. `--unsafe-fixes` adds the account of the key, where it is known.',
    whenToIgnore: 'For a key that the whole world is to use.',
    equivalents: [],
    source: 'KMS Developer Guide, "kms:ViaService" and "kms:CallerAccount"',
  },

  check({ policy, project }, report) {
    const { where, symbols } = policy
    // What other statements allow, known or not, closes nothing that one of them opens.
    const settled = settledStatements(policy)
    if (settled === undefined) return
    const { document, positionOf } = settled
    const account = ownAccount(policy, project)?.account
    for (const statement of policy.statements) {
      const { principal, index, conditions } = statement
      const position = positionOf(index)
      if (principal === undefined || position === undefined || conditions.length === 0) continue
      const found = strangerAccess(document, position, account)
      if (found === undefined) continue
      const [action = 'kms:*'] = found.access.actions
      const keys = [...new Set(conditions.map(({ key }) => key.key))]
      report({
        at: principal.entries.find(({ value }) => value === '*') ?? principal.member.value,
        message: `anybody in any AWS account may ${quote(action)}: ${keys
          .slice(0, 3)
          .map((key) => quote(key))
          .join(', ')} ${keys.length === 1 ? 'does' : 'do'} not bind the caller`,
        effect: 'the key is public: a stranger can make a request that meets the conditions',
        help: 'add `kms:CallerAccount` or `aws:PrincipalOrgID`',
        related: conditions.slice(0, 3).map(({ key }) => ({ message: 'does not bind the caller', at: keySpan(key) })),
        witness: foundRequest(found.witness, `${found.witness.request.principal}, a stranger, may ${action}`, {
          keyPolicy: asPolicyInput(document),
        }),
        ...(account === undefined || symbols.length > 0
          ? {}
          : {
              fix: {
                safety: 'unsafe',
                title: `allow callers of ${account} only`,
                edits: addTest(where, statement, 'StringEquals', 'kms:CallerAccount', account),
              },
            }),
      })
    }
  },
}
