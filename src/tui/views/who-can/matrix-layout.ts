/**
 * Where the matrix stands, how wide its columns are, and how many of them are in view.
 */
import type { Env } from '../../app/view.js'

export interface MatrixLayout {
  /** First line of the rows, among those of the view. */
  readonly top: number
  readonly rows: number
  readonly labelColumns: number
  readonly cellColumns: number
  /** Keys in view. */
  readonly shown: number
  readonly headerRows: number
  readonly detailRows: number
}

/** What is asked, and the filter. */
const HEAD_ROWS = 2
const DETAIL_ROWS = 5
const NAMED_CELL = 14
const DENSE_CELL = 4
const MOST_LABEL = 48

export function matrixLayout({ columns, rows }: Pick<Env, 'columns' | 'rows'>, isDense: boolean): MatrixLayout {
  const headerRows = isDense ? 1 : 2
  const detailRows = rows >= 16 ? DETAIL_ROWS : 2
  const labelColumns = Math.min(Math.max(Math.floor(columns * (isDense ? 0.4 : 0.3)), 20), MOST_LABEL)
  const cellColumns = isDense ? DENSE_CELL : NAMED_CELL
  return {
    top: HEAD_ROWS + headerRows,
    rows: Math.max(rows - HEAD_ROWS - headerRows - detailRows - 1, 1),
    labelColumns,
    cellColumns,
    shown: Math.max(Math.floor((columns - labelColumns) / cellColumns), 1),
    headerRows,
    detailRows,
  }
}
