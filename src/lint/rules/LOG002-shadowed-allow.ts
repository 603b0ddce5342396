/**
 * An Allow whose every request some Deny of the same document denies.
 *
 * Source: IAM User Guide, "Policy evaluation logic".
 */
import { removeStatements } from '../edits.js'
import { accountOf, witnessOf } from '../facts/compared-policies.js'
import { forOneAction, hasLogic, isDenied, isSettled, shadowCandidates, takenAway } from '../facts/statement-logic.js'
import type { PolicyRule } from '../rule.js'

export const shadowedAllow: PolicyRule = {
  on: 'policy',
  id: 'LOG002',
  name: 'shadowed-allow',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'An Allow whose every request some Deny of the same document denies.',
    why: 'A Deny always wins, so the Allow gives nothing. Either the Deny is wider than it was meant, or the Allow is left over. Proven for every request.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": [\n        "kms:Decrypt"\n      ],\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    },\n    {\n      "Effect": "Deny",\n      "Action": "kms:*",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": [\n        "kms:Decrypt"\n      ],\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    },\n    {\n      "Effect": "Deny",\n      "Action": "kms:ScheduleKeyDeletion",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Narrow the Deny, or remove the Allow. `--unsafe-fixes` removes the Allow.',
    whenToIgnore: 'Where the Deny stands there for a while only.',
    equivalents: [],
    source: 'IAM User Guide, "Policy evaluation logic"',
  },

  check({ policy, project }, report) {
    const { document } = policy
    if (document === undefined || !hasLogic(policy) || !isSettled(policy)) return
    for (const view of policy.statements) {
      const statement = view.effect === 'Allow' ? document.statements[view.index] : undefined
      const denying = statement === undefined ? [] : shadowCandidates(policy, view)
      if (statement === undefined || denying.length === 0) continue
      const account = accountOf(policy, project)
      const [one, ...against] = forOneAction([view, ...denying], document) ?? []
      if (one !== undefined && !isDenied(document, one, against, account)) continue
      const denies = denying.flatMap(({ index }) => document.statements[index] ?? [])
      if (!isDenied(document, statement, denies, account)) continue
      const taken = takenAway(document, statement, denies, account)
      const [request] = taken.more
      // What allows nothing by itself is no matter of the Denies.
      if (request === undefined) continue
      const witness = witnessOf(request, 'before', document, 'the Allow is for this request, and it is denied')
      report({
        at: view.head,
        message: 'every request that this statement allows is denied by the same policy',
        effect: 'it allows nothing',
        help: 'narrow the Deny, or remove the Allow',
        related: denying.slice(0, 4).map(({ head }) => ({ message: 'a Deny of these actions', at: head })),
        ...(witness === undefined ? {} : { witness }),
        fix: { safety: 'unsafe', title: 'remove the Allow', edits: removeStatements(policy, [view.index]) },
      })
    }
  },
}
