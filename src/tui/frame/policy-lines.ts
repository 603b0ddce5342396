/**
 * The text of a policy as lines of a screen, with parts of it marked and their places kept.
 *
 * A text that stands on lines too long to be read, as the AWS CLI prints policies, is shown with line breaks where JSON
 * may have them; the numbers in the margin are still those of the file.
 */
import type { SourceText, Span as Place } from '../../text/source.js'
import type { Glyphs } from './glyphs.js'
import { cutLine, markLine, span, type Line, type Mark, type Role, type Span } from './span.js'

/** One line as it is shown: a part of the text, and how far it is indented beyond what the text has. */
export interface PolicyRow {
  /** Line of the file, from 1; undefined where a line of the file goes on. */
  readonly number: number | undefined
  readonly indent: number
  readonly start: number
  readonly end: number
}

export interface Marked extends Place {
  readonly mark: Mark
}

/** Longer lines are broken. */
const LONG_LINE = 140
const INDENT = 2
/** More lines are no policy that anybody wrote. */
const MAX_ROWS = 20_000

const known = new WeakMap<SourceText, { readonly columns: number; readonly rows: readonly PolicyRow[] }>()

/**
 * Without the empty lines at its beginning, which stand for what comes before it in a file.
 *
 * @param columns - of the page; what is longer goes on in the next row.
 */
export function policyRows(source: SourceText, columns: number): readonly PolicyRow[] {
  const found = known.get(source)
  if (found?.columns === columns) return found.rows
  const lines = policyLines(source)
  const room = Math.max(columns - gutterOf(lines) - 2, LEAST_ROOM)
  const rows = lines.flatMap((line) => wrapped(source.text, line, room)).slice(0, MAX_ROWS)
  known.set(source, { columns, rows })
  return rows
}

const LEAST_ROOM = 16

function policyLines(source: SourceText): readonly PolicyRow[] {
  const rows: PolicyRow[] = []
  const { text } = source
  let number = 1
  for (let start = 0; start <= text.length && rows.length < MAX_ROWS; number++) {
    const lineEnd = text.indexOf('\n', start)
    const end = lineEnd < 0 ? text.length : lineEnd
    const visible = text.charAt(end - 1) === '\r' ? end - 1 : end
    const isBlank = text.slice(start, Math.min(visible, start + LONG_LINE)).trim() === ''
    if (visible - start > LONG_LINE) breakLine(text, start, visible, number, rows)
    else if (!isBlank || rows.length > 0) rows.push({ number, indent: 0, start, end: visible })
    start = end + 1
  }
  while (rows.length > 1 && rows.at(-1)!.end <= rows.at(-1)!.start) rows.pop()
  return rows
}

/** Columns of the numbers in the margin. */
function gutterOf(rows: readonly PolicyRow[]): number {
  return String(rows.findLast(({ number }) => number !== undefined)?.number ?? 1).length
}

/** Broken behind a space where one stands near the end of the room; the rest is indented further. */
function wrapped(text: string, row: PolicyRow, room: number): readonly PolicyRow[] {
  if (row.indent + row.end - row.start <= room) return [row]
  const rows: PolicyRow[] = []
  const slice = text.slice(row.start, row.end)
  const lead = row.indent + slice.length - slice.trimStart().length
  const indent = Math.min(lead + INDENT * 2, Math.floor(room / 2))
  let rest: PolicyRow = row
  while (rest.indent + rest.end - rest.start > room && rows.length < MAX_ROWS) {
    const most = rest.start + room - rest.indent
    const space = text.lastIndexOf(' ', most - 1) + 1
    const cut = space > rest.start + Math.max(lead, Math.floor(room / 3)) ? space : most
    rows.push({ ...rest, end: cut })
    rest = { number: undefined, indent, start: cut, end: row.end }
  }
  return [...rows, rest]
}

/** At the brackets and commas of JSON that stand outside of strings. */
function breakLine(text: string, from: number, to: number, number: number, rows: PolicyRow[]): void {
  let depth = 0
  let start = from
  let isFirst = true
  let inString = false
  const push = (end: number): void => {
    let first = start
    while (first < end && text.charAt(first) === ' ') first++
    if (first < end) {
      rows.push({ number: isFirst ? number : undefined, indent: isFirst ? 0 : depth * INDENT, start: first, end })
      isFirst = false
    }
    start = end
  }
  for (let index = from; index < to && rows.length < MAX_ROWS; index++) {
    const character = text.charAt(index)
    if (inString) {
      if (character === '\\') index++
      else if (character === '"') inString = false
      continue
    }
    if (character === '"') inString = true
    else if (character === '{' || character === '[') {
      push(index + 1)
      depth++
    } else if (character === '}' || character === ']') {
      push(index)
      depth = Math.max(depth - 1, 0)
    } else if (character === ',') push(index + 1)
  }
  push(to)
}

/** Place of the row that has this offset, or of the one before. */
export function rowAt(rows: readonly PolicyRow[], offset: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]!.start <= offset) low = middle + 1
    else high = middle
  }
  return Math.max(low - 1, 0)
}

export interface PolicyPage {
  readonly top: number
  readonly rows: number
  readonly columns: number
  readonly marks: readonly Marked[]
  readonly glyphs: Glyphs
}

/** The rows in view, each with its number; a bar stands beside those that are marked. */
export function drawPolicy(source: SourceText, page: PolicyPage): readonly Line[] {
  const rows = policyRows(source, page.columns)
  const shown = rows.slice(page.top, page.top + page.rows)
  const gutter = gutterOf(rows)
  return shown.map((row) => drawRow(source.text, row, gutter, page))
}

function drawRow(text: string, row: PolicyRow, gutter: number, { marks, columns, glyphs }: PolicyPage): Line {
  const inside = marks.filter(({ start, end }) => start < Math.max(row.end, row.start + 1) && end > row.start)
  const isPoint = inside.some(({ mark }) => mark === 'point')
  const bar = inside.length === 0 ? span(' ') : span(glyphs.bar, isPoint ? 'bad' : 'title')
  const number = span((row.number === undefined ? '' : String(row.number)).padStart(gutter), 'faint')
  const indent = span(' '.repeat(row.indent))
  const line = cutLine([number, bar, span(' '), indent, ...drawText(text, row, inside)], columns, glyphs.ellipsis)
  if (!inside.some(({ mark }) => mark === 'around')) return line
  // A statement is one block, to the end of the screen.
  return [number, bar, ...markLine(line.slice(2), 'around', columns - gutter - 1)]
}

interface Token extends Place {
  readonly role: Role
}

/** Nothing in it can be matched in two ways. */
const STRING = /"(?:[^"\\]|\\.)*"(\s{0,8}:)?/g

function drawText(text: string, row: PolicyRow, marks: readonly Marked[]): Line {
  const tokens: Token[] = []
  const slice = text.slice(row.start, row.end)
  for (const match of slice.matchAll(STRING)) {
    const start = row.start + match.index
    const colon = match[1]?.length ?? 0
    tokens.push({ start, end: start + match[0].length - colon, role: colon > 0 ? 'member' : 'value' })
  }
  // A statement is shown by the bar beside it; the indentation of the text is no part of it.
  const first = row.start + slice.length - slice.trimStart().length
  const cuts = new Set([row.start, row.end])
  for (const { start, end } of [...tokens, ...marks]) {
    if (start > row.start && start < row.end) cuts.add(start)
    if (end > row.start && end < row.end) cuts.add(end)
  }
  if (first > row.start && first < row.end) cuts.add(first)
  const places = [...cuts].sort((left, right) => left - right)
  const line: Span[] = []
  for (let index = 0; index + 1 < places.length; index++) {
    const from = places[index]!
    const to = places[index + 1]!
    const role = tokens.find(({ start, end }) => start <= from && from < end)?.role ?? 'plain'
    // The last of several is the most exact.
    const mark = from < first ? undefined : marks.findLast(({ start, end }) => start <= from && from < end)?.mark
    line.push(span(text.slice(from, to).replaceAll('\t', '  '), role, mark))
  }
  return line
}
