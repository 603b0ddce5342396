/**
 * The changed policy allows some request that the older version did not.
 *
 * Source: IAM User Guide, "IAM Access Analyzer custom policy checks".
 */
import {
  allowingStatement,
  comparedVersions,
  isNoLongerDenied,
  leastCondition,
  spelled,
} from '../facts/compared-versions.js'
import { accountOf, witnessOf } from '../facts/compared-policies.js'
import { isOutside } from '../facts/outsiders.js'
import type { ComparisonRule } from '../rule.js'
import { quote } from '../../text/escape.js'

export const newAccess: ComparisonRule = {
  on: 'comparison',
  id: 'DIF001',
  name: 'new-access',
  severity: 'security',
  precision: 'certain',
  default: 'diff',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'The changed policy allows some request that the older version did not.',
    why: 'A change that is meant to take access away, or to change nothing, may give access. Both versions are compared for every request; what is shown is a request with as few conditions as can be.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": [\n        "s3:GetObject",\n        "s3:PutObject"\n      ],\n      "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*"\n    }\n  ]\n}',
        before:
          '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "s3:GetObject",\n      "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "s3:GetObject",\n      "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*"\n    }\n  ]\n}',
        before:
          '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": [\n        "s3:GetObject",\n        "s3:PutObject"\n      ],\n      "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Take the statement back, or agree to the change.',
    whenToIgnore: 'Where the access is what the change is for.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'CheckNoNewAccess' }],
    source: 'IAM User Guide, "IAM Access Analyzer custom policy checks"',
  },

  check({ before, after, project }, report) {
    const { document } = after
    // A guardrail allows nothing: what it says is told by its Denies.
    if (document === undefined || after.kind === 'scp' || after.kind === 'rcp') return
    const account = accountOf(after, project)
    const { more } = comparedVersions(before, after, account)
    const inside = more.filter((difference) => after.kind !== 'key' || !isOutside(difference, after, project))
    // What lets in others as well, or is allowed again without a Deny, is told as that.
    const open = new Set(
      more.flatMap((difference) => (inside.includes(difference) ? [] : [allowingStatement(difference.after, after)])),
    )
    const alone = inside.filter(
      (difference) =>
        !open.has(allowingStatement(difference.after, after)) && !isNoLongerDenied(difference, before, after),
    )
    const first = leastCondition(alone) ?? leastCondition(inside)
    if (first === undefined) return
    const [caller] = first.callers
    const action = spelled(first.actions[0] ?? '')
    const who = caller === undefined || caller.words === '' ? 'its holder' : caller.words
    const statement = allowingStatement(first.after, after)
    const count = first.actions.length + (first.moreActions ?? 0) - 1
    const witness = witnessOf(first, 'after', document, `${who} may ${action}, which the older version did not allow`)
    report({
      at: statement?.head ?? after.head,
      message: `new access: ${quote(who)} may ${quote(action)}${count > 0 ? ` and ${count} more` : ''}`,
      effect: 'the older version did not allow it',
      help: 'take it back, or agree to the change',
      ...(witness === undefined ? {} : { witness }),
    })
  },
}
