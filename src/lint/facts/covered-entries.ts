/**
 * Which entries of a list are covered by another one: by an equal one before them, or by a pattern with wildcards.
 *
 * Literals are hashed and patterns are found by the text before their first wildcard, so long lists cost little more
 * than their length; a list made to be slow is given up on, never answered wrongly.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Resource" (wildcards).
 */

export interface Covered {
  /** Index of the entry, and of the one that covers it. */
  readonly entry: number
  readonly by: number
  readonly isRepeated: boolean
}

/** How many comparisons one list may cost. */
const MAX_TESTS = 100_000

/**
 * @param covers - whether the pattern `by` matches all that `entry` matches; asked only for plausible pairs.
 */
export function coveredEntries(
  entries: readonly string[],
  covers: (by: number, entry: number) => boolean,
): readonly Covered[] {
  const found: Covered[] = []
  const first = new Map<string, number>()
  const patterns = new Map<string, number[]>()
  for (const [index, entry] of entries.entries()) {
    const earlier = first.get(entry)
    if (earlier !== undefined) {
      found.push({ entry: index, by: earlier, isRepeated: true })
      continue
    }
    first.set(entry, index)
    const wild = firstWildcard(entry)
    if (wild < entry.length) {
      const head = entry.slice(0, wild)
      const same = patterns.get(head)
      if (same === undefined) patterns.set(head, [index])
      else same.push(index)
    }
  }
  if (patterns.size === 0) return found

  const lengths = [...new Set([...patterns.keys()].map((head) => head.length))].sort((a, b) => a - b)
  let tests = 0
  for (const [entry, index] of first) {
    const literal = firstWildcard(entry)
    for (const length of lengths) {
      if (length > literal || tests > MAX_TESTS) break
      const by = patterns.get(entry.slice(0, length))?.find((candidate) => {
        tests++
        if (candidate === index || tests > MAX_TESTS || !covers(candidate, index)) return false
        // Of two that match the same, the first one stays.
        return candidate < index || !covers(index, candidate)
      })
      if (by === undefined) continue
      found.push({ entry: index, by, isRepeated: false })
      break
    }
  }
  return found.sort((a, b) => a.entry - b.entry)
}

/**
 * Whether one pattern's wildcards can stand for another's: `?` cannot take the place of a `*`. Told from the texts
 * alone; the match itself is asked elsewhere.
 */
export function canCover(by: string, entry: string): boolean {
  return !by.includes('?') || !entry.includes('*')
}

function firstWildcard(text: string): number {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === 42 || unit === 63) return index
  }
  return text.length
}
