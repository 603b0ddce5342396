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
