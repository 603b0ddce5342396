/**
 * A list of any length, of which only the items in view are ever drawn.
 *
 * The state is the item under the cursor and the first one in view. Items are of one height.
 */
import type { Action } from '../app/view.js'
import type { KeyEntry } from '../keys/key-table.js'
import { counted } from '../app/counted.js'
import { markLine, NO_LINE, span, spread, type Line } from './span.js'

export interface ListState {
  readonly cursor: number
  readonly top: number
}

export const AT_FIRST: ListState = { cursor: 0, top: 0 }

/** Keys that every list has. */
export const LIST_KEYS: readonly KeyEntry[] = [
  { command: 'down', keys: ['down', 'j', 'ctrl+n'], what: 'to the next row', whileTyping: true },
  { command: 'up', keys: ['up', 'k', 'ctrl+p'], what: 'to the row before', whileTyping: true },
  { command: 'pageDown', keys: ['pagedown', 'ctrl+f', 'space'], what: 'a page down', whileTyping: true },
  { command: 'pageUp', keys: ['pageup', 'ctrl+b'], what: 'a page up', whileTyping: true },
  { command: 'halfDown', keys: ['ctrl+d'], what: 'half a page down', whileTyping: true },
  { command: 'halfUp', keys: ['ctrl+u'], what: 'half a page up' },
  { command: 'first', keys: ['g', 'home'], what: 'to the first row' },
  { command: 'last', keys: ['G', 'end'], what: 'to the last row' },
]

export interface ListRoom {
  readonly count: number
  /** Lines that the list has. */
  readonly rows: number
  /** Lines of one item; 1 when left out. */
  readonly height?: number
}

/** The same list with the cursor there, in view. */
export function listAt(list: ListState, cursor: number, room: ListRoom): ListState {
  const { count } = room
  const items = itemsInView(room)
  const at = Math.max(0, Math.min(cursor, count - 1))
  const least = at - items + 1
  const top = Math.max(0, Math.min(Math.max(list.top, least), at, Math.max(count - items, 0)))
  return at === list.cursor && top === list.top ? list : { cursor: at, top }
}

function itemsInView({ rows, height = 1 }: ListRoom): number {
  return Math.max(1, Math.floor(rows / height))
}

/** Undefined for an action that does not move in lists. A wheel scrolls, a click chooses. */
export function moveInList(list: ListState, action: Action, room: ListRoom): ListState | undefined {
  const { count, height = 1 } = room
  const page = itemsInView(room)
  if (action.kind === 'wheel') return listAt(list, list.cursor + action.by, room)
  if (action.kind === 'click') {
    const item = list.top + Math.floor(action.row / height)
    return action.row < 0 || item >= count ? list : listAt(list, item, room)
  }
  if (action.kind !== 'command') return undefined
  switch (action.command) {
    case 'down':
      return listAt(list, list.cursor + 1, room)
    case 'up':
      return listAt(list, list.cursor - 1, room)
    case 'pageDown':
      return listAt(list, list.cursor + page, room)
    case 'pageUp':
      return listAt(list, list.cursor - page, room)
    case 'halfDown':
      return listAt(list, list.cursor + Math.ceil(page / 2), room)
    case 'halfUp':
      return listAt(list, list.cursor - Math.ceil(page / 2), room)
    case 'first':
      return listAt(list, 0, room)
    case 'last':
      return listAt(list, count - 1, room)
    default:
      return undefined
  }
}

/** Narrower lists have no room to say how much of them is not in view. */
const SAYS_MORE_FROM = 30

/**
 * The items in view; at the right end of the first and the last line stands how many there are above and below.
 * `item` draws one; what it draws beyond the height of an item is left out.
 */
export function drawList(
  list: ListState,
  room: ListRoom & { readonly columns: number; readonly hasFocus?: boolean },
  item: (index: number, isSelected: boolean) => readonly Line[],
): readonly Line[] {
  const { count, columns, height = 1, hasFocus = true } = room
  const { cursor, top } = listAt(list, list.cursor, room)
  const lines: Line[] = []
  const end = Math.min(count, top + itemsInView(room))
  for (let index = top; index < end; index++) {
    const isSelected = index === cursor
    const drawn = item(index, isSelected)
    for (let row = 0; row < height; row++) {
      const more = columns < SAYS_MORE_FROM ? '' : outOfView(index, row, { top, end, count, height })
      const line = more === '' ? (drawn[row] ?? NO_LINE) : spread(drawn[row] ?? NO_LINE, [span(more, 'faint')], columns)
      lines.push(isSelected ? markLine(line, hasFocus ? 'selected' : 'dimSelected', columns) : line)
    }
  }
  return lines
}

interface InView {
  readonly top: number
  /** Behind the last item in view. */
  readonly end: number
  readonly count: number
  readonly height: number
}

function outOfView(index: number, row: number, { top, end, count, height }: InView): string {
  const above = index === top && row === 0 && top > 0 ? `${counted(top)} above` : ''
  const below = index === end - 1 && row === height - 1 && end < count ? `${counted(count - end)} below` : ''
  return above === '' || below === '' ? above + below : `${above}, ${below}`
}
