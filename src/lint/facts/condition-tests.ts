/**
 * Looking for conditions of a statement by their key.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition".
 */
import type { ConditionView, StatementView } from '../policy-view.js'

/** Keys in lower case; one that ends in `:` or `/` stands for all that begin so. */
export function testsOf({ conditions }: StatementView, keys: readonly string[]): readonly ConditionView[] {
  return conditions.filter(({ key }) => {
    const lower = key.key.toLowerCase()
    return keys.some((wanted) => (/[:/]$/.test(wanted) ? lower.startsWith(wanted) : lower === wanted))
  })
}

export function hasTestOf(statement: StatementView, keys: readonly string[]): boolean {
  return testsOf(statement, keys).length > 0
}
