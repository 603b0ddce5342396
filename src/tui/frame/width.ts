/**
 * How many columns a text takes on the screen, grapheme by grapheme, and texts cut to so many.
 *
 * What belongs together, such as a letter and its marks or the parts of an emoji, is measured as one and never parted.
 * Expects text that is safe to show (`span.ts`).
 *
 * Source: Unicode Standard Annex #29 (grapheme clusters); Unicode Standard Annex #11 (East Asian Width).
 */
import { displayWidth } from '../../text/display-width.js'

/** Each character of such a text takes one column. */
const PLAIN = /^[\x20-\x7e]*$/

let segmenter: Intl.Segmenter | undefined

/** A text in the parts that a reader takes for one character each. */
function* graphemes(text: string): Generator<string, void> {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  for (const { segment } of segmenter.segment(text)) yield segment
}

/** Rules, signs and names stand in frame after frame, and parting them costs more than all else of a line. */
const measured = new Map<string, number>()
const MAX_MEASURED = 2048
const MAX_MEASURED_LENGTH = 512

export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  const known = measured.get(text)
  if (known !== undefined) return known
  let width = 0
  for (const grapheme of graphemes(text)) width += graphemeWidth(grapheme)
  if (text.length <= MAX_MEASURED_LENGTH) {
    if (measured.size >= MAX_MEASURED) measured.clear()
    measured.set(text, width)
  }
  return width
}

/** The beginning of a text that takes at most so many columns. */
export function cutToWidth(text: string, columns: number): string {
  if (columns <= 0) return ''
  if (PLAIN.test(text)) return text.slice(0, columns)
  let width = 0
  let end = 0
  for (const grapheme of graphemes(text)) {
    width += graphemeWidth(grapheme)
    if (width > columns) break
    end += grapheme.length
  }
  return text.slice(0, end)
}

/** The end of a text that takes at most so many columns. */
export function cutStartToWidth(text: string, columns: number): string {
  if (columns <= 0) return ''
  if (PLAIN.test(text)) return text.slice(-columns)
  const parts = [...graphemes(text)]
  let width = 0
  let start = text.length
  for (const grapheme of parts.toReversed()) {
    width += graphemeWidth(grapheme)
    if (width > columns) break
    start -= grapheme.length
  }
  return text.slice(start)
}

/** Where the last grapheme begins, for a Backspace. */
export function lastGraphemeStart(text: string): number {
  let start = 0
  let at = 0
  for (const grapheme of graphemes(text)) {
    start = at
    at += grapheme.length
  }
  return start
}

/** That of its widest part: what joins it adds nothing. A flag is two letters of one column each. */
function graphemeWidth(grapheme: string): number {
  const [first = '', second] = grapheme
  if (second === undefined) return displayWidth(grapheme)
  if (isRegionalIndicator(first) && isRegionalIndicator(second)) return 2
  let width = 0
  for (const character of grapheme) width = Math.max(width, displayWidth(character))
  return width
}

function isRegionalIndicator(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  return code >= 0x1f1e6 && code <= 0x1f1ff
}
