/**
 * `Null` with `IfExists` or a set operator, or with a value other than `true` and `false`.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (Null).
 */
import { renameKey } from '../edits.js'
import { isNullForm } from '../facts/null-form.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { parseBool } from '../../text/bool.js'
import { quote } from '../../text/escape.js'

export const nullMisuse: PolicyRule = {
  on: 'policy',
  id: 'CON013',
  name: 'null-misuse',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: '`Null` with `IfExists` or a set operator, or with a value other than `true` and `false`.',
    why: '`Null` asks whether the key is there. `NullIfExists` does not exist, a set operator makes the answer the same for every request, and another value is never the answer.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "NullIfExists": {\n          "kms:ViaService": "false"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "Null": {\n          "kms:ViaService": "false"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `Null` with `true` or `false`.',
    whenToIgnore: 'Never.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'NULL_WITH_IF_EXISTS' },
      { tool: 'IAM Access Analyzer', code: 'NULL_WITH_QUALIFIER' },
      { tool: 'parliament', code: 'MISMATCHED_TYPE_OPERATION_TO_NULL' },
    ],
    source: 'IAM User Guide, "IAM JSON policy elements: Condition operators" (Null)',
  },
  check({ policy }, report) {
    for (const { conditionMember, conditions } of policy.statements) {
      if (conditionMember?.value.kind !== 'object') continue
      const operators = conditionMember.value.members
      for (const member of operators) {
        if (member.key === 'Null' || !isNullForm(member.key)) continue
        const hasSet = member.key.includes(':')
        const isFree = operators.every(({ key }) => key !== 'Null')
        report({
          at: keySpan(member),
          message: `${quote(member.key)} ${hasSet ? 'puts a set operator on a test for presence' : 'is no operator'}`,
          effect: hasSet ? 'the answer is the same for every request' : 'AWS refuses the policy',
          help: 'write `Null`',
          ...(isFree
            ? {
                fix: {
                  safety: hasSet ? 'unsafe' : 'safe',
                  title: 'write `Null`',
                  edits: renameKey(policy.where, member, 'Null'),
                  repair: !hasSet,
                },
              }
            : {}),
        })
      }
      for (const { parsed, values } of conditions) {
        if (parsed?.base !== 'Null') continue
        for (const item of values) {
          if (!item.known || parseBool(item.value) !== undefined) continue
          report({
            at: item,
            message: `\`Null\` is asked with ${quote(item.value)}`,
            effect: 'the test never holds',
            help: 'write `true` for "is not there" or `false` for "is there"',
          })
        }
      }
    }
  },
}
