/**
 * Signs beside words, for terminals that show Unicode and for those that do not.
 */

export interface Glyphs {
  readonly allow: string
  readonly deny: string
  readonly silent: string
  readonly skipped: string
  readonly cursor: string
  readonly open: string
  readonly closed: string
  readonly crumb: string
  readonly vertical: string
  readonly horizontal: string
  readonly branch: string
  readonly lastBranch: string
  readonly bar: string
  /** Of a bar that fills up. */
  readonly full: string
  readonly decides: string
  readonly ellipsis: string
  readonly dot: string
}

export const UNICODE: Glyphs = {
  allow: '✓',
  deny: '✗',
  silent: '○',
  skipped: '·',
  cursor: '❯',
  open: '▾',
  closed: '▸',
  crumb: '›',
  vertical: '│',
  horizontal: '─',
  branch: '├─',
  lastBranch: '└─',
  bar: '▌',
  full: '━',
  decides: '◀ decides',
  ellipsis: '…',
  dot: '·',
}

export const ASCII: Glyphs = {
  allow: '+',
  deny: 'x',
  silent: 'o',
  skipped: '.',
  cursor: '>',
  open: 'v',
  closed: '>',
  crumb: '>',
  vertical: '|',
  horizontal: '-',
  branch: '|-',
  lastBranch: '`-',
  bar: '|',
  full: '=',
  decides: '< decides',
  ellipsis: '..',
  dot: '-',
}
