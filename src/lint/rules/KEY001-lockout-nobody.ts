/**
 * A key policy under which nobody in the account of the key can call `kms:PutKeyPolicy`, neither directly nor by
 * identity policies.
 *
 * Source: KMS Developer Guide, "Default key policy"; KMS API Reference, "PutKeyPolicy".
 */
import { addAccountStatement } from '../facts/account-statement.js'
import { isFragment, isManaged, possibleAccounts, refusedRequest } from '../facts/key-managers.js'
import { ownAccount } from '../facts/own-account.js'
import type { PolicyRule } from '../rule.js'

export const lockoutNobody: PolicyRule = {
  on: 'policy',
  id: 'KEY001',
  name: 'lockout-nobody',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['key'],
  fix: 'unsafe',

  docs: {
    what: 'A key policy under which nobody in the account of the key can call `kms:PutKeyPolicy`, neither directly nor by identity policies.',
    why: 'Nobody can change such a policy any more, not even the root user of the account: the key is unmanageable until AWS Support helps. The policy is evaluated, with every condition taken as it suits the caller.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:user/Alice"\n      },\n      "Action": [\n        "kms:Decrypt",\n        "kms:DescribeKey"\n      ],\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:DescribeKey",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Let the account decide: `"Principal": { "AWS": "arn:aws:iam::111122223333:root" }` with `kms:*`, or name an administrator. `--unsafe-fixes` adds the statement for the account.',
    whenToIgnore: 'Never for a key that is in use; the safety check of KMS can be bypassed, this consequence cannot.',
    equivalents: [{ tool: 'Checkov', code: 'CKV_AWS_93' }],
    source: 'KMS Developer Guide, "Default key policy"; KMS API Reference, "PutKeyPolicy"',
  },

  check({ policy, project }, report) {
    const { document, head } = policy
    if (document === undefined || document.statements.length === 0 || isFragment(policy)) return
    const own = ownAccount(policy, project)
    const accounts = possibleAccounts(document, own)
    const [account] = accounts
    if (account === undefined || accounts.some((candidate) => isManaged(document, candidate) !== 'no')) return
    const witness = refusedRequest(document, account, `arn:aws:iam::${account}:root`)
    const fix =
      own === undefined
        ? undefined
        : addAccountStatement(policy, account, 'let the account decide by identity policies')
    report({
      at: head,
      message: 'nobody in the account of the key can call `kms:PutKeyPolicy`',
      effect: 'KMS refuses the policy, or, when its safety check is bypassed, nobody can ever change it again',
      help: `let the account decide, with \`arn:aws:iam::${account}:root\` as principal of \`kms:*\`, or name an administrator`,
      ...(witness === undefined ? {} : { witness }),
      ...(fix === undefined ? {} : { fix }),
    })
  },
}
