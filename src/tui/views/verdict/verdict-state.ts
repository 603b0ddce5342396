/**
 * The verdict on one request: what is open, what is selected, which pane has the keys.
 *
 * A pure reducer; `draw-verdict.ts` draws it.
 */
import type { Action, Env, Step } from '../../app/view.js'
import { listAt, moveInList, type ListState } from '../../frame/list.js'
import { policyRows } from '../../frame/policy-lines.js'
import { wrapText } from '../../frame/span.js'
import type { Answer } from '../../../source/answer/answer-question.js'
import type { Question } from '../../../source/asked/question.js'
import type { AskedWorld } from '../../../source/world/world.js'
import { ladderOf, type Rung, type RungId } from './ladder.js'
import { partsOf, tellingChecks, type LayerPart } from './layer-parts.js'
import { isCompact, layoutOf, sharesLines, type VerdictLayout } from './verdict-layout.js'
import { noteLines } from './verdict-notes.js'

export type Pane = 'ladder' | 'policy' | 'notes'

export interface VerdictState {
  /** As it was asked, to be asked again. */
  readonly question: Question
  readonly answer: Answer
  readonly open: readonly RungId[]
  /** Of these also what did not come close is listed. */
  readonly full: readonly RungId[]
  /** Every layer that was not asked has a line of its own, however little room there is. */
  readonly listsSkipped: boolean
  readonly list: ListState
  /** What is under the cursor: where rows share lines it may be in another place. */
  readonly at: string
  readonly focus: Pane
  /** The pane beside the ladder takes all of the room. */
  readonly isZoomed: boolean
  /** Lines that the pane with the keys has been moved by. */
  readonly scroll: number
}

export type LadderRow =
  | { readonly kind: 'rung'; readonly rung: Rung; readonly parts: readonly LayerPart[]; readonly isOpen: boolean }
  | { readonly kind: 'part'; readonly rung: Rung; readonly part: LayerPart }
  /** Statements that did not come close. */
  | { readonly kind: 'more'; readonly rung: Rung; readonly count: number }
  /** Layers that were not asked, in one line. */
  | { readonly kind: 'skipped'; readonly rungs: readonly Rung[] }

export function startVerdict(question: Question, answer: Answer, env: VerdictEnv): VerdictState {
  const decisive = knownLadder(answer, env.asking.world).find(({ decides }) => decides)
  const open = decisive === undefined ? [] : [decisive.id]
  const state: VerdictState = {
    question,
    answer,
    open,
    full: [],
    listsSkipped: false,
    list: { cursor: 0, top: 0 },
    at: '',
    focus: 'ladder',
    isZoomed: false,
    scroll: 0,
  }
  const rows = rowsOf(state, env)
  const at = rows.findIndex((row) => row.kind === 'rung' && row.rung.decides)
  const cursor = rows[at + 1]?.kind === 'part' ? at + 1 : at
  return { ...state, list: { cursor: Math.max(cursor, 0), top: 0 }, at: idOfRow(rows[cursor]) }
}

// -------------------------------------------------------------------------------------------------------------- rows

const ladders = new WeakMap<Answer, readonly Rung[]>()
const partsByLayer = new WeakMap<Answer, Map<RungId, readonly LayerPart[]>>()

function knownLadder(answer: Answer, world: AskedWorld): readonly Rung[] {
  let ladder = ladders.get(answer)
  if (ladder === undefined) {
    ladder = ladderOf(answer, world)
    ladders.set(answer, ladder)
  }
  return ladder
}

function knownParts(answer: Answer, { id, layer }: Rung): readonly LayerPart[] {
  let known = partsByLayer.get(answer)
  if (known === undefined) {
    known = new Map()
    partsByLayer.set(answer, known)
  }
  let parts = known.get(id)
  if (parts === undefined) {
    parts = layer === undefined || layer === 'operation' ? [] : partsOf(answer, layer)
    known.set(id, parts)
  }
  return parts
}

/** What of the surroundings the rows depend on. */
export type VerdictEnv = Pick<Env, 'asking' | 'columns' | 'rows'>

export function rowsOf(state: VerdictState, env: VerdictEnv): readonly LadderRow[] {
  const { answer, listsSkipped } = state
  const ladder = knownLadder(answer, env.asking.world)
  if (listsSkipped || !sharesLines(env)) return ladder.flatMap((rung) => rowsOfRung(state, rung))
  const isShared = ({ verdict, decides }: Rung): boolean => verdict === 'skipped' && !decides
  const skipped = ladder.filter(isShared)
  const rows = ladder.filter((rung) => !isShared(rung)).flatMap((rung) => rowsOfRung(state, rung))
  return skipped.length === 0 ? rows : [...rows, { kind: 'skipped', rungs: skipped }]
}

function rowsOfRung({ answer, open, full }: VerdictState, rung: Rung): readonly LadderRow[] {
  const parts = knownParts(answer, rung)
  const isOpen = open.includes(rung.id) && parts.length > 0
  const row: LadderRow = { kind: 'rung', rung, parts, isOpen }
  if (!isOpen) return [row]
  const near =
    full.includes(rung.id) || !parts.some(({ isNear }) => isNear) ? parts : parts.filter(({ isNear }) => isNear)
  const more: readonly LadderRow[] =
    near.length === parts.length ? [] : [{ kind: 'more', rung, count: parts.length - near.length }]
  return [row, ...near.map((part): LadderRow => ({ kind: 'part', rung, part })), ...more]
}

export function selectedRow(state: VerdictState, env: VerdictEnv): LadderRow | undefined {
  return rowsOf(state, env)[state.list.cursor]
}

/** The statement that the policy pane shows: that of the row, or the first of a layer. */
export function shownPart(row: LadderRow | undefined): LayerPart | undefined {
  return row?.kind === 'part' ? row.part : row?.kind === 'rung' ? row.parts[0] : undefined
}

function idOfRow(row: LadderRow | undefined): string {
  switch (row?.kind) {
    case undefined:
    case 'skipped':
      return ''
    case 'rung':
      return row.rung.id
    case 'more':
      return `${row.rung.id} more`
    case 'part':
      return `${row.rung.id} ${row.part.id}`
  }
}

function isOfRung(row: LadderRow, id: RungId | undefined): boolean {
  return row.kind !== 'skipped' && row.rung.id === id
}

/** Its end is a line of its own, where there is room for it. */
const LADDER_END = 1

export function verdictLayout(state: VerdictState, env: VerdictEnv): VerdictLayout {
  const { explanation } = state.answer
  const lines = wrapText(explanation.summary, env.columns - SUMMARY_INDENT - 1, 'plain').length
  const headRows = isCompact(env) ? 1 + Math.min(lines, 3) : 4 + Math.min(lines, 4)
  return layoutOf(state.isZoomed, env, headRows, rowsOf(state, env).length + LADDER_END)
}

export const SUMMARY_INDENT = 3

// ----------------------------------------------------------------------------------------------------------- reducer

const NEXT: Readonly<Record<Pane, Pane>> = { ladder: 'policy', policy: 'notes', notes: 'ladder' }
const BEFORE: Readonly<Record<Pane, Pane>> = { ladder: 'notes', policy: 'ladder', notes: 'policy' }

export function reduceVerdict(before: VerdictState, action: Action, env: Env): Step<VerdictState> {
  const step = reduce(before, action, env)
  const at = idOfRow(rowsOf(step.state, env)[step.state.list.cursor])
  return at === step.state.at ? step : { ...step, state: { ...step.state, at } }
}

function reduce(state: VerdictState, action: Action, env: Env): Step<VerdictState> {
  const layout = verdictLayout(state, env)
  const rows = rowsOf(state, env)
  const room = { count: rows.length, rows: layout.ladder.rows }
  if (action.kind === 'resize') {
    const at = rows.findIndex((row) => idOfRow(row) === state.at)
    return { state: { ...state, list: listAt(state.list, at < 0 ? state.list.cursor : at, room) } }
  }
  if (state.focus === 'ladder' || action.kind === 'click') {
    const inLadder = action.kind === 'click' ? { ...action, row: action.row - layout.ladder.top } : action
    const isInside = action.kind !== 'click' || action.column < layout.ladder.columns
    const list = isInside ? moveInList(state.list, inLadder, room) : undefined
    if (list !== undefined) return { state: { ...state, list, scroll: 0, focus: 'ladder' } }
  } else {
    const scroll = scrolled(state, action, env)
    if (scroll !== undefined) return { state: { ...state, scroll } }
  }
  if (action.kind !== 'command') return { state }
  const row = rows[state.list.cursor]
  switch (action.command) {
    case 'open':
      return { state: opened(state, row) }
    case 'close':
      return { state: closed(state, row, env) }
    case 'nextPane':
      return { state: { ...state, focus: NEXT[state.focus], scroll: 0, isZoomed: false } }
    case 'paneBefore':
      return { state: { ...state, focus: BEFORE[state.focus], scroll: 0, isZoomed: false } }
    case 'zoom':
      return { state: zoomed(state) }
    case 'copy':
      return { state, effects: [copied(state, row)] }
    case 'decisive':
      return { state: startVerdict(state.question, state.answer, env) }
    case 'openAll':
      return { state: withAllOpen(state, row, env) }
    default:
      return action.command.startsWith(RUNG)
        ? { state: atRung(state, action.command.slice(RUNG.length), env) }
        : { state }
  }
}

/** Before the id of a rung, in the commands of `:`. */
export const RUNG = 'rung.'

function atRung(state: VerdictState, id: string, env: VerdictEnv): VerdictState {
  const rung = knownLadder(state.answer, env.asking.world).find((each) => each.id === id)
  if (rung === undefined) return state
  const open = [...new Set([...state.open, rung.id])]
  return withCursorOn({ ...state, open, listsSkipped: true, focus: 'ladder', isZoomed: false, scroll: 0 }, rung.id, env)
}

function withCursorOn(state: VerdictState, id: RungId | undefined, env: VerdictEnv): VerdictState {
  const cursor = rowsOf(state, env).findIndex((row) => isOfRung(row, id))
  return cursor < 0 ? state : { ...state, list: { ...state.list, cursor } }
}

function opened(state: VerdictState, row: LadderRow | undefined): VerdictState {
  switch (row?.kind) {
    case undefined:
      return state
    case 'skipped':
      return { ...state, listsSkipped: true }
    case 'more':
      return { ...state, full: [...state.full, row.rung.id] }
    case 'part':
      return zoomed(state)
    case 'rung': {
      const { id } = row.rung
      if (row.parts.length === 0) return state
      return { ...state, open: row.isOpen ? state.open.filter((each) => each !== id) : [...state.open, id] }
    }
  }
}

function closed(state: VerdictState, row: LadderRow | undefined, env: VerdictEnv): VerdictState {
  if (row === undefined || row.kind === 'skipped') return state
  const { id } = row.rung
  const open = state.open.filter((each) => each !== id)
  return withCursorOn({ ...state, open, full: state.full.filter((each) => each !== id) }, id, env)
}

function withAllOpen(state: VerdictState, row: LadderRow | undefined, env: VerdictEnv): VerdictState {
  const all = knownLadder(state.answer, env.asking.world).map(({ id }) => id)
  const isAll = state.open.length === all.length
  const next = isAll
    ? { ...state, open: [], full: [], listsSkipped: false }
    : { ...state, open: all, full: all, listsSkipped: true }
  return withCursorOn(next, row === undefined || row.kind === 'skipped' ? all[0] : row.rung.id, env)
}

function zoomed(state: VerdictState): VerdictState {
  if (state.isZoomed) return { ...state, isZoomed: false, focus: 'ladder', scroll: 0 }
  return { ...state, isZoomed: true, focus: state.focus === 'notes' ? 'notes' : 'policy' }
}

function copied(
  { answer }: VerdictState,
  row: LadderRow | undefined,
): { readonly kind: 'copy'; readonly text: string; readonly what: string } {
  const part = row?.kind === 'part' ? row.part : undefined
  if (part !== undefined && part.place !== null) {
    const { source, span } = part.place
    return { kind: 'copy', text: source.text.slice(span.start, span.end), what: part.name }
  }
  return { kind: 'copy', text: answer.explanation.summary, what: 'the summary' }
}

function scrolled(state: VerdictState, action: Action, env: Env): number | undefined {
  const { pane } = verdictLayout(state, env)
  const page = Math.max(pane.rows - 2, 1)
  const limit = scrollLimit(state, env)
  const to = (scroll: number): number => Math.max(limit.least, Math.min(scroll, limit.most))
  if (action.kind === 'wheel') return to(state.scroll + action.by)
  if (action.kind !== 'command') return undefined
  switch (action.command) {
    case 'down':
      return to(state.scroll + 1)
    case 'up':
      return to(state.scroll - 1)
    case 'pageDown':
      return to(state.scroll + page)
    case 'pageUp':
      return to(state.scroll - page)
    case 'halfDown':
      return to(state.scroll + Math.ceil(page / 2))
    case 'halfUp':
      return to(state.scroll - Math.ceil(page / 2))
    case 'first':
      return limit.least
    case 'last':
      return limit.most
    default:
      return undefined
  }
}

/** How far a pane can be moved from where it begins: a policy begins at the part that is told of. */
function scrollLimit(state: VerdictState, env: Env): { readonly least: number; readonly most: number } {
  const { pane } = verdictLayout(state, env)
  if (state.focus === 'notes') {
    const count = noteLines(state.answer, pane.columns, env.glyphs).length
    return { least: 0, most: Math.max(count - pane.rows, 0) }
  }
  const part = shownPart(selectedRow(state, env))
  const place = part === undefined ? null : (tellingChecks(part)[0]?.place ?? part.place)
  const count = place === null ? 0 : policyRows(place.source, pane.columns).length
  return { least: -count, most: count }
}
