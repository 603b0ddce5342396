/**
 * One Allow lists grant operations and cryptographic ones under a test of `kms:GrantIsForAWSResource`,
 * `kms:GrantOperations` or `kms:GranteePrincipal`.
 *
 * Source: KMS Developer Guide, "kms:GrantIsForAWSResource" and "Controlling access to grants".
 */
import { removeValues } from '../edits.js'
import { resultWithoutKey } from '../facts/absent-key.js'
import { actionEntries } from '../facts/action-entries.js'
import { testsOf } from '../facts/condition-tests.js'
import { kmsActionsOfEntry } from '../facts/kms-actions-of.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { actionByName } from '../../aws/action.js'
import { conditionKeyInfo } from '../../aws/condition-key.js'
import { quote } from '../../text/escape.js'

export const grantConditionOnCrypto: PolicyRule = {
  on: 'policy',
  id: 'KMS006',
  name: 'grant-condition-on-crypto',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'key'],
  fix: 'safe',
  supersedes: ['CON003', 'CON004'],

  docs: {
    what: 'One Allow lists grant operations and cryptographic ones under a test of `kms:GrantIsForAWSResource`, `kms:GrantOperations` or `kms:GranteePrincipal`.',
    why: 'Only requests about grants carry these keys. The test is false for `kms:Decrypt` and the others, so the Allow does not give them.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": [\n        "kms:Decrypt",\n        "kms:CreateGrant"\n      ],\n      "Resource": "*",\n      "Condition": {\n        "Bool": {\n          "kms:GrantIsForAWSResource": "true"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:CreateGrant",\n      "Resource": "*",\n      "Condition": {\n        "Bool": {\n          "kms:GrantIsForAWSResource": "true"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Write two statements, and keep the test with the grant operations. `--fix` drops the dead actions.',
    whenToIgnore: 'Never: the cryptographic part allows nothing.',
    equivalents: [],
    source: 'KMS Developer Guide, "kms:GrantIsForAWSResource" and "Controlling access to grants"',
  },

  check({ policy }, report) {
    for (const statement of policy.statements) {
      const { action, effect } = statement
      if (effect !== 'Allow' || action === undefined || action.negated) continue
      const test = testsOf(statement, GRANT_KEYS).find((one) => resultWithoutKey(one) === false)
      if (test === undefined) continue
      const carriers = conditionKeyInfo(test.key.key)?.actions ?? []
      const entries = actionEntries(action).map((entry) => ({
        item: entry.item,
        actions: [...kmsActionsOfEntry(entry)],
      }))
      const isLive = entries.some(({ actions }) => actions.some((name) => carriers.includes(name)))
      const dead = entries.filter(
        ({ actions }) =>
          actions.length > 0 &&
          actions.every((name) => !carriers.includes(name)) &&
          actions.some((name) => actionByName(name)?.cryptographic === true),
      )
      const [first, ...others] = dead
      if (first === undefined || !isLive) continue
      const count = others.length === 0 ? '' : ` and ${others.length} more of this list`
      report({
        at: keySpan(test.key),
        message: `${quote(first.item.value)}${count} never ${others.length === 0 ? 'carries' : 'carry'} ${quote(test.key.key)}, only requests about grants do`,
        effect: `${others.length === 0 ? 'it is' : 'they are'} not allowed here`,
        help: 'write two statements, and keep the test with the grant operations',
        related: dead.map(({ item }) => ({ message: 'not allowed by this statement', at: item })),
        fix: {
          safety: 'safe',
          title: 'drop the dead actions',
          edits: removeValues(
            policy.where,
            action.member,
            dead.map(({ item }) => item),
          ),
        },
      })
    }
  },
}

const GRANT_KEYS = [
  'kms:grantisforawsresource',
  'kms:grantoperations',
  'kms:granteeprincipal',
  'kms:granteeserviceprincipal',
  'kms:grantconstrainttype',
  'kms:retiringprincipal',
] as const
