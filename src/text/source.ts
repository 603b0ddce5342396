/**
 * A text that somebody wrote, places in it, and what is said when it is wrong.
 *
 * Offsets are UTF-16 code units into `text`, the end exclusive; lines and columns are computed only when somebody
 * asks, because most texts are read without an error.
 */

import { LRUCache } from 'lru-cache'

export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

export interface SourceText {
  /** What a person knows it by: a file name as given, or `<stdin>`, `<memory>`. */
  readonly name: string
  readonly text: string
}

export interface Span {
  readonly start: number
  readonly end: number
}

/** Something wrong at one place. `message` is lower case, quotes the offending value and has no final stop. */
export interface SourceError {
  readonly message: string
  readonly source: SourceText
  readonly span: Span
  /** What would be right, as a sentence fragment: "did you mean `StringEquals`?", "expected `Allow` or `Deny`". */
  readonly hint?: string
  /** JSON pointer of the value in its document, where there is one. */
  readonly pointer?: string
}

/** Line and column, both from 1; a column counts UTF-16 code units. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Offsets at which the lines of texts begin; errors and explanations ask for many places in few texts. */
const lineStarts = new LRUCache<string, readonly number[]>({
  maxSize: 4 * 1024 * 1024,
  sizeCalculation: (starts) => starts.length + 1,
})

/**
 * Where an offset lies. A line ends at LF, CR LF or CR; an offset beyond the end is the end.
 */
export function positionAt(text: string, offset: number): Position {
  const end = Math.min(Math.max(offset, 0), text.length)
  const starts = startsIn(text)
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= end) low = middle
    else high = middle - 1
  }
  return { line: low + 1, column: end - starts[low]! + 1 }
}

/** Where a line that there is begins, and where it ends before its line break. @param line - from 1. */
export function lineSpan(text: string, line: number): Span {
  const starts = startsIn(text)
  const start = starts[line - 1] ?? text.length
  const next = starts[line]
  if (next === undefined) return { start, end: text.length }
  return { start, end: next - (text.startsWith('\r\n', next - 2) ? 2 : 1) }
}

function startsIn(text: string): readonly number[] {
  let starts = lineStarts.get(text)
  if (starts === undefined) {
    starts = startsOf(text)
    lineStarts.set(text, starts)
  }
  return starts
}

function startsOf(text: string): readonly number[] {
  const starts = [0]
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    // CR LF counts once, at its LF.
    if (code === 10 || (code === 13 && text.charCodeAt(index + 1) !== 10)) starts.push(index + 1)
  }
  return starts
}
