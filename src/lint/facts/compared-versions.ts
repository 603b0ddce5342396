/**
 * Two versions of one policy, compared once for all the rules that ask.
 *
 * Source: IAM User Guide, "IAM Access Analyzer custom policy checks".
 */
import { compared, isComparable } from './compared-policies.js'
import { serviceByPrefix } from '../../aws/service.js'
import type { PolicyView, StatementView } from '../policy-view.js'
import type { Comparison, Difference } from '../../solve/access.js'
import type { SolvedPart } from '../../solve/statements.js'

const NOTHING: Comparison = { verdict: 'unknown', more: [], less: [] }
const known = new WeakMap<
  PolicyView,
  { readonly before: PolicyView; readonly account: string; readonly found: Comparison }
>()

export function comparedVersions(before: PolicyView, after: PolicyView, account: string): Comparison {
  const last = known.get(after)
  if (last !== undefined && last.before === before && last.account === account) return last.found
  const found =
    before.document === undefined ||
    after.document === undefined ||
    before.kind !== after.kind ||
    !isComparable(after.kind)
      ? NOTHING
      : compared(before.document, after.document, account)
  known.set(after, { before, account, found })
  return found
}

/** The difference whose request needs the fewest condition keys; the first of those that need as many. */
export function leastCondition(differences: readonly Difference[]): Difference | undefined {
  let least: Difference | undefined
  for (const difference of differences) {
    if (difference.witness === undefined) continue
    if (least === undefined || conditionsOf(difference) < conditionsOf(least)) least = difference
  }
  return least
}

function conditionsOf({ witness }: Difference): number {
  return Object.values(witness?.request.context ?? {}).filter((value) => value !== null).length
}

/** The documented spelling of an action that a comparison names. */
export function spelled(action: string): string {
  const colon = action.indexOf(':')
  const prefix = action.slice(0, Math.max(0, colon))
  const known = serviceByPrefix(prefix)?.actions.get(action.slice(colon + 1).toLowerCase())
  return known === undefined ? action : `${prefix}:${known.name}`
}

/** The last statement of the policy among those that a decision rests on: what a change adds mostly stands behind. */
export function allowingStatement(
  parts: readonly SolvedPart[],
  { kind, statements }: PolicyView,
): StatementView | undefined {
  const layer = kind === 'key' ? 'keyPolicy' : 'identity'
  const part = parts.findLast((one) => one.layer === layer && one.effect === 'Allow')
  return part === undefined || part.layer === 'grant' ? undefined : statements[part.statement]
}

/**
 * Whether a Deny of the older version stood in the way, and the Allow by which the request is allowed now was there
 * already: what has changed is the Deny.
 */
export function isNoLongerDenied(difference: Difference, before: PolicyView, after: PolicyView): boolean {
  const allowing = allowingStatement(difference.after, after)
  const wasDenied = difference.before.some((part) => part.layer === 'keyPolicy' && part.effect === 'Deny')
  if (allowing === undefined || !wasDenied) return false
  const content = contentOf(after, allowing.index)
  return before.statements.some(({ index }) => contentOf(before, index) === content)
}

function contentOf({ document }: PolicyView, index: number): string {
  const { sid: _sid, index: _index, ...content } = document?.statements[index] ?? {}
  return JSON.stringify(content)
}
