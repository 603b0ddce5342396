/**
 * Where the request, the comparison and the choices stand: beside each other on a wide screen, below each other on a
 * narrow one.
 */
import type { Env } from '../../app/view.js'

interface Area {
  /** First line, among those of the view. */
  readonly top: number
  readonly rows: number
  readonly columns: number
}

export interface WhatIfLayout {
  readonly isWide: boolean
  readonly request: Area
  readonly comparison: Area
}

/** The verdict, two lines of summary, a rule. */
export const HEAD_ROWS = 4
const WIDE_FROM = 110
/** A line that names the columns, the layers that differ, and what decides. */
const COMPARISON_ROWS = 6

export function whatIfLayout({ columns, rows }: Pick<Env, 'columns' | 'rows'>): WhatIfLayout {
  const below = Math.max(rows - HEAD_ROWS, 2)
  const top = HEAD_ROWS
  if (columns >= WIDE_FROM) {
    const left = Math.floor((columns - 3) * 0.54)
    return {
      isWide: true,
      request: { top, rows: below, columns: left },
      comparison: { top, rows: below, columns: columns - left - 3 },
    }
  }
  const comparisonRows = Math.min(COMPARISON_ROWS, Math.max(below - 4, 0))
  const requestRows = Math.max(below - comparisonRows - (comparisonRows > 0 ? 1 : 0), 1)
  return {
    isWide: false,
    request: { top, rows: requestRows, columns },
    comparison: { top: top + requestRows + 1, rows: comparisonRows, columns },
  }
}
