/**
 * The exception of a Deny can never apply: whoever it spares does not exist among those it is for, or another Deny
 * denies all of them.
 *
 * Source: IAM User Guide, "Conditions with multiple context keys or values".
 */
import { accountOf, allowedBy, isComparable, witnessOf } from '../facts/compared-policies.js'
import { keyWorld, LINT_OPTIONS, withStatements } from '../facts/key-world.js'
import { kmsActionsOf } from '../facts/kms-actions-of.js'
import { isSettled } from '../facts/statement-logic.js'
import type { PolicyView, StatementView } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { keySpan } from '../spans.js'
import type { ConditionTest, PolicyDocument, Statement } from '../../policy/document.js'
import { anyAccess } from '../../solve/access.js'

export const denyExceptionUnreachable: PolicyRule = {
  on: 'policy',
  id: 'LOG004',
  name: 'deny-exception-unreachable',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: ['key', 'resource', 'scp', 'rcp'],
  fix: 'no',

  docs: {
    what: 'The exception of a Deny can never apply: whoever it spares does not exist among those it is for, or another Deny denies all of them.',
    why: 'The Deny is meant to spare somebody and spares nobody. Tests in one Deny are alternatives: meeting any negated one spares. In two Denies both have to be met, and a request with an endpoint has no public address. Proven for every request.',
    bad: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Deny",\n      "Principal": "*",\n      "Action": "kms:ScheduleKeyDeletion",\n      "Resource": "*",\n      "Condition": {\n        "StringNotEquals": {\n          "aws:SourceVpce": "vpce-0123456789abcdef0"\n        }\n      }\n    },\n    {\n      "Effect": "Deny",\n      "Principal": "*",\n      "Action": "kms:ScheduleKeyDeletion",\n      "Resource": "*",\n      "Condition": {\n        "NotIpAddress": {\n          "aws:SourceIp": "203.0.113.0/24"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'key',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": {\n        "AWS": "arn:aws:iam::111122223333:root"\n      },\n      "Action": "kms:*",\n      "Resource": "*",\n      "Sid": "Account"\n    },\n    {\n      "Effect": "Deny",\n      "Principal": "*",\n      "Action": "kms:ScheduleKeyDeletion",\n      "Resource": "*",\n      "Condition": {\n        "StringNotEquals": {\n          "aws:SourceVpce": "vpce-0123456789abcdef0"\n        },\n        "NotIpAddress": {\n          "aws:SourceIp": "203.0.113.0/24"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Put both negated tests into one Deny, or correct the one that spares nobody.',
    whenToIgnore: 'Where nobody is meant to be spared; then the condition had better go.',
    equivalents: [],
    source: 'IAM User Guide, "Conditions with multiple context keys or values"',
  },

  check({ policy, project }, report) {
    const { document } = policy
    if (document === undefined || !isComparable(policy.kind) || !isSettled(policy)) return
    const denies = policy.statements.filter(isDeny)
    const account = accountOf(policy, project)
    const ways = waysIn(policy)
    for (const view of denies.filter(hasException).slice(0, MAX_DENIES).toReversed()) {
      const deny = document.statements[view.index]
      if (deny === undefined || deny.principal?.negated === true) continue
      // What the Deny is about, allowed to everybody it is about.
      const allowed: Statement = { ...deny, effect: 'Allow', conditions: [] }
      const action = [...kmsActionsOf(view.action)][0]
      const isNobodyLeft = (others: readonly Statement[]): boolean =>
        ways.every((conditions) => {
          const left = withStatements(document, [{ ...allowed, conditions }, ...others])
          return !isSomebodyThere(left, action, account) && allowedBy(left, account).verdict === 'equivalent'
        })
      if (isNobodyLeft([])) continue
      const rivals = denies.flatMap((other) => (other === view ? [] : (document.statements[other.index] ?? [])))
      const isAlone = isNobodyLeft([deny])
      if (!isAlone && (rivals.length === 0 || !isNobodyLeft([deny, ...rivals]) || isNobodyLeft(rivals))) continue
      const [test] = view.conditions
      const [request] = allowedBy(withStatements(document, [allowed]), account).more
      const witness =
        request === undefined
          ? undefined
          : witnessOf(request, 'after', document, 'denied, as is every request the Deny is about')
      report({
        at: test === undefined ? view.head : keySpan(test.key),
        message: isAlone ? 'the exception of this Deny spares nobody' : 'whoever this Deny spares, another Deny denies',
        effect: 'what the Deny is about is denied to everybody',
        help: isAlone
          ? 'correct the exception, or remove it'
          : 'put both negated tests into one Deny: meeting any of them spares',
        related: isAlone
          ? []
          : denies
              .filter((other) => other !== view && hasException(other))
              .slice(0, 3)
              .map(({ head }) => ({ message: 'another Deny', at: head })),
        ...(witness === undefined ? {} : { witness }),
      })
      // The other one of the two would say the same.
      if (!isAlone) return
    }
  },
}

/** Denies with exceptions that are looked at. */
const MAX_DENIES = 12

function isDeny({ effect }: StatementView): boolean {
  return effect === 'Deny'
}

function hasException({ conditions }: StatementView): boolean {
  return conditions.some(({ parsed }) => parsed?.negated === true)
}

const absent = (key: string): ConditionTest => ({
  operator: 'Null',
  set: undefined,
  base: 'Null',
  negated: false,
  ifExists: false,
  key,
  values: ['true'],
})
const WITHOUT_ADDRESS = ['aws:SourceIp'].map(absent)
const WITHOUT_ENDPOINT = ['aws:SourceVpce', 'aws:SourceVpc', 'aws:VpcSourceIp'].map(absent)

/** A request comes through an endpoint or from a public address, never both. */
function waysIn({ statements }: PolicyView): readonly (readonly ConditionTest[])[] {
  const keys = new Set(statements.flatMap(({ conditions }) => conditions.map(({ key }) => key.key.toLowerCase())))
  const hasEndpoint = ['aws:sourcevpce', 'aws:sourcevpc', 'aws:vpcsourceip'].some((key) => keys.has(key))
  return keys.has('aws:sourceip') && hasEndpoint ? [WITHOUT_ADDRESS, WITHOUT_ENDPOINT] : [[]]
}

/** A quick look with one action, before every request is asked about. */
function isSomebodyThere(document: PolicyDocument, action: string | undefined, account: string): boolean {
  if (document.kind !== 'key' || action === undefined) return false
  const world = keyWorld(document, account)
  return (
    anyAccess(world, { resources: [world.arn], actions: [action], sessionPolicies: 'none' }, LINT_OPTIONS).answer ===
    'yes'
  )
}
