/**
 * A value that the condition key can never have, or that its operator cannot compare: no date, number, Boolean, address range or ARN; an account that is not twelve digits; an organization, VPC or endpoint id of another form; a KMS constant that does not exist.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators"; KMS Developer Guide, "AWS KMS condition keys".
 */
import { replaceText } from '../edits.js'
import { faultOfValue, type ValueFault } from '../facts/value-format.js'
import { isPlaceholderField } from '../facts/placeholder.js'
import type { ConditionView, PolicyView, TextValue } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { quote } from '../../text/escape.js'
import { hasVariable } from '../../text/template.js'

export const invalidValueFormat: PolicyRule = {
  on: 'policy',
  id: 'CON011',
  name: 'invalid-value-format',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'A value that the condition key can never have, or that its operator cannot compare: no date, number, Boolean, address range or ARN; an account that is not twelve digits; an organization, VPC or endpoint id of another form; a KMS constant that does not exist.',
    why: 'The test never matches. With a value that cannot be compared the statement does not apply at all, also where the operator is negated.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:KeySpec": "AES_256"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:KeySpec": "SYMMETRIC_DEFAULT"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Correct the value. `--unsafe-fixes` writes the nearest constant.',
    whenToIgnore: 'For a KMS constant that is newer than the tables.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'INVALID_DATE_VALUE' },
      { tool: 'IAM Access Analyzer', code: 'INVALID_VPC_IDENTIFIER_FORMAT' },
      { tool: 'IAM Access Analyzer', code: 'INVALID_VPC_ENDPOINT_IDENTIFIER_FORMAT' },
    ],
    source:
      'IAM User Guide, "IAM JSON policy elements: Condition operators"; KMS Developer Guide, "AWS KMS condition keys"',
  },
  check({ policy }, report) {
    const open = new Map<string, TextValue[]>()
    for (const { conditions } of policy.statements) {
      for (const condition of conditions) {
        const { parsed, key, values } = condition
        // The values of Null have a rule of their own.
        if (parsed === undefined || parsed.base === 'Null') continue
        const wrong: Wrong[] = []
        for (const item of values) {
          if (!item.known || hasVariable(item.value)) continue
          const fault = faultOfValue(key.key, parsed, item.value)
          if (fault === undefined) continue
          if (!item.value.split(':').some(isPlaceholderField)) wrong.push({ item, fault })
          else open.set(item.value, [...(open.get(item.value) ?? []), item])
        }
        const [first, ...others] = wrong
        if (first !== undefined) reportWrong(condition, first, others, policy, report)
      }
    }
    for (const [value, [first, ...others]] of open) {
      if (first === undefined) continue
      report({
        at: first,
        message: `${quote(value)} is still to be filled in`,
        effect: 'no request has it',
        help: 'write the value',
        severity: 'info',
        related: others.map((at) => ({ message: 'here as well', at })),
      })
    }
  },
}

interface Wrong {
  readonly item: TextValue
  readonly fault: ValueFault
}

function reportWrong(
  { parsed, key }: ConditionView,
  { item, fault }: Wrong,
  others: readonly Wrong[],
  { where }: PolicyView,
  report: Report,
): void {
  const { better } = fault
  report({
    at: item,
    message: `${quote(item.value)} is no value of ${quote(key.key)}`,
    effect: fault.isIncomparable
      ? 'it cannot be compared, so the statement does not apply'
      : parsed?.negated === true
        ? 'no request has it, so it excludes nothing'
        : 'no request has it, so it never matches',
    help: better === undefined ? `write ${fault.wanted}` : `did you mean \`${better}\`?`,
    related: others.map((other) => ({ message: `${quote(other.item.value)} neither`, at: other.item })),
    ...(better === undefined
      ? {}
      : { fix: { safety: 'unsafe', title: `write \`${better}\``, edits: replaceText(where, item, better) } }),
  })
}
