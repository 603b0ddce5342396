/**
 * Which KMS permissions the Action element of a statement stands for, each in its documented spelling.
 *
 * Source: Service Authorization Reference, AWS Key Management Service.
 */
import { actionEntries, type ActionEntry } from './action-entries.js'
import type { PatternsView } from '../policy-view.js'
import { KMS_ACTIONS } from '../../aws/actions.js'

const ALL: ReadonlySet<string> = new Set(KMS_ACTIONS.map(({ name }) => name))
const known = new WeakMap<PatternsView, ReadonlySet<string>>()
const NONE: ReadonlySet<string> = new Set()

export function kmsActionsOf(action: PatternsView | undefined): ReadonlySet<string> {
  if (action === undefined) return NONE
  let found = known.get(action)
  if (found === undefined) {
    const listed = new Set(actionEntries(action).flatMap((entry) => [...kmsActionsOfEntry(entry)]))
    found = action.negated ? new Set([...ALL].filter((name) => !listed.has(name))) : listed
    known.set(action, found)
  }
  return found
}

export function kmsActionsOfEntry({ form, prefix, actions }: ActionEntry): ReadonlySet<string> {
  if (form === 'any') return ALL
  if (prefix !== 'kms') return NONE
  return new Set(actions.map(({ name }) => `kms:${name}`).filter((name) => ALL.has(name)))
}
