/**
 * A statement that adds nothing to the others of the same effect.
 *
 * Source: IAM User Guide, "Policy evaluation logic".
 */
import { removeStatements } from '../edits.js'
import { accountOf, allowedBy, compared, witnessOf } from '../facts/compared-policies.js'
import { withStatements } from '../facts/key-world.js'
import {
  besideEverything,
  coverPairs,
  forOneAction,
  hasLogic,
  isSettled,
  plainlyCovered,
  reasonsIn,
} from '../facts/statement-logic.js'
import type { PolicyView, StatementView } from '../policy-view.js'
import type { PolicyRule, Report, Witness } from '../rule.js'
import type { PolicyDocument, Statement } from '../../policy/document.js'
import type { Difference } from '../../solve/access.js'

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
    const account = accountOf(policy, project)
    const asked = { document, account }
    for (const effect of ['Allow', 'Deny'] as const) {
      const pairs = coverPairs(policy, effect)
      if (pairs.length === 0) continue
      // Of a Deny, somebody has to find out whether it applies at all.
      const plain = effect === 'Allow' ? plainlyCovered(pairs, policy.kind) : NONE
      const involved = new Set(pairs.flatMap(({ narrow, wide }) => [narrow, wide]))
      const views = policy.statements.filter((view) => involved.has(view))
      const open = new Set(pairs.map(({ narrow }) => narrow).filter((view) => !plain.has(view)))
      const isProved = [...open].some((view) => isCoveredInOne(view, views, document, account))
      let proved = isProved ? provedCovered(views, effect, asked) : undefined
      for (const view of views) {
        if (!plain.has(view) && proved?.has(view) !== true) continue
        const witness = decidedRequest(view, asked)
        // What allows nothing by itself is no matter of the others.
        if (witness === undefined) proved ??= provedCovered(views, effect, asked)
        if (witness === undefined && proved?.has(view) !== true) continue
        reportStatement(view, views, policy, witness, report)
      }
    }
  },
}

const NONE: ReadonlySet<StatementView> = new Set()

function provedCovered(
  views: readonly StatementView[],
  effect: 'Allow' | 'Deny',
  { document, account }: Asked,
): ReadonlySet<StatementView> {
  const statements = views.flatMap(({ index }) => document.statements[index] ?? [])
  const asked = onItsOwn(document, effect, statements)
  const first = asked.statements.length - statements.length
  const reasons = reasonsIn(asked, account)
  return new Set(views.filter((_, place) => ['covered', 'duplicate'].includes(reasons.get(place + first) ?? '')))
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
  // The last of several equal ones is the one to go.
  const asked = onItsOwn(document, view.effect ?? 'Allow', statements.toReversed())
  return reasonsIn(asked, account).has(asked.statements.length - 1)
}

interface Asked {
  readonly document: PolicyDocument
  readonly account: string
}

function reportStatement(
  view: StatementView,
  views: readonly StatementView[],
  policy: PolicyView,
  witness: Witness | undefined,
  report: Report,
): void {
  const others = views.filter((other) => other !== view)
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
      edits: removeStatements(policy, [view.index]),
    },
  })
}

/** A request that the statement decides, asked of the others. */
function decidedRequest(view: StatementView, { document, account }: Asked): Witness | undefined {
  const statement = document.statements[view.index]
  if (statement === undefined) return undefined
  const { effect } = statement
  const decided = (statements: readonly Statement[]): Difference | undefined => {
    const asked = onItsOwn(document, effect, statements)
    return (effect === 'Allow' ? allowedBy(asked, account) : compared(asked, onItsOwn(document, effect, []), account))
      .more[0]
  }
  // With one action the answer is there much faster.
  const one = forOneAction([view], document)
  const request = (one === undefined ? undefined : decided(one)) ?? decided([statement])
  if (request === undefined) return undefined
  const others = document.statements.filter((other) => other !== statement)
  const summary = `what the others say of a request that the statement ${effect === 'Allow' ? 'allows' : 'denies'}`
  return witnessOf(request, 'after', onItsOwn(document, effect, others), summary)
}

/** Nothing is denied where nothing is allowed, so Denies are asked about beside an Allow of everything. */
function onItsOwn(
  document: PolicyDocument,
  effect: 'Allow' | 'Deny',
  statements: readonly Statement[],
): PolicyDocument {
  return effect === 'Deny' ? besideEverything(document, statements) : withStatements(document, statements)
}
