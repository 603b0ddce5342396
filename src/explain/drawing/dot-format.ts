/**
 * A drawing in the DOT language of Graphviz.
 *
 * Source: Graphviz, "DOT Language" (quoted strings, escapes), "escString".
 */
import { escapeTerminal } from '../../text/escape.js'
import { boxLines } from './box-lines.js'
import type { Box, BoxKind, Drawing } from './drawing.js'

/** Ends in a line feed. */
export function dotOf(drawing: Drawing): string {
  const lines = [
    'digraph keyward {',
    `  graph [label=${quoted(drawing.title)}, labelloc=t, fontname="Helvetica", rankdir=TB];`,
    '  node [fontname="Helvetica", fontsize=11, margin="0.15,0.08"];',
    '  edge [fontname="Helvetica", fontsize=10];',
    ...drawing.boxes.map((box) => `  ${box.id} [${attributes(box)}];`),
    ...drawing.arrows.map(({ from, to, label, isDecisive }) => {
      const style = isDecisive ? 'penwidth=2.5' : 'color="#8a8f98", fontcolor="#5a5f68"'
      return `  ${from} -> ${to} [${label === '' ? '' : `label=${quoted(` ${label} `)}, `}${style}];`
    }),
    ...drawing.notes.map((note) => `  // ${escapeTerminal(note)}`),
    '}',
  ]
  return `${lines.join('\n')}\n`
}

function attributes(box: Box): string {
  const { kind, isDecisive } = box
  const label = boxLines(box).map(escaped).join('\\n')
  const fill = FILLS[kind]
  return [
    `label="${label}"`,
    `shape=${SHAPES[kind]}`,
    `style="${fill === undefined ? '' : 'filled,'}${SHAPES[kind] === 'box' ? 'rounded,' : ''}solid"`,
    ...(fill === undefined ? [] : [`fillcolor="${fill}"`]),
    ...(isDecisive ? ['penwidth=2.5'] : ['color="#8a8f98"', 'fontcolor="#3a3f48"']),
  ].join(', ')
}

const SHAPES: Readonly<Record<BoxKind, string>> = {
  request: 'box',
  question: 'box',
  test: 'hexagon',
  allowed: 'oval',
  denied: 'octagon',
  key: 'cylinder',
  allow: 'box',
  deny: 'octagon',
  principal: 'oval',
}

const FILLS: Readonly<Partial<Record<BoxKind, string>>> = {
  allowed: '#e3f5e6',
  allow: '#e3f5e6',
  denied: '#fdeaea',
  deny: '#fdeaea',
  key: '#eef1f6',
}

function quoted(text: string): string {
  return `"${escaped(escapeTerminal(text))}"`
}

/** In a label a backslash begins an escape and an ampersand an HTML entity. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('&', '&amp;')
}
