/**
 * Who can: callers by keys for one action. Whatever is in view is decided, in slices, and nothing else.
 *
 * A pure reducer; the cells are a function of the world (`cells.ts`), `draw-matrix.ts` draws them.
 */
import type { Action, Effect, Env, Reply, Step } from '../../app/view.js'
import { withWords } from '../../frame/find.js'
import { AT_FIRST, listAt, moveInList, type ListRoom, type ListState } from '../../frame/list.js'
import { typeInto } from '../../frame/text-input.js'
import { aliasesOf, shortPrincipal } from '../../world/short-names.js'
import { KMS_ACTIONS } from '../../../aws/actions.js'
import { splitArn } from '../../../text/arn.js'
import { pickerView, type PickerRow } from '../picker-view.js'
import { openVerdict } from '../verdict/verdict-view.js'
import { cellQuestion, type CellPlace } from './cell-query.js'
import { cellsOf, type CellVerdict } from './cells.js'
import { grantsView } from './grants-view.js'
import { matrixLayout } from './matrix-layout.js'
import { statementsView } from './statements-view.js'

export type SortBy = 'name' | 'account' | 'verdict'
export type FilterField = 'callers' | 'keys'

export interface MatrixState {
  readonly action: string
  readonly names: Names
  /** ARNs, in their order. */
  readonly callers: readonly string[]
  readonly keys: readonly string[]
  readonly filters: Readonly<Record<FilterField, string>>
  readonly filtering: FilterField | undefined
  readonly sort: SortBy
  /** Callers. */
  readonly list: ListState
  /** Keys. */
  readonly across: ListState
  readonly isDense: boolean
  /** Cells are being decided, or a whole column of them for the order. */
  readonly work: 'none' | 'cells' | 'column'
  /** Counts what has been decided, so that it is drawn. */
  readonly decided: number
}

export interface MatrixStart {
  readonly action?: string
  readonly caller?: string
  readonly key?: string
}

export function startMatrix({ action = 'kms:Decrypt', caller, key }: MatrixStart, env: Env): MatrixState {
  const state: MatrixState = {
    action,
    names: namesOf(env.asking),
    callers: [],
    keys: [],
    filters: { callers: '', keys: '' },
    filtering: undefined,
    sort: 'name',
    list: AT_FIRST,
    across: AT_FIRST,
    isDense: false,
    work: 'none',
    decided: 0,
  }
  const listed = withLists(state)
  const row = listed.callers.indexOf(caller ?? '')
  const column = listed.keys.indexOf(key ?? '')
  return moved(listed, Math.max(row, 0), Math.max(column, 0), env)
}

// ------------------------------------------------------------------------------------------------------- what is shown

interface Names {
  readonly callers: readonly { readonly arn: string; readonly short: string; readonly account: string }[]
  readonly callerNames: readonly string[]
  readonly keys: readonly string[]
  readonly keyNames: readonly string[]
}

const knownNames = new WeakMap<Env['asking'], Names>()

function namesOf(asking: Env['asking']): Names {
  const known = knownNames.get(asking)
  if (known !== undefined) return known
  const { world } = asking
  const callers = [...world.principals.keys()].map((arn) => ({
    arn,
    short: shortPrincipal(arn),
    account: splitArn(arn)?.account ?? '',
  }))
  callers.sort((left, right) => compare(left.short, right.short) || compare(left.arn, right.arn))
  const keys = [...world.keys.keys()].map((arn) => ({ arn, name: aliasesOf(arn, world)[0] ?? '~' }))
  keys.sort((left, right) => compare(left.name, right.name) || compare(left.arn, right.arn))
  const names = {
    callers,
    callerNames: callers.map(({ arn, short }) => `${short} ${arn}`),
    keys: keys.map(({ arn }) => arn),
    keyNames: keys.map(({ arn }) => `${aliasesOf(arn, world).join(' ')} ${arn}`),
  }
  knownNames.set(asking, names)
  return names
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** With the filters and the order applied. */
function withLists(state: MatrixState): MatrixState {
  const { filters, sort, names } = state
  const some = withWords(names.callerNames, filters.callers).map((index) => names.callers[index]!)
  const keys = withWords(names.keyNames, filters.keys).map((index) => names.keys[index]!)
  if (sort === 'account') some.sort((left, right) => compare(left.account, right.account))
  const callers = some.map(({ arn }) => arn)
  return { ...state, callers, keys }
}

const RANKS: Readonly<Record<CellVerdict, number>> = { yes: 0, if: 1, denied: 2, no: 3, unasked: 4 }

/** By the column of the key under the cursor, all of which has been decided. */
function byVerdict(state: MatrixState, { asking }: Env): MatrixState {
  const cells = cellsOf(asking)
  const key = state.keys[state.across.cursor]
  if (key === undefined) return state
  const rank = (caller: string): number => RANKS[cells.known(state.action, caller, key) ?? 'unasked']
  return { ...state, callers: state.callers.toSorted((left, right) => rank(left) - rank(right)) }
}

function rowRoom({ callers, isDense }: MatrixState, env: Env): ListRoom {
  return { count: callers.length, rows: matrixLayout(env, isDense).rows }
}

function columnRoom({ keys, isDense }: MatrixState, env: Env): ListRoom {
  return { count: keys.length, rows: matrixLayout(env, isDense).shown }
}

function moved(state: MatrixState, row: number, column: number, env: Env): MatrixState {
  const list = listAt(state.list, row, rowRoom(state, env))
  const across = listAt(state.across, column, columnRoom(state, env))
  return { ...state, list, across }
}

export function selectedCell({ callers, keys, list, across }: MatrixState): CellPlace | undefined {
  const caller = callers[list.cursor]
  const key = keys[across.cursor]
  return caller === undefined || key === undefined ? undefined : { caller, key }
}

// ------------------------------------------------------------------------------------------------------------- deciding

const CELLS = 'cells'
const COLUMN = 'column'
/** Few enough that what has been decided is soon seen. */
const CHUNK = 64

/** The step with the work that what is in view asks for. */
function deciding(step: Step<MatrixState>, env: Env): Step<MatrixState> {
  const { state, effects = [] } = step
  if (state.work !== 'none') return step
  const open = openCells(state, env)
  if (open.length === 0) return step
  const { action } = state
  const cells = cellsOf(env.asking)
  const effect: Effect = {
    kind: 'work',
    tag: CELLS,
    *work() {
      for (const { caller, key } of open) {
        cells.decide(action, caller, key)
        yield
      }
    },
  }
  return { ...step, state: { ...state, work: 'cells' }, effects: [...effects, effect] }
}

/** In view and not decided: the one under the cursor first. */
function openCells(state: MatrixState, env: Env): readonly CellPlace[] {
  const { action, callers, keys, list, across, isDense } = state
  const { rows, shown } = matrixLayout(env, isDense)
  const cells = cellsOf(env.asking)
  const open: CellPlace[] = []
  const add = (caller: string | undefined, key: string | undefined): void => {
    if (caller === undefined || key === undefined || open.length >= CHUNK) return
    if (cells.known(action, caller, key) === undefined) open.push({ caller, key })
  }
  add(callers[list.cursor], keys[across.cursor])
  for (let row = list.top; row < Math.min(list.top + rows, callers.length); row++) {
    for (let column = across.top; column < Math.min(across.top + shown, keys.length); column++) {
      if (row !== list.cursor || column !== across.cursor) add(callers[row], keys[column])
    }
  }
  return open
}

function sortingColumn(state: MatrixState, { asking }: Env): Step<MatrixState> {
  const key = state.keys[state.across.cursor]
  if (key === undefined) return { state }
  const { action, callers } = state
  const cells = cellsOf(asking)
  const effect: Effect = {
    kind: 'work',
    tag: COLUMN,
    *work() {
      for (const caller of callers) {
        cells.decide(action, caller, key)
        yield
      }
    },
  }
  return { state: { ...state, work: 'column' }, effects: [effect], say: 'deciding the column of this key' }
}

// ----------------------------------------------------------------------------------------------------------- reducer

export function reduceMatrix(state: MatrixState, action: Action, env: Env): Step<MatrixState> {
  return deciding(step(state, action, env), env)
}

function step(state: MatrixState, action: Action, env: Env): Step<MatrixState> {
  if (action.kind === 'reply') return replied(state, action.reply, env)
  if (action.kind === 'resize') return { state: moved(state, state.list.cursor, state.across.cursor, env) }
  if (state.filtering !== undefined) {
    const text = typeInto(state.filters[state.filtering], action)
    if (text !== undefined) {
      const filters = { ...state.filters, [state.filtering]: text }
      return { state: moved(withLists({ ...state, filters }), 0, 0, env) }
    }
  }
  const { top, labelColumns, cellColumns } = matrixLayout(env, state.isDense)
  if (action.kind === 'click') {
    const row = state.list.top + action.row - top
    const column = state.across.top + Math.floor((action.column - labelColumns) / cellColumns)
    const isCell = action.row >= top && row < state.callers.length
    return {
      state: isCell ? moved(state, row, action.column < labelColumns ? state.across.cursor : column, env) : state,
    }
  }
  const list = moveInList(state.list, action, rowRoom(state, env))
  if (list !== undefined) return { state: { ...state, list } }
  return action.kind === 'command' ? commanded(state, action.command, env) : { state }
}

const NEXT_SORT: Readonly<Record<SortBy, SortBy>> = { name: 'account', account: 'verdict', verdict: 'name' }
const SET_ACTION = 'action.'

function commanded(state: MatrixState, command: string, env: Env): Step<MatrixState> {
  const { list, across } = state
  const { shown } = matrixLayout(env, state.isDense)
  const cell = selectedCell(state)
  switch (command) {
    case 'explain':
      return explained(state, env)
    case 'left':
      return { state: moved(state, list.cursor, across.cursor - 1, env) }
    case 'right':
      return { state: moved(state, list.cursor, across.cursor + 1, env) }
    case 'pageLeft':
      return { state: moved(state, list.cursor, across.cursor - shown, env) }
    case 'pageRight':
      return { state: moved(state, list.cursor, across.cursor + shown, env) }
    case 'filter':
      return { state: { ...state, filtering: 'callers' } }
    case 'otherFilter':
      return { state: { ...state, filtering: state.filtering === 'callers' ? 'keys' : 'callers' } }
    case 'sort':
      return sorted(state, NEXT_SORT[state.sort], env)
    case 'dense':
      return { state: moved({ ...state, isDense: !state.isDense }, list.cursor, across.cursor, env) }
    case 'action':
      return { state, go: { to: 'view', view: pickerView('action', 'who can', ACTION_ROWS) } }
    case 'statements':
      return cell === undefined ? { state } : { state, go: { to: 'view', view: statementsView(cell, state.action) } }
    case 'grants':
      return cell === undefined ? { state } : { state, go: { to: 'view', view: grantsView(cell.key, env) } }
    case 'copy':
      return cell === undefined
        ? { state }
        : {
            state,
            effects: [
              { kind: 'copy', text: `${cell.caller} ${state.action} ${cell.key}`, what: 'caller, action and key' },
            ],
          }
    default:
      return command.startsWith(SET_ACTION) ? actionSet(state, command.slice(SET_ACTION.length), env) : { state }
  }
}

/** Those that are asked for on a key. */
const ACTION_ROWS: readonly PickerRow[] = KMS_ACTIONS.filter(({ resources }) => resources.includes('key')).map(
  ({ name, access }) => ({
    label: String(access).toLowerCase().slice(0, 10),
    name,
    what: '',
    go: () => ({ to: 'command', command: `${SET_ACTION}${name}` }),
  }),
)

function actionSet(state: MatrixState, action: string, env: Env): Step<MatrixState> {
  const next = { ...state, action }
  return state.sort === 'verdict' ? sortingColumn(next, env) : { state: next }
}

function sorted(state: MatrixState, sort: SortBy, env: Env): Step<MatrixState> {
  const cell = selectedCell(state)
  const next = withLists({ ...state, sort })
  if (sort === 'verdict') return sortingColumn({ ...next, across: state.across }, env)
  return { state: moved(next, Math.max(next.callers.indexOf(cell?.caller ?? ''), 0), state.across.cursor, env) }
}

/** Enter ends the typing of a filter first. */
function explained(state: MatrixState, env: Env): Step<MatrixState> {
  if (state.filtering !== undefined) return { state: { ...state, filtering: undefined } }
  const cell = selectedCell(state)
  if (cell === undefined) return { state }
  const question = cellQuestion(state.action, cell, env.asking)
  if (question === undefined) return { state, say: 'this cannot be asked' }
  const view = openVerdict(question, env)
  return view.ok ? { state, go: { to: 'view', view: view.value } } : { state, say: view.error }
}

function replied(state: MatrixState, reply: Reply, env: Env): Step<MatrixState> {
  if (reply.kind !== 'done' && reply.kind !== 'failed') return { state }
  const next: MatrixState = { ...state, work: 'none', decided: state.decided + 1 }
  if (reply.kind === 'failed') return { state: next, say: reply.message }
  if (reply.tag !== COLUMN) return { state: next }
  return {
    state: moved(byVerdict(next, env), 0, next.across.cursor, env),
    say: 'in the order of the verdicts on this key',
  }
}

/** Esc: ends the typing, then takes the filters away, then leaves. */
export function escapeMatrix(state: MatrixState): Step<MatrixState> | undefined {
  if (state.filtering !== undefined) return { state: { ...state, filtering: undefined } }
  if (state.filters.callers === '' && state.filters.keys === '') return undefined
  const unfiltered = withLists({ ...state, filters: { callers: '', keys: '' } })
  const cell = selectedCell(state)
  const cursorOf = (all: readonly string[], one: string | undefined): ListState => {
    const cursor = Math.max(all.indexOf(one ?? ''), 0)
    return { cursor, top: cursor }
  }
  const { callers, keys } = unfiltered
  return { state: { ...unfiltered, list: cursorOf(callers, cell?.caller), across: cursorOf(keys, cell?.key) } }
}
