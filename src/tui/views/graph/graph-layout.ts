/**
 * Where the tree and the box under the cursor stand: beside each other on a wide screen, below each other on a narrow one.
 */
import type { Env } from '../../app/view.js'

interface Area {
  /** First line, among those of the view. */
  readonly top: number
  readonly rows: number
  readonly columns: number
}

export interface GraphLayout {
  readonly isWide: boolean
  readonly tree: Area
  readonly pane: Area
}

/** The title with the verdict, and a rule. */
const HEAD_ROWS = 2
const WIDE_FROM = 150
const PANE_ROWS = 5
const PANE_COLUMNS = 56

export function graphLayout({ columns, rows }: Pick<Env, 'columns' | 'rows'>): GraphLayout {
  const below = Math.max(rows - HEAD_ROWS, 2)
  if (columns >= WIDE_FROM) {
    const treeColumns = columns - PANE_COLUMNS - 3
    return {
      isWide: true,
      tree: { top: HEAD_ROWS, rows: below, columns: treeColumns },
      pane: { top: HEAD_ROWS, rows: below, columns: PANE_COLUMNS },
    }
  }
  const treeRows = Math.max(below - PANE_ROWS - 1, 1)
  return {
    isWide: false,
    tree: { top: HEAD_ROWS, rows: treeRows, columns },
    pane: { top: HEAD_ROWS + treeRows + 1, rows: PANE_ROWS, columns },
  }
}
