/**
 * Text broken into lines for a terminal: paragraphs and list items.
 *
 * Escapes what it breaks, since the width of a line is that of what is printed. Knows no terminal: the width is handed
 * in.
 */
import { displayWidth } from './display-width.js'
import { escapeTerminal } from './escape.js'

export interface PageWidth {
  /** In columns. */
  readonly width: number
}

/** Escaped, and broken at spaces; a word that is too long for a line, such as an ARN, stays whole to be copied. */
export function wrap(text: string, indent: string, { width }: PageWidth): readonly string[] {
  const room = width - indent.length
  const lines: string[] = []
  let line = ''
  let used = 0
  for (const word of escapeTerminal(text).split(' ')) {
    const size = displayWidth(word)
    if (line !== '' && used + 1 + size > room) {
      lines.push(indent + line)
      line = ''
      used = 0
    }
    line = line === '' ? word : `${line} ${word}`
    used += size + (used === 0 ? 0 : 1)
  }
  if (line !== '') lines.push(indent + line)
  return lines
}

/** As `wrap`, with a dash before the first line. */
export function listItem(text: string, page: PageWidth): readonly string[] {
  const [first = '', ...rest] = wrap(text, '    ', page)
  return [`  - ${first.slice(4)}`, ...rest]
}
