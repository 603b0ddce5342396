/**
 * `Principal` or `NotPrincipal` in a policy that belongs to its principal: an identity-based policy, a boundary, a session policy, a service control policy.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: Principal".
 */
import { removeMembers } from '../edits.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import { ELEMENT_RULES } from '../../policy/element-rules.js'

export const principalNotSupported: PolicyRule = {
  on: 'policy',
  id: 'PRI005',
  name: 'principal-not-supported',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'boundary', 'session', 'scp'],
  fix: 'safe',

  docs: {
    what: '`Principal` or `NotPrincipal` in a policy that belongs to its principal: an identity-based policy, a boundary, a session policy, a service control policy.',
    why: 'AWS refuses the policy: the principal is whoever it is attached to.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": "*",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Remove the element. `--fix` does so.',
    whenToIgnore: 'Never.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'UNSUPPORTED_PRINCIPAL' },
      { tool: 'IAM Access Analyzer', code: 'SCP_SYNTAX_ERROR_PRINCIPAL' },
    ],
    source: 'IAM User Guide, "AWS JSON policy elements: Principal"',
  },
  check({ policy }, report) {
    const { called } = ELEMENT_RULES[policy.kind]
    for (const { members, node } of policy.statements) {
      const [first, ...others] = members.filter(({ key }) => key === 'Principal' || key === 'NotPrincipal')
      if (first === undefined || node.kind !== 'object') continue
      report({
        at: keySpan(first),
        message: `${called} has no \`${first.key}\``,
        effect: 'AWS refuses the policy: the principal is whoever it is attached to',
        help: 'remove the element',
        fix: {
          safety: 'safe',
          title: `remove \`${first.key}\``,
          edits: removeMembers(policy.where, node, [first, ...others]),
          repair: true,
        },
      })
    }
  },
}
