/**
 * A policy variable that cannot be read (no closing brace or quote, a blank in its name, no name at all), or one where none is allowed: in a principal, an action, the name of a condition key, an ARN before the fifth colon, or a value of an operator that takes none.
 *
 * Source: IAM User Guide, "IAM policy elements: Variables and tags".
 */
import type { ConditionView, PolicyView, StatementView, TextValue } from '../policy-view.js'
import { besidesSubstitutions } from '../facts/forgotten-substitution.js'
import type { PolicyRule, Report } from '../rule.js'
import { keySpan } from '../spans.js'
import { spanInString } from '../../policy/string-place.js'
import { parseArnPattern } from '../../text/arn-pattern.js'
import { quote } from '../../text/escape.js'
import { hasVariable, parseTemplate } from '../../text/template.js'

export const malformedVariable: PolicyRule = {
  on: 'policy',
  id: 'VAR001',
  name: 'malformed-variable',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'A policy variable that cannot be read (no closing brace or quote, a blank in its name, no name at all), or one where none is allowed: in a principal, an action, the name of a condition key, an ARN before the fifth colon, or a value of an operator that takes none.',
    why: 'AWS refuses the policy, or compares the text as it stands.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:EncryptionContext:user": "${aws:username"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:EncryptionContext:user": "${aws:username}"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: "Write `${key}` or `${key, 'default'}` in a resource behind the fifth colon or in a value of a string or ARN operator.",
    whenToIgnore: 'In text that another tool replaces before deployment.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'MISSING_BRACE' },
      { tool: 'IAM Access Analyzer', code: 'QUOTE_IN_VARIABLE' },
      { tool: 'IAM Access Analyzer', code: 'EMPTY_VARIABLE' },
      { tool: 'IAM Access Analyzer', code: 'UNSUPPORTED_SPACE' },
      { tool: 'IAM Access Analyzer', code: 'VARIABLE_UNSUPPORTED_IN_ELEMENT' },
    ],
    source: 'IAM User Guide, "IAM policy elements: Variables and tags"',
  },
  check({ policy, template }, reportAll) {
    const report = besidesSubstitutions(template, reportAll)
    // Under the older version `${` is plain text, which another rule says.
    if (policy.version?.value !== '2012-10-17') return
    for (const statement of policy.statements) {
      checkForbidden(statement, report)
      for (const item of statement.resource?.items ?? []) checkResource(item, policy, report)
      for (const condition of statement.conditions) checkCondition(condition, policy, report)
    }
  },
}

function isWritten({ known, value }: TextValue): boolean {
  return known && hasVariable(value)
}

function checkForbidden({ principal, action, conditions }: StatementView, report: Report): void {
  const reportVariable = (at: TextValue, what: string): void => {
    report({
      at,
      message: `${what} ${quote(at.value)} has a policy variable`,
      effect: 'it is compared as plain text, and matches nothing',
      help: 'variables stand in resources and condition values only',
    })
  }
  for (const entry of principal?.entries ?? []) if (isWritten(entry)) reportVariable(entry, 'the principal')
  for (const item of action?.items ?? []) if (isWritten(item)) reportVariable(item, 'the action')
  for (const { key } of conditions) {
    if (!hasVariable(key.key)) continue
    report({
      at: keySpan(key),
      message: `the name of the condition key ${quote(key.key)} has a policy variable`,
      effect: 'it is plain text there, so no request carries the key',
      help: 'write the name of the key; variables stand in its values',
    })
  }
}

function checkResource(item: TextValue, policy: PolicyView, report: Report): void {
  if (!isWritten(item)) return
  const { value } = item
  const template = parseTemplate(value)
  const parsed = template.ok
    ? parseArnPattern(value, { place: 'resource', variables: true, completes: true })
    : template
  // What is no ARN at all is told elsewhere.
  if (parsed.ok || (template.ok && !value.startsWith('arn:'))) return
  const { message, start, end, hint } = parsed.error
  if (template.ok && !message.includes('variable')) return
  report({
    at: spanInString(policy.where.source.text, item.node, value, start, end),
    message: `${quote(value)}: ${message}`,
    effect: 'AWS refuses the policy',
    ...(hint === undefined ? {} : { help: hint }),
  })
}

function checkCondition({ parsed, values }: ConditionView, policy: PolicyView, report: Report): void {
  if (parsed === undefined) return
  for (const item of values) {
    if (!isWritten(item)) continue
    const { value } = item
    // The documentation disagrees on Bool.
    if (parsed.base === 'Bool') continue
    if (!TEMPLATED.has(parsed.base)) {
      report({
        at: item,
        message: `${quote(parsed.operator)} takes no policy variable, found ${quote(value)}`,
        effect: 'it is compared as plain text, and matches nothing',
        help: 'write the value',
      })
      continue
    }
    const template = parseTemplate(value)
    if (template.ok) continue
    const { message, start, end, hint } = template.error
    report({
      at: spanInString(policy.where.source.text, item.node, value, start, end),
      message: `${quote(value)}: ${message}`,
      effect: 'AWS refuses the policy',
      ...(hint === undefined ? {} : { help: hint }),
    })
  }
}

const TEMPLATED: ReadonlySet<string> = new Set(['StringEquals', 'StringEqualsIgnoreCase', 'StringLike', 'ArnLike'])
