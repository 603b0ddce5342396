/**
 * Members of our own world files, as far as they have the right shape; `own-shape.ts` has reported the others.
 */
import { isAccountId } from '../../text/arn.js'
import { quote } from '../../text/escape.js'
import type { WorldDraft } from './draft.js'
import { membersOf, textOf, type Located } from './places.js'

/** The members of an object that are not null; none of anything else. */
export function givenMembers(located: Located | undefined): readonly (readonly [string, Located])[] {
  return located === undefined ? [] : membersOf(located).filter(([, { node }]) => node.kind !== 'null')
}

/** Twelve digits, which YAML takes for a number where they stand without quotes. */
export function ownAccountId(draft: WorldDraft, located: Located | undefined): string | undefined {
  if (located === undefined) return undefined
  const text = located.node.kind === 'number' ? located.node.text : textOf(located)
  if (text !== undefined && isAccountId(text)) return text
  if (text !== undefined) draft.error(located, `${quote(text)} is no account id`, 'expected twelve digits')
  return undefined
}
