/**
 * A wildcard inside the ARN or name of a principal.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: Principal".
 */
import { insertMember, replaceNode } from '../edits.js'
import { hasWildcard } from '../facts/principal-form.js'
import type { PolicyView, PrincipalEntryView, StatementView } from '../policy-view.js'
import type { Fix, PolicyRule } from '../rule.js'
import { isAccountId, splitArn } from '../../text/arn.js'
import { quote } from '../../text/escape.js'

export const wildcardInPrincipalArn: PolicyRule = {
  on: 'policy',
  id: 'PRI002',
  name: 'wildcard-in-principal-arn',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['key', 'trust', 'resource', 'vpce'],
  fix: 'unsafe',

  docs: {
    what: 'A wildcard inside the ARN or name of a principal. Only the whole value `"*"` may be one.',
    why: 'AWS refuses the policy, or the entry matches nobody: it is compared as written.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/app-*"\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": "*",\n      "Action": "kms:Encrypt",\n      "Resource": "*",\n      "Condition": {\n        "ArnLike": {\n          "aws:PrincipalArn": "arn:aws:iam::111122223333:role/app-*"\n        },\n        "StringEquals": {\n          "aws:PrincipalAccount": "111122223333"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `"*"` and limit it with `ArnLike` on `aws:PrincipalArn` and with the account. `--unsafe-fixes` does so where the entry stands alone.',
    whenToIgnore: 'Never.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'UNSUPPORTED_WILDCARD_IN_PRINCIPAL' }],
    source: 'IAM User Guide, "AWS JSON policy elements: Principal"',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      const wild = statement.principal?.entries.filter(isWildInside) ?? []
      const [first, ...others] = wild
      if (first === undefined) continue
      const isService = first.type === 'Service'
      const fix = others.length === 0 ? fixOf(statement, first, policy) : undefined
      report({
        at: first,
        message: `${quote(first.value)} has a wildcard inside`,
        effect: 'AWS refuses the policy: principals are compared as written',
        help: isService
          ? 'name each service'
          : 'write `"*"`, and limit it with `ArnLike` on `aws:PrincipalArn` and with the account',
        related: others.map((at) => ({ message: `${quote(at.value)} as well`, at })),
        ...(fix === undefined ? {} : { fix }),
      })
    }
  },
}

function isWildInside({ known, type, value, entry }: PrincipalEntryView): boolean {
  return known && type !== '*' && entry === undefined && hasWildcard(value)
}

function fixOf(statement: StatementView, entry: PrincipalEntryView, { where }: PolicyView): Fix | undefined {
  const { principal, node, conditionMember, effect } = statement
  const account = splitArn(entry.value)?.account ?? ''
  if (principal === undefined || principal.negated || principal.entries.length > 1) return undefined
  if (effect !== 'Allow' || node.kind !== 'object' || conditionMember !== undefined || !isAccountId(account))
    return undefined
  return {
    safety: 'unsafe',
    title: 'write `"*"` and test `aws:PrincipalArn`',
    repair: true,
    edits: [
      ...replaceNode(where, principal.member.value, '*'),
      ...insertMember(where, node, 'Condition', {
        ArnLike: { 'aws:PrincipalArn': entry.value },
        StringEquals: { 'aws:PrincipalAccount': account },
      }),
    ],
  }
}
