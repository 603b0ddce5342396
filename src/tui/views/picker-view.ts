/**
 * A text that is typed and a list that it narrows: the searchable help, and the jump to a name.
 */
import { viewOf, type Action, type Env, type Go, type Step, type View, type ViewKind } from '../app/view.js'
import { Finder } from '../frame/find.js'
import { AT_FIRST, drawList, listAt, LIST_KEYS, moveInList, type ListRoom, type ListState } from '../frame/list.js'
import { NO_LINE, padLine, span, type Line } from '../frame/span.js'
import { drawInput, INPUT_KEYS, typeInto } from '../frame/text-input.js'
import type { KeyEntry } from '../keys/key-table.js'

export interface PickerRow {
  /** Short, before the name: a key, a kind. */
  readonly label: string
  readonly name: string
  readonly what: string
  readonly go: (env: Env) => Go
}

/** Rows that several pickers share, behind those of their own: they are made ready to be searched once. */
export interface SharedRows {
  readonly rows: readonly PickerRow[]
  readonly finder: Finder
}

interface PickerState {
  readonly title: string
  readonly prompt: string
  readonly rows: readonly PickerRow[]
  readonly shared: SharedRows | undefined
  readonly finder: Finder
  readonly text: string
  readonly list: ListState
}

const KEYS: readonly KeyEntry[] = [
  { command: 'choose', keys: ['enter'], what: 'do it', hint: 'do it', whileTyping: true },
  ...INPUT_KEYS,
  ...LIST_KEYS,
]

/** Lines above the list: the text and an empty one. */
const HEAD_ROWS = 2

const pickerKind: ViewKind<PickerState> = {
  id: 'picker',
  keys: KEYS,
  title: ({ title }) => title,
  isTyping: () => true,
  reduce,
  draw,
}

export function pickerView(title: string, prompt: string, rows: readonly PickerRow[], shared?: SharedRows): View {
  const finder = new Finder(rows.map(textOf), shared?.finder)
  return viewOf(pickerKind, { title, prompt, rows, shared, finder, text: '', list: AT_FIRST })
}

export function sharedRows(rows: readonly PickerRow[]): SharedRows {
  return { rows, finder: new Finder(rows.map(textOf)) }
}

function textOf({ label, name, what }: PickerRow): string {
  return `${label} ${name} ${what}`
}

function rowAt({ rows, shared }: PickerState, index = -1): PickerRow | undefined {
  return rows[index] ?? shared?.rows[index - rows.length]
}

function roomOf({ finder, text }: PickerState, { rows }: Env): ListRoom {
  return { count: finder.find(text).length, rows: Math.max(rows - HEAD_ROWS, 1) }
}

function reduce(state: PickerState, action: Action, env: Env): Step<PickerState> {
  const text = typeInto(state.text, action)
  if (text !== undefined) return { state: { ...state, text, list: AT_FIRST } }
  const room = roomOf(state, env)
  if (action.kind === 'resize') return { state: { ...state, list: listAt(state.list, state.list.cursor, room) } }
  const inList = action.kind === 'click' ? { ...action, row: action.row - HEAD_ROWS } : action
  const list = moveInList(state.list, inList, room)
  if (list !== undefined) return { state: { ...state, list } }
  if (action.kind !== 'command' || action.command !== 'choose') return { state }
  const row = rowAt(state, state.finder.find(state.text)[state.list.cursor])
  return row === undefined ? { state, say: 'nothing has this name' } : { state, go: row.go(env) }
}

const LABEL_COLUMNS = 14
const NAME_COLUMNS = 34

function draw(state: PickerState, env: Env): readonly Line[] {
  const { columns } = env
  const found = state.finder.find(state.text)
  const prompt = span(`${state.prompt} `, 'key')
  const typed = drawInput(state.text, { columns: columns - 4, isFocused: true, placeholder: 'type to search' })
  const items = drawList(state.list, { ...roomOf(state, env), columns }, (index) => {
    const row = rowAt(state, found[index])
    return row === undefined ? [] : [drawRow(row, columns)]
  })
  const none: readonly Line[] = found.length === 0 ? [[span('  nothing has this name', 'faint')]] : []
  return [[span(' '), prompt, ...typed], NO_LINE, ...items, ...none]
}

function drawRow({ label, name, what }: PickerRow, columns: number): Line {
  const width = Math.min(NAME_COLUMNS, Math.floor(columns / 2))
  return [
    ...padLine([span(` ${label}`, 'key')], LABEL_COLUMNS),
    ...(name === '' ? [] : padLine([span(name, 'strong')], width)),
    span(' '),
    span(what, 'faint'),
  ]
}
