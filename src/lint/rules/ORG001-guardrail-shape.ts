/**
 * An element or wildcard that a service control policy or resource control policy does not take: `Principal` in an
 * SCP; an Allow, `NotAction`, the bare action `*`, a service without resource control policies, or another principal
 * than `*` in an RCP.
 *
 * Source: Organizations User Guide, "SCP syntax" and "RCP syntax".
 */
import { actionEntries } from '../facts/action-entries.js'
import type { PolicyView, StatementView } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { keySpan } from '../spans.js'
import { ELEMENT_RULES } from '../../policy/element-rules.js'
import { isRcpFullAccess } from '../../policy/rcp-full-access.js'
import { quote } from '../../text/escape.js'

export const guardrailShape: PolicyRule = {
  on: 'policy',
  id: 'ORG001',
  name: 'guardrail-shape',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['scp', 'rcp'],
  fix: 'no',
  supersedes: ['SYN003', 'SYN004', 'SYN005', 'PRI001', 'PRI005', 'ACT008', 'ACT006'],

  docs: {
    what: 'An element or wildcard that a service control policy or resource control policy does not take: `Principal` in an SCP; an Allow, `NotAction`, the bare action `*`, a service without resource control policies, or another principal than `*` in an RCP.',
    why: 'Organizations refuses the policy, or, for a service that takes no part, the statement has no effect.',
    bad: [
      {
        kind: 'rcp',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Deny",\n      "Principal": "*",\n      "Action": "*",\n      "Resource": "*",\n      "Condition": {\n        "Bool": {\n          "aws:SecureTransport": "false"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'rcp',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Deny",\n      "Principal": "*",\n      "Action": "kms:*",\n      "Resource": "*",\n      "Condition": {\n        "Bool": {\n          "aws:SecureTransport": "false"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Write RCPs as Denies of named services for everybody, and SCPs without principals.',
    whenToIgnore: 'For a service that has come to take resource control policies since.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'SCP_SYNTAX_ERROR_ALLOW_NOT_ACTION' },
      { tool: 'IAM Access Analyzer', code: 'RCP_SYNTAX_ERROR' },
    ],
    source: 'Organizations User Guide, "SCP syntax" and "RCP syntax"',
  },

  check({ policy }, report) {
    if (policy.kind === 'rcp' && isRcpFullAccess(policy.root)) return
    for (const statement of policy.statements) {
      if (policy.kind === 'scp') checkControl(statement, policy, report)
      else checkResourceControl(statement, report)
    }
  },
}

/** That resource control policies are about. */
const SERVICES: ReadonlySet<string> = new Set([
  'aoss',
  'cognito-identity',
  'cognito-idp',
  'dynamodb',
  'ecr',
  'kms',
  'logs',
  's3',
  'secretsmanager',
  'sqs',
  'sts',
])
const REFUSED = 'Organizations refuses the policy'

function checkControl({ principal }: StatementView, { kind }: PolicyView, report: Report): void {
  if (principal === undefined) return
  report({
    at: keySpan(principal.member),
    message: `${ELEMENT_RULES[kind].called} has no ${quote(principal.member.key)}`,
    effect: REFUSED,
    help: 'remove it, and test `aws:PrincipalArn` where only some principals are meant',
  })
}

function checkResourceControl(statement: StatementView, report: Report): void {
  const { effect, effectMember, action, principal } = statement
  if (effect === 'Allow' && effectMember !== undefined) {
    report({
      at: effectMember.value,
      message: 'a resource control policy cannot allow',
      effect: REFUSED,
      help: 'write a Deny; what no policy denies stays as it is',
    })
  }
  if (action?.negated === true) {
    report({
      at: keySpan(action.member),
      message: 'a resource control policy has no `NotAction`',
      effect: REFUSED,
      help: 'list the actions, as in `kms:*`',
    })
  } else if (action !== undefined) checkActions(action, report)
  if (principal === undefined) return
  const other = principal.entries.find(({ value, known }) => known && value !== '*')
  if (!principal.negated && other === undefined) return
  report({
    at: principal.negated || other === undefined ? keySpan(principal.member) : other,
    message: 'a resource control policy is about everybody: its `Principal` is `"*"`',
    effect: REFUSED,
    help: 'write `"Principal": "*"`, and test `aws:PrincipalArn` or `aws:PrincipalAccount`',
  })
}

function checkActions(action: NonNullable<StatementView['action']>, report: Report): void {
  const entries = actionEntries(action)
  const any = entries.find(({ form }) => form === 'any')
  if (any !== undefined) {
    report({
      at: any.item,
      message: `${quote(any.item.value)} by itself is no action that a resource control policy takes`,
      effect: REFUSED,
      help: 'name the service, as in `kms:*`',
    })
  }
  const foreign = entries.filter(
    ({ prefix, service }) => prefix !== '' && service !== undefined && !SERVICES.has(prefix),
  )
  const [first, ...others] = foreign
  if (first === undefined) return
  report({
    at: first.item,
    message: `${quote(first.prefix)} takes no resource control policies, as far as is known`,
    effect: 'the entry has no effect',
    help: 'remove it, or write a service control policy',
    severity: 'warning',
    precision: 'high',
    related: others.slice(0, 8).map(({ item }) => ({ message: 'nor does this service', at: item })),
  })
}
