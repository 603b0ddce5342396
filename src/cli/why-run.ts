/**
 * The work of `keyward why`: read one document, explain it, print.
 */
import { renderExplanation } from '../explain/render.js'
import { describeError } from '../text/code-frame.js'
import { escapeTerminal } from '../text/escape.js'
import type { Palette } from '../text/palette.js'
import { parseDecisionOptions } from './decision-options.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { readInput } from './input.js'
import { paletteFor, terminalFacts, widthFor, writeError, writeOut } from './terminal.js'
import { explainDocument, whyJson, type ExplainedDocument } from '../source/explain-document.js'

export interface WhyOptions {
  readonly json?: boolean
  readonly allLayers?: boolean
  /** False with --no-color. */
  readonly color: boolean
  readonly width?: number
  readonly option?: readonly string[]
}

export async function runWhy(file: string, options: WhyOptions): Promise<ExitCode> {
  const decision = parseDecisionOptions(options.option ?? [])
  if (!decision.ok) return refuse(decision.error)
  const input = await readInput(file)
  if (!input.ok) return refuse(input.error)
  const found = explainDocument(input.value, decision.value)
  if (!found.ok) {
    const stderr = terminalFacts(process.stderr)
    const color = paletteFor(stderr, options.color)
    writeError(`${describeError(found.error, { color, width: widthFor(stderr, options.width) })}\n`)
    return EXIT.usage
  }
  const terminal = terminalFacts()
  const text =
    options.json === true
      ? `${JSON.stringify(whyJson(found.value), null, 2)}\n`
      : renderDocument(found.value, {
          width: widthFor(terminal, options.width),
          color: paletteFor(terminal, options.color),
          allLayers: options.allLayers === true,
        })
  await writeOut(text)
  return passes(found.value) ? EXIT.ok : EXIT.denied
}

function refuse(message: string): ExitCode {
  writeError(`keyward: ${escapeTerminal(message)}\n`)
  return EXIT.usage
}

function passes({ lockout, failingCheck }: ExplainedDocument): boolean {
  return lockout === undefined ? failingCheck === null : lockout !== 'fail'
}

interface RenderOptions {
  readonly width: number
  readonly color: Palette
  readonly allLayers: boolean
}

export function renderDocument(document: ExplainedDocument, options: RenderOptions): string {
  const body = renderExplanation(document.explanation, options)
  return [lockoutHeading(document, options.color), body, checkList(document, options.color)]
    .filter((part) => part !== '')
    .join('\n')
}

const LOCKOUT = {
  pass: ['LOCKOUT CHECK PASSES', 'Under the new key policy the caller can change it again.'],
  fail: ['LOCKOUT CHECK FAILS', 'AWS refuses the new key policy. Under it the caller would be:'],
  bypassed: [
    'LOCKOUT CHECK BYPASSED',
    'Without the bypass AWS would refuse the new key policy. Under it the caller would be:',
  ],
} as const

function lockoutHeading({ lockout }: ExplainedDocument, color: Palette): string {
  if (lockout === undefined) return ''
  const [verdict, meaning] = LOCKOUT[lockout]
  return `${color.strong(lockout === 'pass' ? color.hint(verdict) : color.error(verdict))}\n${meaning}\n`
}

/** Every check of a call that makes several. */
function checkList({ kind, api, checks, failingCheck }: ExplainedDocument, color: Palette): string {
  if (kind !== 'multi') return ''
  const told = failingCheck ?? checks.length - 1
  const actionWidth = Math.max(...checks.map(({ action }) => action.length)) + 2
  const lines = checks.map(({ action, resource, decision }, index) => {
    const word = (decision === 'allow' ? 'allowed' : 'denied').padEnd(10)
    const mark = index === told ? '  (above)' : ''
    return `  ${decision === 'allow' ? word : color.error(word)}${escapeTerminal(`${action.padEnd(actionWidth)}${resource ?? 'no resource'}`)}${mark}`
  })
  const heading = `${escapeTerminal(api ?? 'The call')} needs ${checks.length === 1 ? 'this check' : `these ${checks.length} checks, all of them`}`
  return `${[color.strong(heading), ...lines].join('\n')}\n`
}
