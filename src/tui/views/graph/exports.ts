/**
 * The decision graph of an answer in the forms that other programs and people read.
 *
 * Graphviz comes as WebAssembly and is loaded when an SVG is first asked for, so that work waits for it in slices.
 */
import { drawDecision } from '../../../explain/drawing/decision-drawing.js'
import { dotOf } from '../../../explain/drawing/dot-format.js'
import type { Drawing } from '../../../explain/drawing/drawing.js'
import { mermaidOf } from '../../../explain/drawing/mermaid-format.js'
import { svgOf } from '../../../explain/drawing/svg-format.js'
import type { Answer } from '../../../source/answer/answer-question.js'
import type { AskedWorld } from '../../../source/world/world.js'
import { shortKey, shortPrincipal } from '../../world/short-names.js'
import type { ToSave } from '../save-as.js'
import { reportPage } from './report-page.js'

export type ExportFormat = 'html' | 'svg' | 'mermaid' | 'dot'

export const EXPORTS: readonly { readonly format: ExportFormat; readonly name: string; readonly what: string }[] = [
  { format: 'html', name: 'HTML report', what: 'one page with the verdict, the story and the graph; for a colleague' },
  { format: 'svg', name: 'SVG', what: 'the graph as a picture' },
  { format: 'mermaid', name: 'Mermaid', what: 'the graph as text, for Markdown' },
  { format: 'dot', name: 'DOT', what: 'the graph as text, for Graphviz' },
]

const SUFFIXES: Readonly<Record<ExportFormat, string>> = { html: 'html', svg: 'svg', mermaid: 'mmd', dot: 'dot' }

export function exportOf(format: ExportFormat, answer: Answer, drawing: Drawing, world: AskedWorld): ToSave {
  const path = `${fileStem(answer, world)}.${SUFFIXES[format]}`
  switch (format) {
    case 'mermaid':
      return { what: 'the decision graph as Mermaid', path, make: () => ({ text: mermaidOf(drawing) }) }
    case 'dot':
      return { what: 'the decision graph as DOT', path, make: () => ({ text: dotOf(drawing) }) }
    case 'svg':
      return { what: 'the decision graph as SVG', path, make: () => ({ work: () => settled(svgOf(drawing)) }) }
    case 'html':
      return { what: 'the HTML report', path, make: () => ({ work: () => settled(reportOf(answer, world)) }) }
  }
}

async function reportOf(answer: Answer, world: AskedWorld): Promise<string> {
  return reportPage(answer, world, await svgOf(narrowed(drawDecision(answer.trace))))
}

/** Longer lines would make a picture on a page too small to read. */
const LINE_LENGTH = 64

function narrowed(drawing: Drawing): Drawing {
  const boxes = drawing.boxes.map((box) => {
    const [title = '', ...rest] = broken(box.title)
    return { ...box, title, lines: [...rest, ...box.lines.flatMap(broken)] }
  })
  return { ...drawing, boxes }
}

function broken(text: string): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= LINE_LENGTH) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Work that waits for a promise: whoever runs the slices gives it its turns. */
function* settled(promise: Promise<string>): Generator<void, string> {
  const seen: { outcome?: { readonly value: string } | { readonly error: unknown } } = {}
  promise.then(
    (value) => (seen.outcome = { value }),
    (error: unknown) => (seen.outcome = { error }),
  )
  while (seen.outcome === undefined) yield
  if ('error' in seen.outcome) throw seen.outcome.error
  return seen.outcome.value
}

const STEM_LENGTH = 60

/** `denied-decrypt-paymentsapi-payments`: letters and digits alone, so that it is a name everywhere. */
export function fileStem({ explanation: { verdict, action, caller, resource } }: Answer, world: AskedWorld): string {
  const parts = [
    verdict === 'allow' ? 'allowed' : 'denied',
    action.replace(/^kms:/, ''),
    shortPrincipal(caller).replace(/^[a-z]+\//, ''),
    shortKey(resource, world).replace(/^(?:alias|key)\//, ''),
  ]
  const stem = parts
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
  return stem.slice(0, STEM_LENGTH).replace(/^-|-$/g, '')
}
