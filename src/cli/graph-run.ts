/**
 * The work of `keyward graph`: answer the question, draw the answer, print or write it.
 */
import { writeFile } from 'node:fs/promises'
import { drawDecision } from '../explain/drawing/decision-drawing.js'
import { dotOf } from '../explain/drawing/dot-format.js'
import type { Drawing } from '../explain/drawing/drawing.js'
import { drawKey } from '../explain/drawing/key-drawing.js'
import { mermaidOf } from '../explain/drawing/mermaid-format.js'
import { svgOf } from '../explain/drawing/svg-format.js'
import { treeOf } from '../explain/drawing/tree-format.js'
import { explainDocument } from '../source/explain-document.js'
import { escapeTerminal, quote } from '../text/escape.js'
import { plainPalette } from '../text/palette.js'
import type { Result } from '../text/source.js'
import { parseDecisionOptions } from './decision-options.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import type { GRAPH_FORMATS } from './graph.js'
import { paletteFor, terminalFacts, writeError, writeOut } from './terminal.js'
import { readGiven } from './why-input.js'
import type { AskOptions } from './why-options.js'
import type { AskFailure } from './why-questions.js'
import { flagForWorld, refuse } from './why-run.js'

export interface GraphOptions extends AskOptions {
  readonly format: (typeof GRAPH_FORMATS)[number]
  readonly output?: string
  /** False with --no-color. */
  readonly color: boolean
}

export async function runGraph(input: string | undefined, options: GraphOptions): Promise<ExitCode> {
  const drawing = await drawingOf(input, options)
  if (!drawing.ok) return refuse(drawing.error, options)
  const text = await formatted(drawing.value, options)
  if (options.output === undefined) {
    await writeOut(text)
    return EXIT.ok
  }
  try {
    await writeFile(options.output, text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    writeError(`keyward: cannot write ${quote(options.output, 200)}: ${escapeTerminal(reason)}\n`)
    return EXIT.usage
  }
  return EXIT.ok
}

async function drawingOf(input: string | undefined, options: GraphOptions): Promise<Result<Drawing, AskFailure>> {
  if (isAboutKey(input, options)) return keyDrawing(options)
  const decision = parseDecisionOptions(options.option ?? [])
  if (!decision.ok) return decision
  const given = await readGiven(input, options)
  if (!given.ok) return given
  if (given.value.kind === 'simulation') {
    const stray = flagForWorld(options)
    if (stray !== undefined) return failure(`a simulation document says all by itself; leave out \`${stray}\``)
    const found = explainDocument(given.value.source, decision.value)
    return found.ok ? { ok: true, value: drawDecision(found.value.trace) } : found
  }
  const { ask } = await import('./why-world.js')
  const asked = await ask(given.value, { options, decision: decision.value, warn, onProgress: () => undefined })
  if (!asked.ok) return asked
  if (asked.value.kind === 'many')
    return failure(`these are ${asked.value.grouped.total} requests; a picture is of one`)
  return { ok: true, value: drawDecision(asked.value.answer.trace) }
}

function isAboutKey(input: string | undefined, options: GraphOptions): boolean {
  const { key, principal, action, message, operation } = options
  return key !== undefined && [input, principal, action, message, operation].every((other) => other === undefined)
}

async function keyDrawing(options: GraphOptions): Promise<Result<Drawing, AskFailure>> {
  const [{ keyOfWorld }, { drawnKey }] = await Promise.all([
    import('./world-key.js'),
    import('../source/answer/key-picture.js'),
  ])
  const found = keyOfWorld(options, warn)
  if (!found.ok) return found
  const { world, arn } = found.value
  return { ok: true, value: drawKey(drawnKey(world, arn)) }
}

function warn(message: string): void {
  writeError(`keyward: ${escapeTerminal(message)}\n`)
}

function failure(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error }
}

async function formatted(drawing: Drawing, { format, output, color }: GraphOptions): Promise<string> {
  switch (format) {
    case 'tree':
      return treeOf(drawing, output === undefined ? paletteFor(terminalFacts(), color) : plainPalette)
    case 'mermaid':
      return mermaidOf(drawing)
    case 'dot':
      return dotOf(drawing)
    case 'svg':
      return svgOf(drawing)
  }
}
