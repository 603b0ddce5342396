/**
 * A Deny of a guardrail that does not bite where its condition key is absent: `ForAnyValue` with a negated operator,
 * or `Bool` with `false` on a key that need not be there. Also a Deny by network or caller that bites calls of
 * services, outside of KMS.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (IfExists) and "Single-valued vs.
 * multivalued context keys".
 */
import { renameKey } from '../edits.js'
import { keyFacts, keyPresence } from '../facts/condition-key-facts.js'
import { kmsActionsOf } from '../facts/kms-actions-of.js'
import { callerGuard, networkGuard } from '../facts/service-calls.js'
import type { ConditionView, PolicyView, StatementView } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { keySpan } from '../spans.js'
import { parseBool } from '../../text/bool.js'
import { quote } from '../../text/escape.js'

export const guardrailMissesAbsentKey: PolicyRule = {
  on: 'policy',
  id: 'ORG002',
  name: 'guardrail-misses-absent-key',
  severity: 'security',
  precision: 'high',
  default: 'on',
  kinds: ['scp', 'rcp'],
  fix: 'unsafe',

  docs: {
    what: 'A Deny of a guardrail that does not bite where its condition key is absent: `ForAnyValue` with a negated operator, or `Bool` with `false` on a key that need not be there. Also a Deny by network or caller that bites calls of services, outside of KMS.',
    why: 'Leaving out the key is then the way around the guardrail. The other way round, a negated test without the key holds, and calls of services have no network and no account.',
    bad: [
      {
        kind: 'scp',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Deny",\n      "Action": "kms:CreateKey",\n      "Resource": "*",\n      "Condition": {\n        "ForAnyValue:StringNotEquals": {\n          "aws:TagKeys": [\n            "owner",\n            "team"\n          ]\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'scp',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Deny",\n      "Action": "kms:CreateKey",\n      "Resource": "*",\n      "Condition": {\n        "ForAnyValue:StringNotEquals": {\n          "aws:TagKeys": [\n            "owner",\n            "team"\n          ]\n        }\n      }\n    },\n    {\n      "Effect": "Deny",\n      "Action": "kms:CreateKey",\n      "Resource": "*",\n      "Condition": {\n        "Null": {\n          "aws:TagKeys": "true"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Deny the absent key as well, with `Null`, or use `BoolIfExists`. `--unsafe-fixes` adds `IfExists` to `Bool`.',
    whenToIgnore: 'Where a request without the key is meant to pass.',
    equivalents: [],
    source:
      'IAM User Guide, "IAM JSON policy elements: Condition operators" (IfExists) and "Single-valued vs. multivalued context keys"',
  },

  check({ policy }, report) {
    for (const statement of policy.statements) {
      if (statement.effect !== 'Deny') continue
      for (const test of statement.conditions) {
        if (missesAbsent(test) && !isAbsenceDenied(test, statement, policy)) reportMiss(test, statement, policy, report)
      }
      reportServices(statement, policy, report)
    }
  },
}

function missesAbsent({ parsed, key, values }: ConditionView): boolean {
  if (parsed === undefined || parsed.ifExists) return false
  // Whether requests to other services can lack their keys is known to nobody here.
  if (keyFacts(key.key)?.info === undefined || keyPresence(key.key) === 'always') return false
  if (parsed.set === 'ForAnyValue') return parsed.negated
  return (
    parsed.base === 'Bool' &&
    parsed.set === undefined &&
    values.length > 0 &&
    values.every(isFalse) &&
    !isDefinite(key.key)
  )
}

function isFalse({ value }: ConditionView['values'][number]): boolean {
  return parseBool(value) === false
}

/** Keys whose absence says the same as their presence with `false`, or that every request in question has. */
function isDefinite(key: string): boolean {
  const lower = key.toLowerCase()
  return lower.startsWith('kms:') || keyPresence(key) !== 'sometimes' || lower === 'aws:securetransport'
}

/** By another test here that the key has to be there, or by a Deny of requests without it. */
function isAbsenceDenied({ key }: ConditionView, statement: StatementView, { statements }: PolicyView): boolean {
  const lower = key.key.toLowerCase()
  const testsPresence = ({ conditions }: StatementView, wanted: boolean): boolean =>
    conditions.some(
      ({ parsed, key: other, values }) =>
        parsed?.base === 'Null' &&
        isRelated(other.key.toLowerCase(), lower) &&
        values.some(({ value }) => parseBool(value) === wanted),
    )
  return (
    testsPresence(statement, false) || statements.some((other) => other.effect === 'Deny' && testsPresence(other, true))
  )
}

/** A request with one tag has tag keys. */
function isRelated(one: string, other: string): boolean {
  return one === other || (other === 'aws:tagkeys' && one.startsWith('aws:requesttag/'))
}

function reportMiss(
  { operator, key, parsed }: ConditionView,
  { conditions }: StatementView,
  { where }: PolicyView,
  report: Report,
): void {
  const isAlone = conditions.every((other) => other.operator !== operator || other.key === key)
  report({
    at: keySpan(key),
    message: `the Deny does not bite where ${quote(key.key)} is absent`,
    effect: 'a request without the key passes the guardrail',
    help: parsed?.base === 'Bool' ? 'write `BoolIfExists`' : 'deny the absent key as well, with `Null`',
    ...(parsed?.base === 'Bool' && isAlone
      ? { fix: { safety: 'unsafe', title: 'write `BoolIfExists`', edits: renameKey(where, operator, 'BoolIfExists') } }
      : {}),
  })
}

/** For KMS there are rules of its own. */
function reportServices(statement: StatementView, { kind }: PolicyView, report: Report): void {
  if (kmsActionsOf(statement.action).size > 0) return
  const guard = networkGuard(statement) ?? (kind === 'rcp' ? callerGuard(statement) : undefined)
  if (guard === undefined) return
  report({
    at: keySpan(guard.key),
    message: `the Deny by ${quote(guard.key.key)} also bites calls that services make`,
    effect: 'services that call for a principal, or by themselves, are denied',
    help: 'add `BoolIfExists` of `aws:ViaAWSService` or `aws:PrincipalIsAWSService` with `false`',
    severity: 'warning',
  })
}
