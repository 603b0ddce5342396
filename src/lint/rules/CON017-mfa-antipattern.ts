/**
 * A Deny under `Bool` with `aws:MultiFactorAuthPresent` `false`, or an Allow under `BoolIfExists` with `true`.
 *
 * Source: IAM User Guide, "AWS global condition context keys" (aws:MultiFactorAuthPresent).
 */
import { moveTest } from '../facts/condition-edits.js'
import type { ConditionView, PolicyView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { parseBool } from '../../text/bool.js'

export const mfaAntipattern: PolicyRule = {
  on: 'policy',
  id: 'CON017',
  name: 'mfa-antipattern',
  severity: 'security',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'key', 'resource', 'scp'],
  fix: 'unsafe',

  docs: {
    what: 'A Deny under `Bool` with `aws:MultiFactorAuthPresent` `false`, or an Allow under `BoolIfExists` with `true`.',
    why: 'Requests with long-term access keys do not carry the key. The Deny does not reach them, and the Allow lets them in, without any second factor.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    },\n    {\n      "Sid": "Mfa",\n      "Effect": "Deny",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "Bool": {\n          "aws:MultiFactorAuthPresent": "false"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    },\n    {\n      "Sid": "Mfa",\n      "Effect": "Deny",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "BoolIfExists": {\n          "aws:MultiFactorAuthPresent": "false"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `BoolIfExists` in the Deny and `Bool` in the Allow.',
    whenToIgnore: 'Where another statement denies requests that lack the key.',
    equivalents: [
      { tool: 'parliament', code: 'BAD_PATTERN_FOR_MFA' },
      { tool: 'IAM Policy Validator for AWS CloudFormation', code: 'mfa_condition_antipattern' },
    ],
    source: 'IAM User Guide, "AWS global condition context keys" (aws:MultiFactorAuthPresent)',
  },
  check({ policy }, report) {
    const isAbsenceDenied = policy.statements.some(
      ({ effect, conditions }) => effect === 'Deny' && conditions.some((condition) => isNullTest(condition, true)),
    )
    for (const statement of policy.statements) {
      const { effect, conditions } = statement
      const wanted = effect === 'Deny' ? false : effect === 'Allow' ? true : undefined
      if (wanted === undefined || conditions.some((condition) => isNullTest(condition, false))) continue
      for (const condition of conditions) {
        const { parsed, operator, values } = condition
        if (parsed?.base !== 'Bool' || parsed.set !== undefined || !isMfaKey(condition)) continue
        if (parsed.ifExists !== wanted || !values.some(({ value }) => parseBool(value) === wanted)) continue
        if (!wanted && isAbsenceDenied) continue
        const better = wanted ? 'Bool' : 'BoolIfExists'
        report({
          at: keySpan(operator),
          message: `\`${operator.key}\` ${wanted ? 'also holds' : 'does not hold'} where \`aws:MultiFactorAuthPresent\` is not there`,
          effect: wanted
            ? 'long-term access keys are let in without a second factor'
            : 'the Deny does not reach long-term access keys',
          help: `write \`${better}\``,
          fix: {
            safety: 'unsafe',
            title: `write \`${better}\``,
            edits: moveTest(policy.where, statement, condition, better),
          },
        })
      }
    }
  },
}

function isMfaKey({ key }: PolicyView['statements'][number]['conditions'][number]): boolean {
  return key.key.toLowerCase() === 'aws:multifactorauthpresent'
}

function isNullTest(condition: ConditionView, value: boolean): boolean {
  return (
    condition.parsed?.base === 'Null' &&
    isMfaKey(condition) &&
    condition.values.some((item) => parseBool(item.value) === value)
  )
}
