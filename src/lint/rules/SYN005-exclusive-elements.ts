/**
 * A statement that has an element and its negation: `Action` with `NotAction`, `Resource` with `NotResource`, `Principal` with `NotPrincipal`.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 */
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'

export const exclusiveElements: PolicyRule = {
  on: 'policy',
  id: 'SYN005',
  name: 'exclusive-elements',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'A statement that has an element and its negation: `Action` with `NotAction`, `Resource` with `NotResource`, `Principal` with `NotPrincipal`.',
    why: 'AWS refuses the policy: the two would say different things about the same request.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Deny",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "NotAction": "s3:*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Deny",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Keep one of the two.',
    whenToIgnore: 'Never.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'UNSUPPORTED_ELEMENT_COMBINATION' },
      { tool: 'parliament', code: 'MALFORMED' },
    ],
    source: 'IAM User Guide, "Grammar of the IAM JSON policy language"',
  },
  check({ policy }, report) {
    for (const { members } of policy.statements) {
      for (const name of ['Principal', 'Action', 'Resource']) {
        const [first, second] = members.filter(({ key }) => key === name || key === `Not${name}`)
        if (first === undefined || second === undefined) continue
        report({
          at: keySpan(second),
          message: `the statement has \`${first.key}\` and \`${second.key}\``,
          effect: 'AWS refuses the policy',
          help: 'keep one of the two',
          related: [{ message: 'the other one', at: keySpan(first) }],
        })
      }
    }
  },
}
