/**
 * Two condition keys of one operator block that differ in case alone.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition".
 */
import { removeMembers, replaceNode } from '../edits.js'
import type { PolicyView } from '../policy-view.js'
import type { Fix, PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { quote } from '../../text/escape.js'
import { nodeToValue, type Member, type ObjectNode } from '../../text/syntax-tree.js'

export const keysDifferByCase: PolicyRule = {
  on: 'policy',
  id: 'CON014',
  name: 'keys-differ-by-case',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'Two condition keys of one operator block that differ in case alone.',
    why: 'Keys compare without case, so this is one key twice; AWS refuses the policy.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "aws:PrincipalTag/Team": "core",\n          "aws:principaltag/team": "base"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "aws:PrincipalTag/Team": [\n            "core",\n            "base"\n          ]\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Merge the two. `--unsafe-fixes` writes one list of all values.',
    whenToIgnore: 'Never.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'DUPLICATE_KEYS_WITH_DIFFERENT_CASE' }],
    source: 'IAM User Guide, "IAM JSON policy elements: Condition"',
  },
  check({ policy }, report) {
    for (const { conditionMember } of policy.statements) {
      if (conditionMember?.value.kind !== 'object') continue
      for (const { value: block } of conditionMember.value.members) {
        if (block.kind !== 'object') continue
        for (const [first, ...others] of sameKeys(block)) {
          const [second, ...more] = others
          if (first === undefined || second === undefined) continue
          report({
            at: keySpan(second),
            message: `${quote(second.key)} and ${quote(first.key)} are one condition key`,
            effect: 'AWS refuses the policy',
            help: 'merge the two',
            related: [first, ...more].map((member) => ({ message: 'the same key', at: keySpan(member) })),
            fix: fixOf(block, first, others, policy),
          })
        }
      }
    }
  },
}

function sameKeys({ members }: ObjectNode): readonly (readonly Member[])[] {
  const byKey = new Map<string, Member[]>()
  for (const member of members) {
    const lower = member.key.toLowerCase()
    const same = byKey.get(lower)
    if (same === undefined) byKey.set(lower, [member])
    else same.push(member)
  }
  return [...byKey.values()].filter((same) => same.length > 1)
}

function fixOf(block: ObjectNode, first: Member, others: readonly Member[], { where }: PolicyView): Fix {
  const all = [first, ...others].flatMap(({ value }) => nodeToValue(value))
  return {
    safety: 'unsafe',
    title: 'write one list of all values',
    edits: [...replaceNode(where, first.value, [...new Set(all)]), ...removeMembers(where, block, others)],
    repair: true,
  }
}
