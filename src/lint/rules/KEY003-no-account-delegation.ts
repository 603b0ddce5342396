/**
 * A key policy in which no statement lets the account of the key use identity policies. A warning where the same file
 * holds an identity policy that names the key.
 *
 * Source: KMS Developer Guide, "Default key policy" and "Allowing access to the AWS account and enabling IAM
 * policies".
 */
import { addAccountStatement } from '../facts/account-statement.js'
import { anybodyOf, delegates, isFragment, isManaged, possibleAccounts, refusedRequest } from '../facts/key-managers.js'
import { kmsActionsOf } from '../facts/kms-actions-of.js'
import { ownAccount } from '../facts/own-account.js'
import type { PolicyView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'

export const noAccountDelegation: PolicyRule = {
  on: 'policy',
  id: 'KEY003',
  name: 'no-account-delegation',
  severity: 'info',
  precision: 'certain',
  default: 'on',
  kinds: ['key'],
  fix: 'unsafe',

  docs: {
    what: 'A key policy in which no statement lets the account of the key use identity policies. A warning where the same file holds an identity policy that names the key.',
    why: 'A key gives nothing to its own account by default. Every Allow of an identity policy for this key is without effect, while their Denies still work.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/Admin"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Add a statement for the account, or keep the list of principals here complete.',
    whenToIgnore: 'Where the key policy alone is to decide; then give everybody their access in it.',
    equivalents: [],
    source:
      'KMS Developer Guide, "Default key policy" and "Allowing access to the AWS account and enabling IAM policies"',
  },

  check({ policy, project, siblings }, report) {
    const { document, head } = policy
    if (document === undefined || isFragment(policy)) return
    if (document.statements.every(({ effect }) => effect === 'Deny')) return
    const own = ownAccount(policy, project)
    const accounts = possibleAccounts(document, own)
    const [account] = accounts
    if (account === undefined) return
    // A policy that nobody can change is told of as such.
    if (accounts.some((one) => delegates(document, one) !== 'no' || isManaged(document, one) === 'no')) return
    const inert = siblings.find((sibling) => isAbout(sibling, policy))
    const fix =
      own === undefined ? undefined : addAccountStatement(policy, account, 'let the account use identity policies')
    const witness = refusedRequest(document, account, anybodyOf(account), 'kms:DescribeKey')
    report({
      at: head,
      message: 'no statement lets the account of the key use identity policies',
      effect:
        'only principals that the policy names have access, and what identity policies allow for this key has no effect',
      help: 'add a statement for the account, or give everybody their access in the key policy',
      severity: inert === undefined ? 'info' : 'warning',
      ...(inert === undefined
        ? {}
        : { related: [{ message: 'what this policy allows for the key has no effect', at: inert.head }] }),
      ...(witness === undefined ? {} : { witness }),
      ...(fix === undefined ? {} : { fix }),
    })
  },
}

/** Whether a policy of the same template allows something on the key, by a reference to it. */
function isAbout(sibling: PolicyView, { resource, where }: PolicyView): boolean {
  const name = resource?.address.split('/').at(-1)
  if (name === undefined || sibling.kind !== 'identity' || sibling.where.source !== where.source) return false
  if (!sibling.symbols.some(({ expression }) => expression.startsWith(`\${${name}.`) || expression === `\${${name}}`))
    return false
  return sibling.statements.some(({ effect, action }) => effect === 'Allow' && kmsActionsOf(action).size > 0)
}
