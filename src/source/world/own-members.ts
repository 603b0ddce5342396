/**
 * Members of our own world files: known ones of the right type, and a place for everything else.
 */
import { isAccountId } from '../../text/arn.js'
import { quote } from '../../text/escape.js'
import { didYouMean } from '../../text/suggest.js'
import type { WorldDraft } from './draft.js'
import { itemsOf, membersOf, textOf, type Located } from './places.js'

/** The members of an object by name; unknown ones are reported. */
export function knownMembers(
  draft: WorldDraft,
  located: Located,
  known: readonly string[],
  owner: string,
): ReadonlyMap<string, Located> {
  const members = new Map<string, Located>()
  for (const [key, value] of objectMembers(draft, located, `${owner}: an object`)) {
    if (known.includes(key)) members.set(key, value)
    else draft.error(value, `unknown member ${quote(key)} of ${owner}`, suggestion(key, known))
  }
  return members
}

export function suggestion(key: string, known: readonly string[]): string {
  const meant = didYouMean(key, known, 2)
  return meant === undefined
    ? `known are ${known.map((name) => quote(name)).join(', ')}`
    : `did you mean ${quote(meant)}?`
}

/** The members of an object that are not null; anything but an object is reported. */
export function objectMembers(
  draft: WorldDraft,
  located: Located | undefined,
  expected: string,
): readonly (readonly [string, Located])[] {
  if (located === undefined) return []
  if (located.node.kind !== 'object') draft.error(located, 'the value has the wrong type', `expected ${expected}`)
  return membersOf(located).filter(([, { node }]) => node.kind !== 'null')
}

export function ownList(draft: WorldDraft, located: Located | undefined, expected: string): readonly Located[] {
  if (located !== undefined && located.node.kind !== 'array')
    draft.error(located, 'the value has the wrong type', `expected ${expected}`)
  return itemsOf(located)
}

export function ownText(draft: WorldDraft, located: Located | undefined): string | undefined {
  if (located !== undefined && located.node.kind !== 'string')
    draft.error(located, 'the value has the wrong type', 'expected a string')
  return textOf(located)
}

/** Twelve digits, which YAML takes for a number where they stand without quotes. */
export function ownAccountId(draft: WorldDraft, located: Located | undefined): string | undefined {
  if (located === undefined) return undefined
  const text = located.node.kind === 'number' ? located.node.text : textOf(located)
  if (text !== undefined && isAccountId(text)) return text
  draft.error(located, `${text === undefined ? 'the value' : quote(text)} is no account id`, 'expected twelve digits')
  return undefined
}
