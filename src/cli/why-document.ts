/**
 * A simulation document explained, as text for a terminal.
 */
import { LAYER_NAMES } from '../explain/names.js'
import { renderExplanation } from '../explain/render.js'
import type { ExplainedCheck, ExplainedDocument } from '../source/explain-document.js'
import { escapeTerminal } from '../text/escape.js'
import type { Palette } from '../text/palette.js'

export interface RenderOptions {
  readonly width: number
  readonly color: Palette
  readonly allLayers: boolean
}

export function renderDocument(document: ExplainedDocument, options: RenderOptions): string {
  const { kind, api, checks, failingCheck } = document
  const body = renderExplanation(document.explanation, options)
  const list = kind === 'multi' ? renderChecks(api, checks, failingCheck ?? checks.length - 1, options.color) : ''
  return [lockoutHeading(document, options.color), body, list].filter((part) => part !== '').join('\n')
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
export function renderChecks(
  api: string | undefined,
  checks: readonly ExplainedCheck[],
  told: number,
  color: Palette,
): string {
  const actionWidth = Math.max(...checks.map(({ action }) => action.length)) + 2
  const lines = checks.flatMap(({ action, resource, decision, layer }, index) => {
    const word = (decision === 'allow' ? 'allowed' : 'denied').padEnd(10)
    const by = `${LAYER_NAMES[layer].one}${index === told ? ' (above)' : ''}`
    return [
      `  ${decision === 'allow' ? word : color.error(word)}${escapeTerminal(action.padEnd(actionWidth))}${by}`,
      // A line of its own, so that an ARN stays whole in a narrow terminal.
      `  ${' '.repeat(word.length)}${escapeTerminal(resource ?? 'no resource')}`,
    ]
  })
  const heading = `${escapeTerminal(api ?? 'The call')} needs ${checks.length === 1 ? 'this check' : `these ${checks.length} checks, all of them`}`
  return `${[color.strong(heading), ...lines].join('\n')}\n`
}
