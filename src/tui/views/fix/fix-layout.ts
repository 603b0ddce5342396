/**
 * Where the list of advice and the piece under the cursor stand: beside each other on a wide screen, below each other on
 * a narrow one.
 */
import type { Env } from '../../app/view.js'

interface Area {
  /** First line, among those of the view. */
  readonly top: number
  readonly rows: number
  readonly columns: number
}

export interface FixLayout {
  readonly isWide: boolean
  readonly list: Area
  readonly detail: Area
}

/** The request, what is wrong with it, a rule. */
const HEAD_ROWS = 3
const WIDE_FROM = 150

export function fixLayout({ columns, rows }: Pick<Env, 'columns' | 'rows'>, count: number): FixLayout {
  const below = Math.max(rows - HEAD_ROWS, 2)
  const top = HEAD_ROWS
  if (columns >= WIDE_FROM) {
    const left = Math.floor((columns - 3) * 0.42)
    return {
      isWide: true,
      list: { top, rows: below, columns: left },
      detail: { top, rows: below, columns: columns - left - 3 },
    }
  }
  const listRows = Math.max(Math.min(count, Math.floor(below / 3)), 1)
  return {
    isWide: false,
    list: { top, rows: listRows, columns },
    detail: { top: top + listRows + 1, rows: Math.max(below - listRows - 1, 1), columns },
  }
}
