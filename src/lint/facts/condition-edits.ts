/**
 * Edits of a Condition element: a test moved under another operator, a test for presence added.
 *
 * Where the target has a test of the same key already, the answer is no edits. Knows nothing of what the tests mean.
 */
import { insertMember, removeMembers, renameKey } from '../edits.js'
import type { ConditionView, StatementView } from '../policy-view.js'
import type { Edit } from '../rule.js'
import type { PolicySource } from '../../policy/document.js'
import { nodeToValue, type Member, type ObjectNode } from '../../text/syntax-tree.js'

/** An edit looks through its block; a block made to be long gets none, lest every finding cost its length. */
const MAX_TESTS = 200

/** Puts one test under another operator; `value` replaces what it compares with. */
export function moveTest(
  where: PolicySource,
  { conditionMember }: StatementView,
  { operator, key }: ConditionView,
  to: string,
  value: unknown = nodeToValue(key.value),
): readonly Edit[] {
  const block = operator.value
  const condition = conditionMember?.value
  if (condition?.kind !== 'object' || block.kind !== 'object' || block.members.length > MAX_TESTS) return []
  const target = condition.members.find((member) => member.key === to)
  const isAlone = block.members.length === 1
  const isSameValue = value === undefined || JSON.stringify(value) === JSON.stringify(nodeToValue(key.value))
  if (target === undefined && isAlone && isSameValue) return renameKey(where, operator, to)
  const added = addTo(where, condition, target, to, key.key, value)
  if (added.length === 0) return []
  const removed = isAlone ? removeMembers(where, condition, [operator]) : removeMembers(where, block, [key])
  // The only test of the only operator cannot be removed before the other one stands; it is replaced in place.
  if (removed.length > 0) return [...removed, ...added]
  return target === undefined && isAlone ? replaceAlone(operator, key, to, value, where) : []
}

/** Adds `Null` with `false` for a key: it has to be there. */
export function requireKey(where: PolicySource, { conditionMember }: StatementView, key: string): readonly Edit[] {
  const condition = conditionMember?.value
  if (condition?.kind !== 'object') return []
  const target = condition.members.find((member) => member.key === 'Null')
  return addTo(where, condition, target, 'Null', key, 'false')
}

function addTo(
  where: PolicySource,
  condition: ObjectNode,
  target: Member | undefined,
  operator: string,
  key: string,
  value: unknown,
): readonly Edit[] {
  if (target === undefined) return insertMember(where, condition, operator, { [key]: value })
  if (target.value.kind !== 'object' || target.value.members.length > MAX_TESTS) return []
  const isTaken = target.value.members.some((member) => member.key.toLowerCase() === key.toLowerCase())
  return isTaken ? [] : insertMember(where, target.value, key, value)
}

function replaceAlone(operator: Member, key: Member, to: string, value: unknown, where: PolicySource): readonly Edit[] {
  const { start, end } = key.value
  return [...renameKey(where, operator, to), { start, end, text: JSON.stringify(value) }]
}
