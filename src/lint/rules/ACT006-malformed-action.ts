/**
 * An action that is not of the form `service:Name`: no colon, a wildcard in the service prefix, blanks.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Action".
 */
import { replaceText } from '../edits.js'
import { isPlaceholder } from '../facts/placeholder.js'
import type { TextValue } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { actionError } from '../../policy/action-pattern.js'
import type { PolicySource } from '../../policy/document.js'
import { ELEMENT_RULES } from '../../policy/element-rules.js'
import { quote } from '../../text/escape.js'
import { hasVariable } from '../../text/template.js'

export const malformedAction: PolicyRule = {
  on: 'policy',
  id: 'ACT006',
  name: 'malformed-action',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'An action that is not of the form `service:Name`: no colon, a wildcard in the service prefix, blanks. `*` alone is fine.',
    why: 'AWS refuses the policy, or accepts an entry that matches nothing.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt ",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `service:Name`. `--unsafe-fixes` removes blanks around the name, which makes the entry match.',
    whenToIgnore: 'Never.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'INVALID_ACTION' }],
    source: 'IAM User Guide, "IAM JSON policy elements: Action"',
  },
  check({ policy }, report) {
    for (const { action } of policy.statements) {
      if (action === undefined) continue
      for (const item of action.items) {
        // A variable in an action is told as such.
        if (item.known && !hasVariable(item.value)) checkEntry(item, policy.where, report)
      }
    }
  },
}

const BLANK = /\s/

function checkEntry(item: TextValue, where: PolicySource, report: Report): void {
  const { value } = item
  const trimmed = value.trim()
  // What a kind of policy does not take is the business of other rules; the form is that of every policy.
  const error = actionError(trimmed, ELEMENT_RULES.identity)
  if (error !== undefined && isPlaceholder(value)) {
    report({
      at: item,
      message: `${quote(value)} stands for an action that is still to be filled in`,
      effect: 'AWS refuses the policy',
      help: 'write the action',
      severity: 'info',
    })
    return
  }
  if (error !== undefined) {
    report({
      at: item,
      message: error.message,
      effect: 'AWS refuses the policy',
      help: error.hint ?? 'expected `service:Name`, as in `kms:Decrypt`',
    })
    return
  }
  if (!BLANK.test(value)) return
  const isAround = !BLANK.test(trimmed)
  report({
    at: item,
    message: `${quote(value)} has a blank${isAround ? ' around the name' : ''}`,
    effect: 'no action has one, so the entry matches nothing',
    help: isAround ? `write \`${trimmed}\`` : 'write one action in each entry',
    ...(isAround
      ? { fix: { safety: 'unsafe', title: 'remove the blanks', edits: replaceText(where, item, trimmed) } }
      : {}),
  })
}
