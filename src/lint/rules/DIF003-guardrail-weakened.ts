/**
 * Some request that the older version of a key policy, SCP or RCP denied is no longer denied.
 *
 * Source: IAM User Guide, "IAM Access Analyzer custom policy checks".
 */
import { accountOf, compared, everything, witnessOf } from '../facts/compared-policies.js'
import {
  allowingStatement,
  comparedVersions,
  isNoLongerDenied,
  leastCondition,
  spelled,
} from '../facts/compared-versions.js'
import { withStatements } from '../facts/key-world.js'
import type { ComparisonRule } from '../rule.js'
import type { PolicyDocument } from '../../policy/document.js'
import { quote } from '../../text/escape.js'

export const guardrailWeakened: ComparisonRule = {
  on: 'comparison',
  id: 'DIF003',
  name: 'guardrail-weakened',
  severity: 'security',
  precision: 'certain',
  default: 'diff',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'Some request that the older version of a key policy, SCP or RCP denied is no longer denied.',
    why: 'A Deny is there to hold whatever else is allowed. With it gone, or narrower, any Allow anywhere counts again.',
    bad: [
      {
        kind: 'scp',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Deny",\n      "Action": "kms:ScheduleKeyDeletion",\n      "Resource": "*"\n    }\n  ]\n}',
        before:
          '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Deny",\n      "Action": "kms:ScheduleKeyDeletion",\n      "Resource": "*"\n    },\n    {\n      "Effect": "Deny",\n      "Action": "kms:DisableKey",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'scp',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Deny",\n      "Action": [\n        "kms:ScheduleKeyDeletion",\n        "kms:DisableKey"\n      ],\n      "Resource": "*"\n    }\n  ]\n}',
        before:
          '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Deny",\n      "Action": "kms:ScheduleKeyDeletion",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Put the Deny back, or agree to the change.',
    whenToIgnore: 'Where the guardrail is meant to be lifted.',
    equivalents: [],
    source: 'IAM User Guide, "IAM Access Analyzer custom policy checks"',
  },

  check({ before, after, project }, report) {
    const { kind, document } = after
    if (document === undefined || before.document === undefined || before.kind !== kind) return
    if (kind !== 'key' && kind !== 'scp' && kind !== 'rcp') return
    if (before.statements.every(({ effect }) => effect !== 'Deny')) return
    const account = accountOf(after, project)
    const { more } = compared(deniesOf(before.document), deniesOf(document), account)
    const denied = leastCondition(more)
    if (denied === undefined) return
    // A request that some Allow gives again now says more than one that nothing allows; that it is new is told of here.
    const regained = comparedVersions(before, after, account).more.filter((one) => isNoLongerDenied(one, before, after))
    const allowed = leastCondition(regained)
    const allowing = allowed && allowingStatement(allowed.after, after)
    const first = allowed ?? denied
    const action = spelled(first.actions[0] ?? '')
    const count = first.actions.length + (first.moreActions ?? 0) - 1
    const left = after.statements.find(({ effect }) => effect === 'Deny')
    const witness = witnessOf(first, 'after', document, `${action} was denied by the older version and no longer is`)
    report({
      at: left?.head ?? after.head,
      ...(allowing === undefined ? {} : { statement: allowing.index, hides: ['DIF001'] }),
      message: `${quote(action)}${count > 0 ? ` and ${count} more` : ''} was denied by the older version, and this request no longer is`,
      effect: 'any Allow for it counts again',
      help: 'put the Deny back, or agree to the change',
      ...(witness === undefined ? {} : { witness }),
    })
  },
}

/** The Denies of a policy, and beside them an Allow of everything. */
function deniesOf(document: PolicyDocument): PolicyDocument {
  const { kind } = document
  const denies = document.statements.filter(({ effect }) => effect === 'Deny')
  return withStatements(document, [everything(kind, 'Allow'), ...denies])
}
