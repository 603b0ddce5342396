/**
 * A statement that adds nothing to the others of the same effect.
 *
 * Source: IAM User Guide, "Policy evaluation logic".
 */
import { removeStatements } from '../edits.js'
import { accountOf, allowedBy, witnessOf } from '../facts/compared-policies.js'
import { withStatements } from '../facts/key-world.js'
import { besideEverything, coverPairs, forOneAction, hasLogic, isSettled, reasonsIn } from '../facts/statement-logic.js'
import type { PolicyView, StatementView } from '../policy-view.js'
import type { PolicyRule, Report, Witness } from '../rule.js'
import type { PolicyDocument } from '../../policy/document.js'

export const redundantStatement: PolicyRule = {
  on: 'policy',
  id: 'LOG003',
  name: 'redundant-statement',
  severity: 'suggestion',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: 'A statement that adds nothing to the others of the same effect.',
    why: 'The policy says the same without it. What looks like a limit, or like an access of its own, is none. Proven for every request.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:*",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    },\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    },\n    {\n      "Effect": "Allow",\n      "Action": "kms:ListKeys",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Remove it. `--fix` does so, after another proof that nothing changes.',
    whenToIgnore: 'Where the wider statement is to go soon.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'REDUNDANT_STATEMENT' }],
    source: 'IAM User Guide, "Policy evaluation logic"',
  },

  check({ policy, project }, report) {
    const { document } = policy
    if (document === undefined || !hasLogic(policy) || !isSettled(policy)) return
    for (const effect of ['Allow', 'Deny'] as const) {
      const views = coverPairs(policy, effect)
      if (views.length < 2) continue
      const statements = views.flatMap(({ index }) => document.statements[index] ?? [])
      const account = accountOf(policy, project)
      // Nothing is denied where nothing is allowed, so Denies are asked about beside an Allow of everything.
      const first = effect === 'Deny' ? 1 : 0
      const asked = effect === 'Deny' ? besideEverything(document, statements) : withStatements(document, statements)
      if (!views.some((view) => isCoveredInOne(view, views, document, account))) continue
      const reasons = reasonsIn(asked, account)
      for (const [place, view] of views.entries()) {
        const reason = reasons.get(place + first)
        if (reason === 'covered' || reason === 'duplicate')
          reportStatement(view, views, { policy, document, account }, report)
      }
    }
  },
}

/** Whether the others cover the statement for one of its actions, which is much faster to say. */
function isCoveredInOne(
  view: StatementView,
  views: readonly StatementView[],
  document: PolicyDocument,
  account: string,
): boolean {
  const others = views.filter((other) => other !== view)
  const statements = forOneAction([view, ...others], document)
  if (statements === undefined) return true
  const first = view.effect === 'Deny' ? 1 : 0
  // The last of several equal ones is the one to go.
  const ordered = statements.toReversed()
  const asked = first === 1 ? besideEverything(document, ordered) : withStatements(document, ordered)
  return reasonsIn(asked, account).has(asked.statements.length - 1)
}

interface Asked {
  readonly policy: PolicyView
  readonly document: PolicyDocument
  readonly account: string
}

function reportStatement(view: StatementView, views: readonly StatementView[], asked: Asked, report: Report): void {
  const others = views.filter((other) => other !== view)
  const witness = view.effect === 'Allow' ? coveredRequest(view, asked) : undefined
  report({
    at: view.head,
    message: 'the statement adds nothing to the others',
    effect: `whatever it ${view.effect === 'Deny' ? 'denies, they deny' : 'allows, they allow'} as well`,
    help: 'remove it',
    related: others.slice(0, 3).map(({ head }) => ({ message: 'speaks of the same actions', at: head })),
    ...(witness === undefined ? {} : { witness }),
    fix: {
      safety: 'safe',
      title: 'remove what the others say as well',
      edits: removeStatements(asked.policy, [view.index]),
    },
  })
}

/** A request that the statement allows, asked of the policy without it. */
function coveredRequest({ index }: StatementView, { document, account }: Asked): Witness | undefined {
  const statement = document.statements[index]
  if (statement === undefined) return undefined
  const [request] = allowedBy(withStatements(document, [statement]), account).more
  const rest = withStatements(
    document,
    document.statements.filter((other) => other.index !== index),
  )
  return request === undefined
    ? undefined
    : witnessOf(request, 'after', rest, 'what the others say of a request that the statement allows')
}
