/**
 * Edits of the parts of a policy that rules look at: statements, and the entries of a list of values.
 *
 * How a text is edited is known in `policy/edits.ts`.
 */
import type { PolicyView, TextValue } from './policy-view.js'
import type { Edit } from './rule.js'
import type { PolicySource } from '../policy/document.js'
import { removeItems } from '../policy/edits.js'
import type { Member } from '../text/syntax-tree.js'

export {
  appendItem,
  insertMember,
  removeItems,
  removeMembers,
  renameKey,
  replaceNode,
  replaceText,
} from '../policy/edits.js'

const NONE: readonly Edit[] = []

/** Removes statements; no edits when none would be left. */
export function removeStatements(policy: PolicyView, indexes: Iterable<number>): readonly Edit[] {
  const list = policy.statement?.value
  return list?.kind === 'array' ? removeItems(policy.where, list, indexes) : NONE
}

/** Removes entries of `Action`, of `Resource` or of a condition key; no edits when none would be left. */
export function removeValues(where: PolicySource, { value }: Member, values: readonly TextValue[]): readonly Edit[] {
  if (value.kind !== 'array') return NONE
  return removeItems(
    where,
    value,
    values.map(({ index }) => index),
  )
}
