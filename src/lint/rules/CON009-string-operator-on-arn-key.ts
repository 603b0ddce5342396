/**
 * A string operator on a condition key that holds an ARN.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */
import { moveTest } from '../facts/condition-edits.js'
import { keyFacts } from '../facts/condition-key-facts.js'
import { arnFields } from '../facts/resource-entries.js'
import type { ConditionView, TextValue } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import type { ParsedOperator } from '../../policy/operator.js'
import { quote } from '../../text/escape.js'
import { hasVariable } from '../../text/template.js'

export const stringOperatorOnArnKey: PolicyRule = {
  on: 'policy',
  id: 'CON009',
  name: 'string-operator-on-arn-key',
  severity: 'security',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: 'A string operator on a condition key that holds an ARN.',
    why: 'Under `StringLike` a `*` crosses the fields of the ARN, so a pattern matches ARNs of other accounts, Regions or services than it seems to. Where no wildcard stands before the last field the two families mean the same, and the ARN operator says it better.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringLike": {\n          "aws:PrincipalArn": "arn:aws:iam::*:role/App"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "ArnLike": {\n          "aws:PrincipalArn": "arn:aws:iam::*:role/App"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `ArnLike` or `ArnEquals`.',
    whenToIgnore: 'Where a pattern of fewer than six fields is meant, such as `*:role/x`.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS' },
      { tool: 'parliament', code: 'MISMATCHED_TYPE_BUT_USABLE' },
    ],
    source: 'IAM User Guide, "IAM JSON policy elements: Condition operators"',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      for (const condition of statement.conditions) {
        const { parsed, key, operator, values } = condition
        const types = keyFacts(key.key)?.types
        if (parsed === undefined || types?.length !== 1 || types[0] !== 'ARN' || !parsed.base.startsWith('String'))
          continue
        // Where a wildcard is taken literally, that is what is wrong.
        if (parsed.base !== 'StringLike' && values.some(({ value }) => /[*?]/.test(value))) continue
        const crossing = parsed.base === 'StringLike' ? values.find(canCross) : undefined
        // What only tests for presence is told as that.
        if (values.length === 0 || values.some(({ value }) => /^\*+$/.test(value))) continue
        const better = arnOperator(parsed)
        report({
          at: keySpan(operator),
          message: `${quote(operator.key)} compares ${quote(key.key)}, an ARN, as text`,
          effect:
            crossing === undefined
              ? 'it means the same as the ARN operator here'
              : `in ${quote(crossing.value)} a \`*\` also stands for \`:\`, so it matches ARNs with other fields`,
          help: `write \`${better}\``,
          severity: crossing === undefined ? 'suggestion' : 'security',
          fix: {
            safety: isSame(condition) ? 'safe' : 'unsafe',
            title: `write \`${better}\``,
            edits: moveTest(policy.where, statement, condition, better),
          },
        })
      }
    }
  },
}

/** A wildcard before the last field, or in a pattern that has not all of them. */
function canCross({ value }: TextValue): boolean {
  const fields = arnFields(value)
  if (fields === undefined) return value.includes('*')
  const { partition, service, region, account } = fields
  return [partition, service, region, account].some((field) => field.includes('*'))
}

function arnOperator({ set, base, negated, ifExists }: ParsedOperator): string {
  const form = base === 'StringLike' ? 'Like' : 'Equals'
  return `${set === undefined ? '' : `${set}:`}Arn${negated ? 'Not' : ''}${form}${ifExists ? 'IfExists' : ''}`
}

/** Both families compare so: six whole fields, wildcards in the last at most, and none where text is literal. */
function isSame({ parsed, values }: ConditionView): boolean {
  if (parsed?.base === 'StringEqualsIgnoreCase') return false
  return values.every((value) => {
    if (!value.known || hasVariable(value.value) || arnFields(value.value) === undefined || canCross(value))
      return false
    const hasWildcard = /[*?]/.test(value.value)
    // A `?` before the last field could stand for a colon; in the last one both read it alike.
    return parsed?.base === 'StringLike' ? !/[?][^:]*:/.test(value.value) : !hasWildcard
  })
}
