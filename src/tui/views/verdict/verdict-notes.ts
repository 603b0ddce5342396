/**
 * What stands beside a verdict: what AWS says, whether it agrees, what is not known, what else is worth a look.
 */
import type { Answer } from '../../../source/answer/answer-question.js'
import { lookedAt } from '../../../source/answer/looked-at.js'
import { LAYER_NAMES } from '../../../explain/names.js'
import type { Glyphs } from '../../frame/glyphs.js'
import { NO_LINE, span, wrapText, type Line } from '../../frame/span.js'

export function noteLines(answer: Answer, columns: number, glyphs: Glyphs): readonly Line[] {
  const { explanation, comparison, question } = answer
  const blocks: (readonly Line[])[] = []
  const item = (text: string): readonly Line[] => listItem(text, columns, glyphs)
  const block = (title: string, lines: readonly Line[]): void => {
    if (lines.length > 0) blocks.push([[span(title, 'title')], ...lines])
  }
  if (explanation.message !== null) block('AWS says', wrapText(explanation.message, columns - 1, 'plain', ' '))
  if (comparison !== undefined) {
    const { agreement, explanations } = comparison
    const said =
      question.said?.decision === 'allow'
        ? 'let it in'
        : question.said?.decision === 'deny'
          ? 'denied it'
          : 'answered otherwise'
    const here =
      agreement === 'same'
        ? 'this world gives the same answer'
        : agreement === 'notComparable'
          ? 'that is no answer about permissions'
          : 'this world answers otherwise'
    block('What AWS did', [
      ...wrapText(`AWS ${said}; ${here}`, columns - 1, 'plain', ' '),
      ...explanations.flatMap(({ sentence }) => item(sentence)),
    ])
  }
  block('Not certain: it hangs on what is not known', dependsLines(answer, item))
  block('Not known', explanation.unknown.flatMap(item))
  if (explanation.decisive.length === 0) {
    const looked = lookedAt(answer.trace)
    block(
      'Policies without an Allow for this',
      looked.flatMap(({ name, file, line }) => item(file === null ? name : `${name} (${file}:${line})`)),
    )
  }
  if (answer.checks.length > 1) {
    block(
      `${question.operation ?? 'The call'} needs these ${answer.checks.length} checks, all of them`,
      answer.checks.flatMap(({ action, decision, layer }, index) =>
        item(
          `${decision === 'allow' ? 'allowed' : 'denied'}  ${action}, ${LAYER_NAMES[layer].one}${index === answer.told ? ' (told here)' : ''}`,
        ),
      ),
    )
  }
  const notes = explanation.diagnostics.filter(({ code }) => code !== 'policyIgnored' && code !== 'doubt')
  block(
    'Worth a look',
    notes.flatMap(({ code, message }) => item(`${code}: ${message}`)),
  )
  block('Where it comes from', originLines(answer, columns))
  return blocks.flatMap((lines, index) => (index === 0 ? lines : [NO_LINE, ...lines]))
}

function listItem(text: string, columns: number, { dot }: Glyphs): readonly Line[] {
  return wrapText(text, columns - 1, 'plain', '   ').map((line, index) =>
    index === 0 ? [span(` ${dot} `, 'faint'), ...line.map((each) => span(each.text.slice(3), each.role))] : line,
  )
}

function dependsLines({ eitherWay }: Answer, item: (text: string) => readonly Line[]): readonly Line[] {
  if (eitherWay.answer !== 'depends') return []
  const reasons = new Map(eitherWay.dependsOn.flatMap(({ keys }) => keys.map(({ key, why }) => [key, why] as const)))
  return [
    ...eitherWay.dependsOn.flatMap(({ name, effect, when }) =>
      item(`${name} ${effect === 'Deny' ? 'denies' : 'allows'} this when ${when}`),
    ),
    ...[...reasons].flatMap(([key, why]) => item(`${key} is not known: ${why}`)),
  ]
}

function originLines(
  { question: { origin, operation }, explanation: { cause } }: Answer,
  columns: number,
): readonly Line[] {
  const lines: Line[] = []
  if (origin.form === 'cloudtrail') {
    const id = origin.eventId === undefined ? 'an event' : `event ${origin.eventId}`
    const at = `${origin.name}${origin.line === undefined ? '' : `:${origin.line}`}`
    lines.push(
      ...wrapText(
        `${id} in ${at}${operation === undefined ? '' : `, a call of ${operation}`}`,
        columns - 1,
        'place',
        ' ',
      ),
    )
  }
  if (cause !== null)
    lines.push([span(` cause ${cause.code}`, 'faint'), span(`  docs/causes/${cause.code}.md`, 'place')])
  return lines
}
