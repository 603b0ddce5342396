/**
 * "Did you mean": the known word that an unknown one was probably meant to be.
 *
 * Knows nothing of what the words are. Comparison ignores case; the distance counts insertions, deletions,
 * replacements and swaps of neighbours.
 *
 * Source: Damerau, "A technique for computer detection and correction of spelling errors" (1964), in its restricted
 * form (no edit inside a swap).
 */

/** Longer words are not compared: nobody mistypes them by a letter or two. */
const MAX_LENGTH = 80

/**
 * The nearest candidate at a distance of at most `max` and less than half of the word; the first one listed wins a
 * tie. A candidate that differs in case alone is nearest of all; the word itself is no suggestion.
 */
export function didYouMean(word: string, candidates: Iterable<string>, max = 1): string | undefined {
  if (word.length > MAX_LENGTH) return undefined
  const wanted = word.toLowerCase()
  const bound = Math.min(max, Math.floor((wanted.length - 1) / 2))
  let best: string | undefined
  let bestDistance = bound + 1
  for (const candidate of candidates) {
    if (candidate === word || candidate.length > MAX_LENGTH) continue
    const folded = candidate.toLowerCase()
    if (folded === wanted) return candidate
    if (Math.abs(folded.length - wanted.length) >= bestDistance) continue
    const distance = editDistance(wanted, folded)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function editDistance(left: string, right: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1]
      const isSwap = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      const replaced = at(last, column - 1) + (isSame ? 0 : 1)
      const swapped = isSwap ? at(beforeLast, column - 2) + 1 : Infinity
      current.push(Math.min(at(last, column) + 1, at(current, column - 1) + 1, replaced, swapped))
    }
    beforeLast = last
    last = current
  }
  return at(last, right.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
