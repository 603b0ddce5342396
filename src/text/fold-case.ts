/**
 * Text folded for comparison without regard to case, unit by unit, so that places in it stay where they were.
 *
 * Knows nothing of locales: what folds to more than one unit (such as `İ`) is left as it is.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (StringEqualsIgnoreCase) and "Grammar"
 * (action names); neither says more than "ignoring case".
 */

export function foldCase(text: string): string {
  if (isAscii(text)) return text.toLowerCase()
  let folded = ''
  for (let index = 0; index < text.length; index++) {
    const unit = text.charAt(index)
    // Letter by letter: over a whole word, a capital sigma folds by its position.
    const lower = unit.toLowerCase()
    folded += lower.length === 1 ? lower : unit
  }
  return folded
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return false
  }
  return true
}
