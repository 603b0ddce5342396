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
import type { AskedWorld } from '../../../source/world/world.js'
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
    isFiltered(state) ? filterLine(state, columns) : viewLine(state, layout, columns),
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

/** Which callers and keys are in view, where that is not all of them. */
function viewLine({ callers, keys, list, across }: MatrixState, layout: MatrixLayout, columns: number): Line {
  const part = (what: string, top: number, shown: number, number: number): readonly string[] =>
    shown >= number ? [] : [`${what} ${counted(top + 1)}-${counted(Math.min(top + shown, number))}`]
  const parts = [
    ...part('callers', list.top, layout.rows, callers.length),
    ...part('keys', across.top, layout.shown, keys.length),
  ]
  return parts.length === 0 ? NO_LINE : spread(NO_LINE, [span(`in view: ${parts.join(', ')}  `, 'faint')], columns)
}

function isFiltered({ filters, filtering }: MatrixState): boolean {
  return filtering !== undefined || filters.callers !== '' || filters.keys !== ''
}

function filterLine({ filters, filtering }: MatrixState, columns: number): Line {
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
function headerLines(keys: readonly string[], state: MatrixState, layout: MatrixLayout, env: Env): readonly Line[] {
  const { isDense, across } = state
  const { labelColumns, cellColumns, headerRows } = layout
  const room = cellColumns - 1
  const names = keys.map((key) => shortKey(key, env.asking.world).replace(/^alias\//, ''))
  const twins = twinsOf(state.keys, env.asking.world)
  return Array.from({ length: headerRows }, (_, row): Line => [
    span(' '.repeat(labelColumns)),
    ...names.flatMap((name, index) => {
      const isSelected = across.top + index === across.cursor
      const twin = twins.get(keys[index] ?? '')
      const part = isDense ? name : twin === undefined ? headerPart(name, room, row) : row === 0 ? name : twin
      return padLine([span(cutToWidth(part, room), isSelected ? 'title' : 'faint')], cellColumns)
    }),
  ])
}

const knownTwins = new WeakMap<readonly string[], ReadonlyMap<string, string>>()

/** Keys of one name in several places: the Region tells them apart, or the account where that is the same. */
function twinsOf(keys: readonly string[], world: AskedWorld): ReadonlyMap<string, string> {
  const known = knownTwins.get(keys)
  if (known !== undefined) return known
  const byName = new Map<string, string[]>()
  for (const key of keys) {
    const name = shortKey(key, world)
    const same = byName.get(name)
    if (same === undefined) byName.set(name, [key])
    else same.push(key)
  }
  const twins = new Map<string, string>()
  for (const same of byName.values()) {
    if (same.length < 2) continue
    const parts = same.map((key) => splitArn(key))
    const regions = new Set(parts.map((arn) => arn?.region))
    same.forEach((key, index) => {
      const arn = parts[index]
      twins.set(key, (regions.size === same.length ? arn?.region : arn?.account) ?? '')
    })
  }
  knownTwins.set(keys, twins)
  return twins
}

/** A name is parted where it has a joint, if one is near. */
function headOf(name: string, room: number): string {
  const most = cutToWidth(name, room)
  const joint = Math.max(...['-', '/', '.', '_'].map((mark) => most.lastIndexOf(mark)))
  return joint > most.length / 3 ? most.slice(0, joint + 1) : most
}

/** The last line is the one next to the cells. */
function headerPart(name: string, room: number, row: number): string {
  if (textWidth(name) <= room) return row === 0 ? '' : name
  const first = headOf(name, room)
  const rest = name.slice(first.length)
  if (row === 0) return first
  return textWidth(rest) <= room ? rest : `${cutToWidth(rest, room - 1)}…`
}

// -------------------------------------------------------------------------------------------------------------- rows

/** Columns of a name from which there is room for accounts as well. */
const ACCOUNTS_FROM = 46

/** The end of it, where a whole one would take the name its room. */
function shownAccount(account: string, labelColumns: number, { ellipsis }: Glyphs): string {
  return labelColumns >= ACCOUNTS_FROM || account === '' ? account : `${ellipsis}${account.slice(-4)}`
}

const knownCallerTwins = new WeakMap<readonly string[], ReadonlySet<string>>()

/** Names that callers of several accounts have. */
function callerTwins(callers: readonly string[]): ReadonlySet<string> {
  const known = knownCallerTwins.get(callers)
  if (known !== undefined) return known
  const seen = new Set<string>()
  const twins = new Set<string>()
  for (const caller of callers) {
    const name = shortPrincipal(caller)
    if (seen.has(name)) twins.add(name)
    seen.add(name)
  }
  knownCallerTwins.set(callers, twins)
  return twins
}

function drawRow(
  caller: string,
  index: number,
  keys: readonly string[],
  { action, callers, list, across, isDense }: MatrixState,
  { labelColumns, cellColumns }: MatrixLayout,
  { asking, glyphs }: Env,
): Line {
  const cells = cellsOf(asking)
  const isRow = index === list.cursor
  const name: Line = [
    span(isRow ? `${glyphs.cursor} ` : '  ', 'key'),
    span(shortPrincipal(caller), isRow ? 'strong' : 'plain'),
  ]
  const room = labelColumns - 2
  const account = shownAccount(splitArn(caller)?.account ?? '', labelColumns, glyphs)
  const hasAccount = labelColumns >= ACCOUNTS_FROM || callerTwins(callers).has(shortPrincipal(caller))
  const label = hasAccount ? spread(name, [span(account, 'faint')], room) : name
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
  const isRequests = answer?.ok === true && answer.value.eitherWay.answer === 'depends'
  const on = isRequests ? 'the request' : 'a policy that cannot be read'
  const hangs = verdict === 'if' ? span(`  hangs on ${on}`, 'silent') : span('')
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
