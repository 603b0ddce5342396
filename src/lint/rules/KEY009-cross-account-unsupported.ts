/**
 * An operation that never works across accounts, allowed to principals of another account only, or on keys of another
 * account only.
 *
 * Source: KMS Developer Guide, "Allowing users in other accounts to use a KMS key".
 */
import { removeValues } from '../edits.js'
import { actionEntries } from '../facts/action-entries.js'
import { accountOfEntry, ownAccount, type OwnAccount } from '../facts/own-account.js'
import { resourceEntries } from '../facts/resource-entries.js'
import type { PolicyView, StatementView, TextValue } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { actionByName } from '../../aws/action.js'
import { isAccountId } from '../../text/arn.js'
import { quote } from '../../text/escape.js'

export const crossAccountUnsupported: PolicyRule = {
  on: 'policy',
  id: 'KEY009',
  name: 'cross-account-unsupported',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: ['key', 'identity', 'boundary', 'session'],
  fix: 'safe',

  docs: {
    what: 'An operation that never works across accounts, allowed to principals of another account only, or on keys of another account only.',
    why: 'KMS takes only some operations from another account: those that use the key, grants, and a few that describe it. The others are refused whatever the policies say.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::444455556666:root"\n      },\n      "Action": [\n        "kms:Decrypt",\n        "kms:ScheduleKeyDeletion"\n      ],\n      "Resource": "*"\n    }\n  ]\n}',
        project: { accounts: ['111122223333'] },
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::444455556666:root"\n      },\n      "Action": [\n        "kms:Decrypt",\n        "kms:DescribeKey"\n      ],\n      "Resource": "*"\n    }\n  ]\n}',
        project: { accounts: ['111122223333'] },
      },
    ],
    fix: 'Remove it, and let the other account assume a role in the account of the key for what it is to manage. `--fix` removes the entries where others remain.',
    whenToIgnore: 'Where a principal list is meant to be the same everywhere.',
    equivalents: [],
    source: 'KMS Developer Guide, "Allowing users in other accounts to use a KMS key"',
  },

  check({ policy, project }, report) {
    const own = ownAccount(policy, project)
    if (own === undefined) return
    for (const statement of policy.statements) {
      const { action, effect } = statement
      if (action === undefined || action.negated || effect !== 'Allow') continue
      const account = policy.kind === 'key' ? foreignPrincipals(statement, policy, own) : foreignKeys(statement, own)
      if (account === undefined) continue
      const items = actionEntries(action).flatMap(({ form, folded, item }): TextValue[] =>
        form === 'literal' && actionByName(folded)?.crossAccount === false ? [item] : [],
      )
      const [first, ...others] = items
      if (first === undefined) continue
      report({
        at: first,
        message: `${quote(first.value)}${others.length === 0 ? '' : ` and ${others.length} more of this list`} never works across accounts, and ${account} is another one`,
        effect: 'the entry allows nothing',
        help: 'remove it, or let the other account assume a role in the account of the key',
        related: others.map((at) => ({ message: 'neither does this', at })),
        fix: {
          safety: 'safe',
          title: 'remove what never works across accounts',
          edits: removeValues(policy.where, action.member, items),
        },
      })
    }
  },
}

/** The first account, where all principals are foreign. */
function foreignPrincipals(
  { principal, index }: StatementView,
  { document }: PolicyView,
  { all }: OwnAccount,
): string | undefined {
  const entries = document?.statements[index]?.principal?.entries ?? []
  if (principal === undefined || principal.negated || entries.length === 0) return undefined
  const accounts = entries.map(accountOfEntry)
  return accounts.every((account) => account !== undefined && !all.has(account)) ? accounts[0] : undefined
}

/** The first account, where all resources are keys of other accounts. */
function foreignKeys({ resource }: StatementView, { all, isCertain }: OwnAccount): string | undefined {
  if (resource === undefined || resource.negated || !isCertain) return undefined
  const entries = resourceEntries(resource)
  const accounts = entries.map(({ form, fields }) =>
    form === 'arn' && fields?.service === 'kms' && fields.resource.startsWith('key/') ? fields.account : undefined,
  )
  const isForeign = accounts.every((account) => account !== undefined && isAccountId(account) && !all.has(account))
  return isForeign ? accounts[0] : undefined
}
