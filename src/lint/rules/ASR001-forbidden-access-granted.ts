/**
 * A policy allows what an assertion of the project forbids.
 *
 * Source: IAM User Guide, "IAM Access Analyzer custom policy checks".
 */
import { requestsOf } from '../facts/assertion-policy.js'
import { accountOf, compared, isComparable, witnessOf } from '../facts/compared-policies.js'
import { allowingStatement, leastCondition, spelled } from '../facts/compared-versions.js'
import { withStatements } from '../facts/key-world.js'
import type { PolicyRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const forbiddenAccessGranted: PolicyRule = {
  on: 'policy',
  id: 'ASR001',
  name: 'forbidden-access-granted',
  severity: 'error',
  precision: 'certain',
  default: 'config',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'A policy allows what an assertion of the project forbids.',
    why: 'The project says in its configuration what must never be allowed; the policy is held against it for every request.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": [\n        "kms:Decrypt",\n        "kms:ScheduleKeyDeletion"\n      ],\n      "Resource": "*"\n    }\n  ]\n}',
        project: {
          accounts: ['111122223333'],
          assertions: [
            {
              expect: 'forbidden',
              actions: ['kms:ScheduleKeyDeletion'],
              principals: ['arn:aws:iam::111122223333:role/App'],
              resources: ['*'],
            },
          ],
        },
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": [\n        "kms:Put*",\n        "kms:DescribeKey"\n      ],\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
        project: {
          accounts: ['111122223333'],
          assertions: [
            {
              expect: 'forbidden',
              actions: ['kms:ScheduleKeyDeletion'],
              principals: ['arn:aws:iam::111122223333:user/Guest'],
              resources: ['*'],
            },
          ],
        },
      },
    ],
    fix: 'Remove what allows it, or add a Deny.',
    whenToIgnore: 'Never; change the assertion instead.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'CheckAccessNotGranted' }],
    source: 'IAM User Guide, "IAM Access Analyzer custom policy checks"',
  },

  check({ policy, project }, report) {
    const { document, kind } = policy
    // Guardrails allow nothing.
    if (document === undefined || !isComparable(kind) || kind === 'scp' || kind === 'rcp') return
    const account = accountOf(policy, project)
    for (const assertion of project.assertions) {
      if (assertion.expect !== 'forbidden') continue
      const denies = requestsOf(assertion, policy, 'Deny')
      if (denies.length === 0) continue
      const { less } = compared(document, withStatements(document, [...document.statements, ...denies]), account)
      const first = leastCondition(less)
      if (first === undefined) continue
      const action = spelled(first.actions[0] ?? '')
      const who = first.callers[0]?.words ?? 'somebody'
      const statement = allowingStatement(first.before, policy)
      const witness = witnessOf(first, 'before', document, `${who} may ${action}, which the project forbids`)
      report({
        at: statement?.head ?? policy.head,
        message: `${quote(who)} may ${quote(action)}, which the project forbids${assertion.reason === undefined ? '' : `: ${quote(assertion.reason)}`}`,
        effect: 'a request that must never be allowed is allowed',
        help: 'remove what allows it, or add a Deny',
        ...(witness === undefined ? {} : { witness }),
      })
    }
  },
}
