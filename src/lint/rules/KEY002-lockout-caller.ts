/**
 * The principal that deploys cannot call `kms:PutKeyPolicy` under the new policy. Without a known deployer, an info
 * note when only principals that the policy names can change it.
 *
 * Source: KMS API Reference, "PutKeyPolicy" and "CreateKey" (BypassPolicyLockoutSafetyCheck).
 */
import {
  anybodyOf,
  canManage,
  delegates,
  isFragment,
  isManaged,
  possibleAccounts,
  refusedRequest,
} from '../facts/key-managers.js'
import { addAccountStatement } from '../facts/account-statement.js'
import { ownAccount } from '../facts/own-account.js'
import type { PolicyView } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import type { PolicyDocument } from '../../policy/document.js'
import { quote } from '../../text/escape.js'

export const lockoutCaller: PolicyRule = {
  on: 'policy',
  id: 'KEY002',
  name: 'lockout-caller',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['key'],
  fix: 'unsafe',

  docs: {
    what: 'The principal that deploys cannot call `kms:PutKeyPolicy` under the new policy. Without a known deployer, an info note when only principals that the policy names can change it.',
    why: 'CreateKey and PutKeyPolicy then fail with "The new key policy will not allow you to update the key policy in the future", usually after minutes of deployment. Where the account decides, the identity policies of the deployer are taken to allow it.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/Admin"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": [\n        "kms:Decrypt",\n        "kms:DescribeKey"\n      ],\n      "Resource": "*"\n    }\n  ]\n}',
        project: { caller: 'arn:aws:iam::111122223333:role/Deploy' },
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": [\n          "arn:aws:iam::111122223333:role/Admin",\n          "arn:aws:iam::111122223333:role/Deploy"\n        ]\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": [\n        "kms:Decrypt",\n        "kms:DescribeKey"\n      ],\n      "Resource": "*"\n    }\n  ]\n}',
        project: { caller: 'arn:aws:iam::111122223333:role/Deploy' },
      },
    ],
    fix: 'Name the deploying role beside the administrators, or let the account decide. `--unsafe-fixes` adds the statement for the account.',
    whenToIgnore: 'Where another principal deploys than the configuration says.',
    equivalents: [],
    source: 'KMS API Reference, "PutKeyPolicy" and "CreateKey" (BypassPolicyLockoutSafetyCheck)',
  },

  check({ policy, project }, report) {
    const { document, resource } = policy
    if (document === undefined || document.statements.length === 0 || isFragment(policy)) return
    if (resource?.properties['BypassPolicyLockoutSafetyCheck'] === true) return
    const accounts = possibleAccounts(document, ownAccount(policy, project))
    const [account, ...others] = accounts
    if (account === undefined || others.length > 0 || isManaged(document, account) !== 'yes') return
    if (project.caller === undefined) reportNamedOnly(policy, document, account, report)
    else reportCaller(policy, document, account, project.caller, report)
  },
}

function reportCaller(
  policy: PolicyView,
  document: PolicyDocument,
  account: string,
  caller: string,
  report: Report,
): void {
  if (canManage(document, account, caller) !== 'no') return
  const witness = refusedRequest(document, account, caller)
  // What is denied stays denied.
  const isLeftOut = document.statements.every(({ effect }) => effect === 'Allow')
  const fix = isLeftOut
    ? addAccountStatement(policy, account, 'let the account decide by identity policies')
    : undefined
  report({
    at: policy.head,
    message: `${quote(caller)}, which deploys, cannot call \`kms:PutKeyPolicy\` under this policy`,
    effect: 'CreateKey and PutKeyPolicy refuse the policy',
    help: 'name the deploying principal beside the administrators, or let the account decide',
    ...(witness === undefined ? {} : { witness }),
    ...(fix === undefined ? {} : { fix }),
  })
}

/** A policy that delegates nothing at all has a rule of its own. */
function reportNamedOnly({ head }: PolicyView, document: PolicyDocument, account: string, report: Report): void {
  const anybody = anybodyOf(account)
  if (delegates(document, account) !== 'yes' || canManage(document, account, anybody) !== 'no') return
  const witness = refusedRequest(document, account, anybody)
  report({
    at: head,
    message: 'only principals that the policy names can change it',
    effect: 'KMS refuses the policy when anybody else deploys it',
    help: 'deploy it as one of them, and say who deploys with `caller` in the configuration',
    severity: 'info',
    ...(witness === undefined ? {} : { witness }),
  })
}
