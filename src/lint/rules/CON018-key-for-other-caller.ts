/**
 * A condition key that the callers of the statement never carry: `aws:SourceArn` and the like with IAM principals, `aws:PrincipalOrgID`, `aws:PrincipalTag`, `kms:ViaService` or `aws:CalledVia` with service principals.
 *
 * Source: IAM User Guide, "AWS global condition context keys".
 */
import { resultWithoutKey } from '../facts/absent-key.js'
import { callerClass, neverCarriedBy } from '../facts/caller-class.js'
import type { ConditionView, PolicyView, StatementView } from '../policy-view.js'
import type { PolicyRule, Report, Severity } from '../rule.js'
import { keySpan } from '../spans.js'
import type { Effect } from '../../policy/document.js'
import { quote } from '../../text/escape.js'
import { splitArn } from '../../text/arn.js'

export const keyForOtherCaller: PolicyRule = {
  on: 'policy',
  id: 'CON018',
  name: 'key-for-other-caller',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['key', 'resource', 'rcp'],
  fix: 'no',

  docs: {
    what: 'A condition key that the callers of the statement never carry: `aws:SourceArn` and the like with IAM principals, `aws:PrincipalOrgID`, `aws:PrincipalTag`, `kms:ViaService` or `aws:CalledVia` with service principals. Also the ARN of an assumed-role session as value of `aws:PrincipalArn`, which holds the ARN of the role.',
    why: 'A positive test never holds, so the statement is dead. A negated one always holds and restricts nothing.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:role/App"\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "aws:SourceAccount": "111122223333"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Account",\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "Service": "logs.us-west-2.amazonaws.com"\n      },\n      "Action": "kms:Encrypt",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "aws:SourceAccount": "111122223333"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Give each kind of caller a statement of its own, with the keys it carries.',
    whenToIgnore: 'Outside key policies, where the service sets the key for other callers as well.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL' }],
    source: 'IAM User Guide, "AWS global condition context keys"',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      const callers = callerClass(statement.principal)
      for (const condition of statement.conditions) {
        if (callers !== undefined && neverCarriedBy(condition.key.key, callers)) {
          reportKey(condition, callers, statement, policy, report)
        }
        if (condition.key.key.toLowerCase() === 'aws:principalarn') checkSessions(condition, statement, policy, report)
      }
    }
  },
}

const CALLED = { iam: 'IAM principals', service: 'service principals' } as const

function reportKey(
  condition: ConditionView,
  callers: 'iam' | 'service',
  { effect }: StatementView,
  { kind }: PolicyView,
  report: Report,
): void {
  const result = resultWithoutKey(condition)
  if (result === undefined || effect === undefined) return
  report({
    at: keySpan(condition.key),
    message: `${CALLED[callers]} never carry ${quote(condition.key.key)}, and the statement names no others`,
    effect: meaning(effect, result),
    help: 'give each kind of caller a statement of its own',
    severity: severityOf(result, kind),
  })
}

function meaning(effect: Effect, result: boolean): string {
  if (effect === 'Allow')
    return result
      ? 'the test always holds and restricts nothing'
      : 'the test never holds, so the statement allows nothing'
  return result ? 'the test always holds, so the Deny always applies' : 'the test never holds, so the Deny never bites'
}

function severityOf(isAlwaysTrue: boolean, kind: PolicyView['kind']): Severity {
  if (isAlwaysTrue) return 'security'
  return kind === 'key' ? 'error' : 'warning'
}

function checkSessions(
  { parsed, values }: ConditionView,
  { effect }: StatementView,
  { kind }: PolicyView,
  report: Report,
): void {
  if (parsed === undefined || parsed.base === 'Null' || effect === undefined) return
  const sessions = values.filter(({ value, known }) => known && isSession(value))
  const [first, ...others] = sessions
  if (first === undefined) return
  // Beside other values the session is merely useless.
  const isWhole = sessions.length === values.length
  report({
    at: first,
    message: `${quote(first.value)} is the ARN of a session, and \`aws:PrincipalArn\` holds that of its role`,
    effect: isWhole ? meaning(effect, parsed.negated) : 'the value never matches',
    help: 'write the ARN of the role',
    severity: severityOf(isWhole && parsed.negated, kind),
    related: others.map((at) => ({ message: 'another session', at })),
  })
}

function isSession(value: string): boolean {
  const arn = splitArn(value)
  return arn?.service === 'sts' && arn.resource.startsWith('assumed-role/')
}
