/**
 * A Deny with `NotPrincipal`.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal".
 */
import { insertMember, renameKey, replaceNode } from '../edits.js'
import type { PolicyView, PrincipalEntryView, StatementView } from '../policy-view.js'
import type { Fix, PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { splitArn } from '../../text/arn.js'
import { quote } from '../../text/escape.js'

export const denyNotPrincipal: PolicyRule = {
  on: 'policy',
  id: 'PRI007',
  name: 'deny-not-principal',
  severity: 'warning',
  precision: 'high',
  default: 'on',
  kinds: ['key', 'resource', 'vpce'],
  fix: 'unsafe',

  docs: {
    what: 'A Deny with `NotPrincipal`.',
    why: 'It also denies every principal that has a permissions boundary, whatever is listed. A listed role is not exempt unless its account and each of its sessions are listed too.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Deny",\n      "NotPrincipal": {\n        "AWS": "arn:aws:iam::111122223333:role/Admin"\n      },\n      "Action": "kms:ScheduleKeyDeletion",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Deny",\n      "Principal": "*",\n      "Action": "kms:ScheduleKeyDeletion",\n      "Resource": "*",\n      "Condition": {\n        "ArnNotEquals": {\n          "aws:PrincipalArn": "arn:aws:iam::111122223333:role/Admin"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Deny `"Principal": "*"` under `ArnNotEquals` on `aws:PrincipalArn`. `--unsafe-fixes` does so where users and roles are listed.',
    whenToIgnore: 'Where the list is complete and boundaries are not used.',
    equivalents: [{ tool: 'IAM Policy Validator for AWS CloudFormation', code: 'not_principal_validation' }],
    source: 'IAM User Guide, "AWS JSON policy elements: NotPrincipal"',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      const { principal, effect } = statement
      if (effect !== 'Deny' || principal?.negated !== true) continue
      const lacking = principal.entries.filter((entry) => lacksAncestor(entry, principal.entries))
      const fix = fixOf(statement, policy)
      report({
        at: keySpan(principal.member),
        message: '`NotPrincipal` exempts fewer than it says',
        effect: `every principal with a permissions boundary is denied${lacking[0] === undefined ? '' : `, and so is ${quote(lacking[0].value)}, whose account or sessions are not listed`}`,
        help: 'deny `"Principal": "*"` under `ArnNotEquals` on `aws:PrincipalArn`',
        related: lacking.map((at) => ({
          message: 'not exempt: its account, or the sessions of the role, are missing',
          at,
        })),
        ...(fix === undefined ? {} : { fix }),
      })
    }
  },
}

/** AWS looks at the account, then at the role, then at the session. */
function lacksAncestor({ entry }: PrincipalEntryView, entries: readonly PrincipalEntryView[]): boolean {
  if (entry === undefined || entry.kind === 'account' || entry.kind === 'any' || entry.kind === 'service') return false
  const account = splitArn(entry.value)?.account
  const lists = (kind: string): boolean =>
    entries.some(({ entry: other }) => other?.kind === kind && (kind !== 'account' || other.value === account))
  if (!lists('account')) return true
  return entry.kind === 'role' ? !lists('session') : entry.kind === 'session' && !lists('role')
}

function fixOf({ principal, node, conditionMember }: StatementView, { where }: PolicyView): Fix | undefined {
  if (principal === undefined || node.kind !== 'object' || conditionMember !== undefined) return undefined
  const { entries, member } = principal
  if (entries.length === 0 || entries.some(({ entry }) => entry?.kind !== 'user' && entry?.kind !== 'role'))
    return undefined
  const arns = entries.map(({ value }) => value)
  return {
    safety: 'unsafe',
    title: 'deny everybody but these under `aws:PrincipalArn`',
    edits: [
      ...renameKey(where, member, 'Principal'),
      ...replaceNode(where, member.value, '*'),
      ...insertMember(where, node, 'Condition', {
        ArnNotEquals: { 'aws:PrincipalArn': arns.length === 1 ? arns[0] : arns },
      }),
    ],
  }
}
