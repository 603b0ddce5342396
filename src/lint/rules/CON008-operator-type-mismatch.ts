/**
 * An operator of another family than the type of the condition key: a string operator on a Boolean, a date operator on a number.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */
import { moveTest } from '../facts/condition-edits.js'
import { keyFacts } from '../facts/condition-key-facts.js'
import { arnFields } from '../facts/resource-entries.js'
import type { ConditionView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import type { ConditionKeyType } from '../../aws/condition-keys.js'
import type { BaseOperator } from '../../policy/document.js'
import { parseBool } from '../../text/bool.js'
import { quote } from '../../text/escape.js'

export const operatorTypeMismatch: PolicyRule = {
  on: 'policy',
  id: 'CON008',
  name: 'operator-type-mismatch',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'An operator of another family than the type of the condition key: a string operator on a Boolean, a date operator on a number.',
    why: 'The comparison fails for values that are written otherwise than the policy has them, or always.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "aws:ViaAWSService": "true"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "Bool": {\n          "aws:ViaAWSService": "true"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Use the operator family of the key.',
    whenToIgnore: 'Where the text of the value is meant.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'TYPE_MISMATCH' },
      { tool: 'parliament', code: 'MISMATCHED_TYPE' },
    ],
    source: 'IAM User Guide, "IAM JSON policy elements: Condition operators"',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      for (const condition of statement.conditions) {
        const { parsed, key, operator } = condition
        const types = keyFacts(key.key)?.types ?? []
        if (parsed === undefined || types.length === 0 || fits(condition, types)) continue
        const better = boolOperator(condition, types)
        const wanted = types.map((type) => OPERATOR_OF_TYPE[type]).join(' or ')
        report({
          at: keySpan(operator),
          message: `${quote(operator.key)} does not fit ${quote(key.key)}, whose type is ${types.join(' or ')}`,
          effect: 'values that are written in another way do not compare',
          help: `write ${wanted}`,
          ...(better === undefined
            ? {}
            : {
                fix: {
                  safety: 'unsafe',
                  title: `write \`${better}\``,
                  edits: moveTest(policy.where, statement, condition, better),
                },
              }),
        })
      }
    }
  },
}

const OPERATOR_OF_TYPE: Readonly<Record<ConditionKeyType, string>> = {
  String: '`StringEquals` or `StringLike`',
  ARN: '`ArnEquals` or `ArnLike`',
  Bool: '`Bool`',
  Numeric: '`NumericEquals` and the like',
  Date: '`DateLessThan` and the like',
  IPAddress: '`IpAddress`',
}

function fits(condition: ConditionView, types: readonly ConditionKeyType[]): boolean {
  const base = condition.parsed?.base
  if (base === undefined || base === 'Null' || base === 'BinaryEquals') return true
  const family = familyOf(base)
  if (types.includes(family)) return true
  // String operators on ARNs have a rule of their own; ARN operators on texts that hold ARNs work.
  if (family === 'String') return types.includes('ARN')
  return (
    family === 'ARN' &&
    types.includes('String') &&
    condition.values.every(({ value, known }) => !known || arnFields(value) !== undefined)
  )
}

function familyOf(base: Exclude<BaseOperator, 'Null' | 'BinaryEquals'>): ConditionKeyType {
  if (base.startsWith('String')) return 'String'
  if (base.startsWith('Numeric')) return 'Numeric'
  if (base.startsWith('Date')) return 'Date'
  if (base === 'Bool') return 'Bool'
  return base === 'IpAddress' ? 'IPAddress' : 'ARN'
}

/** Of all families, only Bool can be written for another one without guessing. */
function boolOperator({ parsed, values }: ConditionView, types: readonly ConditionKeyType[]): string | undefined {
  if (parsed === undefined || parsed.negated || parsed.set !== undefined || !types.includes('Bool')) return undefined
  if (!values.every(({ value }) => parseBool(value) !== undefined)) return undefined
  return parsed.ifExists ? 'BoolIfExists' : 'Bool'
}
