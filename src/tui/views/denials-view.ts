/**
 * What was asked of KMS, denials first: grouped by cause, counted, each with the answer to one of its requests.
 */
import { counted } from '../app/counted.js'
import {
  viewOf,
  type Action,
  type Env,
  type Feed,
  type Restorer,
  type Step,
  type View,
  type ViewKind,
} from '../app/view.js'
import { withWords } from '../frame/find.js'
import { drawList, listAt, LIST_KEYS, moveInList, type ListRoom, type ListState } from '../frame/list.js'
import { firstLines, lineWidth, NO_LINE, padLine, span, wrapText, type Line, type Role } from '../frame/span.js'
import { drawInput, INPUT_KEYS, typeInto } from '../frame/text-input.js'
import type { KeyEntry } from '../keys/key-table.js'
import { shortKey, shortPrincipal } from '../world/short-names.js'
import { CAUSES } from '../../aws/causes.js'
import type { GroupedQuestions, GroupKind, QuestionGroup } from '../../source/answer/grouped-questions.js'
import type { AskedWorld } from '../../source/world/world.js'
import { openAsk } from './ask/ask-view.js'
import { headline } from './denials-headline.js'
import {
  drawPassedOver,
  PASSED_OVER_TITLE,
  passedOverIn,
  passedOverPreview,
  placeOf,
  type PassedOver,
} from './passed-over.js'
import { openVerdict } from './verdict/verdict-view.js'

interface DenialsState {
  readonly rows: readonly DenialRow[]
  readonly list: ListState
  /** Titles of causes that are folded. */
  readonly folded: readonly string[]
  /** What was passed over is unfolded; it stands last and folded until somebody looks for it. */
  readonly showsPassedOver: boolean
  readonly filter: string
  readonly isFiltering: boolean
}

type DenialRow =
  | {
      readonly kind: 'cause'
      readonly title: string
      readonly groupKind: GroupKind
      readonly count: number
      readonly isFolded: boolean
    }
  | { readonly kind: 'group'; readonly group: QuestionGroup }
  | { readonly kind: 'aside'; readonly count: number; readonly isFolded: boolean }
  | { readonly kind: 'passedOver'; readonly passed: PassedOver }

const KEYS: readonly KeyEntry[] = [
  { command: 'open', keys: ['enter', 'right', 'l'], what: 'why? or fold the cause', hint: 'why?', whileTyping: true },
  { command: 'filter', keys: ['/'], what: 'filter by cause, permission, caller, key', hint: 'filter' },
  { command: 'ask', keys: ['n'], what: 'ask about another request', hint: 'new question' },
  { command: 'fold', keys: ['left', 'h'], what: 'fold the cause' },
  { command: 'foldAll', keys: ['a'], what: 'fold every cause, or unfold them all' },
  { command: 'copy', keys: ['y'], what: 'copy caller, permission and key' },
  ...INPUT_KEYS.map((entry) => ({ ...entry, what: `${entry.what} of the filter` })),
  ...LIST_KEYS,
]

const denialsKind: ViewKind<DenialsState> = {
  id: 'denials',
  keys: KEYS,
  title: () => 'denials',
  isTyping: ({ isFiltering }) => isFiltering,
  can: ({ isFiltering, rows }, command) =>
    command === 'open'
      ? isFiltering || rows.length > 0
      : isFiltering || !INPUT_KEYS.some((entry) => entry.command === command),
  escape: escaped,
  reduce,
  draw,
  save: ({ filter, folded }) => ({ filter, folded }),
}

/** First the typing ends, then the filter goes, then the view. */
function escaped(state: DenialsState, env: Env): Step<DenialsState> | undefined {
  if (state.isFiltering) return { state: { ...state, isFiltering: false } }
  return state.filter === '' ? undefined : { state: withRows({ ...state, filter: '' }, env) }
}

export function denialsView({ filter, folded }: Pick<DenialsState, 'filter' | 'folded'> = UNFILTERED): View {
  return viewOf(denialsKind, {
    rows: [],
    list: { cursor: 0, top: 0 },
    folded,
    showsPassedOver: false,
    filter,
    isFiltering: false,
  })
}

const UNFILTERED = { filter: '', folded: [] }

/** Of a session file, of which nothing is trusted. */
export const denialsRestorer: Restorer = {
  id: 'denials',
  restore(saved) {
    if (typeof saved !== 'object' || saved === null) return denialsView()
    const filter: unknown = Reflect.get(saved, 'filter')
    const folded: unknown = Reflect.get(saved, 'folded')
    return denialsView({
      filter: typeof filter === 'string' ? filter : '',
      folded: Array.isArray(folded) ? folded.filter((title: unknown) => typeof title === 'string') : [],
    })
  },
}

// -------------------------------------------------------------------------------------------------------------- rows

const KINDS: readonly GroupKind[] = ['denied', 'onlyAwsDenies', 'onlyWorldDenies']

function titleOf({ kind, cause }: QuestionGroup): string {
  const what = cause === null ? 'allowed here' : CAUSES[cause].title
  switch (kind) {
    case 'denied':
      return what
    case 'onlyAwsDenies':
      return 'AWS denied it, and this world allows it'
    case 'onlyWorldDenies':
      return `AWS let it in, and here: ${what}`
  }
}

/** Denials first; of each kind the cause that has most. */
function rowsOf(
  { filter, folded, showsPassedOver }: DenialsState,
  grouped: GroupedQuestions | undefined,
  world: AskedWorld,
): readonly DenialRow[] {
  const all = grouped?.groups ?? []
  const groups = filter === '' ? all : withWords(namesOf(all, world), filter).map((index) => all[index]!)
  const byTitle = new Map<string, QuestionGroup[]>()
  for (const group of groups) {
    const title = titleOf(group)
    const known = byTitle.get(title)
    if (known === undefined) byTitle.set(title, [group])
    else known.push(group)
  }
  const causes = [...byTitle].map(([title, members]) => ({
    title,
    members,
    groupKind: members[0]!.kind,
    count: members.reduce((sum, { count }) => sum + count, 0),
  }))
  causes.sort(
    (left, right) => KINDS.indexOf(left.groupKind) - KINDS.indexOf(right.groupKind) || right.count - left.count,
  )
  const rows = causes.flatMap(({ title, members, groupKind, count }): readonly DenialRow[] => {
    const isFolded = folded.includes(title)
    const row: DenialRow = { kind: 'cause', title, groupKind, count, isFolded }
    return isFolded ? [row] : [row, ...members.map((group): DenialRow => ({ kind: 'group', group }))]
  })
  return [...rows, ...passedOverRows(passedOverIn(grouped, filter), showsPassedOver || filter !== '')]
}

function passedOverRows(passed: readonly PassedOver[], isShown: boolean): readonly DenialRow[] {
  if (passed.length === 0) return []
  const count = passed.reduce((sum, { reason }) => sum + reason.count, 0)
  const heading: DenialRow = { kind: 'aside', count, isFolded: !isShown }
  return isShown ? [heading, ...passed.map((each): DenialRow => ({ kind: 'passedOver', passed: each }))] : [heading]
}

const knownNames = new WeakMap<readonly QuestionGroup[], readonly string[]>()

/** What a filter looks for words in; the same for each letter of it. */
function namesOf(groups: readonly QuestionGroup[], world: AskedWorld): readonly string[] {
  let names = knownNames.get(groups)
  if (names === undefined) {
    names = groups.map(
      ({ cause, action, caller, resource }) =>
        `${cause ?? 'allowed'} ${action} ${caller} ${resource ?? ''} ${shortKey(resource, world)}`,
    )
    knownNames.set(groups, names)
  }
  return names
}

/** What stays under the cursor when more events come. */
function isSame(row: DenialRow, before: DenialRow | undefined): boolean {
  if (row.kind === 'cause') return before?.kind === 'cause' && row.title === before.title
  if (row.kind === 'aside') return before?.kind === 'aside'
  if (row.kind === 'passedOver') {
    return before?.kind === 'passedOver' && row.passed.reason.reason === before.passed.reason.reason
  }
  if (before?.kind !== 'group') return false
  const { kind, cause, caller, action, resource } = row.group
  const { group } = before
  return (
    caller === group.caller &&
    resource === group.resource &&
    action === group.action &&
    kind === group.kind &&
    cause === group.cause
  )
}

/** @param isFirst - nothing has been chosen yet: the first denial is, not the heading above it. */
function withRows(state: DenialsState, env: Env, isFirst = false): DenialsState {
  const rows = rowsOf(state, env.feed.grouped, env.asking.world)
  const before = state.rows[state.list.cursor]
  const at = rows.findIndex((row) => isSame(row, before))
  const first = rows[1]?.kind === 'group' ? 1 : 0
  const cursor = isFirst || state.rows.length === 0 ? first : at < 0 ? Math.min(state.list.cursor, rows.length - 1) : at
  return { ...state, rows, list: listAt(state.list, cursor, roomOf(rows, env)) }
}

// ----------------------------------------------------------------------------------------------------------- reducer

const HEAD_ROWS = 2
/** Of the preview below the list, its rule, the sentence that tells the cause and three more lines. */
function previewRows({ rows }: Pick<Env, 'rows'>): number {
  return 1 + toldRows({ rows }) + 3
}

/** On a small screen the list needs the room. */
function toldRows({ rows }: Pick<Env, 'rows'>): number {
  return rows < 20 ? 3 : 4
}

function roomOf(rows: readonly DenialRow[], env: Env): ListRoom {
  return { count: rows.length, rows: Math.max(env.rows - HEAD_ROWS - previewRows(env), 3) }
}

function reduce(state: DenialsState, action: Action, env: Env): Step<DenialsState> {
  if (action.kind === 'feed') return grown(state, env)
  if (action.kind === 'resize') return { state: withRows(state, env) }
  if (state.isFiltering) {
    const filter = typeInto(state.filter, action)
    if (filter !== undefined) return { state: withRows({ ...state, filter }, env, true) }
  }
  const inList = action.kind === 'click' ? { ...action, row: action.row - HEAD_ROWS } : action
  const list = moveInList(state.list, inList, roomOf(state.rows, env))
  if (list !== undefined) return { state: { ...state, list } }
  if (action.kind !== 'command') return { state }
  const row = state.rows[state.list.cursor]
  switch (action.command) {
    case 'open':
      return open(state, row, env)
    case 'fold':
      return { state: fold(state, row, env) }
    case 'foldAll': {
      const titles = state.rows.flatMap((each) => (each.kind === 'cause' ? [each.title] : []))
      return { state: withRows({ ...state, folded: state.folded.length > 0 ? [] : titles }, env) }
    }
    case 'filter':
      return { state: { ...state, isFiltering: true } }
    case 'ask':
      return { state, go: { to: 'view', view: openAsk(env) } }
    case 'copy': {
      if (row?.kind === 'passedOver') {
        const { reason } = row.passed
        return { state, effects: [{ kind: 'copy', text: `${reason.reason} (${placeOf(reason)})`, what: 'the reason' }] }
      }
      if (row?.kind !== 'group') return { state }
      const { caller, action: permission, resource } = row.group
      return {
        state,
        effects: [
          { kind: 'copy', text: `${caller} ${permission} ${resource ?? '*'}`, what: 'caller, permission and key' },
        ],
      }
    }
    default:
      return { state }
  }
}

/** One event alone is told at once. */
function grown(before: DenialsState, env: Env): Step<DenialsState> {
  const state = withRows(before, env)
  const { grouped, state: reading, read } = env.feed
  const [only] = grouped?.groups ?? []
  if (reading !== 'read' || read !== 1 || only === undefined) return { state }
  const view = openVerdict(only.example, env)
  return view.ok ? { state, go: { to: 'view', view: view.value } } : { state, say: view.error }
}

function open(before: DenialsState, row: DenialRow | undefined, env: Env): Step<DenialsState> {
  const state = { ...before, isFiltering: false }
  if (row === undefined) return { state }
  if (row.kind === 'cause') return { state: toggled(state, row.title, env) }
  if (row.kind === 'aside') return { state: withRows({ ...state, showsPassedOver: row.isFolded }, env) }
  if (row.kind === 'passedOver') return { state, say: 'there is no verdict on it; below stands why it was not asked' }
  const view = openVerdict(row.group.example, env)
  return view.ok ? { state, go: { to: 'view', view: view.value } } : { state, say: view.error }
}

function toggled(state: DenialsState, title: string, env: Env): DenialsState {
  const { folded } = state
  const next = folded.includes(title) ? folded.filter((each) => each !== title) : [...folded, title]
  return withRows({ ...state, folded: next }, env)
}

function fold(state: DenialsState, row: DenialRow | undefined, env: Env): DenialsState {
  if (row === undefined) return state
  if (row.kind === 'aside' || row.kind === 'passedOver') {
    const next = withRows({ ...state, showsPassedOver: false }, env)
    return { ...next, list: listAt(next.list, next.rows.length - 1, roomOf(next.rows, env)) }
  }
  const title = row.kind === 'cause' ? row.title : titleOf(row.group)
  if (state.folded.includes(title)) return state
  const next = withRows({ ...state, folded: [...state.folded, title] }, env)
  const cursor = next.rows.findIndex((each) => each.kind === 'cause' && each.title === title)
  return { ...next, list: listAt(next.list, cursor, roomOf(next.rows, env)) }
}

// -------------------------------------------------------------------------------------------------------------- draw

function draw(state: DenialsState, env: Env): readonly Line[] {
  const { columns, feed, glyphs } = env
  const { rows, list } = state
  const failed = feed.failure === undefined ? [] : wrapText(feed.failure, columns - 2, 'bad', ' ')
  const [failure = [span(' '), ...headline(feed, columns - 2)], ...failureGoesOn] = failed
  const head: readonly Line[] = [failure, filterLine(state, columns)]
  const room = roomOf(rows, env)
  const items = drawList(list, { ...room, columns }, (index) => [drawRow(rows[index]!, env)])
  const empty = failureGoesOn.length > 0 ? failureGoesOn : [[span(`   ${emptyWords(state, feed)}`, 'faint')]]
  const body: readonly Line[] = items.length > 0 ? items : empty.slice(0, room.rows)
  const gap = Array.from({ length: Math.max(room.rows - body.length, 0) }, () => NO_LINE)
  const rule: Line = [span(glyphs.horizontal.repeat(columns), 'faint')]
  return [...head, ...body, ...gap, rule, ...preview(rows[list.cursor], env)]
}

function emptyWords({ filter }: DenialsState, { state, failure }: Feed): string {
  if (filter !== '') return 'nothing has all of these words'
  // The lines above say what it was.
  if (failure !== undefined) return ''
  return state === 'reading' || state === 'following' ? 'no denial yet' : 'no denials in these events'
}

function filterLine({ filter, isFiltering }: DenialsState, columns: number): Line {
  if (!isFiltering && filter === '') return NO_LINE
  return [
    span(' /', 'key'),
    ...drawInput(filter, {
      columns: columns - 4,
      isFocused: isFiltering,
      placeholder: 'words of a cause, a permission, a caller, a key',
    }),
  ]
}

const COUNT_COLUMNS = 9
/** `kms:ScheduleKeyDeletion` and all that are no longer. */
const LONG_ACTION = 23
const SIGNS: Readonly<Record<GroupKind, 'deny' | 'silent'>> = {
  denied: 'deny',
  onlyAwsDenies: 'silent',
  onlyWorldDenies: 'silent',
}

function drawRow(row: DenialRow, { columns, glyphs, asking }: Env): Line {
  if (row.kind === 'cause') {
    const { title, count, isFolded, groupKind } = row
    const role: Role = groupKind === 'denied' ? 'bad' : 'warn'
    return [
      span(`${isFolded ? glyphs.closed : glyphs.open}`.padStart(2), 'faint'),
      span(counted(count).padStart(COUNT_COLUMNS - 3), role),
      span(` ${glyphs[SIGNS[groupKind]]} `, role),
      span(title, 'strong'),
    ]
  }
  if (row.kind === 'aside') {
    return [
      span(`${row.isFolded ? glyphs.closed : glyphs.open}`.padStart(2), 'faint'),
      span(counted(row.count).padStart(COUNT_COLUMNS - 3), 'faint'),
      span(` ${glyphs.skipped} ${PASSED_OVER_TITLE}`, 'faint'),
    ]
  }
  if (row.kind === 'passedOver') return drawPassedOver(row.passed, COUNT_COLUMNS)
  const { count, action, caller, resource } = row.group
  const room = columns - COUNT_COLUMNS - 4
  const actionColumns = Math.min(Math.max(Math.floor(room * 0.28), Math.min(LONG_ACTION, Math.floor(room * 0.36))), 34)
  const callerColumns = Math.min(Math.max(Math.floor(room * 0.36), 18), 52)
  return [
    span(counted(count).padStart(COUNT_COLUMNS - 1), 'faint'),
    span('     '),
    ...padLine([span(action)], actionColumns),
    span(' '),
    ...padLine([span(shortPrincipal(caller))], callerColumns),
    span(' '),
    span(shortKey(resource, asking.world), 'place'),
  ]
}

/** The ARN with the alias behind it; the alias alone stays where both do not fit. */
function keyNames(arn: string | null, world: AskedWorld, columns: number): Line {
  if (arn === null) return [span('none', 'faint')]
  const name = shortKey(arn, world)
  const whole: Line = [span(arn), span(`  ${name}`, 'place')]
  return lineWidth(whole) <= columns ? whole : [span(name, 'place'), span(`  ${arn}`, 'faint')]
}

function foldWords(noun: string, { count, isFolded }: Extract<DenialRow, { readonly isFolded: boolean }>): string {
  const them = count === 1 ? 'it' : 'them'
  return `${counted(count)} ${noun}${count === 1 ? '' : 's'}; Enter ${isFolded ? `shows ${them}` : `folds ${them} away`}`
}

/** What stands under the cursor, answered. */
function preview(row: DenialRow | undefined, env: Env): readonly Line[] {
  const { asking, columns, glyphs } = env
  const { world } = asking
  if (row === undefined) return []
  if (row.kind === 'cause') return [[span(` ${row.title}`, 'strong')], [span(` ${foldWords('request', row)}`, 'faint')]]
  if (row.kind === 'aside') {
    return [[span(` ${PASSED_OVER_TITLE}`, 'strong')], [span(` ${foldWords('event', row)} and why`, 'faint')]]
  }
  if (row.kind === 'passedOver') {
    return passedOverPreview(row.passed, { columns, rows: toldRows(env), ellipsis: glyphs.ellipsis })
  }
  const { caller, action, resource, example } = row.group
  const answer = asking.answer(example)
  const told = answer.ok ? answer.value.explanation.summary : answer.error.message
  const { origin } = example
  const time = example.checks[0]?.time
  const at = origin.form === 'cloudtrail' ? `${origin.name}:${origin.line ?? 1}` : origin.name
  return [
    ...firstLines(wrapText(told, columns - 2, 'strong', ' '), toldRows(env), columns - 1, glyphs.ellipsis),
    [span(' caller ', 'faint'), span(caller)],
    [span(' key    ', 'faint'), ...keyNames(resource, world, columns - 8)],
    [span(` ${action}, first ${time === undefined ? '' : `${time} `}at `, 'faint'), span(at, 'place')],
  ]
}
