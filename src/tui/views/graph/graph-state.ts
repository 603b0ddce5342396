/**
 * The decision graph as a tree: what is unfolded, what is under the cursor.
 *
 * A pure reducer; `draw-graph.ts` draws it.
 */
import type { Action, Env, Step } from '../../app/view.js'
import { listAt, moveInList, type ListRoom, type ListState } from '../../frame/list.js'
import { drawDecision } from '../../../explain/drawing/decision-drawing.js'
import { mermaidOf } from '../../../explain/drawing/mermaid-format.js'
import type { Answer } from '../../../source/answer/answer-question.js'
import { pickerView, type PickerRow } from '../picker-view.js'
import { saveAsView } from '../save-as.js'
import { exportOf, EXPORTS } from './exports.js'
import { graphLayout } from './graph-layout.js'
import { allOpen, rowsOf, treeOf, type Tree, type TreeRow } from './tree-rows.js'

export interface GraphState {
  readonly answer: Answer
  readonly tree: Tree
  readonly open: ReadonlySet<string>
  readonly rows: readonly TreeRow[]
  readonly list: ListState
}

export function startGraph(answer: Answer): GraphState {
  const tree = treeOf(drawDecision(answer.trace))
  const open: ReadonlySet<string> = new Set()
  const rows = rowsOf(tree, open)
  const state = { answer, tree, open, rows, list: { cursor: 0, top: 0 } }
  return { ...state, list: { cursor: decisivePlace(rows), top: 0 } }
}

/** The last box of the way that hangs on the request, else the one before its end. */
function decisivePlace(rows: readonly TreeRow[]): number {
  const way = rows.flatMap(({ depth }, index) => (depth === 0 ? [index] : []))
  return way.findLast((index) => rows[index]!.box.kind === 'test') ?? way.at(-2) ?? 0
}

function roomOf(rows: readonly TreeRow[], env: Env): ListRoom {
  return { count: rows.length, rows: graphLayout(env).tree.rows }
}

const EXPORT = 'export.'

export function reduceGraph(state: GraphState, action: Action, env: Env): Step<GraphState> {
  const { rows } = state
  const room = roomOf(rows, env)
  if (action.kind === 'resize') return { state: at(state, state.list.cursor, env) }
  const { tree } = graphLayout(env)
  const inList = action.kind === 'click' ? { ...action, row: action.row - tree.top } : action
  const list = moveInList(state.list, inList, room)
  if (list !== undefined) return { state: { ...state, list } }
  if (action.kind !== 'command') return { state }
  const row = rows[state.list.cursor]
  switch (action.command) {
    case 'open':
      return { state: opened(state, row, env) }
    case 'close':
      return { state: closed(state, row, env) }
    case 'openAll': {
      const open: ReadonlySet<string> = state.open.size > 0 ? new Set() : allOpen(state.tree)
      return { state: withOpen(state, open, row?.id, env) }
    }
    case 'decisive':
      return { state: at(state, decisivePlace(rows), env) }
    case 'nextOnWay':
      return { state: alongWay(state, 1, env) }
    case 'beforeOnWay':
      return { state: alongWay(state, -1, env) }
    case 'copy':
      return { state, effects: [{ kind: 'copy', text: mermaidOf(state.tree.drawing), what: 'the graph as Mermaid' }] }
    case 'export':
      return { state, go: { to: 'view', view: pickerView('export', 'export as', EXPORT_ROWS) } }
    default:
      return exported(state, action.command, env)
  }
}

const EXPORT_ROWS: readonly PickerRow[] = EXPORTS.map(({ format, name, what }) => ({
  label: format,
  name,
  what,
  go: () => ({ to: 'command', command: `${EXPORT}${format}` }),
}))

function exported(state: GraphState, command: string, { asking }: Env): Step<GraphState> {
  const wanted = EXPORTS.find(({ format }) => command === `${EXPORT}${format}`)
  if (wanted === undefined) return { state }
  const toSave = exportOf(wanted.format, state.answer, state.tree.drawing, asking.world)
  return { state, go: { to: 'view', view: saveAsView(toSave) } }
}

function at(state: GraphState, cursor: number, env: Env): GraphState {
  return { ...state, list: listAt(state.list, cursor, roomOf(state.rows, env)) }
}

function withOpen(state: GraphState, open: ReadonlySet<string>, id: string | undefined, env: Env): GraphState {
  const rows = rowsOf(state.tree, open)
  const same = rows.findIndex((row) => row.id === id)
  // What is folded away leaves the cursor on what it hung on.
  const above = rows.findLastIndex((row) => id?.startsWith(`${row.id}>`) === true)
  return at({ ...state, open, rows }, same >= 0 ? same : Math.max(above, 0), env)
}

/** Unfolds or folds; a row that only leads to a box goes there. */
function opened(state: GraphState, row: TreeRow | undefined, env: Env): GraphState {
  if (row === undefined) return state
  if (row.isReference) {
    const place = state.rows.findIndex(({ box, isReference }) => box.id === row.box.id && !isReference)
    return place < 0 ? state : at(state, place, env)
  }
  if (row.isOpen === undefined) return state
  const open = new Set(state.open)
  if (!open.delete(row.id)) open.add(row.id)
  return withOpen(state, open, row.id, env)
}

/** Folds the row, or what it hangs on. */
function closed(state: GraphState, row: TreeRow | undefined, env: Env): GraphState {
  if (row === undefined || row.depth === 0) return state
  if (row.isOpen === true) return opened(state, row, env)
  const parent = row.id.slice(0, row.id.lastIndexOf('>'))
  const place = state.rows.findIndex(({ id }) => id === parent)
  return place < 0 ? state : at(state, place, env)
}

function alongWay(state: GraphState, by: 1 | -1, env: Env): GraphState {
  const { rows, list } = state
  for (let index = list.cursor + by; index >= 0 && index < rows.length; index += by) {
    if (rows[index]!.depth === 0) return at(state, index, env)
  }
  return state
}
