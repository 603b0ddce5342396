/**
 * Which part of a verdict stands where: beside each other on a wide screen, below each other on a narrow one.
 */
import type { Env } from '../../app/view.js'

export interface Area {
  /** First line, among those of the view. */
  readonly top: number
  readonly rows: number
  readonly columns: number
}

export interface VerdictLayout {
  readonly isWide: boolean
  readonly headRows: number
  readonly ladder: Area
  /** The policy or the notes. */
  readonly pane: Area
}

type Room = Pick<Env, 'columns' | 'rows'>

/** Less, and neither the layers nor the policy could be read. */
const WIDE_FROM = 110
/** The caller and the key get lines of their own from here on. */
const ROOMY_FROM = 28
/** Lines of the pane below the ladder, if any how: what was wanted, what there was, and a few lines of the policy. */
const LEAST_PANE = 8
const LEAST_LADDER = 4
const MOST_LADDER_COLUMNS = 96

/** Short names in one line instead of ARNs in several. */
export function isCompact({ rows }: Room): boolean {
  return rows < ROOMY_FROM
}

/** Layers that were not asked share a line where there is little room. */
export function sharesLines(room: Room): boolean {
  return isCompact(room) && room.columns < WIDE_FROM
}

/** @param ladderRows - that the ladder would take if it could. */
export function layoutOf(isZoomed: boolean, room: Room, headRows: number, ladderRows: number): VerdictLayout {
  const { columns, rows } = room
  const isWide = columns >= WIDE_FROM
  const below = Math.max(rows - headRows - 1, 2)
  const top = headRows + 1
  const head = { isWide, headRows }
  if (isZoomed) return { ...head, ladder: { top, rows: 0, columns: 0 }, pane: { top, rows: below, columns } }
  if (isWide) {
    const ladderColumns = Math.min(Math.floor(columns * 0.46), MOST_LADDER_COLUMNS)
    return {
      ...head,
      ladder: { top, rows: below, columns: ladderColumns },
      pane: { top, rows: below, columns: columns - ladderColumns - 3 },
    }
  }
  const most = Math.max(below - LEAST_PANE - 1, LEAST_LADDER)
  const taken = Math.min(ladderRows, most)
  return {
    ...head,
    ladder: { top, rows: taken, columns },
    pane: { top: top + taken + 1, rows: Math.max(below - taken - 1, 1), columns },
  }
}
