/**
 * The whole program as a state and a pure reducer: a stack of views, the status line, a question that waits for yes.
 *
 * Knows no terminal. What must be done outside comes out as effects, each with the view that wants it.
 */
import type { Answer } from '../../source/answer/answer-question.js'
import type { WorldProgress } from '../../source/world/world-progress.js'
import type { Result } from '../../text/source.js'
import type { Glyphs } from '../frame/glyphs.js'
import type { Input } from '../keys/decode-keys.js'
import { entryFor, keyName, type KeyEntry, type KeyInput } from '../keys/key-table.js'
import { pickerView, sharedRows, type PickerRow, type SharedRows } from '../views/picker-view.js'
import type { Asking } from '../world/asking.js'
import type { Action, Destination, Door, Effect, Env, Feed, Go, Outcome, Reply, View } from './view.js'

/** What never changes while the program runs. */
export interface AppParts {
  readonly asking: Asking
  readonly glyphs: Glyphs
  readonly doors: readonly Door[]
  /** The same list as long as it has the same ones. */
  readonly destinations: (env: Env) => readonly Destination[]
  /** What was pasted where nothing is typed: a view on it, or why there is none. */
  readonly openPasted: (text: string, env: Env) => Result<View, string>
}

interface Placed {
  /** Of this place in the stack: replies find their view by it. */
  readonly id: number
  readonly view: View
}

export interface App {
  /** The last is on top; there is always one. */
  readonly stack: readonly Placed[]
  readonly nextId: number
  readonly columns: number
  readonly rows: number
  readonly feed: Feed
  readonly reading?: WorldProgress
  readonly confirm: Confirm | undefined
  readonly status: string | undefined
  /** What the user last saw decided. */
  readonly last: Answer | undefined
  readonly hasQuit: boolean
}

interface Confirm {
  readonly from: number
  readonly question: string
  readonly command: string
}

export type AppEvent =
  | { readonly kind: 'input'; readonly input: Input }
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly kind: 'feed'; readonly feed: Feed }
  | { readonly kind: 'reading'; readonly progress: WorldProgress }
  | { readonly kind: 'reply'; readonly to: number; readonly reply: Reply }
  | { readonly kind: 'say'; readonly text: string }

/** What only the shell can do by itself. */
export type ShellEffect = Effect | { readonly kind: 'suspend' } | { readonly kind: 'redraw' }

export interface AppStep {
  readonly app: App
  readonly effects: readonly { readonly from: number; readonly effect: ShellEffect }[]
}

export const NO_FEED: Feed = { grouped: undefined, read: 0, state: 'none', name: '' }

export function startApp(
  views: readonly [View, ...View[]],
  room: { readonly columns: number; readonly rows: number },
  feed: Feed = NO_FEED,
): App {
  return {
    stack: views.map((view, id) => ({ id, view })),
    nextId: views.length,
    columns: room.columns,
    rows: room.rows,
    feed,
    confirm: undefined,
    status: undefined,
    last: views.at(-1)?.subject,
    hasQuit: false,
  }
}

/** Lines of the frame around a view: the breadcrumbs above it, the hints below. */
const FRAME_ROWS = 2
/** From so many rows on there is room for a rule under the breadcrumbs. */
const RULE_FROM_ROWS = 30

export function hasRule({ rows }: Pick<App, 'rows'>): boolean {
  return rows >= RULE_FROM_ROWS
}

export function envOf(app: App, { asking, glyphs }: AppParts): Env {
  const rows = Math.max(app.rows - FRAME_ROWS - (hasRule(app) ? 1 : 0), 1)
  const { columns, feed, reading } = app
  return { asking, glyphs, columns, rows, feed, ...(reading === undefined ? {} : { reading }) }
}

export function topOf(app: App): View {
  return lastOf(app).view
}

function lastOf({ stack }: App): Placed {
  const last = stack.at(-1)
  if (last === undefined) throw new Error('the stack of views is empty')
  return last
}

// ---------------------------------------------------------------------------------------------------------- the keys

/** Keys of the program itself; views leave them alone. */
export const APP_KEYS: readonly KeyEntry[] = [
  { command: 'app.help', keys: ['?'], what: 'all keys: type to search, Enter does it', hint: 'help' },
  { command: 'app.back', keys: ['esc', 'q'], what: 'go back', hint: 'back', whileTyping: true },
  { command: 'app.jump', keys: [':'], what: 'jump to a view, a key or a principal by name', hint: 'jump' },
  { command: 'app.quit', keys: ['Q', 'ctrl+c'], what: 'leave the program', hint: 'quit', whileTyping: true },
  { command: 'app.redraw', keys: ['ctrl+l'], what: 'draw the screen anew', whileTyping: true },
  { command: 'app.suspend', keys: ['ctrl+z'], what: 'back to the shell until `fg`', whileTyping: true },
]

function doorsOf(view: View, { doors }: AppParts): readonly Door[] {
  return view.subject === undefined ? [] : doors.filter(({ entry }) => entry.command !== view.id)
}

/** The entries of the view on top that have a meaning now, its own first. */
export function entriesOf(app: App, parts: AppParts): readonly KeyEntry[] {
  const view = topOf(app)
  const env = envOf(app, parts)
  return [
    ...view.keys.filter(({ command }) => view.can(command, env)),
    ...doorsOf(view, parts).map(({ entry }) => entry),
  ]
}

// ------------------------------------------------------------------------------------------------------- the reducer

export function reduceApp(app: App, event: AppEvent, parts: AppParts): AppStep {
  switch (event.kind) {
    case 'input':
      return takeInput(app, event.input, parts)
    case 'resize': {
      const { columns, rows } = event
      return toAll({ ...app, columns, rows }, { kind: 'resize' }, parts)
    }
    case 'feed':
      return toAll({ ...app, feed: event.feed }, { kind: 'feed' }, parts)
    case 'reading':
      return only({ ...app, reading: event.progress })
    case 'reply':
      return toOne(app, event.to, { kind: 'reply', reply: event.reply }, parts)
    case 'say':
      return only({ ...app, status: event.text })
  }
}

function only(app: App): AppStep {
  return { app, effects: [] }
}

/** Also where something waits for yes or no. */
const ALWAYS: Readonly<Record<string, string>> = {
  'ctrl+c': 'app.quit',
  'ctrl+l': 'app.redraw',
  'ctrl+z': 'app.suspend',
}

function takeInput(before: App, input: Input, parts: AppParts): AppStep {
  const app = input.kind === 'wheel' || before.status === undefined ? before : { ...before, status: undefined }
  const always = input.kind === 'key' ? ALWAYS[input.name] : undefined
  if (always !== undefined) return run(app, always, parts)
  if (app.confirm !== undefined) return answerConfirm(app, app.confirm, input, parts)
  switch (input.kind) {
    case 'key':
      return takeKey(app, input, parts)
    case 'paste':
      return paste(app, input.text, parts)
    case 'click':
    case 'wheel': {
      const row = input.row - (hasRule(app) ? 2 : 1)
      return row < 0 || row >= envOf(app, parts).rows ? only(app) : toTop(app, { ...input, row }, parts)
    }
  }
}

function paste(app: App, text: string, parts: AppParts): AppStep {
  if (topOf(app).isTyping) return toTop(app, { kind: 'text', text }, parts)
  const pasted = parts.openPasted(text, envOf(app, parts))
  return pasted.ok ? open(app, pasted.value, parts) : only({ ...app, status: pasted.error })
}

const ALT_LETTER = /^alt\+(.)$/u

/** Esc with a letter close behind arrives as one key where a connection is slow; no key here has Alt. */
function takeParted(app: App, letter: string, parts: AppParts): AppStep {
  const first = takeKey(app, { kind: 'key', name: 'esc' }, parts)
  if (first.app.hasQuit) return first
  const then = takeKey(first.app, { kind: 'key', name: letter, text: letter }, parts)
  return { app: then.app, effects: [...first.effects, ...then.effects] }
}

function takeKey(app: App, key: KeyInput, parts: AppParts): AppStep {
  const view = topOf(app)
  const [, letter] = ALT_LETTER.exec(key.name) ?? []
  if (letter !== undefined && !view.isTyping) return takeParted(app, letter, parts)
  const { isTyping } = view
  const own = entryFor(APP_KEYS, key, isTyping, () => true)
  if (own !== undefined) return run(app, own.command, parts)
  const env = envOf(app, parts)
  const entry = entryFor(view.keys, key, isTyping, (command) => view.can(command, env))
  if (entry !== undefined) return run(app, entry.command, parts)
  if (isTyping) return key.text === undefined ? only(app) : toTop(app, { kind: 'text', text: key.text }, parts)
  const door = doorsOf(view, parts).find((each) => each.entry.keys.includes(key.name))
  return door === undefined ? only(app) : run(app, door.entry.command, parts)
}

/** A command of the program, of a door or of the view on top. */
function run(app: App, command: string, parts: AppParts): AppStep {
  const { view, id } = lastOf(app)
  switch (command) {
    case 'app.quit':
      return only({ ...app, hasQuit: true })
    case 'app.suspend':
      return { app, effects: [{ from: id, effect: { kind: 'suspend' } }] }
    case 'app.redraw':
      return { app, effects: [{ from: id, effect: { kind: 'redraw' } }] }
    case 'app.back': {
      const escaped = view.escape(envOf(app, parts))
      return escaped === undefined ? only(back(app)) : settle(app, id, escaped, parts)
    }
    case 'app.help':
      return open(app, pickerView('help', '?', helpRows(app, parts)), parts)
    case 'app.jump':
      return open(app, pickerView('jump', ':', jumpRows(app, parts), destinationRows(app, parts)), parts)
  }
  const door = doorsOf(view, parts).find(({ entry }) => entry.command === command)
  if (door === undefined) return toTop(app, { kind: 'command', command }, parts)
  return view.subject === undefined ? only(app) : open(app, door.open(view.subject, envOf(app, parts)), parts)
}

function helpRows(app: App, parts: AppParts): readonly PickerRow[] {
  return [...entriesOf(app, parts), ...APP_KEYS].map(({ keys, what, command }) => ({
    label: keys.slice(0, 2).map(keyName).join(' '),
    name: '',
    what,
    go: () => ({ to: 'command', command }),
  }))
}

function jumpRows(app: App, parts: AppParts): readonly PickerRow[] {
  const env = envOf(app, parts)
  return [
    ...topOf(app)
      .spots(env)
      .map(({ name, what, command }): PickerRow => ({
        label: 'here',
        name,
        what,
        go: () => ({ to: 'command', command }),
      })),
    ...app.stack.slice(0, -1).map(({ view }, level): PickerRow => ({
      label: 'back to',
      name: view.title,
      what: '',
      go: () => ({ to: 'level', level }),
    })),
  ]
}

const knownRows = new WeakMap<readonly Destination[], SharedRows>()

/** A large world has thousands. */
function destinationRows(app: App, parts: AppParts): SharedRows {
  const places = parts.destinations(envOf(app, parts))
  let rows = knownRows.get(places)
  if (rows === undefined) {
    rows = sharedRows(
      places.map((place): PickerRow => ({
        label: place.label,
        name: place.name,
        what: place.what,
        go: (now) => ({ to: 'instead', view: place.open(now) }),
      })),
    )
    knownRows.set(places, rows)
  }
  return rows
}

function back(app: App): App {
  if (app.stack.length > 1) return { ...app, stack: app.stack.slice(0, -1) }
  return { ...app, status: 'this is where it begins; Q or Ctrl-C leaves the program' }
}

function answerConfirm(app: App, { from, command }: Confirm, input: Input, parts: AppParts): AppStep {
  if (input.kind !== 'key') return only(app)
  const closed = { ...app, confirm: undefined }
  const key = input.name.toLowerCase()
  if (key === 'y') return toOne(closed, from, { kind: 'command', command }, parts)
  return only(key === 'n' || key === 'esc' ? { ...closed, status: 'left as it is' } : app)
}

// ------------------------------------------------------------------------------------------------------------- views

function toTop(app: App, action: Action, parts: AppParts): AppStep {
  return toOne(app, lastOf(app).id, action, parts)
}

function toOne(app: App, id: number, action: Action, parts: AppParts): AppStep {
  const placed = app.stack.find((each) => each.id === id)
  // Whoever asked for a reply may have been left since.
  if (placed === undefined) return only(app)
  return settle(app, id, placed.view.reduce(action, envOf(app, parts)), parts)
}

function toAll(app: App, action: Action, parts: AppParts): AppStep {
  let step = only(app)
  for (const { id } of app.stack) {
    const next = toOne(step.app, id, action, parts)
    step = { app: next.app, effects: [...step.effects, ...next.effects] }
  }
  return step
}

function settle(app: App, id: number, { view, go, effects = [], say, confirm }: Outcome, parts: AppParts): AppStep {
  const after: App = {
    ...app,
    stack: app.stack.map((each) => (each.id === id && each.view !== view ? { id, view } : each)),
    last: view.subject ?? app.last,
    ...(say === undefined ? {} : { status: say }),
    ...(confirm === undefined ? {} : { confirm: { from: id, ...confirm } }),
  }
  const moved = go === undefined ? only(after) : follow(after, id, go, parts)
  return { app: moved.app, effects: [...effects.map((effect) => ({ from: id, effect })), ...moved.effects] }
}

function follow(app: App, id: number, go: Go, parts: AppParts): AppStep {
  switch (go.to) {
    case 'back':
      return only(back(app))
    case 'view':
      return open(app, go.view, parts)
    case 'instead':
      return open({ ...app, stack: app.stack.filter((each) => each.id !== id) }, go.view, parts)
    case 'level':
      return only({ ...app, stack: app.stack.slice(0, go.level + 1) })
    case 'command':
      return run(back(app), go.command, parts)
    case 'quit':
      return only({ ...app, hasQuit: true })
  }
}

/** Who goes in circles keeps what was seen last. */
const MAX_DEPTH = 64

function open(app: App, view: View, parts: AppParts): AppStep {
  const id = app.nextId
  const stack = [...app.stack.slice(-MAX_DEPTH), { id, view }]
  const opened = { ...app, stack, nextId: id + 1, last: view.subject ?? app.last }
  // It learns how much room it has, and may have something to do at once.
  return toOne(opened, id, { kind: 'resize' }, parts)
}
