/**
 * An element whose name is not in the grammar of this kind of policy: a slip of the pen, wrong case, or an element of another kind.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 */
import { renameKey } from '../edits.js'
import type { PolicyRule, Report } from '../rule.js'
import { keySpan } from '../spans.js'
import type { PolicySource } from '../../policy/document.js'
import { DOCUMENT_ELEMENTS, ELEMENT_RULES, STATEMENT_ELEMENTS } from '../../policy/element-rules.js'
import { quote } from '../../text/escape.js'
import { didYouMean } from '../../text/suggest.js'
import type { Member } from '../../text/syntax-tree.js'

export const unknownElement: PolicyRule = {
  on: 'policy',
  id: 'SYN003',
  name: 'unknown-element',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'An element whose name is not in the grammar of this kind of policy: a slip of the pen, wrong case, or an element of another kind.',
    why: 'AWS refuses the policy. A program that ignores the element would lose what it restricts.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Conditions": {\n        "StringEquals": {\n          "aws:RequestedRegion": "us-west-2"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "aws:RequestedRegion": "us-west-2"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Use the documented name. `--unsafe-fixes` renames near misses.',
    whenToIgnore: 'Never in a policy; exclude files that are no policies.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'INVALID_POLICY_ELEMENT' },
      { tool: 'parliament', code: 'MALFORMED' },
    ],
    source: 'IAM User Guide, "Grammar of the IAM JSON policy language"',
  },
  check({ policy }, report) {
    const { where, root } = policy
    const rules = ELEMENT_RULES[policy.kind]
    if (root.kind === 'object') {
      reportUnknown(root.members, DOCUMENT_ELEMENTS, STATEMENT_ELEMENTS, 'in a statement', where, report)
      const id = root.members.find(({ key }) => key === 'Id')
      if (id !== undefined && rules.id === 'forbidden') {
        reportForeign(id, rules.called, '`Id` belongs to resource-based policies', report)
      }
    }
    for (const { members } of policy.statements) {
      reportUnknown(members, STATEMENT_ELEMENTS, DOCUMENT_ELEMENTS, 'beside `Statement`', where, report)
      if (rules.resource !== 'forbidden') continue
      for (const member of members) {
        if (member.key !== 'Resource' && member.key !== 'NotResource') continue
        reportForeign(member, rules.called, 'remove it: the resource is the role the policy belongs to', report)
      }
    }
  },
}

function reportUnknown(
  members: readonly Member[],
  known: readonly string[],
  elsewhere: readonly string[],
  place: string,
  where: PolicySource,
  report: Report,
): void {
  for (const member of members) {
    const { key } = member
    if (known.includes(key)) continue
    const isMisplaced = elsewhere.includes(key)
    const meant = isMisplaced ? undefined : didYouMean(key, known, 2)
    const canRename = meant !== undefined && !members.some((other) => other.key === meant)
    report({
      at: keySpan(member),
      message: `there is no element ${quote(key)} here`,
      effect: 'AWS refuses the policy, and what the element was to say has no effect',
      help: isMisplaced
        ? `\`${key}\` belongs ${place}`
        : meant === undefined
          ? 'remove it'
          : `did you mean \`${meant}\`?`,
      ...(canRename
        ? {
            fix: {
              safety: 'unsafe',
              title: `rename it to \`${meant}\``,
              edits: renameKey(where, member, meant),
              repair: true,
            },
          }
        : {}),
    })
  }
}

function reportForeign(member: Member, called: string, help: string, report: Report): void {
  report({
    at: keySpan(member),
    message: `${called} has no \`${member.key}\``,
    effect: 'AWS refuses the policy',
    help,
    dependsOnKind: true,
  })
}
