/**
 * A piece of source with the exact place marked, as people know it from compilers:
 *
 *     duplicate key `Sid`
 *       --> policy.json:4:5
 *        |
 *      3 |     "Sid": "read",
 *      4 |     "Sid": "write"
 *        |     ^^^^^
 *        = it stands at 3:5 already
 *
 * Pure text: whatever the source holds is made safe first (`escape.ts`), no line is wider than asked for, and a line of
 * megabytes is looked at only around the place. Colour comes from the palette handed in.
 */
import { displayWidth } from './display-width.js'
import { escapeTerminal } from './escape.js'
import { plainPalette } from './palette.js'
import type { Palette } from './palette.js'
import { lineSpan, positionAt } from './source.js'
import type { SourceError, SourceText, Span } from './source.js'

export interface CodeFrameOptions {
  readonly message?: string
  readonly hint?: string
  /** Columns of the code lines, gutter included; 100 when left out. The message is never cut. */
  readonly width?: number
  readonly color?: Palette
  /** Lines shown before and after the place; 2 when left out. */
  readonly contextLines?: number
}

const TAB = '    '
const ELLIPSIS = '…'
/** Below this the code itself would have no room. */
const MIN_CODE_WIDTH = 20

/** One line of the source; `end` stands before its line break. */
interface Line {
  readonly number: number
  readonly start: number
  readonly end: number
}

/** A line ready to print: the text, and the columns the mark takes in it. */
interface Rendered {
  readonly text: string
  readonly markStart: number
  readonly markWidth: number
}

export function codeFrame(source: SourceText, span: Span, options: CodeFrameOptions = {}): string {
  const { text } = source
  const color = options.color ?? plainPalette
  const contextLines = options.contextLines ?? 2
  const start = Math.min(Math.max(span.start, 0), text.length)
  const end = Math.min(Math.max(span.end, start), text.length)
  const position = positionAt(text, start)
  const first = lineAt(text, position.line)
  // An end just behind a line break belongs to the line before it.
  const last = end > first.end ? lineAt(text, positionAt(text, end - 1).line) : first
  const before = linesBefore(text, first, contextLines)
  const after = linesAfter(text, last, contextLines)

  const gutter = String((after.at(-1) ?? last).number).length
  const codeWidth = Math.max((options.width ?? 100) - gutter - 3, MIN_CODE_WIDTH)
  const bar = color.faint(`${' '.repeat(gutter)} |`)
  const numbered = (line: Line, code: string) =>
    `${color.faint(`${String(line.number).padStart(gutter)} |`)} ${code}`.trimEnd()
  const context = (line: Line) => numbered(line, render(text, line, undefined, codeWidth).text)
  const marked = (line: Line, mark: Span) => {
    const { text: code, markStart, markWidth } = render(text, line, mark, codeWidth)
    return [numbered(line, code), `${bar} ${' '.repeat(markStart)}${color.error('^'.repeat(markWidth))}`]
  }

  const place = `${escapeTerminal(source.name)}:${position.line}:${position.column}`
  const output: string[] = []
  if (options.message !== undefined) output.push(color.strong(escapeTerminal(options.message)))
  output.push(`${' '.repeat(gutter)}${color.faint('-->')} ${color.place(place)}`, bar, ...before.map(context))
  if (last.number === first.number) {
    output.push(...marked(first, { start, end }))
  } else {
    output.push(...marked(first, { start, end: first.end }))
    if (last.number > first.number + 1) output.push(color.faint(`${' '.repeat(gutter)} ${ELLIPSIS}`))
    output.push(...marked(last, { start: codeStart(text, last), end }))
  }
  output.push(...after.map(context))
  if (options.hint !== undefined)
    output.push(`${' '.repeat(gutter)} ${color.hint(`= ${escapeTerminal(options.hint)}`)}`)
  return output.join('\n')
}

/** The frame of an error, its message above and its hint below. */
export function describeError(
  error: SourceError,
  options: Pick<CodeFrameOptions, 'width' | 'color' | 'contextLines'> = {},
): string {
  const { message, hint, source, span } = error
  return codeFrame(source, span, { ...options, message, ...(hint === undefined ? {} : { hint }) })
}

/**
 * A line cut to `width` columns. Where it is longer, the part around the mark is shown: about a third of the room
 * before it, so that the eye sees what leads there.
 */
function render(text: string, line: Line, mark: Span | undefined, width: number): Rendered {
  const focus = mark?.start ?? line.start
  const whole = fitsWhole(text, line, width)
  const from = whole ? line.start : windowStart(text, line, focus, width)
  const lead = from > line.start ? ELLIPSIS : ''
  let output = lead
  let column = displayWidth(lead)
  let markStart = column
  let markEnd = column
  let index = from
  // One column is kept for the ellipsis at the end.
  const room = whole ? Infinity : width - 1
  while (index < line.end) {
    const character = String.fromCodePoint(text.codePointAt(index) ?? 0)
    const shown = show(character)
    const shownWidth = displayWidth(shown)
    if (column + shownWidth > room) break
    if (index < focus) markStart = column + shownWidth
    output += shown
    column += shownWidth
    index += character.length
    if (mark !== undefined && index <= mark.end) markEnd = column
  }
  if (index < line.end) output += ELLIPSIS
  return { text: output, markStart, markWidth: Math.max(markEnd - markStart, 1) }
}

function fitsWhole(text: string, line: Line, width: number): boolean {
  // No character shows as less than itself but combining marks, and a line of those may as well be cut.
  if (line.end - line.start > width) return false
  let used = 0
  for (const character of text.slice(line.start, line.end)) used += displayWidth(show(character))
  return used <= width
}

/** Where to begin so that what stands before the focus takes at most a third of the room. */
function windowStart(text: string, line: Line, focus: number, width: number): number {
  const room = Math.floor(width / 3)
  let used = 0
  let index = Math.min(focus, line.end)
  while (index > line.start) {
    const isPair = index - 2 >= line.start && (text.codePointAt(index - 2) ?? 0) > 0xffff
    const previous = index - (isPair ? 2 : 1)
    used += displayWidth(show(text.slice(previous, index)))
    if (used > room) break
    index = previous
  }
  return index
}

function show(character: string): string {
  return character === '\t' ? TAB : escapeTerminal(character)
}

/** The first place on the line that is no space, so that marks do not underline an indentation. */
function codeStart(text: string, line: Line): number {
  let index = line.start
  while (index < line.end - 1 && (text[index] === ' ' || text[index] === '\t')) index++
  return index
}

/** Looked up: a text of one long line may have thousands of places to show. */
function lineAt(text: string, number: number): Line {
  return { number, ...lineSpan(text, number) }
}

function linesBefore(text: string, line: Line, count: number): readonly Line[] {
  const first = Math.max(line.number - count, 1)
  return Array.from({ length: line.number - first }, (_, index) => lineAt(text, first + index))
}

function linesAfter(text: string, line: Line, count: number): readonly Line[] {
  const lines: Line[] = []
  let { end, number } = line
  while (lines.length < count && end < text.length) {
    const next = lineAt(text, number + 1)
    // What follows the last line break is no line to show.
    if (next.start === text.length) break
    lines.push(next)
    ;({ end, number } = next)
  }
  return lines
}
