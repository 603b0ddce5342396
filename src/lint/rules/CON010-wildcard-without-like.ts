/**
 * `*` or `?` in a value of an operator that takes it literally.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */
import { moveTest } from '../facts/condition-edits.js'
import type { TextValue } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import type { ParsedOperator } from '../../policy/operator.js'
import { quote } from '../../text/escape.js'
import { hasVariable, parseTemplate } from '../../text/template.js'

export const wildcardWithoutLike: PolicyRule = {
  on: 'policy',
  id: 'CON010',
  name: 'wildcard-without-like',
  severity: 'error',
  precision: 'high',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: '`*` or `?` in a value of an operator that takes it literally. `${*}` and `${?}` say that this is meant.',
    why: 'The value is compared as it stands, so the test does not match what the author thought of: an Allow is lost, a Deny does not bite, a negated test always holds.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "*.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringLike": {\n          "kms:ViaService": "*.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `StringLike` or `StringNotLike`. `--unsafe-fixes` does so.',
    whenToIgnore: 'Where the character itself is meant; write `${*}` then.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'WILDCARD_WITHOUT_LIKE_OPERATOR' }],
    source: 'IAM User Guide, "IAM JSON policy elements: Condition operators"',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      for (const condition of statement.conditions) {
        const { parsed, key, values } = condition
        if (parsed === undefined || !LITERAL.has(parsed.base) || FREE_TEXT.has(key.key.toLowerCase())) continue
        const wild = values.filter(hasBareWildcard)
        const [first, ...others] = wild
        if (first === undefined) continue
        const better = likeOperator(parsed)
        report({
          at: first,
          message: `${quote(parsed.operator)} takes the wildcard in ${quote(first.value)} literally`,
          effect: parsed.negated
            ? 'no request has that value, so the test always holds'
            : 'no request has that value, so it never matches',
          help: better === undefined ? 'compare without ignoring case, by `StringLike`' : `write \`${better}\``,
          related: others.map((at) => ({ message: 'another wildcard', at })),
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

const LITERAL: ReadonlySet<string> = new Set(['StringEquals', 'StringEqualsIgnoreCase'])
/** Keys whose values come from outside of AWS and may well hold the characters. */
const FREE_TEXT: ReadonlySet<string> = new Set(['aws:referer', 'aws:useragent'])

function hasBareWildcard({ value, known }: TextValue): boolean {
  if (!known || (!value.includes('*') && !value.includes('?'))) return false
  if (!hasVariable(value)) return true
  const template = parseTemplate(value)
  // The escapes for literal characters are text parts of a template.
  return template.ok && template.value.some(({ kind }) => kind === 'wild')
}

function likeOperator({ set, base, negated, ifExists }: ParsedOperator): string | undefined {
  if (base !== 'StringEquals') return undefined
  return `${set === undefined ? '' : `${set}:`}String${negated ? 'Not' : ''}Like${ifExists ? 'IfExists' : ''}`
}
