/**
 * Advice as text for a terminal: one numbered piece after the other, each step with its edit below it.
 *
 * Everything that came from outside is escaped; a diff keeps its lines whole, so that it can be copied.
 */
import { escapeTerminal } from '../../text/escape.js'
import type { Palette } from '../../text/palette.js'
import { wrap } from '../../text/wrap.js'
import type { Advice, Advised, AdviceStep, AdvisedEdit } from './advise.js'
import { OPENS_BUDGET, type Opened } from './opens.js'

export interface AdvicePage {
  readonly width: number
  readonly color: Palette
}

/** Ends in a line feed. */
export function renderAdvice({ advice, isComplete }: Advised, page: AdvicePage): string {
  if (advice.length === 0) {
    const why = isComplete
      ? 'No change of this request, of these policies or of the grants would let it in.'
      : 'Nothing that would let it in was found; the search was cut short.'
    return `${page.color.strong('What would allow it')}\n${wrap(why, '  ', page).join('\n')}\n`
  }
  const lines = [
    page.color.strong('What would allow it, cheapest first'),
    ...advice.flatMap((one, index) => pieceLines(one, index + 1, page)),
  ]
  return `${lines.join('\n')}\n`
}

const INDENT = '     '

function pieceLines({ steps, opens }: Advice, number: number, page: AdvicePage): readonly string[] {
  const lines = steps.flatMap((step, index) => {
    const mark = index === 0 ? `  ${number}. ` : `${INDENT}and `
    const sentence = index === 0 ? step.sentence : step.sentence.charAt(0).toLowerCase() + step.sentence.slice(1)
    const [first = '', ...rest] = wrap(escaped(sentence), INDENT, page)
    return [`${mark}${first.trimStart()}`, ...rest, ...belowLines(step, page)]
  })
  return [...lines, ...opensLines(opens({ budget: OPENS_BUDGET }), page)]
}

const SHOWN = 3

function opensLines(opened: Opened | undefined, page: AdvicePage): readonly string[] {
  if (opened === undefined) return []
  const { sentences, reason } = opened
  if (reason !== undefined) return wrap(`What else it opens is not known: ${escaped(reason)}.`, INDENT, page)
  if (sentences.length === 0) return wrap('It opens nothing else on this key.', INDENT, page).map(page.color.faint)
  const more = sentences.length - SHOWN
  return [
    ...wrap('It also opens:', INDENT, page).map(page.color.strong),
    ...sentences.slice(0, SHOWN).flatMap((sentence) => {
      const [first = '', ...rest] = wrap(escaped(sentence), `${INDENT}    `, page)
      return [`${INDENT}  - ${first.trimStart()}`, ...rest]
    }),
    ...(more > 0 ? [`${INDENT}  and ${more} more`] : []),
  ]
}

function belowLines({ caution, edit }: AdviceStep, page: AdvicePage): readonly string[] {
  const warned = caution === null ? [] : wrap(escaped(caution), INDENT, page)
  return [...warned, ...(edit === null ? [] : editLines(edit, page))]
}

function editLines(edit: AdvisedEdit, { color }: AdvicePage): readonly string[] {
  switch (edit.kind) {
    case 'command':
      return [`${INDENT}  ${color.hint(escaped(edit.command))}`]
    case 'newFile':
      return textLines(edit.text).map((line) => `${INDENT}  ${color.hint(`+${line}`)}`)
    case 'file':
      return textLines(edit.diff).map((line) => `${INDENT}  ${diffPaint(line, color)(line)}`)
  }
}

function textLines(text: string): readonly string[] {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => escaped(line.replace(/\r$/, '')))
}

function diffPaint(line: string, color: Palette): (text: string) => string {
  if (line.startsWith('+')) return color.hint
  if (line.startsWith('-')) return color.error
  return color.faint
}

function escaped(text: string): string {
  return escapeTerminal(text)
}

/** Advice as `keyward why --advice --json` prints it. */
export function adviceJson({ advice, isComplete }: Advised): object {
  return {
    advice: advice.map(({ cost, steps, opens }) => ({
      cost,
      steps,
      opens: openedJson(opens({ budget: OPENS_BUDGET })),
    })),
    adviceIsComplete: isComplete,
  }
}

function openedJson(opened: Opened | undefined): object | null {
  if (opened === undefined) return null
  const { sentences, differences, reason = null } = opened
  // Each sentence with a request that shows it.
  const requests = differences.map(({ witness }) => witness?.request ?? null)
  return { sentences, requests, reason }
}
