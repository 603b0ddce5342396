/**
 * The changed key policy lets in somebody outside of the own accounts whom the older version kept out.
 *
 * Source: IAM User Guide, "IAM Access Analyzer custom policy checks".
 */
import { allowingStatement, comparedVersions, leastCondition, spelled } from '../facts/compared-versions.js'
import { accountOf, witnessOf } from '../facts/compared-policies.js'
import { isOutside } from '../facts/outsiders.js'
import type { ComparisonRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const becamePublicOrExternal: ComparisonRule = {
  on: 'comparison',
  id: 'DIF002',
  name: 'became-public-or-external',
  severity: 'security',
  precision: 'certain',
  default: 'diff',
  kinds: 'all',
  fix: 'no',
  supersedes: ['DIF001'],

  docs: {
    what: 'The changed key policy lets in somebody outside of the own accounts whom the older version kept out.',
    why: 'Access from outside of the account, let alone by anybody, is seldom what a change is about.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::444455556666:role/Partner"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
        before:
          '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    }\n  ]\n}',
        project: { accounts: ['111122223333'] },
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    }\n  ]\n}',
        before:
          '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::444455556666:role/Partner"\n      },\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
        project: { accounts: ['111122223333'] },
      },
    ],
    fix: 'Take it back, or list the account among the `accounts` of the configuration.',
    whenToIgnore: 'Where the other account is meant to come in.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'CheckNoPublicAccess' }],
    source: 'IAM User Guide, "IAM Access Analyzer custom policy checks"',
  },

  check({ before, after, project }, report) {
    const { document } = after
    if (document === undefined || after.kind !== 'key') return
    const account = accountOf(after, project)
    const outside = comparedVersions(before, after, account).more.filter((difference) =>
      isOutside(difference, after, project),
    )
    const first = leastCondition(outside)
    if (first === undefined) return
    const caller = first.callers.find((one) => one.accountId !== account) ?? first.callers[0]
    const action = spelled(first.actions[0] ?? '')
    const isPublic =
      caller?.standing === 'stranger' &&
      caller.accountId !== undefined &&
      !JSON.stringify(document.statements).includes(caller.accountId)
    const who = caller?.words ?? 'somebody'
    const statement = allowingStatement(first.after, after)
    const witness = witnessOf(first, 'after', document, `${who} may ${action}, which the older version did not allow`)
    report({
      at: statement?.head ?? after.head,
      message: isPublic
        ? `the key has become public: ${quote(who)} may ${quote(action)}`
        : `new access from outside: ${quote(who)} may ${quote(action)}`,
      effect: 'the older version kept them out',
      help: 'take it back, or list the account among the `accounts` of the configuration',
      ...(witness === undefined ? {} : { witness }),
    })
  },
}
