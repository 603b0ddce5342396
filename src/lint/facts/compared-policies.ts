/**
 * Two documents of one kind held against each other for every request there is, within the budget of a lint rule.
 *
 * Source: IAM User Guide, "IAM Access Analyzer custom policy checks".
 */
import {
  asPolicyInput,
  EXAMPLE_ACCOUNT,
  keyIn,
  LINT_OPTIONS,
  policyOf,
  withOwnText,
  withStatements,
} from './key-world.js'
import { ownAccount } from './own-account.js'
import type { PolicyView } from '../policy-view.js'
import type { ProjectFacts, Witness } from '../rule.js'
import type { PolicyDocument, PolicyKind, Statement } from '../../policy/document.js'
import type { Comparison, Difference } from '../../solve/access.js'
import { comparePolicies } from '../../solve/policies.js'
import { replayDocument } from '../../source/answer/replay.js'
import type { AuthorizeDocument } from '../../source/simulation-document.js'

/** The other kinds are about resources that nothing here knows. */
const COMPARABLE: ReadonlySet<PolicyKind> = new Set(['key', 'identity', 'boundary', 'session', 'scp', 'rcp', 'vpce'])

export function isComparable(kind: PolicyKind): boolean {
  return COMPARABLE.has(kind)
}

export function compared(before: PolicyDocument, after: PolicyDocument, account = EXAMPLE_ACCOUNT): Comparison {
  return comparePolicies(withOwnText(before), withOwnText(after), after.kind, {
    ...LINT_OPTIONS,
    keyArn: keyIn(account),
  })
}

/** The account that a policy is compared in. */
export function accountOf(policy: PolicyView, project: ProjectFacts): string {
  return ownAccount(policy, project)?.account ?? EXAMPLE_ACCOUNT
}

/** A statement of our own making, of the kind of the document. */
export function statementOf(kind: PolicyKind, effect: 'Allow' | 'Deny', parts: object): Statement {
  // Only AWS's own resource control policy allows; elsewhere it is held as a key policy.
  const readAs = kind === 'rcp' ? 'key' : kind
  const [statement] = policyOf(readAs, { Effect: effect, ...parts }).statements
  if (statement === undefined) throw new Error('a policy of our own has one statement')
  return statement
}

/** What says yes or no to everything. */
export function everything(kind: PolicyKind, effect: 'Allow' | 'Deny'): Statement {
  const principal = kind === 'key' || kind === 'rcp' || kind === 'vpce' ? { Principal: '*' } : {}
  return statementOf(kind, effect, { ...principal, Action: '*', Resource: '*' })
}

/** What the document allows, against nothing. */
export function allowedBy(document: PolicyDocument, account?: string): Comparison {
  return compared(withStatements(document, [everything(document.kind, 'Deny')]), document, account)
}

/** The request of a difference, with the whole policy in the place of the part that was asked about. */
export function witnessOf(
  { witness }: Difference,
  side: 'before' | 'after',
  whole: PolicyDocument,
  summary: string,
): Witness | undefined {
  const call = witness?.calls[side === 'before' ? 0 : 1]
  return call === undefined
    ? undefined
    : { summary, document: { ...replayDocument(call), ...inPlaceOf(whole, call.subject.caller.accountId) } }
}

/** Where in a question a policy of this kind stands. */
function inPlaceOf(whole: PolicyDocument, callerAccount = EXAMPLE_ACCOUNT): Partial<AuthorizeDocument> {
  const input = asPolicyInput(whole)
  switch (whole.kind) {
    case 'key':
      return { keyPolicy: input }
    case 'identity':
    case 'boundary':
    case 'session':
      return { identityPolicies: [input] }
    case 'scp':
      return {
        identityPolicies: [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }],
        scps: { [callerAccount]: [[input]] },
      }
    case 'rcp':
    case 'vpce':
    case 'trust':
    case 'resource':
      return {}
  }
}
