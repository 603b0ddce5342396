/**
 * A verdict drawn: the answer first, the ladder of layers, and beside or below it the policy with the very part that
 * decided.
 */
import type { Env } from '../../app/view.js'
import type { Glyphs } from '../../frame/glyphs.js'
import { drawList, listAt } from '../../frame/list.js'
import { drawPolicy, policyRows, rowAt, type Marked } from '../../frame/policy-lines.js'
import {
  beside,
  cutLine,
  firstLines,
  lineWidth,
  NO_LINE,
  padLine,
  span,
  spread,
  wrapText,
  type Line,
  type Role,
  type Span,
} from '../../frame/span.js'
import { cutStartToWidth, textWidth } from '../../frame/width.js'
import { aliasesOf, callerOn } from '../../world/short-names.js'
import { LAYER_NAMES } from '../../../explain/names.js'
import type { Check } from '../../../explain/statement-words.js'
import type { Explanation } from '../../../explain/story.js'
import type { Rung, RungVerdict } from './ladder.js'
import { tellingChecks, type LayerPart } from './layer-parts.js'
import { isCompact, type Area, type VerdictLayout } from './verdict-layout.js'
import { noteLines } from './verdict-notes.js'
import {
  rowsOf,
  selectedRow,
  shownPart,
  SUMMARY_INDENT,
  verdictLayout,
  type LadderRow,
  type VerdictState,
} from './verdict-state.js'

export function drawVerdict(state: VerdictState, env: Env): readonly Line[] {
  const layout = verdictLayout(state, env)
  const { columns, glyphs } = env
  const head = drawHead(state, env, layout).slice(0, layout.headRows)
  while (head.length < layout.headRows) head.push(NO_LINE)
  const rule: Line = [span(glyphs.horizontal.repeat(columns), 'faint')]
  const pane = drawPane(state, env, layout.pane)
  if (state.isZoomed) return [...head, rule, ...pane]
  const ladder = drawLadder(state, env, layout.ladder)
  if (!layout.isWide) return [...head, rule, ...fill(ladder, layout.ladder.rows), rule, ...pane]
  const left = withNotes(state, ladder, layout.ladder, glyphs)
  return [...head, rule, ...beside(left, pane, layout.ladder.columns, columns, span(glyphs.vertical, 'faint'))]
}

function fill(lines: readonly Line[], rows: number): readonly Line[] {
  return [...lines.slice(0, rows), ...Array.from({ length: Math.max(rows - lines.length, 0) }, () => NO_LINE)]
}

// -------------------------------------------------------------------------------------------------------------- head

function badge({ verdict }: Explanation): Span {
  return verdict === 'allow' ? span(' ALLOWED ', 'allowBadge') : span(' DENIED ', 'denyBadge')
}

/** Who decided, in a few words. */
function how({ verdict, layer }: Explanation): string {
  const { the, many } = LAYER_NAMES[layer]
  switch (verdict) {
    case 'allow':
      return `by ${the}`
    case 'explicitDeny':
      return `explicit deny in ${the}`
    case 'implicitDeny':
      return layer === 'operation'
        ? 'the operation does not work this way'
        : `nothing in the ${ONE_OF.has(layer) ? LAYER_NAMES[layer].one : many} allows it`
  }
}

/** Layers of which a request has one. */
const ONE_OF: ReadonlySet<string> = new Set(['keyPolicy', 'vpce', 'boundary'])

function drawHead({ answer }: VerdictState, env: Env, { headRows }: VerdictLayout): Line[] {
  const { explanation, eitherWay, missing } = answer
  const { columns, asking, glyphs } = env
  const { action, caller, resource, summary } = explanation
  const uncertain = eitherWay.answer === 'depends' && answer.comparison?.agreement !== 'same'
  const { length: lacking } = missing
  const doubt: Line = [
    ...(uncertain ? [span('  not certain', 'warn')] : []),
    ...(lacking > 0 ? [span(`  ! ${lacking} thing${lacking === 1 ? '' : 's'} not known`, 'warn')] : []),
  ]
  if (isCompact(env)) {
    const names = callerOn(caller, resource, asking.world)
    const told: Line = [span(' '), badge(explanation), span(` ${action}  `, 'strong'), span(names)]
    // Of a long name a part is enough; that something is not known is not to be missed.
    const first: Line = [...cutLine(told, Math.max(columns - lineWidth(doubt), 0), glyphs.ellipsis), ...doubt]
    return [first, ...summaryLines(summary, columns, headRows - 1)]
  }
  const aliases = resource === null ? [] : aliasesOf(resource, asking.world)
  const first: Line = [
    span(' '),
    badge(explanation),
    span(` ${action}`, 'strong'),
    span(`   ${how(explanation)}`, 'faint'),
    ...doubt,
  ]
  return [
    first,
    [span('   caller  ', 'faint'), span(caller)],
    [
      span('   key     ', 'faint'),
      span(resource ?? 'none'),
      span(aliases.length === 0 ? '' : `  ${aliases.join(' ')}`, 'place'),
    ],
    NO_LINE,
    ...summaryLines(summary, columns, headRows - 4),
  ]
}

function summaryLines(summary: string, columns: number, rows: number): readonly Line[] {
  const lines = wrapText(summary, columns - 1, 'strong', ' '.repeat(SUMMARY_INDENT))
  if (lines.length <= rows) return lines
  const last = lines[rows - 1] ?? NO_LINE
  return [...lines.slice(0, rows - 1), [...cutLine(last, columns - 3, ''), span(' …', 'faint')]]
}

// ------------------------------------------------------------------------------------------------------------ ladder

const WORDS: Readonly<Record<RungVerdict, string>> = {
  allow: 'allows',
  deny: 'denies',
  silent: 'silent',
  skipped: 'not asked',
}
const ROLES: Readonly<Record<RungVerdict, Role>> = { allow: 'good', deny: 'bad', silent: 'silent', skipped: 'faint' }
const WORD_COLUMNS = 10
const TITLE_COLUMNS = 18

function drawLadder(state: VerdictState, env: Env, area: Area): readonly Line[] {
  const { glyphs } = env
  const rows = rowsOf(state, env)
  const hasEnd = rows.length < area.rows
  const list = listAt(state.list, state.list.cursor, { count: rows.length, rows: area.rows })
  const room = { count: rows.length, rows: area.rows, columns: area.columns, hasFocus: state.focus === 'ladder' }
  const lines = drawList(list, room, (index) => [drawRow(rows[index]!, area.columns, glyphs)])
  if (!hasEnd) return lines
  const { explanation } = state.answer
  const isAllowed = explanation.verdict === 'allow'
  const end: Line = [
    span(` ${glyphs.lastBranch} `, 'faint'),
    span(isAllowed ? `${glyphs.allow} ALLOWED` : `${glyphs.deny} DENIED`, isAllowed ? 'good' : 'bad'),
  ]
  return [...lines, end]
}

function drawRow(row: LadderRow, columns: number, glyphs: Glyphs): Line {
  switch (row.kind) {
    case 'rung':
      return drawRung(row.rung, row, columns, glyphs)
    case 'part':
      return drawPart(row.part, columns, glyphs)
    case 'more':
      return [
        span(` ${glyphs.vertical}      `, 'faint'),
        span(`${glyphs.closed} ${row.count} more that did not come close`, 'faint'),
      ]
    case 'skipped':
      return [
        span(` ${glyphs.branch} ${glyphs.skipped} ${WORDS.skipped.padEnd(WORD_COLUMNS)}${glyphs.closed} `, 'faint'),
        span(row.rungs.map(({ title }) => title).join(', '), 'faint'),
      ]
  }
}

function drawRung(
  { title, verdict, why, decides }: Rung,
  { isOpen, parts }: Extract<LadderRow, { readonly kind: 'rung' }>,
  columns: number,
  glyphs: Glyphs,
): Line {
  const role = ROLES[verdict]
  const fold = parts.length === 0 ? ' ' : isOpen ? glyphs.open : glyphs.closed
  const line: Line = [
    span(` ${glyphs.branch} `, 'faint'),
    span(`${glyphs[verdict === 'skipped' ? 'skipped' : verdict]} `, role),
    span(WORDS[verdict].padEnd(WORD_COLUMNS), role),
    span(`${fold} `, 'faint'),
    span(title.padEnd(TITLE_COLUMNS), decides ? 'strong' : verdict === 'skipped' ? 'faint' : 'plain'),
    ...(decides ? [span(` ${glyphs.decides} `, verdict === 'allow' ? 'good' : 'bad')] : []),
    span(` ${why}`, 'faint'),
  ]
  return cutLine(line, columns, glyphs.ellipsis)
}

function signOf({ applies, effect }: LayerPart): RungVerdict {
  if (!applies) return 'silent'
  return effect === 'Allow' ? 'allow' : 'deny'
}

function effectWords({ applies, effect, gist }: LayerPart): string {
  if (applies) return effect === 'Allow' ? 'allows' : 'denies'
  return `would ${effect.toLowerCase()}, ${gist}`
}

function drawPart(part: LayerPart, columns: number, glyphs: Glyphs): Line {
  const sign = signOf(part)
  return cutLine(
    [
      span(` ${glyphs.vertical}      `, 'faint'),
      span(`${glyphs[sign === 'skipped' ? 'skipped' : sign]} `, ROLES[sign]),
      span(part.shortName),
      span(`  ${effectWords(part)}`, 'faint'),
    ],
    columns,
    glyphs.ellipsis,
  )
}

/** The notes begin below the ladder where there is room for a few lines of them. */
function withNotes(state: VerdictState, ladder: readonly Line[], area: Area, glyphs: Glyphs): readonly Line[] {
  const room = area.rows - ladder.length - 1
  if (room < 4 || state.focus === 'notes') return fill(ladder, area.rows)
  const notes = noteLines(state.answer, area.columns - 1, glyphs)
  const shown = notes.slice(0, room)
  const more: readonly Line[] =
    notes.length > room ? [...shown.slice(0, -1), [span(`   ${glyphs.ellipsis} Tab shows the rest`, 'faint')]] : shown
  return fill([...ladder, NO_LINE, ...more.map((line) => [span(' '), ...line])], area.rows)
}

// -------------------------------------------------------------------------------------------------------------- pane

function drawPane(state: VerdictState, env: Env, area: Area): readonly Line[] {
  const { glyphs } = env
  if (state.focus === 'notes') {
    return noteLines(state.answer, area.columns - 1, glyphs).slice(state.scroll, state.scroll + area.rows)
  }
  const row = selectedRow(state, env)
  const part = shownPart(row)
  if (part !== undefined && row?.kind === 'rung') {
    const about = [...rungLines(row.rung, area), NO_LINE].slice(0, Math.max(area.rows - LEAST_PART_ROWS, 0))
    return [...about, ...partLines(part, state, { ...area, rows: area.rows - about.length }, glyphs)]
  }
  if (part !== undefined) return partLines(part, state, area, glyphs)
  if (row === undefined) return []
  return (row.kind === 'skipped' ? row.rungs : [row.rung]).flatMap((rung) => rungLines(rung, area))
}

function rungLines({ title, why, verdict }: Rung, { columns }: Area): readonly Line[] {
  return [[span(title, 'title'), span(`  ${WORDS[verdict]}`, ROLES[verdict])], ...wrapText(why, columns)]
}

/** Of a statement: what it is, what it wanted, and some of its policy. */
const LEAST_PART_ROWS = 9
/** Lines that the policy itself keeps, whatever stands above it. */
const LEAST_POLICY_ROWS = 3

function partLines(part: LayerPart, state: VerdictState, area: Area, glyphs: Glyphs): readonly Line[] {
  const { columns, rows } = area
  const telling = tellingChecks(part)
  const sign = signOf(part)
  const words = part.applies ? 'applies' : 'does not apply'
  const title: Line = spread(
    [span(part.name, 'title')],
    [span(`${glyphs[sign === 'skipped' ? 'skipped' : sign]} ${part.effect} ${words}`, ROLES[sign])],
    columns,
  )
  const point = telling[0]?.place ?? part.place
  const checks = checkLines(telling, part.applies, columns, glyphs)
  // What was wanted and what there was comes before the lines of the policy that say the same.
  const room = point === null ? rows : rows - 2 - (checks.length > rows - 2 - LEAST_POLICY_ROWS ? 1 : LEAST_POLICY_ROWS)
  const shown = firstLines(checks, Math.max(room, Math.min(checks.length, 2)), columns, glyphs.ellipsis)
  if (point === null) return [title, ...wrapText(part.gist, columns), NO_LINE, ...shown]
  const at = `${point.source.name}:${point.line}`
  const place: Line = [
    span(textWidth(at) <= columns ? at : `${glyphs.ellipsis}${cutStartToWidth(at, columns - 1)}`, 'place'),
  ]
  const gap: readonly Line[] = rows >= 12 && shown.length > 0 ? [NO_LINE] : []
  const above = [title, ...gap, ...shown, ...gap, place]
  const policyRoom = Math.max(rows - above.length, 1)
  const all = policyRows(point.source, columns)
  const focus = rowAt(all, point.span.start)
  const first = Math.max(0, Math.min(focus - Math.floor(policyRoom / 2), all.length - policyRoom))
  const top = Math.max(0, Math.min(first + (state.focus === 'policy' ? state.scroll : 0), Math.max(all.length - 1, 0)))
  return [
    ...above,
    ...drawPolicy(point.source, { top, rows: policyRoom, columns, marks: marksOf(part, telling), glyphs }),
  ]
}

function marksOf({ place }: LayerPart, telling: readonly Check[]): readonly Marked[] {
  return [
    ...(place === null ? [] : [{ ...place.span, mark: 'around' } as const]),
    ...telling.flatMap((check) => (check.place === null ? [] : [{ ...check.place.span, mark: 'point' } as const])),
  ]
}

/** Side by side: what the statement wants, and what the request has. */
function checkLines(checks: readonly Check[], applies: boolean, columns: number, glyphs: Glyphs): readonly Line[] {
  if (checks.length === 0) return []
  const left = Math.floor((columns - 3) * 0.6)
  const right = columns - left - 3
  const wanted = applies ? 'when' : 'wanted'
  const bar: Line = [span(` ${glyphs.vertical} `, 'faint')]
  const header: Line = [...padLine([span(wanted, 'faint')], left), ...bar, span('got', 'faint')]
  return [header, ...checks.flatMap((check) => checkRows(check, left, right, bar, glyphs))]
}

function checkRows(
  { wanted, got, holds }: Check,
  left: number,
  right: number,
  bar: Line,
  glyphs: Glyphs,
): readonly Line[] {
  const sign = holds ? span(`${glyphs.allow} `, 'good') : span(`${glyphs.deny} `, 'bad')
  const wants = wrapText(wanted, left - 2)
  const gots = wrapText(got, right, holds ? 'good' : 'bad')
  return Array.from({ length: Math.max(wants.length, gots.length) }, (_, row): Line => [
    ...padLine([row === 0 ? sign : span('  '), ...(wants[row] ?? NO_LINE)], left),
    ...bar,
    ...(gots[row] ?? NO_LINE),
  ])
}
