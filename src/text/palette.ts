/**
 * The few roles that printed text is coloured by. Whoever prints chooses the palette; nothing here looks at a
 * terminal or an environment.
 *
 * Source: ECMA-48, "Select graphic rendition".
 */

type Paint = (text: string) => string

export interface Palette {
  /** What is wrong. */
  readonly error: Paint
  /** What helps. */
  readonly hint: Paint
  /** Places and names. */
  readonly place: Paint
  /** Line numbers, rules, whatever only guides the eye. */
  readonly faint: Paint
  readonly strong: Paint
}

const plain: Paint = (text) => text

export const plainPalette: Palette = { error: plain, hint: plain, place: plain, faint: plain, strong: plain }

export const ansiPalette: Palette = {
  error: sgr(31, 39),
  hint: sgr(36, 39),
  place: sgr(34, 39),
  faint: sgr(2, 22),
  strong: sgr(1, 22),
}

function sgr(on: number, off: number): Paint {
  return (text) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`)
}
