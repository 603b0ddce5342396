/**
 * The statements that bear on one caller and one key: whether each applies to this, and which of them change nothing for
 * anybody.
 */
import { viewOf, type Action, type Effect, type Env, type Step, type View, type ViewKind } from '../../app/view.js'
import { drawList, LIST_KEYS, listAt, moveInList, type ListRoom, type ListState } from '../../frame/list.js'
import { drawPolicy, policyRows, rowAt } from '../../frame/policy-lines.js'
import { cutLine, lineWidth, NO_LINE, span, spread, type Line, type Role } from '../../frame/span.js'
import type { KeyEntry } from '../../keys/key-table.js'
import { shortKey, shortPrincipal } from '../../world/short-names.js'
import type { StatementTrace } from '../../../decide/trace.js'
import { LAYER_NAMES, placedPolicyName, statementName } from '../../../explain/names.js'
import { placeOf, type Place } from '../../../explain/place.js'
import { layerTrace } from '../../../explain/reference.js'
import type { Answer } from '../../../source/answer/answer-question.js'
import { shownSource } from '../../../source/world/policy-text.js'
import { cellQuestion, type CellPlace } from './cell-query.js'
import { reachabilityOf, type PolicyReach, type Reach, type Reachability } from './reachability.js'

interface StatementsState {
  readonly caller: string
  readonly key: string
  readonly action: string
  readonly rows: readonly StatementRow[]
  readonly list: ListState
  readonly reach: 'waiting' | 'asking' | Reachability | { readonly failed: string }
}

type StatementRow =
  | { readonly kind: 'policy'; readonly name: string }
  | {
      readonly kind: 'statement'
      readonly layer: 'keyPolicy' | 'identity'
      /** In its layer. */
      readonly policy: number
      readonly traced: StatementTrace
      readonly place: Place | null
    }

const KEYS: readonly KeyEntry[] = [
  { command: 'next', keys: ['n'], what: 'to the next statement that changes nothing', hint: 'next idle one' },
  { command: 'copy', keys: ['y'], what: 'copy the statement', hint: 'copy' },
  ...LIST_KEYS,
]

const statementsKind: ViewKind<StatementsState> = {
  id: 'statements',
  keys: KEYS,
  title: () => 'statements',
  can: ({ reach }, command) => command !== 'next' || isKnown(reach),
  reduce,
  draw,
}

export function statementsView(cell: CellPlace, action: string): View {
  return viewOf(statementsKind, { ...cell, action, rows: [], list: { cursor: 0, top: 0 }, reach: 'waiting' })
}

function isKnown(reach: StatementsState['reach']): reach is Reachability {
  return typeof reach === 'object' && 'identity' in reach
}

// -------------------------------------------------------------------------------------------------------------- rows

function rowsOf(answer: Answer): readonly StatementRow[] {
  return (['keyPolicy', 'identity'] as const).flatMap((layer) =>
    (layerTrace(answer.trace, layer)?.policies ?? []).flatMap((policy): readonly StatementRow[] => {
      const source = shownSource(policy)
      const document = source === undefined ? policy.document : { ...policy.document, source }
      return [
        { kind: 'policy', name: placedPolicyName(answer.trace, policy) },
        ...policy.statements.map((traced): StatementRow => ({
          kind: 'statement',
          layer,
          policy: policy.policy,
          traced,
          place: placeOf(document, { part: 'statement', statement: traced.statement.index }),
        })),
      ]
    }),
  )
}

function reachOf(reach: StatementsState['reach'], row: StatementRow | undefined): Reach | 'unknown' | undefined {
  if (!isKnown(reach) || row?.kind !== 'statement') return undefined
  const policy: PolicyReach | undefined = row.layer === 'keyPolicy' ? reach.keyPolicy : reach.identity[row.policy]
  return policy?.reaches === undefined ? 'unknown' : policy.reaches[row.traced.statement.index]
}

function isIdle(reach: Reach | 'unknown' | undefined): boolean {
  return reach !== undefined && reach !== 'needed' && reach !== 'other' && reach !== 'unknown'
}

// ----------------------------------------------------------------------------------------------------------- reducer

const HEAD_ROWS = 2
const TAG = 'reach'

function roomOf({ rows }: Pick<StatementsState, 'rows'>, env: Env): ListRoom {
  return { count: rows.length, rows: Math.max(Math.floor((env.rows - HEAD_ROWS) / 2), 2) }
}

function reduce(state: StatementsState, action: Action, env: Env): Step<StatementsState> {
  if (action.kind === 'resize') return opened(state, env)
  if (action.kind === 'reply') {
    const { reply } = action
    if (reply.tag !== TAG) return { state }
    if (reply.kind === 'failed') return { state: { ...state, reach: { failed: reply.message } } }
    // It is what the work of this tag returns.
    return reply.kind === 'done' ? { state: { ...state, reach: reply.value as Reachability } } : { state }
  }
  const inList = action.kind === 'click' ? { ...action, row: action.row - HEAD_ROWS } : action
  const list = moveInList(state.list, inList, roomOf(state, env))
  if (list !== undefined) return { state: { ...state, list } }
  if (action.kind !== 'command') return { state }
  if (action.command === 'next') return { state: atNextIdle(state, env) }
  const row = state.rows[state.list.cursor]
  if (action.command !== 'copy' || row?.kind !== 'statement' || row.place === null) return { state }
  const { source, span: place } = row.place
  const text = source.text.slice(place.start, place.end)
  return { state, effects: [{ kind: 'copy', text, what: statementName(row.traced.statement) }] }
}

function opened(state: StatementsState, env: Env): Step<StatementsState> {
  if (state.reach !== 'waiting')
    return { state: { ...state, list: listAt(state.list, state.list.cursor, roomOf(state, env)) } }
  const { asking } = env
  const { caller, key } = state
  const question = cellQuestion(state.action, state, asking)
  const answer = question === undefined ? undefined : asking.answer(question)
  if (answer?.ok !== true) return { state: { ...state, reach: { failed: 'this cannot be asked' } } }
  const rows = rowsOf(answer.value)
  const effect: Effect = { kind: 'work', tag: TAG, work: () => reachabilityOf(asking.world, caller, key) }
  const list = listAt(state.list, rows.length > 1 ? 1 : 0, roomOf({ rows }, env))
  return { state: { ...state, rows, list, reach: 'asking' }, effects: [effect] }
}

function atNextIdle(state: StatementsState, env: Env): StatementsState {
  const { rows, list, reach } = state
  for (let step = 1; step <= rows.length; step++) {
    const index = (list.cursor + step) % rows.length
    if (isIdle(reachOf(reach, rows[index]))) return { ...state, list: listAt(list, index, roomOf(state, env)) }
  }
  return state
}

// -------------------------------------------------------------------------------------------------------------- draw

const REACH_WORDS: Readonly<Record<Reach | 'unknown', string>> = {
  needed: 'needed',
  other: 'not about KMS',
  unreachable: 'never reached',
  duplicate: 'repeats an earlier one',
  denied: 'allows nothing',
  covered: 'said by others as well',
  idle: 'denies what nothing allows',
  unknown: 'could not be judged',
}

const REACH_WHY: Readonly<Partial<Record<Reach, string>>> = {
  unreachable: 'It applies to no request at all.',
  duplicate: 'An earlier statement of this policy says the same.',
  denied: 'Wherever it applies, something denies or another layer does not allow.',
  covered: 'Whatever it says, the other statements say without it.',
  idle: 'Nothing that it denies is allowed by anything; it may well stand guard.',
}

function draw(state: StatementsState, env: Env): readonly Line[] {
  const { columns, rows, glyphs, asking } = env
  const { caller, key, action, list } = state
  const room = roomOf(state, env)
  const rule: Line = [span(glyphs.horizontal.repeat(columns), 'faint')]
  const idle = state.rows.filter((row) => isIdle(reachOf(state.reach, row))).length
  const head = spread(
    [
      span(' Statements about '),
      span(`${shortPrincipal(caller)} on ${shortKey(key, asking.world)}`, 'strong'),
      span(`   for ${action}`, 'faint'),
    ],
    [span(reachSummary(state.reach, idle, state.rows.length), idle > 0 ? 'warn' : 'faint')],
    columns,
  )
  const items = drawList(list, { ...room, columns }, (index) => [drawRow(state.rows[index]!, state, env)])
  const filled = [...items, ...Array.from({ length: Math.max(room.rows - items.length, 0) }, () => NO_LINE)]
  return [head, NO_LINE, ...filled, rule, ...detail(state, rows - HEAD_ROWS - room.rows - 1, env)]
}

function reachSummary(reach: StatementsState['reach'], idle: number, count: number): string {
  if (reach === 'waiting' || reach === 'asking') return 'proving which change nothing '
  if (!isKnown(reach)) return `${reach.failed} `
  const narrow = reach.isNarrow ? ', of this caller and key alone' : ''
  if (count === 0) return 'there are none '
  return idle === 0 ? `every one is needed${narrow} ` : `${idle} change${idle === 1 ? 's' : ''} nothing${narrow} `
}

function drawRow(row: StatementRow, { reach }: StatementsState, { columns, glyphs }: Env): Line {
  if (row.kind === 'policy') return [span(` ${row.name}`, 'title')]
  const { statement, applies, failed } = row.traced
  const isAllow = statement.effect === 'Allow'
  const role: Role = !applies ? 'faint' : isAllow ? 'good' : 'bad'
  const sign = !applies ? glyphs.skipped : isAllow ? glyphs.allow : glyphs.deny
  const found = reachOf(reach, row)
  const here = applies ? 'applies here' : `not here: another ${failed.join(', ')}`
  const words: Line = [
    span(
      found === undefined ? '' : `${isIdle(found) ? '! ' : ''}${REACH_WORDS[found]} `,
      isIdle(found) ? 'warn' : 'faint',
    ),
  ]
  return spread(
    cutLine(
      [
        span(`   ${sign} `, role),
        span(statement.effect.padEnd(6), role),
        span(statementName(statement)),
        span(`  ${here}`, 'faint'),
      ],
      columns - lineWidth(words) - 2,
      glyphs.ellipsis,
    ),
    words,
    columns,
  )
}

function detail(state: StatementsState, rows: number, { columns, glyphs }: Env): readonly Line[] {
  const row = state.rows[state.list.cursor]
  if (row?.kind !== 'statement' || rows < 1) return []
  const found = reachOf(state.reach, row)
  const why = found === undefined || found === 'unknown' ? undefined : REACH_WHY[found]
  const { place } = row
  const at: Line = [
    span(` ${place === null ? LAYER_NAMES[row.layer].one : `${place.source.name}:${place.line}`}`, 'place'),
  ]
  const head: readonly Line[] =
    why === undefined ? [at] : [cutLine([span(` ! ${why}`, 'warn')], columns, glyphs.ellipsis), at]
  if (place === null) return head
  const all = policyRows(place.source, columns)
  const top = rowAt(all, place.span.start)
  const page = { top, rows: rows - head.length, columns, marks: [{ ...place.span, mark: 'around' as const }], glyphs }
  return [...head.map((line) => cutLine(line, columns, glyphs.ellipsis)), ...drawPolicy(place.source, page)]
}
