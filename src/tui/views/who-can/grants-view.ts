/**
 * The grants of a key: to whom, for what, under which constraints, how old they are and who retires them.
 */
import { counted } from '../../app/counted.js'
import { viewOf, type Action, type Env, type Step, type View, type ViewKind } from '../../app/view.js'
import { withWords } from '../../frame/find.js'
import { AT_FIRST, drawList, LIST_KEYS, listAt, moveInList, type ListRoom, type ListState } from '../../frame/list.js'
import { cutLine, firstLines, NO_LINE, padLine, span, spread, wrapText, type Line } from '../../frame/span.js'
import { drawInput, INPUT_KEYS, typeInto } from '../../frame/text-input.js'
import type { KeyEntry } from '../../keys/key-table.js'
import { shortKey, shortPrincipal } from '../../world/short-names.js'
import { constraintWords, granteeInWords } from '../../../explain/statement-words.js'
import type { Grant } from '../../../graph/grant.js'

interface GrantsState {
  readonly key: string
  readonly all: readonly Grant[]
  readonly names: readonly string[]
  readonly shown: readonly Grant[]
  readonly filter: string
  readonly isFiltering: boolean
  readonly list: ListState
}

const KEYS: readonly KeyEntry[] = [
  { command: 'filter', keys: ['/'], what: 'filter by grantee, operation, constraint, id', hint: 'filter' },
  { command: 'done', keys: ['enter'], what: 'end the filter', whileTyping: true },
  { command: 'copy', keys: ['y'], what: 'copy the id of the grant', hint: 'copy id' },
  ...INPUT_KEYS,
  ...LIST_KEYS,
]

const WHILE_FILTERING: ReadonlySet<string> = new Set(['done', ...INPUT_KEYS.map(({ command }) => command)])

const grantsKind: ViewKind<GrantsState> = {
  id: 'grants',
  keys: KEYS,
  title: () => 'grants',
  isTyping: ({ isFiltering }) => isFiltering,
  can: ({ isFiltering, shown }, command) =>
    WHILE_FILTERING.has(command) ? isFiltering : command !== 'copy' || shown.length > 0,
  reduce,
  draw,
  escape: (state) =>
    state.isFiltering || state.filter !== ''
      ? { state: { ...filtered(state, state.isFiltering ? state.filter : ''), isFiltering: false } }
      : undefined,
}

export function grantsView(key: string, { asking }: Env): View {
  const all = asking.world.keys.get(key)?.grants ?? []
  const names = all.map(
    (grant) =>
      `${grant.grantId} ${grant.granteePrincipal ?? ''} ${granteeInWords(grant)} ${grant.operations.join(' ')} ${constraintsOf(grant)}`,
  )
  return viewOf(grantsKind, { key, all, names, shown: all, filter: '', isFiltering: false, list: AT_FIRST })
}

function filtered(state: GrantsState, filter: string): GrantsState {
  const shown = withWords(state.names, filter).map((index) => state.all[index]!)
  return { ...state, filter, shown, list: AT_FIRST }
}

// ----------------------------------------------------------------------------------------------------------- reducer

const HEAD_ROWS = 3
const DETAIL_ROWS = 9

function roomOf({ shown }: GrantsState, { rows }: Env): ListRoom {
  return { count: shown.length, rows: Math.max(rows - HEAD_ROWS - DETAIL_ROWS - 1, 2) }
}

function reduce(state: GrantsState, action: Action, env: Env): Step<GrantsState> {
  if (action.kind === 'resize')
    return { state: { ...state, list: listAt(state.list, state.list.cursor, roomOf(state, env)) } }
  if (state.isFiltering) {
    const filter = typeInto(state.filter, action)
    if (filter !== undefined) return { state: filtered(state, filter) }
  }
  const inList = action.kind === 'click' ? { ...action, row: action.row - HEAD_ROWS } : action
  const list = moveInList(state.list, inList, roomOf(state, env))
  if (list !== undefined) return { state: { ...state, list } }
  if (action.kind !== 'command') return { state }
  switch (action.command) {
    case 'filter':
      return { state: { ...state, isFiltering: true } }
    case 'done':
      return { state: { ...state, isFiltering: false } }
    case 'copy': {
      const grant = state.shown[state.list.cursor]
      return grant === undefined
        ? { state }
        : { state, effects: [{ kind: 'copy', text: grant.grantId, what: 'the id of the grant' }] }
    }
    default:
      return { state }
  }
}

// -------------------------------------------------------------------------------------------------------------- draw

function constraintsOf({ constraints }: Grant): string {
  return constraints === undefined ? '' : constraintWords({ constraints })
}

function grantee({ granteePrincipal, granteeServicePrincipal }: Grant): string {
  if (granteePrincipal !== undefined) return shortPrincipal(granteePrincipal)
  return granteeServicePrincipal ?? 'nobody'
}

function draw(state: GrantsState, env: Env): readonly Line[] {
  const { columns, glyphs, asking } = env
  const { key, all, shown, filter, isFiltering, list } = state
  const room = roomOf(state, env)
  const rule: Line = [span(glyphs.horizontal.repeat(columns), 'faint')]
  const title: Line = [span(' Grants of '), span(shortKey(key, asking.world), 'strong')]
  const count = shown.length === all.length ? counted(all.length) : `${counted(shown.length)} of ${counted(all.length)}`
  const input: Line =
    isFiltering || filter !== ''
      ? [
          span(' /', 'key'),
          ...drawInput(filter, { columns: columns - 4, isFocused: isFiltering, placeholder: 'words' }),
        ]
      : NO_LINE
  const widths = widthsOf(columns)
  const header = columnsOf(['grantee', 'operations', 'age', 'only'], widths, 'faint')
  const items = drawList(list, { ...room, columns }, (index) => [drawRow(shown[index]!, widths, env)])
  const none = all.length === 0 ? 'This key has no grants, as far as the files say.' : 'nothing has all of these words'
  const body = items.length > 0 ? items : [[span(`   ${none}`, 'faint')]]
  const filled = [...body, ...Array.from({ length: Math.max(room.rows - body.length, 0) }, () => NO_LINE)]
  return [
    spread(title, [span(`${count} `, 'faint')], columns),
    input,
    header,
    ...filled,
    rule,
    ...firstLines(
      detail(shown[list.cursor], env),
      Math.max(env.rows - HEAD_ROWS - filled.length - 1, 1),
      columns,
      glyphs.ellipsis,
    ),
  ]
}

type Widths = readonly [grantee: number, operations: number, age: number, only: number]

/** `11 months`, and a space. */
const AGE_WIDTH = 10

function widthsOf(columns: number): Widths {
  const room = columns - 4 - AGE_WIDTH
  const name = Math.floor(room * 0.3)
  const operations = Math.floor(room * 0.34)
  return [name, operations, AGE_WIDTH, room - name - operations]
}

function columnsOf(texts: readonly [string, string, string, string], widths: Widths, role: 'faint' | 'plain'): Line {
  return [
    span('   '),
    ...texts.flatMap((text, index) => [...padLine(cutLine([span(text, role)], widths[index]! - 1), widths[index]!)]),
  ]
}

function drawRow(grant: Grant, widths: Widths, { columns, glyphs, asking }: Env): Line {
  const constraint = constraintsOf(grant)
  const isNew = grant.propagated ? '' : 'new: needs its token; '
  return cutLine(
    columnsOf(
      [
        grantee(grant),
        grant.operations.join(', '),
        ageOf(grant, asking.openedAtMs) ?? '?',
        `${isNew}${constraint === '' ? 'without constraints' : constraint}`,
      ],
      widths,
      'plain',
    ),
    columns,
    glyphs.ellipsis,
  )
}

/** Whole units, as people tell an age; undefined where the files tell no date, or one that is still to come. */
function ageOf({ createdAtMs }: Grant, nowMs: number | undefined): string | undefined {
  if (createdAtMs === undefined || nowMs === undefined || createdAtMs > nowMs) return undefined
  const days = Math.floor((nowMs - createdAtMs) / 86_400_000)
  if (days < 1) return 'today'
  if (days < 60) return plural(days, 'day')
  return days < 730 ? plural(Math.floor(days / 30.44), 'month') : plural(Math.floor(days / 365.25), 'year')
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

function madeWords(grant: Grant, nowMs: number | undefined): string {
  if (grant.createdAtMs === undefined) return 'at a time that the files do not tell'
  const age = ageOf(grant, nowMs)
  const ago = age === undefined ? '' : age === 'today' ? ', today' : `, ${age} ago`
  return `${new Date(grant.createdAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC${ago}`
}

function detail(grant: Grant | undefined, { columns, asking }: Env): readonly Line[] {
  if (grant === undefined) return []
  const { grantId, retiringPrincipal, retiringServicePrincipal, issuingAccount, operations, propagated } = grant
  const retire = retiringPrincipal ?? retiringServicePrincipal
  const facts: readonly (readonly [string, string])[] = [
    ['grant', grantId],
    ['to', grant.granteePrincipal ?? grant.granteeServicePrincipal ?? 'nobody'],
    ['for', operations.join(', ')],
    ['made', madeWords(grant, asking.openedAtMs)],
    ['only', constraintsOf(grant) || 'without constraints'],
    ['retired by', retire ?? 'no principal is named for it'],
    ...(issuingAccount === undefined ? [] : [['issued by', `account ${issuingAccount}`] as const]),
    ['usable', propagated ? 'everywhere' : 'only with its grant token: it is new and has not reached all of KMS'],
  ]
  return facts.flatMap(([name, text]) =>
    wrapText(text, columns - 14).map((line, row): Line => [
      span(` ${(row === 0 ? name : '').padEnd(11)} `, 'faint'),
      ...line,
    ]),
  )
}
