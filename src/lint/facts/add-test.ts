/**
 * Adds a test to the conditions of a statement: one more thing that has to be so.
 *
 * Where the statement has a test of the same key under the same operator already, the answer is no edits.
 */
import { insertMember } from '../edits.js'
import type { StatementView } from '../policy-view.js'
import type { Edit } from '../rule.js'
import type { PolicySource } from '../../policy/document.js'

export function addTest(
  where: PolicySource,
  { node, conditionMember }: StatementView,
  operator: string,
  key: string,
  value: unknown,
): readonly Edit[] {
  if (node.kind !== 'object') return []
  if (conditionMember === undefined) return insertMember(where, node, 'Condition', { [operator]: { [key]: value } })
  const condition = conditionMember.value
  if (condition.kind !== 'object') return []
  const block = condition.members.find((member) => member.key === operator)
  if (block === undefined) return insertMember(where, condition, operator, { [key]: value })
  if (block.value.kind !== 'object') return []
  const isTaken = block.value.members.some((member) => member.key.toLowerCase() === key.toLowerCase())
  return isTaken ? [] : insertMember(where, block.value, key, value)
}
