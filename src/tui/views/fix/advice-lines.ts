/**
 * A piece of advice line by line: what to do, the edit, what else it opens.
 */
import type { Glyphs } from '../../frame/glyphs.js'
import { NO_LINE, span, wrapText, type Line, type Role } from '../../frame/span.js'
import type { Advice, AdvisedEdit, AdviceStep } from '../../../explain/advice/advise.js'
import type { Opened } from '../../../explain/advice/opens.js'

/** `failed`: it could not be worked out; undefined: not yet. */
export type KnownOpened = Opened | 'nothing' | 'failed'

export function adviceLines(
  { steps }: Pick<Advice, 'steps'>,
  opened: KnownOpened | undefined,
  columns: number,
  glyphs: Glyphs,
): readonly Line[] {
  const isOne = steps.length === 1
  return [
    [
      span(` ${glyphs.allow} verified`, 'good'),
      span(
        `  with ${isOne ? 'this' : `these ${steps.length} changes together`} the decision graph lets the request in`,
        'faint',
      ),
    ],
    ...steps.flatMap((step, place) => [NO_LINE, ...stepLines(step, isOne ? '' : `${place + 1}. `, columns, glyphs)]),
    NO_LINE,
    ...openedLines(opened, columns, glyphs),
  ]
}

function stepLines(
  { sentence, caution, edit }: AdviceStep,
  number: string,
  columns: number,
  glyphs: Glyphs,
): readonly Line[] {
  return [
    ...wrapText(`${number}${sentence}`, columns - 2, 'strong', ' '),
    ...(caution === null ? [] : wrapText(`! ${caution}`, columns - 2, 'warn', ' ')),
    ...(edit === null ? [] : [NO_LINE, ...editLines(edit, columns, glyphs)]),
  ]
}

function editLines(edit: AdvisedEdit, columns: number, glyphs: Glyphs): readonly Line[] {
  switch (edit.kind) {
    case 'command':
      return wrapText(`$ ${edit.command}`, columns - 4, 'good', '   ')
    case 'newFile':
      return textLines(edit.text).map((line) => [span(` ${glyphs.vertical} `, 'faint'), span(`+${line}`, 'good')])
    case 'file':
      return textLines(edit.diff).map((line) => [span(` ${glyphs.vertical} `, 'faint'), span(line, roleOf(line))])
  }
}

function textLines(text: string): readonly string[] {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
}

function roleOf(line: string): Role {
  if (line.startsWith('---') || line.startsWith('+++')) return 'place'
  if (line.startsWith('+')) return 'good'
  if (line.startsWith('-')) return 'bad'
  return line.startsWith('@@') ? 'faint' : 'plain'
}

function openedLines(known: KnownOpened | undefined, columns: number, glyphs: Glyphs): readonly Line[] {
  const title = [span(' What else it opens', 'title')]
  if (known === undefined) return [title, [span('   is being worked out', 'faint')]]
  if (known === 'failed') return [title, [span('   could not be worked out', 'warn')]]
  if (known === 'nothing') return [title, [span('   nothing: no policy and no grant is changed', 'faint')]]
  const { sentences, reason } = known
  const unknown = reason === undefined ? [] : wrapText(`not all of it is known: ${reason}`, columns - 4, 'warn', '   ')
  if (sentences.length === 0)
    return [title, ...(reason === undefined ? [[span('   nothing else on this key', 'faint')]] : unknown)]
  const items = sentences.flatMap((sentence) =>
    wrapText(sentence, columns - 4, 'plain', '     ').map((line, row): Line =>
      row === 0
        ? [span(`   ${glyphs.dot} `, 'warn'), ...line.map((each) => span(each.text.trimStart(), each.role))]
        : line,
    ),
  )
  return [title, ...items, ...unknown]
}
