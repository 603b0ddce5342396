/**
 * What roles and marks look like, and a line of spans as the text that a terminal takes.
 *
 * Without colours roles differ by weight alone; no role is ever told from another by its looks only.
 *
 * Source: ECMA-48, "Select graphic rendition"; no-color.org.
 */
import type { Line, Mark, Role } from './span.js'

export interface Theme {
  /** Parameters of SGR: `1;31`; empty for none. */
  readonly roles: Readonly<Record<Role, string>>
  readonly marks: Readonly<Record<Mark, string>>
}

const MONO_ROLES: Readonly<Record<Role, string>> = {
  plain: '',
  faint: '2',
  strong: '1',
  title: '1',
  good: '1',
  bad: '1',
  silent: '',
  warn: '1',
  place: '4',
  key: '1',
  member: '',
  value: '',
  allowBadge: '1;7',
  denyBadge: '1;7',
}

const MONO_MARKS: Readonly<Record<Mark, string>> = {
  selected: '7',
  dimSelected: '4',
  point: '1;7',
  around: '1',
  found: '4',
  cursor: '7',
}

const MONO: Theme = { roles: MONO_ROLES, marks: MONO_MARKS }

/** The sixteen colours that every terminal has, as its user has chosen them. */
const BASIC: Theme = {
  roles: {
    ...MONO_ROLES,
    faint: '90',
    title: '1;36',
    good: '32',
    bad: '1;31',
    silent: '33',
    warn: '33',
    place: '34',
    key: '1;36',
    member: '36',
    value: '32',
    allowBadge: '1;30;42',
    denyBadge: '1;37;41',
  },
  marks: { ...MONO_MARKS, point: '1;30;43' },
}

const DARK: Theme = {
  roles: {
    plain: '',
    faint: '38;5;247',
    strong: '1;38;5;255',
    title: '1;38;5;81',
    good: '38;5;114',
    bad: '1;38;5;203',
    silent: '38;5;179',
    warn: '38;5;215',
    place: '38;5;110',
    key: '1;38;5;81',
    member: '38;5;110',
    value: '38;5;151',
    allowBadge: '1;38;5;16;48;5;114',
    denyBadge: '1;38;5;231;48;5;160',
  },
  marks: {
    selected: '48;5;237',
    dimSelected: '48;5;235',
    point: '1;38;5;16;48;5;221',
    around: '48;5;236',
    found: '1;4',
    cursor: '7',
  },
}

const LIGHT: Theme = {
  roles: {
    plain: '',
    faint: '38;5;240',
    strong: '1;38;5;232',
    title: '1;38;5;25',
    good: '38;5;28',
    bad: '1;38;5;160',
    silent: '38;5;130',
    warn: '38;5;130',
    place: '38;5;25',
    key: '1;38;5;25',
    member: '38;5;24',
    value: '38;5;22',
    allowBadge: '1;38;5;231;48;5;28',
    denyBadge: '1;38;5;231;48;5;160',
  },
  marks: {
    selected: '48;5;253',
    dimSelected: '48;5;255',
    point: '1;38;5;16;48;5;221',
    around: '48;5;254',
    found: '1;4',
    cursor: '7',
  },
}

export const THEMES = { dark: DARK, light: LIGHT, basic: BASIC, mono: MONO } satisfies Readonly<Record<string, Theme>>

export type ThemeName = keyof typeof THEMES

const RESET = '\u001b[0m'

/** The line as it is written; whatever it sets it takes back. */
export function paintLine(line: Line, { roles, marks }: Theme): string {
  let painted = ''
  for (const { text, role, mark } of line) {
    if (text === '') continue
    const sgr = [roles[role], mark === undefined ? '' : marks[mark]].filter((part) => part !== '').join(';')
    painted += sgr === '' ? text : `\u001b[${sgr}m${text}${RESET}`
  }
  return painted
}
