/**
 * Looking for conditions of a statement by their key.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition".
 */
import type { ConditionView, StatementView } from '../policy-view.js'
import { firstSymbol } from '../symbols.js'
import type { SyntaxNode } from '../../text/syntax-tree.js'

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

/** Whether tests are among the conditions that only deployment knows, so that nothing can be said to be missing. */
export function mayTestMore({ conditionMember }: StatementView): boolean {
  if (conditionMember === undefined) return false
  const { value } = conditionMember
  return isSymbolic(value) || (value.kind === 'object' && value.members.some((operator) => isSymbolic(operator.value)))
}

function isSymbolic(node: SyntaxNode): boolean {
  return node.kind === 'string' && firstSymbol(node.value) >= 0
}
