/**
 * Whether a statement speaks of one action of some service, and of more than single resources.
 *
 * Asked of the text of a statement: what other services make of a request is known to nobody here.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Action" and "Resource".
 */
import { actionEntries, type ActionEntry } from './action-entries.js'
import { overlaps } from './pattern-overlap.js'
import { resourceEntries } from './resource-entries.js'
import type { PolicyView, StatementView, TextValue } from '../policy-view.js'

export function isEverything({ value }: TextValue): boolean {
  return /^\*+(?::\*+)?$/.test(value)
}

/** The entry by which a list of actions has this one. Both in lower case. */
export function namedAction({ action }: StatementView, service: string, name: string): ActionEntry | undefined {
  if (action === undefined || action.negated) return undefined
  return actionEntries(action).find(
    (entry) =>
      entry.form === 'any' ||
      (entry.prefix === service && entry.form === 'literal' && entry.name === name) ||
      (entry.prefix === service && entry.form === 'pattern' && overlaps(entry.name, name)),
  )
}

/** The entry that takes in resources of any name: `*`, or all of a type, whatever the account. */
export function broadResource({ resource }: StatementView, service: string, all: string): TextValue | undefined {
  if (resource === undefined || resource.negated) return undefined
  const type = all.slice(0, all.indexOf('/') + 1)
  return resourceEntries(resource).find(({ form, fields, hasVariable }) => {
    if (form === 'any') return true
    if (fields === undefined || hasVariable || !overlaps(fields.service, service)) return false
    return fields.resource === all || /^\*+$/.test(fields.resource) || (type !== '' && fields.resource === `${type}*`)
  })?.item
}

/** A Deny of the action, without conditions, on everything. */
export function isDeniedOutright({ statements }: PolicyView, service: string, name: string): boolean {
  return statements.some(
    (statement) =>
      statement.effect === 'Deny' &&
      statement.conditions.length === 0 &&
      namedAction(statement, service, name) !== undefined &&
      statement.resource?.negated === false &&
      statement.resource.items.some(({ value }) => /^\*+$/.test(value)),
  )
}
