/**
 * A policy variable that names an unknown or multi-valued key, or, where that opens something, a key that some requests do not carry, without a default.
 *
 * Source: IAM User Guide, "IAM policy elements: Variables and tags".
 */
import { replaceText } from '../edits.js'
import { besidesSubstitutions } from '../facts/forgotten-substitution.js'
import { keyFacts, keyPresence, similarKey } from '../facts/condition-key-facts.js'
import type { ConditionView, PolicyView, StatementView, TextValue } from '../policy-view.js'
import type { PolicyRule, Report, ReportedFinding } from '../rule.js'
import { quote } from '../../text/escape.js'
import { hasVariable, parseTemplate, type VariablePart } from '../../text/template.js'

export const variableWithoutValue: PolicyRule = {
  on: 'policy',
  id: 'VAR002',
  name: 'variable-without-value',
  severity: 'warning',
  precision: 'high',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'A policy variable that names an unknown or multi-valued key, or, where that opens something, a key that some requests do not carry, without a default.',
    why: 'A variable without a value matches nothing: the Deny does not bite. Under a negated operator it matches everything: the Deny hits everybody who lacks the key, or the Allow lets them in.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    },\n    {\n      "Effect": "Deny",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringNotEquals": {\n          "kms:EncryptionContext:team": "${aws:PrincipalTag/team}"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    },\n    {\n      "Effect": "Deny",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringNotEquals": {\n          "kms:EncryptionContext:team": "${aws:PrincipalTag/team, \'none\'}"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: "Give it a default, as in `${aws:PrincipalTag/team, 'none'}`, or test that the key is there.",
    whenToIgnore: 'Where every principal concerned has the key.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'INVALID_VARIABLE_FOR_OPERATOR' }],
    source: 'IAM User Guide, "IAM policy elements: Variables and tags"',
  },
  check({ policy, template }, reportAll) {
    const report = besidesSubstitutions(template, reportAll)
    if (policy.version?.value !== '2012-10-17') return
    const causes = new Map<string, ReportedFinding>()
    // One variable that goes wrong in one way is one cause, wherever it stands.
    const add: Report = (finding) => {
      const cause = `${finding.message}
${finding.effect ?? ''}`
      const first = causes.get(cause)
      const related = first === undefined ? [] : [...(first.related ?? []), { message: 'here as well', at: finding.at }]
      causes.set(cause, first === undefined ? finding : { ...first, related })
    }
    for (const statement of policy.statements) {
      const { resource, conditions } = statement
      for (const item of resource?.items ?? []) {
        const opens = statement.effect === 'Deny' ? denyEffect(resource?.negated === true) : undefined
        checkValue(item, opens, statement, policy, add)
      }
      for (const condition of conditions) {
        for (const item of condition.values) checkValue(item, effectOf(condition, statement), statement, policy, add)
      }
    }
    for (const finding of causes.values()) report(finding)
  },
}

function denyEffect(isNegated: boolean): string {
  return isNegated
    ? 'without a value it matches nothing, so the Deny hits every resource'
    : 'without a value it matches nothing, so the Deny does not bite'
}

/** What goes wrong when the variable has no value; undefined where the request is merely not allowed. */
function effectOf({ parsed }: ConditionView, { effect }: StatementView): string | undefined {
  if (parsed === undefined || effect === undefined) return undefined
  if (effect === 'Deny') {
    return parsed.negated
      ? 'without a value nothing equals it, so the Deny hits whoever lacks the key'
      : 'without a value it equals nothing, so the Deny does not bite'
  }
  return parsed.negated ? 'without a value nothing equals it, so whoever lacks the key is let in' : undefined
}

/** A test beside it says what is to happen when the key is not there. */
function isGuarded(key: string, { conditions }: StatementView): boolean {
  return conditions.some(
    ({ parsed, key: other }) => parsed?.base === 'Null' && other.key.toLowerCase() === key.toLowerCase(),
  )
}

function checkValue(
  item: TextValue,
  opens: string | undefined,
  statement: StatementView,
  policy: PolicyView,
  report: Report,
): void {
  if (!item.known || !hasVariable(item.value)) return
  const template = parseTemplate(item.value)
  if (!template.ok) return
  for (const part of template.value) {
    if (part.kind !== 'variable') continue
    checkVariable(part, item, isGuarded(part.key, statement) ? undefined : opens, policy, report)
  }
}

function checkVariable(
  { key, start, end, default: fallback }: VariablePart,
  item: TextValue,
  opens: string | undefined,
  { where }: PolicyView,
  report: Report,
): void {
  const facts = keyFacts(key)
  const nothing = 'it has no value, so the pattern matches nothing'
  if (facts === undefined) {
    const meant = similarKey(key)
    report({
      at: item,
      message: `${quote(`\${${key}}`)} names a condition key that is not known`,
      effect: opens ?? nothing,
      help: meant === undefined ? 'correct the name' : `did you mean \`${meant}\`?`,
    })
  } else if (facts.multi === true) {
    report({
      at: item,
      message: `${quote(key)} has several values, and a policy variable stands for one`,
      effect: opens ?? nothing,
      help: 'use a key with one value',
    })
  } else if (
    fallback === undefined &&
    opens !== undefined &&
    facts.origin === 'global' &&
    keyPresence(key) === 'sometimes'
  ) {
    const better = `${item.value.slice(0, end - 1)}, 'none'}${item.value.slice(end)}`
    report({
      at: item,
      message: `some requests do not carry ${quote(key)}, and ${quote(item.value.slice(start, end))} has no default`,
      effect: opens,
      help: `write \`\${${key}, 'none'}\`, or test that the key is there`,
      fix: { safety: 'unsafe', title: 'give it a default', edits: replaceText(where, item, better) },
    })
  }
}
