/**
 * JSON with comments: the same text with its comments and trailing commas made blank, so that every place stays.
 *
 * Source: RFC 8259 for what remains; `//` and block comments as JavaScript has them.
 */
import type { Span } from '../text/source.js'

export interface Uncommented {
  /** As long as the text that came in. */
  readonly text: string
  readonly comments: readonly Span[]
}

export function withoutComments(text: string): Uncommented {
  const comments: Span[] = []
  const blanks: Span[] = []
  let comma = -1
  let at = 0
  while (at < text.length) {
    const unit = text[at]!
    if (unit === '"') {
      at = stringEnd(text, at)
      comma = -1
    } else if (unit === '/' && (text[at + 1] === '/' || text[at + 1] === '*')) {
      const end = commentEnd(text, at)
      comments.push({ start: at, end })
      blanks.push({ start: at, end })
      at = end
    } else {
      if (unit === ',') comma = at
      else if ((unit === '}' || unit === ']') && comma >= 0) {
        blanks.push({ start: comma, end: comma + 1 })
        comma = -1
      } else if (!isSpace(unit)) comma = -1
      at++
    }
  }
  return { text: blanks.length === 0 ? text : blanked(text, blanks), comments }
}

function isSpace(unit: string): boolean {
  return unit === ' ' || unit === '\n' || unit === '\r' || unit === '\t'
}

function stringEnd(text: string, start: number): number {
  let at = start + 1
  // A string ends on its line; what is not closed there is for the reader to say.
  while (at < text.length && text[at] !== '\n') {
    if (text[at] === '"') return at + 1
    at += text[at] === '\\' ? 2 : 1
  }
  return Math.min(at, text.length)
}

function commentEnd(text: string, start: number): number {
  if (text[start + 1] === '*') {
    const close = text.indexOf('*/', start + 2)
    return close < 0 ? text.length : close + 2
  }
  let at = start
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++
  return at
}

function blanked(text: string, blanks: readonly Span[]): string {
  const parts: string[] = []
  let copied = 0
  for (const { start, end } of blanks.toSorted((a, b) => a.start - b.start)) {
    parts.push(text.slice(copied, start), text.slice(start, end).replaceAll(/[^\r\n]/g, ' '))
    copied = end
  }
  parts.push(text.slice(copied))
  return parts.join('')
}
