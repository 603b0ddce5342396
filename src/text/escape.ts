/**
 * Text from outside made safe to show: nothing a policy, a file name or a log record contains may move the cursor,
 * recolour the screen, hide a character or reorder a line.
 *
 * Knows nothing of colours or layout; `display-width.ts` measures, `code-frame.ts` draws.
 *
 * Source: ECMA-48 (control functions); Unicode Standard Annex #9 (bidirectional controls); Unicode Technical
 * Report #36 (visual spoofing by invisible characters).
 */

export interface EscapeOptions {
  /** Leave line feeds and tabs as they are; everything else is still escaped. */
  readonly multiline?: boolean
}

/** Ranges of invisible or reordering characters above U+009F, ascending; first and last inclusive. */
const HIDDEN: readonly (readonly [number, number])[] = [
  [0x00ad, 0x00ad], // soft hyphen
  [0x034f, 0x034f], // combining grapheme joiner
  [0x061c, 0x061c], // Arabic letter mark
  [0x115f, 0x1160], // Hangul fillers
  [0x17b4, 0x17b5], // Khmer inherent vowels
  [0x180b, 0x180f], // Mongolian variation selectors and vowel separator
  [0x200b, 0x200f], // zero-width characters, directional marks
  [0x2028, 0x202e], // line and paragraph separators, embeddings and overrides
  [0x2060, 0x206f], // word joiner, invisible operators, isolates
  [0x3164, 0x3164], // Hangul filler
  [0xd800, 0xdfff], // a surrogate without its partner
  [0xfe00, 0xfe0f], // variation selectors
  [0xfeff, 0xfeff], // byte order mark
  [0xffa0, 0xffa0], // half-width Hangul filler
  [0xfff0, 0xfffb], // interlinear annotation
  [0xfffe, 0xffff], // noncharacters
  [0x1bca0, 0x1bca3], // shorthand format controls
  [0x1d173, 0x1d17a], // musical format controls
  [0xe0000, 0xe0fff], // tags and supplementary variation selectors
]

/**
 * The text with every control, bidirectional, zero-width and separator character written out as `\u{202e}`.
 * Line feed, carriage return and tab become `\n`, `\r` and `\t`.
 */
export function escapeTerminal(text: string, options: EscapeOptions = {}): string {
  const multiline = options.multiline === true
  let output = ''
  let copied = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit >= 0x20 && unit < 0x7f) continue
    if (multiline && (unit === 0x0a || unit === 0x09)) continue
    const code = text.codePointAt(index) ?? unit
    const length = code > 0xffff ? 2 : 1
    if (mustEscape(code)) {
      output += text.slice(copied, index) + written(code)
      copied = index + length
    }
    index += length - 1
  }
  return copied === 0 ? text : output + text.slice(copied)
}

/**
 * An offending value as messages quote it: escaped, cut to `maxLength` characters, in backticks.
 */
export function quote(text: string, maxLength = 60): string {
  const cut = text.length > maxLength ? `${text.slice(0, cutBefore(text, maxLength))}…` : text
  return `\`${escapeTerminal(cut)}\``
}

/** A cut at `length` units, or one earlier when that would part a surrogate pair. */
function cutBefore(text: string, length: number): number {
  const unit = text.charCodeAt(length - 1)
  return unit >= 0xd800 && unit <= 0xdbff ? length - 1 : length
}

function mustEscape(code: number): boolean {
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true
  return HIDDEN.some(([first, last]) => code >= first && code <= last)
}

function written(code: number): string {
  if (code === 0x0a) return '\\n'
  if (code === 0x0d) return '\\r'
  if (code === 0x09) return '\\t'
  return `\\u{${code.toString(16)}}`
}
