/**
 * A drawing as a Mermaid flowchart, for Markdown pages that draw them.
 *
 * Source: Mermaid, "Flowcharts - Basic Syntax" (entity codes in texts, classes, link styles).
 */
import { escapeTerminal } from '../../text/escape.js'
import type { Box, BoxKind, Drawing } from './drawing.js'

/** Ends in a line feed. */
export function mermaidOf(drawing: Drawing): string {
  const lines = ['flowchart TD', ...drawing.boxes.map((box) => `  ${boxText(box)}`)]
  const decisive: number[] = []
  drawing.arrows.forEach(({ from, to, label, isDecisive }, index) => {
    if (isDecisive) decisive.push(index)
    const arrow = isDecisive ? '==>' : '-->'
    lines.push(`  ${from} ${arrow}${label === '' ? '' : `|${escapeMermaid(label)}|`} ${to}`)
  })
  for (const kind of KINDS) {
    const ids = drawing.boxes.filter((box) => box.kind === kind).map(({ id }) => id)
    if (STYLES[kind] !== undefined && ids.length > 0) {
      lines.push(`  classDef ${kind} ${STYLES[kind]}`, `  class ${ids.join(',')} ${kind}`)
    }
  }
  const way = drawing.boxes.filter(({ isDecisive }) => isDecisive).map(({ id }) => id)
  if (way.length > 0) lines.push('  classDef way stroke-width:3px', `  class ${way.join(',')} way`)
  if (decisive.length > 0) lines.push(`  linkStyle ${decisive.join(',')} stroke-width:3px`)
  for (const note of drawing.notes) lines.push(`  %% ${escapeTerminal(note).replaceAll('%', '#37;')}`)
  return `${lines.join('\n')}\n`
}

const KINDS: readonly BoxKind[] = ['allowed', 'allow', 'denied', 'deny']

const STYLES: Readonly<Partial<Record<BoxKind, string>>> = {
  allowed: 'fill:#e3f5e6,stroke:#1a7f37,color:#102a17',
  allow: 'fill:#e3f5e6,stroke:#1a7f37,color:#102a17',
  denied: 'fill:#fdeaea,stroke:#b3261e,color:#3b0d0a',
  deny: 'fill:#fdeaea,stroke:#b3261e,color:#3b0d0a',
}

function boxText({ id, kind, title, lines }: Box): string {
  // Mermaid breaks long lines by itself.
  const text = [title, ...lines].map(escapeMermaid).join('<br/>')
  const [open, close] = SHAPES[kind]
  return `${id}${open}"${text}"${close}`
}

const SHAPES: Readonly<Record<BoxKind, readonly [open: string, close: string]>> = {
  request: ['([', '])'],
  question: ['[', ']'],
  test: ['{{', '}}'],
  allowed: ['([', '])'],
  denied: ['([', '])'],
  key: ['[(', ')]'],
  allow: ['[', ']'],
  deny: ['[', ']'],
  principal: ['([', '])'],
}

/** Everything but letters, digits and a few marks that mean nothing to Mermaid, Markdown or HTML as an entity code. */
function escapeMermaid(text: string): string {
  let out = ''
  for (const character of escapeTerminal(text)) {
    out += /^[\p{L}\p{N} .,:/_-]$/u.test(character) ? character : `#${character.codePointAt(0)!};`
  }
  return out
}
