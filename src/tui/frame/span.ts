/**
 * What a screen is made of: lines of spans, each a piece of safe text with the role that it plays.
 *
 * Knows no terminal and no colours; `theme.ts` says what a role looks like. A span is made by `span` alone, which writes
 * out whatever could move the cursor, hide a character or reorder a line, so no view can forget to.
 */
import { escapeTerminal } from '../../text/escape.js'
import { cutToWidth, textWidth } from './width.js'

/** What a piece of text is for; never the only thing that says it. */
export type Role =
  | 'plain'
  /** Rules, labels, whatever only guides the eye. */
  | 'faint'
  | 'strong'
  /** The name of the program and of panes. */
  | 'title'
  /** What allows, what helps. */
  | 'good'
  /** What denies, what is wrong. */
  | 'bad'
  /** What nobody said: neither allowed nor denied. */
  | 'silent'
  | 'warn'
  /** Files, lines, ids. */
  | 'place'
  /** A key to press. */
  | 'key'
  /** The name of a member in a policy. */
  | 'member'
  /** A value in a policy. */
  | 'value'
  /** The verdict itself, as a badge. */
  | 'allowBadge'
  | 'denyBadge'

/** What is laid over a role. */
export type Mark =
  /** The row under the cursor. */
  | 'selected'
  /** The row under the cursor of a pane that does not have the focus. */
  | 'dimSelected'
  /** The very part of a policy that a sentence is about. */
  | 'point'
  /** The statement around it. */
  | 'around'
  /** What a search has found. */
  | 'found'
  /** Where typed text goes. */
  | 'cursor'

declare const safe: unique symbol

export interface Span {
  readonly text: string & { readonly [safe]: true }
  readonly role: Role
  readonly mark?: Mark
}

export type Line = readonly Span[]

const PLAIN = /^[\x20-\x7e]*$/
/** No writing puts more marks on one letter. */
const PILED = /^\p{M}+|(?<=\p{M}{4})\p{M}+/gu

/** A mark that follows no letter takes a column of its own on some terminals, and a pile of them covers other lines. */
function withoutPiles(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(PILED, (marks) =>
    Array.from(marks, (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`).join(''),
  )
}

/** The one way to make a span. */
export function span(text: string, role: Role = 'plain', mark?: Mark): Span {
  const shown = withoutPiles(escapeTerminal(text)) as Span['text']
  return mark === undefined ? { text: shown, role } : { text: shown, role, mark }
}

export const NO_LINE: Line = []

export function lineWidth(line: Line): number {
  let width = 0
  for (const { text } of line) width += textWidth(text)
  return width
}

/** A line of at most so many columns; one that is longer ends in an ellipsis. */
export function cutLine(line: Line, columns: number, ellipsis = '…'): Line {
  if (lineWidth(line) <= columns) return line
  const room = Math.max(columns - textWidth(ellipsis), 0)
  const kept: Span[] = []
  let used = 0
  for (const each of line) {
    const width = textWidth(each.text)
    if (used + width <= room) {
      kept.push(each)
      used += width
      continue
    }
    // A part of a safe text is safe.
    const text = cutToWidth(each.text, room - used) as Span['text']
    kept.push({ ...each, text })
    break
  }
  const last = kept.at(-1)
  return columns <= 0 ? NO_LINE : [...kept, span(cutToWidth(ellipsis, columns), 'faint', last?.mark)]
}

/** A line of exactly so many columns, filled up with spaces. */
export function padLine(line: Line, columns: number, mark?: Mark): Line {
  const cut = cutLine(line, columns)
  const missing = columns - lineWidth(cut)
  return missing <= 0 ? cut : [...cut, span(' '.repeat(missing), 'plain', mark)]
}

/** The same line as a row under the cursor: every piece of it that has no mark of its own. */
export function markLine(line: Line, mark: Mark, columns: number): Line {
  return padLine(
    line.map((each) => (each.mark === undefined ? { ...each, mark } : each)),
    columns,
    mark,
  )
}

/** The right end of the line at the right edge; the left part gives way. */
export function spread(left: Line, right: Line, columns: number): Line {
  const width = lineWidth(right)
  if (width + 2 > columns) return cutLine(left, columns)
  return [...padLine(left, columns - width - 1), span(' '), ...right]
}

/** The same where both fit whole; else the left part alone. */
export function spreadIfRoom(left: Line, right: Line, columns: number): Line {
  return lineWidth(left) + lineWidth(right) + 1 > columns ? cutLine(left, columns) : spread(left, right, columns)
}

/** Two blocks beside each other with a rule between them. */
export function beside(
  left: readonly Line[],
  right: readonly Line[],
  leftColumns: number,
  columns: number,
  rule: Span,
): readonly Line[] {
  const rows = Math.max(left.length, right.length)
  const gap = span(' ')
  const rightColumns = columns - leftColumns - 3
  const lines: Line[] = []
  for (let row = 0; row < rows; row++) {
    lines.push([
      ...padLine(left[row] ?? NO_LINE, leftColumns),
      gap,
      rule,
      gap,
      ...cutLine(right[row] ?? NO_LINE, rightColumns),
    ])
  }
  return lines
}

/** What of a line can be read without colour: for tests, for copying, for `--plain`. */
export function plainText(line: Line): string {
  return line.map(({ text }) => text).join('')
}

/** As much of a word as fits, up to a place where ARNs and names of keys have a joint, if one is near. */
function headOf(word: string, columns: number): string {
  const most = cutToWidth(word, columns)
  const joint = Math.max(...[':', '/', '.', ',', '}'].map((mark) => most.lastIndexOf(mark)))
  return joint > most.length / 3 ? most.slice(0, joint + 1) : most
}

/** A text broken at spaces into lines of at most so many columns; a word that is longer is broken where it must be. */
export function wrapText(text: string, columns: number, role: Role = 'plain', indent = ''): readonly Line[] {
  const room = Math.max(columns - indent.length, 1)
  const lines: string[] = []
  let line = ''
  let used = 0
  const flush = (): void => {
    lines.push(line)
    line = ''
    used = 0
  }
  for (const word of escapeTerminal(text).split(' ')) {
    let rest = word
    let width = textWidth(rest)
    if (line !== '' && used + 1 + width > room) flush()
    // A short rest of a line is no place to begin a word that is longer than a whole one.
    while (width > room) {
      if (line !== '') flush()
      const head = headOf(rest, room)
      if (head === '') break
      line = head
      flush()
      rest = rest.slice(head.length)
      width = textWidth(rest)
    }
    line = line === '' && used === 0 ? rest : `${line} ${rest}`
    used += width + (used === 0 ? 0 : 1)
  }
  if (line !== '') flush()
  return lines.map((each) => [span(indent + each, role)])
}

/** As many lines as there is room for; the last one says where there are more. */
export function firstLines(lines: readonly Line[], rows: number, columns: number, ellipsis: string): readonly Line[] {
  if (lines.length <= rows) return lines
  const shown = lines.slice(0, rows)
  const last = shown.at(-1) ?? NO_LINE
  return [
    ...shown.slice(0, -1),
    [...cutLine(last, columns - textWidth(ellipsis) - 1, ''), span(` ${ellipsis}`, 'faint')],
  ]
}
