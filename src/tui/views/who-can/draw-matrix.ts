/**
 * The matrix drawn: callers down, keys across, the cell under the cursor told below.
 */
import type { Env } from '../../app/view.js'
import { counted } from '../../app/counted.js'
import type { Glyphs } from '../../frame/glyphs.js'
import { cutLine, NO_LINE, padLine, span, spread, wrapText, type Line, type Role, type Span } from '../../frame/span.js'
import { drawInput } from '../../frame/text-input.js'
import { cutToWidth, textWidth } from '../../frame/width.js'
import { shortKey, shortPrincipal } from '../../world/short-names.js'
import { splitArn } from '../../../text/arn.js'
import { cellQuestion } from './cell-query.js'
import { cellsOf, type CellVerdict } from './cells.js'
import { matrixLayout, type MatrixLayout } from './matrix-layout.js'
import { selectedCell, type FilterField, type MatrixState } from './matrix-state.js'

export function drawMatrix(state: MatrixState, env: Env): readonly Line[] {
  const { columns, glyphs } = env
  const layout = matrixLayout(env, state.isDense)
  const { callers, keys, list, across } = state
  const rule: Line = [span(glyphs.horizontal.repeat(columns), 'faint')]
  const shownKeys = keys.slice(across.top, across.top + layout.shown)
  const shownCallers = callers.slice(list.top, list.top + layout.rows)
  const rows =
    shownCallers.length === 0 || shownKeys.length === 0
      ? [[span('   nothing has all of these words', 'faint')]]
      : shownCallers.map((caller, index) => drawRow(caller, list.top + index, shownKeys, state, layout, env))
  const filled = [...rows, ...Array.from({ length: Math.max(layout.rows - rows.length, 0) }, () => NO_LINE)]
  return [
    headLine(state, env),
    filterLine(state, columns),
    ...headerLines(shownKeys, state, layout, env),
    ...filled,
    rule,
    ...detailLines(state, env).slice(0, layout.detailRows),
  ]
}

// -------------------------------------------------------------------------------------------------------------- head

const SIGNS: Readonly<Record<CellVerdict, keyof Pick<Glyphs, 'allow' | 'deny' | 'silent' | 'skipped'>>> = {
  yes: 'allow',
  if: 'silent',
  denied: 'deny',
  no: 'skipped',
  unasked: 'skipped',
}
const WORDS: Readonly<Record<CellVerdict, string>> = {
  yes: 'yes',
  if: 'if',
  denied: 'denied',
  no: 'no',
  unasked: 'cannot ask',
}
const ROLES: Readonly<Record<CellVerdict, Role>> = {
  yes: 'good',
  if: 'silent',
  denied: 'bad',
  no: 'faint',
  unasked: 'warn',
}

function legend(glyphs: Glyphs): Line {
  const shown: readonly CellVerdict[] = ['yes', 'if', 'denied', 'no']
  return shown.flatMap((verdict): Span[] => [
    span(`${glyphs[SIGNS[verdict]]} `, ROLES[verdict]),
    span(`${WORDS[verdict]}  `, 'faint'),
  ])
}

function headLine({ action, callers, keys, sort }: MatrixState, { columns, glyphs }: Env): Line {
  const by = { name: 'by name', account: 'by account', verdict: 'by verdict on this key' }[sort]
  return spread(
    [
      span(' Who can ', 'plain'),
      span(action, 'strong'),
      span(`   ${count(callers.length, 'caller')} on ${count(keys.length, 'key')}, ${by}`, 'faint'),
    ],
    legend(glyphs),
    columns,
  )
}

function count(number: number, one: string): string {
  return `${counted(number)} ${one}${number === 1 ? '' : 's'}`
}

function filterLine({ filters, filtering }: MatrixState, columns: number): Line {
  if (filtering === undefined && filters.callers === '' && filters.keys === '') return NO_LINE
  const room = Math.floor((columns - 22) / 2)
  const field = (name: FilterField): Line => [
    span(filtering === name ? ' / ' : '   ', 'key'),
    span(`${name} `, filtering === name ? 'title' : 'faint'),
    ...padLine(
      drawInput(filters[name], {
        columns: room,
        isFocused: filtering === name,
        placeholder: filtering === name ? 'words' : 'all',
      }),
      room,
    ),
  ]
  return cutLine([...field('callers'), ...field('keys')], columns)
}

/** Names of keys over their columns, on two lines where they are long. */
function headerLines(
  keys: readonly string[],
  { isDense, across }: MatrixState,
  layout: MatrixLayout,
  env: Env,
): readonly Line[] {
  const { labelColumns, cellColumns, headerRows } = layout
  const room = cellColumns - 1
  const names = keys.map((key) => shortKey(key, env.asking.world).replace(/^alias\//, ''))
  return Array.from({ length: headerRows }, (_, row): Line => [
    span(' '.repeat(labelColumns)),
    ...names.flatMap((name, index) => {
      const isSelected = across.top + index === across.cursor
      const part = isDense ? name : headerPart(name, room, row)
      return padLine([span(cutToWidth(part, room), isSelected ? 'title' : 'faint')], cellColumns)
    }),
  ])
}

/** The last line is the one next to the cells. */
function headerPart(name: string, room: number, row: number): string {
  if (textWidth(name) <= room) return row === 0 ? '' : name
  const first = cutToWidth(name, room)
  const rest = name.slice(first.length)
  if (row === 0) return first
  return textWidth(rest) <= room ? rest : `${cutToWidth(rest, room - 1)}…`
}

// -------------------------------------------------------------------------------------------------------------- rows

/** Columns of a name from which there is room for accounts as well. */
const ACCOUNTS_FROM = 46

function drawRow(
  caller: string,
  index: number,
  keys: readonly string[],
  { action, list, across, isDense }: MatrixState,
  { labelColumns, cellColumns }: MatrixLayout,
  { asking, glyphs }: Env,
): Line {
  const cells = cellsOf(asking)
  const isRow = index === list.cursor
  const name: Line = [
    span(isRow ? `${glyphs.cursor} ` : '  ', 'key'),
    span(shortPrincipal(caller), isRow ? 'strong' : 'plain'),
  ]
  const account = splitArn(caller)?.account ?? ''
  const room = labelColumns - 2
  const label = labelColumns >= ACCOUNTS_FROM ? spread(name, [span(account, 'faint')], room) : name
  const line: Span[] = [...padLine(label, labelColumns)]
  keys.forEach((key, place) => {
    const verdict = cells.known(action, caller, key)
    const isCell = isRow && across.top + place === across.cursor
    const text = verdict === undefined ? glyphs.ellipsis : glyphs[SIGNS[verdict]]
    const word = verdict === undefined || isDense ? '' : ` ${WORDS[verdict]}`
    const role = verdict === undefined ? 'faint' : ROLES[verdict]
    const mark = isCell ? 'selected' : isRow ? 'dimSelected' : undefined
    const sign = `${isCell ? glyphs.cursor : ' '}${text}`
    // Signs are as wide as they are long: a screen has many cells, and measuring each would be felt in the keys.
    line.push(span(sign, role, mark), span(word.padEnd(cellColumns - sign.length), role, mark))
  })
  return line
}

// ------------------------------------------------------------------------------------------------------------- detail

function detailLines(state: MatrixState, { asking, columns }: Env): readonly Line[] {
  const cell = selectedCell(state)
  if (cell === undefined) return []
  const verdict = cellsOf(asking).known(state.action, cell.caller, cell.key)
  if (verdict === undefined) return [[span(' being decided', 'faint')]]
  const question = cellQuestion(state.action, cell, asking)
  const answer = question === undefined ? undefined : asking.answer(question)
  const told =
    answer === undefined ? 'this cannot be asked' : answer.ok ? answer.value.explanation.summary : answer.error.message
  const isAllowed = answer?.ok === true && answer.value.explanation.verdict === 'allow'
  const badge = isAllowed ? span(' ALLOWED ', 'allowBadge') : span(' DENIED ', 'denyBadge')
  const hangs = verdict === 'if' ? span('  hangs on the request', 'silent') : span('')
  return [
    cutLine(
      [
        span(' '),
        badge,
        span(` ${shortPrincipal(cell.caller)}`, 'strong'),
        span(` on ${shortKey(cell.key, asking.world)}`),
        hangs,
      ],
      columns,
    ),
    ...summaryLines(told, columns),
    [span(' caller ', 'faint'), span(cell.caller)],
    [span(' key    ', 'faint'), span(cell.key)],
  ]
}

const SUMMARY_ROWS = 2

function summaryLines(summary: string, columns: number): readonly Line[] {
  const lines = wrapText(summary, columns - 2, 'plain', ' ')
  if (lines.length <= SUMMARY_ROWS) return lines
  const last = lines[SUMMARY_ROWS - 1] ?? NO_LINE
  return [...lines.slice(0, SUMMARY_ROWS - 1), [...cutLine(last, columns - 3, ''), span(' …', 'faint')]]
}
