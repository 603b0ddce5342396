/**
 * What if, drawn: the verdict before and now, the request row by row, and layer by layer what has changed.
 */
import type { Env } from '../../app/view.js'
import type { Glyphs } from '../../frame/glyphs.js'
import { drawList, listAt } from '../../frame/list.js'
import {
  beside,
  cutLine,
  NO_LINE,
  padLine,
  span,
  spread,
  wrapText,
  type Line,
  type Role,
  type Span,
} from '../../frame/span.js'
import { drawInput } from '../../frame/text-input.js'
import { callerOn, shortKey, shortPrincipal } from '../../world/short-names.js'
import { capital } from '../../../explain/names.js'
import type { AskedWorld } from '../../../source/world/world.js'
import { ladderOf, type Rung, type RungVerdict } from '../verdict/ladder.js'
import type { RequestRow } from './request-rows.js'
import { worldOf, type Scenario } from './scenario.js'
import { HEAD_ROWS, whatIfLayout } from './what-if-layout.js'
import {
  choiceAt,
  countOf,
  isFree,
  isGiven,
  shownScenario,
  TYPING_ROWS,
  type Typing,
  type WhatIfState,
} from './what-if-state.js'

export function drawWhatIf(state: WhatIfState, env: Env): readonly Line[] {
  const { columns, glyphs } = env
  const layout = whatIfLayout(env)
  const rule: Line = [span(glyphs.horizontal.repeat(columns), 'faint')]
  const head = filled(headLines(state, env), HEAD_ROWS - 1)
  const { request, comparison } = layout
  const left = filled(
    state.typing === undefined
      ? drawRequest(state, request.columns, request.rows, env)
      : drawTyping(state.typing, request.columns, request.rows, env),
    request.rows,
  )
  const right = drawComparison(state, comparison.columns, comparison.rows, env)
  if (layout.isWide)
    return [...head, rule, ...beside(left, right, request.columns, columns, span(glyphs.vertical, 'faint'))]
  return comparison.rows === 0 ? [...head, rule, ...left] : [...head, rule, ...left, rule, ...right]
}

function filled(lines: readonly Line[], rows: number): readonly Line[] {
  return [...lines.slice(0, rows), ...Array.from({ length: Math.max(rows - lines.length, 0) }, () => NO_LINE)]
}

// -------------------------------------------------------------------------------------------------------------- head

function badgeOf(scenario: Scenario): Span {
  if (!scenario.answer.ok) return span(' CANNOT BE ASKED ', 'warn')
  return isGiven(scenario) ? span(' ALLOWED ', 'allowBadge') : span(' DENIED ', 'denyBadge')
}

function headLines(state: WhatIfState, { columns, asking, glyphs }: Env): readonly Line[] {
  const { before, past, future } = state
  const shown = shownScenario(state)
  const check = shown.question.checks[state.told]
  const isSame = shown === before
  const names =
    check === undefined ? '' : ` ${check.action}  ${callerOn(check.principal, check.resource ?? null, asking.world)}`
  const verdicts: Line = isSame
    ? [span(' '), badgeOf(shown)]
    : [span(' '), badgeOf(before), span(` ${glyphs.crumb} `, 'faint'), badgeOf(shown)]
  const steps = past.length === 0 ? '' : `${past.length} change${past.length === 1 ? '' : 's'}`
  const undone = future.length === 0 ? '' : `${steps === '' ? '' : ', '}${future.length} undone`
  const summary = shown.answer.ok ? shown.answer.value.explanation.summary : capital(shown.answer.error)
  const lines = wrapText(summary, columns - 2, 'strong', ' ')
  const [first = NO_LINE, second = NO_LINE] = lines
  const isMore = lines.length > 2
  return [
    spread([...verdicts, span(names, 'strong')], [span(`${steps}${undone} `, 'faint')], columns),
    first,
    isMore ? [...cutLine(second, columns - 3, ''), span(` ${glyphs.ellipsis}`, 'faint')] : second,
  ]
}

// ----------------------------------------------------------------------------------------------------------- request

const LEAST_LABEL = 18
const MOST_LABEL = 32

/** Of the longest name; those of policies stand by themselves. */
function labelColumns(rows: readonly RequestRow[], columns: number): number {
  const lengths = rows.filter(({ part }) => part !== 'policy').map(({ label }) => label.length + 1)
  return Math.min(Math.max(LEAST_LABEL, ...lengths), MOST_LABEL, Math.floor(columns * 0.45))
}

function drawRequest(state: WhatIfState, columns: number, rows: number, env: Env): readonly Line[] {
  const before = new Map(state.rowsBefore.map((row) => [row.id, row]))
  const list = listAt(state.list, state.list.cursor, { count: state.rows.length, rows })
  return drawList(list, { count: state.rows.length, rows, columns }, (index) => [
    drawRow(state, state.rows[index]!, before, columns, env),
  ])
}

function isNewPair({ part }: Pick<RequestRow, 'part'>): boolean {
  return part === 'newContext' || part === 'newCondition'
}

function placeholderOf(typing: Typing): string {
  if (isNewPair(typing.row)) return 'name = value; nothing for none'
  return isFree(typing) ? 'type a value; nothing for none' : 'type a few letters, or a whole ARN'
}

/** In the reader's words: names where there are some. */
function valueText(row: Pick<RequestRow, 'part' | 'value'>, world: AskedWorld): string {
  const { part, value } = row
  if (value === undefined) return isNewPair({ part }) ? 'name = value' : 'none'
  if (part === 'caller') return shortPrincipal(value)
  if (part === 'key') return shortKey(value, world)
  return value
}

function drawRow(
  { drafts, present, rows }: WhatIfState,
  row: RequestRow,
  before: ReadonlyMap<string, RequestRow>,
  columns: number,
  { glyphs, asking }: Env,
): Line {
  const was = before.get(row.id)
  const isPolicy = row.part === 'policy'
  const isChanged = isPolicy
    ? row.policyId !== undefined && present.policies.has(row.policyId) !== (was?.value?.endsWith('changed') ?? false)
    : row.value !== was?.value && !(was === undefined && row.value === undefined)
  const draft = drafts.get(row.id)
  const role: Role = row.value === undefined ? 'faint' : isChanged ? 'warn' : 'plain'
  const width = labelColumns(rows, columns)
  const derived = 'isDerived' in row && row.isDerived ? '  of the world' : ''
  const mark = span(isChanged ? ` ${glyphs.decides.charAt(0)} ` : '   ', 'warn')
  const refused: Line = draft === undefined ? [] : [span(`   ${glyphs.deny} not taken: ${draft.problem}`, 'bad')]
  if (isPolicy) {
    const name: Line = [mark, span(row.label, 'place'), ...refused]
    // What is wrong with it is read before how long it is.
    const size: Line = draft === undefined ? [span(`${row.value ?? ''} `, role === 'plain' ? 'faint' : role)] : []
    return cutLine(spread(name, size, columns), columns, glyphs.ellipsis)
  }
  const isNew = isNewPair(row)
  const line: Line = [
    mark,
    ...padLine([span(row.label, isNew ? 'place' : 'faint')], width),
    span(' '),
    span(valueText(row, asking.world), role),
    span(derived, 'faint'),
    ...(isChanged ? [span(`   was ${was === undefined ? 'none' : valueText(was, asking.world)}`, 'faint')] : []),
  ]
  return cutLine(line, columns, glyphs.ellipsis)
}

// ------------------------------------------------------------------------------------------------------------- typing

function drawTyping(typing: Typing, columns: number, rows: number, { glyphs }: Env): readonly Line[] {
  const { row, text, isUntouched, problem, list } = typing
  const room = Math.max(columns - row.label.length - 5, 8)
  const input = drawInput(isUntouched && !isFree(typing) ? '' : text, {
    columns: room,
    isFocused: true,
    placeholder: placeholderOf(typing),
  })
  const head: Line = cutLine([span(` ${row.label} `, 'title'), span(`${glyphs.cursor} `, 'key'), ...input], columns)
  const told: Line =
    problem === undefined ? NO_LINE : cutLine([span(`   ${problem}`, 'warn')], columns, glyphs.ellipsis)
  const count = countOf(typing)
  const choices = drawList(list, { count, rows: Math.max(rows - TYPING_ROWS, 1), columns }, (index) => {
    const choice = choiceAt(typing, index)
    const own = text.trim() === '' ? (isNewPair(row) ? 'no pair' : 'none') : text
    const line: Line =
      choice === undefined
        ? [span('   '), span(own, 'strong'), span('  as it is typed', 'faint')]
        : [
            span('   '),
            ...padLine([span(choice.name)], Math.min(Math.floor(columns * 0.4), 44)),
            span(` ${choice.what}`, 'faint'),
          ]
    return [cutLine(line, columns, glyphs.ellipsis)]
  })
  return [head, told, ...(count === 0 ? [[span('   nothing here has this name', 'faint')]] : choices)]
}

// --------------------------------------------------------------------------------------------------------- comparison

const WORDS: Readonly<Record<RungVerdict, string>> = {
  allow: 'allows',
  deny: 'denies',
  silent: 'silent',
  skipped: 'not asked',
}
const ROLES: Readonly<Record<RungVerdict, Role>> = { allow: 'good', deny: 'bad', silent: 'silent', skipped: 'faint' }
const TITLE_COLUMNS = 18
const VERDICT_COLUMNS = 12

interface Pair {
  readonly was: Rung
  readonly now: Rung
  readonly isChanged: boolean
}

/** Layer by layer; of what cannot be asked nothing is known. */
function pairsOf(before: Scenario, now: Scenario, { asking }: Env): readonly Pair[] {
  if (!before.answer.ok || !now.answer.ok) return []
  const after = ladderOf(now.answer.value, worldOf(now, asking))
  return ladderOf(before.answer.value, worldOf(before, asking)).flatMap((was) => {
    const rung = after.find(({ id }) => id === was.id)
    if (rung === undefined) return []
    return [{ was, now: rung, isChanged: was.verdict !== rung.verdict || was.decides !== rung.decides }]
  })
}

function drawComparison(state: WhatIfState, columns: number, rows: number, env: Env): readonly Line[] {
  if (rows <= 0) return []
  const { glyphs } = env
  const shown = shownScenario(state)
  const pairs = pairsOf(state.before, shown, env)
  const header: Line = [
    span(` ${'layer'.padEnd(TITLE_COLUMNS)}`, 'faint'),
    span('before'.padEnd(VERDICT_COLUMNS), 'faint'),
    span('now', 'faint'),
  ]
  const changed = pairs.filter(({ isChanged }) => isChanged)
  const isRoomy = rows > pairs.length + 6
  const same = shown === state.before ? 'nothing has been changed yet' : 'every layer says what it said before'
  const picked = isRoomy ? pairs : changed.length > 0 ? changed : pairs.filter(({ now }) => now.decides)
  const table = [header, ...picked.slice(0, rows - 1).map((pair) => drawPair(pair, columns, glyphs, isRoomy))]
  if (changed.length === 0) table.push([span(` ${same}`, 'faint')])
  if (!isRoomy || !shown.answer.ok) return table.slice(0, rows)
  const decides = pairs.find(({ now }) => now.decides)?.now
  const { explanation, missing } = shown.answer.value
  const isMore = missing.length + explanation.unknown.length > 0
  return [
    ...table,
    NO_LINE,
    [span(' What decides now', 'title'), span(decides === undefined ? '' : `  ${decides.title}`, 'strong')],
    ...explanation.decisive
      .slice(0, 3)
      .flatMap(({ name, gist }) => wrapText(`${name} ${gist}`, columns - 3, 'plain', '   ')),
    ...(explanation.decisive.length > 0 ? [] : wrapText(decides?.why ?? '', columns - 3, 'plain', '   ')),
    ...(isMore ? [NO_LINE, [span(' Not known', 'title')]] : []),
    ...explanation.unknown.flatMap((each) => wrapText(each, columns - 3, 'faint', '   ')),
  ].slice(0, rows)
}

function drawPair({ was, now, isChanged }: Pair, columns: number, glyphs: Glyphs, isRoomy: boolean): Line {
  const why = isChanged || now.decides ? `  ${now.why}` : ''
  const decides = now.decides ? ` ${glyphs.decides}` : was.decides ? '  decided before' : ''
  return cutLine(
    [
      span(` ${now.title.padEnd(TITLE_COLUMNS)}`, isChanged ? 'strong' : now.verdict === 'skipped' ? 'faint' : 'plain'),
      ...verdictOf(was, glyphs),
      ...verdictOf(now, glyphs),
      span(decides, now.decides ? (now.verdict === 'allow' ? 'good' : 'bad') : 'faint'),
      span(isRoomy && !isChanged && !now.decides ? '' : why, 'faint'),
    ],
    columns,
    glyphs.ellipsis,
  )
}

function verdictOf({ verdict }: Rung, glyphs: Glyphs): readonly Span[] {
  const role = ROLES[verdict]
  return [span(`${glyphs[verdict]} `, role), span(WORDS[verdict].padEnd(VERDICT_COLUMNS - 2), role)]
}
