/**
 * `true` and `false` as the Bool and Null operators read them: as text, in any case, and nothing else.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (Boolean condition operators).
 */

export function parseBool(text: string): boolean | undefined {
  // As nearly everybody writes them; folding is for the rest.
  if (text === 'true') return true
  if (text === 'false') return false
  // Only these lengths can be one of the two words; a long text is not folded for nothing.
  if (text.length !== 4 && text.length !== 5) return undefined
  const lower = text.toLowerCase()
  if (lower === 'true') return true
  return lower === 'false' ? false : undefined
}
