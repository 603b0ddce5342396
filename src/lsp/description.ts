/**
 * A few lines about one thing, as text for an editor. What a policy holds is shown and never formats anything.
 *
 * Source: CommonMark 0.31, 2.4 (backslash escapes); GitHub Flavored Markdown, 6.9 (autolinks).
 */
import { MarkupKind, type MarkupContent } from 'vscode-languageserver/node'
import { escapeTerminal } from '../text/escape.js'

export interface Description {
  readonly title: string
  readonly rows: readonly (readonly [label: string, text: string])[]
}

export function markupOf(descriptions: readonly Description[], kind: MarkupKind): MarkupContent {
  const isMarkdown = kind === MarkupKind.Markdown
  const parts = descriptions.map(({ title, rows }) => {
    if (!isMarkdown)
      return [escapeTerminal(title), ...rows.map(([label, text]) => `${label}: ${escapeTerminal(text)}`)].join('\n')
    const list = rows.map(([label, text]) => `- ${label}: ${markdown(text)}`)
    return [`**${markdown(title)}**`, ...(list.length === 0 ? [] : [list.join('\n')])].join('\n\n')
  })
  return { kind, value: parts.join(isMarkdown ? '\n\n---\n\n' : '\n\n') }
}

/** Punctuation that begins something in Markdown; the rest stays easy to read where nobody renders it. */
const SPECIAL = /[\\`*_[\]~]/g

function markdown(text: string): string {
  return escapeTerminal(text)
    .replaceAll(SPECIAL, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('://', ':\\/\\/')
    .replaceAll(/www\./gi, (word) => `${word.slice(0, 3)}\\.`)
    .replaceAll('@', '&#64;')
}
