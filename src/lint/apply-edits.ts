/**
 * Applies edits to a text. Edits that overlap exclude each other: fixes are taken in the order given, each whole or not
 * at all.
 */
import type { Edit } from './rule.js'

export interface EditGroup {
  readonly edits: readonly Edit[]
}

export interface Applied<G extends EditGroup> {
  readonly text: string
  readonly applied: readonly G[]
  /** Those that another one stands in the way of; they may be applied to the result. */
  readonly left: readonly G[]
}

export function applyEdits<G extends EditGroup>(text: string, groups: readonly G[]): Applied<G> {
  const taken: Edit[] = []
  const applied: G[] = []
  const left: G[] = []
  for (const group of groups) {
    const fits = group.edits.every((edit) => !taken.some((other) => collides(edit, other)))
    if (fits) taken.push(...group.edits)
    ;(fits ? applied : left).push(group)
  }
  const parts: string[] = []
  let copied = 0
  for (const { start, end, text: written } of taken.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(text.slice(copied, start), written)
    copied = end
  }
  parts.push(text.slice(copied))
  return { text: parts.join(''), applied, left }
}

/** Two insertions at one place collide: their order would be an accident. */
function collides(a: Edit, b: Edit): boolean {
  if (a.start === a.end || b.start === b.end) return a.start <= b.end && b.start <= a.end
  return a.start < b.end && b.start < a.end
}
